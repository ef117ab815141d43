# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The layouts of RViz and Foxglove show topics that the node has, in windows that have a place."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
RVIZ: dict[str, Any] = yaml.safe_load((ROOT / "config" / "rlt.rviz").read_text())


def test_rviz_shows_the_nodes_pictures() -> None:
    displays = RVIZ["Visualization Manager"]["Displays"]
    topics = {one["Topic"]["Value"] for one in displays}
    assert topics == {"/rlt/image_raw", "/rlt/annotated_image", "/rlt/attention_map"}
    for one in displays:
        assert one["Class"] == "rviz_default_plugins/Image"
        assert one["Enabled"]
        # A window that shows pictures must not hold up a camera.
        assert one["Topic"]["Reliability Policy"] in ("Best Effort", "Reliable")


def test_rviz_has_a_place_for_each_of_its_panels() -> None:
    window = RVIZ["Window Geometry"]
    # What RViz reads: without these two it takes what lies in memory.
    assert window["Hide Left Dock"] is False
    assert window["Hide Right Dock"] is False
    state = bytes.fromhex(window["QMainWindow State"])
    assert state[:8] == bytes.fromhex("000000ff00000000")  # Qt's mark, version 0
    names = [one["Name"] for one in RVIZ["Visualization Manager"]["Displays"]]
    for name in (*names, "Displays", "Tools"):
        assert name.encode("utf-16-be") in state, name
    assert int(window["Width"]) >= 1200


def test_qt_takes_the_window_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QT_QPA_PLATFORM", "offscreen")
    widgets = pytest.importorskip("PyQt5.QtWidgets", reason="PyQt5 is not installed")
    application = widgets.QApplication([])
    window = widgets.QMainWindow()
    for name in ("Displays", "Annotated", "Camera", "Attention"):
        dock = widgets.QDockWidget(name)
        dock.setObjectName(name)
        window.addDockWidget(1, dock)
    window.resize(RVIZ["Window Geometry"]["Width"], RVIZ["Window Geometry"]["Height"])
    assert window.restoreState(bytes.fromhex(RVIZ["Window Geometry"]["QMainWindow State"]))
    window.show()
    application.processEvents()
    shown = {dock.objectName(): dock for dock in window.findChildren(widgets.QDockWidget)}
    assert shown["Displays"].isHidden()
    assert shown["Annotated"].width() > window.width() / 2


FOXGLOVE: dict[str, Any] = json.loads((ROOT / "config" / "rlt.foxglove.json").read_text())


def panels(node: Any) -> list[str]:
    if isinstance(node, str):
        return [node]
    return panels(node["first"]) + panels(node["second"])


def test_foxglove_has_a_place_for_each_of_its_panels() -> None:
    assert sorted(panels(FOXGLOVE["layout"])) == sorted(FOXGLOVE["configById"])


def test_foxglove_plots_fields_that_the_status_has() -> None:
    message = (ROOT / "msg" / "TrackerStatus.msg").read_text()
    fields = set(re.findall(r"^\w+(?:/\w+)? (\w+)", message, re.MULTILINE))
    paths = [
        path["value"]
        for name, panel in FOXGLOVE["configById"].items()
        if name.startswith("Plot!")
        for path in panel["paths"]
    ]
    assert {path.split(".")[1] for path in paths} <= fields
    assert {path.split(".")[0] for path in paths} == {"/rlt/status"}
