# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The reference pages, made from the declarations of parameters, topics and messages.

``python -m rlt_ros.ros.interface.pages`` in a checkout writes docs/parameters.md and
docs/interfaces.md anew.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable
from pathlib import Path

from rlt_ros.ros.interface.parameters import NodeConfig
from rlt_ros.ros.interface.services import SERVICES
from rlt_ros.ros.interface.topics import PUBLISHED, SUBSCRIBED
from rlt_ros.tracking.config import TrackerConfig, preset_settings
from rlt_ros.tracking.settings import Setting, allowed_values, in_groups

COMMAND = "python -m rlt_ros.ros.interface.pages"
STATUS_DEFINITION = Path("msg", "TrackerStatus.msg")
SERVICE_DEFINITIONS = Path("srv")

_PARAMETERS = f"""\
# Parameters and settings

(Written by `{COMMAND}` from the declarations in `TrackerConfig` and `NodeConfig`.)

The tracker's settings are the same everywhere: parameters of the node
([config/tracker.yaml](../config/tracker.yaml), or `-p NAME:=VALUE`), `--set NAME=VALUE` of
`rlt-track` and `rlt-bench`, and arguments of `make_config`. A wrong name or value is refused in one
line that says what is allowed. Where the column `paper` is empty that preset has the same value.
Column `live`: yes where it can be changed while the node is active. Any other but `autostart` can
be changed while it is not: `ros2 lifecycle set /rlt/tracker deactivate`, `ros2 param set`,
`ros2 lifecycle set /rlt/tracker activate`. `ros2 param get /rlt/tracker NAME` tells what it has.
"""

_INTERFACES = f"""\
# Topics, services and messages of `tracker_node`

(Written by `{COMMAND}` from the declarations of topics and services, and from `msg/` and `srv/`.)

Names of topics are relative to the node's namespace, which is `rlt` where the launch file starts
it; `~` is the node, `/rlt/tracker` then.
"""

_QUALITY = """\
Published reliably. Init boxes are received reliably; images reliably as long as every publisher
offers it, else best effort ([node.md](node.md#delivery-of-images)).
"""

_SERVICES = """\
Besides, the node has the services of the life cycle ([node.md](node.md#life-cycle)) and those for
parameters. All are there in every state; while the node is not active, those here answer so. A
request for what waits for an image is answered when that has come; after half a minute it is told
so, and waits on. [`TrackerClient`](../rlt_ros/ros/client.py) has a method for each, in Python.
"""


def parameters_page() -> str:
    """Return docs/parameters.md."""
    lines = [_PARAMETERS]
    fields: list[Setting] = [*dataclasses.fields(TrackerConfig), *dataclasses.fields(NodeConfig)]
    for title, settings in in_groups(fields).items():
        lines += [f"## {title[0].upper()}{title[1:]}", ""]
        rows = [_parameter_row(one) for one in settings]
        lines += [*_table(("name", "default", "paper", "allowed", "live", "what"), rows), ""]
    return "\n".join(lines).rstrip() + "\n"


def _parameter_row(setting: Setting) -> tuple[str, ...]:
    unit = setting.metadata["unit"]
    plain = str(setting.default).lower() if isinstance(setting.default, bool) else setting.default
    default = f"`{plain if plain != '' else repr('')}`"
    paper, on_vgg_m = (
        preset_settings("paper", backbone).get(setting.name, setting.default)
        for backbone in (TrackerConfig.backbone, "vgg_m")
    )
    papers = f"`{on_vgg_m}`"
    if paper != on_vgg_m:
        papers = f"`{paper}`; with `vgg_m` {papers}"
    return (
        f"`{setting.name}`",
        f"{default} {unit}" if unit else default,
        "" if paper == on_vgg_m == setting.default else papers,
        allowed_values(setting),
        "yes" if setting.metadata["live"] else "",
        str(setting.metadata["description"]),
    )


def interfaces_page(root: Path) -> str:
    """Return docs/interfaces.md.

    Args:
        root: of the checkout, with its definitions of messages and services.
    """
    topics = [
        (way, f"`{topic.name}`", topic.choice or topic.type_name, str(topic.depth), topic.about)
        for way, group in (("in", SUBSCRIBED), ("out", PUBLISHED))
        for topic in group
    ]
    status = _definition((root / STATUS_DEFINITION).read_text())
    constants, fields, (purpose, values, *notes) = status
    services = [(f"`{one.name}`", one.type_name, one.about) for one in SERVICES]
    lines = [
        _INTERFACES,
        "## Topics",
        "",
        *_table(("direction", "topic", "type", "depth", "what"), topics),
        "",
        _QUALITY,
        "## Services",
        "",
        *_table(("service", "type", "what"), services),
        "",
        _SERVICES,
        *_service_lines(root / SERVICE_DEFINITIONS),
        "## `rlt_ros/TrackerStatus`",
        "",
        purpose,
        "",
        f"{values}:",
        "",
        *_table(("value", "name", "what"), constants),
        "",
        *_table(("type", "field", "what"), fields),
        "",
        *notes,
    ]
    return "\n".join(lines) + "\n"


def _service_lines(folder: Path) -> list[str]:
    """Return what our own types of services hold, one table each."""
    lines = []
    own = sorted({one.type.__name__ for one in SERVICES if one.type_name.startswith("rlt_ros/")})
    for name in own:
        request, response = (folder / f"{name}.srv").read_text().split("\n---\n")
        _, asked, (purpose,) = _definition(request)
        _, answered, _ = _definition(f"\n\n{response}")
        rows = [("request", *row) for row in asked] + [("response", *row) for row in answered]
        lines += [f"### `rlt_ros/{name}`", "", purpose, ""]
        lines += [*_table(("", "type", "field", "what"), rows), ""]
    return lines


Rows = list[tuple[str, ...]]


def _definition(text: str) -> tuple[Rows, Rows, list[str]]:
    """Return constants (value, name, comment), fields (type, name, comment), and other comments."""
    constants: Rows = []
    fields: Rows = []
    notes: list[str] = []
    for block in text.split("\n\n")[1:]:  # the first is the licence
        rest = []
        for line in block.splitlines():
            code, _, comment = (part.strip() for part in line.partition("#"))
            if constant := re.fullmatch(r"\w+ (\w+)=(\d+)", code):
                constants.append((constant[2], f"`{constant[1]}`", comment))
            elif code:
                kind, name = code.split()
                fields.append((kind, f"`{name}`", comment))
            else:
                rest.append(" ".join(comment.split()))
        notes += [" ".join(rest)] if rest else []
    return constants, fields, notes


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> list[str]:
    rule = ("---",) * len(head)
    cells = ([cell.replace("|", "\\|") for cell in row] for row in (head, rule, *rows))
    return ["| " + " | ".join(row) + " |" for row in cells]


def main() -> None:
    """Write the pages of the checkout in the current folder."""
    Path("docs", "parameters.md").write_text(parameters_page())
    Path("docs", "interfaces.md").write_text(interfaces_page(Path()))


if __name__ == "__main__":
    main()
