"""Mirrors src/unfreeze/augment/description.py."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from typing_extensions import override

from unfreeze.augment import description as module
from unfreeze.augment import pixel_steps, policy
from unfreeze.augment.description import describe
from unfreeze.augment.geometry import Canvas, Placement, keep
from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.pixel_steps import Cutout, OwnFunction, RandomBlur
from unfreeze.augment.policy import (
    AddPadding,
    RandomDihedral,
    RandomFlip,
    RandomLighting,
    RandomRotate,
    RandomRotateZoom,
    RandomStretch,
    RandomZoom,
)
from unfreeze.augment.recipes import SIDE_ON, TOP_DOWN
from unfreeze.augment.steps import GeometricStep, LightStep, PixelStep
from unfreeze.errors import PlanError
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec

SPEC = ImageSpec(size=32)

EVERY_STEP = (
    RandomRotate(10.0, p=0.75),
    RandomLighting(0.05, 0.05),
    RandomFlip(0.5),
    RandomDihedral(),
    RandomZoom(0.2, 0.1),
    RandomStretch(0.1),
    RandomRotateZoom(10.0, 0.1, 0.1),
    AddPadding(2),
    RandomBlur(3, 0.5),
    Cutout(2, 8, 0.5),
)


def _of(*steps: Any, **settings: Any) -> dict[str, object]:  # noqa: ANN401
    return describe(Augmentation(spec=SPEC, steps=steps, **settings))


def test_equal_settings_have_equal_records() -> None:
    assert _of(RandomRotate(10.0), max_zoom=(1.0, 1.1)) == _of(
        RandomRotate(np.float64(10.0)), max_zoom=(1, 1.1)
    )


def test_a_record_survives_the_way_through_a_file() -> None:
    record = _of(*EVERY_STEP, max_zoom=(1.0, 1.1), pad=3)

    assert json.loads(json.dumps(record)) == record


def test_every_step_of_the_library_has_a_record_of_its_own() -> None:
    kinds = {
        kind
        for place in (policy, pixel_steps)
        for kind in vars(place).values()
        if isinstance(kind, type)
        and issubclass(kind, GeometricStep | LightStep | PixelStep)
        and kind.__module__ == place.__name__
    }

    assert {type(step) for step in EVERY_STEP} == kinds - {OwnFunction}
    records = {json.dumps(_of(step)) for step in EVERY_STEP}
    assert len(records) == len(EVERY_STEP)


@pytest.mark.parametrize(
    ("step", "changes"),
    [
        (RandomRotate(10.0, p=0.75), {"deg": 11.0, "p": 0.5}),
        (RandomLighting(0.05, 0.05), {"b": 0.1, "c": 0.1}),
        (RandomFlip(0.5), {"p": 0.25}),
        (RandomZoom(0.2, 0.1), {"zoom_max": 0.3, "zoom_min": 0.0}),
        (RandomStretch(0.1), {"max_stretch": np.nextafter(0.1, 1)}),
        (
            RandomRotateZoom(10.0, 0.1, 0.1),
            {"deg": 9, "zoom": 0.2, "stretch": 0.2, "ps": (0.5, 0.5, 0.0, 0.0)},
        ),
        (AddPadding(2), {"pad": 3}),
        (RandomBlur(3, 0.5), {"blur_strengths": (3, 4), "probability": 0.6}),
        (Cutout(2, 8, 0.5), {"n_holes": 3, "length": 9, "p": 0.4}),
    ],
)
def test_each_field_of_a_step_counts(step: Any, changes: dict[str, object]) -> None:  # noqa: ANN401
    others = [replace(step, **{name: value}) for name, value in changes.items()]

    records = {json.dumps(_of(each)) for each in (step, *others)}

    assert len(records) == 1 + len(changes)


@pytest.mark.parametrize(
    "change",
    [
        {"spec": ImageSpec(size=16)},
        {"spec": ImageSpec(size=32, interpolation="bicubic")},
        {"steps": SIDE_ON[::-1]},
        {"steps": TOP_DOWN},
        {"steps": ()},
        {"crop": "center"},
        {"max_zoom": (1.0, 1.2)},
        {"max_zoom": None},
        {"pad": 4},
        {"pad_mode": "edge"},
    ],
)
def test_each_setting_counts(change: dict[str, Any]) -> None:
    usual = Augmentation(spec=SPEC, steps=SIDE_ON, max_zoom=(1.0, 1.1))

    assert describe(replace(usual, **change)) != describe(usual)


@pytest.mark.parametrize("what", ["OPENCV", "version_of", "_RULES"])
def test_what_makes_the_pixels_counts(
    monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    before = _of(RandomFlip())

    monkeypatch.setattr(module, what, (lambda _: "99") if what == "version_of" else 99)

    assert _of(RandomFlip()) != before


def _darker(image: np.ndarray) -> np.ndarray:
    return image / 2


@dataclass(frozen=True, slots=True)
class _OwnStep(GeometricStep):
    @override
    def draw(self, rng: np.random.Generator, canvas: Canvas) -> Placement:
        return keep(canvas)


@pytest.mark.parametrize("own", [_darker, lambda image: image, _OwnStep()])
def test_what_is_not_of_the_library_is_refused_by_name(own: Any) -> None:  # noqa: ANN401
    with pytest.raises(PlanError, match="would go unnoticed") as refusal:
        _of(RandomFlip(), own)

    assert repr(own) in str(refusal.value)
    assert "precompute=False" in str(refusal.value)


def test_a_step_that_says_it_is_one_of_ours_is_refused() -> None:
    pretender = type("RandomFlip", (RandomFlip,), {})

    with pytest.raises(PlanError, match="not one of this library's"):
        _of(pretender())


def test_pixels_are_those_of_rules_3() -> None:
    """Means of 2 x 2 blocks. If they have to change, count ``_RULES`` upwards."""
    across, down = np.meshgrid(np.arange(48), np.arange(40))
    pixels = np.stack([5 * across, 6 * down, 3 * across + 2 * down], axis=2)
    usual = Augmentation(spec=SPEC, steps=EVERY_STEP, max_zoom=(1.0, 1.5), pad=2)
    wide = Augmentation(spec=SPEC, steps=SIDE_ON, crop="random-area")

    found = [
        each.apply(pixels.astype(np.uint8), rng_for(3, Purpose.AUGMENT, row=row))
        for each in (usual, wide)
        for row in range(2)
    ]

    blocks = np.reshape(found, (4, 2, 16, 2, 16, 3)).mean(axis=(2, 4)).reshape(4, 12)
    expected = [
        [42, 184, 86, 99, 181, 120, 40, 113, 61, 97, 111, 95],
        [34, 85, 49, 54, 60, 53, 143, 146, 135, 136, 51, 99],
        [199, 66, 141, 126, 58, 94, 194, 132, 160, 120, 124, 113],
        [55, 29, 42, 89, 29, 62, 55, 76, 58, 89, 76, 78],
    ]
    assert module._RULES == 3
    np.testing.assert_allclose(blocks, expected, atol=2)
