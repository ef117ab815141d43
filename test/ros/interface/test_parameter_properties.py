# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Whatever value a parameter is given: it is as declared, or refused in words that name it.

See ``random_cases`` for runs with more cases.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from random_cases import random_cases

pytest.importorskip("rclpy", reason="ROS 2 is not there: . tools/env.sh")

from rcl_interfaces.msg import ParameterDescriptor

from rlt_ros.ros.interface import parameters
from rlt_ros.ros.interface.parameters import DECLARED
from rlt_ros.tracking import ConfigError
from rlt_ros.tracking.settings import allowed_values, checked

# All that a ROS parameter can hold.
INTEGERS = st.integers(-(2**63), 2**63 - 1)
VALUES: st.SearchStrategy[Any] = st.one_of(
    st.booleans(),
    INTEGERS,
    st.integers(-2, 1100),
    st.floats(),
    st.floats(0, 1),
    st.text(max_size=10),
    st.sampled_from(["auto", "all", "0,1", "1,0", "nan,inf", "cpu", "default", "7000,8000"]),
    st.none(),
    st.binary(max_size=3),
    st.lists(st.booleans() | INTEGERS | st.floats() | st.text(max_size=3), max_size=3),
)


@random_cases(200)
@given(st.sampled_from(parameters.names()), VALUES)
def test_properties_of_any_value(name: str, value: Any) -> None:
    declared = DECLARED[name]
    descriptor: ParameterDescriptor = parameters._descriptor(declared)
    try:
        kept = checked(declared, value)
    except ConfigError as error:
        assert str(error) == f"{name} must be {allowed_values(declared)}, not {value!r}"
        assert parameters.refusal(name, value, active=True) == str(error)
        return
    assert type(kept) is type(declared.default)
    assert kept == value
    for span in (*descriptor.integer_range, *descriptor.floating_point_range):
        assert span.from_value <= kept <= span.to_value
    assert checked(declared, kept) == kept
    # As parameter files hold it.
    assert yaml.safe_load(f"{name}: {parameters._yaml(kept)}") == {name: kept}


@random_cases(50)
@given(st.text(max_size=30), VALUES)
def test_properties_of_any_name(name: str, value: Any) -> None:
    if name not in DECLARED:
        assert parameters.refusal(name, value, active=True).startswith(
            f"parameter {name} does not exist"
        )
