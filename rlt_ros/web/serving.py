# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The panel as a whole: its node, its server, and the address at which it is found."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable
from dataclasses import dataclass

import uvicorn

from rlt_ros.web.access import LEAST_TOKEN, is_loopback
from rlt_ros.web.hub import Hub
from rlt_ros.web.panel_node import PanelNode, in_loop
from rlt_ros.web.protocol import MAX_COMMAND
from rlt_ros.web.server import make_app
from rlt_ros.web.steering import Steering

LOOPBACK, PORT, VIEWERS = "127.0.0.1", 8765, 16
_PING = 10.0  # seconds; a viewer that does not answer for as long is gone


@dataclass(frozen=True)
class Settings:
    """How the panel is to be served.

    Attributes:
        host: name or address to listen on.
        port: likewise; 0 takes one that is free.
        token: that viewers have to show; empty for none, or for one made up beyond loopback.
        viewers: how many there may be at a time.
        certificate, key: files for HTTPS; empty for HTTP.
    """

    host: str = LOOPBACK
    port: int = PORT
    token: str = ""
    viewers: int = VIEWERS
    certificate: str = ""
    key: str = ""


class SettingsError(ValueError):
    """The panel cannot be served so; the message says what to change."""


def serve(
    settings: Settings, say: Callable[[str], object], ros_arguments: list[str] | None = None
) -> None:
    """Serve the panel until SIGINT or SIGTERM comes.

    Args:
        settings: how.
        say: is told the address, once it can be opened.
        ros_arguments: of the node, as on a command line.

    Raises:
        SettingsError: it cannot be served so.
    """
    token = _token(settings)
    made_up = token if token != settings.token else ""
    with _listener(settings) as listener:
        address = _address(settings, listener.getsockname()[1], made_up)
        with contextlib.suppress(KeyboardInterrupt):  # uvicorn repeats the signal that ended it
            asyncio.run(_serve(settings, token, listener, lambda: say(address), ros_arguments))


async def _serve(
    settings: Settings,
    token: str,
    listener: socket.socket,
    ready: Callable[[], object],
    ros_arguments: list[str] | None,
) -> None:
    hub = Hub(settings.viewers)
    with PanelNode(in_loop(hub, asyncio.get_running_loop()), ros_arguments) as panel:
        hub.on_demand = panel.set_demand
        app = make_app(hub, Steering(panel), token=token, loopback_only=is_loopback(settings.host))
        config = uvicorn.Config(
            app,
            log_level="warning",
            access_log=False,
            server_header=False,
            lifespan="off",
            ws="websockets-sansio",
            ws_max_size=MAX_COMMAND,
            ws_per_message_deflate=False,  # JPEG does not get smaller
            ws_ping_interval=_PING,
            ws_ping_timeout=_PING,
            limit_concurrency=8 * settings.viewers + 16,  # browsers open six connections
            timeout_graceful_shutdown=1,
            ssl_certfile=settings.certificate or None,
            ssl_keyfile=settings.key or None,
        )
        ready()
        await uvicorn.Server(config).serve(sockets=[listener])


def _token(settings: Settings) -> str:
    if not settings.token:
        return "" if is_loopback(settings.host) else secrets.token_urlsafe(24)
    if len(settings.token) < LEAST_TOKEN or not settings.token.isascii():
        raise SettingsError(
            f"the token needs {LEAST_TOKEN} characters of ASCII or more; without one, the panel"
            " makes one up"
        )
    return settings.token


def _listener(settings: Settings) -> socket.socket:
    try:
        family = socket.getaddrinfo(settings.host, settings.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((settings.host, settings.port), family=family)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SettingsError(
            f"cannot listen on port {settings.port} of {settings.host}: {reason}; name another"
            " with --port and --host"
        ) from None


def _address(settings: Settings, port: int, made_up: str) -> str:
    host = settings.host
    if host in ("", "0.0.0.0", "::"):  # every address: name one that others can reach
        host = _own_address()
    if ":" in host:
        host = f"[{host}]"
    scheme = "https" if settings.certificate else "http"
    return f"{scheme}://{host}:{port}/" + (f"?token={made_up}" if made_up else "")


def _own_address() -> str:
    """Return this machine's address on the network, as far as it has one. Nothing is sent."""
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # an address for documentation
        return str(probe.getsockname()[0])
    return socket.gethostname()
