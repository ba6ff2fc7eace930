"""Mirrors src/unfreeze/export/program.py."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch

from tests.unit.export.conftest import SIZE, SPEC, photo
from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import preprocess
from unfreeze.errors import PlanError
from unfreeze.export import program as module
from unfreeze.export.program import LoadedProgram, program_of
from unfreeze.export.tracing import Traced
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import Task


@pytest.fixture(scope="module")
def content(trace: Traced) -> bytes:
    return program_of(trace, SPEC, 1.5, Task.SINGLE)


@pytest.mark.parametrize("shape", [(SIZE, SIZE), (75, 100), (100, 75), (30, 41)])
def test_a_program_answers_photos_of_any_size_as_the_model(
    content: bytes, model: StagedClassifier, shape: tuple[int, int]
) -> None:
    pixels = photo(*shape)
    square = torch.from_numpy(preprocess(pixels, SPEC))[None]
    with torch.no_grad():
        expected = (model(normalise(square, SPEC))[0] / 1.5).softmax(-1).numpy()

    found = LoadedProgram(content).probabilities(pixels)

    assert found == pytest.approx(expected, abs=2e-3)


def test_a_filter_that_torch_lacks_is_refused(trace: Traced) -> None:
    with pytest.raises(PlanError, match="'lanczos', which torch lacks"):
        program_of(trace, replace(SPEC, interpolation="lanczos"), 1.0, Task.SINGLE)


def test_squeezed_photos_and_several_labels_work_as_well(
    trace: Traced, model: StagedClassifier
) -> None:
    spec = replace(SPEC, squash=True)
    pixels = photo(90, 60)
    square = torch.from_numpy(preprocess(pixels, spec))[None]
    with torch.no_grad():
        expected = model(normalise(square, spec))[0].sigmoid().numpy()

    made = LoadedProgram(program_of(trace, spec, 1.0, Task.MULTI))

    assert made.probabilities(pixels) == pytest.approx(expected, abs=2e-3)


def test_halves_go_to_the_even_neighbour_as_in_python() -> None:
    found = [module._half_to_even(number) for number in range(200)]

    assert found == [round(number / 2) for number in range(200)]
    assert all(0 <= after - before <= 2 for before, after in pairwise(found))
    assert isinstance(found[3], int)
    assert np.array_equal(np.sort(found), found)
