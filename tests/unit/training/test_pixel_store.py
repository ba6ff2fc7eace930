"""Mirrors src/unfreeze/training/pixel_store.py."""

import os
import threading
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from unfreeze.training.pixel_store import PixelShelf, PixelStore, StoredPixels

COUNT = 12


@pytest.fixture
def ids() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (COUNT, 16), dtype=np.uint8)


@pytest.fixture
def photos() -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [
        rng.integers(0, 256, (5 + i % 3, 7 + i % 4, 3), dtype=np.uint8)
        for i in range(COUNT)
    ]


def _always(num_bytes: int) -> bool:
    return num_bytes > 0


def _filled(folder: Path, ids: np.ndarray, photos: list[np.ndarray]) -> PixelStore:
    store = PixelStore(folder, _always)
    for identity, photo in zip(ids, photos, strict=True):
        store.add(identity, photo)
    store.save()
    return store


def test_photos_come_back_as_they_were_also_in_another_process(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    here = _filled(tmp_path / "s", ids, photos)
    elsewhere = PixelStore(tmp_path / "s", _always)

    for store in (here, elsewhere):
        places = store.find(ids[::-1])
        for place, photo in zip(places, photos[::-1], strict=True):
            np.testing.assert_array_equal(store.read(place), photo)


def test_only_what_was_added_is_found(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    store = _filled(tmp_path / "s", ids[:4], photos[:4])
    half_alike = ids[0].copy()
    half_alike[8:] ^= 255

    found = store.find(np.stack([ids[3], ids[4], half_alike]))

    assert found[0] >= 0
    assert found[1:].tolist() == [-1, -1]
    assert PixelStore(tmp_path / "empty", _always).find(ids).tolist() == [-1] * COUNT


def test_a_photo_cannot_be_changed_by_its_reader(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    store = _filled(tmp_path / "s", ids, photos)

    pixels = store.read(int(store.find(ids[:1])[0]))

    assert pixels is not None
    assert not pixels.flags.writeable


def test_what_was_not_saved_is_not_there_for_others(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    store = _filled(tmp_path / "s", ids[:3], photos[:3])
    store.add(ids[3], photos[3])

    assert len(PixelStore(tmp_path / "s", _always)) == 3
    store.save()
    assert len(PixelStore(tmp_path / "s", _always)) == 4


@pytest.mark.parametrize(
    "damage", ["flipped", "cut", "no pixels", "no table", "no title"]
)
def test_torn_parts_are_noticed(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray], damage: str
) -> None:
    _filled(tmp_path / "s", ids, photos)
    (pixels,) = (tmp_path / "s").glob("*.pixels")
    (table,) = (tmp_path / "s").glob("*.npy")
    content = bytearray(pixels.read_bytes())
    match damage:
        case "flipped":
            content[0] ^= 1
            pixels.write_bytes(content)
        case "cut":
            pixels.write_bytes(content[: photos[0].nbytes - 1])
        case "no pixels":
            pixels.unlink()
        case "no table":
            table.write_bytes(table.read_bytes()[:40])
        case "no title":  # at which numpy raises what its tokenizer does
            table.write_bytes(table.read_bytes().replace(b"}", b"(", 1))

    store = PixelStore(tmp_path / "s", _always)

    place = int(store.find(ids[:1])[0])
    assert place == -1 or store.read(place) is None
    if damage == "flipped":  # the others are whole
        np.testing.assert_array_equal(
            store.read(int(store.find(ids[1:2])[0])), photos[1]
        )


def test_a_torn_photo_is_decoded_once_more_and_found_from_then_on(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    _filled(tmp_path / "s", ids, photos)
    (pixels,) = (tmp_path / "s").glob("*.pixels")
    pixels.write_bytes(b"\x00" * pixels.stat().st_size)
    os.utime(next((tmp_path / "s").glob("*.npy")), (0, 0))
    decoded: list[int] = []

    def decode(row: int) -> Callable[[], np.ndarray]:
        def work() -> np.ndarray:
            decoded.append(row)
            return photos[row]

        return work

    for _ in range(2):
        split = StoredPixels(PixelStore(tmp_path / "s", _always), ids)
        split.begin()
        for row in range(COUNT):
            np.testing.assert_array_equal(split.read(row, decode(row)), photos[row])
        split.save()

    assert decoded == list(range(COUNT))


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no such limit")
def test_a_photo_of_which_a_part_was_written_is_not_there(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    """A full disk takes the beginning of a photo, and may have room again after it."""
    import resource

    store = PixelStore(tmp_path / "s", _always)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    fits = photos[0].nbytes + photos[1].nbytes // 2
    resource.setrlimit(resource.RLIMIT_FSIZE, (fits, limits[1]))
    try:
        store.add(ids[0], photos[0])
        store.add(ids[1], photos[1])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    store.add(ids[2], photos[2])
    store.save()

    first, second, *_ = store.find(ids).tolist()
    np.testing.assert_array_equal(store.read(first), photos[0])
    assert second == -1


def test_threads_may_add_at_once(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    store = PixelStore(tmp_path / "s", _always)
    threads = [
        threading.Thread(target=store.add, args=(ids[i], photos[i]))
        for i in range(COUNT)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    store.save()

    places = store.find(ids)
    for place, photo in zip(places, photos, strict=True):
        np.testing.assert_array_equal(store.read(place), photo)


def test_a_full_disk_stops_the_keeping_and_nothing_else(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    (tmp_path / "s").write_bytes(b"a file where the folder should be")
    store = PixelStore(tmp_path / "s", _always)

    store.add(ids[0], photos[0])
    store.save()

    assert len(store) == 0


def test_a_shelf_keeps_to_its_budget(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    budget = sum(photo.nbytes for photo in photos[:5])
    store = PixelShelf(tmp_path / "pixels", budget).store("one")
    for identity, photo in zip(ids, photos, strict=True):
        store.add(identity, photo)
    store.save()

    assert len(store) == 5
    (pixels,) = (tmp_path / "pixels" / "one").glob("*.pixels")
    assert pixels.stat().st_size == budget


def test_the_store_that_was_used_longest_ago_makes_room(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    for age, name in enumerate(["newest", "older", "oldest"]):
        _filled(tmp_path / name, ids[:2], photos[:2])
        os.utime(tmp_path / name, (1000 - age, 1000 - age))
    used = sum(file.stat().st_size for file in tmp_path.rglob("*") if file.is_file())
    shelf = PixelShelf(tmp_path, used)

    kept = shelf.store("older")  # in use, so it stays
    fresh = shelf.store("fresh")
    fresh.add(ids[0], photos[0])
    fresh.save()

    assert len(kept) == 2
    assert sorted(folder.name for folder in tmp_path.iterdir()) == [
        "fresh",
        "newest",
        "older",
    ]


def test_a_row_that_comes_twice_in_an_epoch_is_kept_once(
    tmp_path: Path, ids: np.ndarray, photos: list[np.ndarray]
) -> None:
    store = PixelStore(tmp_path / "s", _always)
    stored = StoredPixels(store, ids)

    for _ in range(2):
        stored.read(3, lambda: photos[3])
    stored.save()

    assert len(store) == 1
