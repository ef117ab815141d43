# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``rlt-panel``: see trackers and steer them in a browser."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

import cv2

from rlt_ros.cli.arguments import CommandParser, path_argument
from rlt_ros.web.serving import LOOPBACK, PORT, VIEWERS, Settings, SettingsError, serve

TOKEN_VARIABLE = "RLT_PANEL_TOKEN"
NICENESS = 5
"""Who looks on must not disturb tracking: the panel gives way to trackers of this machine."""

EPILOG = f"""\
examples:
  rlt-panel                          # then open http://{LOOPBACK}:{PORT}/ on this machine
  ssh -L {PORT}:localhost:{PORT} robot   # then open it on yours, for a panel that runs on the robot
  rlt-panel --host 0.0.0.0           # for the network; the address with a token is printed

It finds the trackers of its ROS domain by itself. Beyond this machine a token is always wanted:
that of --token-file or of the variable {TOKEN_VARIABLE}, else one that is made up. Without
--certificate it goes over the network in plain text.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Serve until a signal comes; 0 then, 2 after one line if it cannot be served."""
    given = sys.argv[1:] if arguments is None else list(arguments)
    own, ros = _divided(given)
    options = _parser().parse_args(own)
    cv2.setNumThreads(1)
    os.nice(NICENESS)
    try:
        serve(_settings(options), lambda address: print(f"panel: {address}", flush=True), ros)
    except (SettingsError, OSError) as error:
        print(f"rlt-panel: error: {error}", file=sys.stderr)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = CommandParser(
        prog="rlt-panel",
        description="Serve a page that shows trackers and steers them, as a ROS node.",
        epilog=EPILOG,
    )
    parser.add_argument(
        "--host", default=LOOPBACK, help="address to listen on (default: %(default)s)"
    )
    parser.add_argument(
        "--port", type=int, default=PORT, help="0 takes a free one (default: %(default)s)"
    )
    parser.add_argument(
        "--token-file", type=path_argument, metavar="FILE", help="file that holds the token"
    )
    parser.add_argument(
        "--viewers",
        type=int,
        default=VIEWERS,
        metavar="N",
        help="pages that may be open at a time (default: %(default)s)",
    )
    parser.add_argument(
        "--certificate", type=path_argument, metavar="FILE", help="for HTTPS, as PEM"
    )
    parser.add_argument("--key", type=path_argument, metavar="FILE", help="the certificate's")
    return parser


def _settings(options: argparse.Namespace) -> Settings:
    if not 0 <= options.port <= 65535:
        raise SettingsError(f"--port must be 0 to 65535, not {options.port}")
    if not 1 <= options.viewers <= 1000:
        raise SettingsError(f"--viewers must be 1 to 1000, not {options.viewers}")
    if (options.certificate is None) != (options.key is None):
        raise SettingsError("give --certificate and --key together")
    token = os.environ.get(TOKEN_VARIABLE, "")
    if options.token_file is not None:
        token = _first_line(options.token_file)
    return Settings(
        options.host,
        options.port,
        token,
        options.viewers,
        str(options.certificate or ""),
        str(options.key or ""),
    )


def _first_line(file: Path) -> str:
    try:
        lines = file.read_text().splitlines()
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise SettingsError(f"--token-file {file} cannot be read: {reason}") from None
    if not lines or not lines[0].strip():
        raise SettingsError(f"--token-file {file} is empty")
    return lines[0].strip()


def _divided(arguments: list[str]) -> tuple[list[str], list[str]]:
    """Return the panel's own arguments, and those from --ros-args on, up to a "--"."""
    if "--ros-args" not in arguments:
        return arguments, []
    begin = arguments.index("--ros-args")
    end = arguments.index("--", begin) if "--" in arguments[begin:] else len(arguments)
    return [*arguments[:begin], *arguments[end + 1 :]], arguments[begin:end]


if __name__ == "__main__":
    sys.exit(main())
