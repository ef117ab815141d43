# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""How many random cases the tests of properties try, and with which settings of the tracker.

By default a thousand cases in all, the same in every run, with settings that learn next to nothing.
``RLT_PROPERTY_CASES=10000`` tries so many in each test, others in every run; a case that fails is
printed with what repeats it. ``RLT_PROPERTY_SETTINGS=default`` tracks with the default's settings.
Such runs last longer than the limit for a test: ``pytest --timeout 0 -k properties``.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

DEFAULT_SETTINGS = os.environ.get("RLT_PROPERTY_SETTINGS", "") == "default"


def random_cases(usual: int) -> settings:
    """Return hypothesis's settings for a test that tries ``usual`` cases unless told otherwise."""
    given = os.environ.get("RLT_PROPERTY_CASES", "")
    return settings(
        max_examples=int(given or usual),
        derandomize=not given,
        database=None,
        deadline=None,  # a busy machine is no fault; what hangs is ended by pytest-timeout
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
