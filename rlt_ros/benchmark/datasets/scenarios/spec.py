# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Made sequences as a data set: a small file says which, and opening it gives them.

The file ``NAME.scenarios.json`` holds what ``ScenarioSpec`` says. Every command that takes a data
set takes it, so cluster workers too need nothing but the file, and the pictures.
"""

from __future__ import annotations

import dataclasses
import functools
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rlt_ros.benchmark.datasets.dataset import Dataset
from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.scenarios.casting import cast
from rlt_ros.benchmark.datasets.scenarios.pictures import FirstFrames, Photos, Pictures
from rlt_ros.benchmark.datasets.scenarios.script import KINDS
from rlt_ros.benchmark.datasets.sequence import Sequence, whole_sequence
from rlt_ros.benchmark.json_files import fingerprint, write_atomically

SUFFIX = ".scenarios.json"

# Changes whenever the same seed gives other frames.
_FORMAT = 1


@dataclass(frozen=True)
class ScenarioSpec:
    """Which sequences are made.

    Attributes:
        cases: how many.
        seed: 0 or more.
        source: a data set to cut targets and backgrounds from; "" takes scikit-image's photos.
        layout: of that data set; None finds out.
        sequences: of that data set; none for all.
        kinds: of cases, in turn; see ``script.KINDS``.
    """

    cases: int
    seed: int = 0
    source: str = ""
    layout: str | None = None
    sequences: tuple[str, ...] = ()
    kinds: tuple[str, ...] = KINDS

    def __post_init__(self) -> None:
        if self.cases < 1 or self.seed < 0:
            raise DatasetError("give 1 case or more, and a seed of 0 or more")
        if unknown := set(self.kinds) - set(KINDS) or (set() if self.kinds else {""}):
            raise DatasetError(
                f"there is no kind of case {min(unknown)!r}; give one or more of {', '.join(KINDS)}"
            )

    @property
    def names(self) -> list[str]:
        """The names of the sequences: kind and number, for example occlusion-000."""
        return [
            f"{self.kinds[number % len(self.kinds)]}-{number:03d}" for number in range(self.cases)
        ]


def write_spec(spec: ScenarioSpec, folder: Path) -> Path:
    """Write the file of a data set of made sequences and return its path.

    Its name is the same for specifications that differ only in the number of cases, and another
    one for others, so that stored results always belong to the same frames.
    """
    about: dict[str, Any] = {"format": _FORMAT, **dataclasses.asdict(spec)}
    of_frames = {key: value for key, value in about.items() if key != "cases"}
    path = folder / f"{fingerprint(of_frames)[:8]}{SUFFIX}"
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(path, json.dumps(about, indent=2) + "\n")
    return path


def is_spec(path: Path) -> bool:
    """Whether a path is such a file."""
    return path.is_file() and path.name.endswith(SUFFIX)


def open_spec(path: Path, open_source: Callable[[Path, str | None], Dataset]) -> Dataset:
    """Open a data set of made sequences.

    Args:
        path: what ``write_spec`` wrote.
        open_source: opens the data set that it may name.

    Raises:
        DatasetError: not such a file, or there is nothing to make the sequences of.
    """
    try:
        about = json.loads(path.read_text(encoding="utf-8"))
        if about.pop("format") != _FORMAT:
            raise DatasetError(f"{path} is of another version of rlt_ros; make it anew")
        for name in ("sequences", "kinds"):
            about[name] = tuple(about[name])
        spec = ScenarioSpec(**about)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        if isinstance(error, DatasetError):
            raise
        raise DatasetError(f"{path} does not describe made sequences ({error})") from error
    return ScenarioDataset(path, spec, functools.partial(_pictures, spec, open_source))


class ScenarioDataset(Dataset):
    """Sequences that are drawn when they are read; see ``spec``."""

    def __init__(self, path: Path, spec: ScenarioSpec, pictures: Callable[[], Pictures]) -> None:
        super().__init__(path, spec.names, "made sequences")
        self.spec = spec
        self._open_pictures = pictures

    @functools.cached_property
    def _pictures(self) -> Pictures:
        return self._open_pictures()

    def _read(self, name: str) -> Sequence:
        number = self.names.index(name)
        kind = name.rpartition("-")[0]
        scene = cast(kind, (self.spec.seed, number), self._pictures)
        return Sequence(
            name,
            scene.boxes(),
            scene,
            attributes=whole_sequence([kind], len(scene)),
            visible_shares=scene.visible_shares(),
        )


def _pictures(spec: ScenarioSpec, open_source: Callable[[Path, str | None], Dataset]) -> Pictures:
    if not spec.source:
        return Photos()
    dataset = open_source(Path(spec.source), spec.layout)
    return FirstFrames(dataset, spec.sequences or tuple(dataset.names))
