"""What a backbone makes of photos, as training stores it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float32

from unfreeze.data.screen import Screening
from unfreeze.front.presets import tfms_for
from unfreeze.models.backbones import build_backbone
from unfreeze.models.classifier import with_new_head
from unfreeze.places import made, ours_beside
from unfreeze.records import Task
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.features import FeatureKeeper
from unfreeze.training.runtime import AcceleratedRuntime
from unfreeze.training.source import Loading, Setup

__all__ = ["features_of_splits"]

_BATCH_SIZE = 64
_ANY_CLASSES = 2  # the head is not used, and stored rows do not depend on it


def features_of_splits(
    splits: Sequence[Screening],
    root: Path,
    *,
    arch: str,
    weights: Path | None,
    size: int,
    num_workers: int,
) -> Float32[np.ndarray, "N D"]:
    """Read the activations of all photos, and compute those that are missing.

    They are the ones that training on the same folder stores and reads.

    Args:
        splits: Photos, split after split.
        root: Of the data set: stored activations go to ``tmp/`` in it, or to the
            cache folder where it is read-only.
        arch: Architecture of the backbone.
        weights: A local file; None takes timm's weights, or the embedded ones.
        size: Side of the image that the backbone reads, in pixels.
        num_workers: Threads that decode; 0 decodes in this one.

    Returns:
        One row of each photo, in the order of the splits.

    Raises:
        PlanError: If there is no such architecture.
        WeightsError: If the weights cannot be had, are damaged, or do not fit.
    """
    backbone = build_backbone(
        arch, weights="pretrained" if weights is None else weights, size=size
    )
    backbone.requires_grad_(False)
    runtime = AcceleratedRuntime()
    model = runtime.place(with_new_head(backbone, _ANY_CLASSES))
    loading = Loading(
        batch_size=_BATCH_SIZE,
        num_workers=num_workers,
        seed=0,
        delivery=runtime.delivery,
    )
    setup = Setup(loading=loading, runtime=runtime, task=Task.SINGLE)
    with Bar("storing activations") as bar:
        keeper = FeatureKeeper(
            model=model,
            spec=tfms_for(arch, size, "none", 1.0)[1].spec,
            folder=made(ours_beside(root, "tmp")),
            setup=setup,
            on_progress=bar.show,
        )
        rows = [keeper.features(each.index, each.digests) for each in splits]
    return np.concatenate([each[np.arange(len(each))] for each in rows])
