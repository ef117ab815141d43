# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What to run on a bag, as one value that can be handed to another process."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path

from rlt_ros.bags.reader import BagReader
from rlt_ros.benchmark.studies.bags.frames import BagFrames
from rlt_ros.benchmark.trackers.tracker_name import OURS, parse_tracker_name
from rlt_ros.messages.detections import Box
from rlt_ros.pixels.intensity import IntensityRange
from rlt_ros.tracking.config import make_config
from rlt_ros.tracking.settings import Value


@dataclass(frozen=True)
class BagJob:
    """A tracker on a bag.

    Attributes:
        bag: a directory, or a single .mcap or .db3 file.
        out: folder for the results.
        tracker: see ``make_runner``.
        settings: changed settings, for rlt.
        image_topic, init_topic, truth_topic: None where they are to be found out.
        box: on the first image; None takes the bag's.
        max_frames: stop after so many frames; None runs all.
        intensity: what becomes black and white of images of more than 8 bits; None takes it from
            the image on which the target is named.
        rate: of a replay in real time; 1 is as recorded.
        params_file: parameters of the node in a replay; None takes config/tracker.yaml.
        pictures: the node also draws its pictures, as for somebody who watches them.
        command: the command line, for summary.json.
    """

    bag: Path
    out: Path
    tracker: str
    settings: dict[str, Value]
    image_topic: str | None = None
    init_topic: str | None = None
    truth_topic: str | None = None
    box: Box | None = None
    max_frames: int | None = None
    intensity: IntensityRange | None = None
    rate: float = 1.0
    params_file: Path | None = None
    pictures: bool = False
    command: str = ""

    def frames(self, bag: BagReader) -> BagFrames:
        """Return the frames that the job is about.

        Raises:
            ValueError: the bag lacks something; the message says what.
        """
        return BagFrames(
            bag,
            self.image_topic,
            self.init_topic,
            self.truth_topic,
            self.box,
            self.max_frames,
            self.intensity,
        )

    def node_settings(self) -> dict[str, Value]:
        """Return preset and changed settings as parameters of the node.

        Raises:
            ValueError: the tracker is not ours, or a setting is wrong.
        """
        name = parse_tracker_name(self.tracker)
        if name.family != OURS:
            raise ValueError(f"the node runs rlt or rlt:PRESET, not {self.tracker}")
        settings = {**self.settings, **name.settings}
        make_config(name.preset or "default", **settings)
        own: dict[str, Value] = {"preset": name.preset} if name.preset else {}
        if self.intensity is not None:
            own["intensity_range"] = str(self.intensity)
        return {**own, **settings}

    def to_json(self) -> str:
        """Return the job as text."""
        return json.dumps(dataclasses.asdict(self), default=str)

    @staticmethod
    def from_json(text: str) -> BagJob:
        """Return the job that ``to_json`` wrote."""
        fields = json.loads(text)
        for name in ("bag", "out", "params_file"):
            fields[name] = Path(fields[name]) if fields[name] is not None else None
        fields["box"] = tuple(fields["box"]) if fields["box"] is not None else None
        if fields["intensity"] is not None:
            fields["intensity"] = IntensityRange(*fields["intensity"])
        return BagJob(**fields)
