"""Mirrors src/unfreeze/training/source.py."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest
import torch

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.batches import epoch_order
from unfreeze.data.decode import preprocess, read_pixels
from unfreeze.data.index import ImageIndex
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.balance import balanced_order
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec
from unfreeze.training.source import (
    FromFeatures,
    FromImages,
    Setup,
    Source,
    in_order,
    labels_of,
    logits_of,
    shuffled,
)


@pytest.fixture
def stored(index: ImageIndex) -> FromFeatures:
    """Features that show their row number."""
    rows = np.arange(22, dtype=np.float32)[:, None]
    return FromFeatures(rows.repeat(12, axis=1), index.labels)


@pytest.fixture(params=["images", "features"])
def either(
    request: pytest.FixtureRequest, source: FromImages, stored: FromFeatures
) -> Source:
    return source if request.param == "images" else stored


def test_an_epoch_has_every_row_once_in_its_keyed_order(
    either: Source, setup: Setup, index: ImageIndex
) -> None:
    batches = list(shuffled(either, setup.loading, epoch=3))

    rows = np.concatenate([batch.rows for batch in batches])
    assert rows.tolist() == epoch_order(22, seed=7, epoch=3).tolist()
    assert sorted(rows) == list(range(22))
    for batch in batches:
        assert labels_of(batch).tolist() == index.labels[batch.rows].tolist()


def test_batches_can_be_counted_and_gone_over_again(
    either: Source, setup: Setup
) -> None:
    batches = shuffled(either, setup.loading, epoch=0)

    first = [batch.rows.tolist() for batch in batches]
    assert len(batches) == len(first) == 6
    assert [batch.rows.tolist() for batch in batches] == first


@pytest.mark.parametrize(
    ("batch_size", "sizes_learning", "sizes_measuring"),
    [(7, [7, 7, 7], [7, 7, 7, 1]), (10, [10, 10, 2], [10, 10, 2]), (30, [22], [22])],
)
def test_a_single_last_row_is_measured_but_not_learned_from(
    either: Source,
    make_setup: Callable[..., Setup],
    batch_size: int,
    sizes_learning: list[int],
    sizes_measuring: list[int],
) -> None:
    loading = make_setup(batch_size=batch_size).loading

    learning = shuffled(either, loading, epoch=0)
    measuring = in_order(either, loading)

    assert [len(batch) for batch in learning] == sizes_learning
    assert [len(batch) for batch in measuring] == sizes_measuring
    assert len(learning) == len(sizes_learning)
    assert len(measuring) == len(sizes_measuring)
    rows = np.concatenate([batch.rows for batch in measuring])
    assert rows.tolist() == list(range(22))


def test_without_augmentation_images_are_preprocessed_as_for_prediction(
    source: FromImages, setup: Setup
) -> None:
    for batch in shuffled(source, setup.loading, epoch=0):
        for square, row in zip(batch.inputs, batch.rows, strict=True):
            expected = preprocess(source.index.sources[row], source.spec)
            assert np.array_equal(square.numpy(), expected)


@pytest.mark.parametrize("purpose", [Purpose.AUGMENT, Purpose.VIEWS])
def test_augmentation_is_keyed_by_purpose_epoch_and_row(
    index: ImageIndex, setup: Setup, augmentation: Augmentation, purpose: Purpose
) -> None:
    source = FromImages(index, augmentation.spec, augmentation, purpose)

    for batch in shuffled(source, setup.loading, epoch=2):
        for square, row in zip(batch.inputs, batch.rows, strict=True):
            pixels = read_pixels(index.sources[row], short_side=augmentation.short_side)
            rng = rng_for(7, purpose, epoch=2, row=int(row))
            assert np.array_equal(square.numpy(), augmentation.apply(pixels, rng))


def test_augmentation_is_keyed_by_counters_where_there_are_some(
    index: ImageIndex, setup: Setup, augmentation: Augmentation
) -> None:
    """Also by one that fills all 64 bits."""
    counters = np.arange(22, dtype=np.uint64)[::-1] + np.uint64(2**64 - 22)
    source = FromImages(index, augmentation.spec, augmentation, counters=counters)

    for batch in in_order(source, setup.loading, epoch=2):
        for square, row in zip(batch.inputs, batch.rows, strict=True):
            pixels = read_pixels(index.sources[row], short_side=augmentation.short_side)
            rng = rng_for(7, Purpose.AUGMENT, epoch=2, row=2**64 - 1 - int(row))
            assert np.array_equal(square.numpy(), augmentation.apply(pixels, rng))


def test_augmented_images_change_from_epoch_to_epoch(
    index: ImageIndex, setup: Setup, augmentation: Augmentation
) -> None:
    source = FromImages(index, augmentation.spec, augmentation)

    def pixels(epoch: int) -> torch.Tensor:
        batches = in_order(source, setup.loading, epoch)
        return torch.cat([batch.inputs for batch in batches])

    assert torch.equal(pixels(1), pixels(1))
    assert not torch.equal(pixels(1), pixels(2))


def test_a_squashed_image_is_decoded_to_the_square(
    index: ImageIndex, setup: Setup
) -> None:
    spec = ImageSpec(size=5, squash=True)
    source = FromImages(index, spec, Augmentation(spec=spec, crop="squash"))

    batch = next(iter(in_order(source, setup.loading)))

    expected = preprocess(index.sources[0], spec)
    assert np.array_equal(batch.inputs[0].numpy(), expected)


def test_features_arrive_with_their_rows(stored: FromFeatures, setup: Setup) -> None:
    for batch in shuffled(stored, setup.loading, epoch=0):
        assert batch.inputs[:, 0].tolist() == batch.rows.tolist()
        assert batch.inputs.dtype == torch.float32


@pytest.mark.parametrize(("epoch", "view"), [(0, 0), (1, 1), (2, 2), (3, 0), (7, 1)])
def test_epochs_take_the_views_by_turns(
    index: ImageIndex, setup: Setup, epoch: int, view: int
) -> None:
    """Features show row number and view."""
    rows = np.arange(22, dtype=np.float32)
    views = [np.stack([rows, np.full(22, v, np.float32)], axis=1) for v in range(3)]
    source = FromFeatures(views[0], index.labels, tuple(views[1:]))

    for batch in shuffled(source, setup.loading, epoch):
        assert batch.inputs[:, 0].tolist() == batch.rows.tolist()
        assert set(batch.inputs[:, 1].tolist()) == {view}
        assert labels_of(batch).tolist() == index.labels[batch.rows].tolist()


def test_logits_of_images_are_those_of_the_whole_model(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    batch = next(iter(in_order(source, setup.loading)))
    model.eval()

    logits = logits_of(model, source, batch, setup)

    assert torch.equal(logits, model(normalise(batch.inputs, source.spec)))


def test_logits_of_features_are_those_of_the_head(
    model: StagedClassifier, stored: FromFeatures, setup: Setup
) -> None:
    batch = next(iter(in_order(stored, setup.loading)))
    model.eval()

    logits = logits_of(model, stored, batch, setup)

    assert torch.equal(logits, model.head(batch.inputs))


def test_labels_are_asked_for_where_there_are_none(
    stored: FromFeatures, setup: Setup
) -> None:
    unlabelled = FromFeatures(stored.features, None)
    batch = next(iter(in_order(unlabelled, setup.loading)))

    with pytest.raises(PlanError, match=r"no labels.*call predict"):
        labels_of(batch)


def test_a_balanced_epoch_shows_the_rows_of_its_keyed_choice(
    either: Source, setup: Setup, index: ImageIndex
) -> None:
    loading = dataclasses.replace(setup.loading, is_balanced=True)

    batches = list(shuffled(either, loading, epoch=3))

    rows = np.concatenate([batch.rows for batch in batches])
    assert index.labels is not None
    expected = balanced_order(index.labels, seed=7, epoch=3)
    assert rows.tolist() == expected[: len(rows)].tolist()
    counts = np.bincount(index.labels[rows])
    assert counts.max() - counts.min() <= 1
