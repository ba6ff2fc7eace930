"""Mirrors src/unfreeze/augment/steps.py."""

import pytest

from unfreeze.augment.steps import GeometricStep, LightStep, PixelStep


@pytest.mark.parametrize("kind", [GeometricStep, LightStep, PixelStep])
def test_a_step_that_draws_nothing_cannot_be_made(kind: type) -> None:
    with pytest.raises(TypeError, match="draw"):
        type("Unfinished", (kind,), {})()
