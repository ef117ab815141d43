# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Attributes of OTB's sequences: from a file beside them, else as the benchmark's site lists them.

The site is http://cvlab.hanyang.ac.kr/tracker_benchmark/datasets.html. Targets of one video share
its attributes.
"""

from __future__ import annotations

import re
from pathlib import Path

from rlt_ros.benchmark.datasets.errors import DatasetError
from rlt_ros.benchmark.datasets.text import read_lines

# Order of the eleven 0s and 1s in the attribute files of the benchmark's MATLAB code.
CODES = ("IV", "OPR", "SV", "OCC", "DEF", "MB", "FM", "IPR", "OV", "BC", "LR")

_LISTED = """\
Basketball: IV OCC DEF OPR BC
Biker: SV OCC MB FM OPR OV LR
Bird1: DEF FM OV
Bird2: OCC DEF FM IPR OPR
BlurBody: SV DEF MB FM IPR
BlurCar1: MB FM
BlurCar2: SV MB FM
BlurCar3: MB FM
BlurCar4: MB FM
BlurFace: MB FM IPR
BlurOwl: SV MB FM IPR
Board: SV MB FM OPR OV BC
Bolt: OCC DEF IPR OPR
Bolt2: DEF BC
Box: IV SV OCC MB IPR OPR OV BC LR
Boy: SV MB FM IPR OPR
Car1: IV SV MB FM BC LR
Car2: IV SV MB FM BC
Car24: IV SV BC
Car4: IV SV
CarDark: IV BC
CarScale: SV OCC FM IPR OPR
ClifBar: SV OCC MB FM IPR OV BC
Coke: IV OCC FM IPR OPR BC
Couple: SV DEF FM OPR BC
Coupon: OCC BC
Crossing: SV DEF FM OPR BC
Crowds: IV DEF BC
Dancer: SV DEF IPR OPR
Dancer2: DEF
David: IV SV OCC DEF MB IPR OPR
David2: IPR OPR
David3: OCC DEF OPR BC
Deer: MB FM IPR BC LR
Diving: SV DEF IPR
Dog: SV DEF OPR
Dog1: SV IPR OPR
Doll: IV SV OCC IPR OPR
DragonBaby: SV OCC MB FM IPR OPR OV
Dudek: SV OCC DEF FM IPR OPR OV BC
FaceOcc1: OCC
FaceOcc2: IV OCC IPR OPR
Fish: IV
FleetFace: SV DEF MB FM IPR OPR
Football: OCC IPR OPR BC
Football1: IPR OPR BC
Freeman1: SV IPR OPR
Freeman3: SV IPR OPR
Freeman4: SV OCC IPR OPR
Girl: SV OCC IPR OPR
Girl2: SV OCC DEF MB OPR
Gym: SV DEF IPR OPR
Human2: IV SV MB OPR
Human3: SV OCC DEF OPR BC
Human4: IV SV OCC DEF
Human5: SV OCC DEF
Human6: SV OCC DEF FM OPR OV
Human7: IV SV OCC DEF MB FM
Human8: IV SV DEF
Human9: IV SV DEF MB FM
Ironman: IV SV OCC MB FM IPR OPR OV BC LR
Jogging: OCC DEF OPR
Jump: SV OCC DEF MB FM IPR OPR
Jumping: MB FM
KiteSurf: IV OCC IPR OPR
Lemming: IV SV OCC FM OPR OV
Liquor: IV SV OCC MB FM OPR OV BC
Man: IV
Matrix: IV SV OCC FM IPR OPR BC
Mhyang: IV DEF OPR BC
MotorRolling: IV SV MB FM IPR BC LR
MountainBike: IPR OPR BC
Panda: SV OCC DEF IPR OPR OV LR
RedTeam: SV OCC IPR OPR LR
Rubik: SV OCC IPR OPR
Shaking: IV SV IPR OPR BC
Singer1: IV SV OCC OPR
Singer2: IV DEF IPR OPR BC
Skater: SV DEF IPR OPR
Skater2: SV DEF FM IPR OPR
Skating1: IV SV OCC DEF OPR BC
Skating2: SV OCC DEF FM OPR
Skiing: IV SV DEF IPR OPR
Soccer: IV SV OCC MB FM IPR OPR BC
Subway: OCC DEF BC
Surfer: SV FM IPR OPR LR
Suv: OCC IPR OV
Sylvester: IV IPR OPR
Tiger1: IV OCC DEF MB FM IPR OPR
Tiger2: IV OCC DEF MB FM IPR OPR OV
Toy: SV FM IPR OPR
Trans: IV SV OCC DEF
Trellis: IV SV IPR OPR BC
Twinnings: SV OPR
Vase: SV FM IPR
Walking: SV OCC DEF
Walking2: SV OCC LR
Woman: IV SV OCC DEF MB FM OPR
"""

LISTED_ATTRIBUTES = {
    name: tuple(codes.split())
    for name, codes in (line.split(": ") for line in _LISTED.splitlines())
}


def read_attributes(folder: Path, name: str) -> tuple[str, ...]:
    """Return the codes of a sequence's attributes; none if they are not known.

    Looks for ``attrs.txt`` or ``attributes.txt`` in the sequence's folder, then for
    ``anno/att/NAME.txt`` or ``att/NAME.txt`` beside it, then into the benchmark's own list.

    Args:
        folder: the sequence's folder.
        name: the sequence's name, with or without the number of its target.

    Raises:
        DatasetError: a file holds something else than codes or eleven 0s and 1s.
    """
    video = re.sub(r"[-._]\d+$", "", name)
    beside = [folder.parent / part for part in ("anno/att", "att")]
    candidates = [folder / "attrs.txt", folder / "attributes.txt"]
    candidates += [path / f"{one}.txt" for path in beside for one in (name, video, name.lower())]
    for path in candidates:
        if path.is_file():
            return _parse(path)
    return LISTED_ATTRIBUTES.get(name, LISTED_ATTRIBUTES.get(video, ()))


def _parse(path: Path) -> tuple[str, ...]:
    found: list[str] = []
    for number, line in read_lines(path):
        words = [word for word in re.split(r"[,;\s]+", line.upper()) if word]
        if len(words) == len(CODES) and set(words) <= {"0", "1"}:
            words = [code for code, flag in zip(CODES, words, strict=True) if flag == "1"]
        if unknown := [word for word in words if word not in CODES]:
            raise DatasetError(
                f"{path}:{number}: {unknown[0]!r} is no attribute of OTB; "
                f"give some of {', '.join(CODES)}, or eleven 0s and 1s in this order"
            )
        found += words
    return tuple(found)
