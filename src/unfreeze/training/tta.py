"""Predictions averaged over views: the plain image and augmented ones.

Only for images that are not learned from: validation, test, new photos.
"""

import torch
from jaxtyping import Float32
from torch import Tensor

from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.training.evaluate import logits_over
from unfreeze.training.source import FromImages, Setup, Source

__all__ = ["logits_of_views"]


def logits_of_views(
    model: StagedClassifier,
    plain: Source,
    varied: FromImages,
    num_views: int,
    setup: Setup,
) -> Float32[Tensor, "V N K"]:
    """Run the model over the plain images and over ``num_views`` augmented passes.

    View 0 is the plain one, identical to a prediction without test-time augmentation.
    View ``v`` of row ``i`` is a function of (seed, v, i): calling twice gives the same.

    Args:
        model: Put in evaluation mode for the time being.
        plain: The images as evaluation sees them, or their stored activations.
        varied: The same images with augmentation, drawn for ``Purpose.VIEWS``.
        num_views: Augmented passes.
        setup: How to load, and on what machine.

    Raises:
        PlanError: If augmented views are wanted and there is no augmentation.
    """
    if num_views and varied.augmentation is None:
        raise PlanError(
            "Test-time augmentation needs augmentation: pass aug_tfms or max_zoom to "
            "tfms_from_model, or call predict()."
        )
    passes = [logits_over(model, plain, setup)]
    passes += [
        logits_over(model, varied, setup, epoch=view)
        for view in range(1, num_views + 1)
    ]
    return torch.stack(passes)
