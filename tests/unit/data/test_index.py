"""Mirrors src/unfreeze/data/index.py."""

import os
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data.index import ImageIndex, index_flat_folder, index_folder
from unfreeze.errors import DataError


def _touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return root


def _arrays(count: int) -> np.ndarray:
    return np.arange(count * 12, dtype=np.uint8).reshape(count, 2, 2, 3)


def test_folders_name_the_classes_in_sorted_order(tmp_path: Path) -> None:
    _touch(tmp_path, "dogs/1.jpg", "cats/2.jpg", "cats/sub/3.jpg", "Zebras/4.jpg")

    index = index_folder(tmp_path)

    assert index.classes == ("Zebras", "cats", "dogs")
    assert list(index.names) == [
        "Zebras/4.jpg",
        "cats/2.jpg",
        "cats/sub/3.jpg",
        "dogs/1.jpg",
    ]
    assert index.labels is not None
    assert index.labels.tolist() == [0, 1, 1, 2]
    assert index.labels.dtype == np.int64
    assert not index.is_multi


def test_row_name_and_source_belong_together(drawn_folder: Path) -> None:
    index = index_folder(drawn_folder / "train")

    assert len(index) == 36
    for row in range(len(index)):
        assert index.sources[row] == index.root / index.name(row)
        assert index.name(row) == index.names[row]
        assert index.classes[index.labels[row]] == index.name(row).split("/")[0]


def test_given_classes_keep_their_numbers_where_a_folder_is_missing(
    tmp_path: Path,
) -> None:
    _touch(tmp_path, "dogs/1.jpg")

    index = index_folder(tmp_path, ["cats", "dogs"])

    assert index.classes == ("cats", "dogs")
    assert index.labels.tolist() == [1]


def test_an_unknown_folder_is_named_with_the_nearest_class(tmp_path: Path) -> None:
    _touch(tmp_path, "dogs/1.jpg", "cat/2.jpg")

    with pytest.raises(DataError, match=r"'cat'.*'cats', 'dogs'.*mean 'cats'\?"):
        index_folder(tmp_path, ["cats", "dogs"])


def test_an_empty_class_folder_is_refused_only_where_folders_name_classes(
    tmp_path: Path,
) -> None:
    _touch(tmp_path, "dogs/1.jpg", "cats/notes.txt")

    with pytest.raises(DataError, match=r"no images in the class folders 'cats'"):
        index_folder(tmp_path)
    assert len(index_folder(tmp_path, ["cats", "dogs"])) == 1


def test_hidden_and_cache_folders_are_no_classes(tmp_path: Path) -> None:
    _touch(tmp_path, "cats/1.jpg", ".ipynb_checkpoints/2.jpg")
    _touch(tmp_path, "models/CACHEDIR.TAG", "models/copies/plot.png")

    found = index_folder(tmp_path)

    assert found.classes == ("cats",)
    assert found.num_ignored == 0


def test_photos_in_a_folder_marked_as_a_cache_are_said_to_be_left_out(
    tmp_path: Path,
) -> None:
    """Ours has none directly in it, so that these are somebody's."""
    _touch(tmp_path, "cats/1.jpg", "models/CACHEDIR.TAG", "models/2.jpg")

    found = index_folder(tmp_path)

    assert found.classes == ("cats",)
    [left_out] = found.ignored
    assert left_out.file == "models"
    assert "CACHEDIR.TAG" in left_out.reason


def test_a_marked_folder_is_indexed_when_asked_for_by_name(tmp_path: Path) -> None:
    _touch(tmp_path, "CACHEDIR.TAG", "cats/1.jpg")

    assert list(index_folder(tmp_path).names) == ["cats/1.jpg"]


def test_classes_that_differ_only_in_case_are_two_classes(tmp_path: Path) -> None:
    _touch(tmp_path, "cats/1.jpg", "Cats/2.jpg")

    assert index_folder(tmp_path).classes == ("Cats", "cats")


def test_files_that_are_no_images_are_reported(tmp_path: Path) -> None:
    _touch(tmp_path, "cats/1.jpg", "cats/notes.txt", "README.md", "stray.jpg")

    index = index_folder(tmp_path)

    assert index.num_ignored == 3
    assert {skipped.file for skipped in index.ignored} == {
        "cats/notes.txt",
        "README.md",
        "stray.jpg",
    }
    assert len(index) == 1


def test_a_missing_folder_is_told_from_an_empty_one(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"gone does not exist\. Expected one folder"):
        index_folder(tmp_path / "gone")
    with pytest.raises(DataError, match=r"holds no images"):
        index_folder(tmp_path)


def test_a_file_instead_of_a_folder_is_named(tmp_path: Path) -> None:
    _touch(tmp_path, "photos.zip")

    with pytest.raises(DataError, match=r"photos\.zip is a file, not a folder"):
        index_folder(tmp_path / "photos.zip")


def test_folders_without_images_are_named(tmp_path: Path) -> None:
    _touch(tmp_path, "cats/notes.txt")

    with pytest.raises(DataError, match=r"has the folders 'cats', but there are no"):
        index_folder(tmp_path)


def test_images_without_class_folders_are_named(tmp_path: Path) -> None:
    _touch(tmp_path, *(f"{number}.jpg" for number in range(40, 9, -1)))

    with pytest.raises(DataError, match=r"31 images in .* as '10\.jpg', lie directly"):
        index_folder(tmp_path)


def test_a_flat_folder_has_no_labels(tmp_path: Path) -> None:
    _touch(tmp_path, "2.jpg", "1.jpg", "more/3.jpg", "notes.txt")

    index = index_flat_folder(tmp_path, ["cats", "dogs"])

    assert index.labels is None
    assert list(index.names) == ["1.jpg", "2.jpg", "more/3.jpg"]
    assert index.num_ignored == 1


def test_a_flat_folder_without_images_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"holds no images"):
        index_flat_folder(tmp_path, ["cats"])


def test_splits_are_told_from_classes_beside_a_folder_without_photos(
    tmp_path: Path,
) -> None:
    _touch(tmp_path, "train/a/1.jpg", "valid/a/2.jpg", "models/x.safetensors")

    with pytest.raises(DataError, match=r"'train', 'valid': names of splits.*paths"):
        index_folder(tmp_path)


_UNREAD = r"Found 2 photos of a kind that cannot be read \(HEIC.*save as JPEG or PNG"


def test_photos_of_unread_kinds_alone_are_named(tmp_path: Path) -> None:
    _touch(tmp_path, "cats/1.HEIC", "dogs/2.heic", "notes.txt")

    with pytest.raises(DataError, match=rf"holds no images, .* in it\. {_UNREAD}"):
        index_flat_folder(tmp_path, ["cats"])
    with pytest.raises(DataError, match=rf"no images in them\. {_UNREAD}") as caught:
        index_folder(tmp_path)
    assert "such as 'cats/1.HEIC'" in str(caught.value)


def test_a_class_of_photos_of_unread_kinds_is_not_said_to_be_empty(
    tmp_path: Path,
) -> None:
    _touch(tmp_path, "cats/1.jpg", "dogs/2.heic", "dogs/3.heic")

    with pytest.raises(DataError, match=rf"folders 'dogs' of .*\. {_UNREAD}.* remove"):
        index_folder(tmp_path)


def test_names_that_are_no_text_survive(tmp_path: Path) -> None:
    raw = os.fsencode(tmp_path) + b"/cats/caf\xe9.jpg"
    (tmp_path / "cats").mkdir()
    Path(os.fsdecode(raw)).write_bytes(b"content")

    index = index_folder(tmp_path)

    assert os.fsencode(index.sources[0]) == raw
    assert index.sources[0].read_bytes() == b"content"


def test_take_keeps_rows_labels_and_classes_together(drawn_folder: Path) -> None:
    index = index_folder(drawn_folder / "train")
    rows = np.array([35, 0, 17])

    part = index.take(rows)

    assert list(part.names) == [index.name(row) for row in rows.tolist()]
    assert part.labels.tolist() == index.labels[rows].tolist()
    assert part.classes == index.classes
    assert part.sources[0] == index.sources[35]


def test_an_index_moves_to_copies_of_its_files(drawn_folder: Path) -> None:
    index = index_folder(drawn_folder / "train").take(np.array([5, 1]))

    moved = index.moved(Path("copies"))

    assert list(moved.sources) == [Path("copies") / name for name in index.names]
    assert moved.labels.tolist() == index.labels.tolist()
    with pytest.raises(DataError, match=r"never were files"):
        ImageIndex(Path(), ("a",), _arrays(1), None).moved(Path("copies"))


def test_arrays_are_named_by_row() -> None:
    index = ImageIndex(Path(), ("a", "b"), _arrays(3), np.array([0, 1, 1]))

    assert list(index.names) == ["0", "1", "2"]
    np.testing.assert_array_equal(index.take(np.array([2])).sources, _arrays(3)[2:])


def test_a_plain_list_of_paths_serves_as_well() -> None:
    paths = [Path("photos/cats/1.jpg"), Path("elsewhere/2.jpg")]
    index = ImageIndex(Path("photos"), ("cats",), paths, None)

    assert list(index.names) == ["cats/1.jpg", "../elsewhere/2.jpg"]
    assert list(index.take(np.array([1])).sources) == [paths[1]]


def test_rows_of_ones_make_the_index_multi_label() -> None:
    hot = np.array([[1, 0], [1, 1]], dtype=np.float32)

    assert ImageIndex(Path(), ("a", "b"), _arrays(2), hot).is_multi
    assert not ImageIndex(Path(), ("a", "b"), _arrays(2), None).is_multi


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.array([0, 2]), r"labels from 0 to 2 for 2 classes"),
        (np.array([-1, 0]), r"labels from -1 to 0"),
        (np.zeros((2, 3), dtype=np.float32), r"rows of 3 labels for 2 classes"),
    ],
)
def test_labels_that_do_not_fit_are_refused(labels: np.ndarray, message: str) -> None:
    with pytest.raises(DataError, match=message):
        ImageIndex(Path(), ("a", "b"), _arrays(2), labels)


def test_fewer_labels_than_images_are_refused() -> None:
    with pytest.raises(DataError, match=r"Got 2 images but 1 labels"):
        ImageIndex(Path(), ("a",), [Path("1.jpg"), Path("2.jpg")], np.array([0]))


@pytest.mark.slow
def test_a_hundred_thousand_images_cost_less_than_6_megabytes(tmp_path: Path) -> None:
    import tracemalloc

    for number in range(100):
        folder = tmp_path / f"class{number:03}"
        folder.mkdir()
        for image in range(1000):
            (folder / f"class{number:03}_{image:08}.JPEG").touch()

    tracemalloc.start()
    index = index_folder(tmp_path)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert len(index) == 100_000
    assert peak < 6e6


@pytest.mark.realdata
def test_dogs_and_cats_are_all_found(shared_data: Path) -> None:
    index = index_folder(shared_data / "dogscats/train")

    assert index.classes == ("cats", "dogs")
    assert np.bincount(index.labels).tolist() == [400, 400]
    assert index.num_ignored == 0
