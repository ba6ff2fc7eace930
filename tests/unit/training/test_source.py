"""Mirrors src/unfreeze/training/source.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import BASIC, SIDE_ON, TOP_DOWN
from unfreeze.augment.steps import Step
from unfreeze.data.batches import epoch_order
from unfreeze.data.decode import encode, preprocess
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.quick import QUICK_DECODER, read_quickly
from unfreeze.data.screen import screen
from unfreeze.errors import ImageError, PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.balance import balanced_order
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec
from unfreeze.training import source as module
from unfreeze.training.delivery import PlainDelivery
from unfreeze.training.pixel_store import PixelShelf, StoredPixels
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
    [(7, [7, 7, 4, 4], [7, 7, 7, 1]), (10, [10, 6, 6], [10, 10, 2]), (30, [22], [22])],
)
def test_learning_ends_in_no_small_batch(
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


@pytest.mark.parametrize("is_varied", [False, True])
def test_a_photo_that_cannot_be_read_ends_a_pass_or_is_black_and_noted(
    many_sides: ImageIndex,
    setup: Setup,
    augmentation: Augmentation,
    is_varied: bool,
) -> None:
    many_sides.sources[2].write_bytes(b"junk")
    spec = augmentation.spec
    strict = FromImages(many_sides, spec, augmentation if is_varied else None)
    noted: dict[int, str] = {}
    tolerant = replace(strict, unreadable=noted)

    with pytest.raises(ImageError):
        list(in_order(strict, setup.loading))
    seen = [row for batch in in_order(tolerant, setup.loading) for row in batch.rows]

    assert seen == list(range(22))
    assert list(noted) == [2]
    if not is_varied:
        first = next(iter(in_order(tolerant, setup.loading)))
        assert not first.inputs[2].any()


@pytest.mark.parametrize("purpose", [Purpose.AUGMENT, Purpose.VIEWS])
def test_augmentation_is_keyed_by_purpose_epoch_and_row(
    index: ImageIndex, setup: Setup, augmentation: Augmentation, purpose: Purpose
) -> None:
    source = FromImages(index, augmentation.spec, augmentation, purpose)

    for batch in shuffled(source, setup.loading, epoch=2):
        for square, row in zip(batch.inputs, batch.rows, strict=True):
            side = augmentation.short_side
            pixels = read_quickly(index.sources[row], short_side=side)
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
            side = augmentation.short_side
            pixels = read_quickly(index.sources[row], short_side=side)
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

    expected = read_quickly(index.sources[0], squash_to=5)
    assert np.array_equal(batch.inputs[0].numpy(), expected)


@pytest.mark.parametrize("is_squashed", [True, False])
def test_photos_to_be_varied_have_a_store_of_their_own(
    index: ImageIndex, is_squashed: bool
) -> None:
    """Decoded to the same square, they differ by a level here and there."""
    spec = ImageSpec(size=5, squash=is_squashed)
    augmentation = Augmentation(spec=spec, crop="squash" if is_squashed else "random")

    ways = {
        FromImages(index, spec, each).way_of_decoding for each in (augmentation, None)
    }

    assert len(ways) == 2


def test_another_library_for_decoding_has_another_store(
    index: ImageIndex, augmentation: Augmentation, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = FromImages(index, augmentation.spec, augmentation)
    before = source.way_of_decoding

    monkeypatch.setattr(module, "QUICK_DECODER", f"{QUICK_DECODER}.1")

    assert source.way_of_decoding != before


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


def _sides(count: int) -> list[np.ndarray]:
    """Noisy photos of several sizes."""
    rng = np.random.default_rng(0)
    shapes = [(20, 20, 3), (31, 20, 3), (20, 200, 3), (12, 15, 3)]
    return [rng.integers(0, 256, shapes[i % 4], dtype=np.uint8) for i in range(count)]


@pytest.fixture
def many_sides(tmp_path: Path) -> ImageIndex:
    for number, pixels in enumerate(_sides(22)):
        folder = tmp_path / "photos" / ("a", "b")[number % 2]
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number:02}.png").write_bytes(encode(pixels, "PNG"))
    return index_folder(tmp_path / "photos")


@pytest.mark.parametrize("steps", [SIDE_ON, TOP_DOWN, BASIC], ids=["side", "top", "b"])
@pytest.mark.parametrize("num_workers", [0, 3])
@pytest.mark.parametrize("is_stored", [True, False])
def test_photos_varied_on_the_device_are_those_varied_one_by_one(
    many_sides: ImageIndex,
    make_setup: Callable[..., Setup],
    tmp_path: Path,
    steps: tuple[Step, ...],
    num_workers: int,
    is_stored: bool,
) -> None:
    """From the same numbers, so every value is the same but for a level."""
    augmentation = Augmentation(spec=ImageSpec(size=16), steps=steps, max_zoom=(1, 1.2))
    source = FromImages(many_sides, augmentation.spec, augmentation)
    if is_stored:
        digests = screen(many_sides, None, num_workers=0).digests
        shelf = PixelShelf(tmp_path / "pixels", most_bytes=10**7)
        stored = StoredPixels(shelf.store(source.way_of_decoding), digests)
        source = replace(source, stored=stored)
    alone = make_setup(num_workers=0).loading
    at_once = replace(
        alone, num_workers=num_workers, delivery=PlainDelivery(varies=True)
    )

    for epoch in range(2):  # the second one from the store
        pairs = zip(
            shuffled(source, alone, epoch),
            shuffled(source, at_once, epoch),
            strict=True,
        )
        for expected, found in pairs:
            assert found.rows.tolist() == expected.rows.tolist()
            assert labels_of(found).tolist() == labels_of(expected).tolist()
            assert found.inputs.shape == expected.inputs.shape
            difference = (found.inputs.int() - expected.inputs.int()).abs()
            assert difference.max() <= 2  # a level, and what contrast makes of it
            assert (difference == 0).float().mean() > 0.998


def test_where_nothing_varies_photos_arrive_as_they_are(
    source: FromImages, setup: Setup
) -> None:
    loading = replace(setup.loading, delivery=PlainDelivery(varies=True))

    pairs = zip(in_order(source, setup.loading), in_order(source, loading), strict=True)

    for expected, found in pairs:
        assert torch.equal(found.inputs, expected.inputs)


def test_a_balanced_epoch_shows_the_rows_of_its_keyed_choice(
    either: Source, setup: Setup, index: ImageIndex
) -> None:
    loading = replace(setup.loading, is_balanced=True)

    batches = list(shuffled(either, loading, epoch=3))

    rows = np.concatenate([batch.rows for batch in batches])
    assert index.labels is not None
    expected = balanced_order(index.labels, seed=7, epoch=3)
    assert rows.tolist() == expected[: len(rows)].tolist()
    counts = np.bincount(index.labels[rows])
    assert counts.max() - counts.min() <= 1


@pytest.mark.parametrize("varies", [False, True])
def test_a_photo_that_is_repeated_in_an_epoch_is_varied_anew(
    index: ImageIndex, setup: Setup, augmentation: Augmentation, varies: bool
) -> None:
    """Its first turn is what it would be without the others."""
    rare = replace(index, labels=np.array([0, *[1] * 21]))
    source = FromImages(rare, augmentation.spec, augmentation)
    delivery = PlainDelivery(varies=varies)
    loading = replace(setup.loading, is_balanced=True, delivery=delivery)

    batches = list(shuffled(source, loading, epoch=1))

    turns = [
        square.numpy()
        for batch in batches
        for square, row in zip(batch.inputs, batch.rows, strict=True)
        if row == 0
    ]
    assert len(turns) >= 10
    pixels = read_quickly(rare.sources[0], short_side=augmentation.short_side)
    for turn, square in enumerate(turns):
        rng = rng_for(7, Purpose.AUGMENT, epoch=1, row=0, turn=turn)
        expected = augmentation.apply(pixels, rng)
        assert np.abs(square.astype(int) - expected.astype(int)).max() <= 2
    assert len({square.tobytes() for square in turns}) > 1


def test_a_row_that_is_repeated_in_an_epoch_goes_through_the_stored_views(
    setup: Setup,
) -> None:
    views = tuple(np.full((22, 1), each, dtype=np.float32) for each in range(3))
    source = FromFeatures(views[0], np.array([0, *[1] * 21]), views[1:])
    loading = replace(setup.loading, is_balanced=True)

    batches = list(shuffled(source, loading, epoch=1))

    rows = np.concatenate([batch.rows for batch in batches])
    seen = np.concatenate([batch.inputs.numpy()[:, 0] for batch in batches])
    count = int((rows == 0).sum())
    assert count >= 10
    assert seen[rows == 0].tolist() == [(1 + turn) % 3 for turn in range(count)]
    assert (seen[rows > 0] == 1).all()  # 11 of 21 rows, each of them once
