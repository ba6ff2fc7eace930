"""Mirrors src/unfreeze/front/precompute.py."""

import numpy as np
import pytest

from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import SIDE_ON
from unfreeze.errors import PlanError
from unfreeze.front.precompute import checked_precompute, has_storable_views
from unfreeze.records import ImageSpec

USUAL = Augmentation(spec=ImageSpec(size=8), steps=SIDE_ON)
OWN = Augmentation(spec=ImageSpec(size=8), steps=(lambda image: image,))


@pytest.mark.parametrize("augmentation", [USUAL, OWN])
@pytest.mark.parametrize(
    ("given", "meant"),
    [(False, False), (True, True), (0, False), (1, True), (np.True_, True)],
)
def test_off_and_on_go_with_any_augmentation(
    augmentation: Augmentation, given: bool | int, meant: bool
) -> None:
    assert checked_precompute(given, augmentation) is meant


@pytest.mark.parametrize("given", [2, 8, 100])
def test_a_number_of_two_or_more_is_a_number_of_views(given: int) -> None:
    found = checked_precompute(given, USUAL)

    assert found == given
    assert type(found) is int


@pytest.mark.parametrize("given", [-1, -4, 2.5, "4", None, [2]])
def test_anything_else_is_refused_by_what_it_is(given: object) -> None:
    with pytest.raises(PlanError, match="False, True, or the number") as refusal:
        checked_precompute(given, USUAL)  # type: ignore[arg-type]

    assert repr(given) in str(refusal.value)


def test_views_of_a_function_of_ones_own_are_refused_at_once() -> None:
    with pytest.raises(PlanError, match="would go unnoticed"):
        checked_precompute(2, OWN)


def test_steps_of_the_library_can_be_stored_and_functions_cannot() -> None:
    assert has_storable_views(USUAL)
    assert not has_storable_views(OWN)
