"""Bring whatever a person hands over into a numpy array."""

from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import ArrayLike

if TYPE_CHECKING:
    from torch import Tensor

__all__ = ["Values", "as_array"]

Values: TypeAlias = "ArrayLike | Tensor"


def as_array(values: Values) -> np.ndarray:
    """Convert numbers from numpy, a torch tensor on any device, or a list.

    Half-precision floats become float32, because numpy has no bfloat16 and float16
    sums badly.
    """
    if isinstance(values, np.ndarray):
        array = values
    else:
        array = _from_tensor_or_sequence(values)
    return array.astype(np.float32) if array.dtype == np.float16 else array


def _from_tensor_or_sequence(values: Values) -> np.ndarray:
    import torch  # only where it may be a tensor: arrays stay free of torch

    if not isinstance(values, torch.Tensor):
        return np.asarray(values)
    tensor = values.detach().cpu()
    return (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
