# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""rosbag2 recordings (mcap or sqlite3 storage) that exist only when they are complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Literal

from rosbags.interfaces import Connection
from rosbags.rosbag2 import StoragePlugin, Writer
from rosbags.typesys import Stores, get_types_from_msg, get_typestore
from rosbags.typesys.store import Typestore

from rlt_ros.bags.reader import BagReader
from rlt_ros.closing import Discarding
from rlt_ros.whole_files import NotWrittenError, Part

METADATA_VERSION: Literal[9] = 9  # of ROS 2 Jazzy
STORAGES = {"mcap": StoragePlugin.MCAP, "sqlite3": StoragePlugin.SQLITE3}


def jazzy_types(message_folders: Mapping[str, Path] | None = None) -> Typestore:
    """Return the message types of ROS 2 Jazzy and those of further packages.

    Args:
        message_folders: package name to the folder of its ``.msg`` files, each package after
            those that it uses.

    Raises:
        FileNotFoundError: a folder holds no message definition.
    """
    store = get_typestore(Stores.ROS2_JAZZY)
    for package, folder in (message_folders or {}).items():
        files = sorted(folder.glob("*.msg"))
        if not files:
            raise FileNotFoundError(f"{folder} holds no message definitions of {package}")
        types = {}
        for file in files:
            name = f"{package}/msg/{file.stem}"
            types.update(get_types_from_msg(file.read_text(encoding="utf-8"), name))
        store.register(
            {name: fields for name, fields in types.items() if name not in store.fielddefs}
        )
    return store


class BagWriter(Discarding):
    """Writes serialized messages into a new bag directory.

    The bag is written beside its place and moved there by ``close``, replacing an older one, so a
    run that dies leaves no broken bag under the name. Leaving a ``with`` block by an exception
    removes what was written.
    """

    def __init__(self, path: Path, types: Typestore, storage: str = "mcap") -> None:
        """Start a bag.

        Args:
            path: directory of the bag.
            types: where definitions of the messages are found.
            storage: "mcap" or "sqlite3".
        """
        self.path = path
        self.types = types
        self.counts: dict[str, int] = {}
        # The directory's name is also the file's in it, hence a folder around the directory.
        self._around = Part(path, path.with_name(f".{path.name}.part"))
        self._part = Part(path, self._around.place / path.name)
        self._writer = Writer(
            self._part.place, version=METADATA_VERSION, storage_plugin=STORAGES[storage]
        )
        with self._saying_why():
            self._writer.open()
        self._topics: dict[str, Connection] = {}

    def add_topic(self, topic: str, message_type: str) -> None:
        """Declare a topic, for example "/camera/image_raw" of "sensor_msgs/msg/Image"."""
        self._topics[topic] = self._writer.add_connection(topic, message_type, typestore=self.types)
        self.counts[topic] = 0

    def write(self, topic: str, stamp_ns: int, message: bytes | memoryview) -> None:
        """Append one message in CDR, received at a time in nanoseconds.

        Raises:
            NotWrittenError: the disk is full, for example.
        """
        with self._saying_why():
            self._writer.write(self._topics[topic], stamp_ns, message)
        self.counts[topic] += 1

    def close(self) -> None:
        """Finish the bag and move it to its place.

        Raises:
            NotWrittenError: it does not read back; it is removed.
        """
        try:
            with self._saying_why():
                self._writer.close()
                with BagReader(self._part.place) as written:
                    if written.counts != self.counts:
                        raise OSError(f"{written.counts} of {self.counts} messages read back")
                self._part.finish()
        finally:
            self._around.discard()

    def discard(self) -> None:
        """Stop and remove what was written."""
        with suppress(Exception):  # it cannot even close its file on a full disk
            self._writer.abort()
        self._around.discard()

    @contextmanager
    def _saying_why(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:  # the storages have errors of their own
            raise NotWrittenError.because(self.path, error) from error
