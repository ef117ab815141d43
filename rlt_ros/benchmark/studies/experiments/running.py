# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Running a study of settings: variants of our tracker side by side, and what is written of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rlt_ros.benchmark.json_files import write_json
from rlt_ros.benchmark.report import FILES, SUMMARY, write_report
from rlt_ros.benchmark.report.plots import save_figure
from rlt_ros.benchmark.runs.execution import Workers
from rlt_ros.benchmark.studies.evaluation.evaluating import Plan, evaluate
from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Extent, Result, Variant
from rlt_ros.benchmark.studies.experiments.result_plot import draw_results
from rlt_ros.benchmark.studies.experiments.result_table import caption, headings, rows, write_csv
from rlt_ros.benchmark.trackers.runners import rlt_config


def run_experiment(
    experiment: Experiment,
    extent: Extent,
    out: Path,
    workers: Workers,
    *,
    command: str,
    again: bool = False,
) -> tuple[list[Result], dict[str, str]]:
    """Run what is not stored yet, and write the summary, tables, plots and the report.

    Args:
        experiment: what to compare.
        extent: on what.
        out: folder to write to.
        workers, command, again: see ``evaluate``.

    Returns:
        The results in the order of the variants, and what failed: run -> message.

    Raises:
        ValueError: a setting is wrong, or belongs to the variants.
        OSError: a file cannot be written, or a cluster not be used.
    """
    own = {key for variant in experiment.variants for key in variant.settings}
    if taken := sorted(own & set(extent.settings)):
        raise ValueError(f"{experiment.name} sets {', '.join(taken)} itself")
    trackers = [variant.tracker(extent.preset) for variant in experiment.variants]
    for tracker in trackers:
        rlt_config(tracker, extent.settings)
    plan = Plan(
        extent.dataset,
        extent.sequences,
        [(tracker, extent.settings) for tracker in trackers],
        extent.seeds,
        extent.max_frames,
        layout=extent.layout,
        intensity=extent.intensity,
    )
    summary = evaluate(plan, out, workers, command=command, settings=extent.settings, again=again)
    results = [
        _result(variant, tracker.full, trackers[0].full, summary)
        for variant, tracker in zip(experiment.variants, trackers, strict=True)
    ]
    if summary["trackers"]:
        _write(experiment, results, summary, extent.preset, out)
    return results, summary["failures"]


def _write(
    experiment: Experiment,
    results: Sequence[Result],
    summary: dict[str, Any],
    preset: str,
    out: Path,
) -> None:
    files = out / FILES
    files.mkdir(parents=True, exist_ok=True)
    table = write_csv(files / f"{experiment.name}.csv", results)
    figure = draw_results(
        results,
        title=f"{experiment.title}, preset {preset}",
        x_label=experiment.heading,
        joined=experiment.joined,
    )
    _, vector = save_figure(figure, files, experiment.name)
    summary["experiment"] = {
        "name": experiment.name,
        "subject": experiment.subject,
        "title": experiment.title,
        "caption": caption(experiment, results),
        "headings": headings(experiment, results),
        "rows": rows(experiment, results),
        "table": table.relative_to(out).as_posix(),
        "picture": vector.relative_to(out).as_posix(),
        "results": [asdict(result) for result in results],
    }
    write_json(out / SUMMARY, summary)
    write_report(out)


def _result(variant: Variant, tracker: str, baseline: str, summary: Mapping[str, Any]) -> Result:
    found = summary["trackers"].get(tracker)
    if found is None:
        return Result(
            variant.label, tracker, 0, 0, None, None, None, None, None, None, None, "failed",
            variant.paper_auc, variant.paper_precision,
        )  # fmt: skip
    difference, low, high, verdict = _compared(tracker, baseline, summary)
    return Result(
        label=variant.label,
        tracker=tracker,
        seeds=len(found["seeds"]),
        sequences=len(found["sequences"]),
        auc=found["mean"]["auc"],
        auc_half=_half(found, "auc"),
        precision=found["mean"]["precision20"],
        precision_half=_half(found, "precision20"),
        difference=difference,
        low=low,
        high=high,
        verdict=verdict,
        paper_auc=variant.paper_auc,
        paper_precision=variant.paper_precision,
    )


def _half(tracker: Mapping[str, Any], measure: str) -> float | None:
    found = tracker["interval95"].get(measure)
    return None if found is None else (found["high"] - found["low"]) / 2


def _compared(
    tracker: str, baseline: str, summary: Mapping[str, Any]
) -> tuple[float | None, float | None, float | None, str]:
    """Return the AUC less the baseline's, its interval and the verdict."""
    for one in summary["comparisons"]:
        if (one["a"], one["b"]) == (tracker, baseline):
            return one["difference"], one["low"], one["high"], one["verdict"]
        if (one["a"], one["b"]) == (baseline, tracker):
            return (
                _negated(one["difference"]),
                _negated(one["high"]),
                _negated(one["low"]),
                one["verdict"],
            )
    return None, None, None, ""


def _negated(value: float | None) -> float | None:
    return None if value is None else -value
