# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Visual tracking with reciprocative learning: the tracker, its tools and its ROS 2 node."""

from pkgutil import extend_path

# The source folder and the generated messages (rlt_ros.msg, in install/) form one package, so that
# a Python started in the source folder finds both.
__path__ = extend_path(__path__, __name__)
