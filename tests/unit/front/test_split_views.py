"""Mirrors src/unfreeze/front/split_views.py."""

from collections.abc import Callable
from pathlib import Path
from typing import TypeAlias

import numpy as np
import pytest
import torch

from unfreeze.errors import PlanError
from unfreeze.front.image_data import ImageClassifierData

MakeData: TypeAlias = Callable[..., ImageClassifierData]


def test_every_split_is_seen_through_its_transform(data: ImageClassifierData) -> None:
    train, valid = data.tfms

    assert [ds.transform for ds in (data.trn_ds, data.aug_ds)] == [train] * 2
    assert [ds.transform for ds in (data.fix_ds, data.val_ds)] == [valid] * 2


def test_only_the_training_loader_is_shuffled(data: ImageClassifierData) -> None:
    labels = {
        name: np.concatenate([y.numpy() for _, y in getattr(data, name)]).tolist()
        for name in ("trn_dl", "fix_dl", "val_dl", "aug_dl")
    }

    assert labels["trn_dl"] != sorted(labels["trn_dl"])
    assert sorted(labels["trn_dl"]) == labels["fix_dl"] == data.trn_y.tolist()
    assert labels["val_dl"] == labels["aug_dl"] == data.val_y.tolist()


def test_a_missing_test_set_says_how_to_get_one(data: ImageClassifierData) -> None:
    with pytest.raises(PlanError, match="Pass test_name"):
        _ = data.test_ds


@pytest.mark.parametrize("kind", ["trn_dl", "aug_dl"])
def test_each_pass_over_augmented_batches_shows_other_pictures(
    photos: Path, make_data: MakeData, kind: str
) -> None:
    """The cell of the lesson that looks at one photo six times; and again elsewhere."""
    first, again = make_data(photos, bs=36), make_data(photos, bs=36)

    looks = [next(iter(getattr(first, kind)))[0].sort(dim=0)[0] for _ in range(3)]
    others = [next(iter(getattr(again, kind)))[0].sort(dim=0)[0] for _ in range(3)]

    for one, other in ((0, 1), (1, 2), (0, 2)):
        assert not torch.equal(looks[one], looks[other])
    for look, other in zip(looks, others, strict=True):
        assert torch.equal(look, other)


def test_passes_over_plain_batches_show_the_same(data: ImageClassifierData) -> None:
    first, second = (next(iter(data.val_dl))[0] for _ in range(2))

    assert torch.equal(first, second)
