"""Why a model says what it says of one photo."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, final

import numpy as np
import torch
from jaxtyping import Float, UInt8

from unfreeze.augment.normalise import normalise
from unfreeze.insight.feature_maps import FeatureMap, strongest
from unfreeze.insight.galleries import (
    Seen,
    answer_of,
    explained_photos,
    feature_map_grid,
)
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.probe import evaluating
from unfreeze.models.stage_maps import stage_maps
from unfreeze.numerics.losses import log_probs
from unfreeze.records import ImageSpec, Predictions, Task
from unfreeze.training.heat_maps import heat_maps

if TYPE_CHECKING:
    from unfreeze.insight.plots import Picture

__all__ = ["Explanation", "explain"]


@final
@dataclass(frozen=True, slots=True, eq=False)
class Explanation:
    """One photo, the answer, and where its reasons lie. Notebooks show it."""

    said: Predictions
    """The answer: a record of one row."""

    photo: UInt8[np.ndarray, "S S 3"]
    """What the model saw."""

    heat: Mapping[str, Float[np.ndarray, "h w"]]
    """What speaks for a class, 0 to 1: the most probable one, then the true one, or the
    runner-up where the answer is right or the truth unknown."""

    stages: tuple[tuple[FeatureMap, ...], ...]
    """The strongest feature maps of each stage, the stage nearest the image first."""

    def plot(self) -> "Picture":
        """Draw the photo, and what speaks for each of the two classes."""
        maps = {f"speaks for\n{name}": each for name, each in self.heat.items()}
        seen = Seen(self.photo, answer_of(self.said, 0), maps)
        return explained_photos([seen], self.said.names[0])

    def plot_activations(self) -> "Picture":
        """Draw which feature maps fire, and where."""
        return feature_map_grid(self.photo, self.stages, self.said.names[0])

    def _repr_png_(self) -> bytes:
        return self.plot().png()


def explain(
    model: StagedClassifier,
    photo: UInt8[np.ndarray, "S S 3"],
    spec: ImageSpec,
    unanswered: Predictions,
    *,
    task: Task,
    maps_per_stage: int = 5,
) -> Explanation:
    """Ask a model about one photo, and look at what it saw.

    Args:
        model: Stays as it is.
        photo: As ``preprocess`` makes it.
        spec: How the model wants it.
        unanswered: Name, classes and label of the photo; its answer is filled in.
        task: One label or several.
        maps_per_stage: Feature maps to keep of each stage.
    """
    device = next(model.parameters()).device
    images = normalise(torch.from_numpy(photo[None]).to(device), spec)
    with evaluating(model):
        answer = log_probs(model(images).cpu(), task).numpy()
    said = Predictions(unanswered.names, unanswered.classes, answer, unanswered.labels)
    numbers = _two_classes(said)
    heat = heat_maps(model, [photo] * len(numbers), spec, numbers)
    stages = stage_maps(model.backbone, images)
    return Explanation(
        said,
        photo,
        {said.classes[k]: each for k, each in zip(numbers, heat, strict=True)},
        tuple(
            strongest(name, maps[0].cpu().numpy(), maps_per_stage)
            for name, maps in stages.items()
        ),
    )


def _two_classes(said: Predictions) -> list[int]:
    best, *others = np.argsort(-said.log_probs[0], kind="stable").tolist()
    label = best
    if said.labels is not None and said.labels.ndim == 1:
        label = int(said.labels[0])
    second = others[:1] if label == best else [label]
    return [best, *second]
