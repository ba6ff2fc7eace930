"""Mirrors src/unfreeze/training/supply.py."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.decode import encode
from unfreeze.data.index import ImageIndex, index_folder
from unfreeze.data.screen import Screening, screen
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.records import ImageSpec
from unfreeze.training.source import FromFeatures, FromImages, Setup, in_order
from unfreeze.training.supply import Supply


@pytest.fixture
def supply(
    spec: ImageSpec, augmentation: Augmentation, setup: Setup, tmp_path: Path
) -> Supply:
    def made() -> Path:
        folder = tmp_path / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    return Supply(spec=spec, augmentation=augmentation, setup=setup, folder=made)


@pytest.fixture
def frozen(model: StagedClassifier) -> StagedClassifier:
    freeze_to(layer_groups(model), -1)
    return model


def test_images_are_augmented_where_that_is_asked_for(
    supply: Supply, split: Screening, augmentation: Augmentation
) -> None:
    plain = supply.images(split, is_augmented=False)
    varied = supply.images(split, is_augmented=True)

    assert plain.augmentation is None
    assert varied.augmentation is augmentation
    assert plain.index is varied.index is split.index


def test_images_of_another_size_are_decoded_for_that_size(
    supply: Supply, split: Screening, setup: Setup
) -> None:
    usual = supply.images(split, is_augmented=True)
    small = supply.images(split, is_augmented=True, size=24)
    plain = supply.images(split, is_augmented=False, size=24)

    for source in (small, plain):
        batch = next(iter(in_order(source, setup.loading)))
        assert batch.inputs.shape[1:] == (24, 24, 3)
    assert small.way_of_decoding != usual.way_of_decoding


def test_features_come_with_the_labels_of_their_rows(
    supply: Supply, frozen: StagedClassifier, split: Screening
) -> None:
    source = supply.features(frozen, split)

    assert len(source) == 22
    assert np.array_equal(source.labels, split.index.labels)


def test_features_are_read_once_for_as_long_as_the_backbone_stays(
    supply: Supply, frozen: StagedClassifier, split: Screening
) -> None:
    first = supply.features(frozen, split)
    second = supply.features(frozen, split)
    with torch.no_grad():
        next(frozen.backbone.parameters()).view(-1)[0] += 1
    third = supply.features(frozen, split)

    assert second.features is first.features
    assert not np.array_equal(third.features, first.features)


def test_splits_do_not_mix(
    supply: Supply,
    frozen: StagedClassifier,
    split: Screening,
    make_index: Callable[..., ImageIndex],
) -> None:
    other = screen(make_index(9, seed=1), None, num_workers=0)

    assert len(supply.features(frozen, split)) == 22
    assert len(supply.features(frozen, other)) == 9
    assert len(supply.features(frozen, split)) == 22


def test_a_frozen_backbone_is_measured_on_features_in_memory(
    supply: Supply, frozen: StagedClassifier, split: Screening, tmp_path: Path
) -> None:
    source = supply.for_measuring(frozen, split, on_disk=False)

    assert isinstance(source, FromFeatures)
    assert list(tmp_path.iterdir()) == []


def test_features_are_stored_where_that_is_asked_for(
    supply: Supply, frozen: StagedClassifier, split: Screening, tmp_path: Path
) -> None:
    told: list[int] = []

    supply.for_measuring(
        frozen, split, lambda done, total: told.append(done), on_disk=True
    )

    assert len(list((tmp_path / "tmp").rglob("part-*.json"))) == 1
    assert told[-1] == 22


def test_what_is_not_stored_yet_is_counted(
    supply: Supply, frozen: StagedClassifier, split: Screening
) -> None:
    assert supply.num_missing(frozen, split) == len(split.index)

    supply.features(frozen, split)

    assert supply.num_missing(frozen, split) == 0


def test_views_come_one_per_epoch_with_the_labels_of_their_rows(
    supply: Supply, frozen: StagedClassifier, split: Screening
) -> None:
    source = supply.views(frozen, split, 3)

    assert len(source) == 22
    assert len(source.later_views) == 2
    assert np.array_equal(source.labels, split.index.labels)


def test_views_and_plain_features_take_turns_in_memory(
    supply: Supply, frozen: StagedClassifier, split: Screening
) -> None:
    """What was read last is at hand; whatever else is wanted is read from the disk."""
    plain = supply.features(frozen, split)
    two = supply.views(frozen, split, 2)
    again = supply.views(frozen, split, 2)
    three = supply.views(frozen, split, 3)
    back = supply.features(frozen, split)

    assert again.features is two.features
    assert again.later_views[0] is two.later_views[0]
    assert np.array_equal(three.later_views[0], two.later_views[0])
    assert len(three.later_views) == 2
    assert np.array_equal(back.features, plain.features)
    assert back.later_views == ()
    assert not np.array_equal(two.features, plain.features)


def test_a_backbone_that_learns_is_measured_on_images(
    supply: Supply, model: StagedClassifier, split: Screening
) -> None:
    source = supply.for_measuring(model, split, on_disk=True)

    assert isinstance(source, FromImages)
    assert source.augmentation is None


@pytest.fixture
def photos(tmp_path: Path, index: ImageIndex) -> ImageIndex:
    """The same photos as files."""
    root = tmp_path / "photos"
    for row in range(len(index)):
        folder = root / index.classes[index.labels[row]]
        folder.mkdir(parents=True, exist_ok=True)
        pixels = index.sources[row].repeat(3, axis=0)
        (folder / f"{row:02}.png").write_bytes(encode(pixels, "PNG"))
    return index_folder(root)


def _batches(source: FromImages, setup: Setup, epoch: int) -> list[torch.Tensor]:
    return [batch.inputs for batch in in_order(source, setup.loading, epoch)]


@pytest.mark.parametrize("is_augmented", [False, True])
@pytest.mark.parametrize("num_workers", [0, 3])
def test_decoded_photos_are_kept_for_later_passes(
    supply: Supply,
    photos: ImageIndex,
    make_setup: Callable[..., Setup],
    is_augmented: bool,
    num_workers: int,
) -> None:
    setup = make_setup(num_workers=num_workers)
    split = screen(photos, None, num_workers=0)
    expected = [
        _batches(supply.images(split, is_augmented=is_augmented), setup, epoch)
        for epoch in (0, 1)
    ]
    caching = replace(supply, most_cached_bytes=10**6)
    first = _batches(caching.images(split, is_augmented=is_augmented), setup, 0)
    for row in range(len(photos)):
        photos.sources[row].unlink()

    later = replace(supply, most_cached_bytes=10**6)  # as another run would
    second = _batches(later.images(split, is_augmented=is_augmented), setup, 1)

    for found, right in zip((first, second), expected, strict=True):
        assert all(map(torch.equal, found, right))


def test_ways_of_decoding_do_not_mix(
    supply: Supply, photos: ImageIndex, setup: Setup
) -> None:
    split = screen(photos, None, num_workers=0)
    caching = replace(supply, most_cached_bytes=10**6)
    _batches(caching.images(split, is_augmented=True), setup, 0)

    plain = _batches(caching.images(split, is_augmented=False), setup, 0)

    expected = _batches(supply.images(split, is_augmented=False), setup, 0)
    assert all(map(torch.equal, plain, expected))


def test_nothing_is_kept_where_that_was_not_asked_for(
    supply: Supply, photos: ImageIndex, split: Screening
) -> None:
    caching = replace(supply, most_cached_bytes=10**6)
    files = screen(photos, None, num_workers=0)

    assert supply.images(files, is_augmented=True).stored is None
    assert caching.images(files, is_augmented=True, is_kept=False).stored is None
    assert caching.images(split, is_augmented=True).stored is None  # in memory
