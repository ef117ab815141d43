# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Samples to train on."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Samples:
    """Training samples.

    Attributes:
        features: ``(N, D)`` float32.
        images: ``(N, 3, S, S)`` uint8 RGB samples where attention is taken at the image, else None.
    """

    features: Tensor
    images: Tensor | None = None

    def __getitem__(self, index: Tensor | slice) -> Samples:
        """Return the samples at ``index`` ``(M,)``; those of a slice are not copied."""
        return Samples(self.features[index], None if self.images is None else self.images[index])

    def __len__(self) -> int:
        return len(self.features)

    def extended(self, count: int) -> Samples:
        """Return a copy with room for ``count`` more samples, whose values are undefined."""
        images = None if self.images is None else _extended(self.images, count)
        return Samples(_extended(self.features, count), images)

    def overwrite(self, first: int, samples: Samples) -> None:
        """Put other samples in the place of those from index ``first`` on."""
        for mine, theirs in ((self.features, samples.features), (self.images, samples.images)):
            if mine is not None and theirs is not None:
                mine[first : first + len(samples)] = theirs

    @staticmethod
    def joined(parts: list[Samples]) -> Samples:
        """Concatenate samples."""
        images = [part.images for part in parts if part.images is not None]
        return Samples(
            torch.cat([part.features for part in parts]), torch.cat(images) if images else None
        )


def _extended(tensor: Tensor, count: int) -> Tensor:
    longer = tensor.new_empty((len(tensor) + count, *tensor.shape[1:]))
    longer[: len(tensor)] = tensor
    return longer
