"""Heat maps of photos: where a model sees a class."""

from collections.abc import Sequence

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from unfreeze.augment.normalise import normalise
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.grad_cam import grad_cam
from unfreeze.records import ImageSpec

__all__ = ["heat_maps"]

_AT_ONCE = 16  # photos; only the last layers keep what gradients need


def heat_maps(
    model: StagedClassifier,
    pixels: Sequence[UInt8[np.ndarray, "S S 3"]],
    spec: ImageSpec,
    classes: Sequence[int],
) -> Float32[np.ndarray, "N h w"]:
    """Show for each photo what speaks for one class, by Grad-CAM.

    Args:
        model: Runs where it is, in single precision; it is left as it was.
        pixels: Photos as ``preprocess`` makes them.
        spec: How the model wants them.
        classes: The class to look for in each photo. To compare two classes, call
            twice.

    Returns:
        From 0, where nothing speaks for the class, to 1. ``insight.heat.overlay`` lays
        them over the photos. Without photos, N, h and w are 0.

    Raises:
        PlanError: If there are not as many classes as photos, there is no such class,
            or the model's features have no places.
    """
    if len(pixels) != len(classes):
        raise PlanError(
            f"Got {len(classes)} classes for {len(pixels)} photos. Pass one for each."
        )
    device = next(model.parameters()).device
    found = []
    for begin in range(0, len(pixels), _AT_ONCE):
        some = slice(begin, begin + _AT_ONCE)
        images = torch.from_numpy(np.stack(list(pixels[some]))).to(device)
        numbers = torch.tensor([int(each) for each in classes[some]], device=device)
        found.append(grad_cam(model, normalise(images, spec), numbers).cpu().numpy())
    return np.concatenate(found) if found else np.zeros((0, 0, 0), dtype=np.float32)
