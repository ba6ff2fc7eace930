import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from unfreeze.serve.settings import Limits
from unfreeze.serve.whole_body import WholeBody

LIMITS = Limits(bytes=100, request_bytes=100, held_bytes=150, receive_seconds=0.2)


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await Response(body)(scope, receive, send)


class Client:
    """Sends pieces of a body, with a pause before each, and reads the answer."""

    def __init__(
        self, pieces: Sequence[bytes], *, pause: float = 0, leaves: bool = False,
        **headers: str,
    ) -> None:  # fmt: skip
        self.headers = [(k.encode(), v.encode()) for k, v in headers.items()]
        self.status: int | None = None
        self.body = b""
        self.received = 0
        self._messages = self._sent(pieces, pause, leaves)

    async def ask(self, server: WholeBody) -> int | None:
        scope = {"type": "http", "method": "POST", "headers": self.headers}
        await server(scope, self._receive, self._send)
        return self.status

    async def _receive(self) -> Message:
        return await anext(self._messages)

    async def _sent(
        self, pieces: Sequence[bytes], pause: float, leaves: bool
    ) -> AsyncIterator[Message]:
        for number, piece in enumerate(pieces, 1):
            await asyncio.sleep(pause)
            self.received += len(piece)
            more = leaves or number < len(pieces)
            yield {"type": "http.request", "body": piece, "more_body": more}
        while True:
            yield {"type": "http.disconnect"}

    async def _send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
        else:
            self.body += message["body"]


def asked(client: Client, limits: Limits = LIMITS) -> int | None:
    return asyncio.run(client.ask(WholeBody(echo, limits)))


def test_a_body_in_pieces_arrives_whole() -> None:
    client = Client([b"ab", b"", b"cd"])

    assert asked(client) == 200
    assert client.body == b"abcd"


def test_the_largest_body_is_taken() -> None:
    assert asked(Client([b"x" * 50, b"y" * 50])) == 200


def test_a_larger_one_is_refused_while_it_arrives() -> None:
    client = Client([b"x" * 50] * 4)

    assert asked(client) == 413
    assert b"more than 100 bytes" in client.body
    assert client.received == 200  # the rest is let pass, so that the client reads


def test_a_body_that_says_it_is_larger_is_refused_before() -> None:
    waiting = {"content-length": "101", "expect": "100-continue"}
    client = Client([b"x"], **waiting)

    assert asked(client) == 413
    assert client.received == 0


def test_a_slow_body_is_refused() -> None:
    assert asked(Client([b"x"] * 50, pause=0.05)) == 408


def test_who_leaves_is_not_answered() -> None:
    assert asked(Client([b"x"], leaves=True)) is None


@pytest.mark.parametrize("length", ["nonsense", "-5"])
def test_a_length_that_makes_no_sense_does_no_harm(length: str) -> None:
    assert asked(Client([b"x"], **{"content-length": length})) == 200


def test_all_requests_together_hold_so_much_and_no_more() -> None:
    async def both() -> list[int | None]:
        server = WholeBody(echo, LIMITS)
        slow = Client([b"x" * 80, b"x"], pause=0.06)
        first = asyncio.create_task(slow.ask(server))
        await asyncio.sleep(0.09)
        second = Client([b"y" * 80])
        refused = await second.ask(server)
        statuses = [await first, refused]
        again = Client([b"y" * 80])
        return [*statuses, await again.ask(server)]

    assert asyncio.run(both()) == [200, 503, 200]


def test_what_a_request_held_is_free_again_though_another_waited_meanwhile() -> None:
    async def ignore(_: Message) -> None: ...

    async def status_afterwards() -> int | None:
        server = WholeBody(echo, LIMITS)
        early, late = (asyncio.Queue[Message]() for _ in range(2))
        scope = {"type": "http", "method": "POST", "headers": []}
        early.put_nowait({"type": "http.request", "body": b"x" * 80, "more_body": True})
        first = asyncio.create_task(server(scope, early.get, ignore))
        await asyncio.sleep(0.01)  # 80 bytes are held
        second = asyncio.create_task(server(scope, late.get, ignore))
        await asyncio.sleep(0.01)  # it waits for its body
        for messages, task in ((early, first), (late, second)):
            messages.put_nowait({"type": "http.request", "body": b"x"})
            await task
        return await Client([b"y" * 80]).ask(server)

    assert asyncio.run(status_afterwards()) == 200


def test_other_traffic_passes() -> None:
    seen: list[str] = []

    async def app(scope: Scope, *_: object) -> None:
        seen.append(scope["type"])

    asyncio.run(WholeBody(app, LIMITS)({"type": "lifespan"}, None, None))  # type: ignore[arg-type]

    assert seen == ["lifespan"]
