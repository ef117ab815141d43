# Copyright 2026 rlt_ros authors
# SPDX-License-Identifier: Apache-2.0
"""The web server, asked without a browser: who may look, and what bad requests get."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the panel's libraries are missing: pip install .[web]")
pytest.importorskip("httpx2", reason="httpx2, which asks the server, is not installed")

from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from rlt_ros.web.hub import Hub
from rlt_ros.web.protocol import MAX_COMMAND, Ask, Start
from rlt_ros.web.server import make_app

TOKEN = "correct-horse-battery"
HOST = "http://localhost:8765"


class Steering:
    """Notes what is asked."""

    def __init__(self) -> None:
        self.asked: list[Start | Ask] = []

    def now(self) -> float:
        return 12.5

    async def answer(self, command: Start | Ask) -> tuple[bool, str, str]:
        self.asked.append(command)
        return True, "the-id", "done"


@pytest.fixture
def steering() -> Steering:
    return Steering()


@pytest.fixture
def hub() -> Hub:
    return Hub(3)


def client(hub: Hub, steering: Steering, token: str = "", loopback_only: bool = True) -> TestClient:
    app = make_app(hub, steering, token=token, loopback_only=loopback_only)
    return TestClient(app, base_url=HOST, follow_redirects=False)


@pytest.fixture
def plain(hub: Hub, steering: Steering) -> Iterator[TestClient]:
    with client(hub, steering) as made:
        yield made


@pytest.fixture
def guarded(hub: Hub, steering: Steering) -> Iterator[TestClient]:
    with client(hub, steering, TOKEN, loopback_only=False) as made:
        yield made


def opened(browser: TestClient, **headers: str) -> Any:
    return browser.websocket_connect(
        "ws://localhost:8765/socket", headers={"origin": HOST, **headers}
    )


def refused(browser: TestClient, **headers: str) -> bool:
    try:
        with browser.websocket_connect("ws://localhost:8765/socket", headers=headers):
            return False
    except WebSocketDisconnect as end:
        return end.code == 1008


# ---- the page ----------------------------------------------------------------------------------


def test_the_page_and_its_files_are_there(plain: TestClient) -> None:
    page = plain.get("/")
    assert page.status_code == 200
    named = {part.split('"')[0] for part in page.text.split('"/')[1:]}
    assert {"static/panel.js", "static/panel.css"} <= named
    for name in named:
        assert plain.get(f"/{name}").status_code == 200, name


def test_browsers_are_told_to_run_nothing_else(plain: TestClient) -> None:
    headers = plain.get("/").headers
    assert "default-src 'none'; script-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "path",
    ["/static", "/static/", "/static/uplot/", "/static/../server.py", "/static/%2e%2e/server.py"],
)
def test_no_folder_is_listed_and_nothing_else_is_read(plain: TestClient, path: str) -> None:
    answer = plain.get(path)
    assert answer.status_code in (307, 404)
    assert "panel.css" not in answer.text
    assert "import" not in answer.text


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(plain: TestClient, method: str) -> None:
    assert plain.request(method, "/").status_code == 405


# ---- who may look ------------------------------------------------------------------------------


@pytest.mark.parametrize("host", ["localhost:8765", "127.0.0.1:8765", "[::1]:8765"])
def test_loopback_answers_to_its_names(plain: TestClient, host: str) -> None:
    assert plain.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example"])
def test_loopback_answers_to_no_other_name(plain: TestClient, host: str) -> None:
    """A page elsewhere may have its name resolve to this machine."""
    assert plain.get("/", headers={"host": host}).status_code == 421
    assert refused(plain, host=host, origin=f"http://{host}")


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://localhost:9", ""])
def test_other_pages_reach_neither_routes_nor_socket(plain: TestClient, origin: str) -> None:
    assert plain.get("/", headers={"origin": origin}).status_code == 403
    assert refused(plain, origin=origin)


def test_a_socket_without_origin_is_refused(plain: TestClient) -> None:
    assert refused(plain)


@pytest.mark.parametrize("path", ["/", "/static/panel.js", "/static/nothing", "/nothing"])
@pytest.mark.parametrize("shown", ["", "wrong", TOKEN[:-1], TOKEN + "x", "tökën-tökën-tökën"])
def test_every_route_wants_the_token(guarded: TestClient, path: str, shown: str) -> None:
    answer = guarded.get(path, headers={b"authorization": f"Bearer {shown}".encode()})
    assert answer.status_code == 401
    assert "Give the token" in answer.text
    assert guarded.get(path, headers={"authorization": f"Bearer {TOKEN}"}).status_code in (200, 404)


def test_the_socket_wants_the_token(guarded: TestClient) -> None:
    assert refused(guarded, origin=HOST)
    assert refused(guarded, origin=HOST, authorization="Bearer wrong")
    assert refused(guarded, origin="http://evil.example", authorization=f"Bearer {TOKEN}")
    with opened(guarded, authorization=f"Bearer {TOKEN}") as socket:
        socket.send_json({"op": "clock", "sent": 1})
        assert socket.receive_json()["now"] == 12.5


def test_a_token_in_the_address_becomes_a_cookie(guarded: TestClient) -> None:
    answer = guarded.get("/", params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert guarded.get("/").status_code == 200
    with opened(guarded):
        pass


def test_a_token_in_the_form_becomes_a_cookie(guarded: TestClient) -> None:
    wrong = guarded.post("/token", data={"token": "wrong"})
    assert wrong.status_code == 401
    assert "That is not the token" in wrong.text
    assert guarded.post("/token", data={"token": TOKEN}).status_code == 303
    assert guarded.get("/").status_code == 200


def test_a_form_without_end_is_not_read(guarded: TestClient) -> None:
    assert guarded.post("/token", content=b"token=" + b"x" * 10**6).status_code == 401


def test_a_token_elsewhere_in_the_address_does_not_count(guarded: TestClient) -> None:
    assert guarded.get("/static/panel.js", params={"token": TOKEN}).status_code == 401


# ---- the socket --------------------------------------------------------------------------------


def test_requests_are_answered_by_their_numbers(plain: TestClient, steering: Steering) -> None:
    with opened(plain) as socket:
        socket.send_json(
            {"op": "start", "request": 7, "tracker": "/t", "box": [1, 2, 3, 4], "stamp": "5"}
        )
        assert socket.receive_json() == {
            "type": "answer",
            "request": 7,
            "ok": True,
            "target": "the-id",
            "message": "done",
        }
    assert steering.asked == [Start(7, "/t", (1.0, 2.0, 3.0, 4.0), 5, "")]


@pytest.mark.parametrize(
    "sent", ["", "{", '{"op": "quit"}', '{"op": "clock"}', "x" * (MAX_COMMAND + 1), b"bytes"]
)
def test_a_viewer_who_sends_nonsense_is_told_so_and_let_go(
    plain: TestClient, hub: Hub, sent: str | bytes
) -> None:
    with opened(plain) as socket, opened(plain) as other:
        socket.send_bytes(sent) if isinstance(sent, bytes) else socket.send_text(sent)
        end = socket.receive()
        assert (end["type"], end["code"]) == ("websocket.close", 1008)
        assert end["reason"]
        other.send_json({"op": "clock", "sent": 1})  # another is not disturbed
        assert other.receive_json()["type"] == "clock"
    assert hub.viewers == 0


def test_one_viewer_too_many_is_told_so(plain: TestClient) -> None:
    with opened(plain), opened(plain), opened(plain), opened(plain) as fourth:
        end = fourth.receive()
        assert (end["code"], end["reason"]) == (1013, "3 viewers are here, and no more are let in")


def test_a_hundred_viewers_come_and_go(plain: TestClient, hub: Hub) -> None:
    for _ in range(100):
        with opened(plain) as socket:
            socket.send_text(json.dumps({"op": "watch", "trackers": ["/t"], "pictures": ["/t"]}))
            socket.send_json({"op": "clock", "sent": 1})
            socket.receive_json()
            assert hub.viewers == 1
    assert hub.viewers == 0
