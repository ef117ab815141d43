# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts of the package import.

The library no ROS, a room what the table of rooms says, and nothing that is not declared.
"""

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "rlt_ros"
ROS_MODULES = {
    "builtin_interfaces",
    "cv_bridge",
    "diagnostic_msgs",
    "geometry_msgs",
    "launch",
    "launch_ros",
    "lifecycle_msgs",
    "rcl_interfaces",
    "rclpy",
    "sensor_msgs",
    "std_msgs",
    "std_srvs",
    "vision_msgs",
}
ROS_PARTS = {
    f"rlt_ros.{name}" for name in ("demo", "desktop", "msg", "replay", "ros", "srv", "web")
}
ARCHITECTURE = ROOT / "docs/architecture.md"
WITHOUT_ROS = {f"rlt_ros.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py")} - ROS_PARTS


def imported_modules(source: str, package: str) -> Iterator[str]:
    """Yields the full names that a file of `package` imports, also inside functions."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parents = package.split(".")[: -(node.level - 1) or None] if node.level else []
            module = ".".join([*parents, *([node.module] if node.module else [])])
            yield from (f"{module}.{alias.name}" for alias in node.names)


def ros_imports(source: str, package: str) -> list[str]:
    return [
        name
        for name in imported_modules(source, package)
        if name.split(".")[0] in ROS_MODULES or ".".join(name.split(".")[:2]) in ROS_PARTS
    ]


@pytest.mark.parametrize("part", sorted(WITHOUT_ROS))
def test_part_imports_no_ros(part: str) -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in (ROOT / part.replace(".", "/")).rglob("*.py")
        if (names := ros_imports(path.read_text(), ".".join(path.parent.relative_to(ROOT).parts)))
    }
    assert found == {}


@pytest.mark.parametrize(
    "source",
    [
        "import rclpy.node",
        "from sensor_msgs.msg import Image",
        "def f():\n    from cv_bridge import CvBridge",
        "from rlt_ros.msg import TrackerStatus",
        "from rlt_ros import ros",
        "from ..ros import messages",
        "from .. import demo",
    ],
)
def test_the_check_sees_every_kind_of_import(source: str) -> None:
    assert ros_imports(source, "rlt_ros.tracking")


@cache
def rooms() -> dict[str, list[str]]:
    """Returns the rooms in the page's order, as "part/room", with what each may import."""
    text = ARCHITECTURE.read_text()
    section = text[text.index("\n## Rooms\n") :].removeprefix("\n").split("\n## ")[0]
    rows = [line.split("|")[1:4] for line in section.splitlines() if line.startswith("|")]
    found: dict[str, list[str]] = {}
    for cells in rows[2:]:  # after the heads and the line below them
        (room,), allowed = (re.findall("`(.+?)`", cell) for cell in (cells[0], cells[2]))
        beside = (f"{room.split('/')[0]}/{name}" for name in allowed)
        found[room] = [
            near if near in found else name for near, name in zip(beside, allowed, strict=True)
        ]
    return found


def room_of(module: str) -> str | None:
    """Returns the innermost room of a module, or of a name in it, or its part; None at the top."""
    names = module.split(".")[1:]
    inside = ("/".join(names[:count]) for count in range(len(names), 0, -1))
    part = names[0] if names and (PACKAGE / names[0]).is_dir() else None
    return next((name for name in inside if name in rooms()), part)


def imports_against_the_table(source: str, module: str) -> list[str]:
    """Returns what a file with rooms imports and should not; `module` is its full name."""
    room = room_of(module)
    assert room is not None
    found = []
    for name in imported_modules(source, module.rpartition(".")[0]):
        other = room_of(name) if name.startswith("rlt_ros.") else None
        if other is None or other in (room, *rooms()[room]):
            continue
        if other.split("/")[0] not in rooms()[room]:  # a part comes with all of its rooms
            found.append(name)
    return found


PARTS_WITH_ROOMS = sorted({room.split("/")[0] for room in rooms()})


@pytest.mark.parametrize("part", PARTS_WITH_ROOMS)
def test_rooms_import_what_the_table_says(part: str) -> None:
    found = {
        str(path.relative_to(ROOT)): names
        for path in (PACKAGE / part).rglob("*.py")
        if (
            names := imports_against_the_table(
                path.read_text(), ".".join(path.relative_to(ROOT).with_suffix("").parts)
            )
        )
    }
    assert found == {}


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("rlt_ros.tracking.boxes", "from rlt_ros.tracking import Tracker"),
        ("rlt_ros.tracking.features.samples", "import rlt_ros.tracking.learning.memory"),
        ("rlt_ros.tracking.learning.memory", "from rlt_ros.tracking.finding import search"),
        ("rlt_ros.tracking.learning.memory", "def f():\n    from ..finding.search import Search"),
        ("rlt_ros.ros.inputs.image_conversion", "from rlt_ros.ros.worker import frame_queue"),
        ("rlt_ros.ros.worker.frame_queue", "from rlt_ros.ros.interface.topics import IMAGES"),
        ("rlt_ros.ros.interface.pages", "from rlt_ros.ros import tracker_node"),
        ("rlt_ros.benchmark.measures.losses", "from rlt_ros.benchmark import runs"),
        ("rlt_ros.benchmark.runs.cluster", "from rlt_ros.benchmark.report.page import Picture"),
        ("rlt_ros.benchmark.text_tables", "from rlt_ros.tracking import boxes"),
        ("rlt_ros.benchmark.studies.scoring", "from rlt_ros.cli import arguments"),
    ],
)
def test_the_check_sees_imports_against_the_table(module: str, source: str) -> None:
    assert imports_against_the_table(source, module)


@pytest.mark.parametrize("part", PARTS_WITH_ROOMS)
def test_every_folder_is_a_room_in_the_table(part: str) -> None:
    folders = {f"{part}/{path.parent.name}" for path in (PACKAGE / part).glob("*/__init__.py")}
    assert folders - rooms().keys() == set()


def test_rooms_exist_and_import_from_those_above_them() -> None:
    above = {path.parent.name for path in PACKAGE.glob("*/__init__.py")} - {*PARTS_WITH_ROOMS}
    for room, allowed in rooms().items():
        assert (PACKAGE / room).is_dir() or (PACKAGE / f"{room}.py").is_file(), room
        assert set(allowed) - above == set(), room
        above.add(room)


def test_the_library_imports_no_other_part_of_the_package() -> None:
    """Only itself, and the files at the top, which are for all."""
    names = {
        name
        for path in (PACKAGE / "tracking").rglob("*.py")
        for name in imported_modules(path.read_text(), "rlt_ros.tracking")
        if name.split(".")[0] == "rlt_ros"
    }
    assert {room_of(name) or "" for name in names if not name.startswith("rlt_ros.tracking.")} <= {
        ""
    }


def test_the_nodes_worker_imports_no_ros() -> None:
    ros = PACKAGE / "ros"
    found = {
        name
        for path in (ros / "error_texts.py", *(ros / "worker").glob("*.py"))
        for name in imported_modules(path.read_text(), "rlt_ros.ros.worker")
        if name.split(".")[0] in ROS_MODULES
    }
    assert found == set()


def test_every_import_is_declared() -> None:
    imported = {
        name.split(".")[0]
        for path in PACKAGE.rglob("*.py")
        for name in imported_modules(path.read_text(), "rlt_ros")
    }
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    declared = {str(element.text) for element in manifest if element.tag.endswith("depend")}
    optional = ("bags", "dask", "got10k", "openvino", "ray", "rerun", "vot", "web")
    extras = (ROOT / f"tools/requirements-{extra}.txt" for extra in optional)
    for path in (ROOT / "requirements.txt", *extras):
        for line in path.read_text().splitlines():
            declared.add(re.split(r"[ #<>=]", line)[0].replace("-", "_"))
    # Modules that are not called like their packages, and this package itself.
    declared |= {"PIL", "cv2", "rerun", "rlt_ros", "trax", "yaml"}
    assert imported - declared - sys.stdlib_module_names == set()
