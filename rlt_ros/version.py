# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Which rlt_ros this is: its version, the code that results depend on, and its commit."""

from __future__ import annotations

import functools
import hashlib
import importlib.metadata
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_PACKAGE = Path(__file__).parent

# What no stored run depends on; reports and tables are made of stored runs.
_OTHERS = (
    "benchmark/report",
    "benchmark/studies/experiments",
    "cli",
    "demo",
    "msg",
    "replay",
    "ros",
)


@functools.cache
def package_version() -> str:
    """Return the version and a digest of the code of trackers and measures.

    Equal texts, for example "0.1.0 (code 5f0c1d2e)", mean that the same code ran.
    """
    return f"{_declared_version()} (code {_code_digest()})"


@functools.cache
def commit() -> str:
    """Return the commit of a checkout, for example "142fc4b-dirty"; "" elsewhere."""
    # Only where git keeps these files: an installed package may lie inside some other checkout.
    if not _git("ls-files", "--error-unmatch", Path(__file__).name):
        return ""
    return _git("describe", "--tags", "--always", "--dirty")


def result_modules() -> Iterator[Path]:
    """Yield the files that results depend on, relative to the package."""
    for file in _PACKAGE.rglob("*.py"):
        name = file.relative_to(_PACKAGE)
        if not any(name.is_relative_to(part) for part in _OTHERS):
            yield name


def _code_digest() -> str:
    digest = hashlib.sha256()
    for name in sorted(result_modules()):
        content = (_PACKAGE / name).read_bytes()
        digest.update(f"{name.as_posix()} {len(content)}\n".encode() + content)
    return digest.hexdigest()[:8]


def _declared_version() -> str:
    # In a checkout, and where colcon installs to, the version is that of package.xml.
    for folder in (_PACKAGE.parent, *(one / "share" / "rlt_ros" for one in _PACKAGE.parents[3:4])):
        try:
            text = (folder / "package.xml").read_text(encoding="utf-8")
        except OSError:
            continue
        if found := re.search(r"<version>(.+?)</version>", text):
            return found[1]
    try:
        return importlib.metadata.version("rlt_ros")
    except importlib.metadata.PackageNotFoundError:
        return "unknown"


def _git(*arguments: str) -> str:
    try:
        result = subprocess.run(
            ["git", "-C", str(_PACKAGE), *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=10,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return result.stdout.strip() if result.returncode == 0 else ""
