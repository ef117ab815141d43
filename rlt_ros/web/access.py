# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""Who may look: token, origin and host, checked for every request and socket before anything else.

On loopback there need be no token; but a page from elsewhere that a browser shows must not reach
the panel there, so the host has to be a name of loopback, and the origin the panel's own.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import ipaddress
from urllib.parse import parse_qs, urlsplit

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

LEAST_TOKEN = 16
"""Characters that a token has at least."""

TOKEN_PATH = "/token"
_LONGEST_FORM = 2048  # bytes
_MONTH = 30 * 24 * 3600  # seconds

# Of the page that asks for the token, as files want the token, too.
_STYLE = (
    ":root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}"
    "body{margin:0;min-height:100vh;display:grid;place-items:center;"
    "background:light-dark(#e9edf2,#0c0f13);color:light-dark(#06090d,#eef2f6)}"
    "main{width:min(26rem,90vw);padding:1.5rem;border:1px solid light-dark(#97a1af,#3a424e);"
    "border-radius:12px;background:light-dark(#fff,#161a20);box-sizing:border-box}"
    "h1{margin:0;font-size:1.25rem}label{display:block;font-weight:600}"
    "input,button{font:inherit;width:100%;min-height:2.75rem;margin-top:.3rem;padding:.4rem .8rem;"
    "border-radius:8px;border:1px solid light-dark(#97a1af,#3a424e);box-sizing:border-box}"
    "button{margin-top:1rem;background:light-dark(#0a4fc0,#2f6fdd);color:#fff;font-weight:600}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; img-src 'self' blob: data:;"
        f" style-src 'self' 'sha256-{_STYLE_HASH}';"
        " connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}

_ASK = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Token wanted</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>{style}</style>
<main><h1>Tracker panel</h1><p>{text}</p>
<form method="post" action="{path}"><label>Token
<input name="token" type="password" autocomplete="current-password" required autofocus></label>
<button>Open</button></form></main></html>
"""


def is_loopback(host: str) -> bool:
    """Whether a host, name or address, is this machine alone."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Access:
    """ASGI middleware that lets nothing through that it has not checked."""

    def __init__(self, app: ASGIApp, *, token: str, loopback_only: bool) -> None:
        """Wrap an application.

        Args:
            app: what is guarded.
            token: that has to be shown; empty for none.
            loopback_only: whether requests must name a host that is loopback.
        """
        self._app = app
        self._token = token
        self._loopback_only = loopback_only

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through or answer it."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        refusal = self._wrong_place(connection)
        if refusal is None and not self._has_token(connection):
            if scope["type"] == "http":
                refusal = await self._token_shown(Request(scope, receive))
            else:
                refusal = PlainTextResponse("a token is wanted", 401)
        if refusal is None:
            await self._app(scope, receive, _with_headers(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before it is open: HTTP 403
        else:
            await refusal(scope, receive, _with_headers(send))

    def _wrong_place(self, connection: HTTPConnection) -> Response | None:
        host = connection.headers.get("host", "")
        if self._loopback_only and not is_loopback(urlsplit(f"//{host}").hostname or ""):
            return PlainTextResponse("this panel answers to localhost alone", 421)
        origin = connection.headers.get("origin")
        if origin is None:
            # Browsers name the origin of every socket.
            missing = connection.scope["type"] == "websocket"
            return PlainTextResponse("an origin is wanted", 403) if missing else None
        if not host or urlsplit(origin).netloc.lower() != host.lower():
            return PlainTextResponse("another page may not look in here", 403)
        return None

    def _has_token(self, connection: HTTPConnection) -> bool:
        if not self._token:
            return True
        shown = connection.cookies.get(_cookie(connection), "")
        kind, _, bearer = connection.headers.get("authorization", "").partition(" ")
        return self._is_token(bearer if kind.lower() == "bearer" else shown)

    def _is_token(self, shown: str) -> bool:
        return hmac.compare_digest(shown.encode(), self._token.encode())

    async def _token_shown(self, request: Request) -> Response:
        """Take the token from the address or the form and keep it in a cookie, or ask for it."""
        shown = None
        if request.method == "GET" and request.url.path == "/":
            shown = request.query_params.get("token")
        elif request.method == "POST" and request.url.path == TOKEN_PATH:
            shown = await _form_token(request)
        if shown is not None and self._is_token(shown):
            response = RedirectResponse("/", 303)
            response.set_cookie(
                _cookie(request),
                self._token,
                max_age=_MONTH,
                httponly=True,
                samesite="strict",
                secure=request.url.scheme == "https",
            )
            return response
        words = "Give the token that was printed when the panel was started."
        text = words if shown is None else f"That is not the token. {words}"
        return HTMLResponse(_ASK.format(text=text, path=TOKEN_PATH, style=_STYLE), 401)


async def _form_token(request: Request) -> str:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _LONGEST_FORM:
            return ""
    return parse_qs(body.decode("utf-8", "replace")).get("token", [""])[0]


def _cookie(connection: HTTPConnection) -> str:
    """Cookies are those of a host, whatever the port; a panel has one of its own."""
    return f"rlt_panel_{connection.url.port or 0}"


def _with_headers(send: Send) -> Send:
    async def checked(message: dict[str, object]) -> None:
        if message["type"] == "http.response.start":
            raw = message.setdefault("headers", [])
            present = Headers(raw=list(raw))  # type: ignore[call-overload]
            raw.extend(  # type: ignore[attr-defined]
                (name.lower().encode(), value.encode())
                for name, value in _HEADERS.items()
                if name not in present
            )
        await send(message)

    return checked  # type: ignore[return-value]
