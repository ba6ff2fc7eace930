import asyncio
import socket
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import pytest
import uvicorn
from starlette.types import ASGIApp, Receive, Scope, Send

from unfreeze.serve.connection import PatientConnection
from unfreeze.serve.settings import Limits
from unfreeze.serve.whole_body import WholeBody

LIMITS = Limits(header_seconds=0.2, read_seconds=0.5, connections=2)
GET = b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"


async def hello(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": b"hello"})


@asynccontextmanager
async def listening(app: ASGIApp = hello) -> AsyncIterator[Any]:
    """A uvicorn server in this event loop, and a way to connect to it."""
    config = uvicorn.Config(
        app,
        http=partial(PatientConnection, limits=LIMITS),  # type: ignore[arg-type]
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=1,
    )
    server = uvicorn.Server(config)
    config.load()
    server.lifespan = config.lifespan_class(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
        await server.startup([listener])
        yield server, partial(asyncio.open_connection, *address)
        await server.shutdown([listener])


async def answer(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    return head + await reader.readexactly(5)


async def closed_after(reader: asyncio.StreamReader) -> float:
    loop = asyncio.get_running_loop()
    started = loop.time()
    await asyncio.wait_for(reader.read(), 10)
    return loop.time() - started


@pytest.mark.parametrize("start", [b"", b"GET", GET[:-2]])
def test_headers_that_do_not_come_end_the_connection(start: bytes) -> None:
    async def whole() -> float:
        async with listening() as (_, connect):
            reader, writer = await connect()
            writer.write(start)
            seconds = await closed_after(reader)
            writer.close()
            return seconds

    assert 0.1 < asyncio.run(whole()) < 5


def test_a_second_request_has_its_own_time() -> None:
    async def whole() -> list[bytes]:
        async with listening() as (_, connect):
            reader, writer = await connect()
            found = []
            for _ in range(3):
                writer.write(GET)
                found.append(await answer(reader))
                await asyncio.sleep(0.15)
            writer.write(b"GET /half")
            found.append(await asyncio.wait_for(reader.read(), 5))
            writer.close()
            return found

    *answers, rest = asyncio.run(whole())
    assert [each[-5:] for each in answers] == [b"hello"] * 3
    assert rest == b""


def test_a_connection_that_asks_nothing_more_is_closed() -> None:
    async def whole() -> float:
        async with listening() as (_, connect):
            reader, writer = await connect()
            writer.write(GET)
            await answer(reader)
            seconds = await closed_after(reader)
            writer.close()
            return seconds

    assert 0.8 < asyncio.run(whole()) < 5  # uvicorn's clock, set to a second


def test_too_many_connections_are_told_so() -> None:
    async def whole() -> bytes:
        async with listening() as (_, connect):
            streams = [await connect() for _ in range(3)]
            found: bytes = await streams[-1][0].read()
            for _, writer in streams:
                writer.close()
            return found

    found = asyncio.run(whole())
    assert found.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
    assert b'{"error":"Too many connections' in found


def test_what_is_no_http_is_told_so() -> None:
    async def whole() -> bytes:
        async with listening() as (_, connect):
            reader, writer = await connect()
            writer.write(b"no HTTP\r\n\r\n")
            found: bytes = await reader.read()
            writer.close()
            return found

    assert asyncio.run(whole()).startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_at_the_end_answers_say_that_they_are_the_last(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("unfreeze.serve.connection._LAST_SECONDS", 5)

    async def whole() -> tuple[bytes, bytes, bytes]:
        go_on, asked = asyncio.Event(), asyncio.Semaphore(0)

        async def held_up(scope: Scope, receive: Receive, send: Send) -> None:
            asked.release()
            await go_on.wait()
            await hello(scope, receive, send)

        async with listening(held_up) as (server, connect):
            first, idle = await connect(), await connect()
            first[1].write(GET)
            await asked.acquire()
            ending = asyncio.create_task(server.shutdown())
            await asyncio.sleep(0.05)
            idle[1].write(GET)  # was on its way
            await asked.acquire()
            go_on.set()
            answers = (await answer(first[0]), await answer(idle[0]))
            rest: bytes = await idle[0].read()
            for _, writer in (first, idle):
                writer.close()
            await ending
            return *answers, rest

    first, was_idle, rest = asyncio.run(whole())
    for each in (first, was_idle):
        assert b"connection: close\r\n" in each
        assert each.endswith(b"hello")
    assert rest == b""


ANSWER = bytes(5_000_000)  # more than a system buffers for a client that does not read


async def long_answer(scope: Scope, receive: Receive, send: Send) -> None:
    headers = [(b"content-length", str(len(ANSWER)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


async def soon(is_so: Callable[[], bool], seconds: float = 5) -> bool:
    ends = time.monotonic() + seconds
    while not is_so() and time.monotonic() < ends:
        await asyncio.sleep(0.02)
    return is_so()


@pytest.mark.parametrize(
    "sent", [GET, GET * 50, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")]
)
def test_a_client_that_reads_nothing_is_cut_off(sent: bytes) -> None:
    async def whole() -> tuple[bool, bool]:
        async with listening(long_answer) as (server, connect):
            _, writer = await connect(limit=1)
            writer.write(sent)
            connections = server.server_state.connections
            was_there = await soon(lambda: len(connections) == 1)
            is_gone = await soon(lambda: not connections)
            writer.transport.abort()
            return was_there, is_gone and not server.server_state.tasks

    assert asyncio.run(whole()) == (True, True)


def test_a_request_behind_an_unread_answer_keeps_no_room() -> None:
    limits = Limits(request_bytes=2_000_000, held_bytes=2_000_000, bytes=1_000_000)
    post = b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1500000\r\n\r\n"

    async def whole() -> tuple[bool, bool]:
        app = WholeBody(long_answer, limits)
        async with listening(app) as (_, connect):
            _, writer = await connect(limit=1)
            writer.write(GET + post + bytes(1_500_000))
            was_held = await soon(lambda: app._held == 1_500_000)
            is_free = await soon(lambda: app._held == 0)
            writer.transport.abort()
            return was_held, is_free

    assert asyncio.run(whole()) == (True, True)


def test_a_client_that_reads_gets_all_of_a_long_answer() -> None:
    async def whole() -> bytes:
        async with listening(long_answer) as (_, connect):
            reader, writer = await connect()
            writer.write(GET)
            await reader.readuntil(b"\r\n\r\n")
            found: bytes = await reader.readexactly(len(ANSWER))
            writer.close()
            return found

    assert asyncio.run(whole()) == ANSWER
