# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How a setting is declared, described and checked: the tracker's as well as the node's.

A setting is a field of a frozen dataclass, and all that is known of it is metadata of the field.
"""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable
from typing import Any

from rlt_ros.tracking.errors import ConfigError

Value = int | float | str
Setting = dataclasses.Field[Any]
FOR_USERS, FOR_EXPERTS = "what a user has reason to touch", "for experts"

_KINDS = {bool: "true or false", int: "an integer", float: "a number", str: "a text"}


def setting(
    group: str,
    default: Value,
    description: str,
    *,
    for_users: bool = False,
    choices: tuple[str, ...] | None = None,
    minimum: int | float | None = None,
    maximum: int | float | None = None,
    unit: str | None = None,
    form: str | None = None,
    parse: Callable[[str], object] | None = None,
    live: bool = False,
) -> Any:
    """Declare a setting; the dataclass sees the default, everything else is metadata.

    Args:
        group: where in the flow it counts.
        default: its value, if none is given.
        description: what it means.
        for_users: whether others than experts have reason to touch it.
        choices: of a text, all that it may be.
        minimum, maximum: of a number, both of them and both allowed.
        unit: of a number.
        form: of a text that is neither free nor one of ``choices``, in words.
        parse: of such a text; raises ValueError where it has another form.
        live: whether it may change between two frames.
    """
    return dataclasses.field(
        default=default,
        metadata={
            "type": type(default),
            "group": group,
            "for_users": for_users,
            "description": description,
            "choices": choices,
            "minimum": minimum,
            "maximum": maximum,
            "unit": unit,
            "form": form,
            "parse": parse,
            "live": live,
        },
    )


def checked(declared: Setting, value: object) -> Value:
    """Return ``value`` as a setting holds it: an integer is a fine value for a float.

    Raises:
        ConfigError: wrong type, out of range or not of its form; names the setting.
    """
    kind = declared.metadata["type"]
    valid: Any = None
    if kind is float and isinstance(value, int | float) and not isinstance(value, bool):
        with contextlib.suppress(OverflowError):  # an integer that is larger than every float
            valid = float(value) if math.isfinite(value) else None
    elif type(value) is kind:
        valid = value
    if valid is None or not _allowed(declared, valid):
        raise ConfigError(f"{declared.name} must be {allowed_values(declared)}, not {value!r}")
    return valid


def _allowed(declared: Setting, value: Value) -> bool:
    about = declared.metadata
    if isinstance(value, bool):
        return True
    if not isinstance(value, str):
        return bool(about["minimum"] <= value <= about["maximum"])
    if about["choices"]:
        return value in about["choices"]
    if about["parse"]:
        try:
            about["parse"](value)
        except ValueError:
            return False
    return True


def allowed_values(declared: Setting) -> str:
    """Return what a setting may hold, in words."""
    about = declared.metadata
    kind = about["type"]
    if about["choices"]:
        return "one of " + ", ".join(about["choices"])
    if kind in (bool, str):
        return about["form"] or _KINDS[kind]
    number = "d" if kind is int else "g"
    return f"{_KINDS[kind]} from {about['minimum']:{number}} to {about['maximum']:{number}}"


def in_groups(settings: Iterable[Setting]) -> dict[str, list[Setting]]:
    """Return settings by the titles of their groups: first those for users, then in their order."""
    groups: dict[str, list[Setting]] = {FOR_USERS: []}
    for one in settings:
        title = f"{FOR_EXPERTS}: {one.metadata['group']}"
        groups.setdefault(FOR_USERS if one.metadata["for_users"] else title, []).append(one)
    return groups
