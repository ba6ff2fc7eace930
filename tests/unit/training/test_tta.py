"""Mirrors src/unfreeze/training/tta.py."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import torch

from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.quick import read_quickly
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.training.evaluate import logits_over
from unfreeze.training.source import FromImages, Setup
from unfreeze.training.tta import logits_of_views


def _varied(source: FromImages, augmentation: Augmentation) -> FromImages:
    return replace(source, augmentation=augmentation, purpose=Purpose.VIEWS)


def test_view_0_is_the_plain_prediction(
    model: StagedClassifier,
    source: FromImages,
    augmentation: Augmentation,
    setup: Setup,
) -> None:
    views = logits_of_views(model, source, _varied(source, augmentation), 4, setup)

    assert views.shape == (5, 22, 3)
    assert torch.equal(views[0], logits_over(model, source, setup))


def test_each_view_is_a_function_of_seed_view_and_row(
    model: StagedClassifier,
    source: FromImages,
    augmentation: Augmentation,
    setup: Setup,
) -> None:
    views = logits_of_views(model, source, _varied(source, augmentation), 2, setup)

    for view in (1, 2):
        squares = [
            augmentation.apply(
                read_quickly(
                    source.index.sources[row], short_side=augmentation.short_side
                ),
                rng_for(7, Purpose.VIEWS, epoch=view, row=row),
            )
            for row in range(22)
        ]
        images = normalise(torch.stack([*map(torch.from_numpy, squares)]), source.spec)
        with torch.no_grad():
            torch.testing.assert_close(views[view], model.eval()(images))


def test_calling_twice_gives_the_same_with_any_number_of_threads(
    model: StagedClassifier,
    source: FromImages,
    augmentation: Augmentation,
    make_setup: Callable[..., Setup],
) -> None:
    once = logits_of_views(
        model, source, _varied(source, augmentation), 3, make_setup()
    )
    again = logits_of_views(
        model, source, _varied(source, augmentation), 3, make_setup(num_workers=3)
    )

    assert torch.equal(once, again)


def test_views_differ_from_each_other(
    model: StagedClassifier,
    source: FromImages,
    augmentation: Augmentation,
    setup: Setup,
) -> None:
    views = logits_of_views(model, source, _varied(source, augmentation), 3, setup)

    for first in range(4):
        for second in range(first):
            assert not torch.equal(views[first], views[second])


def test_no_views_need_no_augmentation(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    assert logits_of_views(model, source, source, 0, setup).shape == (1, 22, 3)


def test_views_without_augmentation_are_refused(
    model: StagedClassifier, source: FromImages, setup: Setup
) -> None:
    with pytest.raises(PlanError, match=r"pass aug_tfms or max_zoom .* call predict"):
        logits_of_views(model, source, source, 1, setup)
