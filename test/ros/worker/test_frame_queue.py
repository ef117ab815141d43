# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest

from rlt_ros.messages.frame_ids import fits
from rlt_ros.ros.worker.frame_queue import BOXES_AHEAD, FrameQueue
from rlt_ros.ros.worker.frames import MIB, Fate, Frame
from rlt_ros.ros.worker.init_requests import REPLACED, InitRequest, Learning, Problem, seconds

BOX = (1.0, 2.0, 3.0, 4.0)
SECOND = 1_000_000_000


def make_queue(**changes: Any) -> FrameQueue:
    settings = {
        "keep_all": True,
        "queue_size": 1000,
        "queue_bytes": 1000 * MIB,
        "buffer_size": 30,
        "buffer_bytes": 128 * MIB,
    }
    return FrameQueue(**{**settings, **changes})


def send(
    queue: FrameQueue, *stamps: int, frame_id: str = "camera", mib: float = 0
) -> list[Problem]:
    problems = []
    for stamp in stamps:
        problems += queue.add_frame("message", stamp, frame_id, int(mib * MIB))
    return problems


def take_all(queue: FrameQueue) -> list[Frame | Learning]:
    """Take what is there; frames count as tracked."""
    taken = []
    while (item := queue.take()) is not None:
        queue.settle(item.frame if isinstance(item, Learning) else item, Fate.TRACKED)
        taken.append(item)
    return taken


def choose(queue: FrameQueue, stamp: int = 0, frame_id: str = "") -> list[Problem]:
    return queue.add_request(InitRequest(BOX, stamp, frame_id))


def chosen(queue: FrameQueue) -> int:
    """Return the sequence number of the frame that the next box names."""
    (learning,) = [item for item in take_all(queue) if isinstance(item, Learning)]
    return learning.frame.sequence


@pytest.mark.parametrize("keep_all", [False, True])
def test_after_time_went_back_a_buffered_frame_is_found(keep_all: bool) -> None:
    queue = make_queue(keep_all=keep_all)
    problems = send(queue, 100, 101, 102, 1, 2)
    assert [problem.kind for problem in problems] == ["time went back"]
    assert "from 0.000000102 to 0.000000001" in problems[0].text
    take_all(queue)
    assert choose(queue, 101) == []
    assert chosen(queue) == 1
    assert choose(queue, 50) == []  # the new time has yet to come to it
    assert [request.stamp_ns for request in queue.ahead] == [50]
    (problem,) = choose(queue, 0 + 1 - 2)
    assert problem.box_refused and "-0.000000001" in problem.text


@pytest.mark.parametrize("keep_all", [False, True])
def test_of_frames_with_the_same_stamp_the_newest_is_named(keep_all: bool) -> None:
    queue = make_queue(keep_all=keep_all)
    assert send(queue, 7, 7, 7, 8) == []
    take_all(queue)
    choose(queue, 7)
    assert chosen(queue) == 2
    send(queue, 7)  # waits yet
    choose(queue, 7)
    assert chosen(queue) == 4


def test_images_without_stamps_are_named_by_boxes_without_stamps_only() -> None:
    queue = make_queue()
    send(queue, 0, 0)
    take_all(queue)
    (problem,) = choose(queue, 5 * SECOND)
    assert problem.box_refused and "give it stamp 0" in problem.text
    choose(queue)
    send(queue, 0)
    assert chosen(queue) == 2
    assert send(queue, 7 * SECOND, 0) == []
    take_all(queue)
    (problem,) = choose(queue, 5 * SECOND)
    assert "the nearest of the 5 looked at is 7.000000000" in problem.text
    # And where it was there before the images:
    queue = make_queue()
    assert choose(queue, 5 * SECOND) == []
    (problem,) = send(queue, 0)
    assert problem.box_refused and "the images bear no stamp" in problem.text
    assert queue.boxes == []


@pytest.mark.parametrize("box_first", [False, True])
def test_a_box_of_another_camera_is_refused(box_first: bool) -> None:
    queue = make_queue()
    problems = choose(queue, 3, "left") if box_first else []
    problems += send(queue, 3, frame_id="right")
    problems += [] if box_first else choose(queue, 3, "left")
    (problem,) = problems
    assert problem.box_refused
    assert "its frame_id is 'left' but the image's is 'right'" in problem.text
    assert queue.boxes == []
    assert [type(item) for item in take_all(queue)] == [Frame]


def test_a_box_finds_its_own_cameras_frame_among_those_of_one_stamp() -> None:
    queue = make_queue()
    send(queue, 3, frame_id="left")
    send(queue, 3, frame_id="right")
    take_all(queue)
    choose(queue, 3, "left")
    assert chosen(queue) == 0


@pytest.mark.parametrize(
    "box, image, same",
    [
        ("left", "left", True),
        ("/left", "left", True),
        ("", "left", True),
        ("left", "", True),
        ("left", "right", False),
        ("left", "left_optical", False),
    ],
)
def test_frame_ids_that_fit(box: str, image: str, same: bool) -> None:
    assert fits(box, image) == same


@pytest.mark.parametrize("keep_all", [False, True])
def test_two_cameras_on_one_topic_are_told(keep_all: bool) -> None:
    queue = make_queue(keep_all=keep_all)
    assert send(queue, 1, frame_id="left") == send(queue, 2, frame_id="/left") == []
    (problem,) = send(queue, 3, frame_id="right")
    assert "images of '/left' and of 'right' come on one topic" in problem.text
    assert not problem.box_refused
    assert send(queue, 4, frame_id="") == send(queue, 5, frame_id="left") == []


@pytest.mark.parametrize("keep_all", [False, True])
def test_the_buffer_is_bounded_in_bytes(keep_all: bool) -> None:
    queue = make_queue(keep_all=keep_all)
    send(queue, *range(1, 31), mib=27)  # 4K
    take_all(queue)
    (problem,) = choose(queue, 26)
    assert "raise frame_buffer_mib" in problem.text
    assert "the nearest of the 4 looked at is 0.000000027" in problem.text
    assert choose(queue, 27) == []


def test_what_is_just_full_loses_nothing() -> None:
    queue = make_queue(buffer_bytes=54 * MIB, queue_bytes=54 * MIB)
    assert send(queue, 1, 2, mib=27) == []
    take_all(queue)
    assert choose(queue, 1) == []


@pytest.mark.parametrize("keep_all", [False, True])
def test_a_byte_too_much_costs_the_oldest_frame(keep_all: bool) -> None:
    queue = make_queue(keep_all=keep_all, buffer_bytes=54 * MIB - 1)
    send(queue, 1, mib=27)
    take_all(queue)
    send(queue, 2, mib=27)
    take_all(queue)
    assert "looked at is 0.000000002" in choose(queue, 1)[0].text


def test_the_last_frame_is_kept_however_large() -> None:
    queue = make_queue(buffer_bytes=1)
    send(queue, 1, 2, mib=27)
    take_all(queue)
    assert "looked at is 0.000000002" in choose(queue, 1)[0].text
    assert choose(queue, 2) == []


def test_a_refusal_names_the_parameter_that_it_is_for() -> None:
    queue = make_queue()
    send(queue, *range(10, 41))
    take_all(queue)
    assert "raise frame_buffer_size" in choose(queue, 10)[0].text
    queue = make_queue()
    send(queue, 10, 20, 30)
    take_all(queue)
    refusal = choose(queue, 19)[0].text
    assert "the nearest of the 3 looked at is 0.000000020 (use" in refusal
    assert "raise" not in refusal


def test_frames_that_wait_are_bounded_in_bytes() -> None:
    queue = make_queue(queue_bytes=100 * MIB)
    problems = send(queue, *range(1, 7), mib=27)
    assert [problem.kind for problem in problems] == ["queue full"] * 3
    assert "81 MiB of frames wait already" in problems[0].text
    assert "raise queue_mib" in problems[0].text
    assert queue.counts == {Fate.WAITING: 3, Fate.DROPPED: 3}
    take_all(queue)
    assert send(queue, 7, mib=1000) == [], "one is always taken"


def test_frames_that_are_tracked_anew_take_no_room_from_new_ones() -> None:
    queue = make_queue(queue_size=3)
    for stamp in range(1, 11):
        send(queue, stamp)
        take_all(queue)
    choose(queue, 2)
    learning = queue.take()
    assert isinstance(learning, Learning)
    queue.go_on_after(learning)
    assert send(queue, 11, 12, 13) == []
    assert [p.kind for p in send(queue, 14)] == ["queue full"]
    assert [item.sequence for item in take_all(queue)] == list(range(2, 13))  # type: ignore[union-attr]


def test_frames_that_are_tracked_after_all_wait_until_then() -> None:
    queue = make_queue()
    send(queue, 1, 2, 3)
    while (item := queue.take()) is not None:
        assert isinstance(item, Frame)
        queue.settle(item, Fate.UNTARGETED)
    choose(queue, 1)
    learning = queue.take()
    assert isinstance(learning, Learning)
    queue.settle(learning.frame, Fate.TRACKED)
    queue.go_on_after(learning)
    assert queue.counts == {Fate.TRACKED: 1, Fate.WAITING: 2, Fate.UNTARGETED: 0}


def test_a_frame_that_was_tracked_once_counts_as_tracked() -> None:
    queue = make_queue()
    send(queue, 1)
    (frame,) = take_all(queue)
    assert isinstance(frame, Frame)
    queue.settle(frame, Fate.DROPPED)  # when it was to be tracked anew
    assert queue.counts == {Fate.TRACKED: 1, Fate.WAITING: 0}


def test_a_frame_whose_box_waits_is_not_dropped_for_a_newer_one() -> None:
    queue = make_queue(keep_all=False)
    queue.target_wanted = True
    send(queue, 1)
    choose(queue, 1)
    send(queue, 2)
    assert queue.counts == {Fate.WAITING: 2}


def test_the_next_frame_is_one_that_comes_after_the_box() -> None:
    for keep_all in (False, True):
        queue = make_queue(keep_all=keep_all)
        send(queue, 1)
        choose(queue)
        assert [type(item) for item in take_all(queue)] == [Frame]
        send(queue, 2)
        assert [type(item) for item in take_all(queue)] == [Learning]


def test_a_box_that_waits_for_the_next_frame_gives_way_to_a_newer_one() -> None:
    queue = make_queue()
    send(queue, 1)
    take_all(queue)
    choose(queue)
    assert take_all(queue) == []
    choose(queue, 1)
    learning = queue.take()
    assert isinstance(learning, Learning) and learning.requests[0].stamp_ns == 1
    queue.go_on_after(learning)
    send(queue, 2)
    assert [type(item) for item in take_all(queue)] == [Frame]


def test_boxes_that_wait_their_turn_are_bounded() -> None:
    queue = make_queue(queue_size=3)
    problems = []
    for _ in range(5):
        problems += choose(queue)
    assert [problem.box_refused for problem in problems] == [True] * 2
    assert "3 init boxes wait already" in problems[0].text


def test_boxes_that_come_ahead_of_their_frames_all_find_them() -> None:
    """As from a detector that is faster than the images' way."""
    queue = make_queue(keep_all=False)
    found = []
    for stamp in range(1, 20):
        choose(queue, stamp + 2)
        send(queue, stamp)
        found += [item.frame.stamp_ns for item in take_all(queue) if isinstance(item, Learning)]
    assert found == list(range(3, 20))


def test_of_boxes_ahead_for_one_frame_the_newest_counts() -> None:
    queue = make_queue()
    assert choose(queue, 5) == choose(queue, 6) == []
    (problem,) = queue.add_request(InitRequest((9.0, 9.0, 9.0, 9.0), 5))
    assert (problem.kind, problem.box_refused) == (REPLACED, False)
    assert [request.stamp_ns for request in queue.ahead] == [6, 5]
    assert send(queue, 5) == []
    assert [request.stamp_ns for request in queue.ahead] == [6]
    (learning,) = take_all(queue)
    assert isinstance(learning, Learning) and learning.requests[0].box == (9.0, 9.0, 9.0, 9.0)


@pytest.mark.parametrize("stamp", [0, 1])
def test_the_box_that_comes_next_is_told(stamp: int) -> None:
    queue = make_queue(keep_all=False)
    send(queue, 1)
    before = queue.next_boxes
    choose(queue, stamp)
    (after,) = queue.next_boxes
    assert before == []
    assert after.stamp_ns == stamp


def test_boxes_for_frames_that_never_come_do_not_pile_up() -> None:
    queue = make_queue()
    problems = []
    for stamp in range(BOXES_AHEAD + 5):
        problems += choose(queue, 1000 * SECOND + stamp)
    assert len(queue.ahead) == BOXES_AHEAD
    assert [problem.box_refused for problem in problems] == [True] * 5
    assert "stamped 1000.000000000, has not come" in problems[0].text


def test_boxes_without_stamps_do_not_keep_each_other_from_a_frame() -> None:
    queue = make_queue(keep_all=False)
    for _ in range(3):  # the tracker comes to look after every other box only
        choose(queue)
        send(queue, 1)
        choose(queue)
        assert isinstance(queue.take(), Learning)


def test_only_the_newest_box_waits_beside_the_newest_frame() -> None:
    queue = make_queue(keep_all=False)
    queue.target_wanted = True
    for stamp in range(1, 6):
        send(queue, stamp)
        choose(queue, stamp)
    assert [request.stamp_ns for request in queue.boxes] == [5]
    (learning,) = take_all(queue)
    assert isinstance(learning, Learning) and learning.frame.stamp_ns == 5
    assert queue.counts == {Fate.TRACKED: 1, Fate.DROPPED: 4, Fate.WAITING: 0}


@pytest.mark.parametrize("keep_all", [False, True])
@pytest.mark.parametrize("stamps", [(20, 0), (0, 20)])
def test_of_a_box_for_the_next_frame_and_one_for_its_stamp_the_newer_counts(
    keep_all: bool, stamps: tuple[int, int]
) -> None:
    queue = make_queue(keep_all=keep_all)
    for stamp in stamps:
        choose(queue, stamp)
    problems = send(queue, 20)
    assert [problem.kind for problem in problems] == ([] if keep_all else [REPLACED])
    (learning,) = take_all(queue)
    assert isinstance(learning, Learning) and learning.requests[0].number == 2


def test_a_box_for_a_frame_that_was_dropped_is_refused_at_once() -> None:
    queue = make_queue(queue_size=1)
    send(queue, 1, 2)
    (problem,) = choose(queue, 2)
    assert "no frame is stamped 0.000000002" in problem.text


def test_of_the_frames_after_the_learned_one_only_the_newest_waits() -> None:
    queue = make_queue(keep_all=False)
    for stamp in (1, 2, 3):
        send(queue, stamp)
        frame = queue.take()
        assert isinstance(frame, Frame)
        queue.settle(frame, Fate.UNTARGETED)
    choose(queue, 1)
    learning = queue.take()
    assert isinstance(learning, Learning)
    queue.target_wanted = True
    queue.settle(learning.frame, Fate.TRACKED)
    queue.go_on_after(learning)
    assert +queue.counts == {Fate.TRACKED: 1, Fate.DROPPED: 1, Fate.WAITING: 1}


def test_a_newer_box_that_is_learned_ends_older_ones_that_wait_behind_it() -> None:
    queue = make_queue()
    choose(queue, 20)
    choose(queue)
    send(queue, 13, 20)
    learning = queue.take()
    assert isinstance(learning, Learning) and learning.frame.stamp_ns == 13
    queue.go_on_after(learning)
    assert [type(item) for item in take_all(queue)] == [Frame]


def test_what_came_before_any_target_stays_so_when_its_box_is_replaced() -> None:
    queue = make_queue(keep_all=False)
    for stamp in (1, 2):
        send(queue, stamp)
        frame = queue.take()
        assert isinstance(frame, Frame)
        queue.settle(frame, Fate.UNTARGETED)
    choose(queue, 1)
    choose(queue, 2)
    assert +queue.counts == {Fate.UNTARGETED: 2}


def test_a_frame_that_still_waits_is_not_dropped_with_its_box() -> None:
    queue = make_queue(keep_all=False)
    queue.target_wanted = True
    send(queue, 1)
    choose(queue, 1)
    choose(queue, 1)
    assert +queue.counts == {Fate.WAITING: 1}


def test_a_frame_that_another_box_names_is_not_dropped_with_one() -> None:
    queue = make_queue(keep_all=False)
    queue.target_wanted = True
    send(queue, 1)
    choose(queue, 1)
    choose(queue)  # in its place, and for the next frame
    assert +queue.counts == {Fate.WAITING: 1}
    queue = make_queue(keep_all=False)
    queue.target_wanted = True
    send(queue, 1)
    for place in "ab":
        queue.add_request(InitRequest(BOX, 1, place=place))
    send(queue, 2)
    queue.add_request(InitRequest(BOX, 2, place="a"))
    assert +queue.counts == {Fate.WAITING: 2}
    queue.add_request(InitRequest(BOX, 2, place="b"))
    assert +queue.counts == {Fate.WAITING: 1, Fate.DROPPED: 1}


def test_an_unusable_frame_stays_dropped() -> None:
    queue = make_queue(keep_all=False)
    for stamp, fate in ((1, Fate.UNTARGETED), (2, Fate.DROPPED)):
        send(queue, stamp)
        frame = queue.take()
        assert isinstance(frame, Frame)
        queue.settle(frame, fate)
    choose(queue, 1)
    learning = queue.take()
    assert isinstance(learning, Learning)
    queue.go_on_after(learning)  # frame 2 is next again
    send(queue, 3)
    assert +queue.counts == {Fate.UNTARGETED: 1, Fate.DROPPED: 1, Fate.WAITING: 1}


def test_the_newest_frame_is_taken_whatever_the_bounds_of_a_queue() -> None:
    queue = make_queue(keep_all=False, queue_size=1, queue_bytes=1)
    assert send(queue, 1, 2, 3, mib=27) == []
    (frame,) = take_all(queue)
    assert isinstance(frame, Frame) and frame.stamp_ns == 3


def test_frames_that_leave_the_buffer_free_their_bytes() -> None:
    queue = make_queue(keep_all=False, buffer_size=3, buffer_bytes=100 * MIB)
    send(queue, *range(1, 51), mib=27)
    take_all(queue)
    assert "the nearest of the 3 looked at" in choose(queue, 47)[0].text
    assert choose(queue, 48) == []


def test_a_box_that_has_to_wait_lets_frames_pass() -> None:
    for stamp in (0, 3):
        queue = make_queue(keep_all=False)
        if stamp:
            send(queue, stamp)
        choose(queue, stamp)
        for number in (4, 5):
            send(queue, number)
            item = queue.take(hold=[""])
            assert isinstance(item, Frame) and item.stamp_ns == number
        send(queue, 6)
        learning = queue.take()
        assert isinstance(learning, Learning)
        assert learning.frame.stamp_ns == (stamp or 6)


@pytest.mark.parametrize(
    "stamp_ns, text",
    [(0, "0.000000000"), (1_500_000_000, "1.500000000"), (-1_500_000_000, "-1.500000000")],
)
def test_stamps_in_seconds(stamp_ns: int, text: str) -> None:
    assert seconds(stamp_ns) == text
