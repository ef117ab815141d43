# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Messages of a recording (rosbag2's mcap or sqlite3, or ROS 1's), one after the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from rosbags.highlevel import AnyReader
from rosbags.rosbag2 import Reader
from rosbags.typesys import Stores, get_typestore
from rosbags.typesys.store import Typestore

from rlt_ros.bags.fields import check_fields
from rlt_ros.bags.mcap_in_order import McapInOrder, has_message_index
from rlt_ros.bags.vision_msgs import DETECTION, FOXY_DEFINITIONS, detection_types
from rlt_ros.closing import Closing

METADATA = "metadata.yaml"
HEADER = "std_msgs/msg/Header"
_STORAGES = (".mcap", ".db3")
_LONGEST = 200  # letters of a reason


class BagError(ValueError):
    """A bag that cannot be read; the message names it and says why."""


class BagMessage(NamedTuple):
    """One message: topic, type such as "sensor_msgs/msg/Image", time of receipt, CDR bytes."""

    topic: str
    message_type: str
    stamp_ns: int
    data: bytes


class BagReader(Closing):
    """Reads a bag from disk as it is asked for messages; a bag may be larger than the memory.

    Messages of a ROS 1 bag come in CDR as well. A file without an index, such as that of a
    recording that was not finished, is read in its order.

    Attributes:
        path: of the bag.
        notes: what is unusual about the bag, in sentences for people.
    """

    def __init__(self, path: Path) -> None:
        """Open a bag: its directory, or a single .mcap, .db3 or (ROS 1) .bag file.

        Raises:
            BagError: it is no recording, or a broken one.
        """
        self.path = path
        self.notes: list[str] = []
        self._defaults = detection_types()
        self._foxy: Typestore | None = None
        try:
            self._reader = self._open()
        except BagError:
            raise
        except Exception as error:  # the storages and compressions have errors of their own
            raise BagError(
                f"cannot read the bag {path}: {_reason(error)}{_advice(path)}"
            ) from error
        self._types = self._reader.typestore
        if not self._reader.is2:
            self._types = self._without_seq(self._types)

    def _open(self) -> AnyReader:
        path = self.path
        folder = path.is_dir()
        if not path.exists():
            raise ValueError("there is no such file or folder")
        if folder and not (path / METADATA).is_file():
            files = sorted(each for each in path.iterdir() if each.suffix in _STORAGES)
            if not files:
                raise ValueError(f"it has neither {METADATA} nor an .mcap or .db3 file")
            self.notes.append(f"{path} has no {METADATA}; its files are read one after the other")
        else:
            files = _listed_mcaps(path) if folder else [path]
        unindexed = [each for each in files if each.suffix == ".mcap" and _is_unindexed(each)]
        listed = folder and (path / METADATA).is_file()
        reader = AnyReader(
            [path] if listed and not unindexed else files, default_typestore=self._defaults
        )
        for each in reader.readers:
            if isinstance(each, Reader) and each.path in unindexed:
                each.storage = McapInOrder(Path(each.path))
        reader.open()
        names: list[object] = [each.topic for each in reader.connections]
        names += [each.msgtype for each in reader.connections]
        if not all(isinstance(name, str) for name in names):
            reader.close()
            raise BagError(
                f"cannot read the bag {path}: the name of a topic, or of its type, is no text;"
                " correct it in the table topics, with sqlite3"
            )
        for each in reader.readers:
            storage = each.storage if isinstance(each, Reader) else None
            if isinstance(storage, McapInOrder) and not storage.finished:
                self.notes.append(
                    f"{storage.path} was not finished or is cut off; its "
                    f"{storage.metadata.message_count} complete messages are read"
                )
        return reader

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
            BagError: the bag lacks a topic, breaks off, or has nothing of what it lists.
        """
        for topic in topics:
            if topic not in self.topics:
                raise BagError(
                    f"the bag {self.path} has no topic {topic}; it has {', '.join(self.topics)}"
                )
        links = [link for link in self._reader.connections if not topics or link.topic in topics]
        found = False
        try:
            for link, stamp_ns, data in self._reader.messages(links):
                found = True
                if not self._reader.is2:
                    data = self._in_cdr(data, link.msgtype)
                yield BagMessage(link.topic, link.msgtype, stamp_ns, data)
        except Exception as error:  # as above
            raise BagError(f"the bag {self.path} breaks off: {_reason(error)}") from error
        listed = sum(self.counts[name] for name in topics or self.topics)
        if listed and not found:
            raise BagError(
                f"the bag {self.path} lists {listed} messages on"
                f" {', '.join(topics or self.topics)} and holds none{_without_list(self.path)}"
            )

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
            types = self._types_with(message.message_type)
            decoded = types.deserialize_cdr(message.data, message.message_type)
            check_fields(decoded, message.message_type)
            return decoded
        except Exception as error:  # cut bytes fail wherever the decoder happens to be
            if (older := self._as_in_foxy(message)) is not None:
                return older
            raise BagError(
                f"a message of {message.topic} does not fit {message.message_type}: "
                f"{_reason(error)}"
            ) from error

    def _types_with(self, message_type: str) -> Typestore:
        """Return the types that the bag defines, or the usual ones where it lacks this one."""
        return self._types if message_type in self._types.fielddefs else self._defaults

    def _as_in_foxy(self, message: BagMessage) -> Any:
        """Return a detection of a bag without definitions that is laid out as in Foxy, or None."""
        if message.message_type != DETECTION:
            return None
        self._foxy = self._foxy or detection_types(FOXY_DEFINITIONS)
        try:
            return self._foxy.deserialize_cdr(message.data, message.message_type)
        except Exception:  # as above
            return None

    def _without_seq(self, types: Typestore) -> Typestore:
        """Return ROS 1's types with the header of ROS 2, into which its messages are turned."""
        store = get_typestore(Stores.EMPTY)
        store.register({**types.fielddefs, HEADER: self._defaults.fielddefs[HEADER]})
        return store

    def _in_cdr(self, data: bytes, message_type: str) -> bytes:
        """Return a ROS 1 message in CDR; nothing where it does not fit its definition."""
        try:
            return bytes(self._types_with(message_type).ros1_to_cdr(data, message_type))
        except Exception:  # as above
            return b""

    def close(self) -> None:
        """Close the files."""
        self._reader.close()


def _reason(error: Exception) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."  # some quote the whole file


def _is_unindexed(mcap: Path) -> bool:
    return mcap.is_file() and not has_message_index(mcap)


def _listed_mcaps(bag: Path) -> list[Path]:
    """Return the .mcap files that a bag's metadata list; none if one is missing."""
    text = (bag / METADATA).read_text(encoding="utf-8", errors="replace")
    names = re.findall(r"""(?m)^\s*- (?!path:)["']?(.+\.mcap)["']?\s*$""", text)
    files = [bag / Path(name).name for name in dict.fromkeys(names)]
    return files if all(file.is_file() for file in files) else []


def _advice(path: Path) -> str:
    """Return what mends such a bag, where something does."""
    if not path.exists():
        return ""
    if path.is_file() and path.suffix == ".zstd":
        return "; give the bag's folder, or unpack the file with 'zstd -d'"
    if path.is_file() and path.suffix == ".bag":
        return "; 'rosbag reindex' of ROS 1 may save what it holds"
    advice = _without_list(path)
    files = path.iterdir() if path.is_dir() else [path]
    if any(file.suffix == ".db3" for file in files):
        # Not by its '.recover', which Debian's sqlite3 (3.40) is built without.
        advice += (
            "; \"sqlite3 OLD.db3 .dump | sed 's/^ROLLBACK.*/COMMIT;/' | sqlite3 NEW.db3\""
            " saves what a broken .db3 file still holds"
        )
    return advice


def _without_list(path: Path) -> str:
    """Return what to do where the list of a bag's messages is wrong; empty if it has none."""
    if path.is_dir() and any(file.suffix in _STORAGES for file in path.iterdir()):
        return f"; without its {METADATA} the files themselves are read"
    return ""
