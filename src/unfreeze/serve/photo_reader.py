"""Uploaded bytes become what the routes ask for, in threads, within limits."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar, final

from unfreeze.data.decode import Header, read_header
from unfreeze.data.jpeg_scans import count_scans
from unfreeze.errors import ImageError
from unfreeze.serve.settings import Limits

__all__ = ["PhotoReader"]

_R = TypeVar("_R")

_HUGE = 2**24
"""Pixels. Of larger photos only one is decoded at a time, so that a few of them, at
up to 30 bytes per pixel, do not fill the memory together."""

_MOST_SLOW_PIXELS = 2**20
"""Of a photo that Python itself must decode, holding its lock: some seconds."""

_MOST_SCANS_TIMES_PIXELS = 1_500_000_000
"""A progressive JPEG passes over all its pixels once for each of its scans: ten times,
usually. A small file can demand thousands of passes over a large image."""

_JPEG, _SCAN = b"\xff\xd8\xff", b"\xff\xda"


@final
class PhotoReader:
    """Decodes photos beside the event loop; decoding frees Python's lock.

    Demanding photos have a thread of their own, where they wait for each other and
    nobody else waits for them.

    Args:
        limits: On bytes and pixels of one photo.
        threads: Photos that are decoded at a time, besides a demanding one.
    """

    def __init__(self, limits: Limits, threads: int) -> None:
        self._limits = limits
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="photos")
        self._demanding = ThreadPoolExecutor(1, thread_name_prefix="demanding-photos")

    async def call(self, work: Callable[[bytes], _R], content: bytes) -> _R:
        """Do what decodes a photo, if the photo is within the limits.

        Raises:
            ImageError: If it is no photo, or beyond a limit; or as ``work`` raises it.
        """
        loop = asyncio.get_running_loop()
        is_demanding = await loop.run_in_executor(
            self._threads, self.require_fit, content
        )
        threads = self._demanding if is_demanding else self._threads
        return await loop.run_in_executor(threads, work, content)

    def require_fit(self, content: bytes) -> bool:
        """Look at what the file says of itself, before anything is decoded.

        Returns:
            Whether it takes so much memory or time that only one such photo may be
            decoded at a time.

        Raises:
            ImageError: If it is no image, or beyond a limit.
        """
        limits = self._limits
        if len(content) > limits.bytes:
            raise ImageError(
                f"The file has {len(content):,} bytes, and this server takes up to "
                f"{limits.bytes:,}. Send a smaller photo."
            )
        header = read_header(content)
        pixels = header.width * header.height
        if pixels > limits.pixels:
            raise ImageError(
                f"The photo has {header.width} x {header.height} pixels, and this "
                f"server takes up to {limits.pixels:,} in all. Send a smaller photo."
            )
        _require_quick(header)
        _require_few_scans(content, pixels)
        return pixels > _HUGE or header.is_slow

    def close(self) -> None:
        """Let the threads go; photos that still wait are not decoded."""
        self._demanding.shutdown(wait=False, cancel_futures=True)
        self._threads.shutdown(cancel_futures=True)
        self._demanding.shutdown()


def _require_quick(header: Header) -> None:
    if header.is_slow and header.width * header.height > _MOST_SLOW_PIXELS:
        raise ImageError(
            f"The photo has {header.width} x {header.height} pixels, and this server "
            f"takes up to {_MOST_SLOW_PIXELS:,} in all of a format that is as slow to "
            "decode as this one. Save it as PNG or JPEG."
        )


def _require_few_scans(content: bytes, pixels: int) -> None:
    most = max(1, _MOST_SCANS_TIMES_PIXELS // pixels)
    if not content.startswith(_JPEG) or content.count(_SCAN) <= most:
        return
    if count_scans(content, most + 1) > most:
        raise ImageError(
            f"The JPEG passes more than {most} times over {pixels:,} pixels, which "
            "takes too long. Save it anew as a baseline JPEG."
        )
