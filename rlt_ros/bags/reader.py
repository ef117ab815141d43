# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a rosbag2 recording (mcap or sqlite3), one after the other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple

from rosbags.highlevel import AnyReader

from rlt_ros.bags.vision_msgs import detection_types


class BagError(ValueError):
    """A bag that cannot be read; the message names it and says why."""


class BagMessage(NamedTuple):
    """One message: topic, type such as "sensor_msgs/msg/Image", time of receipt, CDR bytes."""

    topic: str
    message_type: str
    stamp_ns: int
    data: bytes


class BagReader:
    """Reads a bag from disk as it is asked for messages; a bag may be larger than the memory."""

    def __init__(self, path: Path) -> None:
        """Open a bag: its directory, or a single .mcap or .db3 file.

        Raises:
            BagError: it is no rosbag2 recording, or a broken one.
        """
        self.path = path
        try:
            self._reader = AnyReader([path], default_typestore=detection_types())
            self._reader.open()
        except Exception as error:  # the storages and compressions have errors of their own
            raise BagError(
                f"cannot read the bag {path}: {_reason(error)}{_advice(path)}"
            ) from error

    @property
    def topics(self) -> dict[str, str]:
        """Topic to message type."""
        return {link.topic: link.msgtype for link in self._reader.connections}

    @property
    def counts(self) -> dict[str, int]:
        """Topic to number of messages."""
        return {name: info.msgcount for name, info in self._reader.topics.items()}

    def messages(self, *topics: str) -> Iterator[BagMessage]:
        """Yield the messages of some topics, or of all, in the order of their receipt.

        Raises:
            BagError: the bag lacks a topic, or breaks off.
        """
        for topic in topics:
            if topic not in self.topics:
                raise BagError(
                    f"the bag {self.path} has no topic {topic}; it has {', '.join(self.topics)}"
                )
        links = [link for link in self._reader.connections if not topics or link.topic in topics]
        try:
            for link, stamp_ns, data in self._reader.messages(links):
                yield BagMessage(link.topic, link.msgtype, stamp_ns, data)
        except Exception as error:  # as above
            raise BagError(f"the bag {self.path} breaks off: {_reason(error)}") from error

    def messages_until_it_breaks(
        self, topic: str, reasons: list[str] | None = None
    ) -> Iterator[BagMessage]:
        """Yield the messages of a topic, of a bag that breaks off those before.

        Args:
            topic: which.
            reasons: gets what broke the bag off, if something does.
        """
        try:
            yield from self.messages(topic)
        except BagError as error:
            if reasons is not None:
                reasons.append(str(error))

    def decode(self, message: BagMessage) -> Any:
        """Return a message as an object with the fields of its definition in the bag.

        Raises:
            BagError: its bytes do not fit the definition.
        """
        try:
            return self._reader.deserialize(message.data, message.message_type)
        except Exception as error:  # cut bytes fail wherever the decoder happens to be
            raise BagError(
                f"a message of {message.topic} does not fit {message.message_type}: "
                f"{_reason(error)}"
            ) from error

    def close(self) -> None:
        """Close the files."""
        self._reader.close()

    def __enter__(self) -> BagReader:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def _reason(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _advice(path: Path) -> str:
    if path.is_dir() and not (path / "metadata.yaml").is_file():
        return "; 'ros2 bag reindex' writes a missing metadata.yaml"
    if path.exists():
        return "; 'mcap recover' or sqlite3's '.recover' saves what a broken file still holds"
    return ""
