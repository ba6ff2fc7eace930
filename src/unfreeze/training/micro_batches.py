"""Batches that do not fit into the memory: run in pieces, and one batch all the same.

Only the backbone runs in pieces. Its activations fill the memory, while what the head
reads is small; so the head, its batch norm and its dropout, the loss and the optimizer
see the whole batch. While the backbone learns, the activations of a piece are thrown
away and computed again when its gradient is due (Chen et al., "Training deep nets with
sublinear memory cost", 2016, arXiv 1604.06174; in pieces of a batch: Gao et al.,
"Scaling deep contrastive learning batch size", 2021, arXiv 2101.06983). That costs a
second forward pass, and only then.

So the result is that of the whole batch up to rounding, with two exceptions: a backbone
whose batch norm learns sees the statistics of pieces, as wherever gradients are
accumulated, and dropout or drop path inside a backbone draws other numbers.
"""

from collections.abc import Callable
from contextlib import nullcontext
from typing import TypeVar, final

import torch
from torch.utils.checkpoint import checkpoint

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.tensors import Features, Pixels
from unfreeze.training.batch_norms import BatchNorms
from unfreeze.training.runtime import is_out_of_memory

__all__ = ["MicroBatches"]

_Result = TypeVar("_Result")


@final
class MicroBatches:
    """How many photos at once go through a backbone: a whole batch, while they fit.

    Remembers what did not fit, so keep one for all steps of a fit or a pass.

    Args:
        on_split: Takes one sentence for the user whenever batches are run in smaller
            pieces from now on.
    """

    def __init__(self, on_split: Callable[[str], object] | None = None) -> None:
        self._on_split = on_split
        self._largest: int | None = None
        self._num_given = 0
        self._model: StagedClassifier | None = None
        self._norms: BatchNorms

    def run(self, attempt: Callable[[], _Result], model: StagedClassifier) -> _Result:
        """Call ``attempt``, again and in smaller pieces while it does not fit.

        Nothing of a failed attempt remains: statistics of batch norms are put back
        here, and ``attempt`` itself begins by dropping gradients and seeding.

        Args:
            attempt: Calls ``apply`` once, or not at all; then there is nothing to run
                in pieces, and no second attempt.
            model: What it runs.

        Raises:
            PlanError: If the smallest pieces do not fit either: one photo, two where
                batch norm learns in the backbone.
        """
        largest = self._largest
        while True:
            self._num_given = 0
            try:
                result = attempt()
                break
            except RuntimeError as error:
                if not is_out_of_memory(error) or not self._num_given:
                    raise
                self._halve(model, error)
            # Outside of the handler, where the error no longer holds the activations.
            self._norms_of(model).put_back()
            torch.cuda.empty_cache()
        if self._largest != largest:
            self._tell(model)
        return result

    def apply(
        self,
        features: Callable[[Pixels], Features],
        pixels: Pixels,
        model: StagedClassifier,
    ) -> Features:
        """Call ``features`` with all photos, or with a piece at a time.

        Args:
            features: Runs all of ``model`` but its head.
            pixels: Photos of one batch.
            model: Whose features they are.
        """
        self._num_given = len(pixels)
        self._norms_of(model).keep()
        if self._largest is None or len(pixels) <= self._largest:
            return features(pixels)
        norms = BatchNorms(model.backbone)
        pieces = pixels.tensor_split(self._num_pieces(norms))
        with norms.sharing(len(pieces)):
            parts = [
                checkpoint(
                    features,
                    piece,
                    use_reentrant=False,
                    context_fn=lambda: (nullcontext(), norms.counting_nothing()),
                )
                for piece in pieces
            ]
        return torch.cat(parts)

    def _norms_of(self, model: StagedClassifier) -> BatchNorms:
        if model is not self._model:  # found once, not in every step
            self._model, self._norms = model, BatchNorms(model)
        return self._norms

    def _num_pieces(self, norms: BatchNorms) -> int:
        """Pieces of the batch at hand, as equal as can be."""
        largest = self._largest or self._num_given
        wanted = -(-self._num_given // largest)
        return max(1, min(wanted, self._num_given // _smallest(norms)))

    def _halve(self, model: StagedClassifier, error: RuntimeError) -> None:
        """Cut the batch at hand into twice as many pieces, or as many as there can be.

        Raises:
            PlanError: Because of ``error``, if it is in as many already.
        """
        norms = BatchNorms(model.backbone)
        now = self._num_pieces(norms)
        num_pieces = min(2 * now, self._num_given // _smallest(norms))
        if num_pieces <= now:
            raise PlanError(
                "The memory of the device is too small even for "
                f"{-(-self._num_given // now)} of the photos at a time. Pass a smaller "
                "sz, or choose a smaller architecture."
            ) from error
        self._largest = -(-self._num_given // num_pieces)

    def _tell(self, model: StagedClassifier) -> None:
        if self._on_split is not None:
            num_pieces = self._num_pieces(BatchNorms(model.backbone))
            self._on_split(
                f"The memory is too small for {self._num_given} photos at once; going "
                f"on with {num_pieces} x {self._largest}, the same effective batch."
            )


def _smallest(norms: BatchNorms) -> int:
    """Photos that a piece needs: batch norm cannot learn from one."""
    return 2 if norms.are_learning else 1
