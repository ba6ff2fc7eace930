"""Mirrors src/unfreeze/data/batches.py."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.data.batches import PixelLoader, batch_places, epoch_order
from unfreeze.data.decode import preprocess
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.errors import ImageError, PlanError
from unfreeze.records import ImageSpec


def _index(count: int, *, is_labelled: bool = True) -> ImageIndex:
    pixels = np.zeros((count, 2, 2, 3), dtype=np.uint8)
    labels = np.arange(count) % 3 if is_labelled else None
    return ImageIndex(Path(), ("a", "b", "c"), pixels, labels)


def _fill(place: int, square: np.ndarray) -> None:
    """Show the place, and take its own time."""
    time.sleep(0.0005 * (place * 7 % 4))
    square[:] = place


def _loader(count: int = 23, **changes: object) -> PixelLoader:
    loader = PixelLoader(
        _index(count),
        _fill,
        rows=np.arange(count),
        batch_size=5,
        num_workers=3,
        size=4,
    )
    return replace(loader, **changes)


@pytest.mark.parametrize("num_workers", [0, 1, 4])
def test_rows_pixels_and_labels_stay_together_in_order(num_workers: int) -> None:
    rows = epoch_order(23, seed=0, epoch=1)

    def fill(place: int, square: np.ndarray) -> None:
        _fill(int(rows[place]), square)

    batches = list(_loader(rows=rows, fill=fill, num_workers=num_workers))

    assert [len(batch) for batch in batches] == [5, 5, 5, 5, 3]
    assert np.concatenate([batch.rows for batch in batches]).tolist() == rows.tolist()
    for batch in batches:
        assert batch.inputs.shape == (len(batch), 4, 4, 3)
        assert batch.inputs.dtype == torch.uint8
        assert batch.inputs[:, 0, 0, 0].tolist() == batch.rows.tolist()
        assert (batch.inputs == batch.inputs[:, :1, :1, :1]).all()
        assert batch.labels is not None
        assert batch.labels.dtype == torch.int64
        assert batch.labels.tolist() == (batch.rows % 3).tolist()


@pytest.mark.parametrize("num_workers", [0, 3])
def test_a_row_that_comes_again_is_read_for_each_of_its_places(
    num_workers: int,
) -> None:
    rows = np.array([4, 2, 4, 4, 1, 2, 4])

    batches = list(_loader(rows=rows, num_workers=num_workers))

    pixels = torch.cat([batch.inputs for batch in batches])
    assert pixels[:, 0, 0, 0].tolist() == list(range(7))
    assert np.concatenate([batch.rows for batch in batches]).tolist() == rows.tolist()


def test_a_loader_can_be_gone_through_again() -> None:
    loader = _loader()

    first, second = (torch.cat([batch.inputs for batch in loader]) for _ in range(2))

    assert torch.equal(first, second)


def test_batches_do_not_share_memory() -> None:
    batches = list(_loader())
    before = batches[1].inputs.clone()

    batches[0].inputs.zero_()

    assert torch.equal(batches[1].inputs, before)


@pytest.mark.parametrize("count", [0, 1, 4, 5, 6, 21, 22])
@pytest.mark.parametrize("ends_evenly", [False, True])
def test_the_length_is_the_number_of_batches(count: int, ends_evenly: bool) -> None:
    loader = _loader(count, ends_evenly=ends_evenly)

    assert len(loader) == len(list(loader))


@pytest.mark.parametrize(
    ("count", "batch_size", "sizes"),
    [
        (10, 5, [5, 5]),
        (11, 5, [5, 3, 3]),
        (12, 5, [5, 4, 3]),
        (13, 5, [5, 5, 3]),  # more than half a batch is left
        (12, 8, [8, 4]),  # and half
        (132, 64, [64, 34, 34]),
        (4, 5, [4]),
        (1, 5, [1]),
        (0, 5, []),
        (7, 3, [3, 2, 2]),
        (5, 2, [2, 3]),  # not one alone
        (3, 1, [1, 1, 1]),  # as it was asked for
    ],
)
def test_a_few_rows_at_the_end_are_shared_by_two_batches(
    count: int, batch_size: int, sizes: list[int]
) -> None:
    places = batch_places(count, batch_size, ends_evenly=True)

    assert [each.stop - each.start for each in places] == sizes
    assert [i for each in places for i in range(count)[each]] == list(range(count))
    loader = _loader(count, batch_size=batch_size, ends_evenly=True)
    assert [len(batch) for batch in loader] == sizes


def test_in_measuring_the_last_batch_has_what_is_left() -> None:
    assert [len(batch) for batch in _loader(11)] == [5, 5, 1]


def test_several_labels_stay_rows_and_no_labels_stay_none() -> None:
    pixels = np.zeros((4, 2, 2, 3), dtype=np.uint8)
    hot = np.eye(4, 3, dtype=np.float32)
    index = ImageIndex(Path(), ("a", "b", "c"), pixels, hot)
    rows = np.array([2, 0])

    (multi,) = _loader(index=index, rows=rows)
    (bare,) = _loader(index=_index(4, is_labelled=False), rows=rows)

    assert multi.labels is not None
    assert multi.labels.dtype == torch.float32
    assert multi.labels.tolist() == hot[[2, 0]].tolist()
    assert bare.labels is None


@pytest.mark.parametrize("num_workers", [0, 3])
def test_no_more_than_two_batches_are_read_ahead(num_workers: int) -> None:
    read_rows: list[int] = []

    def fill(row: int, square: np.ndarray) -> None:
        read_rows.append(row)

    seen = 0
    for batch in _loader(60, fill=fill, num_workers=num_workers):
        seen += len(batch)
        time.sleep(0.002)
        assert len(read_rows) <= seen + 2 * 5 + num_workers


@pytest.mark.parametrize("num_workers", [0, 3])
def test_an_exception_arrives_as_it_is_and_names_the_image(num_workers: int) -> None:
    mistake = ImageError("The file is empty (0 bytes).")

    def fill(row: int, square: np.ndarray) -> None:
        if row == 7:
            raise mistake
        _fill(row, square)

    batches = iter(_loader(fill=fill, num_workers=num_workers))

    assert next(batches).rows.tolist() == [0, 1, 2, 3, 4]
    with pytest.raises(ImageError) as caught:
        next(batches)
    assert caught.value is mistake
    assert caught.value.__notes__ == ["While reading image '7'."]


@pytest.mark.parametrize("way_out", ["break", "error", "interrupt"])
def test_leaving_the_loop_early_ends_the_threads(way_out: str) -> None:
    before = set(threading.enumerate())

    def leave() -> None:
        for _ in _loader(2000):
            if way_out == "break":
                break
            raise KeyboardInterrupt if way_out == "interrupt" else RuntimeError

    begun = time.monotonic()
    if way_out == "break":
        leave()
    else:
        with pytest.raises((RuntimeError, KeyboardInterrupt)):
            leave()

    assert set(threading.enumerate()) == before
    assert time.monotonic() - begun < 1


def test_settings_out_of_range_are_refused() -> None:
    with pytest.raises(PlanError, match=r"batch_size must be 1 or more, got 0"):
        _loader(batch_size=0)
    with pytest.raises(PlanError, match=r"num_workers must be 0 or more, got -1"):
        _loader(num_workers=-1)


def test_real_files_come_out_as_preprocess_gives_them(drawn_folder: Path) -> None:
    index = index_folder(drawn_folder / "valid")
    spec = ImageSpec(size=32)

    def read(row: int) -> np.ndarray:
        return preprocess(index.sources[row], spec)

    def fill(row: int, square: np.ndarray) -> None:
        square[:] = read(row)

    rows = np.arange(len(index))
    loader = PixelLoader(index, fill, rows=rows, batch_size=4, num_workers=2, size=32)

    pixels = torch.cat([batch.inputs for batch in loader]).numpy()
    np.testing.assert_array_equal(
        pixels, np.stack([read(row) for row in rows.tolist()])
    )


def test_an_epoch_visits_every_row_once() -> None:
    order = epoch_order(100, seed=3, epoch=2)

    assert sorted(order.tolist()) == list(range(100))
    assert order.dtype == np.int64


def test_the_order_depends_on_seed_and_epoch() -> None:
    def order(seed: int, epoch: int) -> list[int]:
        return epoch_order(50, seed=seed, epoch=epoch).tolist()

    assert order(0, 0) == order(0, 0)
    assert order(0, 0) != order(0, 1)
    assert order(0, 0) != order(1, 0)
    assert order(0, 1) != order(1, 0)
