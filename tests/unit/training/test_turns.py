"""Mirrors src/unfreeze/training/turns.py."""

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.index import ImageIndex, index_flat_folder
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import StagedClassifier, with_new_head
from unfreeze.numerics.keyed import Purpose
from unfreeze.records import ImageSpec, Task
from unfreeze.training.runtime import PlainRuntime
from unfreeze.training.source import FromImages, Loading, Setup
from unfreeze.training.tta import logits_of_views
from unfreeze.training.turns import logits_in_turn

SPEC = ImageSpec(size=32)


@pytest.fixture
def model(global_draws: None) -> StagedClassifier:
    backbone = build_backbone("unfreeze_nano", weights="none", size=32)
    return with_new_head(backbone, 3, xtra_fc=(8,), ps=(0.0, 0.0))


@pytest.fixture
def index(drawn_folder: Path) -> ImageIndex:
    """18 photos."""
    return index_flat_folder(drawn_folder / "valid", ())


def _setup(num_workers: int = 0) -> Setup:
    loading = Loading(batch_size=8, num_workers=num_workers, seed=3)
    return Setup(loading=loading, runtime=PlainRuntime(), task=Task.SINGLE)


@pytest.mark.parametrize("num_workers", [0, 2])
def test_batches_together_say_what_a_pass_over_all_says(
    model: StagedClassifier, index: ImageIndex, num_workers: int
) -> None:
    plain = FromImages(index, SPEC)
    augmentation = Augmentation(spec=SPEC, max_zoom=(1.0, 1.3))
    varied = FromImages(index, SPEC, augmentation, Purpose.VIEWS)
    expected = logits_of_views(model, plain, varied, 2, _setup())

    turns = list(
        logits_in_turn(
            model, [plain, varied, varied], np.arange(18), _setup(num_workers)
        )
    )

    assert [rows.tolist() for rows, _ in turns] == [
        list(range(8)),
        list(range(8, 16)),
        [16, 17],
    ]
    found = torch.cat([logits for _, logits in turns], dim=1)
    assert torch.equal(found, expected)
    assert not torch.equal(found[1], found[2])


def test_later_rows_do_not_need_the_earlier_ones(
    model: StagedClassifier, index: ImageIndex
) -> None:
    plain = FromImages(index, SPEC)
    *_, (_, expected) = logits_in_turn(model, [plain], np.arange(18), _setup())

    ((rows, found),) = logits_in_turn(model, [plain], np.arange(16, 18), _setup())

    assert rows.tolist() == [16, 17]
    assert torch.equal(found, expected)


def test_an_early_end_stops_the_threads_and_gives_the_mode_back(
    model: StagedClassifier, index: ImageIndex
) -> None:
    model.train()
    turns = logits_in_turn(model, [FromImages(index, SPEC)], np.arange(18), _setup(2))

    with closing(turns):
        next(turns)
        assert model.training
        assert torch.is_grad_enabled()


def test_a_photo_that_cannot_be_read_is_noted_and_the_others_go_on(
    model: StagedClassifier, index: ImageIndex, drawn_folder: Path
) -> None:
    plain = FromImages(index, SPEC)
    (_, expected), *_ = logits_in_turn(model, [plain], np.arange(18), _setup())
    (drawn_folder / "valid" / index.name(3)).write_bytes(b"junk")
    unreadable: dict[int, str] = {}
    tolerant = FromImages(index, SPEC, unreadable=unreadable)

    (_, found), *_ = logits_in_turn(model, [tolerant], np.arange(18), _setup())

    assert list(unreadable) == [3]
    others = [0, 1, 2, 4, 5, 6, 7]
    assert torch.allclose(found[:, others], expected[:, others], atol=1e-5)
