"""Requests are received whole, within limits, before anything looks at them."""

import asyncio
from typing import final

from fastapi import HTTPException
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from unfreeze.serve.replies import refusal
from unfreeze.serve.settings import Limits

__all__ = ["WholeBody"]

_DRAIN_SECONDS = 2
"""For what is still on its way when a request is turned away: a client that is cut off
while it sends does not read the answer."""


@final
class WholeBody:
    """Receives bodies under limits of size, of time, and of all of them together."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._held = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = _Body()
        try:
            await self._receive(Headers(scope=scope), receive, body)
            if body.is_abandoned:
                return
            await self._app(scope, body.replayed(receive), send)
        except _TurnedAway as away:
            await refusal(away.error)(scope, receive, send)
        finally:
            self._held -= body.size

    async def _receive(self, headers: Headers, receive: Receive, body: "_Body") -> None:
        try:
            self._require_room(_declared_size(headers))
            async with asyncio.timeout(self._limits.receive_seconds):
                while not body.is_whole:
                    message = await receive()
                    # Read only now: others come and go while this request waits.
                    self._held += body.add(message)
                    self._require_room(body.size, held=body.size)
        except TimeoutError:
            raise _TurnedAway(
                HTTPException(
                    408,
                    f"The request took more than {self._limits.receive_seconds:g} "
                    "seconds to arrive. Send fewer or smaller photos at once.",
                    {"Connection": "close"},
                )
            ) from None
        except HTTPException as error:
            body.forget()
            if "expect" not in headers:  # else the client waits for our word to send
                await _drain(receive, body)
            raise _TurnedAway(error) from None

    def _require_room(self, size: int, held: int = 0) -> None:
        limits = self._limits
        if size > limits.request_bytes:
            raise HTTPException(
                413,
                f"The request has more than {limits.request_bytes:,} bytes. Send fewer "
                "or smaller photos at once.",
                {"Connection": "close"},
            )
        if self._held + size - held > limits.held_bytes:
            raise HTTPException(
                503,
                "The server holds as many photos as it may. Send this again in a "
                "second.",
                {"Connection": "close", "Retry-After": "1"},
            )


class _TurnedAway(Exception):  # noqa: N818  # never leaves this file
    def __init__(self, error: HTTPException) -> None:
        self.error = error


@final
class _Body:
    """What has arrived of one request."""

    def __init__(self) -> None:
        self.size = 0
        self.is_whole = False
        self.is_abandoned = False
        self._pieces: list[bytes] = []

    def add(self, message: Message) -> int:
        """Take in the next message; returns the bytes in it."""
        if message["type"] == "http.disconnect":
            self.is_whole = self.is_abandoned = True
            return 0
        piece: bytes = message.get("body", b"")
        self.is_whole = not message.get("more_body", False)
        self.size += len(piece)
        if piece:
            self._pieces.append(piece)
        return len(piece)

    def forget(self) -> None:
        """Free the memory at once."""
        self._pieces.clear()

    def replayed(self, receive: Receive) -> Receive:
        """A ``receive`` that hands out the body once, then what comes after it."""
        whole = b"".join(self._pieces)
        waiting: list[Message] = [
            {"type": "http.request", "body": whole, "more_body": False}
        ]
        self.forget()

        async def replay() -> Message:
            return waiting.pop() if waiting else await receive()

        return replay


async def _drain(receive: Receive, body: _Body) -> None:
    try:
        async with asyncio.timeout(_DRAIN_SECONDS):
            while not body.is_whole:
                message = await receive()
                gone = message["type"] == "http.disconnect"
                body.is_whole = gone or not message.get("more_body", False)
    except TimeoutError:
        return


def _declared_size(headers: Headers) -> int:
    """As the header says; 0 where the body comes in chunks."""
    try:
        return int(headers.get("content-length", "0"))
    except ValueError:
        return 0  # the protocol has refused it already
