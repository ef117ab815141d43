# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""A page without a browser: what it would send, and what it gets."""

from __future__ import annotations

import json
from typing import Any

from websockets import Origin
from websockets.sync.client import connect


class PageClient:
    """One viewer of a tracker."""

    def __init__(self, address: str, tracker: str, *, acknowledges: bool = True) -> None:
        """Prepare; as a context it connects.

        Args:
            address: of the panel.
            tracker: the full name of its node.
            acknowledges: whether it tells the panel that it has got a picture.
        """
        self._tracker = tracker
        self._acknowledges = acknowledges
        self.pictures: list[dict[str, Any]] = []
        self.texts: list[dict[str, Any]] = []
        self._open = open_socket(address)

    def watch(self) -> None:
        names = [self._tracker]
        self.send(op="watch", trackers=names, pictures=names, attention=[])

    def send(self, **command: Any) -> None:
        self.socket.send(json.dumps(command))

    def ask(self, **command: Any) -> dict[str, Any]:
        self.send(tracker=self._tracker, request=1, **command)
        return self.receive("answer")

    def receive(self, kind: str) -> dict[str, Any]:
        """Return the next message of a kind; "picture" is one."""
        while True:
            message = self.socket.recv(60)
            if isinstance(message, bytes):
                length = int.from_bytes(message[:4], "big")
                header: dict[str, Any] = json.loads(message[4 : 4 + length])
                header |= {"bytes": len(message), "jpeg": message[4 + length :]}
                self.pictures.append(header)
                if self._acknowledges:
                    self.send(op="got", stream=header["stream"])
                if kind == "picture":
                    return header
            else:
                text: dict[str, Any] = json.loads(message)
                self.texts.append(text)
                if text["type"] == kind:
                    return text

    def __enter__(self) -> PageClient:
        self.socket = self._open.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        self._open.__exit__(*error)


def open_socket(address: str) -> Any:
    """Return a socket that is opened, and closed, as a context."""
    origin = Origin(address.rstrip("/"))
    return connect(f"{address.replace('http', 'ws')}socket", origin=origin, compression=None)
