# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Errors that the tracking library raises on purpose; each message says what to do."""


class InvalidImageError(ValueError):
    """An image that cannot be tracked in: wrong shape, type, size or content."""


class InvalidBoxError(ValueError):
    """A box that does not name a target: not finite, smaller than a pixel, outside the image."""


class TrackerStoppedError(RuntimeError):
    """A call that was ended, or not begun, because the tracker was told to stop."""


class ConfigError(ValueError):
    """A setting with a wrong name, type or value."""


class InvalidTargetError(ValueError):
    """A saved target that cannot be taken up: damaged, foreign, newer, or of other settings."""


class WeightsError(RuntimeError):
    """A backbone weight file that is missing, damaged or of another network."""
