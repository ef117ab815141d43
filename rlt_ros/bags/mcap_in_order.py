# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""MCAP files without the indexes that rosbags goes by, read from their beginning on.

A recording that was not finished has no index at all, and some writers leave out the index of
each chunk's messages.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Generator, Iterator
from pathlib import Path
from typing import Any

from mcap.reader import make_reader
from mcap.records import Channel, Message, Schema
from mcap.stream_reader import StreamReader
from rosbags.interfaces import (
    Connection,
    ConnectionExtRosbag2,
    MessageDefinition,
    MessageDefinitionFormat,
)
from rosbags.rosbag2.metadata import ReaderMetadata

_FORMATS = {
    "ros2msg": MessageDefinitionFormat.MSG,
    "ros2idl": MessageDefinitionFormat.IDL,
    "omgidl": MessageDefinitionFormat.IDL,
}


def has_message_index(path: Path) -> bool:
    """Return whether the index at the file's end leads to every message, as rosbags needs it."""
    try:
        with path.open("rb") as file:
            reader = make_reader(file)
            if reader.get_header().profile != "ros2":
                return False
            summary = reader.get_summary()
    except Exception:  # cut bytes fail wherever the reader happens to be
        return False
    chunks = summary.chunk_indexes if summary is not None else []
    return bool(chunks) and all(chunk.message_index_offsets for chunk in chunks)


class McapInOrder:
    """A storage for rosbags' ``Reader``: messages in the order of the file, not of their times.

    Attributes:
        connections: the file's channels of messages in CDR, with their numbers of messages.
        metadata: rosbags wants it; only the number of messages is told.
        finished: whether the file has a proper end.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.connections: list[Connection] = []
        self.metadata = ReaderMetadata(0, 2**63 - 1, 0, 0, None, None, None, None)
        self.finished = True

    def open(self) -> None:
        """Read through the file once to see what it holds.

        Raises:
            ValueError: there is no message in CDR in it although it is not empty.
        """
        schemas: dict[int, Schema] = {}
        channels: dict[int, Channel] = {}
        counts: Counter[int] = Counter()
        try:
            for record in self._records():
                if isinstance(record, Schema):
                    schemas[record.id] = record
                elif isinstance(record, Channel):
                    channels[record.id] = record
                elif isinstance(record, Message):
                    counts[record.channel_id] += 1
        except ValueError:
            if not counts:
                raise
        if not (self.finished or counts):
            raise ValueError("it ends before its first message is complete")
        others = sorted({one.message_encoding for one in channels.values()} - {"cdr"})
        self.connections = [
            self._connection(channel, schemas.get(channel.schema_id), counts[channel.id])
            for channel in channels.values()
            if channel.message_encoding == "cdr"
        ]
        if others and not self.connections:
            raise ValueError(f"its messages are in {', '.join(others)}, not in CDR as in ROS 2")
        self.metadata = self.metadata._replace(message_count=sum(counts.values()))

    def close(self) -> None:
        """Do nothing: no file stays open."""

    def messages(
        self,
        connections: Collection[Connection],
        start: int | None = None,
        stop: int | None = None,
    ) -> Generator[tuple[Connection, int, bytes], None, None]:
        """Yield connection, time of receipt in nanoseconds and bytes; times are not chosen from.

        Raises:
            ValueError: the file is broken in the middle; where it just ends, so does this.
        """
        wanted = {connection.id: connection for connection in connections}
        for record in self._records():
            if isinstance(record, Message) and record.channel_id in wanted:
                yield wanted[record.channel_id], record.log_time, record.data

    def _records(self) -> Iterator[Any]:
        with self.path.open("rb") as file:
            records = iter(StreamReader(file, validate_crcs=True).records)
            while True:
                try:
                    record = next(records, None)
                except Exception as error:  # the decompressors have errors of their own
                    if not file.read(1):
                        self.finished = False
                        return
                    text = " ".join(str(error).split()) or type(error).__name__
                    raise ValueError(f"{self.path.name}: {text}") from error
                if record is None:
                    return
                yield record

    def _connection(self, channel: Channel, schema: Schema | None, count: int) -> Connection:
        form = _FORMATS.get(schema.encoding) if schema is not None else None
        definition = MessageDefinition(MessageDefinitionFormat.NONE, "")
        if schema is not None and form is not None:
            definition = MessageDefinition(form, schema.data.decode(errors="replace"))
        return Connection(
            id=channel.id,
            topic=channel.topic,
            msgtype=schema.name if schema is not None else "",
            msgdef=definition,
            digest="",
            msgcount=count,
            ext=ConnectionExtRosbag2(channel.message_encoding, []),
            owner=self,
        )
