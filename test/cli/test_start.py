# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Ctrl-C and kill at every moment of a command: while it imports, runs and ends; its workers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from rlt_ros.cli import track

MODULES = Path(__file__).parents[1] / "benchmark" / "modules"
PATIENCE = 120.0  # seconds

WAIT = """
def wait():
    Path("reached").touch()
    time.sleep(100)
"""
MOMENTS = {
    "while it imports": "wait()\ndef main(): return 0",
    "while it runs": "def main(): wait()",
    "where nobody expects it": """
def main():
    try:
        wait()
        made = 1
    finally:
        print(made)
""",
    "while Python ends": "import atexit\natexit.register(wait)\ndef main(): return 0",
}


def start(folder: Path, code: str, **environment: str) -> subprocess.Popen[str]:
    """Start a command whose module has some code, in a session of its own like a terminal's."""
    (folder / "command.py").write_text(f"import time\nfrom pathlib import Path\n{WAIT}\n{code}\n")
    script = folder / "rlt-test"
    script.write_text(
        "import sys\nfrom rlt_ros.cli.start import run\n"
        "if __name__ == '__main__': sys.exit(run('command'))\n"
    )
    paths = [str(folder), str(MODULES), *filter(None, sys.path)]
    return subprocess.Popen(
        [sys.executable, str(script)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(paths), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait for a file; its name may have a *."""
    deadline = time.monotonic() + PATIENCE
    while not list(path.parent.glob(path.name)):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(("given", "taken"), [({}, "PASSIVE"), ({"OMP_WAIT_POLICY": "A"}, "A")])
def test_threads_wait_asleep_unless_somebody_has_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], taken: str
) -> None:
    monkeypatch.delenv("OMP_WAIT_POLICY", raising=False)
    code = "import os\nnow = os.environ['OMP_WAIT_POLICY']\ndef main(): return print(now) or 0"
    printed, _ = start(tmp_path, code, **given).communicate(timeout=PATIENCE)
    assert printed == f"{taken}\n"


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_command_that_is_stopped_says_so_and_ends(
    tmp_path: Path, moment: str, number: signal.Signals, code: int
) -> None:
    process = start(tmp_path, MOMENTS[moment])
    wait_for(tmp_path / "reached", process)
    os.killpg(process.pid, number)
    printed, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == code
    assert (printed, said.split()) == ("", ["rlt-test:", "stopped"])


def test_a_command_may_finish_its_files_but_not_after_a_second_ctrl_c(tmp_path: Path) -> None:
    process = start(
        tmp_path,
        "def main():\n    try: wait()\n    finally:\n        Path('finishing').touch(); wait()",
    )
    wait_for(tmp_path / "reached", process)
    process.send_signal(signal.SIGINT)
    wait_for(tmp_path / "finishing", process)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert (process.returncode, said.split()) == (130, ["rlt-test:", "stopped"])


RUNS = """
from functools import partial
from pathlib import PurePath
import synthetic_jobs
from rlt_ros.benchmark.runs.execution import ALONE, LOCAL, Task, Workers, run_tasks
from rlt_ros.benchmark.runs.run_store import RunStore

def main():
    log = Path("log")
    calls = [partial(synthetic_jobs.square, number, log, seconds) for number, seconds in JOBS]
    tasks = [Task(f"run {i}", PurePath(f"{i}.json"), {}, call) for i, call in enumerate(calls)]
    run_tasks(tasks, RunStore(Path("runs")), WORKERS, describe=lambda task, _: task.name)
    return 0
"""


def processes_of(session: int) -> list[int]:
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, _, of = stat.read_text().rpartition(")")[2].split()[:4]
        except OSError:
            continue  # it has ended meanwhile
        if int(of) == session and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_for_the_end_of(session: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while processes_of(session):
        assert time.monotonic() < deadline
        time.sleep(0.1)


@pytest.mark.parametrize("workers", ["Workers(LOCAL, 2)", "Workers(ALONE)"])
def test_ctrl_c_in_a_terminal_reaches_the_workers_through_the_command(
    tmp_path: Path, workers: str
) -> None:
    code = RUNS.replace("WORKERS", workers).replace("JOBS", "((0, 0), (1, 100), (2, 100))")
    process = start(tmp_path, code)
    for file in ("runs/0.json", "log/1-*"):
        wait_for(tmp_path / file, process)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    first, *others = said.splitlines()
    assert first == "1 of 3 runs are stored in runs; the same command goes on from there"
    assert [line for line in others if line] == ["rlt-test: stopped"]
    wait_for_the_end_of(process.pid)


@pytest.mark.parametrize(
    ("jobs", "reached"),
    [("((0, 0), (1, 100))", "runs/0.json"), ("((0, 100),)", "log/0-*")],
    ids=["both work", "one waits for work"],
)
def test_workers_end_with_a_command_that_was_killed(
    tmp_path: Path, jobs: str, reached: str
) -> None:
    process = start(tmp_path, RUNS.replace("WORKERS", "Workers(LOCAL, 2)").replace("JOBS", jobs))
    wait_for(tmp_path / reached, process)
    process.kill()
    process.communicate(timeout=PATIENCE)
    wait_for_the_end_of(process.pid)


def test_ctrl_c_while_workers_start_costs_no_traceback(tmp_path: Path) -> None:
    code = RUNS.replace("WORKERS", "Workers(LOCAL, 2)").replace("JOBS", "((0, 100), (1, 100))")
    code = code.replace("    run_tasks(", "    Path('reached').touch()\n    run_tasks(")
    process = start(tmp_path, code)
    wait_for(tmp_path / "reached", process)
    deadline = time.monotonic() + PATIENCE
    while len(processes_of(process.pid)) < 3:  # one of the two that look after others, or a worker
        assert process.poll() is None and time.monotonic() < deadline
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 130, said
    assert "Traceback" not in said
    wait_for_the_end_of(process.pid)


def test_a_package_that_is_not_installed_is_named_in_one_line(tmp_path: Path) -> None:
    process = start(tmp_path, "import not_installed_anywhere\ndef main(): return 0")
    _, said = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    (line,) = said.splitlines()
    assert line.startswith(f"rlt-test: {sys.executable} has no package not_installed_anywhere. ")


@pytest.mark.parametrize("how", ["| true", ">&-", "2>&-", ">&- 2>&- <&-"])
def test_a_command_does_not_need_anybody_who_reads(tmp_path: Path, how: str) -> None:
    code = """
import sys
def main():
    for number in range(20000):
        print("line", number)
    print("told", file=sys.stderr, flush=True)
    sys.stderr.isatty()
    Path("done").touch()
    return 3
"""
    start(tmp_path, "").communicate(timeout=PATIENCE)  # leaves the script
    (tmp_path / "command.py").write_text(f"from pathlib import Path\n{code}")
    line = f"set -o pipefail; {sys.executable} rlt-test {how}"
    found = subprocess.run(
        ["bash", "-c", line],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), *filter(None, sys.path)])},
        stderr=subprocess.PIPE,
        text=True,
        timeout=PATIENCE,
    )
    assert found.returncode == 3
    assert found.stderr == ("" if "2>&-" in how else "told\n")
    assert (tmp_path / "done").exists()


ODD_NAME = os.fsdecode(b"stra\xdfe")  # as older systems, and memory cards, have it


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_whatever_a_name_holds_can_be_printed(tmp_path: Path, encoding: str) -> None:
    code = f"def main():\n    print({ODD_NAME!a}, 'straße')\n    return 0"
    process = start(tmp_path, code, PYTHONIOENCODING=encoding)
    said, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 0, error
    assert (
        said == f"stra\\udcdfe {'straße' if encoding == 'utf-8' else 'stra' + chr(92) + 'xdfe'}\n"
    )


def test_a_name_at_which_opencv_would_crash_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as end:
        track.main([ODD_NAME, "--init", "1,2,30,40", "--out", str(tmp_path)])
    assert end.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("rlt-track: error: 'stra\\udcdfe' is no text in utf-8, and OpenCV")
