# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Starting a command so that Ctrl-C and ``kill`` end it in one way, whenever they come.

Importing what a command needs takes seconds. Importing this module makes Ctrl-C end the process
with one line and exit code 130 from then on. While the command runs, Ctrl-C and ``kill`` reach it
as KeyboardInterrupt, so that it can finish its files; a second one ends it at once.
"""

from __future__ import annotations

# These are there when Python has started: importing more may be interrupted already.
import _signal  # type: ignore[import-not-found]  # what ``signal`` is made of
import os
import sys


def _end_at_once(number: int, _: object) -> None:
    _say_stopped()
    os._exit(128 + number)  # an exception could be swallowed by whatever runs just now


def _say_stopped() -> None:
    try:  # noqa: SIM105  (contextlib is not imported yet)
        os.write(2, f"\n{_name()}: stopped\n".encode())
    except OSError:  # nobody listens
        pass


def _name() -> str:
    folder, name = os.path.split(sys.argv[0])
    # With "python -m rlt_ros.demo" it is __main__.py, or "-m" before that is found.
    return {"__main__.py": os.path.basename(folder), "-m": "rlt_ros"}.get(name, name)  # noqa: PTH119


_signal.signal(_signal.SIGINT, _end_at_once)

import importlib  # noqa: E402
import io  # noqa: E402
import signal  # noqa: E402
from pathlib import Path  # noqa: E402

from rlt_ros.cli.stopping import Terminated, stopped_code  # noqa: E402


def bench() -> int:
    """Run rlt-bench with the arguments of this process."""
    return run("rlt_ros.cli.bench.main")


def track() -> int:
    """Run rlt-track with the arguments of this process."""
    return run("rlt_ros.cli.track")


def panel() -> int:
    """Run rlt-panel with the arguments of this process."""
    return run("rlt_ros.web.main")


def select_box() -> int:
    """Run select_box with the arguments of this process."""
    return run("rlt_ros.desktop.select_box")


def trax() -> int:
    """Run rlt-trax with the arguments of this process."""
    return run("rlt_ros.benchmark.toolkits.trax")


def node() -> int:
    """Run the ROS 2 node with the arguments of this process; ``kill`` is rclpy's to answer."""
    return run("rlt_ros.ros.tracker_node", on_kill=signal.SIG_DFL)


def nodes() -> int:
    """Run several ROS 2 nodes in this process, likewise."""
    return run("rlt_ros.ros.tracker_nodes", on_kill=signal.SIG_DFL)


def run(module: str, *, on_kill: signal._HANDLER | None = None) -> int:
    """Call a module's ``main()`` and return its exit code.

    A package that is not installed is named in one line; that is exit code 2.

    Args:
        module: its full name.
        on_kill: what SIGTERM does in ``main``; None raises ``Terminated``.
    """
    _answer(_end_at_once)  # while Python imports there is nothing to tidy up
    _make_output_bear_anything()
    # PyTorch's threads wait asleep for each other, unless somebody has chosen: one that spins keeps
    # the others from the cores where cameras and other programs are at work. OpenMP reads it as
    # PyTorch is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    try:
        main = importlib.import_module(module).main
    except ModuleNotFoundError as error:
        if error.name is None or error.name.startswith("rlt_ros"):
            raise
        print(
            f"{_name()}: {sys.executable} has no package {error.name}. Install what rlt_ros needs,"
            " as its README.md says; in a ROS 2 workspace activate that environment and build"
            " again with --cmake-clean-cache",
            file=sys.stderr,
        )
        return 2
    try:
        signal.signal(signal.SIGTERM, _interrupt if on_kill is None else on_kill)
        signal.signal(signal.SIGINT, _interrupt)
        code = int(main())
        sys.stdout.flush()
    except KeyboardInterrupt as stop:
        _say_stopped()
        return stopped_code(stop)
    except Exception as error:
        cause = _behind(error)
        if cause is None:
            raise
        _say_stopped()
        return stopped_code(cause)
    finally:
        _answer(_end_at_once)  # nor is there once all is done
    return code


def _make_output_bear_anything() -> None:
    """Have no command fail for what it says: names that are no text, and where nobody listens."""
    if sys.stderr is None:  # closed by who has started this
        sys.stderr = Path(os.devnull).open("w")  # noqa: SIM115
    if sys.stdout is None:
        sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    elif isinstance(told := sys.stdout, io.TextIOWrapper):
        sys.stdout = _Output(
            told.buffer,
            told.encoding,
            "backslashreplace",
            line_buffering=told.line_buffering,
            write_through=told.write_through,
        )


class _Output(io.TextIOWrapper):
    """Standard output; once a reader such as ``head`` has gone, the rest goes nowhere."""

    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            self._lose()
            return len(text)

    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            self._lose()

    def _lose(self) -> None:
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())


def _answer(handler: signal._HANDLER) -> None:
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, handler)


def _behind(error: BaseException) -> KeyboardInterrupt | None:
    """Return what stopped the command, if what then tidied up failed: libraries expect no stop."""
    while error.__context__ is not None:
        error = error.__context__
        if isinstance(error, KeyboardInterrupt):
            return error
    return None


def _interrupt(number: int, _: object) -> None:
    _answer(_end_at_once)
    raise Terminated if number == signal.SIGTERM else KeyboardInterrupt
