"""Mirrors src/unfreeze/data/names.py."""

import numpy as np
import pytest

from unfreeze.data import names
from unfreeze.data.names import joined, name_starts, parted, sorted_starts


def _sorted_names(folders: list[list[bytes]]) -> list[list[bytes]]:
    """What ``sorted_starts`` makes of the names of some folders."""
    texts = [b"\0".join([*folder, b""]) for folder in folders]
    starts, counts = sorted_starts(texts)
    assert counts.tolist() == [len(folder) for folder in folders]
    parts = np.split(starts, np.cumsum(counts)[:-1])
    return [
        [text[start : text.index(b"\0", start)] for start in part.tolist()]
        for text, part in zip(texts, parts, strict=True)
    ]


def _drawn(
    generator: np.random.Generator, beginning: bytes, letters: bytes, longest: int
) -> list[bytes]:
    """A few hundred different names of random letters."""
    lengths = generator.integers(1, longest, 300, endpoint=True)
    drawn = {
        beginning + bytes(generator.choice(list(letters), length).tolist())
        for length in lengths
    }
    return generator.permutation(np.array(sorted(drawn), dtype=object)).tolist()


def test_joined_names_can_be_parted() -> None:
    assert joined(["b", "caf\udce9.jpg", "a"]) == b"b\0caf\xe9.jpg\0a\0"
    assert parted(b"b\0caf\xe9.jpg\0a\0") == [b"b", b"caf\xe9.jpg", b"a"]
    assert name_starts(b"b\0caf\xe9.jpg\0a\0").tolist() == [0, 2, 11]


def test_no_names_are_an_empty_text() -> None:
    assert joined([]) == b""
    assert parted(b"") == []
    assert name_starts(b"").tolist() == []
    assert [array.tolist() for array in sorted_starts([])] == [[], []]


def test_a_name_comes_before_those_that_it_begins() -> None:
    """Also where it ends within a word, at its end, and behind it."""
    folder = [b"shared_" + b"x" * count for count in range(30)]

    assert _sorted_names([folder[::-1]]) == [folder]


@pytest.mark.parametrize("at_once", [2, 1000, 2**17], ids="{} bytes at once".format)
def test_the_order_is_that_of_sorted(
    monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(names, "_ENOUGH", at_once)
    generator = np.random.default_rng(0)
    folders = [
        _drawn(generator, b"", b"ab", 12),
        [b"alone_in_its_folder.jpg"],
        _drawn(generator, b"a_beginning_that_all_share_", bytes(range(1, 256)), 9),
        _drawn(generator, b"IMG_", b"0123456789", 8),
        _drawn(generator, b"", b"\x01.\x7f\x80\xff", 20),
        _drawn(generator, b"n01440764_1", b"0000000000000001", 40),
        [b"b", b"a"],
    ]

    assert _sorted_names(folders) == [sorted(folder) for folder in folders]


def test_names_that_differ_late_are_sorted_in_every_group() -> None:
    """Six bytes tell the groups apart, and the last six their names."""
    generator = np.random.default_rng(0)
    folder = [
        b"%06d_the_same_%06d" % (group, number)
        for group in generator.integers(0, 10**6, 200).tolist()
        for number in generator.integers(0, 10**6, 5).tolist()
    ]

    assert _sorted_names([folder]) == [sorted(folder)]


@pytest.mark.parametrize("shared", range(20))
def test_every_byte_counts_wherever_names_begin_to_differ(shared: int) -> None:
    endings = [f"{number:010b}".encode() for number in range(1024)]
    folder = [b"n" * shared + ending for ending in endings]
    other = [b"another" + name for name in folder]

    assert _sorted_names([folder[::-1], other[::-1]]) == [folder, other]


def test_more_groups_than_two_bytes_can_count_are_sorted() -> None:
    generator = np.random.default_rng(0)
    order = generator.permutation(140_000).tolist()
    folder = [b"%06d_%d" % (number // 2, number % 2) for number in order]

    assert _sorted_names([folder]) == [sorted(folder)]


def test_as_many_folders_as_two_bytes_can_count_are_kept_apart() -> None:
    folders = [[b"z"]] * 65_535 + [[b"b", b"a", b"c"]]

    assert _sorted_names(folders)[-2:] == [[b"z"], [b"a", b"b", b"c"]]


def test_names_that_occur_twice_are_kept_twice() -> None:
    folder = [b"again.jpg", b"again.jpg", b"a.jpg", b"again.jpgx", b"again.jpg"]

    assert _sorted_names([folder]) == [sorted(folder)]
    assert _sorted_names([[b"same"] * 3]) == [[b"same"] * 3]


def test_names_that_occur_twice_do_not_hold_up_longer_ones() -> None:
    long = [b"%d_and_then_something_that_both_share_%d" % (i % 9, i) for i in range(99)]

    assert _sorted_names([long, [b"x", b"x"]]) == [sorted(long), [b"x", b"x"]]
