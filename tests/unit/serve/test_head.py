import asyncio

import pytest
from starlette.testclient import TestClient
from starlette.types import Message

from unfreeze.serve.head import HeadAsGet
from unfreeze.serve.settings import ServerSettings

from .conftest import MakeClient


@pytest.mark.parametrize("path", ["/", "/health", "/ready", "/model", "/docs"])
def test_heads_are_those_of_the_whole_answer(client: TestClient, path: str) -> None:
    whole, head = client.get(path), client.head(path)

    assert (head.status_code, head.content) == (200, b"")
    for each in ("content-type", "content-length"):
        assert head.headers[each] == whole.headers[each]


def test_routes_that_know_no_get_know_no_head(client: TestClient) -> None:
    reply = client.head("/predict")

    assert reply.status_code == 405
    assert reply.headers["allow"] == "POST"


def test_a_head_needs_the_token_too(make_client: MakeClient) -> None:
    client = make_client(ServerSettings(token="a"))  # noqa: S106  # of this test alone

    assert client.head("/model").status_code == 401


def test_no_body_is_sent(client: TestClient) -> None:
    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {
        "type": "http",
        "method": "HEAD",
        "path": "/health",
        "query_string": b"",
        "headers": [],
    }
    app = HeadAsGet(client.app)
    asyncio.run(app(scope, receive, send))

    start, *bodies = sent
    assert start["status"] == 200
    assert [each["body"] for each in bodies] == [b""]
