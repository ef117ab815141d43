# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import math

import numpy as np
import pytest

from rlt_ros.benchmark.measures.disappearances import (
    Disappearance,
    disappearance_measures,
    find_disappearances,
)
from rlt_ros.benchmark.measures.frame_records import FrameRecord

STATES = {"t": "tracking", "u": "uncertain", "l": "lost", ".": ""}
SHARES = {"1": 1.0, "9": 0.98, "8": 0.9799, "5": 0.5, "3": 0.3, "0": 0.0}


def run(visible: str, states: str, on_target: str) -> FrameRecord:
    """A run by its visible shares, its states and, with x, the frames whose box fits."""
    shares = np.array([SHARES[one] for one in visible])
    overlaps = np.where(shares == 0, np.nan, [0.8 * (one == "x") for one in on_target])
    scores = np.full(len(visible), 0.5)
    return FrameRecord(scores, np.array([STATES[one] for one in states]), overlaps, shares)


def test_one_disappearance() -> None:
    #              0123456789012345
    record = run("1113000003511111", "tttttuulltttlltt", "xxxx........x.xx")
    assert find_disappearances(record) == [Disappearance(4, 8, 11, 3, 3)]
    measures = disappearance_measures([record])
    assert measures["disappearances"] == measures["flagged5"] == 1
    assert measures["flag_frames"] == 3
    assert measures["refound_share"] == 1
    assert measures["refound_frames"] == 3
    # Half seen or more, without the first frame: 1, 2, 10..15, of which 12 and 13 are LOST.
    assert measures["false_lost"] == 2 / 8
    # The grace covers 4..15: the disappearance, the way back and 5 frames from frame 11 on.
    assert measures["false_lost_graced"] == 0 / 2
    assert measures["blind"] == 3 / 5
    assert measures["uncertain_absent"] == 2 / 5
    assert measures["uncertain_visible"] == 0


def test_lost_already_when_it_disappears() -> None:
    record = run("1130011", "ttllltt", "xx...xx")
    assert find_disappearances(record) == [Disappearance(3, 4, 5, 0, 0)]


def test_lost_only_after_the_return_flags_nothing() -> None:
    record = run("110" + "1" * 40, "ttt" + "l" * 40, "xx." + "x" * 40)
    assert find_disappearances(record) == [Disappearance(2, 2, 3, None, None)]
    measures = disappearance_measures([record])
    assert measures["flagged5"] == measures["refound_share"] == 0
    assert math.isnan(measures["flag_frames"])
    assert math.isnan(measures["refound_frames"])
    assert measures["blind"] == 1
    assert measures["false_lost"] == 40 / 41
    assert measures["false_lost_graced"] == 35 / 36


def test_found_too_late_is_not_found() -> None:
    late = run("110" + "1" * 40, "ttl" + "t" * 40, "xx." + "." * 31 + "x" * 9)
    assert find_disappearances(late)[0].refound_after is None
    in_time = run("110" + "1" * 40, "ttl" + "t" * 40, "xx." + "." * 30 + "x" * 10)
    assert find_disappearances(in_time)[0].refound_after == 30


def test_what_ends_too_early_is_not_counted_as_missed() -> None:
    cut = run("110111", "ttlttt", "xx....")
    measures = disappearance_measures([cut])
    assert measures["disappearances"] == 1
    assert measures["returns"] == 0
    assert math.isnan(measures["refound_share"])
    never_back = run("11000", "tttll", "xx...")
    assert find_disappearances(never_back) == [Disappearance(2, 4, None, 1, None)]


def test_several_disappearances_are_told_apart() -> None:
    record = run("1100110011", "ttltttttlt", "xx..x..x.x")
    # The second return is whole in frame 8, where the tracker is LOST.
    assert find_disappearances(record) == [
        Disappearance(2, 3, 4, 0, 0),
        Disappearance(6, 7, 8, None, 1),
    ]
    assert disappearance_measures([record])["flagged5"] == 0.5


def test_every_disappearance_and_frame_counts_once() -> None:
    one = run("1" + "1" * 9 + "00" + "1", "t" * 10 + "lt" + "t", "x" * 10 + "..x")
    none = run("11111", "tltlt", "xxxxx")
    silent = run("1100", "....", "xx..")
    measures = disappearance_measures([one, none, silent])
    assert measures["disappearances"] == 1
    assert measures["false_lost"] == pytest.approx(2 / (9 + 1 + 4))
    assert measures["blind"] == 1 / 2


def test_nothing_is_known_without_states_or_shares() -> None:
    silent = disappearance_measures([run("1100", "....", "xx..")])
    assert silent["disappearances"] == 0
    assert math.isnan(silent["blind"])
    unknown = run("1111", "tttl", "xxxx")
    unknown.visible[:] = np.nan
    assert find_disappearances(unknown) == []
    assert math.isnan(disappearance_measures([unknown])["false_lost"])


def test_the_first_frame_is_no_disappearance() -> None:
    assert find_disappearances(run("0011", "tttt", "..xx")) == [Disappearance(1, 1, 2, None, 0)]
    assert find_disappearances(run("0111", "tttt", ".xxx")) == []


def test_a_target_that_goes_again_before_it_is_whole_has_not_returned() -> None:
    record = run("1105009811", "ttltttlttt", "xx.x...xxx")
    # Never whole between the two; then whole from a share of 0.98 on.
    assert find_disappearances(record) == [
        Disappearance(2, 2, None, 0, None),
        Disappearance(4, 5, 6, None, 1),
    ]
    three = run("1030101", "tlttltt", "x...x.x")
    assert [one.back for one in find_disappearances(three)] == [None, 4, 6]
    almost = run("11081", "ttltt", "xx.xx")
    assert find_disappearances(almost) == [Disappearance(2, 2, 4, 0, 0)]


def test_found_only_after_it_went_again_is_not_found() -> None:
    record = run("110110111", "ttltttttt", "xx....xxx")
    assert find_disappearances(record) == [
        Disappearance(2, 2, 3, 0, None),
        Disappearance(5, 5, 6, None, 0),
    ]


@pytest.mark.parametrize(("frames", "share"), [(5, 1), (6, 0)])
def test_five_frames_are_in_time_to_flag(frames: int, share: float) -> None:
    record = run("11" + "0" * 9, "tt" + "t" * frames + "l" * (9 - frames), "x" * 11)
    measures = disappearance_measures([record])
    assert measures["flag_frames"] == frames
    assert measures["flagged5"] == share


def test_a_target_that_stays_away_has_not_returned() -> None:
    measures = disappearance_measures([run("1110000", "tttttll", "xxx....")])
    assert (measures["disappearances"], measures["returns"]) == (1, 0)
    assert math.isnan(measures["refound_share"])
    assert measures["false_lost"] == measures["false_lost_graced"] == 0
    assert measures["blind"] == 2 / 4


@pytest.mark.parametrize(("after", "returns"), [(29, 0), (30, 1)])
def test_a_return_counts_with_30_frames_after_it(after: int, returns: int) -> None:
    record = run("1101" + "1" * after, "ttl" + "l" * (after + 1), "x" * (after + 4))
    assert disappearance_measures([record])["returns"] == returns
