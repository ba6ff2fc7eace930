"""Mirrors src/unfreeze/insight/feature_maps.py."""

import numpy as np
import pytest

from unfreeze.insight.feature_maps import strongest


@pytest.fixture
def maps() -> np.ndarray:
    """Everywhere 9; a peak of 4; a peak of 2 below zero elsewhere; silent."""
    found = np.zeros((4, 3, 3), dtype=np.float32)
    found[0] = 9
    found[1, 0, 2] = 4
    found[2] = -1
    found[2, 2, 0] = 2
    return found


def test_channels_that_stand_out_somewhere_come_first(maps: np.ndarray) -> None:
    assert [each.channel for each in strongest("layer1", maps, 4)] == [1, 2, 0, 3]


def test_strengths_are_those_of_the_layer(maps: np.ndarray) -> None:
    first, second = strongest("layer1", maps, 2)

    assert (first.layer, first.peak, first.mean) == ("layer1", 4, pytest.approx(4 / 9))
    assert (second.peak, second.mean) == (2, pytest.approx(-6 / 9))
    np.testing.assert_array_equal(first.places, maps[1])


def test_heat_is_one_at_the_peak_and_zero_at_the_mean(maps: np.ndarray) -> None:
    (first,) = strongest("layer1", maps, 1)

    assert first.heat().max() == first.heat()[0, 2] == 1
    assert first.heat().sum() == 1


def test_a_channel_without_differences_is_cold(maps: np.ndarray) -> None:
    *_, silent = strongest("layer1", maps, 9)

    assert len(strongest("layer1", maps, 9)) == 4
    assert not silent.heat().any()
