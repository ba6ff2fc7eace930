"""Mirrors src/unfreeze/data/counted_reads.py."""

import pytest

from unfreeze.data.counted_reads import CountedReads
from unfreeze.errors import ImageError


def test_it_reads_as_any_file() -> None:
    stream = CountedReads(b"abc")

    assert (stream.read(1), stream.read(), stream.getvalue()) == (b"a", b"bc", b"abc")


@pytest.mark.parametrize("size", [0, 64_000])
def test_a_file_is_read_so_often_and_no_more(size: int) -> None:
    stream = CountedReads(bytes(size))
    for _ in range(10_000 + size // 64):
        stream.read(1)

    with pytest.raises(ImageError, match="smaller, parts than any photo"):
        stream.read(1)


def test_the_count_can_be_ended() -> None:
    stream = CountedReads(b"")
    stream.count_no_more()

    for _ in range(10_001):
        assert stream.read(1) == b""
