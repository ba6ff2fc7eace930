"""Mirrors src/unfreeze/serve/memory.py, in processes of their own."""

import platform
import subprocess
import sys

import pytest

from unfreeze.serve.memory import return_freed_memory

_SCRIPT = """
import asyncio, io, sys
from pathlib import Path
from PIL import Image
from unfreeze.data.decode import preprocess
from unfreeze.records import ImageSpec
from unfreeze.serve import photo_reader
from unfreeze.serve.memory import return_freed_memory
from unfreeze.serve.photo_reader import PhotoReader
from unfreeze.serve.settings import Limits

def held():
    text = Path("/proc/self/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) * 1024

content = io.BytesIO()
Image.new("RGBA", (2000, 2000), "red").save(content, "PNG")
spec, reader = ImageSpec(size=32), PhotoReader(Limits(), threads=4)

async def read(photos):
    one = lambda content: preprocess(content, spec)
    work = [reader.call(one, content.getvalue()) for _ in range(photos)]
    await asyncio.gather(*work)

{first}
before = held()
asyncio.run(read(16))
print(held() - before)
"""


def kept_after_many_photos(first: str) -> int:
    """Bytes that a process holds for 16 photos of 4 megapixels that it has answered."""
    run = subprocess.run(  # noqa: S603  # our own script
        [sys.executable, "-c", _SCRIPT.format(first=first)],
        capture_output=True,
        text=True,
        check=True,
    )
    return int(run.stdout)


@pytest.mark.slow
@pytest.mark.skipif(
    platform.libc_ver()[0] != "glibc", reason="other C libraries keep no memory"
)
def test_threads_keep_nothing_of_the_photos_they_have_read() -> None:
    photo = 2000 * 2000 * 4

    assert kept_after_many_photos("pass") > 2 * photo
    assert kept_after_many_photos("assert return_freed_memory()") < photo


def test_other_c_libraries_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "libc_ver", lambda: ("", ""))

    assert not return_freed_memory()
