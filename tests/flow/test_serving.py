"""The server in a process of its own: hostile clients, many clients, and its end."""

import base64
import io
import json
import random
import re
import socket
import struct
import threading
import time
import zlib
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

import httpx
import numpy as np
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from PIL import Image
from schemathesis import Case
from schemathesis.specs.openapi.checks import (
    negative_data_rejection,
    positive_data_acceptance,
)

from tests.servers import (
    RunningServer,
    bytes_until_closed,
    one_answer,
    running_server,
)
from tests.tiny_bundles import write_colour_bundle

pytestmark = pytest.mark.slow

PATIENCE = {"header_seconds": 1.0, "receive_seconds": 2.0, "connections": 60}
FORM = "multipart/form-data; boundary=xyz"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """One server for all tests: each must leave it well."""
    folder = tmp_path_factory.mktemp("server")
    model = write_colour_bundle(folder / "m.onnx")
    with running_server(model, folder, **PATIENCE) as running:
        yield running


def photo(colour: str = "blue", kind: str = "PNG", **options: object) -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (60, 40), colour).save(content, kind, **options)
    return content.getvalue()


def require_well(server: RunningServer) -> None:
    """Still there, and still right."""
    reply = httpx.post(f"{server.url}/predict", files={"files": photo()}, timeout=30)
    assert reply.json()["predictions"][0]["label"] == "blue"


def chunk(name: bytes, content: bytes) -> bytes:
    checksum = struct.pack(">I", zlib.crc32(name + content))
    return struct.pack(">I", len(content)) + name + content + checksum


def png_bomb(width: int, height: int, rows: int) -> bytes:
    """A PNG that says it is large; ``rows`` of it are there, in very few bytes."""
    header = struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)
    packer = zlib.compressobj(9)
    row = bytes(1 + 4 * width)
    pixels = b"".join([packer.compress(row) for _ in range(rows)]) + packer.flush()
    chunks = chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + chunks


def hostile_files() -> Iterator[tuple[str, bytes]]:
    rng = random.Random(0)  # noqa: S311  # no secrets here
    plain = np.random.default_rng(0).integers(0, 256, (90, 120, 3), dtype=np.uint8)
    whole = {}
    for kind in ("JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF", "PPM", "AVIF"):
        content = io.BytesIO()
        Image.fromarray(plain).save(content, kind)
        whole[kind] = content.getvalue()
    for kind, content in whole.items():
        for share in range(24):  # cut short
            yield f"cut.{kind}", content[: len(content) * share // 24]
        for _ in range(24):  # changed here and there
            spoilt = bytearray(content)
            for _ in range(rng.randint(1, 40)):
                spoilt[rng.randrange(len(spoilt))] = rng.randrange(256)
            yield f"spoilt.{kind}", bytes(spoilt)
    jpeg, png = whole["JPEG"], whole["PNG"]
    packed = zlib.compress(bytes(10**8))
    yield from [
        ("bomb.png", png_bomb(60_000, 60_000, 5)),
        ("wide.png", png_bomb(2**31 - 1, 1, 0)),
        ("flat.png", png_bomb(16_000_000, 1, 0)),
        ("inside-the-limit.png", png_bomb(8000, 8000, 8000)),
        ("inside-the-limit-cut.png", png_bomb(8000, 8000, 10)),
        ("zero.png", png_bomb(0, 0, 0)),
        ("bomb.gif", b"GIF89a" + b"\xff" * 4 + bytes(3) + b"," + bytes(4)
                     + b"\xff" * 4 + b"\0"),
        ("bomb.bmp", b"BM" + struct.pack("<4I2i2H", 70, 0, 54, 40, 2**30, 2**30, 1, 24)
                     + bytes(24)),
        ("text.png", png[:33] + chunk(b"zTXt", b"k\0\0" + packed)),
        ("page.jpg", b"<html><script>alert(1)</script></html>"),
        ("polyglot.jpg", jpeg + b"PK\x03\x04" + b"<script>alert(1)</script>"),
        ("polyglot.gif", b"GIF89a/*" + b"*/=1;alert(1)" + bytes(50)),
        ("script.ps", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("empty.jpg", b""),
        ("../../../etc/passwd", b"root"),
        ("C:\\windows\\system32", jpeg),
        ("nul\0.jpg", jpeg),
        ("x" * 100_000, jpeg),
        ("scans.jpg", jpeg[:-2] + jpeg[jpeg.rindex(b"\xff\xda") : -2] * 500),
    ]  # fmt: skip
    for _ in range(60):
        yield (
            "noise.jpg",
            rng.choice([b"\xff\xd8\xff", b"", b"RIFF"]) + rng.randbytes(300),
        )


def hostile_bodies() -> Iterator[tuple[str, bytes]]:
    json_kind = "application/json"
    yield from [
        (json_kind, b"[" * 1_000_000),
        (json_kind, b'{"images":' * 100_000),
        (json_kind, b'{"images": [{"content": NaN}]}'),
        (json_kind, b'{"images": [{"content": 1e999}]}'),
        (json_kind, b'{"images": [{"content": "!!!"}]}'),
        (json_kind, b'{"images": [{"content": "' + b"A" * 1_000_001 + b'"}]}'),
        (json_kind, b"1" * 1_000_000),
        (json_kind, b"\x00\xff\xfe"),
        (json_kind, json.dumps({"images": [{"content": ""}] * 10_000}).encode()),
        ("text/xml", b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'),
        ("multipart/form-data", b"--x\r\n"),
        ("multipart/form-data; boundary=" + "x" * 5000, b"--x\r\n"),
        ("multipart/mixed; boundary=xyz", b"--xyz--"),
        (FORM, b"--xyz\r\n" * 100_000),
        (FORM, b"--xyz\r\n\r\n\r\n" * 100_000 + b"--xyz--"),
        (FORM, b"--xyz\r\nContent-Disposition: form-data" + b"; a=b" * 100_000),
        (FORM, b'--xyz\r\nContent-Disposition: form-data; name="files"; '
               b'filename="a\r\nSet-Cookie: x=1"\r\n\r\n1\r\n--xyz--'),
        (FORM, b"--xyz\r\nContent-Disposition: form-data; name=\"files\"; filename=\""
               + b"\\" * 8000 + b"\r\n\r\n1\r\n--xyz--"),
    ]  # fmt: skip


def hostile_lines() -> Iterator[bytes]:
    yield from [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(200),
        b"GET / HTTP/9.9\r\n\r\n",
        b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: " + b"a" * 100_000 + b"\r\n\r\n",
        b"GET / HTTP/1.1\r\n" + b"X: y\r\n" * 20_000 + b"\r\n",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        b"GET / HTTP/1.1\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n"
        b"Content-Length: 6\r\n\r\nhello",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999"
        b"\r\n\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"\r\nFFFFFFFFFFFFFFFF\r\nx",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
        b"Content-Length: 3\r\n\r\n0\r\n\r\n",
        b"GET /%00%ff/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
        b"GET /\r\n",
        b"\r\n" * 1000,
    ]  # fmt: skip


def test_no_hostile_upload_harms_the_server(server: RunningServer) -> None:
    statuses: Counter[int] = Counter()
    before = server.megabytes()
    files, bodies = list(hostile_files()), list(hostile_bodies())
    assert len(files) + len(bodies) > 450

    with httpx.Client(base_url=server.url, timeout=60) as client:
        for name, content in files:
            reply = client.post("/predict", files={"files": (name, content)})
            statuses[reply.status_code] += 1
            assert set(reply.json()) in ({"predictions"}, {"error"})
            found = json.dumps(reply.json()).replace(json.dumps(name)[1:-1], "")
            assert not re.search(r"Traceback|site-packages|0x[0-9a-f]{8}", found)
        for kind, content in bodies:
            reply = client.post(
                "/predict", content=content, headers={"Content-Type": kind}
            )
            statuses[reply.status_code] += 1
            assert reply.json().keys() & {"predictions", "error"}
            assert "set-cookie" not in reply.headers

    assert set(statuses) <= {200, 400, 413, 415, 422, 503}, statuses
    assert server.most_megabytes() < before + 1500  # one photo of 64 megapixels, RGBA
    require_well(server)


def answered(server: RunningServer, sent: bytes) -> bytes:
    """What comes back, when the server has closed the connection.

    A client that may send more after its answer says that it will not: so nobody waits
    until the server takes it for idle.
    """
    with server.connected() as connection:
        try:
            connection.sendall(sent)
            found = one_answer(connection)
            if found and b"connection: close" not in found.lower():
                connection.shutdown(socket.SHUT_WR)
            rest = bytes_until_closed(connection, 5)
        except (BrokenPipeError, ConnectionResetError):
            return b""
    assert rest == b"", sent[:90]
    return found


def test_what_is_no_http_is_refused(server: RunningServer) -> None:
    lines = list(hostile_lines())
    with ThreadPoolExecutor(len(lines)) as clients:
        answers = clients.map(partial(answered, server), lines)
        statuses = [int(each.split()[1]) if each else None for each in answers]
    for sent, status in zip(lines, statuses, strict=True):
        allowed = {None, 200, 400, 403, 404, 408, 413, 415, 503}
        assert status in allowed, (sent[:90], status)
    require_well(server)


def test_slow_clients_are_cut_off_and_others_are_served(server: RunningServer) -> None:
    starts = [
        b"",
        b"GET / HT",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n",
        b"POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Length: 500\r\n\r\nab",
    ] * 10
    connections = [server.connected() for _ in starts]
    done = threading.Event()

    def trickle() -> None:
        while not done.wait(0.3):
            for each in connections:
                try:
                    each.sendall(b"x")
                except OSError:
                    continue

    for connection, start in zip(connections, starts, strict=True):
        connection.sendall(start)
    dripping = threading.Thread(target=trickle)
    dripping.start()
    try:
        require_well(server)
        started = time.monotonic()
        for each in connections:
            bytes_until_closed(each, 15)
        assert time.monotonic() - started < 15
    finally:
        done.set()
        dripping.join()
        for each in connections:
            each.close()
    require_well(server)


def test_too_many_connections_are_turned_away(server: RunningServer) -> None:
    connections = [server.connected() for _ in range(70)]
    try:
        found = bytes_until_closed(connections[-1])
    finally:
        for each in connections:
            each.close()

    assert found.startswith(b"HTTP/1.1 503 Service Unavailable\r\n") or found == b""
    time.sleep(0.3)
    require_well(server)


OPERATIONS = [
    ("GET", "/health"),
    ("GET", "/ready"),
    ("GET", "/model"),
    ("GET", "/metrics"),
    ("POST", "/predict"),
    ("POST", "/collect"),
]


@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_the_server_behaves_as_it_is_described(
    server: RunningServer, method: str, path: str
) -> None:
    described = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    strategy = described[path][method].as_strategy()
    wrong = described[path][method].as_strategy(
        generation_mode=schemathesis.GenerationMode.NEGATIVE
    )

    # No description can say which bytes are a photo, or which text is a class.
    excluded = [positive_data_acceptance]
    if path == "/collect":
        excluded.append(negative_data_rejection)  # in a form, [] is nothing

    @given(case=strategy | wrong)
    @settings(
        max_examples=50,
        deadline=None,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    def asked(case: Case) -> None:
        case.call_and_validate(excluded_checks=excluded)

    asked()


def test_every_route_was_tried(server: RunningServer) -> None:
    described = httpx.get(f"{server.url}/openapi.json").json()["paths"]

    found = [(m.upper(), path) for path, ways in described.items() for m in ways]

    assert found == OPERATIONS


def test_photos_of_many_clients_are_not_mixed_up(server: RunningServer) -> None:
    colours = {"red": "red", "lime": "green", "blue": "blue"}

    def ask(number: int) -> bool:
        sent = [list(colours)[(number + k) % 3] for k in range(1 + number % 4)]
        parts = [("files", (f"{c}.png", photo(c))) for c in sent]
        reply = httpx.post(f"{server.url}/predict", files=parts, timeout=60)
        labels = [each["label"] for each in reply.json()["predictions"]]
        return labels == [colours[each] for each in sent]

    with ThreadPoolExecutor(16) as clients:
        assert all(clients.map(ask, range(200)))


class Asker:
    """Asks again and again over one connection, until it is told to stop."""

    def __init__(self, server: RunningServer) -> None:
        self.server = server
        self.answered: Counter[str] = Counter()
        self.lost: list[str] = []
        images = [{"content": base64.b64encode(photo()).decode()}]
        body = json.dumps({"images": images}).encode()
        self.request = (
            f"POST /predict HTTP/1.1\r\nHost: {urlsplit(server.url).netloc}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        ).encode() + body

    def run(self) -> None:
        try:
            with self.server.connected() as connection:
                stream = connection.makefile("rb")
                is_open = True
                while is_open:
                    connection.sendall(self.request)
                    is_open = self.has_read_an_answer(stream)
        except OSError as error:
            self.lost.append(repr(error))

    def has_read_an_answer(self, stream: BinaryIO) -> bool:
        """Read it; whether another one may follow."""
        line = stream.readline()
        if not line:
            self.lost.append("closed without an answer")
            return False
        self.answered[line.split()[1].decode()] += 1
        headers = {}
        while (header := stream.readline().lower()) != b"\r\n":
            name, _, value = header.partition(b":")
            headers[name] = value.strip()
        stream.read(int(headers[b"content-length"]))
        return headers.get(b"connection") != b"close"


def test_stopping_loses_no_accepted_request(tmp_path: Path) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx")
    with running_server(model, tmp_path) as server:
        askers = [Asker(server) for _ in range(16)]
        with ThreadPoolExecutor(16) as clients:
            asking = [clients.submit(each.run) for each in askers]
            time.sleep(1.5)
            code = server.stop()
            for each in asking:
                each.result()

    assert code == 0
    assert all(each.answered["200"] > 0 for each in askers)
    assert all(set(each.answered) == {"200"} for each in askers)
    assert [each.lost for each in askers] == [[]] * 16


def test_the_log_is_json_without_names_or_paths(server: RunningServer) -> None:
    httpx.post(f"{server.url}/predict", files={"files": ("my-secret.png", photo())})

    lines = [json.loads(line) for line in server.log.read_text().splitlines()]

    assert {"time", "level", "event", "id", "status"} <= set(lines[-1])
    assert all("my-secret" not in str(line) for line in lines)
    assert all(line["level"] == "info" for line in lines), lines
