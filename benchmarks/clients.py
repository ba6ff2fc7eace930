"""Clients that ask a server about photos again and again, as a process of their own.

    python -m benchmarks.clients http://127.0.0.1:8000 photos --clients 32 --seconds 60

Prints one JSON object. They speak just enough HTTP to cost the machine little.
"""

import argparse
import asyncio
import json
import os
import signal
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

__all__ = ["main"]

_BOUNDARY = "photos-of-a-benchmark"


@dataclass(slots=True)
class Tally:
    """What became of the requests of all clients."""

    ends_at: float
    statuses: Counter[str] = field(default_factory=Counter)
    seconds: list[float] = field(default_factory=list)
    lost: int = 0
    """Sent whole, and never answered."""

    unsent: int = 0
    """Refused before or while they were sent: the client knows, and asks elsewhere."""


async def _client(address: tuple[str, int], requests: Sequence[bytes], tally: Tally,
                  first: int) -> None:  # fmt: skip
    reader = writer = None
    number = first
    while time.perf_counter() < tally.ends_at:
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(*address)
            started = time.perf_counter()
            writer.write(requests[number % len(requests)])
            await writer.drain()
        except OSError:
            tally.unsent += 1
            return
        try:
            status, closes = await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            tally.lost += 1
            return
        tally.statuses[status] += 1
        tally.seconds.append(time.perf_counter() - started)
        number += 1
        if closes:
            writer.close()
            writer = None
    if writer is not None:
        writer.close()


async def _answer(reader: asyncio.StreamReader) -> tuple[str, bool]:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    lines = head.split(b"\r\n")
    length = next(
        int(each[15:]) for each in lines if each.startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return lines[0].split()[1].decode(), b"connection: close" in lines


async def _load(options: argparse.Namespace) -> Tally:
    place = urlsplit(options.url)
    files = sorted(each for each in options.photos.rglob("*.jpg"))[: options.limit]
    requests = [_request(each.read_bytes(), place.netloc) for each in files]
    started = time.perf_counter()
    tally = Tally(ends_at=started + options.seconds)
    clients = [
        _client((place.hostname, place.port), requests, tally, first=7 * number)
        for number in range(options.clients)
    ]
    if options.stop is not None:
        loop = asyncio.get_running_loop()
        loop.call_later(options.seconds / 2, os.kill, options.stop, signal.SIGTERM)
    await asyncio.gather(*clients)
    return tally


def _request(content: bytes, host: str) -> bytes:
    body = (
        (
            f"--{_BOUNDARY}\r\n"
            'Content-Disposition: form-data; name="files"; filename="photo.jpg"\r\n'
            "Content-Type: image/jpeg\r\n\r\n"
        ).encode()
        + content
        + f"\r\n--{_BOUNDARY}--\r\n".encode()
    )
    head = (
        f"POST /predict HTTP/1.1\r\nHost: {host}\r\n"
        f"Content-Type: multipart/form-data; boundary={_BOUNDARY}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    ).encode()
    return head + body


def main(arguments: Sequence[str] | None = None) -> None:
    """Ask for some time; print what was answered, and how fast."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clients")
    add = parser.add_argument
    add("url")
    add("photos", type=Path)
    add("--clients", type=int, default=32)
    add("--seconds", type=float, default=60)
    add("--limit", type=int, default=200, help="photos to take turns with")
    add("--stop", type=int, metavar="PID", help="stop this process at half time")
    options = parser.parse_args(arguments)
    started = time.perf_counter()
    tally = asyncio.run(_load(options))
    passed = time.perf_counter() - started
    answered = tally.statuses["200"]
    p50, p99 = np.quantile(tally.seconds or [float("nan")], [0.5, 0.99])
    found = {
        "images/s": answered / passed,
        "p50 ms": p50 * 1000,
        "p99 ms": p99 * 1000,
        "lost": tally.lost,
        "unsent": tally.unsent,
        "answered": answered,
        **{f"status {status}": n for status, n in sorted(tally.statuses.items())},
    }
    print(json.dumps(found))


if __name__ == "__main__":
    main()
