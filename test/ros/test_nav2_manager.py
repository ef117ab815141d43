# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The requests that Nav2's life-cycle manager makes of a node, in its order, over DDS.

It is C++ and not at hand here. What it does is: ask for one transition after another, wait for each
answer, and go on only where that says success and the state asked for next is the wanted one. With
``bond_timeout: 0.0`` it wants no bond.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator

import pytest

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from life_cycle_bench import ACTIVATE, CLEANUP, CONFIGURE, DEACTIVATE, GOALS, SHUTDOWN, Manager
from lifecycle_msgs.msg import State
from node_bench import LOSSLESS, QUICK, NodeProcess

pytestmark = pytest.mark.usefixtures("ros")


class Nav2(Manager):
    """What the manager does on each command of its service ``manage_nodes``, for one node."""

    _seen = State.PRIMARY_STATE_UNKNOWN

    def startup(self) -> bool:
        return self._all_of(CONFIGURE, ACTIVATE)

    def pause(self) -> bool:
        return self._all_of(DEACTIVATE)

    def resume(self) -> bool:
        return self._all_of(ACTIVATE)

    def reset(self) -> bool:
        return self._all_of(DEACTIVATE, CLEANUP)

    def shutdown(self) -> list[bool]:
        """Each is tried, whatever came of the one before."""
        return [self._changed(one) for one in (DEACTIVATE, CLEANUP, SHUTDOWN)]

    def _all_of(self, *transitions: int) -> bool:
        return all(self._changed(one) for one in transitions)

    def _changed(self, transition: int) -> bool:
        if self._seen != GOALS[transition]:
            return self.change(transition)
        # By the state alone nobody could tell that it failed.
        answer = self.ask_for(transition)
        self.until(answer.done, self.patience)
        return bool(answer.result().success and self.state() == GOALS[transition])

    def state(self) -> int:
        self._seen = super().state()
        return self._seen


@pytest.fixture
def node(start: Callable[..., NodeProcess]) -> NodeProcess:
    return start(**QUICK, **LOSSLESS, autostart=False)


@pytest.fixture
def manager(node: NodeProcess) -> Iterator[Nav2]:
    made = Nav2(node)
    yield made
    made.close()


def test_it_is_started_paused_resumed_reset_and_shut_down(node: NodeProcess, manager: Nav2) -> None:
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert manager.startup()
    manager.wait_until_active()
    target = manager.follow(0)

    assert manager.pause()
    manager.forget()  # it listens no more
    assert not manager.pause()  # answered, though there is nothing to pause
    assert manager.resume()
    manager.wait_until_active()
    manager.until(lambda: manager.statuses[-1].target_id == target)  # a pause costs no target
    assert [manager.track(index).id for index in (1, 2)] == [target] * 2

    assert manager.reset()
    manager.forget()
    assert not manager.reset()
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert manager.startup()
    manager.wait_until_active()
    other = manager.follow(0)
    # A reset forgets the target: it never came back.
    assert {status.target_id for status in manager.statuses} == {"", other}

    assert manager.shutdown() == [True, True, True]
    assert manager.state() == State.PRIMARY_STATE_FINALIZED
    assert not manager.startup()
    assert node.stop(signal.SIGINT) == 0
    assert "Traceback" not in node.log()


def test_a_node_that_was_never_started_is_shut_down(manager: Nav2) -> None:
    assert manager.state() == State.PRIMARY_STATE_UNCONFIGURED
    assert manager.shutdown() == [False, False, True]
    assert manager.state() == State.PRIMARY_STATE_FINALIZED
