"""Readers of our lines that leave before the end, as ``head`` does."""

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from typing_extensions import override

__all__ = ["going_on_unread", "unread"]


@contextmanager
def going_on_unread() -> Iterator[None]:
    """Do the body to its end, also where nobody reads its lines any more.

    From then on they go nowhere.
    """
    before = sys.stdout, sys.stderr
    lasting = [_Lasting(each) for each in before if type(each) is io.TextIOWrapper]
    sys.stdout, sys.stderr = (
        next((each for each in lasting if each.stands_for is stream), stream)
        for stream in before
    )
    try:
        yield
    finally:
        sys.stdout, sys.stderr = before
        for each in lasting:
            each.flush()
            each.detach()


def unread(stream: io.TextIOWrapper) -> None:
    """Send nowhere what a stream still holds, and all that comes."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, stream.fileno())
    os.close(nowhere)


class _Lasting(io.TextIOWrapper):
    """A stream that loses its lines, and raises nothing, once its reader has gone."""

    def __init__(self, stream: io.TextIOWrapper) -> None:
        stream.flush()
        super().__init__(
            stream.buffer,
            encoding=stream.encoding,
            errors=stream.errors,
            line_buffering=stream.line_buffering,
            write_through=stream.write_through,
        )
        self.stands_for = stream

    @override
    def write(self, text: str, /) -> int:
        try:
            return super().write(text)
        except BrokenPipeError:
            unread(self)
            return len(text)

    @override
    def flush(self) -> None:
        try:
            super().flush()
        except BrokenPipeError:
            unread(self)
