# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Command-line arguments that several tools share."""

from __future__ import annotations

import argparse
import dataclasses
import re
import sys
import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn

from rlt_ros.pixels.files import is_text
from rlt_ros.pixels.intensity import IntensityRange, parse_intensity_range
from rlt_ros.tracking.config import (
    PAPER_ON_LITE0,
    PRESETS,
    TrackerConfig,
    make_config,
    parse_setting,
)
from rlt_ros.tracking.settings import Setting, Value, allowed_values, in_groups
from rlt_ros.version import package_version

Box = tuple[float, float, float, float]

_NEGATIVE = re.compile(r"-\.?\d")  # how a value begins that is no option


EXIT_CODES = """\
exit code: 0 all done; 1 some of it failed, the rest was done; 2 nothing could be done as it was
asked for; 130 stopped by Ctrl-C (143 by kill)
"""


class CommandParser(argparse.ArgumentParser):
    """An ``ArgumentParser`` to which "--init -5,10,60,60" is an option and its value.

    argparse itself takes whatever begins with a minus sign, single numbers apart, for an option.
    The epilog stays as it is written, and exit codes follow it; ``--version`` tells the version.
    """

    def __init__(self, *, epilog: str = "", **others: Any) -> None:
        others["formatter_class"] = argparse.RawDescriptionHelpFormatter
        super().__init__(epilog=f"{epilog}\n{EXIT_CODES}".lstrip(), **others)
        self.add_argument("--version", action=_Version, help="print the version and exit")

    def error(self, message: str) -> NoReturn:
        """End with one line: the usage of these commands is many, in which it would be lost."""
        self.exit(2, f"{self.prog}: error: {message}; see {self.prog} --help\n")

    def parse_known_args(  # type: ignore[override]  # Namespace is all that these commands use
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """As in the base class; every other way to parse comes through here."""
        joined: list[str] = []
        for text in sys.argv[1:] if args is None else args:
            if not is_text(text):
                shown, encoding = ascii(text), sys.getfilesystemencoding()
                self.error(
                    f"{shown} is no text in {encoding}, and OpenCV opens no such names: rename it, "
                    "or set LC_ALL=C.UTF-8"
                )
            if _NEGATIVE.match(text) and joined and re.fullmatch("--[^=]+", joined[-1]):
                joined[-1] += f"={text}"
            else:
                joined.append(text)
        return super().parse_known_args(joined, namespace)


def box_argument(text: str) -> Box:
    """Read "x,y,w,h" in pixels, for argparse."""
    try:
        x, y, w, h = (float(number) for number in text.replace(" ", "").split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not x,y,w,h: four numbers in pixels, with commas and without spaces, "
            "for example 120,80,60,90"
        ) from None
    return x, y, w, h


def intensity_argument(text: str) -> IntensityRange | None:
    """Read "LOW,HIGH" or "auto", for argparse."""
    try:
        return parse_intensity_range(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def add_intensity_argument(parser: argparse._ActionsContainer) -> None:
    """Add --intensity-range."""
    parser.add_argument(
        "--intensity-range",
        type=intensity_argument,
        metavar="LOW,HIGH",
        help="what becomes black and white of images of more than 8 bits; a negative LOW needs "
        "--intensity-range=LOW,HIGH (default: taken from the frame on which the target is chosen)",
    )


def add_rerun_argument(parser: argparse._ActionsContainer) -> None:
    """Add --rerun."""
    parser.add_argument(
        "--rerun",
        action="store_true",
        help="write tracking.rrd as well, for Rerun's viewer: frames, boxes, states, attention and "
        "scores on one time line; needs rerun-sdk and costs time",
    )


def add_tracker_arguments(parser: argparse.ArgumentParser) -> None:
    """Add --preset, --device, --set and --list-settings."""
    group = parser.add_argument_group("tracker")
    group.add_argument(
        "--preset", choices=sorted(PRESETS), default="default", help="named settings to start from"
    )
    group.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or cuda:N (default: %(default)s)"
    )
    add_settings_argument(group)
    group.add_argument("--list-settings", action=_ListSettings, help="print every setting and exit")


def add_settings_argument(parser: argparse._ActionsContainer) -> None:
    """Add --set, which collects "name=value" texts for ``parse_setting`` in ``settings``."""
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        dest="settings",
        help="change one setting of rlt; may be given several times",
    )


def tracker_settings(arguments: argparse.Namespace) -> dict[str, Value]:
    """Return what --preset, --device and --set say, by the names of ``TrackerConfig``.

    Raises:
        ConfigError: an unknown setting, or a value that it does not allow.
    """
    settings: dict[str, Value] = {"preset": arguments.preset, "device": arguments.device}
    settings.update(parse_setting(text) for text in arguments.settings)
    return settings


def config_from(settings: dict[str, Value]) -> TrackerConfig:
    """Return the configuration that ``tracker_settings`` describe.

    Raises:
        ConfigError: a value is not allowed, alone or with the others.
    """
    others = {name: value for name, value in settings.items() if name != "preset"}
    return make_config(str(settings["preset"]), **others)


def describe_settings() -> str:
    """Return every setting with its default, allowed values and meaning, as text in groups."""
    lines = []
    for title, settings in in_groups(dataclasses.fields(TrackerConfig)).items():
        lines += [f"==== {title} ".ljust(96, "="), *_describe(settings), ""]
    for name, changes in PRESETS.items():
        listed = ", ".join(f"{key}={value}" for key, value in changes.items())
        lines.append(f"preset {name}: {listed or 'as above'}")
    listed = ", ".join(f"{key}={value}" for key, value in PAPER_ON_LITE0.items())
    lines.append(f"preset paper, unless backbone=vgg_m: {listed} as well")
    return "\n".join(lines)


def _describe(settings: Iterable[Setting]) -> Iterable[str]:
    for setting in settings:
        unit = setting.metadata["unit"]
        default = setting.default if setting.default != "" else "''"
        yield f"{setting.name} = {default}{' ' + unit if unit else ''}"
        meaning = f"{setting.metadata['description']}. Allowed: {allowed_values(setting)}."
        yield textwrap.fill(meaning, 96, initial_indent="    ", subsequent_indent="    ")


def path_argument(text: str) -> Path:
    """Read a path, for argparse; ~ is the home folder, also in "--out=~/run"."""
    try:
        return Path(text).expanduser()
    except RuntimeError as error:
        raise argparse.ArgumentTypeError(f"{text!r}: {error}") from None


def check_positive(options: argparse.Namespace, *names: str) -> None:
    """Make sure that options that count things, if they are given, are 1 or more.

    Raises:
        ValueError: one is not.
    """
    for name in names:
        if (number := getattr(options, name)) is not None and number < 1:
            raise ValueError(f"--{name.replace('_', '-')} must be 1 or more, not {number}")


class _Version(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(f"rlt_ros {package_version()}")
        parser.exit()


class _ListSettings(argparse.Action):
    def __init__(self, option_strings: list[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        print(describe_settings())
        parser.exit()
