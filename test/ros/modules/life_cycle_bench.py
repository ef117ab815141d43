# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A client that takes a node through its life cycle, and what the node's process has meanwhile."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from lifecycle_msgs.msg import State, Transition
from lifecycle_msgs.srv import ChangeState, GetState
from node_bench import LOADING_TIMEOUT, Client, NodeProcess
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter

SECONDS_TO_ANSWER = 10.0
CONFIGURE, ACTIVATE = Transition.TRANSITION_CONFIGURE, Transition.TRANSITION_ACTIVATE
DEACTIVATE, CLEANUP = Transition.TRANSITION_DEACTIVATE, Transition.TRANSITION_CLEANUP
SHUTDOWN = Transition.TRANSITION_UNCONFIGURED_SHUTDOWN

GOALS = {
    CONFIGURE: State.PRIMARY_STATE_INACTIVE,
    ACTIVATE: State.PRIMARY_STATE_ACTIVE,
    DEACTIVATE: State.PRIMARY_STATE_INACTIVE,
    CLEANUP: State.PRIMARY_STATE_UNCONFIGURED,
    SHUTDOWN: State.PRIMARY_STATE_FINALIZED,
}


def of_process(node: NodeProcess, what: str) -> int:
    """Return a number of /proc's status of a process; memory in KiB."""
    lines = Path(f"/proc/{node.pid}/status").read_text().splitlines()
    (value,) = (line.split()[1] for line in lines if line.startswith(f"{what}:"))
    return int(value)


def open_files(node: NodeProcess) -> int:
    """Return how many files and sockets a process has open."""
    return len(list(Path(f"/proc/{node.pid}/fd").iterdir()))


class Manager(Client):
    """A client that manages the node as well.

    Attributes:
        patience: seconds for each transition.
    """

    patience = LOADING_TIMEOUT

    def __init__(self, process: NodeProcess) -> None:
        super().__init__(process)
        name = f"{process.namespace}/tracker"
        self._change = self.node.create_client(ChangeState, f"{name}/change_state")
        self._state = self.node.create_client(GetState, f"{name}/get_state")
        self._set = self.node.create_client(SetParameters, f"{name}/set_parameters")

    def call(self, client: Any, request: Any) -> Any:
        """Return the answer; asked again where it is lost, as it is before both ends have met."""
        self.until(client.service_is_ready)
        future = client.call_async(request)
        asked = time.monotonic()

        def answered() -> bool:
            nonlocal future, asked
            if time.monotonic() - asked > SECONDS_TO_ANSWER:
                future, asked = client.call_async(request), time.monotonic()
            return bool(future.done())

        self.until(answered, self.patience)
        return future.result()

    def ask_for(self, number: int) -> Any:
        """Ask for a transition, and return the answer to come."""
        self.until(self._change.service_is_ready)
        return self._change.call_async(ChangeState.Request(transition=Transition(id=number)))

    def change(self, number: int) -> bool:
        """Make a transition, and return whether it was made, by what the state is then."""
        future, begin = self.ask_for(number), time.monotonic()
        looked = begin

        def over() -> bool:
            nonlocal looked
            now = time.monotonic()
            if future.done() or now - begin > self.patience:
                return True
            # An answer may be lost, too, and must not be asked for twice.
            if now - looked > 2 * SECONDS_TO_ANSWER:
                looked = now
                return self.state() == GOALS[number]
            return False

        self.until(over, 2 * self.patience)
        made = self.state() == GOALS[number]
        assert not future.done() or future.result().success == made
        return made

    def state(self) -> int:
        return int(self.call(self._state, GetState.Request()).current_state.id)

    def set(self, name: str, value: object) -> str:
        """Set a parameter and return why it was refused, if so."""
        values = [Parameter(name, value=value).to_parameter_msg()]
        (result,) = self.call(self._set, SetParameters.Request(parameters=values)).results
        return "" if result.successful else str(result.reason)

    def wait_until_active(self) -> None:
        self.until(lambda: self.node.count_subscribers("image_raw"))
        self.wait_for_node()

    def forget(self) -> None:
        """Wait until the node listens no more, and forget what it has published."""
        self.until(lambda: not self.node.count_subscribers("image_raw"))
        self.statuses.clear()
        self.detections.clear()
