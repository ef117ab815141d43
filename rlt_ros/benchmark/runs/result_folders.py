# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Folders of result files: written, found again, and removed before the next ones are written."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path, PurePath

import numpy as np

from rlt_ros.benchmark.measures.frame_records import FrameRecord, record_from_json
from rlt_ros.benchmark.measures.vot_regions import INITIALISED
from rlt_ros.benchmark.runs.job import LOST, OPE, VOT, Outcome
from rlt_ros.benchmark.runs.output_folder import SUMMARY
from rlt_ros.benchmark.runs.result_files import (
    vot_path,
    vot_repetitions,
    write_boxes,
    write_regions,
)
from rlt_ros.benchmark.runs.run_store import RunStore
from rlt_ros.benchmark.runs.stored_outcomes import job_folder, judged_run, pass_boxes
from rlt_ros.benchmark.text_tables import write_records
from rlt_ros.benchmark.trackers.tracker_name import folder_name

# One file per sequence and repetition, by the sequence's name as files spell it.
Files = dict[str, list[Path]]


def remove_result_files(store: RunStore, out: Path) -> list[PurePath]:
    """Remove what earlier commands wrote of stored runs, before the present ones are written.

    What is left in a folder is taken for its results, by toolkits and by people, also what is of
    trackers, sequences, seeds or starts that the last command did not have. The runs themselves
    stay in the store, so the command that had them brings their files back.

    Args:
        store: of all runs.
        out: see ``write_outcome``.

    Returns:
        The paths in the store of the runs whose files were removed.
    """
    removed = []
    for run in store.paths():
        folder, sequence = out / run.parent, run.stem
        old = [folder / f"{sequence}.txt", folder / f"{sequence}_frames.csv"]
        old += (folder / sequence).glob("*.txt")  # of tre and sre
        old += vot_repetitions(folder.parent, sequence)
        found = [path for path in old if path.exists()]
        if found:
            removed.append(run)
        for path in found:
            path.unlink()
        supervised = vot_path(folder.parent, sequence).parent
        for empty in (supervised, supervised.parent, folder / sequence, folder, folder.parent):
            with suppress(OSError):  # not empty, or not there
                empty.rmdir()
    return removed


def write_outcome(outcome: Outcome, out: Path, seeds: Sequence[int]) -> None:
    """Write an outcome's boxes.

    ope and lost: ``TRACKER/seedN/SEQUENCE.txt`` and, with score, state, IoU and visible share per
    frame, ``SEQUENCE_frames.csv``. tre and sre: ``TRACKER/seedN/SEQUENCE/START.txt``, from
    the start on. vot: ``TRACKER/baseline/SEQUENCE/SEQUENCE_001.txt``, one file per seed.

    Args:
        outcome: of any protocol.
        out: folder to write to.
        seeds: all of them, in the order of VOT's repetitions.
    """
    job = outcome.job
    folder = out / job_folder(job)
    if job.protocol in (OPE, LOST):
        write_boxes(folder / f"{job.sequence}.txt", np.array(outcome.boxes, dtype=np.float64))
        if (record := record_from_json(outcome.frames)) is not None:
            write_frames(folder / f"{job.sequence}_frames.csv", record)
    elif job.protocol == VOT:
        repetition = list(seeds).index(int(job.settings["seed"])) + 1
        path = vot_path(out / folder_name(job.tracker), job.sequence, repetition)
        write_regions(path, judged_run(outcome).regions)
    else:
        for name, boxes in pass_boxes(outcome.details).items():
            write_boxes(folder / job.sequence / f"{folder_name(name)}.txt", boxes)


def write_frames(path: Path, record: FrameRecord) -> None:
    """Write a row for each frame, counted from 1; what is not known is left empty."""
    columns = ("frame", "score", "state", "iou", "visible")
    numbers = range(1, len(record.scores) + 1)
    rows = zip(numbers, record.scores, record.states, record.overlaps, record.visible, strict=True)
    write_records(path, [dict(zip(columns, row, strict=True)) for row in rows])


def find_trackers(results: Path, names: Iterable[str]) -> dict[str, Files]:
    """Find the result files of one tracker or of several in a folder.

    A tracker's folder holds ``SEQUENCE.txt`` (OTB), ``SEQUENCE/SEQUENCE_001.txt`` (GOT-10k) or
    ``baseline/SEQUENCE/SEQUENCE_001.txt`` (VOT), or a folder ``seed0``, ``seed1`` ... with such
    files for each repetition (``rlt-bench ope``). Files of no known sequence are passed over, and
    ``Jogging.1`` or ``jogging_1`` stand for ``Jogging-1``.

    Args:
        results: a tracker's folder or a folder of them.
        names: the sequences to look for.

    Returns:
        Files by sequence, by tracker in alphabetical order.

    Raises:
        ValueError: there is none.
    """
    if not results.is_dir():
        raise ValueError(f"{results} is not a folder; give a folder of result files")
    known = {_key(name): name for name in names}
    if files := _tracker_files(results, known):
        return {results.resolve().name: files}
    found = {
        folder.name: files
        for folder in sorted(results.iterdir())
        if folder.is_dir() and (files := _tracker_files(folder, known))
    }
    if not found:
        raise ValueError(
            f"{results} holds no result file of the data set's sequences "
            f"({', '.join(sorted(known.values())[:3])} ...); give a folder with SEQUENCE.txt or "
            "SEQUENCE/SEQUENCE_001.txt, or a folder of such folders, one for each tracker"
        )
    return found


def is_supervised(trackers: Mapping[str, Files]) -> bool:
    """Whether the files are of VOT's supervised runs: binary, or beginning with a lone 1."""
    files = next(iter(trackers.values()))
    path = next(iter(files.values()))[0]
    if path.suffix == ".bin":
        return True
    with path.open() as lines:
        return next(lines, "").strip() == str(INITIALISED)


def frames_that_were_run(results: Path) -> int | None:
    """Return --max-frames of the rlt-bench command that wrote a folder; None if it had none.

    Args:
        results: its folder, or that of one of its trackers.
    """
    for folder in (results, results.resolve().parent):
        try:
            summary = json.loads((folder / SUMMARY).read_text(encoding="utf-8"))
            return None if summary["max_frames"] is None else int(summary["max_frames"])
        except (OSError, ValueError, KeyError, TypeError):
            continue
    return None


def _tracker_files(folder: Path, known: Mapping[str, str]) -> Files:
    """Return a tracker's files by the data set's names of the sequences."""
    runs = sorted(path for path in folder.glob("seed*") if path.is_dir())
    files: Files = {}
    for run in [folder, folder / "baseline", *runs]:
        found = (run.glob(pattern) for pattern in ("*.txt", "*/*.txt", "*/*.bin"))
        for path in sorted(itertools.chain(*found)):
            direct = path.parent == run
            name = known.get(_key(path.stem if direct else path.parent.name))
            repetition = rf"{re.escape(path.parent.name)}_\d+\.(txt|bin)"
            if name and (direct or re.fullmatch(repetition, path.name)):
                files.setdefault(name, []).append(path)
    return files


def _key(name: str) -> str:
    return re.sub(r"[._]", "-", name).casefold()
