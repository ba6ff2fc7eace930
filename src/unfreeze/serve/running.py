"""Listen, answer, and stop without losing an accepted request: the uvicorn door."""

import errno
import ipaddress
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import final

import uvicorn
from typing_extensions import override

from unfreeze.errors import PlanError
from unfreeze.serve.app import make_app
from unfreeze.serve.connection import PatientConnection
from unfreeze.serve.log_lines import log_to
from unfreeze.serve.memory import return_freed_memory
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings

__all__ = ["is_public", "listening_socket", "serve"]

_STOPPING = (signal.SIGINT, signal.SIGTERM)
_LONGEST_HEADERS = 32_768  # bytes
_IDLE_SECONDS = 15


def serve(
    load: Callable[[], Predictor],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    settings: ServerSettings | None = None,
    say: Callable[[str], None] = print,
) -> None:
    """Answer over HTTP until SIGINT or SIGTERM; then answer what was accepted.

    Args:
        load: Reads the model, once the port is ours.
        host: Address to listen on.
        port: 0 takes a free one.
        settings: Limits, the token, what is collected.
        say: Told the address, and what to know about it.

    Raises:
        PlanError: If the address cannot be listened on.
        WeightsError: If the model does not answer here as where it was exported.
    """
    settings = settings or ServerSettings()
    with listening_socket(host, port) as listener:
        if not is_public(listener) and settings.token is None:
            settings = replace(settings, only_this_machine=True)
        elif settings.token is None:
            say(
                f"warning: {host} can be reached from other machines, and anybody may "
                "ask: there is no --token."
            )
        return_freed_memory()
        predictor = load()
        predictor.check_golden()
        log_to()
        address = _address(listener)
        server = _Server(
            _config(predictor, settings),
            lambda: say(f"{predictor.header.arch} answers at {address} (Ctrl-C stops)"),
        )
        server.run(sockets=[listener])


@contextmanager
def listening_socket(host: str, port: int) -> Iterator[socket.socket]:
    """Take an address, before anything else is loaded. Clients can wait there already.

    Raises:
        PlanError: If it is taken, not ours, or not allowed.
    """
    try:
        family, _, _, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise PlanError(
            f"There is no address {host!r} to listen on ({error}). Pass --host with an "
            "address of this machine, such as 127.0.0.1 or 0.0.0.0."
        ) from error
    with listener:
        try:
            if os.name == "posix":  # on Windows it would share the port with others
                listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(address)
            listener.listen()  # on Linux only this tells whether the port is ours
        except OSError as error:
            raise PlanError(_why_not_bound(error, host, port)) from error
        yield listener


def is_public(listener: socket.socket) -> bool:
    """Whether other machines can reach it."""
    return not ipaddress.ip_address(listener.getsockname()[0]).is_loopback


def _config(predictor: Predictor, settings: ServerSettings) -> uvicorn.Config:
    return uvicorn.Config(
        make_app(predictor, settings),
        http=partial(PatientConnection, limits=settings.limits),  # type: ignore[arg-type]  # it is only called
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=int(settings.limits.stop_seconds),
        h11_max_incomplete_event_size=_LONGEST_HEADERS,
    )


@final
class _Server(uvicorn.Server):
    """uvicorn's, which ends well: by a signal is how servers end."""

    def __init__(self, config: uvicorn.Config, on_start: Callable[[], None]) -> None:
        super().__init__(config)
        self._on_start = on_start

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._on_start()

    @override
    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield  # signals go to the main thread alone
            return
        before = {each: signal.signal(each, self.handle_exit) for each in _STOPPING}
        try:
            yield
        finally:
            for each, action in before.items():
                signal.signal(each, action)


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _why_not_bound(error: OSError, host: str, port: int) -> str:
    match error.errno:
        case errno.EADDRINUSE:
            return (
                f"Port {port} of {host} is taken. Stop what listens there, or pass "
                "another --port; 0 takes a free one."
            )
        case errno.EACCES:
            return (
                f"Port {port} needs more rights than this process has. Pass a --port "
                "from 1024 on."
            )
        case errno.EADDRNOTAVAIL:
            return (
                f"This machine has no address {host}. Pass another --host, such as "
                "127.0.0.1 or 0.0.0.0."
            )
        case _:
            return f"Port {port} of {host} cannot be used: {error.strerror}."
