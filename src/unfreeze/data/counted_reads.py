"""A file in memory that ends the patience with readers that read it in crumbs."""

import io
from typing import final

from typing_extensions import override

from unfreeze.errors import ImageError

__all__ = ["CountedReads"]

_FREE = 10_000
_BYTES_FOR_ONE = 64
"""Photos take a read for some hundred bytes at most: those of GIF, in an animation."""


@final
class CountedReads(io.BytesIO):
    """Refuses after more reads than a file of its size has need of.

    Format readers take a microsecond or more of Python's lock for each of a file's
    parts, and a part can be as short as 4 bytes: without a limit, the header of a file
    of 20 MB keeps everybody waiting for 20 seconds.
    """

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._left: float = _FREE + len(content) / _BYTES_FOR_ONE

    def count_no_more(self) -> None:
        """From now on: for what is known to be read byte by byte."""
        self._left = float("inf")

    @override
    def read(self, size: int | None = -1, /) -> bytes:
        """As of any file.

        Raises:
            ImageError: If it was read too often.
        """
        self._left -= 1
        if self._left < 0:
            raise ImageError(
                "The file consists of more, and smaller, parts than any photo. Open it "
                "in an image editor and save it anew."
            )
        return super().read(size)
