"""Mirrors src/unfreeze/front/sight.py."""

import numpy as np
import pytest

from unfreeze.data.decode import preprocess
from unfreeze.errors import PlanError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.sight import Sight


@pytest.fixture
def sight(data: ImageClassifierData) -> Sight:
    return Sight(index=data.valid.index, spec=data.spec)


def test_photos_are_the_squares_that_the_model_reads(
    sight: Sight, data: ImageClassifierData
) -> None:
    (photo,) = sight.photos(np.array([3]))

    expected = preprocess(data.valid.index.sources[3], data.spec)
    np.testing.assert_array_equal(photo, expected)


@pytest.mark.parametrize("row", [-1, 18])
def test_a_row_that_does_not_exist_is_refused(sight: Sight, row: int) -> None:
    with pytest.raises(PlanError, match=f"no photo {row}: expected 0 to 17"):
        sight.photos([row])


def test_answers_alone_have_no_heat_and_no_features(sight: Sight) -> None:
    with pytest.raises(PlanError, match="Heat maps need the model"):
        sight.heat([0], [0])
    with pytest.raises(PlanError, match="needs the features"):
        sight.feature_rows()
