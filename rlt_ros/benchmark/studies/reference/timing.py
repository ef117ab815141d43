# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper preset and its straightforward form, timed side by side."""

from __future__ import annotations

import copy
import dataclasses
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median

import numpy as np
import torch
from torch import Tensor

from rlt_ros.benchmark.json_files import Json, write_json
from rlt_ros.benchmark.report import FILES, SUMMARY
from rlt_ros.benchmark.report.tables_page import write_tables_page
from rlt_ros.benchmark.runs.provenance import origin
from rlt_ros.benchmark.studies.reference import crops, training
from rlt_ros.benchmark.studies.speed.clips import GeneratedClip, Image
from rlt_ros.benchmark.text_tables import Table, aligned, write_records
from rlt_ros.tracking import TrackerConfig
from rlt_ros.tracking.boxes import Boxes
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.features.backbones import load_backbone
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.features.samples import Samples
from rlt_ros.tracking.learning import sampling
from rlt_ros.tracking.learning.classifier import Classifier
from rlt_ros.tracking.learning.training import train
from rlt_ros.tracking.learning.training_settings import training_settings

REPEATS = 3  # after once to warm up
SAMPLES = (128, 1024)  # positives and negatives to train on; a mining scores 1024


@dataclass(frozen=True)
class Part:
    """One part of the work, done in both ways.

    Attributes:
        name: what it is.
        product_seconds, reference_seconds: medians of several times, taken in turn.
        ratio: of the reference's time to the product's.
        difference: largest difference of the results over the largest number in them.
    """

    name: str
    product_seconds: float
    reference_seconds: float
    ratio: float
    difference: float


class Workbench:
    """A frame, a classifier and samples on which both ways can be tried, on the CPU.

    Args:
        config: with ``features`` crops.
        positives, negatives: numbers of samples to train on.

    Raises:
        ValueError: the settings are not those of the paper preset's arithmetic.
        WeightsError: the backbone's weights cannot be loaded.
    """

    def __init__(self, config: TrackerConfig, positives: int, negatives: int) -> None:
        if config.features != "crops" or config.mining_interval != 1:
            raise ValueError(
                "the reference is of preset paper: features must be crops and mining_interval 1"
            )
        self.config = config
        # The reference has a network of its own, laid out in memory as PyTorch does by itself.
        self.plain = load_backbone(config.backbone, config.backbone_weights)
        self.plain.lay_out(torch.contiguous_format)
        clip = GeneratedClip(frames=1).load()
        self.image: Image = clip.images[0]
        self.target: Boxes = clip.boxes[0]
        self.extractor, self.derivatives = load_networks(
            config, torch.device("cpu"), CpuThreads(config.threads), bfloat16=False
        )
        self.extractor.start(self.image, self.target)
        rng = np.random.default_rng(config.seed)
        area = self.extractor.area
        self.candidates = sampling.gaussian_boxes(
            rng, self.target, config.candidates, area, config.search_translation, 1.05
        )
        near = sampling.gaussian_boxes(rng, self.target, positives, area, 0.1, 1.1)
        far = sampling.spread_boxes(rng, self.target, negatives, area, 1.2)
        self.positives, self.negatives = (self.extractor.samples(boxes) for boxes in (near, far))
        self.classifier = Classifier(
            self.positives.features.shape[1],
            config.hidden_units,
            config.dropout,
            torch.Generator().manual_seed(config.seed),
        )

    def product_features(self) -> Tensor:
        """Observe the frame and return the candidates' features ``(N, D)``."""
        return self.product_samples().features

    def reference_features(self) -> Tensor:
        """Return the same the straightforward way."""
        return self.reference_samples().features

    def product_samples(self) -> Samples:
        """Return the candidates' features with their images, if attention is taken there."""
        self.extractor.observe(self.image, self.target)
        return self.extractor.samples(self.candidates)

    def reference_samples(self) -> Samples:
        """Return the same the straightforward way."""
        config = self.config
        return crops.crop_samples(
            self.image,
            self.target,
            self.candidates,
            self.plain,
            config.crop_size,
            config.crop_padding,
            keep_images=config.attention_at == "image",
        )

    def product_training(self, iterations: int = 1) -> Tensor:
        """Train a copy of the classifier and return how all its weights changed, ``(P,)``."""
        return self._trained(train, iterations, self.derivatives)

    def reference_training(self, iterations: int = 1) -> Tensor:
        """Return the same the straightforward way."""
        return self._trained(training.train, iterations, self.plain_network())

    def plain_network(self) -> training.Network | None:
        """Return the reference's network, if attention is taken at the images."""
        if self.config.attention_at != "image":
            return None
        return lambda images: crops.network_features(self.plain, images)

    def _trained(self, function: Callable[..., None], iterations: int, network: object) -> Tensor:
        classifier = copy.deepcopy(self.classifier)
        function(
            classifier,
            self.positives,
            self.negatives,
            iterations,
            self.config.initial_learning_rate,
            training_settings(self.config, self.extractor.parts),
            torch.Generator().manual_seed(self.config.seed),
            network,
        )
        return _weights(classifier) - _weights(self.classifier)


def _weights(classifier: Classifier) -> Tensor:
    return torch.cat([one.detach().flatten() for one in classifier.parameters()])


def time_parts(config: TrackerConfig) -> Iterator[Part]:
    """Time every part in both ways, in turn, on ``config.threads`` CPU threads.

    Args:
        config: of preset paper; attention is taken at both places, whatever it says.
    """
    with CpuThreads(config.threads).for_tracking(updating=False):
        for place in ("features", "image"):
            bench = Workbench(replace(config, attention_at=place), *SAMPLES)
            if place == "features":
                name = f"features of {len(bench.candidates)} crops"
                yield _timed(name, bench.product_features, bench.reference_features)
            yield _timed(
                f"training step, attention at {place}",
                bench.product_training,
                bench.reference_training,
            )


def measure_reference(config: TrackerConfig, out: Path, command: str) -> dict[str, Json]:
    """Time all parts and write summary.json, the page, and report/reference.csv."""
    parts = [dataclasses.asdict(part) for part in time_parts(config)]
    summary = {
        **origin(command),
        "settings": dataclasses.asdict(config),
        "parts": parts,
    }
    out.mkdir(parents=True, exist_ok=True)
    write_json(out / SUMMARY, summary)
    write_tables_page(
        out,
        summary,
        title="Speed: beside a straightforward form",
        about="The same arithmetic of the paper preset in both ways, in turn; medians.",
        tables=[Table("Parts", _cells(summary))],
        links=[write_records(out / FILES / "reference.csv", parts)],
    )
    return summary


def reference_lines(summary: dict[str, Json]) -> Iterator[str]:
    """Yield the table of a summary for a terminal."""
    return aligned(_cells(summary))


def _cells(summary: dict[str, Json]) -> list[list[str]]:
    return [
        ["part", "this package, s", "straightforward, s", "times as fast", "difference"],
        *(
            [
                part["name"],
                f"{part['product_seconds']:.3f}",
                f"{part['reference_seconds']:.3f}",
                f"{part['ratio']:.2f}",
                f"{part['difference']:.1e}",
            ]
            for part in summary["parts"]
        ),
    ]


def _timed(name: str, product: Callable[[], Tensor], reference: Callable[[], Tensor]) -> Part:
    ours, theirs = product(), reference()
    seconds: tuple[list[float], list[float]] = ([], [])
    for _ in range(REPEATS):
        for function, found in zip((product, reference), seconds, strict=True):
            start = time.perf_counter()
            function()
            found.append(time.perf_counter() - start)
    fast, slow = map(median, seconds)
    difference = float((ours - theirs).abs().max() / theirs.abs().max())
    return Part(name, fast, slow, slow / fast, difference)
