"""Mirrors src/unfreeze/training/feature_store.py."""

import errno
import json
import resource
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from unfreeze.training import feature_store as module
from unfreeze.training.feature_store import FeatureStore, StoredRows, store_folder

_KEY = {"arch": "tiny", "size": 8}


def _ids(*numbers: int) -> np.ndarray:
    """A content hash for each number."""
    return np.array([np.frombuffer(b"%016d" % n, np.uint8) for n in numbers])


def _rows(*numbers: int) -> np.ndarray:
    """A row that shows its number, over a map of features."""
    column = np.array(numbers, dtype=np.float32)
    return np.broadcast_to(column[:, None, None], (len(numbers), 2, 3)).copy()


def _filled(folder: Path | None, *segments: tuple[int, ...]) -> FeatureStore:
    store = FeatureStore(folder, _KEY)
    for numbers in segments:
        store.append(_ids(*numbers), _rows(*numbers))
    return store


def test_rows_come_back_in_the_order_asked_for(tmp_path: Path) -> None:
    _filled(tmp_path / "s", (1, 2, 3), (4, 5))

    found = FeatureStore(tmp_path / "s", _KEY).read(_ids(5, 1, 4, 1))

    assert np.array_equal(found, _rows(5, 1, 4, 1))
    assert found.dtype == np.float32


def test_what_is_missing_is_named_once_by_its_first_place(tmp_path: Path) -> None:
    store = _filled(tmp_path / "s", (1, 2))

    missing = store.missing(_ids(7, 1, 8, 7, 2, 8))

    assert missing.tolist() == [0, 2]
    assert missing.dtype == np.int64
    assert len(store) == 2


def test_without_a_folder_rows_stay_in_memory(tmp_path: Path) -> None:
    store = _filled(None, (1, 2), (3,))

    assert np.array_equal(store.read(_ids(3, 1)), _rows(3, 1))
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_written_before_the_first_rows(tmp_path: Path) -> None:
    FeatureStore(tmp_path / "s", _KEY)

    assert list(tmp_path.iterdir()) == []


def test_a_store_says_what_it_depends_on(tmp_path: Path) -> None:
    _filled(tmp_path / "s", (1,), (2,))

    assert json.loads((tmp_path / "s/meta.json").read_text()) == _KEY
    names = sorted("".join(p.suffixes) for p in (tmp_path / "s").glob("part-*"))
    assert names == [".ids.npy", ".ids.npy", ".json", ".json", ".npy", ".npy"]


def test_a_map_of_rows_reads_the_same_as_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = _filled(tmp_path / "s", (1, 2, 3), (4, 5))
    wanted = _ids(5, 1, 4, 2)
    in_memory = store.read(wanted)
    monkeypatch.setattr(module, "_LARGEST_IN_MEMORY", 4 * 6 * 4 - 1)  # one byte short

    for mapped in (store.read(wanted), FeatureStore(tmp_path / "s", _KEY).read(wanted)):
        assert isinstance(mapped, StoredRows)
        assert len(mapped) == 4
        assert mapped.nbytes == in_memory.nbytes
        order = np.array([3, 0, 0, 2])
        assert np.array_equal(mapped[order], in_memory[order])
        assert mapped[order[:0]].shape[0] == 0


def test_rows_just_written_are_not_held_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_LARGEST_IN_MEMORY", 0)
    rows = _rows(1, 2)
    store = FeatureStore(tmp_path / "s", _KEY)
    store.append(_ids(1, 2), rows)
    rows[:] = 0  # as if the memory had been given to something else

    assert np.array_equal(store.read(_ids(1, 2))[np.array([0, 1])], _rows(1, 2))


def test_no_rows_can_be_read() -> None:
    assert len(FeatureStore(None, _KEY).read(np.empty((0, 16), np.uint8))) == 0


def test_two_stores_fill_one_folder_at_once(tmp_path: Path) -> None:
    first, second = (FeatureStore(tmp_path / "s", _KEY) for _ in range(2))
    for begin in range(0, 12, 4):
        first.append(_ids(begin, begin + 1), _rows(begin, begin + 1))
        second.append(_ids(begin + 1, begin + 2), _rows(begin + 1, begin + 2))

    found = FeatureStore(tmp_path / "s", _KEY)

    wanted = [n for begin in range(0, 12, 4) for n in range(begin, begin + 3)]
    assert len(found) == 9
    assert np.array_equal(found.read(_ids(*wanted)), _rows(*wanted))


# --- torn segments -----------------------------------------------------------------


def _segment(folder: Path, suffix: str) -> Path:
    """The file of the segment that holds rows 3 and 4."""
    for ids in folder.glob("*.ids.npy"):
        if np.array_equal(np.load(ids), _ids(3, 4)):
            return ids.with_name(ids.name.removesuffix(".ids.npy") + suffix)
    raise AssertionError("no such segment")


@pytest.mark.parametrize("suffix", [".npy", ".ids.npy", ".json"])
def test_a_segment_with_a_truncated_file_does_not_exist(
    tmp_path: Path, suffix: str
) -> None:
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    torn = _segment(folder, suffix)
    whole = torn.read_bytes()

    for length in {0, 1, 5, 9, 60, len(whole) // 2, len(whole) - 4, len(whole) - 1}:
        torn.write_bytes(whole[:length])
        store = FeatureStore(folder, _KEY)
        assert store.missing(_ids(1, 3, 2, 4)).tolist() == [1, 3], length
        assert np.array_equal(store.read(_ids(2)), _rows(2))


@pytest.mark.parametrize("suffix", [".npy", ".ids.npy"])
def test_a_segment_with_a_flipped_bit_does_not_exist(
    tmp_path: Path, suffix: str
) -> None:
    """In the head of the file, too, which numpy would parse."""
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    torn = _segment(folder, suffix)
    whole = torn.read_bytes()

    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        torn.write_bytes(damaged)
        assert len(FeatureStore(folder, _KEY)) == 2, place


def test_a_flipped_bit_in_a_manifest_never_gives_wrong_rows(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    manifest = _segment(folder, ".json")
    whole = manifest.read_bytes()

    for place in range(len(whole)):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << place % 8
        manifest.write_bytes(damaged)
        store = FeatureStore(folder, _KEY)
        if len(store) == 4:
            assert np.array_equal(store.read(_ids(3, 4)), _rows(3, 4)), place


@pytest.mark.parametrize(
    "content", [b"", b"null", b"[]", b"7", b'"x"', b"{}", b"\xff\xfe", b"{", b"[" * 9]
)
def test_a_segment_whose_manifest_is_garbage_does_not_exist(
    tmp_path: Path, content: bytes
) -> None:
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    _segment(folder, ".json").write_bytes(content)

    assert len(FeatureStore(folder, _KEY)) == 2


@pytest.mark.parametrize("suffix", [".npy", ".ids.npy", ".json"])
def test_a_segment_without_one_of_its_files_does_not_exist(
    tmp_path: Path, suffix: str
) -> None:
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    _segment(folder, suffix).unlink()

    assert len(FeatureStore(folder, _KEY)) == 2


def test_a_torn_segment_is_made_up_for_by_the_next(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    _filled(folder, (1, 2), (3, 4))
    _segment(folder, ".npy").write_bytes(b"torn")

    _filled(folder, (3, 4))

    assert np.array_equal(FeatureStore(folder, _KEY).read(_ids(4, 3)), _rows(4, 3))


# --- names of stores ---------------------------------------------------------------


def test_another_key_is_another_folder(tmp_path: Path) -> None:
    folders = {
        store_folder(tmp_path, "x", key)
        for key in ({"a": 1}, {"a": 2}, {"b": 1}, {"a": 1, "b": 1}, {"a": "1"})
    }

    assert len(folders) == 5
    assert all(folder.name.startswith("x_") for folder in folders)


def test_the_order_of_a_key_does_not_matter(tmp_path: Path) -> None:
    assert store_folder(tmp_path, "x", {"a": 1, "b": 2}) == store_folder(
        tmp_path, "x", {"b": 2, "a": 1}
    )


@pytest.fixture
def little_room() -> Iterator[None]:
    """No file may have more than 4 kB, as on a disk with no more room."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.usefixtures("little_room")
def test_rows_without_room_are_an_error_that_names_their_file(tmp_path: Path) -> None:
    numbers = tuple(range(1000))

    with pytest.raises(OSError, match="File too large") as caught:
        _filled(tmp_path / "s", numbers)

    assert caught.value.errno == errno.EFBIG
    assert str(caught.value.filename).startswith(f"{tmp_path}/s/part-")
    assert [each.name for each in (tmp_path / "s").iterdir()] == ["meta.json"]
