# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper's Table 1: how much the weight of the regulariser matters."""

from __future__ import annotations

from collections.abc import Sequence

from rlt_ros.benchmark.studies.experiments.experiment import Experiment, Variant

LAMBDAS = tuple(float(weight) for weight in range(9))
# Published, of lambda 0 to 8 on OTB-2013.
PAPER_PRECISION = (0.911, 0.917, 0.936, 0.941, 0.940, 0.944, 0.938, 0.929, 0.911)
PAPER_AUC = (0.671, 0.688, 0.694, 0.704, 0.704, 0.704, 0.701, 0.695, 0.684)


def table1(lambdas: Sequence[float] = LAMBDAS) -> Experiment:
    """Return the experiment; the smallest lambda is what the others are compared with.

    Raises:
        ValueError: no lambda is given, or a negative one.
    """
    weights = sorted(set(lambdas))
    if not weights or weights[0] < 0:
        raise ValueError("give one lambda or more, none of them negative, for example 0,1,5")
    return Experiment(
        "table1",
        "lambda",
        "Weight of the reciprocative regulariser (the paper's Table 1)",
        "lambda",
        [_variant(weight) for weight in weights],
        joined=True,
    )


def _variant(weight: float) -> Variant:
    auc = dict(zip(LAMBDAS, PAPER_AUC, strict=True)).get(weight)
    precision = dict(zip(LAMBDAS, PAPER_PRECISION, strict=True)).get(weight)
    return Variant(f"{weight:g}", {"attention_weight": weight}, auc, precision)
