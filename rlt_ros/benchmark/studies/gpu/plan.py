# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""All parts of the measurement, in order: what must come first, then what matters most."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import partial

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.studies.gpu.agreement import compare_features, compare_tracks
from rlt_ros.benchmark.studies.gpu.bench import DEFAULT, PAPER, TRACKERS, VGG_M, Bench, Found
from rlt_ros.benchmark.studies.gpu.card import describe_card
from rlt_ros.benchmark.studies.gpu.first_frame import measure_first_frame
from rlt_ros.benchmark.studies.gpu.launches import measure_launches
from rlt_ros.benchmark.studies.gpu.pace import measure_pace
from rlt_ros.benchmark.studies.gpu.rates import measure_rates
from rlt_ros.benchmark.studies.gpu.session import Part
from rlt_ros.benchmark.studies.gpu.stages import measure_stages
from rlt_ros.benchmark.studies.gpu.two_trackers import compare_two_trackers
from rlt_ros.benchmark.studies.gpu.watching import measure_watching

_Run = Callable[..., Iterator[Found]]
# Frames that are timed, and that are profiled.
_PACED = {DEFAULT: 600, PAPER: 150, VGG_M: 150}
_PROFILED = {DEFAULT: 10, PAPER: 3, VGG_M: 3}


def parts(only: Sequence[str] = ()) -> list[Part]:
    """Return the parts: first frames before all that loads the device's libraries.

    Args:
        only: what the names of the wanted ones begin with; nothing takes all.

    Raises:
        ValueError: no name begins with one of them.
    """
    rates: dict[str, Json] = {}

    def measured_rates(bench: Bench, until: float) -> Iterator[Found]:
        for found in measure_rates(bench, until):
            rates.update(found.numbers)
            yield found

    def part(what: str, tracker: str, least: float, most: float, run: _Run, **given: int) -> Part:
        return Part(f"{what}: {tracker}", least, most, partial(run, tracker=tracker, **given))

    def pace(name: str) -> Part:
        return part("pace", name, 3, 20, measure_pace, frames=_PACED[name])

    def tracking(name: str) -> Part:
        return part("tracking", name, 5, 35, compare_tracks)

    def stages(name: str) -> Part:
        run = partial(measure_stages, rates=rates)
        return part("stages", name, 3, 12, run, frames=20)

    def launches(name: str) -> Part:
        return part("launches", name, 3, 12, measure_launches, frames=_PROFILED[name])

    every = [
        *(part("first frame", name, 1, 15, measure_first_frame) for name in TRACKERS),
        Part("card", 0, 10, describe_card),
        *(part("features", name, 1, 8, compare_features) for name in TRACKERS),
        pace(DEFAULT),
        tracking(DEFAULT),
        pace(PAPER),
        pace(VGG_M),
        Part("rates", 1, 10, measured_rates),
        stages(DEFAULT),
        launches(DEFAULT),
        tracking(PAPER),
        tracking(VGG_M),
        part("watching", DEFAULT, 2, 12, measure_watching, frames=200),
        Part("two trackers", 2, 12, compare_two_trackers),
        stages(PAPER),
        stages(VGG_M),
        launches(PAPER),
        launches(VGG_M),
    ]
    if unknown := [one for one in only if not any(a.name.startswith(one) for a in every)]:
        known = ", ".join(one.name for one in every)
        raise ValueError(f"there is no part {', '.join(unknown)}; there are {known}")
    return [one for one in every if not only or one.name.startswith(tuple(only))]
