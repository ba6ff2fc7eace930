"""Predictions a batch at a time, for more photos than answers fit into the memory."""

from collections.abc import Generator, Sequence
from contextlib import ExitStack, closing
from functools import partial

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.tensors import Batch
from unfreeze.training.runtime import memory_explained
from unfreeze.training.source import FromImages, Setup, logits_of
from unfreeze.training.stand_in import fused

__all__ = ["logits_in_turn"]


def logits_in_turn(
    model: StagedClassifier,
    views: Sequence[FromImages],
    rows: Int64[np.ndarray, " N"],
    setup: Setup,
) -> Generator[tuple[Int64[np.ndarray, " B"], Float32[Tensor, "V B K"]], None, None]:
    """Run the model over rows in batches, over every view of a batch before the next.

    While the model computes, the photos that come next are read. Close the generator
    where the loop over it can end early.

    Args:
        model: Put in evaluation mode whenever it runs.
        views: The same images, plain or augmented; number ``v`` runs as epoch ``v``,
            which keys its augmentation.
        rows: Which of them, in this order. What the first ones were does not change
            what is said of the others, as long as batches begin at the same rows.
        setup: How to load, and on what machine.

    Yields:
        The rows of a batch and its logits, on the CPU.
    """
    with ExitStack() as held:
        with evaluating(model):
            held.enter_context(fused(model, views[0], setup.runtime))
        passes = [
            held.enter_context(closing(_batches(view, rows, setup, number)))
            for number, view in enumerate(views)
        ]
        for batches in zip(*passes, strict=True):
            with evaluating(model), memory_explained(setup.loading.batch_size):
                logits = [
                    setup.micro_batches.run(
                        partial(logits_of, model, view, batch, setup), model
                    ).float()
                    for view, batch in zip(views, batches, strict=True)
                ]
                found = torch.stack(logits).cpu()
            yield batches[0].rows, found


def _batches(
    view: FromImages, rows: Int64[np.ndarray, " N"], setup: Setup, epoch: int
) -> Generator[Batch, None, None]:
    yield from view.batches(rows, setup.loading, epoch, ends_evenly=False)
