import asyncio
import json
import logging
from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfreeze.serve.metrics import Metrics
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings
from unfreeze.serve.watch import Watch

from .conftest import MakeClient, photo


def noted(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [each.fields for each in caplog.records if hasattr(each, "fields")]


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "unfreeze.serve")


def test_a_request_is_one_line_without_names(
    client: TestClient, caplog: pytest.LogCaptureFixture
) -> None:
    files = [("files", ("secret-name.png", photo())) for _ in range(2)]

    client.post("/predict?top=1", files=files, headers={"X-Request-Id": "a.1-b"})

    (line,) = noted(caplog)
    assert line.pop("milliseconds") > 0
    assert line == {
        "id": "a.1-b",
        "method": "POST",
        "route": "/predict",
        "status": 200,
        "photos": 2,
    }
    assert "secret-name" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "route", "status"),
    [
        ("GET", "/model", "/model", 401),
        ("GET", "/metrics", "/metrics", 401),
        ("POST", "/predict", "/predict", 401),
        ("GET", "/a/name/of/their/own", "other", 401),
        ("GET", "/openapi.json", "/openapi.json", 200),
        ("HEAD", "/health", "/health", 200),
        ("GET", "/page/page.js", "/page/{name}", 200),
        ("DELETE", "/health", "/health", 405),
    ],
)
def test_requests_that_are_turned_away_are_noted_by_their_route(
    make_client: MakeClient,
    caplog: pytest.LogCaptureFixture,
    method: str,
    path: str,
    route: str,
    status: int,
) -> None:
    client = make_client(ServerSettings(token="a"))  # noqa: S106  # of this test alone

    client.request(method, path)

    (line,) = noted(caplog)
    assert (line["method"], line["route"], line["status"]) == (method, route, status)


@pytest.mark.parametrize("given", ["", "two words", "x" * 65, '"quote"', "ü"])
def test_a_number_that_could_do_harm_is_replaced(
    client: TestClient, given: str
) -> None:
    reply = client.get("/health", headers={"X-Request-Id": given.encode()})

    assert len(reply.headers["x-request-id"]) == 16


def test_a_failure_is_told_by_its_number_and_nothing_else(
    make_client: MakeClient,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("/a/path/of/ours")

    monkeypatch.setattr(Predictor, "square_and_region", broken)

    reply = make_client().post("/predict", files={"files": photo()})

    assert reply.status_code == 500
    assert reply.json()["id"] == reply.headers["x-request-id"]
    assert "ours" not in reply.text
    assert "Traceback" not in reply.text
    assert "/a/path/of/ours" in caplog.text
    assert [each.get("status") for each in noted(caplog)] == [None, 500]


def run(app: ASGIApp) -> tuple[list[Message], Metrics]:
    sent: list[Message] = []
    metrics = Metrics()

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "BREW-1", "headers": [], "path": "/"}
    asyncio.run(Watch(app, metrics)(scope, None, send))  # type: ignore[arg-type]
    return sent, metrics


def test_who_left_before_the_answer_counts_apart(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None: ...

    sent, metrics = run(app)

    assert sent == []
    assert b'status="499"' in metrics.text()
    assert noted(caplog)[0]["method"] == "other"


def test_who_is_cut_off_at_the_end_is_told() -> None:
    sent: list[Message] = []

    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await asyncio.sleep(60)

    async def send(message: Message) -> None:
        sent.append(message)

    async def whole() -> None:
        scope = {"type": "http", "method": "GET", "headers": [], "path": "/"}
        asked = asyncio.create_task(Watch(endless, Metrics())(scope, None, send))  # type: ignore[arg-type]
        await asyncio.sleep(0.01)
        asked.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asked

    asyncio.run(whole())

    assert sent[0]["status"] == 503
    assert "stops" in json.loads(sent[1]["body"])["error"]
