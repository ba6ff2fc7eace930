"""Mirrors src/unfreeze/augment/normalise.py."""

import pytest
import torch
from torchvision.transforms import v2

from unfreeze.augment.normalise import normalise
from unfreeze.records import ImageSpec


@pytest.fixture
def pixels() -> torch.Tensor:
    """Every value in every channel, in a batch of 2 x 16 x 24."""
    shuffled = torch.Generator().manual_seed(0)
    return torch.randint(0, 256, (2, 16, 24, 3), dtype=torch.uint8, generator=shuffled)


@pytest.mark.parametrize(
    ("mean", "std"),
    [
        ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
        ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
    ],
)
def test_agrees_with_torchvision(
    pixels: torch.Tensor,
    mean: tuple[float, float, float],
    std: tuple[float, float, float],
) -> None:
    result = normalise(pixels, ImageSpec(size=16, mean=mean, std=std))

    reference = v2.Compose(
        [v2.ToDtype(torch.float32, scale=True), v2.Normalize(mean, std)]
    )
    expected = reference(pixels.permute(0, 3, 1, 2))
    torch.testing.assert_close(result, expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "shape", [(3, 150, 90), (2, 1, 12_000), (1, 13, 2_731), (17, 9, 8), (0, 5, 5)]
)
def test_every_row_of_a_large_batch_is_normalised(shape: tuple[int, int, int]) -> None:
    """Also where a batch, a photo or a row is more than is worked on in one go."""
    generator = torch.Generator().manual_seed(1)
    large = torch.randint(0, 256, (*shape, 3), dtype=torch.uint8, generator=generator)

    result = normalise(large, ImageSpec(size=16, mean=(0.5,) * 3, std=(0.5,) * 3))

    expected = large.permute(0, 3, 1, 2).double() / 127.5 - 1
    torch.testing.assert_close(result.double(), expected, rtol=0, atol=1e-6)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_a_shorter_format_is_the_float32_result_rounded_once(
    pixels: torch.Tensor, dtype: torch.dtype
) -> None:
    spec = ImageSpec(size=16)

    result = normalise(pixels, spec, dtype)

    assert torch.equal(result, normalise(pixels, spec).to(dtype))


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_result_is_channels_last(pixels: torch.Tensor, dtype: torch.dtype) -> None:
    result = normalise(pixels, ImageSpec(size=16), dtype)

    assert result.shape == (2, 3, 16, 24)
    assert result.dtype == dtype
    assert result.is_contiguous(memory_format=torch.channels_last)


def test_the_pixels_stay_as_they_are(pixels: torch.Tensor) -> None:
    before = pixels.clone()

    normalise(pixels, ImageSpec(size=16))

    assert torch.equal(pixels, before)


def test_pixels_in_any_memory_order_are_read_right(pixels: torch.Tensor) -> None:
    spec = ImageSpec(size=16)
    transposed = pixels.transpose(1, 2)

    result = normalise(transposed, spec)

    assert torch.equal(result, normalise(pixels, spec).transpose(2, 3))


@pytest.mark.gpu
def test_the_result_stays_on_the_device(pixels: torch.Tensor) -> None:
    result = normalise(pixels.cuda(), ImageSpec(size=16))

    assert result.is_cuda
    expected = normalise(pixels, ImageSpec(size=16))
    torch.testing.assert_close(result.cpu(), expected, rtol=0, atol=1e-6)
