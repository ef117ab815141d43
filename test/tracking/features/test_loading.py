# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from typing import Any

import pytest
import torch

from rlt_ros.tracking import make_config
from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.features.crop_features import CropFeatures
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.features.loading import load_networks
from rlt_ros.tracking.features.sample_derivatives import AutogradDerivatives
from rlt_ros.tracking.features.shared_features import SharedFeatures


def loaded(preset: str, **settings: Any) -> Any:
    config = make_config(preset, backbone_runtime="pytorch", **settings)
    return load_networks(config, torch.device("cpu"), CpuThreads(1), bfloat16=False)


def test_shared_features_have_the_grids_that_are_set() -> None:
    extractor, derivatives = loaded("default", fine_grid=4, coarse_grid=2, region_size=128)
    assert isinstance(extractor, SharedFeatures)
    assert extractor.parts == (FeaturePart(40, 16), FeaturePart(112, 4))
    assert derivatives is None


@pytest.mark.parametrize(
    ("settings", "at_image", "trains"),
    [
        ({"attention_at": "image"}, True, True),
        ({"attention_at": "image", "attention_weight": 0}, True, False),
        ({"attention_at": "features"}, False, False),
    ],
)
def test_only_attention_at_the_image_needs_images_and_derivatives(
    settings: dict[str, Any], at_image: bool, trains: bool
) -> None:
    extractor, derivatives = loaded("paper", **settings)
    assert isinstance(extractor, CropFeatures)
    assert extractor.parts == (FeaturePart(112, 49),)
    assert extractor._keep_images is at_image
    assert isinstance(derivatives, AutogradDerivatives) is trains
    assert (derivatives is None) is not trains
