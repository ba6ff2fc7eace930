"""Mirrors src/unfreeze/training/supply.py."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.index import ImageIndex
from unfreeze.data.screen import Screening, screen
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.groups import freeze_to, layer_groups
from unfreeze.records import ImageSpec
from unfreeze.training.source import FromFeatures, FromImages, Setup
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


def test_a_backbone_that_learns_is_measured_on_images(
    supply: Supply, model: StagedClassifier, split: Screening
) -> None:
    source = supply.for_measuring(model, split, on_disk=True)

    assert isinstance(source, FromImages)
    assert source.augmentation is None
