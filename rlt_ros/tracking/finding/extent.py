# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How far a target reaches, by which places around it look like what was inside its box.

The paper has nothing like it. Box regression, learned in the first frame, knows the target's looks
of then, and the classifier that of boxes of known proportions; when a car turns or a bird spreads
its wings, both hold on to a part of it. A second witness, which fails in other places: ridge
regression tells places inside the box from those around it, one by one, and goes on learning from
frames that the target was found in. The box that best holds what it takes for inside is then
weighed with the first one's: the less, the more it trembles from frame to frame.
"""

from __future__ import annotations

import functools

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812
from numpy.typing import NDArray
from torch import Tensor

from rlt_ros.tracking.boxes import Boxes, centres, from_centres
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.state import LARGEST_NUMBER, Kept, State, as_array

# Places per side of a grid over the box with as much again on either side.
PLACES, REACH = 21, 3
# Weight of the squared norm for each place learned from.
RIDGE = 0.45
# One frame in so many is learned from; what it counts against all before, and the first one against
# all.
LEARNED = 2
NEWEST, FIRST = 0.02, 0.3
# Response, of that in the middle of the box, from which on a place is inside.
INSIDE = 0.4
# The middle of the box, in its sides.
MIDDLE = 0.3
# Steps between neighbouring places in the search for the box, and its rounds.
STEPS, ROUNDS = 6, 3
# A size that trembles by this log factor from frame to frame counts half; what is taken for that
# before it was seen, and what a frame counts in it.
STEADY, FIRST_TREMBLING, TREMBLING_SHARE = 0.035, 0.05, 0.1
# Most that a side of the box moves outwards and inwards, in box sides.
OUTWARDS, INWARDS = 0.5, 0.35


class Extent:
    """Tells the extent of one target.

    Args:
        share: of what it says in the sizes, see ``extent_share``; half of it in the place.
        extractor: has observed the first frame.
        target: ``(4,)`` in it.
    """

    def __init__(self, share: float, extractor: FeatureExtractor, target: Boxes) -> None:
        self._share = share
        self._frame = 0
        self._seen = extractor.places(_around(target), PLACES)
        moments = self._moments(target, target)
        self._first = self._recent = moments
        self._solve()
        # What it makes of the true box: its mistakes of that kind are the target's own.
        _, response = _response(self._seen, self._weights)
        fitted = _fitted(_on_host(response), target)
        self._factors = target[2:] / fitted[2:]
        self._shift = (centres(target) - centres(fitted)) / target[2:]
        self._sizes = target[2:]
        self._trembling = np.full(2, FIRST_TREMBLING**2)  # variance of log sizes

    def state(self) -> State:
        """Return what was learned and seen of the target, for ``restored``."""
        return {
            "first": as_array(self._first),
            "recent": as_array(self._recent),
            "factors": self._factors,
            "shift": self._shift,
            "sizes": self._sizes,
            "trembling": self._trembling,
            "frame": self._frame,
        }

    @classmethod
    def restored(cls, share: float, kept: Kept, like: FeatureExtractor) -> Extent:
        """Return one that goes on from what was kept.

        Args:
            share: see the class.
            kept: see ``state``.
            like: the target's extractor.

        Raises:
            InvalidTargetError: it is of other features.
        """
        self = cls.__new__(cls)
        self._share = share
        shape = like.place_width + 1, like.place_width + 2
        self._first, self._recent = (
            kept.tensor(name, shape, like.device) for name in ("first", "recent")
        )
        pairs = {
            name: kept.array(name, (2,), np.float64)
            for name in ("factors", "shift", "sizes", "trembling")
        }
        self._factors, self._shift, self._sizes, self._trembling = pairs.values()
        for name, least, most in (
            ("factors", 0.01, 100.0),
            ("shift", -10.0, 10.0),
            ("sizes", 1e-3, LARGEST_NUMBER),
            ("trembling", 0.0, 100.0),
        ):
            if not ((pairs[name] >= least) & (pairs[name] <= most)).all():
                raise kept.misfit(name, f"is not from {least:g} to {most:g}")
        self._frame = kept.integer("frame")
        try:
            self._solve()
        except RuntimeError as error:
            raise kept.misfit("recent", "is of no places") from error
        return self

    def weighed(self, extractor: FeatureExtractor, box: Boxes) -> Boxes:
        """Return the box ``(4,)`` of a find, moved and resized towards what this witness says.

        Args:
            extractor: has observed the part of the frame that it is in.
            box: ``(4,)`` of the find; it is learned from the result.
        """
        fitted = _fitted(self._look(extractor, box), box)
        sizes = fitted[2:] * self._factors
        centre = centres(fitted) + self._shift * sizes
        change = np.log(sizes / self._sizes) ** 2 / 2
        self._trembling = self._trembling + TREMBLING_SHARE * (change - self._trembling)
        self._sizes = sizes
        share = self._share * STEADY**2 / (STEADY**2 + self._trembling)
        result = from_centres(
            centres(box) + share / 2 * (centre - centres(box)),
            box[2:] * (sizes / box[2:]) ** share,
        )
        self._frame += 1
        if self._frame % LEARNED == 0:
            self._recent = torch.lerp(self._recent, self._moments(box, result), NEWEST)
            self._solve()
        return result

    def _moments(self, seen: Boxes, target: Boxes) -> Tensor:
        """Return mean products ``(D + 1, D + 2)`` of places' features and label.

        Args:
            seen: ``(4,)`` the box around which the places are.
            target: ``(4,)`` the box that they are inside of, or not.
        """
        x = _with_constant(self._seen)
        labels = torch.from_numpy(_inside(seen, target)).to(x)
        return x.T @ torch.cat([x, labels[:, None]], dim=1) / len(x)

    def _solve(self) -> None:
        moments = (self._recent + FIRST * self._first) / (1 + FIRST)
        gram, wanted = moments[:, :-1].clone(), moments[:, -1]
        gram.diagonal()[:-1].add_(RIDGE)
        self._weights = torch.cholesky_solve(wanted[:, None], torch.linalg.cholesky(gram))[:, 0]

    def _look(self, extractor: FeatureExtractor, box: Boxes) -> NDArray[np.float32]:
        """See places around a box, and return how much they look like inside.

        Returns:
            In fine steps, about 1 in the middle.
        """
        self._seen, fine = extractor.computed_of_places(
            "response", _response, _around(box), PLACES, self._weights
        )
        return _on_host(fine)


def _on_host(response: Tensor) -> NDArray[np.float32]:
    return np.asarray(response.cpu().numpy(), dtype=np.float32)


def _response(places: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    response = (_with_constant(places) @ weights).reshape(PLACES, PLACES)
    response = response / response.flatten()[_middle(response.device)].mean().clamp_min(0.1)
    fine = F.interpolate(
        response[None, None],
        scale_factor=STEPS,
        mode="bilinear",
        align_corners=False,
    )[0, 0]
    return places, fine


def _with_constant(places: Tensor) -> Tensor:
    return F.pad(places, (0, 1), value=1.0)


def _around(box: Boxes) -> Boxes:
    return from_centres(centres(box), REACH * box[2:])


def _inside(seen: Boxes, target: Boxes) -> NDArray[np.float64]:
    """Return the share ``(PLACES ** 2,)`` of each place around a box that is inside another."""
    area = _around(seen)
    edges = np.arange(PLACES + 1)[:, None] / PLACES * area[2:] + area[:2]
    low, high = np.maximum(edges[:-1], target[:2]), np.minimum(edges[1:], target[:2] + target[2:])
    x, y = (np.clip(high - low, 0, None) * PLACES / area[2:]).T
    return np.outer(y, x).ravel()


@functools.cache
def _middle(device: torch.device) -> Tensor:
    """Return the numbers of the places, by rows, that are in the middle of the box.

    Numbers, as a mask would have a GPU's queue waited for in every frame.
    """
    off = ((np.arange(PLACES) + 0.5) / PLACES - 0.5) * REACH
    return torch.from_numpy(np.flatnonzero(np.hypot(off[:, None], off) < MIDDLE)).to(device)


def _fitted(response: NDArray[np.float32], box: Boxes) -> Boxes:
    """Return the box ``(4,)`` that holds the most of what is above ``INSIDE``.

    Columns and rows in turn: with the one given, the other is a difference of cumulated sums.

    Args:
        response: ``(N, N)`` of places in fine steps around ``box``.
        box: ``(4,)``.
    """
    above = response - INSIDE
    side = len(above) / REACH
    rows = np.array([side, 2 * side]).round().astype(int)
    for _ in range(ROUNDS):
        columns = _interval(above[rows[0] : rows[1]].sum(axis=0), side)
        rows = _interval(above[:, columns[0] : columns[1]].sum(axis=1), side)
    corners = np.stack([columns, rows], axis=1) / side - REACH / 2
    low, high = centres(box) + corners * box[2:]
    return np.concatenate([low, high - low])


def _interval(profile: NDArray[np.float32], side: float) -> NDArray[np.int_]:
    """Return start and end of the interval near the middle third with the largest sum."""
    sums = np.concatenate([[0.0], profile.cumsum()])
    starts = np.arange(round(side * (1 - OUTWARDS)), round(side * (1 + INWARDS)))
    ends = len(profile) - starts
    return np.array([starts[sums[starts].argmin()], ends[sums[ends].argmax()]])
