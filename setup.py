# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""`pip install .` installs the library and its command-line tools, without ROS.

Names, versions and dependencies stand in pyproject.toml.
"""

from setuptools import setup

setup()
