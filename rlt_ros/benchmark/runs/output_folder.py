# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What the output folder of ``rlt-bench ope``, ``tre``, ``sre``, ``vot`` or ``lost`` holds."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from rlt_ros.benchmark.json_files import Json
from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.runs.job import MAIN_MEASURES, OPE
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.runs.stored_outcomes import run_folder
from rlt_ros.tracking.boxes import Boxes

SUMMARY, RUNS = "summary.json", "runs"


class ReportError(ValueError):
    """An output folder that no report can be made from; the message says why."""


@dataclass(frozen=True)
class Study:
    """A finished benchmark.

    Attributes:
        folder: where its files are.
        summary: what its summary.json says.
    """

    folder: Path
    summary: Mapping[str, Json]

    @property
    def protocol(self) -> str:
        """How the trackers were run."""
        return self.summary.get("protocol", OPE)

    @property
    def trackers(self) -> list[str]:
        """The trackers' names, the best by the protocol's main measure first."""
        every, measure = self.summary["trackers"], MAIN_MEASURES[self.protocol]

        def order(name: str) -> tuple[float, str]:
            value = number(every[name]["mean"][measure])
            return math.inf if math.isnan(value) else -value, name

        return sorted(every, key=order)

    @property
    def sequences(self) -> list[str]:
        """The names of the sequences that some tracker finished."""
        every = self.summary["trackers"].values()
        return sorted({name for tracker in every for name in tracker["sequences"]})

    @property
    def attributes(self) -> dict[str, int]:
        """Attributes, and of how many sequences that some tracker finished."""
        counts: dict[str, int] = {}
        for tracker in self.summary["trackers"].values():
            for name, numbers in tracker.get("attributes", {}).items():
                counts[name] = max(counts.get(name, 0), int(numbers["sequences"]))
        return dict(sorted(counts.items()))

    def tracker(self, name: str) -> Mapping[str, Json]:
        """Return what the summary says of a tracker."""
        return self.summary["trackers"][name]

    def runs(self, tracker: str) -> Iterator[tuple[int | None, str, Mapping[str, Json]]]:
        """Yield seed (None for published boxes), sequence and stored result of every run."""
        for seed in self._seeds(tracker):
            for sequence in self.tracker(tracker)["sequences"]:
                if (result := self._result(tracker, seed, sequence)) is not None:
                    yield seed, sequence, result

    def results(
        self, tracker: str, sequence: str
    ) -> Iterator[tuple[int | None, Mapping[str, Json]]]:
        """Yield seed (None for published boxes) and stored result of a sequence's runs."""
        for seed in self._seeds(tracker):
            if (result := self._result(tracker, seed, sequence)) is not None:
                yield seed, result

    def boxes(self, tracker: str, sequence: str) -> Boxes | None:
        """Return the boxes ``(N, 4)`` of a tracker's first seed, 0-based; None if it has none."""
        result = self._first_result(tracker, sequence)
        return None if result is None else np.array(result["boxes"], dtype=np.float64)

    def frames(self, tracker: str, sequence: str) -> FrameRecord | None:
        """Return what a tracker's first seed said of each frame; None if that is not stored."""
        result = self._first_result(tracker, sequence)
        return None if result is None else record_from_json(result.get("frames", {}))

    def _first_result(self, tracker: str, sequence: str) -> Mapping[str, Json] | None:
        return next((result for _, result in self.results(tracker, sequence)), None)

    def _result(self, tracker: str, seed: int | None, sequence: str) -> Mapping[str, Json] | None:
        folder = run_folder(self.tracker(tracker)["folder"], seed)
        stored = RunStore(self.folder / RUNS).load(folder / f"{sequence}.json")
        return None if stored is None else stored.result

    def _seeds(self, tracker: str) -> list[int | None]:
        about = self.tracker(tracker)
        return [None] if about["published"] else about["seeds"]


@dataclass(frozen=True)
class StoredRecord:
    """What a tracker said in one run.

    Attributes:
        tracker, sequence: their names.
        seed: of the run.
        frames: score, state, IoU and visible share of every frame.
    """

    tracker: str
    seed: int
    sequence: str
    frames: FrameRecord


def read_study(folder: Path) -> Study:
    """Read an output folder.

    Raises:
        ReportError: there is no summary.json, or not one that a report can be made from.
    """
    path = folder / SUMMARY
    try:
        summary = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if count := len(RunStore(folder / RUNS).paths()):
            raise ReportError(
                f"{folder} is not finished: {count} runs are stored and there is no {SUMMARY} yet; "
                "give its command again, which goes on from there and makes the report"
            ) from None
        raise ReportError(f"{path} does not exist; give the folder of rlt-bench ope's --out") from (
            None
        )
    except ValueError as error:
        raise ReportError(f"{path} is not JSON: {error}") from None
    _refuse_others(folder, summary)
    try:
        measure = MAIN_MEASURES[summary.get("protocol", OPE)]
        for tracker in summary["trackers"].values():
            _ = tracker["curves"], tracker["mean"][measure], tracker["folder"], tracker["seeds"]
    except (KeyError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{path} lacks {error}; give the command of rlt-bench ope again, which writes it anew"
        ) from None
    if not summary["trackers"]:
        raise ReportError(f"{path} holds no finished run")
    return Study(folder, summary)


def read_records(folder: Path) -> Iterator[StoredRecord]:
    """Yield the records of all runs in an output folder of ``rlt-bench ope`` or ``lost``.

    Published boxes have none, nor have runs that an older version stored.

    Raises:
        ReportError: the folder has no usable summary.
    """
    study = read_study(folder)
    for tracker in study.trackers:
        for seed, sequence, result in study.runs(tracker):
            record = record_from_json(result.get("frames", {}))
            if record is not None and seed is not None:
                yield StoredRecord(tracker, seed, sequence, record)


def _refuse_others(folder: Path, summary: Json) -> None:
    command = summary.get("command", "") if isinstance(summary, dict) else ""
    found = re.match(r"rlt-bench (\S+)", str(command))
    if found and found[1] not in (*MAIN_MEASURES, "ablation"):
        raise ReportError(
            f"{folder} is of rlt-bench {found[1]}, which has written all of its tables; "
            f"reports are made of {', '.join(MAIN_MEASURES)} and ablation"
        )


def number(value: float | None) -> float:
    """Return a number of a summary, where null stands for NaN."""
    return math.nan if value is None else value
