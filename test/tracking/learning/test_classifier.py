# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
from __future__ import annotations

import pytest
import torch
from torch import Tensor

from rlt_ros.tracking.learning.classifier import Classifier

FEATURES, HIDDEN = 40, 300


def new_classifier(
    dropout: float = 0.5, seed: int = 1, dtype: torch.dtype | None = None, attend: bool = False
) -> Classifier:
    generator = torch.Generator().manual_seed(seed)
    return Classifier(FEATURES, HIDDEN, dropout, generator, attend, dtype)


def samples(count: int = 64) -> Tensor:
    return 3 * torch.randn(count, FEATURES, generator=torch.Generator().manual_seed(2))


def test_it_starts_as_the_paper_says() -> None:
    """Normal with deviation 0.01; biases 0.1, of the last layer 0."""
    classifier = new_classifier()
    shapes = [(HIDDEN, FEATURES), (HIDDEN, HIDDEN), (2, HIDDEN)]
    for layer, shape in zip((classifier.fc4, classifier.fc5, classifier.fc6), shapes, strict=True):
        assert layer.weight.shape == shape
        deviation = layer.weight.std().item()
        assert deviation == pytest.approx(0.01, rel=0.1)
        assert layer.weight.mean().item() == pytest.approx(
            0, abs=5 * 0.01 / layer.weight.numel() ** 0.5
        )
        assert (layer.bias == (0.0 if layer is classifier.fc6 else 0.1)).all()
    same, other = new_classifier().state_dict(), new_classifier(seed=2).state_dict()
    for name, value in classifier.state_dict().items():
        assert torch.equal(value, same[name])
        assert torch.equal(value, other[name]) == name.endswith("bias")


def test_scores_are_those_of_three_layers() -> None:
    classifier, features = new_classifier(), samples()
    with torch.no_grad():
        hidden = features
        for layer in (classifier.fc4, classifier.fc5):
            hidden = (hidden @ layer.weight.T + layer.bias).clamp(min=0)
        expected = hidden @ classifier.fc6.weight.T + classifier.fc6.bias
        torch.testing.assert_close(classifier(features), expected)
        torch.testing.assert_close(classifier.activations(features).scores, expected)


def test_gates_are_open_where_a_unit_is_active() -> None:
    classifier, features = new_classifier(), samples()
    with torch.no_grad():
        activations = classifier.activations(features)
        hidden4 = classifier.fc4(features)
        assert torch.equal(activations.gates4, (hidden4 > 0).float())
        hidden5 = classifier.fc5(hidden4.clamp(min=0))
        assert torch.equal(activations.gates5, (hidden5 > 0).float())
        # An input of exactly 0 is not active: the derivative there is taken as 0.
        classifier.fc4.bias.zero_()
        assert not classifier.activations(torch.zeros(1, FEATURES)).gates4.any()


@pytest.mark.parametrize("dropout", [0.25, 0.5])
def test_dropout_drops_its_share_and_makes_up_for_it(dropout: float) -> None:
    classifier, features = new_classifier(dropout), samples()
    with torch.no_grad():
        plain = classifier.activations(features)
        dropped, again = (
            classifier.activations(
                features, classifier.dropout_masks(len(features), torch.Generator().manual_seed(3))
            )
            for _ in range(2)
        )
    active = plain.gates4 > 0
    assert torch.equal(dropped.gates4, again.gates4)
    values = dropped.gates4[active].unique()
    torch.testing.assert_close(values, torch.tensor([0.0, 1 / (1 - dropout)]))
    assert not dropped.gates4[~active].any()
    assert (dropped.gates4[active] == 0).float().mean().item() == pytest.approx(dropout, abs=0.03)
    # What is scored is what the gates let through.
    with torch.no_grad():
        hidden5 = classifier.fc5(classifier.fc4(features) * dropped.gates4)
        expected = classifier.fc6(hidden5 * dropped.gates5)
    torch.testing.assert_close(dropped.scores, expected)
    assert not torch.allclose(dropped.scores, plain.scores)


def test_no_dropout_changes_nothing() -> None:
    classifier, features = new_classifier(dropout=0.0), samples()
    generator = torch.Generator().manual_seed(3)
    assert torch.equal(
        classifier.activations(features, classifier.dropout_masks(len(features), generator)).scores,
        classifier.activations(features).scores,
    )


def test_scoring_in_bfloat16_is_nearly_the_same() -> None:
    features = samples()
    with torch.no_grad():
        exact, rough = new_classifier()(features), new_classifier(dtype=torch.bfloat16)(features)
    assert rough.dtype == exact.dtype == torch.float32
    assert not torch.equal(rough, exact)
    torch.testing.assert_close(rough, exact, rtol=0.02, atol=1e-3)


def test_training_does_not_see_the_rounding() -> None:
    features = samples()
    with torch.no_grad():
        exact = new_classifier().activations(features).scores
        assert torch.equal(new_classifier(dtype=torch.bfloat16).activations(features).scores, exact)


def test_an_attention_module_weighs_what_both_ways_see() -> None:
    classifier, features = new_classifier(dropout=0.0, attend=True), samples()
    assert classifier.attention is not None
    with torch.no_grad():
        classifier.attention.excite.bias[:] = torch.linspace(-2, 2, FEATURES)
        weighed = classifier.attention(features)
        assert not torch.allclose(weighed, features)
        plain = new_classifier(dropout=0.0)
        for scores in (classifier(features), classifier.activations(features).scores):
            torch.testing.assert_close(scores, plain(weighed))
