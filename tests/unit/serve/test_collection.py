import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest
from fastapi import HTTPException

from unfreeze.data.index import index_folder
from unfreeze.errors import ImageError, PlanError
from unfreeze.serve import collection as module
from unfreeze.serve.collection import Collection

from .conftest import noisy_photo, photo

LONG = "ä" * 128
CLASSES = ("cats", "dogs", "a/b", "..", ".hidden", "nul\0", LONG)
"""The last with a byte more than the name of a folder can have: a table may hold it."""


def collection(root: Path, most_bytes: int = 10**6) -> Collection:
    return Collection(root, CLASSES, most_bytes)


def files_in(root: Path) -> list[str]:
    return sorted(
        each.relative_to(root).as_posix() for each in root.rglob("*") if each.is_file()
    )


def test_photos_are_named_by_their_content(tmp_path: Path) -> None:
    content = noisy_photo((40, 40))

    saved = collection(tmp_path).save(content, "cats")

    assert saved == f"cats/{hashlib.sha256(content).hexdigest()}.jpg"
    assert (tmp_path / saved).read_bytes() == content


def test_training_reads_the_labelled_ones_and_passes_over_the_others(
    tmp_path: Path,
) -> None:
    keep = collection(tmp_path)
    for folder, colour in (("cats", "red"), ("dogs", "blue"), (".unlabelled", "lime")):
        keep.save(photo(colour), folder)

    index = index_folder(tmp_path)

    assert index.classes == ("cats", "dogs")
    assert len(index) == 2


def test_the_last_label_of_a_photo_counts(tmp_path: Path) -> None:
    keep = collection(tmp_path)
    for folder in (".unlabelled", "cats", "dogs", "dogs"):
        saved = keep.save(photo(), folder)

    assert files_in(tmp_path) == [saved]
    assert saved.startswith("dogs/")


def test_a_label_stays_where_its_photo_comes_again_without_one(tmp_path: Path) -> None:
    keep = collection(tmp_path)
    saved = keep.save(photo(), "cats")

    assert keep.save(photo(), ".unlabelled") == saved
    assert files_in(tmp_path) == [saved]


def test_what_training_stores_beside_the_photos_does_not_count(tmp_path: Path) -> None:
    content = photo()
    collection(tmp_path).save(content, "cats")
    for folder in ("tmp/pixels", "models", "mine"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "stored").write_bytes(bytes(10**6))

    other = photo("blue")
    assert collection(tmp_path, len(content) + len(other)).save(other, "dogs")
    with pytest.raises(HTTPException, match=f"have {len(content) + len(other)} of"):
        collection(tmp_path, len(content) + len(other)).save(photo("lime"), "dogs")


def test_a_photo_that_is_too_large_by_itself_is_told_so(tmp_path: Path) -> None:
    content = photo()
    most = len(content) - 1

    told = f"has {len(content)} bytes.* have 0 of {most} bytes"
    with pytest.raises(HTTPException, match=told) as refused:
        collection(tmp_path, most).save(content, "cats")
    assert refused.value.status_code == 413


def test_folders_that_are_one_are_counted_once(tmp_path: Path) -> None:
    content, other = photo(), photo("blue")
    Collection(tmp_path, ("cats",), 10**6).save(content, "cats")
    (tmp_path / "Cats").symlink_to(tmp_path / "cats")
    keep = Collection(tmp_path, ("cats", "Cats"), len(content) + len(other))

    assert keep.save(other, "cats")


def test_what_is_no_image_to_its_end_is_not_saved(tmp_path: Path) -> None:
    keep = collection(tmp_path)

    for content in (b"no photo", noisy_photo((400, 300))[:-2000]):
        with pytest.raises(ImageError):
            keep.save(content, "cats")
    assert files_in(tmp_path) == []


def test_a_full_collection_takes_no_more(tmp_path: Path) -> None:
    first, second = photo("red"), photo("blue")
    keep = collection(tmp_path, len(first) + len(second) - 1)
    keep.save(first, "cats")

    with pytest.raises(HTTPException, match="no room") as refused:
        keep.save(second, "cats")
    assert refused.value.status_code == 413
    assert keep.save(first, "cats")  # is there already


def test_what_an_earlier_server_saved_counts(tmp_path: Path) -> None:
    content = photo()
    collection(tmp_path).save(content, "cats")

    with pytest.raises(HTTPException, match="no room"):
        collection(tmp_path, len(content)).save(photo("blue"), "dogs")


def test_another_label_for_a_photo_needs_no_room(tmp_path: Path) -> None:
    first, second = photo("red"), photo("blue")
    for content in (first, second):
        collection(tmp_path).save(content, "cats")
    full = collection(tmp_path, len(first))

    saved = full.save(first, "dogs")

    assert (tmp_path / saved).read_bytes() == first
    assert len(files_in(tmp_path)) == 2
    with pytest.raises(HTTPException, match=f"have {len(first) + len(second)} of"):
        full.save(photo("lime"), "cats")


def test_a_photo_keeps_its_label_until_the_next_one_is_on_the_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = photo()
    keep = collection(tmp_path)
    saved = keep.save(content, "cats")

    @contextmanager
    def without_room(target: Path) -> Iterator[BinaryIO]:
        raise OSError(errno.ENOSPC, "No space left on device")
        yield

    with monkeypatch.context() as disk:
        disk.setattr(module, "written_whole", without_room)
        with pytest.raises(OSError, match="No space"):
            keep.save(content, "dogs")
    assert files_in(tmp_path) == [saved]

    assert keep.save(content, "dogs")
    assert files_in(tmp_path) == [saved.replace("cats", "dogs")]


def test_two_labels_that_a_power_cut_left_become_one_again(tmp_path: Path) -> None:
    keep = collection(tmp_path)
    saved = keep.save(photo(), "cats")
    (tmp_path / "dogs").mkdir()
    (tmp_path / saved.replace("cats", "dogs")).write_bytes(photo())

    assert keep.save(photo(), "cats") == saved

    assert files_in(tmp_path) == [saved]


def test_folders_that_are_one_keep_their_photo(tmp_path: Path) -> None:
    """As on disks that know no difference between Cats and cats."""
    keep = Collection(tmp_path, ("cats", "Cats"), 10**6)
    saved = keep.save(photo(), "cats")
    (tmp_path / "Cats").symlink_to(tmp_path / "cats")

    keep.save(photo(), "Cats")

    assert (tmp_path / saved).read_bytes() == photo()


def test_no_file_outside_is_touched(tmp_path: Path) -> None:
    saved = collection(tmp_path / "kept").save(photo(), "cats")
    outside = tmp_path / Path(saved).name
    outside.write_bytes(b"of somebody else")

    collection(tmp_path / "kept").save(photo(), "dogs")

    assert outside.read_bytes() == b"of somebody else"


def test_a_label_leads_to_its_folder(tmp_path: Path) -> None:
    keep = collection(tmp_path)

    assert keep.folder_of("cats") == "cats"
    assert keep.folder_of("") == ".unlabelled"


@pytest.mark.parametrize(
    "label",
    ["birds", "../cats", "/etc", "a/b", "..", ".hidden", "nul\0", "CATS", LONG],
)
def test_no_label_leads_elsewhere(tmp_path: Path, label: str) -> None:
    with pytest.raises(HTTPException) as refused:
        collection(tmp_path).folder_of(label)
    assert refused.value.status_code == 422


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(PlanError, match="cannot be collected"):
        collection(tmp_path / "file")


@pytest.mark.parametrize("closed", ["kept", ".unlabelled"])
def test_a_folder_that_takes_no_files_is_told_before_anybody_sends_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, closed: str
) -> None:
    (tmp_path / "kept" / ".unlabelled").mkdir(parents=True)
    ask = os.access  # not asked of the disk: the superuser may write anywhere
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path).name != closed and ask(path, mode)
    )

    with pytest.raises(PlanError, match=r"cannot be collected in .*ermission denied"):
        collection(tmp_path / "kept")
