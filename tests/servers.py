"""A server in a process of its own, as users run it."""

import json
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

_SCRIPT = """
import json, sys
from pathlib import Path
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.running import serve
from unfreeze.serve.settings import Limits, ServerSettings
model, limits, collect = json.loads(sys.argv[1])
serve(
    lambda: Predictor.load(model, threads=2),
    port=0,
    settings=ServerSettings(limits=Limits(**limits), collect=Path(collect)),
    say=lambda line: print(line, flush=True),
)
"""


@dataclass(frozen=True, slots=True)
class RunningServer:
    """Its process, its address, and where it logs."""

    process: "subprocess.Popen[str]"
    url: str
    log: Path

    def megabytes(self) -> float:
        """Memory that it holds now."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmRSS:")[1].split()[0]) / 1000

    def most_megabytes(self) -> float:
        """The most memory that it has held."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(text.split("VmHWM:")[1].split()[0]) / 1000

    def connected(self) -> socket.socket:
        """A new connection, for what no HTTP client would send."""
        place = urlsplit(self.url)
        return socket.create_connection((place.hostname or "", place.port or 0), 20)

    def stop(self) -> int:
        """Ask it to stop, and wait for that."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@contextmanager
def running_server(
    model: Path, folder: Path, **limits: float
) -> Iterator[RunningServer]:
    """Start a server that logs and collects below ``folder``; it stops afterwards."""
    log = folder / "log.jsonl"
    argument = json.dumps([str(model), limits, str(folder / "collected")])
    with (
        log.open("w") as errors,
        subprocess.Popen(  # noqa: S603  # our own script
            [sys.executable, "-c", _SCRIPT, argument],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
        ) as process,
    ):
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert "http://" in line, log.read_text()
            yield RunningServer(process, line.split(" at ")[1].split()[0], log)
        finally:
            process.kill()


def one_answer(connection: socket.socket) -> bytes:
    """Read an answer to its end and no further, or what comes before a close."""
    answer, end = b"", b"\r\n\r\n"
    while not answer.endswith(end):
        piece = connection.recv(1)
        if not piece:
            return answer
        answer += piece
    length = re.search(rb"(?i)\r\ncontent-length: (\d+)\r\n", answer)
    assert length is not None, answer
    size = len(answer) + int(length[1])
    while len(answer) < size and (piece := connection.recv(size - len(answer))):
        answer += piece
    return answer


def bytes_until_closed(connection: socket.socket, seconds: float = 20) -> bytes:
    """Read until the server closes the connection."""
    connection.settimeout(seconds)
    found = b""
    ends_at = time.monotonic() + seconds
    while time.monotonic() < ends_at:
        try:
            piece = connection.recv(65536)
        except ConnectionResetError:
            return found
        if not piece:
            return found
        found += piece
    raise TimeoutError("The server did not close the connection.")
