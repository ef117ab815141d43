# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the parts of the package import: the library no ROS, and nothing that is not declared."""

import ast
import re
import sys
import xml.etree.ElementTree as ElementTree
from collections.abc import Iterator
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
    "rcl_interfaces",
    "rclpy",
    "sensor_msgs",
    "std_msgs",
    "vision_msgs",
}
ROS_PARTS = {"rlt_ros.demo", "rlt_ros.msg", "rlt_ros.replay", "rlt_ros.ros"}
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


def test_every_import_is_declared() -> None:
    imported = {
        name.split(".")[0]
        for path in PACKAGE.rglob("*.py")
        for name in imported_modules(path.read_text(), "rlt_ros")
    }
    manifest = ElementTree.parse(ROOT / "package.xml").getroot()
    declared = {str(element.text) for element in manifest if element.tag.endswith("depend")}
    optional = ("bags", "dask", "got10k", "openvino", "ray", "vot")
    extras = (ROOT / f"tools/requirements-{extra}.txt" for extra in optional)
    for path in (ROOT / "requirements.txt", *extras):
        for line in path.read_text().splitlines():
            declared.add(re.split(r"[ #<>=]", line)[0].replace("-", "_"))
    # Modules that are not called like their packages, and this package itself.
    declared |= {"PIL", "cv2", "rlt_ros", "trax", "yaml"}
    assert imported - declared - sys.stdlib_module_names == set()
