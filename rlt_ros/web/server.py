# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The web server: the page, its files, and one socket per viewer."""

from __future__ import annotations

from collections.abc import Awaitable
from contextlib import suppress
from pathlib import Path
from typing import Protocol

import anyio
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from rlt_ros.web import protocol
from rlt_ros.web.access import TOKEN_PATH, Access
from rlt_ros.web.hub import Hub, TooManyViewersError, Viewer
from rlt_ros.web.protocol import Ask, Clock, CommandError, Got, Start, Watch, parse_command

STATIC = Path(__file__).with_name("static")
MOST_REQUESTS = 4
"""Requests of one viewer that may wait for their answers."""

TRY_AGAIN_LATER, BROKEN_RULE = 1013, 1008


class Steering(Protocol):
    """What carries out what viewers ask for."""

    def now(self) -> float:
        """Return the time on the clock of stamps, in seconds."""

    def answer(self, command: Start | Ask) -> Awaitable[tuple[bool, str, str]]:
        """Carry out a command and return whether that went well, a target's id, and a message."""


def make_app(hub: Hub, steering: Steering, *, token: str, loopback_only: bool) -> Starlette:
    """Return the application; `token` and `loopback_only` as for `Access`."""

    async def page(_: Request) -> Response:
        return FileResponse(STATIC / "index.html")

    async def has_token(_: Request) -> Response:
        return RedirectResponse("/", 303)

    async def socket(connection: WebSocket) -> None:
        await connection.accept()
        try:
            viewer = hub.add()
        except TooManyViewersError as error:
            await connection.close(TRY_AGAIN_LATER, str(error))
            return
        try:
            await _Session(connection, viewer, hub, steering).run()
        finally:
            hub.remove(viewer)

    return Starlette(
        routes=[
            Route("/", page),
            Route(TOKEN_PATH, has_token, methods=["POST"]),
            WebSocketRoute("/socket", socket),
            # Links are what colcon --symlink-install makes of the files.
            Mount("/static", StaticFiles(directory=STATIC, follow_symlink=True)),
        ],
        middleware=[Middleware(Access, token=token, loopback_only=loopback_only)],
    )


class _Session:
    """One socket, from its opening to its end."""

    def __init__(self, connection: WebSocket, viewer: Viewer, hub: Hub, steering: Steering) -> None:
        self._connection = connection
        self._viewer = viewer
        self._hub = hub
        self._steering = steering
        self._waiting = 0

    async def run(self) -> None:
        async with anyio.create_task_group() as self._tasks:
            self._tasks.start_soon(self._send)
            await self._receive()
            self._tasks.cancel_scope.cancel()

    async def _send(self) -> None:
        with suppress(WebSocketDisconnect, RuntimeError):  # RuntimeError: it is being closed
            while True:
                message = await self._viewer.next()
                if isinstance(message, str):
                    await self._connection.send_text(message)
                else:
                    await self._connection.send_bytes(message)
        self._tasks.cancel_scope.cancel()

    async def _receive(self) -> None:
        try:
            while (message := await self._connection.receive())["type"] == "websocket.receive":
                text = message.get("text")
                if text is None:
                    raise CommandError("a command is text")
                self._obey(text)
        except CommandError as error:
            await self._connection.close(BROKEN_RULE, str(error)[:120])

    def _obey(self, text: str) -> None:
        command = parse_command(text)
        if isinstance(command, Got):
            self._viewer.got(command)
        elif isinstance(command, Clock):
            now = self._steering.now()
            self._viewer.put_text(protocol.text("clock", sent=command.sent, now=now))
        elif isinstance(command, Watch):
            self._hub.watch(self._viewer, command)
        elif self._waiting >= MOST_REQUESTS:
            self._answer(command, False, "", "too many requests wait for their answers")
        else:
            self._waiting += 1
            self._tasks.start_soon(self._ask, command)

    async def _ask(self, command: Start | Ask) -> None:
        self._answer(command, *await self._steering.answer(command))
        self._waiting -= 1

    def _answer(self, command: Start | Ask, ok: bool, target: str, message: str) -> None:
        self._viewer.put_text(
            protocol.text("answer", request=command.request, ok=ok, target=target, message=message)
        )
