# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's services, declared once: name, type, meaning.

Names begin with ``~/``: they lie below the node's own name.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from std_srvs.srv import SetBool, Trigger

from rlt_ros.srv import InitTarget, LoadTarget, ResetTarget, SaveTarget


@dataclass(frozen=True)
class Service:
    """A service.

    Attributes:
        name: below the node's name.
        type: of its requests and answers.
        about: what it does, as Markdown.
    """

    name: str
    type: Any
    about: str

    @property
    def type_name(self) -> str:
        """The type as in ``std_srvs/Trigger``."""
        return f"{self.type.__module__.split('.')[0]}/{self.type.__name__}"


INIT = Service(
    "~/init",
    InitTarget,
    "follow what is inside a box; like `init_box`, but answered once the target is learned, with"
    " its id, or refused, with why",
)
ENABLE = Service(
    "~/enable",
    SetBool,
    "false: frames are counted and not looked at, targets are kept; true: they are looked for"
    " again",
)
RESET = Service("~/reset", Trigger, "forget all targets")
RESET_TARGET = Service("~/reset_target", ResetTarget, "forget one target")
SAVE_TARGET = Service(
    "~/save_target", SaveTarget, "write a learned target to a file in the folder `target_folder`"
)
LOAD_TARGET = Service(
    "~/load_target", LoadTarget, "go on with a target from such a file, under the id that it had"
)

SERVICES = (INIT, ENABLE, RESET, RESET_TARGET, SAVE_TARGET, LOAD_TARGET)
