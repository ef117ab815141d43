# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What a study of settings is made of: variants of our tracker, and what came out for each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rlt_ros.benchmark.trackers.tracker_name import OURS, TrackerName, parse_tracker_name
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.settings import Value


@dataclass(frozen=True)
class Variant:
    """One configuration.

    Attributes:
        label: for tables and plots.
        settings: what makes it this variant.
        paper_auc, paper_precision: published success AUC and precision at 20 px; None where the
            paper has none.
    """

    label: str
    settings: Mapping[str, Value]
    paper_auc: float | None = None
    paper_precision: float | None = None

    def tracker(self, preset: str) -> TrackerName:
        """Return its name as a tracker of benchmarks."""
        head = OURS if preset == "default" else f"{OURS}:{preset}"
        return parse_tracker_name(",".join([head, *setting_texts(self.settings)]))


@dataclass(frozen=True)
class Experiment:
    """Variants, the first of which the others are compared with.

    Attributes:
        name: of its files.
        subject: what is varied, in a word or two.
        title: for people.
        heading: what the labels of the variants are.
        variants: in order.
        joined: whether lines between the variants mean something.
    """

    name: str
    subject: str
    title: str
    heading: str
    variants: Sequence[Variant]
    joined: bool

    @property
    def in_paper(self) -> bool:
        """Whether the paper has numbers of some variant."""
        return any(one.paper_auc is not None for one in self.variants)


@dataclass(frozen=True)
class Result:
    """What came out for a variant; None where it is not known.

    Attributes:
        label, tracker: see ``Variant``.
        seeds, sequences: how many were finished.
        auc, precision: means.
        auc_half, precision_half: half of their 95 % intervals over seeds.
        difference, low, high: AUC less the first variant's, with its 95 % interval.
        verdict: whether that exceeds seed noise.
        paper_auc, paper_precision: see ``Variant``.
    """

    label: str
    tracker: str
    seeds: int
    sequences: int
    auc: float | None
    auc_half: float | None
    precision: float | None
    precision_half: float | None
    difference: float | None
    low: float | None
    high: float | None
    verdict: str
    paper_auc: float | None
    paper_precision: float | None


@dataclass(frozen=True)
class Extent:
    """What to run every variant on.

    Attributes:
        dataset: an absolute path.
        sequences: their names.
        preset: that all variants start from.
        settings: changed for all of them.
        seeds: of each.
        max_frames, layout, intensity: see ``Plan``.
    """

    dataset: Path
    sequences: Sequence[str]
    preset: str
    settings: Mapping[str, Value]
    seeds: Sequence[int]
    max_frames: int | None = None
    layout: str | None = None
    intensity: IntensityRange | None = None


def setting_texts(settings: Mapping[str, Value]) -> list[str]:
    """Return settings as a command line takes them: ``name=value`` each."""
    return [f"{key}={_text(value)}" for key, value in settings.items()]


def _text(value: Value) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)
