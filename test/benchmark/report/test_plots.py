# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from matplotlib.figure import Figure

from rlt_ros.benchmark.report import eao_plot, precision_plot, success_plot
from rlt_ros.benchmark.report.plots import save_figure
from rlt_ros.benchmark.report.reliability import reliability_plot
from rlt_ros.benchmark.report.strips import strip_frames
from rlt_ros.benchmark.report.style import looks

LONG = "rlt:paper,attention_weight=0,hidden_units=64,initial_iterations=30"
SCORES = {"worst": 0.1, "best": 0.9, LONG: 0.5}


def legend(figure: Figure) -> list[str]:
    return [text.get_text() for text in figure.legends[0].get_texts()]


@pytest.mark.parametrize(("plot", "points"), [(success_plot, 21), (precision_plot, 51)])
def test_the_legend_is_sorted_and_inside_the_picture(
    plot: Callable[..., Figure], points: int, tmp_path: Path
) -> None:
    figure = plot({name: np.full(points, score) for name, score in SCORES.items()}, SCORES)
    assert [text[:5] for text in legend(figure)] == ["0.900", "0.500", "0.100"]
    save_figure(figure, tmp_path, "plot")
    inside = figure.bbox
    for text in figure.legends[0].get_texts():
        box = text.get_window_extent()
        assert inside.x0 <= box.x0 < box.x1 <= inside.x1
        assert inside.y0 <= box.y0 < box.y1 <= inside.y1
    image = cv2.imread(str(tmp_path / "plot.png"))
    assert image is not None
    # Nothing touches the edges, as it would if it were cut off.
    edges = (image[0], image[-1], image[:, 0], image[:, -1])
    assert all((edge == 255).all() for edge in edges)


def test_expected_overlap_curves_may_differ_in_length() -> None:
    curves = {"a": np.linspace(1, 0.5, 40), "b": np.linspace(1, 0.2, 25)}
    halves = {"b": 0.0125}
    figure = eao_plot(curves, {"a": 0.4, "b": 0.6}, interval=(10, 30), halves=halves)
    assert legend(figure) == ["0.600 ± 0.013  b", "0.400  a"]
    longest = max(len(np.asarray(line.get_xdata())) for line in figure.axes[0].get_lines())
    assert longest == 40


def test_what_has_no_number_has_a_dash_in_the_legend() -> None:
    curves = {name: np.full(21, 0.5) for name in ("a", "b")}
    assert legend(success_plot(curves, {"a": float("nan"), "b": 0.5})) == ["0.500  b", "-  a"]
    bins = {
        name: {"equal_width": {"counts": [1], "scores": [0.5], "hit_rates": [1.0]}}
        for name in curves
    }
    words = legend(reliability_plot(bins, {"a": float("nan"), "b": 0.25}))
    assert sorted(words) == ["-  a", "0.250  b"]


def test_no_two_of_many_trackers_look_alike() -> None:
    assert len(set(looks([str(number) for number in range(40)]).values())) == 40


def test_strips_leave_out_the_first_frame() -> None:
    assert strip_frames(101) == [25, 50, 75, 100]
    assert strip_frames(3) == [1, 2]
    assert strip_frames(1) == [0]
