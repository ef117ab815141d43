# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The stamp of a serialized message that begins with a std_msgs/Header, without decoding it."""

from __future__ import annotations

import struct

# Four bytes say how the rest is encoded; the lowest bit of the second is set for little-endian.
_FORMATS = (">4xiI", "<4xiI")


def stamp_of(cdr: bytes) -> int:
    """Return the stamp in nanoseconds; 0 stands for no stamp, or a message cut before its end."""
    if len(cdr) < 12:
        return 0
    seconds, nanoseconds = struct.unpack_from(_FORMATS[cdr[1] & 1], cdr)
    return int(seconds) * 10**9 + int(nanoseconds)


def with_stamp(cdr: bytes, stamp_ns: int) -> bytes:
    """Return the message with another stamp."""
    order = _FORMATS[cdr[1] & 1][0]
    return cdr[:4] + struct.pack(f"{order}iI", *divmod(stamp_ns, 10**9)) + cdr[12:]
