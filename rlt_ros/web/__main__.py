# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""``python -m rlt_ros.web`` is the command ``rlt-panel``."""

import sys

from rlt_ros.cli.start import run

if __name__ == "__main__":
    sys.exit(run("rlt_ros.web.main"))
