"""What tests of models share: images from an own generator."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor


@pytest.fixture
def make_images() -> Callable[..., Tensor]:
    """Draw a batch of normalised noise, the same for the same arguments."""

    def make(size: int, count: int = 2) -> Tensor:
        generator = torch.Generator().manual_seed(size)
        return torch.randn(count, 3, size, size, generator=generator)

    return make
