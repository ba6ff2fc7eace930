"""Mirrors src/unfreeze/numerics/arrays.py."""

import os
import subprocess
import sys

import numpy as np
import pytest
import torch

from unfreeze.numerics.arrays import as_array


@pytest.mark.parametrize(
    "values",
    [
        [[1.5, -2.0]],
        np.array([[1.5, -2.0]]),
        np.array([[1.5, -2.0]], dtype=np.float16),
        torch.tensor([[1.5, -2.0]]),
        torch.tensor([[1.5, -2.0]], requires_grad=True),
        torch.tensor([[1.5, -2.0]], dtype=torch.bfloat16),
        torch.tensor([[1.5, -2.0]], dtype=torch.float16),
    ],
)
def test_every_kind_of_numbers_arrives_unchanged(values: torch.Tensor) -> None:
    array = as_array(values)

    np.testing.assert_array_equal(array, [[1.5, -2.0]])
    assert array.dtype.itemsize >= 4


def test_whole_numbers_stay_whole() -> None:
    assert as_array(torch.tensor([1, 2])).dtype == np.int64


def test_scores_of_arrays_never_load_torch() -> None:
    program = (
        "import sys, numpy as np;"
        "from unfreeze.numerics.metrics import accuracy;"
        "assert accuracy(np.eye(2), np.arange(2)) == 1;"
        "assert 'torch' not in sys.modules"
    )

    result = subprocess.run(  # noqa: S603  # a fixed program, run by this Python
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
