"""Mirrors src/unfreeze/training/drafts.py."""

import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.batch_draft import Outline
from unfreeze.augment.kernels import light_table
from unfreeze.data.batches import epoch_order
from unfreeze.data.index import ImageIndex
from unfreeze.training.drafts import DraftLoader


def _outline(row: int) -> Outline:
    """Show the row number in size and colour, and take the row's own time."""
    time.sleep(0.0005 * (row * 7 % 4))
    pixels = np.full((1 + row % 3, 2 + row % 5, 3), row, dtype=np.uint8)
    return Outline(pixels, np.eye(3) * (1 + row), light_table([]))


def _loader(count: int = 23, **changes: object) -> DraftLoader:
    pixels = np.zeros((count, 2, 2, 3), dtype=np.uint8)
    loader = DraftLoader(
        index=ImageIndex(Path(), ("a", "b", "c"), pixels, np.arange(count) % 3),
        outline=_outline,
        rows=np.arange(count),
        batch_size=5,
        num_workers=3,
        size=4,
        border="edge",
    )
    return replace(loader, **changes)


@pytest.mark.parametrize("num_workers", [0, 1, 4])
def test_rows_pixels_and_labels_stay_together_in_order(num_workers: int) -> None:
    rows = epoch_order(23, seed=0, epoch=1)

    def outline(place: int) -> Outline:
        return _outline(int(rows[place]))

    batches = list(_loader(rows=rows, outline=outline, num_workers=num_workers))

    assert [len(each) for each in batches] == [5, 5, 5, 5, 3]
    assert np.concatenate([each.rows for each in batches]).tolist() == rows.tolist()
    for batch in batches:
        assert batch.labels is not None
        assert batch.labels.tolist() == (batch.rows % 3).tolist()
        sizes = [[2 + row % 5, 1 + row % 3] for row in batch.rows]
        assert batch.draft.sizes.tolist() == sizes
        expected = np.concatenate(
            [_outline(row)[0].reshape(-1, 3) for row in batch.rows]
        )
        assert np.array_equal(batch.draft.pixels.numpy(), expected)
        assert batch.draft.matrices[:, 0, 0].tolist() == (1.0 + batch.rows).tolist()


def test_any_number_of_threads_reads_the_same() -> None:
    alone, many = _loader(num_workers=0), _loader(num_workers=7)

    for one, other in zip(alone, many, strict=True):
        assert torch.equal(one.draft.pixels, other.draft.pixels)
        assert torch.equal(one.draft.matrices, other.draft.matrices)
        assert torch.equal(one.draft.tables, other.draft.tables)


@pytest.mark.parametrize(
    ("count", "sizes"), [(11, [5, 3, 3]), (12, [5, 4, 3]), (0, [])]
)
def test_the_last_batches_may_share_what_is_left(count: int, sizes: list[int]) -> None:
    loader = _loader(count, ends_evenly=True)

    assert [len(each) for each in loader] == sizes
    assert len(loader) == len(sizes)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_few_rows_are_read_ahead(num_workers: int) -> None:
    """The batch that is asked for, one that is joined, and one that is read."""
    seen: list[int] = []

    def outline(row: int) -> Outline:
        seen.append(row)
        return _outline(row)

    batches = iter(_loader(200, outline=outline, num_workers=num_workers))
    next(batches)
    time.sleep(0.1)

    assert len(seen) <= 3 * 5 + 2 * num_workers + 1
    batches.close()  # type: ignore[attr-defined]


def test_leaving_early_ends_the_threads() -> None:
    before = threading.active_count()

    for _ in _loader(200):
        break

    assert threading.active_count() == before


@pytest.mark.parametrize("num_workers", [0, 2])
def test_an_error_names_the_image(num_workers: int) -> None:
    def outline(row: int) -> Outline:
        if row == 12:
            raise ValueError("broken")
        return _outline(row)

    with pytest.raises(ValueError, match="broken") as caught:
        list(_loader(outline=outline, num_workers=num_workers))

    assert "While reading image" in caught.value.__notes__[0]
