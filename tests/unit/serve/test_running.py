import asyncio
import socket
import threading
from collections.abc import Callable

import httpx
import pytest

from unfreeze.errors import PlanError
from unfreeze.serve import running
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.running import is_public, listening_socket, serve
from unfreeze.serve.settings import Limits, ServerSettings

from .conftest import photo


class _Started:
    """Runs a server in a thread; ``_Server`` is caught so that it can be stopped."""

    def __init__(self, load: Callable[[], Predictor], settings: ServerSettings) -> None:
        self.lines: list[str] = []
        self._said = threading.Event()
        self._load, self._settings = load, settings
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        serve(self._load, port=0, settings=self._settings, say=self._say)

    def _say(self, line: str) -> None:
        self.lines.append(line)
        self._said.set()

    def url(self) -> str:
        assert self._said.wait(30)
        return self.lines[-1].split(" at ")[1].split()[0]


@pytest.fixture
def servers(monkeypatch: pytest.MonkeyPatch) -> list[running._Server]:
    made: list[running._Server] = []
    plain = running._Server.__init__

    def kept(self: running._Server, *given: object) -> None:
        plain(self, *given)  # type: ignore[arg-type]
        made.append(self)

    monkeypatch.setattr(running._Server, "__init__", kept)
    monkeypatch.setattr(running, "log_to", lambda: None)
    return made


def test_it_says_where_it_answers_and_answers_there(
    predictor: Predictor, servers: list[running._Server]
) -> None:
    limits = Limits(header_seconds=0.3, connections=2)
    started = _Started(lambda: predictor, ServerSettings(limits=limits))
    started.thread.start()
    try:
        url = started.url()
        reply = httpx.post(f"{url}/predict", files={"files": photo()})
        address = (httpx.URL(url).host, httpx.URL(url).port)
        with socket.create_connection(address, 10) as silent:
            silent.settimeout(10)
            gone = silent.recv(100)
        with socket.create_connection(address, 10) as wrong:
            wrong.sendall(b"no HTTP\r\n\r\n")
            refused = wrong.recv(1000)
    finally:
        servers[0].should_exit = True
        started.thread.join(30)

    assert started.lines == [f"mean_colour answers at {url} (Ctrl-C stops)"]
    assert reply.json()["predictions"][0]["label"] == "red"
    assert gone == b""
    assert refused.startswith(b"HTTP/1.1 400 Bad Request\r\n")


def test_a_public_address_without_a_token_is_warned_of(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def nothing(*_: object, **__: object) -> None: ...

    monkeypatch.setattr(running, "log_to", lambda: None)
    monkeypatch.setattr(running._Server, "run", lambda *_, **__: asyncio.run(nothing()))
    lines: list[str] = []

    for host, token in (("0.0.0.0", None), ("0.0.0.0", "x"), ("127.0.0.1", None)):  # noqa: S104
        serve(
            lambda: predictor,
            host=host,
            port=0,
            settings=ServerSettings(token=token),
            say=lines.append,
        )

    (line,) = lines
    assert line.startswith("warning: 0.0.0.0 can be reached from other machines")


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", False), ("0.0.0.0", True)],  # noqa: S104
)
def test_public_is_what_others_can_reach(host: str, expected: bool) -> None:
    with listening_socket(host, 0) as listener:
        assert is_public(listener) is expected


def test_a_port_has_one_owner() -> None:
    with listening_socket("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        with (
            pytest.raises(PlanError, match=f"Port {port} of 127.0.0.1 is taken"),
            listening_socket("127.0.0.1", port),
        ):
            pass


def test_a_port_that_needs_rights_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "bind", refused)
    with (
        pytest.raises(PlanError, match="Port 80 needs more rights"),
        listening_socket("127.0.0.1", 80),
    ):
        pass
