# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import numpy as np
import pytest

from rlt_ros.media.contact_sheet import contact_sheet, fitting, left_out, make_cell
from rlt_ros.media.drawing import STATE_COLOURS, draw_box, draw_result, overlay_attention
from rlt_ros.media.panels import draw_panels, video_panel_size
from rlt_ros.media.text import Image
from rlt_ros.tracking import TrackResult, TrackState


def grey(height: int, width: int) -> Image:
    return np.full((height, width, 3), 128, np.uint8)


@pytest.mark.parametrize("state", list(TrackState))
def test_box_is_drawn_in_the_colour_of_its_state(state: TrackState) -> None:
    image = grey(144, 240)
    result = TrackResult(np.array([50.5, 40.5, 59.0, 69.0]), 0.87, state)
    drawn = draw_result(image, result)
    assert (image == 128).all(), "the frame given must stay as it is"
    colour = np.array(STATE_COLOURS[state.name])
    for row, column in ((75, 50), (75, 109), (109, 80)):  # left, right and lower edge
        patch = drawn[row - 2 : row + 3, column - 2 : column + 3].reshape(-1, 3).astype(int)
        assert np.abs(patch - colour).sum(axis=1).min() < 60
    assert (drawn[60:100, 60:100] == 128).all(), "the inside of the box stays visible"
    assert (drawn[120:] == 128).all() and (drawn[:, 190:] == 128).all()


def test_score_tag_and_text_stay_inside_the_frame() -> None:
    for box in ((-30, -20, 60, 50), (150, 120, 60, 50), (0, 0, 176, 144), (400, 300, 5, 5)):
        drawn = draw_box(grey(144, 176), box, 0.5, "LOST", text="frame 1 of 1")
        assert drawn.shape == (144, 176, 3)
        assert (drawn != 128).any()


def test_lines_grow_with_the_image() -> None:
    def coloured(height: int) -> int:
        box = (height / 4 + 0.5, height / 4 + 0.5, height / 2, height / 2)
        row = draw_box(grey(height, height), box, None, "TRACKING")[height // 2].astype(int)
        near = np.abs(row - STATE_COLOURS["TRACKING"]).sum(axis=1) < 60
        return int(near[: height // 2].sum())

    assert 1 <= coloured(144) <= 2
    assert coloured(2160) >= 8


def test_box_of_an_earlier_frame_is_dimmed() -> None:
    box = (50, 40, 60, 70)
    fresh = draw_box(grey(144, 176), box, 0.9, "TRACKING").astype(int)
    stale = draw_box(grey(144, 176), box, 0.9, "TRACKING", stale=True).astype(int)
    changed = np.abs(fresh - 128).sum(axis=2) > 60
    assert changed.any()
    assert (np.abs(stale - 128).sum(axis=2) < np.abs(fresh - 128).sum(axis=2))[changed].all()
    assert (stale[changed] != 128).any()


def test_attention_glows_where_it_is_and_nowhere_else() -> None:
    image = np.tile(np.array([40, 90, 160], np.uint8), (60, 80, 1))
    attention = np.zeros((60, 80), np.uint8)
    attention[20:40, 30:50] = 230
    shown = overlay_attention(image, attention).astype(int)
    outside = shown[attention == 0]
    assert (outside.max(axis=1) - outside.min(axis=1)).max() <= 1, "grey without attention"
    inside = shown[attention > 0]
    assert (inside[:, 0] - inside[:, 2]).min() > 60, "warm colours under attention"
    assert inside.sum(axis=1).min() > outside.sum(axis=1).max()


def test_attention_of_another_size_is_refused() -> None:
    with pytest.raises(ValueError, match="does not lie on an image"):
        overlay_attention(grey(60, 80), np.zeros((80, 60), np.uint8))


def test_panels_scale_box_and_attention_with_the_frame() -> None:
    attention = np.zeros((144, 176), np.uint8)
    attention[40:110, 50:110] = 255
    boxed, heat = draw_panels(
        grey(144, 176), (704, 576), (50, 40, 60, 70), 0.9, "TRACKING", attention
    )
    assert boxed.shape == heat.shape == (576, 704, 3)
    changed = np.argwhere((boxed != 128).any(axis=2))
    assert np.abs(changed.max(axis=0) - (440, 440)).max() <= 6
    warm = np.argwhere(heat[..., 0].astype(int) - heat[..., 2] > 60)
    assert np.abs(warm.min(axis=0) - (160, 200)).max() <= 8
    assert np.abs(warm.max(axis=0) - (440, 440)).max() <= 8


@pytest.mark.parametrize(
    "size", [(176, 144), (1, 1), (640, 480), (1920, 1080), (7680, 4320), (31, 2000)]
)
def test_video_panels_have_even_sides_within_bounds(size: tuple[int, int]) -> None:
    width, height = video_panel_size(*size)
    assert width % 2 == height % 2 == 0
    assert min(width, height) >= 2 and max(width, height) <= 1920
    if min(size) >= 480 and max(size) <= 1920:
        assert (width, height) == size


def test_contact_sheet_holds_every_cell_as_it_was_drawn() -> None:
    rng = np.random.default_rng(1)
    cells = []
    for number in range(1, 6):
        image = rng.integers(0, 255, (48, 64, 3), np.uint8)
        attention = rng.integers(0, 255, (48, 64), np.uint8)
        cells.append(make_cell(number, image, (10, 10, 20, 20), 0.5, "TRACKING", attention))
    sheet = contact_sheet(cells, "title", "subtitle", [(n, 0.1 * n) for n in range(1, 6)])
    for cell in cells:
        assert len(cell.panels) == 2
        for panel in cell.panels:
            corners = np.argwhere((sheet[:, :, :] == panel[0, 0]).all(axis=2))
            height, width = panel.shape[:2]
            assert any(
                (sheet[y : y + height, x : x + width].shape == panel.shape)
                and (sheet[y : y + height, x : x + width] == panel).all()
                for y, x in corners
            )


def test_contact_sheet_names_frames_without_a_result() -> None:
    assert left_out([1, 2, 4, 5, 10, 11]) == ["3", "6-9"]
    assert left_out([7, 8]) == left_out([7]) == left_out([]) == []
    cells = [make_cell(1, np.zeros((48, 64, 3), np.uint8), (1, 1, 9, 9), 0.5, "TRACKING", None)]
    whole = contact_sheet(cells, "title", scores=[(n, 0.5) for n in (1, 2, 3, 4)])
    gaps = contact_sheet(cells, "title", scores=[(n, 0.5) for n in (1, 4)])
    assert (whole != gaps).any()


def test_of_many_gaps_as_many_are_named_as_fit() -> None:
    gaps = ["3", "6-9", "12", "100-200"]
    assert fitting(gaps, lambda text: True) == "left out: 3, 6-9, 12, 100-200"
    assert fitting(gaps, lambda text: len(text) < 28) == "left out: 3, 6-9 and 2 more"
    assert fitting(gaps, lambda text: False) == "left out: 4 gaps"


def test_contact_sheet_without_cells_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one frame"):
        contact_sheet([], "title")
