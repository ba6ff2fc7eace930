"""Run a backbone compiled while it learns, where the steps ahead pay for that.

It is compiled for whole batches of one fit. Everything else runs as it is: a last,
smaller batch, pieces of a batch that does not fit into the memory, measuring. So
nothing is compiled twice, and nothing in the model, its files or its names changes.
"""

import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import torch

from unfreeze.augment.normalise import normalise
from unfreeze.models.classifier import Compiled, StagedClassifier
from unfreeze.tensors import Pixels
from unfreeze.training.restore import put_back
from unfreeze.training.runtime import Compiler, Runtime
from unfreeze.training.source import FromImages, Setup, Source

__all__ = ["compiled_if_it_pays"]


@contextmanager
def compiled_if_it_pays(
    model: StagedClassifier, source: Source, setup: Setup, num_steps: int
) -> Iterator[None]:
    """Let a compiled backbone learn in the body, if it learns for long enough.

    Whether it does depends on the plan alone and on no clock, so that the same seed
    gives the same weights. Compiling happens here, forwards and backwards, on a blank
    batch that leaves no trace; what it draws from the global generators of torch is
    the caller's to give back. If it fails, the user is told and the backbone runs as it
    is.

    Args:
        model: In the mode in which it is going to learn.
        source: Where its batches come from.
        setup: How to load, and on what machine.
        num_steps: Steps that the body is going to take.
    """
    compiler = setup.runtime.compiler
    batch_size = setup.loading.batch_size
    if (
        compiler is None
        or not isinstance(source, FromImages)
        or model.is_backbone_frozen
        or num_steps < compiler.least_steps
        or len(source) < batch_size
    ):
        yield
        return
    side = source.spec.size
    pixels = torch.zeros(
        (batch_size, side, side, 3), dtype=torch.uint8, device=setup.runtime.device
    )
    try:
        _compile(model, source, setup, pixels, compiler)
        yield
    finally:
        model.stand_in.compiled = None


def _compile(
    model: StagedClassifier,
    source: FromImages,
    setup: Setup,
    pixels: Pixels,
    compiler: Compiler,
) -> None:
    setup.tell("Compiling the network for the steps ahead takes about a minute.")
    began = time.perf_counter()
    images = normalise(pixels, source.spec)
    try:
        with put_back(model), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # advice that is not for our users
            run = torch.compile(model.backbone, backend=compiler.backend, dynamic=False)
            model.stand_in.compiled = Compiled(run, images.shape)
            _learn_once(model, images, setup.runtime)
    # A compiler, its driver and the tools that they call fail in ways of their own.
    except Exception as error:
        model.stand_in.compiled = None
        setup.tell(
            f"The network could not be compiled ({_first_line(error)}). It runs as it "
            "is, with the same results and less speed."
        )
        return
    setup.tell(
        f"The network is compiled, in {time.perf_counter() - began:.0f} seconds."
    )


def _learn_once(
    model: StagedClassifier, images: torch.Tensor, runtime: Runtime
) -> None:
    """Run forwards, and backwards, as a step does."""
    with runtime.autocast():
        features = model.features(images)
    runtime.backward(features.float().sum())


def _first_line(error: Exception) -> str:
    words = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {words[0][:200]}"
