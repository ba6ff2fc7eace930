"""Mirrors src/unfreeze/data/screen.py."""

import hashlib
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from unfreeze.data import screen as module
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.screen import screen
from unfreeze.errors import DataError


@pytest.fixture
def settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Remember files at once, although these tests have only just written them."""
    monkeypatch.setattr(module, "_SETTLED_NS", 0)


@pytest.fixture
def looked_at(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collects the names of the files that are read."""
    names: list[str] = []
    read_file = module.read_file

    def noting(path: Path) -> bytes:
        names.append(path.name)
        return read_file(path)

    monkeypatch.setattr(module, "read_file", noting)
    return names


@pytest.fixture
def train(drawn_folder: Path) -> ImageIndex:
    """36 drawings, of which one is empty, one cut short and one a web page."""
    root = drawn_folder / "train"
    (root / "circles/circles03.png").write_bytes(b"")
    cut = root / "squares/squares00.png"
    cut.write_bytes(cut.read_bytes()[:900])
    (root / "stripes/stripes11.png").write_text("<html>404</html>")
    return index_folder(root)


_BAD = ["circles/circles03.png", "squares/squares00.png", "stripes/stripes11.png"]


@pytest.mark.parametrize("num_workers", [0, 3])
def test_unreadable_images_are_named_and_left_out(
    train: ImageIndex, num_workers: int
) -> None:
    screening = screen(train, None, num_workers=num_workers)

    assert [skipped.file for skipped in screening.skipped] == _BAD
    assert "empty (0 bytes)" in screening.skipped[0].reason
    assert "cut short" in screening.skipped[1].reason
    assert "web page" in screening.skipped[2].reason
    expected = [name for name in train.names if name not in _BAD]
    assert list(screening.index.names) == expected
    assert screening.index.classes == train.classes


def test_digests_are_hashes_of_the_files_in_order(train: ImageIndex) -> None:
    screening = screen(train, None, num_workers=2)

    expected = [
        hashlib.blake2b(path.read_bytes(), digest_size=16).digest()
        for path in screening.index.sources
    ]
    assert [digest.tobytes() for digest in screening.digests] == expected
    assert screening.digests.shape == (33, 16)


@pytest.mark.usefixtures("settled")
def test_a_second_look_reads_nothing_and_says_the_same(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    ledger = tmp_path / "cache/ledger"
    first = screen(train, ledger, num_workers=2)
    looked_at.clear()

    second = screen(train, ledger, num_workers=2)

    assert looked_at == []
    assert second.skipped == first.skipped
    np.testing.assert_array_equal(second.digests, first.digests)
    assert list(second.index.names) == list(first.index.names)


@pytest.mark.usefixtures("settled")
def test_only_new_and_changed_files_are_read_again(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    screen(train, tmp_path / "ledger", num_workers=2)
    looked_at.clear()
    shutil.copy(train.sources[0], train.root / "squares/added.png")
    shutil.copy(train.sources[0], train.root / "circles/circles03.png")

    screening = screen(index_folder(train.root), tmp_path / "ledger", num_workers=2)

    assert sorted(looked_at) == ["added.png", "circles03.png"]
    assert [skipped.file for skipped in screening.skipped] == _BAD[1:]
    assert len(screening.index) == 35


@pytest.mark.usefixtures("settled")
def test_a_file_rewritten_with_its_old_size_and_time_is_read_again(
    train: ImageIndex, tmp_path: Path
) -> None:
    """Size and time of modification can be forged; the time of change cannot."""
    victim = train.sources[5]
    screen(train, tmp_path / "ledger", num_workers=0)
    before = victim.stat()

    victim.write_bytes(b"\0" * before.st_size)
    os.utime(victim, ns=(before.st_atime_ns, before.st_mtime_ns))
    screening = screen(train, tmp_path / "ledger", num_workers=0)

    assert train.name(5) in [skipped.file for skipped in screening.skipped]


def test_files_changed_a_moment_ago_are_not_remembered(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    """Another change in the same tick of the clock could not be seen."""
    screen(train, tmp_path / "ledger", num_workers=0)
    looked_at.clear()

    screen(train, tmp_path / "ledger", num_workers=0)

    assert len(looked_at) == len(train)


@pytest.mark.usefixtures("settled")
def test_splits_share_a_ledger(drawn_folder: Path, looked_at: list[str]) -> None:
    ledger = drawn_folder / "tmp/ledger"
    splits = [index_folder(drawn_folder / name) for name in ("train", "valid")]
    for split in splits:
        screen(split, ledger, num_workers=0)
    looked_at.clear()

    for split in splits:
        screen(split, ledger, num_workers=0)

    assert looked_at == []


@pytest.mark.usefixtures("settled")
def test_a_torn_ledger_is_made_again(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    ledger = tmp_path / "ledger"
    screen(train, ledger, num_workers=0)
    ledger.write_bytes(ledger.read_bytes()[:-5])
    looked_at.clear()

    screen(train, ledger, num_workers=0)
    assert len(looked_at) == len(train)
    screen(train, ledger, num_workers=0)
    assert len(looked_at) == len(train)


@pytest.mark.usefixtures("settled")
def test_an_interrupted_look_remembers_what_it_has_seen(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    def interrupt(done: int, _: int) -> None:
        if done == 20:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        screen(train, tmp_path / "ledger", num_workers=0, on_progress=interrupt)
    looked_at.clear()
    screen(train, tmp_path / "ledger", num_workers=0)

    assert len(looked_at) == len(train) - 20


@pytest.mark.usefixtures("settled")
def test_long_looks_are_saved_on_the_way(
    train: ImageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SAVE_EVERY_SECONDS", 0.0)
    ledger = tmp_path / "ledger"
    sizes = []

    def note(*_: int) -> None:
        sizes.append(ledger.stat().st_size if ledger.exists() else 0)

    screen(train, ledger, num_workers=0, on_progress=note)

    assert sizes[0] == 0
    assert 0 < sizes[5] < sizes[30]


def test_without_a_ledger_nothing_is_written(
    train: ImageIndex, drawn_folder: Path
) -> None:
    before = sorted(drawn_folder.rglob("*"))

    screen(train, None, num_workers=0)

    assert sorted(drawn_folder.rglob("*")) == before


def test_a_vanished_file_is_named_and_not_remembered(
    train: ImageIndex, tmp_path: Path
) -> None:
    content = train.sources[4].read_bytes()
    train.sources[4].unlink()
    screening = screen(train, tmp_path / "ledger", num_workers=0)
    assert "does not exist" in screening.skipped[1].reason

    train.sources[4].write_bytes(content)
    assert len(screen(train, tmp_path / "ledger", num_workers=0).skipped) == 3


def test_progress_counts_up_to_all_images(train: ImageIndex) -> None:
    calls: list[tuple[int, int]] = []

    screen(train, None, num_workers=2, on_progress=lambda *call: calls.append(call))

    assert calls == [(done, 36) for done in range(37)]


def test_a_folder_without_a_single_readable_image_is_refused(tmp_path: Path) -> None:
    (tmp_path / "cats").mkdir()
    for number in range(2):
        (tmp_path / f"cats/{number}.jpg").touch()

    with pytest.raises(
        DataError, match=r"None of the 2 images .*'cats/0\.jpg': The fi"
    ):
        screen(index_folder(tmp_path), None, num_workers=0)


def test_a_ledger_that_cannot_be_written_is_refused_at_once(
    train: ImageIndex, tmp_path: Path, looked_at: list[str]
) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(DataError, match=r"cannot be written: .*folder writable"):
        screen(train, tmp_path / "file/ledger", num_workers=0)
    assert looked_at == []


def test_arrays_are_hashed_row_by_row() -> None:
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 2, 2, 3)
    index = ImageIndex(Path(), ("a",), pixels, None)

    screening = screen(index, None, num_workers=0)

    assert screening.index is index
    expected = hashlib.blake2b(pixels[1].tobytes(), digest_size=16).digest()
    assert screening.digests[1].tobytes() == expected


@pytest.mark.realdata
def test_every_photo_of_dogs_and_cats_can_be_read(shared_data: Path) -> None:
    index = index_folder(shared_data / "dogscats/valid")

    assert screen(index, None, num_workers=2).skipped == ()


@pytest.mark.usefixtures("settled")
def test_looks_are_remembered_and_follow_their_rows(
    train: ImageIndex, tmp_path: Path
) -> None:
    first = screen(train, tmp_path / "ledger", num_workers=2)
    second = screen(train, tmp_path / "ledger", num_workers=2)

    np.testing.assert_array_equal(second.looks, first.looks)
    some = second.take(np.array([4, 2]))
    assert list(some.index.names) == [first.index.name(4), first.index.name(2)]
    np.testing.assert_array_equal(some.hashes, first.looks["hash"][[4, 2]])
    np.testing.assert_array_equal(some.digests, first.digests[[4, 2]])
    with Image.open(first.index.sources[4]) as image:
        assert (some.looks["width"][0], some.looks["height"][0]) == image.size
