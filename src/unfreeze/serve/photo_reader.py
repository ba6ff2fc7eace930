"""Uploaded bytes become the squares that the model reads, in threads, within limits."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeAlias, TypeVar, final

import numpy as np
from jaxtyping import UInt8

from unfreeze.data.decode import stored_size, upright_size
from unfreeze.errors import ImageError
from unfreeze.records import ImageSpec
from unfreeze.serve.settings import Limits

__all__ = ["PhotoReader", "Region", "region_read"]

Region: TypeAlias = tuple[float, float, float, float]
"""Left, top, right, bottom: shares 0 to 1 of the upright photo's width and height."""

_R = TypeVar("_R")

_HUGE = 2**24
"""Pixels. Of larger photos only one is decoded at a time, so that a few of them, at
up to 20 bytes per pixel, do not fill the memory together."""

_MOST_SCANS_TIMES_PIXELS = 1_500_000_000
"""A progressive JPEG passes over all its pixels once for each of its scans: ten times,
usually. A small file can demand thousands of passes over a large image."""

_JPEG, _SCAN = b"\xff\xd8\xff", b"\xff\xda"


@final
class PhotoReader:
    """Decodes photos beside the event loop; decoding frees Python's lock.

    Args:
        square_of: Decodes, turns upright, resizes and cuts.
        limits: On bytes and pixels of one photo.
        threads: Photos that are decoded at a time.
    """

    def __init__(
        self,
        square_of: Callable[[bytes], UInt8[np.ndarray, "S S 3"]],
        limits: Limits,
        threads: int,
    ) -> None:
        self._square_of = square_of
        self._limits = limits
        self._threads = ThreadPoolExecutor(threads, thread_name_prefix="photos")
        self._huge = threading.Lock()

    async def square(self, content: bytes) -> UInt8[np.ndarray, "S S 3"]:
        """Decode one photo.

        Raises:
            ImageError: If it is none, damaged, or beyond a limit.
        """
        return await self.call(self._read, content)

    async def call(self, work: Callable[[bytes], _R], content: bytes) -> _R:
        """Do other work on a photo in these threads."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, work, content)

    def require_fit(self, content: bytes) -> int:
        """Look at what the file says of itself, before anything is decoded.

        Returns:
            Its pixels.

        Raises:
            ImageError: If it is no image, or beyond a limit.
        """
        limits = self._limits
        if len(content) > limits.bytes:
            raise ImageError(
                f"The file has {len(content):,} bytes, and this server takes up to "
                f"{limits.bytes:,}. Send a smaller photo."
            )
        width, height = stored_size(content)
        if width * height > limits.pixels:
            raise ImageError(
                f"The photo has {width} x {height} pixels, and this server takes up to "
                f"{limits.pixels:,} in all. Send a smaller photo."
            )
        _require_few_scans(content, width * height)
        return width * height

    def close(self) -> None:
        """Let the threads go; photos that still wait are not decoded."""
        self._threads.shutdown(cancel_futures=True)

    def _read(self, content: bytes) -> UInt8[np.ndarray, "S S 3"]:
        if self.require_fit(content) <= _HUGE:
            return self._square_of(content)
        with self._huge:
            return self._square_of(content)


def region_read(content: bytes, spec: ImageSpec) -> Region:
    """Which part of the upright photo the model reads.

    Raises:
        ImageError: If it cannot be read.
    """
    if spec.squash:
        return 0.0, 0.0, 1.0, 1.0
    width, height = upright_size(content)
    short, size = min(width, height), spec.size
    # As preprocessing resizes and cuts: rounded down, then halves to the even one.
    wide, high = size * width // short, size * height // short
    left, top = round((wide - size) / 2), round((high - size) / 2)
    return left / wide, top / high, (left + size) / wide, (top + size) / high


def _require_few_scans(content: bytes, pixels: int) -> None:
    if not content.startswith(_JPEG):
        return
    scans = content.count(_SCAN)
    if scans * pixels > _MOST_SCANS_TIMES_PIXELS and scans > 1:
        raise ImageError(
            f"The JPEG passes {scans} times over {pixels:,} pixels, which takes too "
            "long. Save it anew as a baseline JPEG."
        )
