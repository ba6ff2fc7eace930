"""One connection to a client, without endless patience: uvicorn's, with clocks."""

import asyncio
from typing import Any, final

import h11
from typing_extensions import override
from uvicorn.config import Config
from uvicorn.protocols.http.flow_control import CLOSE_HEADER
from uvicorn.protocols.http.h11_impl import H11Protocol
from uvicorn.server import ServerState

from unfreeze.serve.settings import Limits

__all__ = ["PatientConnection"]

_LAST_SECONDS = 0.5
"""Once the server is to stop: for a request that is on its way already."""

_REASONS = {400: "Bad Request", 503: "Service Unavailable"}


@final
class PatientConnection(H11Protocol):
    """Closes when headers or answers take too long on their way, or too many are open.

    Without it, a client keeps a connection for ever that sends nothing, or one byte now
    and then, or that reads no answer; also the room of what it has sent meanwhile.
    """

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
        *,
        limits: Limits,
    ) -> None:
        super().__init__(config, server_state, app_state, _loop)
        self._limits = limits
        self._clock: asyncio.TimerHandle | None = None
        self._unread_clock: asyncio.TimerHandle | None = None
        self._is_last = False

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn has it
        """Welcome a client, if there is room for it."""
        super().connection_made(transport)
        # So that writing is paused as long as there is anything unread. uvicorn goes on
        # only then; a closed transport stays until all is read, too.
        transport.set_write_buffer_limits(high=0)
        if len(self.connections) > self._limits.connections:
            self._say_and_close(503, "Too many connections are open. Try again soon.")
        else:
            self._start_clock(self._limits.header_seconds)

    @override
    def connection_lost(self, exc: Exception | None) -> None:
        self._stop_clock()
        self._stop_unread_clock()
        super().connection_lost(exc)

    @override
    def pause_writing(self) -> None:
        """Wait until the client has read what it was sent, but not for ever."""
        super().pause_writing()
        self._unread_clock = self.loop.call_later(
            self._limits.read_seconds, self.transport.abort
        )

    @override
    def resume_writing(self) -> None:
        self._stop_unread_clock()
        super().resume_writing()

    @override
    def handle_events(self) -> None:
        """Take in what has arrived; what was begun must become a request in time."""
        super().handle_events()
        if self.transport.is_closing():
            return
        if not self._is_between_requests():
            self._stop_clock()
            if self._is_last:
                self._answer_and_close()
        elif self._clock is None and self.timeout_keep_alive_task is None:
            self._start_clock(self._limits.header_seconds)

    @override
    def send_400_response(self, msg: str) -> None:
        """Refuse what is no HTTP."""
        if self.conn.our_state in {h11.IDLE, h11.SEND_RESPONSE}:
            self._say_and_close(400, "This is no valid HTTP request.")
        else:  # an answer is on its way: there is no place for another
            self.transport.close()

    @override
    def shutdown(self) -> None:
        """Answer what is here, or on its way, then close."""
        self._is_last = True
        if self._is_between_requests():
            self._stop_clock()
            self._start_clock(_LAST_SECONDS)
        else:
            self._answer_and_close()

    def _answer_and_close(self) -> None:
        """Let the answer say that it is the last one here.

        uvicorn says so where the client has asked for it. Clients that are not told
        send their next request into a connection that closes.
        """
        self.cycle.keep_alive = False
        scope = self.cycle.scope
        scope["headers"] = [*scope["headers"], CLOSE_HEADER]

    def _is_between_requests(self) -> bool:
        return self.cycle is None or self.cycle.response_complete

    def _start_clock(self, seconds: float) -> None:
        self._clock = self.loop.call_later(seconds, self._on_time)

    def _stop_clock(self) -> None:
        if self._clock is not None:
            self._clock.cancel()
            self._clock = None

    def _stop_unread_clock(self) -> None:
        if self._unread_clock is not None:
            self._unread_clock.cancel()
            self._unread_clock = None

    def _on_time(self) -> None:
        self._clock = None
        self.transport.close()

    def _say_and_close(self, status: int, sentence: str) -> None:
        body = f'{{"error":"{sentence}"}}'
        lines = [
            f"HTTP/1.1 {status} {_REASONS[status]}",
            "content-type: application/json",
            f"content-length: {len(body)}",
            "connection: close",
            "retry-after: 5",
            "",
            body,
        ]
        self.transport.write("\r\n".join(lines).encode("ascii"))
        self.transport.close()
