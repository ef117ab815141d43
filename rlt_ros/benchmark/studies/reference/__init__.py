# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The paper preset's arithmetic in its most straightforward form, to compare and to time with.

It shares with ``rlt_ros.tracking`` the frozen network, the containers of weights and samples, and
the order in which random numbers are drawn, so that results agree to rounding; nothing else.
"""
