# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's Table 2: attention by a module that weighs features, or by training."""

from __future__ import annotations

from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Variant


def table2(weight: float = 5.0) -> Experiment:
    """Return the experiment, the attentive classifier trained with lambda ``weight``.

    Raises:
        ValueError: the weight is not positive.
    """
    if not weight > 0:
        raise ValueError(f"lambda must be positive, not {weight:g}: 0 is the baseline")
    ours = (0.704, 0.944) if weight == 5 else (None, None)  # the paper's is of lambda 5
    return Experiment(
        "table2",
        "attentive features or classifier",
        "Attentive features or an attentive classifier (the paper's Table 2)",
        "variant",
        [
            Variant("baseline", {"attention_weight": 0.0}, 0.671, 0.911),
            Variant(
                "baseline + attentive features",
                {"attention_weight": 0.0, "attention_module": "features"},
                0.686,
                0.932,
            ),
            Variant("baseline + attentive classifier", {"attention_weight": weight}, *ours),
        ],
        joined=False,
    )
