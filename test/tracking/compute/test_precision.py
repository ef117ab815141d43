# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch

from rlt_ros.tracking import make_config
from rlt_ros.tracking.compute.precision import bfloat16_chosen
from rlt_ros.tracking.learning.classifier import Classifier

CPU, CUDA = torch.device("cpu"), torch.device("cuda")


@pytest.mark.parametrize(
    ("precision", "device", "capabilities", "chosen"),
    [
        ("auto", CPU, {"avx512_bf16": True}, True),
        ("auto", CPU, {"avx512_bf16": False, "amx_bf16": True}, True),
        ("auto", CPU, {"avx2": True}, False),
        ("auto", CUDA, {"avx512_bf16": True}, False),
        ("float32", CPU, {"avx512_bf16": True}, False),
    ],
)
def test_bfloat16_is_for_cpus_that_have_it(
    precision: str,
    device: torch.device,
    capabilities: dict[str, bool],
    chosen: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: capabilities, raising=False)
    assert bfloat16_chosen(precision, device) == chosen


def test_an_older_pytorch_tracks_in_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(torch.cpu, "get_capabilities", raising=False)
    assert not bfloat16_chosen("auto", CPU)


def test_the_paper_preset_stays_in_float32() -> None:
    assert make_config("paper").precision == "float32"


def test_scores_in_bfloat16_are_about_those_in_float32() -> None:
    features = torch.randn(50, 300, generator=torch.Generator().manual_seed(0))
    one, other = (
        Classifier(300, 64, 0.5, torch.Generator().manual_seed(1), scoring_dtype=dtype)
        for dtype in (None, torch.bfloat16)
    )
    for classifier in (one, other):
        torch.nn.init.normal_(classifier.fc6.weight, generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        exact, rounded = one(features), other(features)
    assert rounded.dtype == torch.float32
    assert not torch.equal(rounded, exact)
    assert torch.allclose(rounded, exact, atol=0.02 * float(exact.abs().max()))
    # Training is not touched.
    assert torch.equal(one.activations(features).scores, other.activations(features).scores)
