# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A managed node whose failed transitions say why.

Rclpy takes an exception in a transition for an error and says nothing of it, and leaves who asks
for a transition that the state does not have without an answer.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lifecycle_msgs.msg import Transition
from lifecycle_msgs.srv import ChangeState
from rclpy.lifecycle import LifecycleNode, LifecycleState, TransitionCallbackReturn

from rlt_ros.ros.error_texts import in_words

UNCONFIGURED, INACTIVE, ACTIVE = "unconfigured", "inactive", "active"

NAMES = {
    Transition.TRANSITION_CONFIGURE: "configure",
    Transition.TRANSITION_ACTIVATE: "activate",
    Transition.TRANSITION_DEACTIVATE: "deactivate",
    Transition.TRANSITION_CLEANUP: "cleanup",
    Transition.TRANSITION_UNCONFIGURED_SHUTDOWN: "shutdown of an unconfigured node",
    Transition.TRANSITION_INACTIVE_SHUTDOWN: "shutdown of an inactive node",
    Transition.TRANSITION_ACTIVE_SHUTDOWN: "shutdown of an active node",
}


class ManagedNode(LifecycleNode):
    """A node with the transitions of ROS 2's life cycle.

    ``configure``, ``activate``, ``deactivate`` and ``cleanup`` are a subclass's; each raises if it
    cannot be done. A failed configure or activate leaves the state, and what it has made is undone
    by ``cleanup`` or ``deactivate``; all others end in ``unconfigured``, from where it can be tried
    again. None of these may leave anything behind.
    """

    def __init__(self, name: str, **options: Any) -> None:
        super().__init__(name, **options)
        answer = self._service_change_state.callback

        def checked(request: ChangeState.Request, response: ChangeState.Response) -> Any:
            state, number = self.life_cycle_state, request.transition.id
            try:
                return answer(request, response)
            except Exception:  # rclpy's own, without a public name
                asked = request.transition.label or NAMES.get(number, f"transition {number}")
                self._say(f"{asked} is not possible: the node is {state}")
                response.success = False
                return response

        self._service_change_state.callback = checked

    @property
    def life_cycle_state(self) -> str:
        """The state's name."""
        return str(self._state_machine.current_state[1])

    # ---- a subclass's part ---------------------------------------------------------------------

    def configure(self) -> None:
        """From unconfigured to inactive."""

    def activate(self) -> None:
        """From inactive to active."""

    def deactivate(self) -> None:
        """From active to inactive."""

    def cleanup(self) -> None:
        """From inactive to unconfigured, and from wherever an error or shutdown comes."""

    def transition_failed(self, text: str) -> None:
        """Report a transition that has failed."""
        self.get_logger().error(text)

    # ---- rclpy's callbacks ---------------------------------------------------------------------

    def on_configure(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See ``configure``."""
        return self._tried("configure", self.configure, undo=self.cleanup)

    def on_activate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See ``activate``."""

        def activate() -> None:
            super(ManagedNode, self).on_activate(state)  # the publishers
            self.activate()

        def undo() -> None:
            super(ManagedNode, self).on_deactivate(state)
            self.deactivate()

        return self._tried("activate", activate, undo=undo)

    def on_deactivate(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See ``deactivate``."""

        def deactivate() -> None:
            self.deactivate()
            super(ManagedNode, self).on_deactivate(state)

        return self._tried("deactivate", deactivate)

    def on_cleanup(self, state: LifecycleState) -> TransitionCallbackReturn:
        """See ``cleanup``."""
        return self._tried("cleanup", self.cleanup)

    def on_shutdown(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave nothing behind, whatever the state was."""
        return self._tried("shutdown", self._release)

    def on_error(self, state: LifecycleState) -> TransitionCallbackReturn:
        """Leave nothing behind, and be ready to be configured again."""
        return self._tried("cleaning up after an error", self._release)

    def _release(self) -> None:
        try:
            self.deactivate()
        finally:
            self.cleanup()

    def _tried(
        self, name: str, do: Callable[[], None], undo: Callable[[], None] | None = None
    ) -> TransitionCallbackReturn:
        """Do what a transition is, and with ``undo`` go back to the state before if it fails."""
        try:
            do()
        except Exception as error:
            self._say(f"{name} failed: {in_words(error)}")
            if undo is None:
                return TransitionCallbackReturn.ERROR
            failed = self._tried(f"undoing {name}", undo) != TransitionCallbackReturn.SUCCESS
            return TransitionCallbackReturn.ERROR if failed else TransitionCallbackReturn.FAILURE
        return TransitionCallbackReturn.SUCCESS

    def _say(self, text: str) -> None:
        if self.context.ok():  # else a signal has ended it
            self.transition_failed(text)
