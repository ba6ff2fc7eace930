"""Mirrors src/unfreeze/front/presets.py."""

import pytest

from unfreeze.errors import PlanError
from unfreeze.front.presets import PRESETS, Preset, is_like_imagenet, tfms_for
from unfreeze.front.tfms import transforms_side_on, transforms_top_down


@pytest.mark.parametrize(
    ("preset", "steps"),
    [("side-on", transforms_side_on), ("top-down", transforms_top_down), ("none", ())],
)
def test_a_preset_is_a_list_of_the_lesson(
    preset: Preset, steps: tuple[object, ...]
) -> None:
    train, _ = tfms_for("resnet34", 64, preset, 1.2)

    assert train.augmentation.steps == tuple(steps)


@pytest.mark.parametrize(
    ("preset", "max_zoom", "is_zoomed"),
    [("basic", 1.2, True), ("basic", 1.0, False), ("none", 1.2, False)],
)
def test_zoom_of_1_and_no_augmentation_do_not_zoom(
    preset: Preset, max_zoom: float, is_zoomed: bool
) -> None:
    train, _ = tfms_for("resnet34", 64, preset, max_zoom)

    assert (train.augmentation.max_zoom is not None) == is_zoomed


def test_an_unknown_preset_names_those_there_are() -> None:
    with pytest.raises(PlanError, match=r"upside.*side-on"):
        tfms_for("resnet34", 64, "upside", 1.0)  # type: ignore[arg-type]


def test_only_pictures_from_above_are_unlike_imagenet() -> None:
    assert [preset for preset in PRESETS if not is_like_imagenet(preset)] == [
        "top-down"
    ]
