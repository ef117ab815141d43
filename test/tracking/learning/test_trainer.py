# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from rlt_ros.tracking import make_config
from rlt_ros.tracking.compute.runner import Runner
from rlt_ros.tracking.errors import InvalidTargetError
from rlt_ros.tracking.features.extractor import FeaturePart
from rlt_ros.tracking.learning import trainer
from rlt_ros.tracking.learning.trainer import Trainer
from rlt_ros.tracking.state import Kept

SETTINGS: dict[str, Any] = {
    "initial_iterations": 11,
    "initial_learning_rate": 0.01,
    "update_iterations": 3,
    "update_learning_rate": 0.02,
    "attention_weight": 6.0,
    "update_attention_share": 0.5,
    "hidden_units": 8,
    "seed": 5,
}
SAMPLES: Any = ("positives", "negatives")


def new_trainer(bfloat16: bool = False, derivatives: Any = None, **settings: Any) -> Trainer:
    device = torch.device("cpu")
    resources: Any = SimpleNamespace(
        device=device, bfloat16=bfloat16, tf32=False, training_runner=Runner(device)
    )
    config = make_config(**SETTINGS | settings)
    return Trainer(config, resources, (FeaturePart(4, 1),), derivatives)


@pytest.fixture
def trained(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What training is given."""
    result: list[Any] = []
    monkeypatch.setattr(trainer, "train", lambda *arguments: result.append(arguments))
    return result


def test_updates_have_settings_of_their_own(trained: list[Any]) -> None:
    derivatives, on_step = object(), object()
    ours = new_trainer(derivatives=derivatives)
    classifier = ours.fresh_classifier(4)
    for update in (0, 1):
        ours.train(classifier, SAMPLES, update, on_step)  # type: ignore[arg-type]
    for given, iterations, rate, weight in zip(
        trained, (11, 3), (0.01, 0.02), (6.0, 3.0), strict=True
    ):
        assert given[:3] == (classifier, *SAMPLES)
        assert given[3:5] == (iterations, rate)
        assert given[5].attention_weight == weight
        assert given[7:9] == (derivatives, on_step)


def test_each_update_has_random_numbers_of_its_own(trained: list[Any]) -> None:
    for seed, update in ((5, 0), (5, 1), (5, 2), (6, 1), (5, 1)):
        ours = new_trainer(seed=seed)
        ours.train(ours.fresh_classifier(4), SAMPLES, update)
    drawn = [tuple(torch.rand(3, generator=given[6]).tolist()) for given in trained]
    assert drawn[4] == drawn[1]
    assert len(set(drawn)) == 4


@pytest.mark.parametrize("update", [0, 1])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_single_weight_that_is_no_number_is_an_error(
    update: int, value: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    def diverge(classifier: Any, *_: Any) -> None:
        classifier.fc5.bias.data[2] = value

    monkeypatch.setattr(trainer, "train", diverge)
    ours = new_trainer()
    with pytest.raises(RuntimeError, match="training diverged"):
        ours.train(ours.fresh_classifier(4), SAMPLES, update)


@pytest.mark.parametrize("bfloat16", [False, True])
@pytest.mark.parametrize("module", ["none", "features"])
def test_every_target_starts_with_the_same_classifier(bfloat16: bool, module: str) -> None:
    attention = {"attention_weight": 0.0, "attention_module": module}
    ours = new_trainer(bfloat16, **attention)
    one, other = ours.fresh_classifier(4), ours.fresh_classifier(4)
    assert one is not other
    for mine, its in zip(one.parameters(), other.parameters(), strict=True):
        torch.testing.assert_close(mine, its, rtol=0, atol=0)
    assert one.fc4.weight.shape == (8, 4)
    assert one.dropout == make_config().dropout
    assert one.scoring_dtype is (torch.bfloat16 if bfloat16 else None)
    assert (one.attention is not None) is (module == "features")
    unlike = new_trainer(bfloat16, seed=6, **attention).fresh_classifier(4)
    assert not torch.equal(unlike.fc4.weight, one.fc4.weight)


def test_a_restored_classifier_has_the_parameters_that_were_kept() -> None:
    ours = new_trainer()
    classifier = ours.fresh_classifier(4)
    with torch.no_grad():
        for one in classifier.parameters():
            one.add_(1.0)
    kept = {name: one.numpy() for name, one in classifier.state_dict().items()}
    restored = ours.restored_classifier(Kept(kept), 4)
    for mine, its in zip(classifier.parameters(), restored.parameters(), strict=True):
        torch.testing.assert_close(its, mine, rtol=0, atol=0)
    assert restored.dropout == classifier.dropout
    with pytest.raises(InvalidTargetError, match=r"fc4\.weight"):
        ours.restored_classifier(Kept(kept), 5)
