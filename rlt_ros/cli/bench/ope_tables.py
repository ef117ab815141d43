# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What rlt-bench ope, tre, sre and vot print at their end."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rlt_ros.benchmark.measures.seed_statistics import is_untested

# Measure, heading, width, decimals.
_COLUMNS = (
    ("eao", "EAO", 6, 3),
    ("accuracy", "accuracy", 8, 3),
    ("robustness", "robustness", 10, 3),
    ("failures", "failures", 8, 1),
    ("accuracy_rank", "A rank", 6, 2),
    ("robustness_rank", "R rank", 6, 2),
    ("auc", "AUC", 6, 3),
    ("precision20", "prec.", 6, 3),
    ("fps", "frames/s", 9, 1),
    ("init_seconds", "init s", 7, 2),
    ("norm_precision", "norm.p.", 7, 3),
    ("os50", "OS50", 6, 3),
    ("cle", "CLE", 7, 2),
    ("flagged5", "LOST in 5", 9, 3),
    ("blind", "blind", 6, 3),
    ("refound_share", "refound", 7, 3),
    ("refound_frames", "after", 6, 1),
    ("false_lost", "f.LOST", 6, 3),
    ("losses", "lost", 6, 2),
    ("refound", "found", 6, 2),
    ("ece", "ECE", 6, 3),
    ("brier", "Brier", 6, 3),
    ("width_over_true", "w/true", 6, 2),
    ("height_over_true", "h/true", 6, 2),
)


def print_tables(summary: dict[str, Any]) -> None:
    """Print the means of each tracker, and which differences exceed seed noise."""
    for line in (*_means(summary["trackers"]), *_comparisons(summary["comparisons"])):
        print(line)


def _means(trackers: dict[str, Any]) -> Iterator[str]:
    wide = max(12, *map(len, trackers))
    columns = [one for one in _COLUMNS if any(one[0] in each["mean"] for each in trackers.values())]
    headings = " ".join(f"{head:>{width}}" for _, head, width, _ in columns)
    yield f"{'tracker':{wide}} {headings}"
    for name, numbers in trackers.items():
        values = " ".join(
            _cell(numbers["mean"].get(key), width, decimals) for key, _, width, decimals in columns
        )
        yield f"{name:{wide}} {values}{_note(numbers)}"
    for name, numbers in trackers.items():
        if found := numbers["interval95"]:
            words = ", ".join(
                f"{head} {found[key]['mean']:.{decimals}f} "
                f"± {(found[key]['high'] - found[key]['low']) / 2:.{decimals}f}"
                for key, head, _, decimals in columns
                if key in found
            )
            yield f"{name}, 95 % interval over {len(numbers['seeds'])} seeds: {words}"


def _cell(value: float | None, width: int, decimals: int) -> str:
    return f"{'-':>{width}}" if value is None or value != value else f"{value:{width}.{decimals}f}"


def _note(numbers: dict[str, Any]) -> str:
    if not numbers["missing"]:
        return ""
    done = len(numbers["sequences"])
    return f"  ({done} of {done + len(numbers['missing'])} sequences)"


def _comparisons(comparisons: list[dict[str, Any]]) -> Iterator[str]:
    if not comparisons:
        return
    what = {"auc": "mean AUC", "eao": "EAO"}[comparisons[0]["measure"]]
    yield f"differences of {what} (noise of the seeds alone, on these sequences):"
    if all(is_untested(one["verdict"]) for one in comparisons):
        yield "  with one seed nobody knows the noise; --seeds 3 or more shows it"
        return
    for one in comparisons:
        words = f"  {one['a']} - {one['b']}: "
        words += "?" if one["difference"] is None else f"{one['difference']:+.3f}"
        if one["low"] is not None and one["p"] is not None:
            words += f" [{one['low']:+.3f}, {one['high']:+.3f}], p {one['p']:.2g}"
        yield f"{words}: {one['verdict']}"
