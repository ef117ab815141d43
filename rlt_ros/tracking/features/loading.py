# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The frozen networks that the settings ask for, and what computes them."""

from __future__ import annotations

import torch

from rlt_ros.tracking.compute.cpu_threads import CpuThreads
from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.config import TrackerConfig
from rlt_ros.tracking.features.backbones import load_backbone
from rlt_ros.tracking.features.crop_features import CropFeatures
from rlt_ros.tracking.features.extractor import FeatureExtractor
from rlt_ros.tracking.features.openvino.inference import OpenVinoBackbone, openvino_chosen
from rlt_ros.tracking.features.openvino.map_derivatives import OpenVinoPullback
from rlt_ros.tracking.features.openvino.sample_derivatives import OpenVinoDerivatives
from rlt_ros.tracking.features.openvino.sample_network import OpenVinoImageFeatures
from rlt_ros.tracking.features.sample_derivatives import (
    AutogradDerivatives,
    ImageDerivatives,
    LinearisedDerivatives,
)
from rlt_ros.tracking.features.sample_network import ImageFeatures
from rlt_ros.tracking.features.shared_features import SharedFeatures, view_side


def load_networks(
    config: TrackerConfig,
    device: torch.device,
    threads: CpuThreads,
    bfloat16: bool,
    runner: Runner | None = None,
) -> tuple[FeatureExtractor, ImageDerivatives | None]:
    """Return the feature extractor, and the derivatives that training needs.

    Args:
        config: the settings.
        device: where to compute.
        threads: of the CPU.
        bfloat16: compute features in bfloat16 where OpenVINO does.
        runner: of what is computed from them; None runs everything as it is.

    Returns:
        The derivatives are None unless attention is taken at the image samples.

    Raises:
        WeightsError: the backbone's weights cannot be loaded.
        ConfigError: OpenVINO is to compute the backbone and cannot.
    """
    backbone = load_backbone(config.backbone, config.backbone_weights).to(device)
    by_openvino = openvino_chosen(config.backbone_runtime, device)
    if config.features == "shared":
        compute = pullback = None
        if by_openvino:
            compute = OpenVinoBackbone(
                backbone, config.region_size, threads.beside_fine_tuning, bfloat16
            )
            if backbone.linearised_by_openvino:
                pullback = OpenVinoPullback(backbone, view_side(backbone, config.region_size))
        shared = SharedFeatures(
            backbone,
            device,
            config.region_size,
            config.region_target_size,
            (config.fine_grid, config.coarse_grid),
            compute,
            pullback,
            runner,
        )
        return shared, None

    network, size = ImageFeatures(backbone), config.crop_size
    at_image = config.attention_at == "image"
    crops = CropFeatures(
        network,
        device,
        size,
        config.crop_padding,
        keep_images=at_image,
        compute=(
            OpenVinoImageFeatures(network, size, threads.total, bfloat16) if by_openvino else None
        ),
        runner=runner,
    )
    if not at_image or config.attention_weight == 0:
        return crops, None
    if by_openvino and backbone.linearised_by_openvino:
        return crops, OpenVinoDerivatives(network, size, threads.total)
    if device.type != "cpu" and backbone.linearisable:
        return crops, LinearisedDerivatives(network)
    return crops, AutogradDerivatives(ImageFeatures(backbone.laid_out_backwards()))
