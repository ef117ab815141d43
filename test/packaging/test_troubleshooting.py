# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What docs/troubleshooting.md quotes is what the code says."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "troubleshooting.md"
# Of other programs, or of a status field.
FOREIGN = {
    "error: externally-managed-environment",
    "No module named 'torch'",
    "requires setuptools<80",
    "frames_dropped",
    "This Fast DDS version doesn't have the security libraries",
    "failed to create topic [rt/…]",
    "invalid allocator",
    "error creating node: error not set",
}


def quotes() -> list[str]:
    """Return the code spans in the first column of every table."""
    rows = [line for line in PAGE.read_text().splitlines() if line.startswith("| ")]
    spans = [span for row in rows for span in re.findall("`(.+?)`", row.split(" | ")[0])]
    return [span for span in spans if span not in FOREIGN and " " in span]


def texts() -> Iterator[str]:
    """Yield every piece of text in the sources, without what is filled in."""
    for folder in ("rlt_ros", "launch", "tools"):
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text())):
                if isinstance(node, ast.Constant) and isinstance(node.value, str):
                    yield node.value
    for name in ("CMakeLists.txt", "tools/env.sh", "tools/env.bash"):
        yield (ROOT / name).read_text()


@pytest.fixture(scope="module")
def everything() -> str:
    return "\0".join(texts())


def test_the_page_quotes_much() -> None:
    assert len(quotes()) > 35


@pytest.mark.parametrize("quote", quotes())
def test_every_quote_is_said(quote: str, everything: str) -> None:
    pieces = [piece.strip() for piece in quote.split("…") if len(piece.strip()) > 3]
    assert pieces
    for piece in pieces:
        assert piece in everything, piece
