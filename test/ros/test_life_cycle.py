# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The node's life cycle: what each state has, what a failed transition says, what is left."""

from __future__ import annotations

import gc
import signal
import threading
import weakref
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from life_cycle_bench import (
    ACTIVATE,
    CLEANUP,
    CONFIGURE,
    DEACTIVATE,
    Manager,
    of_process,
    open_files,
)
from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState
from node_bench import LOSSLESS, QUICK, NodeProcess
from rclpy.lifecycle import TransitionCallbackReturn
from rclpy.parameter import Parameter
from rlt_ros.msg import TrackerStatus
from scripted_tracker import ScriptedTracker

from rlt_ros.ros.interface.topics import PUBLISHED, SUBSCRIBED
from rlt_ros.ros.tracker_node import TrackerNode
from rlt_ros.tracking import TrackerConfig, WeightsError

pytestmark = pytest.mark.usefixtures("ros")

SUCCESS, FAILURE = TransitionCallbackReturn.SUCCESS, TransitionCallbackReturn.FAILURE
ERROR = TransitionCallbackReturn.ERROR

# ---- in this process, with a scripted tracker --------------------------------------------------


class Loader:
    """Stands in for the making of a tracker: keeps with what, and fails at will."""

    def __init__(self) -> None:
        self.configs: list[TrackerConfig] = []
        self.trackers: list[ScriptedTracker] = []
        self.error: Exception | None = None

    def __call__(self, config: TrackerConfig) -> ScriptedTracker:
        self.configs.append(config)
        if self.error is not None:
            raise self.error
        self.trackers.append(ScriptedTracker())
        return self.trackers[-1]


@pytest.fixture
def loader(monkeypatch: pytest.MonkeyPatch) -> Loader:
    made = Loader()
    monkeypatch.setattr("rlt_ros.ros.loading.Networks", lambda config: config)
    monkeypatch.setattr("rlt_ros.ros.loading.Tracker", made)
    return made


@pytest.fixture
def managed(ros: None, loader: Loader) -> Iterator[TrackerNode]:
    node = TrackerNode()
    yield node
    node.close()
    node.destroy_node()


@pytest.fixture
def said(managed: TrackerNode, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    texts: list[str] = []
    monkeypatch.setattr(managed, "transition_failed", texts.append)
    return texts


def state(node: TrackerNode) -> str:
    return node.life_cycle_state


def own_topics(node: TrackerNode) -> tuple[set[str], set[str]]:
    """Return the names of the declared topics that the node publishes and subscribes to."""
    published = {publisher.topic_name for publisher in node.publishers}
    subscribed = {subscription.topic_name for subscription in node.subscriptions}
    return published & ALL_PUBLISHED, subscribed & ALL_SUBSCRIBED


ALL_PUBLISHED = {f"/{topic.name.lstrip('/')}" for topic in PUBLISHED}
ALL_SUBSCRIBED = {f"/{topic.name}" for topic in SUBSCRIBED if topic.always}


def test_each_state_has_its_topics_and_its_tracker(managed: TrackerNode, loader: Loader) -> None:
    assert (state(managed), own_topics(managed)) == ("unconfigured", (set(), set()))
    assert managed.trigger_configure() == SUCCESS
    assert state(managed) == "inactive"
    assert own_topics(managed) == (ALL_PUBLISHED, set())
    assert managed.trigger_activate() == SUCCESS
    assert state(managed) == "active"
    assert own_topics(managed) == (ALL_PUBLISHED, ALL_SUBSCRIBED)
    assert [tracker.closed for tracker in loader.trackers] == [False]
    assert managed.trigger_deactivate() == SUCCESS
    assert own_topics(managed) == (ALL_PUBLISHED, set())
    assert [tracker.closed for tracker in loader.trackers] == [True]
    assert managed.trigger_activate() == SUCCESS
    assert [tracker.closed for tracker in loader.trackers] == [True, False]
    assert managed.trigger_deactivate() == managed.trigger_cleanup() == SUCCESS
    assert (state(managed), own_topics(managed)) == ("unconfigured", (set(), set()))


def test_rounds_leave_no_thread_entity_or_tracker_behind(
    managed: TrackerNode, loader: Loader
) -> None:
    others = set(threading.enumerate())  # which may end meanwhile

    def left() -> tuple[int, ...]:
        gc.collect()
        entities = (managed.publishers, managed.subscriptions, managed.timers, managed.services)
        threads = set(threading.enumerate()) - others
        trackers = sum(one() is not None for one in made)
        return (len(threads), trackers, *(len(list(each)) for each in entities))

    counts = []
    made: list[weakref.ref[ScriptedTracker]] = []
    for _ in range(5):
        for trigger in ("configure", "activate", "deactivate", "cleanup"):
            assert getattr(managed, f"trigger_{trigger}")() == SUCCESS
        made += map(weakref.ref, loader.trackers)
        loader.trackers.clear()
        counts.append(left())
    assert set(counts) == {counts[0]}
    assert counts[0][:2] == (0, 0)


def test_a_failed_configure_says_why_and_can_be_tried_again(
    managed: TrackerNode, loader: Loader, said: list[str]
) -> None:
    loader.error = WeightsError("weights.pth is missing: set backbone_weights")
    assert managed.trigger_configure() == FAILURE
    assert said == ["configure failed: weights.pth is missing: set backbone_weights"]
    assert (state(managed), own_topics(managed)) == ("unconfigured", (set(), set()))
    loader.error = None
    assert managed.trigger_configure() == SUCCESS
    assert managed.trigger_activate() == SUCCESS


def test_an_unexpected_error_is_told_with_its_place(
    managed: TrackerNode, loader: Loader, said: list[str]
) -> None:
    loader.error = MemoryError("CUDA out of memory")
    assert managed.trigger_configure() == FAILURE
    assert said[0].startswith("configure failed: MemoryError: CUDA out of memory (")
    assert "test_life_cycle.py:" in said[0]


def test_parameters_that_do_not_go_together_are_told_by_configure(
    managed: TrackerNode, said: list[str]
) -> None:
    (accepted,) = managed.set_parameters([Parameter("region_size", value=100)])
    assert accepted.successful  # alone it is in range
    assert managed.trigger_configure() == FAILURE
    assert "region_size must be a multiple of 16" in said[0]
    managed.set_parameters([Parameter("region_size", value=192)])
    assert managed.trigger_configure() == SUCCESS


def test_another_preset_needs_no_other_process(managed: TrackerNode, loader: Loader) -> None:
    preset = Parameter("preset", value="paper")
    managed.start()
    assert state(managed) == "active"
    (refused,) = managed.set_parameters([preset])
    assert "preset is read-only while the node is active" in refused.reason
    assert "ros2 lifecycle set /tracker deactivate" in refused.reason
    assert managed.trigger_deactivate() == SUCCESS
    (accepted,) = managed.set_parameters([preset])
    assert accepted.successful
    assert managed.trigger_activate() == SUCCESS
    assert [config.preset for config in loader.configs] == ["default", "paper"]
    assert managed.get_parameter("features").value == loader.configs[1].features == "crops"


def test_an_activation_that_fails_leaves_the_node_inactive(
    managed: TrackerNode, loader: Loader, said: list[str]
) -> None:
    """Weights that were removed after the node was configured, say."""
    managed.start()
    managed.trigger_deactivate()
    loader.error = WeightsError("weights.pth is missing")
    assert managed.trigger_activate() == FAILURE
    assert said == ["activate failed: weights.pth is missing"]
    assert state(managed) == "inactive"
    assert own_topics(managed) == (ALL_PUBLISHED, set())
    assert not any(publisher.is_activated for publisher in managed._publishing)
    loader.error = None
    assert managed.trigger_activate() == SUCCESS
    assert all(publisher.is_activated for publisher in managed._publishing)


def test_an_error_ends_in_unconfigured_with_nothing_left(
    managed: TrackerNode, said: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    managed.start()

    def fail() -> None:
        raise TimeoutError("the tracker did not stop")

    with monkeypatch.context() as patch:
        patch.setattr(managed, "deactivate", fail)
        patch.setattr(managed, "_release", managed.cleanup)
        assert managed.trigger_deactivate() == ERROR
    assert said[0].startswith("deactivate failed: TimeoutError: the tracker did not stop (")
    assert state(managed) == "unconfigured"
    assert managed._worker is None


def test_shutdown_is_possible_in_every_state(ros: None, loader: Loader) -> None:
    for steps in ((), ("configure",), ("configure", "activate")):
        node = TrackerNode()
        for step in steps:
            assert getattr(node, f"trigger_{step}")() == SUCCESS
        assert node.trigger_shutdown() == SUCCESS
        assert (state(node), own_topics(node)) == ("finalized", (set(), set()))
        assert node._worker is None
        node.destroy_node()


def test_a_transition_that_the_state_has_not_gets_an_answer(
    managed: TrackerNode, said: list[str]
) -> None:
    request = ChangeState.Request(transition=Transition(id=ACTIVATE))
    answer = managed._service_change_state.callback(request, ChangeState.Response())
    assert not answer.success
    assert said == ["activate is not possible: the node is unconfigured"]
    assert state(managed) == "unconfigured"


# ---- in a process of its own, over DDS ---------------------------------------------------------


@pytest.fixture
def manage() -> Iterator[Callable[[NodeProcess], Manager]]:
    managers: list[Manager] = []

    def manage(node: NodeProcess) -> Manager:
        managers.append(Manager(node))
        return managers[-1]

    yield manage
    for manager in managers:
        manager.close()


def test_a_managed_process(
    start: Callable[..., NodeProcess], manage: Callable[[NodeProcess], Manager], tmp_path: Path
) -> None:
    """Wrong weights, right ones, rounds with frames; then its end while it is inactive."""
    missing = tmp_path / "missing.pth"
    node = start(**QUICK, **LOSSLESS, autostart=False, backbone_weights=missing, preset="default")
    manager = manage(node)
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert not manager.change(CONFIGURE)
    assert "configure failed: " in node.log() and "missing.pth" in node.log()
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert manager.set("backbone_weights", "") == ""

    threads, files, memory = [], [], []
    for _ in range(3):
        assert manager.change(CONFIGURE)
        assert manager.change(ACTIVATE)
        assert manager.state() == State.PRIMARY_STATE_ACTIVE
        assert "read-only while the node is active" in manager.set("candidates", 64)
        manager.wait_until_active()
        target = manager.follow(0)
        found = [manager.track(index) for index in range(1, 5)]
        assert [detection.id for detection in found] == [target] * 4
        assert manager.status_of(found[-1].header).state == TrackerStatus.TRACKING
        assert manager.change(DEACTIVATE)
        assert manager.change(CLEANUP)
        manager.forget()
        threads.append(of_process(node, "Threads"))
        files.append(open_files(node))
        memory.append(of_process(node, "VmRSS") / 1024)
    assert threads[2] <= threads[0], threads
    manager.until(lambda: open_files(node) <= files[0])
    # A leak is in each round; what the allocator keeps comes and goes by such amounts.
    assert min(memory[1] - memory[0], memory[2] - memory[1]) < 30, memory
    assert node.stop(signal.SIGTERM) == 0, node.log()
    assert "Traceback" not in node.log()


def test_a_signal_ends_it_while_somebody_waits_for_configure(
    start: Callable[..., NodeProcess], manage: Callable[[NodeProcess], Manager]
) -> None:
    node = start(device="cpu", autostart=False)
    manager = manage(node)
    manager.state()  # both ends have met
    before = of_process(node, "Threads")
    manager.ask_for(CONFIGURE)
    manager.until(lambda: of_process(node, "Threads") > before)
    assert node.stop() == 0, node.log()
    assert "Traceback" not in node.log()
    assert "configure failed" not in node.log()
