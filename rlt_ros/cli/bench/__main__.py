# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``python -m rlt_ros.cli.bench`` is ``rlt-bench``."""

import sys

from rlt_ros.cli.start import bench

if __name__ == "__main__":
    sys.exit(bench())
