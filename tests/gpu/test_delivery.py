"""Photos on their way to a GPU, and what becomes of them there."""

from collections.abc import Callable
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze.augment.pipeline import Augmentation
from unfreeze.augment.recipes import BASIC, SIDE_ON, TOP_DOWN
from unfreeze.augment.steps import Step
from unfreeze.data.index import ImageIndex
from unfreeze.records import ImageSpec
from unfreeze.training.delivery import PlainDelivery
from unfreeze.training.source import FromImages, Setup, in_order, labels_of, shuffled

pytestmark = pytest.mark.gpu

MakeSetup = Callable[..., Setup]


@pytest.mark.parametrize("steps", [SIDE_ON, TOP_DOWN, BASIC], ids=["side", "top", "b"])
@pytest.mark.parametrize("size", [33, 64])
@pytest.mark.parametrize("pad_mode", ["reflect", "edge", "constant"])
def test_photos_varied_on_the_gpu_are_those_varied_one_by_one(
    photos: ImageIndex,
    make_setup: MakeSetup,
    steps: tuple[Step, ...],
    size: int,
    pad_mode: str,
) -> None:
    spec = ImageSpec(size=size)
    augmentation = Augmentation(
        spec=spec, steps=steps, max_zoom=(1.0, 1.2), pad=3, pad_mode=pad_mode
    )
    source = FromImages(photos, spec, augmentation)
    there = make_setup().loading
    here = replace(there, delivery=PlainDelivery())

    pairs = zip(shuffled(source, here, 1), shuffled(source, there, 1), strict=True)

    for expected, found in pairs:
        assert found.inputs.is_cuda
        assert labels_of(found).is_cuda
        assert labels_of(found).tolist() == labels_of(expected).tolist()
        difference = (found.inputs.cpu().int() - expected.inputs.int()).abs()
        assert difference.max() <= 2  # a level, and what contrast makes of it
        assert (difference == 0).float().mean() > 0.998


def test_any_number_of_threads_brings_the_same(
    source: FromImages, make_setup: MakeSetup
) -> None:
    passes = [
        torch.cat([each.inputs for each in shuffled(source, loading, 0)])
        for loading in (make_setup(num_workers=n).loading for n in (0, 1, 4))
    ]

    assert torch.equal(passes[0], passes[1])
    assert torch.equal(passes[0], passes[2])


def test_no_batch_is_overwritten_while_it_is_read(
    source: FromImages, make_setup: MakeSetup
) -> None:
    """The GPU is kept busy, so that copies are far ahead of what reads them."""
    loading = make_setup(batch_size=4).loading
    expected = [each.inputs.cpu() for each in shuffled(source, loading, 0)]
    busy = torch.randn(4096, 4096, device="cuda")

    seen = []
    for batch in shuffled(source, loading, 0):
        for _ in range(20):
            busy = (busy @ busy).clamp_(-1, 1)
        seen.append(batch.inputs + 0)

    for found, first in zip(seen, expected, strict=True):
        assert torch.equal(found.cpu(), first)


def test_loaders_fill_page_locked_memory(
    source: FromImages, make_setup: MakeSetup
) -> None:
    loading = make_setup().loading
    plain = replace(source, augmentation=None)

    for each in (source, plain):
        loader = each.batches(np.arange(8), loading, 0, ends_evenly=False).loader
        (batch,) = loader
        pixels = batch.inputs if each is plain else batch.draft.pixels
        assert pixels.is_pinned()


def test_memory_does_not_grow_with_the_number_of_batches(make_setup: MakeSetup) -> None:
    """Nobody looks at a result, so nothing else slows the processor down."""
    pixels = np.zeros((640, 96, 96, 3), dtype=np.uint8)
    index = ImageIndex(Path(), ("a",), pixels, np.zeros(640, dtype=int))
    spec = ImageSpec(size=64)
    source = FromImages(index, spec, Augmentation(spec=spec, steps=SIDE_ON))
    loading = make_setup(batch_size=16).loading
    busy = torch.randn(2048, 2048, device="cuda")
    torch.cuda.synchronize()

    def peak(num_batches: int) -> int:
        torch.cuda.reset_peak_memory_stats()
        for _ in islice(in_order(source, loading), num_batches):
            for _ in range(20):
                torch.mm(busy, busy)
        torch.cuda.synchronize()
        return torch.cuda.max_memory_allocated()

    few, many = peak(6), peak(40)

    assert many <= few + 16 * 96 * 96 * 3
