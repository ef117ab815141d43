# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""What is wrong with a data set."""


class DatasetError(ValueError):
    """A data set or sequence that cannot be read; the message names the file and the line."""
