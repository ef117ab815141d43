# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Where numbers come from: versions, commit and machine."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import os
import platform
import re
import subprocess
from pathlib import Path

import cv2
import torch

import rlt_ros.benchmark
from rlt_ros.benchmark.run_store import Json

_CPU_INFO = Path("/proc/cpuinfo")


def origin(command: str) -> dict[str, Json]:
    """Return where results of a command come from: the command itself, machine and versions."""
    return {"command": command, "machine": machine(), "versions": versions()}


def versions() -> dict[str, str]:
    """Return the versions of what computes: rlt_ros with its commit, python, torch, opencv.

    And openvino's where it is installed.
    """
    found = {
        "rlt_ros": package_version(),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "opencv": cv2.__version__,
    }
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        found["openvino"] = importlib.metadata.version("openvino")
    return found


@functools.cache
def package_version() -> str:
    """Return rlt_ros's version and, in a checkout, its commit: "0.1.0 (142fc4b-dirty)"."""
    folder = Path(rlt_ros.benchmark.__file__).parent
    try:
        version = importlib.metadata.version("rlt_ros")
    except importlib.metadata.PackageNotFoundError:
        version = _declared_version(folder.parents[1])
    # Only where git keeps these files: an installed package may lie inside some other checkout.
    if _git(folder, "ls-files", "--error-unmatch", "provenance.py"):
        commit = _git(folder, "describe", "--tags", "--always", "--dirty")
        return f"{version} ({commit})".strip()
    return version or "unknown"


def machine() -> str:
    """Return this machine in words: architecture, cores, system, processor, GPU."""
    parts = [platform.machine(), f"{os.cpu_count()} cores", platform.system()]
    if _CPU_INFO.is_file() and (
        model := re.search(r"^model name\s*:\s*(.+)$", _CPU_INFO.read_text(), re.MULTILINE)
    ):
        parts.append(model[1].strip())
    if torch.cuda.is_available():
        parts.append(torch.cuda.get_device_name())
    return ", ".join(parts)


def _declared_version(root: Path) -> str:
    """Return the version that package.xml of a checkout states, or ""."""
    try:
        text = (root / "package.xml").read_text()
    except OSError:
        return ""
    found = re.search(r"<version>(.+?)</version>", text)
    return found[1] if found else ""


def _git(folder: Path, *arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", "-C", str(folder), *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
