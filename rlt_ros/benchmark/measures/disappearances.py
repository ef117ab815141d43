# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whether a tracker knows that its target has gone, and takes it up again when it is back.

A disappearance is a run of frames in which nothing of the target is seen (visible share exactly 0),
the first frame of the sequence excepted; it happens in the first of them. The target has come back
fully in the first later frame with a visible share of 0.98 or more, if that is before it disappears
again. UNCERTAIN is not LOST, here and everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
from numpy.typing import NDArray

from rlt_ros.benchmark.measures.frame_records import FrameRecord
from rlt_ros.tracking import TrackState

FULLY_VISIBLE, MOSTLY_VISIBLE = 0.98, 0.5
FLAG_FRAMES = 5  # within which a disappearance ought to be noticed
GRACE_FRAMES = 5  # after the return, in which LOST is no mistake
REFIND_FRAMES = 30  # within which the target ought to be taken up again


@dataclass(frozen=True)
class Disappearance:
    """One disappearance and what the tracker made of it; frames count from 0.

    Attributes:
        first, last: frames in which nothing is seen.
        back: the frame of full return; None if there is none.
        flagged_after: frames from ``first`` to the first LOST state while the target is gone, 0 if
            it is LOST in ``first``; None if it never is.
        refound_after: frames from ``back`` to the first one whose state is not LOST and whose IoU
            is above 0.5, at most ``REFIND_FRAMES``; None if there is none among them.
    """

    first: int
    last: int
    back: int | None
    flagged_after: int | None
    refound_after: int | None


def find_disappearances(record: FrameRecord) -> list[Disappearance]:
    """Return the disappearances in a run; none where the visible share is not known."""
    gone = record.visible == 0
    gone[0] = False
    edges = np.flatnonzero(np.diff(np.concatenate([[False], gone, [False]]).astype(int)))
    runs = [(int(first), int(end)) for first, end in edges.reshape(-1, 2)]
    found = []
    for number, (first, end) in enumerate(runs):
        next_first = runs[number + 1][0] if number + 1 < len(runs) else len(gone)
        whole = _first(record.visible[end:next_first] >= FULLY_VISIBLE)
        back = None if whole is None else end + whole
        refound = None
        if back is not None:
            until = min(back + REFIND_FRAMES + 1, next_first)
            refound = _first((record.hits & ~record.lost)[back:until])
        flagged = _first(record.lost[first:end])
        found.append(Disappearance(first, end - 1, back, flagged, refound))
    return found


def disappearance_measures(records: Iterable[FrameRecord]) -> dict[str, float]:
    """Return what many runs together say of one tracker; every disappearance and frame counts once.

    Runs in which the tracker does not tell its state are left out, and first frames.

    Returns:
        disappearances: their number.
        flagged5: share of disappearances with a LOST state within 5 frames.
        flag_frames: mean frames to the first LOST state, over those that have one.
        returns: number of full returns with ``REFIND_FRAMES`` frames or more after them, or that
            were found.
        refound_share: share of those found again within ``REFIND_FRAMES``.
        refound_frames: mean frames it took, over those.
        false_lost: share of the frames with half of the target visible or more in which the state
            is LOST.
        false_lost_graced: the same without the frames from a disappearance to the end of the 5
            frames that begin with the full return.
        blind: share of the frames with nothing of the target visible in which it is not LOST.
        uncertain_visible, uncertain_absent: share of those frames in which the state is UNCERTAIN.
        A share or mean of nothing is NaN.
    """
    events: list[Disappearance] = []
    returns: list[Disappearance] = []
    columns: dict[str, list[NDArray[np.bool_]]] = {
        name: []
        for name in (
            "false_lost", "false_lost_graced", "blind", "uncertain_visible", "uncertain_absent",
        )
    }  # fmt: skip
    for record in records:
        if not record.tells_state:
            continue
        found = find_disappearances(record)
        events += found
        returns += [one for one in found if _was_testable(one, len(record.states))]
        seen, gone = record.visible >= MOSTLY_VISIBLE, record.visible == 0
        seen[0] = gone[0] = False
        uncertain = record.states == TrackState.UNCERTAIN.value
        columns["false_lost"].append(record.lost[seen])
        columns["false_lost_graced"].append(record.lost[seen & ~_grace(found, len(seen))])
        columns["blind"].append(~record.lost[gone])
        columns["uncertain_visible"].append(uncertain[seen])
        columns["uncertain_absent"].append(uncertain[gone])
    flags = [one.flagged_after for one in events if one.flagged_after is not None]
    refound = [one.refound_after for one in returns if one.refound_after is not None]
    return {
        "disappearances": float(len(events)),
        "flagged5": _share(sum(flag <= FLAG_FRAMES for flag in flags), len(events)),
        "flag_frames": _mean(flags),
        "returns": float(len(returns)),
        "refound_share": _share(len(refound), len(returns)),
        "refound_frames": _mean(refound),
        **{
            name: _mean(np.concatenate([np.empty(0, dtype=np.bool_), *parts]).tolist())
            for name, parts in columns.items()
        },
    }


def _was_testable(one: Disappearance, frames: int) -> bool:
    if one.back is None:
        return False
    return one.refound_after is not None or one.back + REFIND_FRAMES < frames


def _grace(found: Iterable[Disappearance], frames: int) -> NDArray[np.bool_]:
    """Return the frames in which the target is gone, coming back, or has just come back."""
    grace = np.zeros(frames, dtype=np.bool_)
    for one in found:
        grace[one.first : frames if one.back is None else one.back + GRACE_FRAMES] = True
    return grace


def _first(flags: NDArray[np.bool_]) -> int | None:
    return int(flags.argmax()) if flags.any() else None


def _share(part: int, whole: int) -> float:
    return part / whole if whole else math.nan


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan
