"""What a model says about one photo."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from unfreeze.answering import NO_NUMBER, Answering, are_numbers
from unfreeze.errors import ImageError

__all__ = ["Answer", "answer_from"]


@dataclass(frozen=True, slots=True, eq=False)
class Answer:
    """One photo's label, and how sure it is."""

    label: str
    """A class; from a model for several labels, those that are there, separated as
    ``labels_in_words`` says. ``NOT_SURE`` where ``is_sure`` is false."""

    probability: float
    """Of the most probable class, 0 to 1."""

    is_sure: bool
    """False below the probability from which on answers are given."""

    probabilities: Mapping[str, float]
    """Of every class, the most probable first."""

    labels: tuple[str, ...] | None = None
    """From a model for several labels: those that are there."""

    heat: Float[np.ndarray, "h w"] | None = None
    """Where the model looked, 0 to 1, over the square that it read."""


def answer_from(
    probs: Float[np.ndarray, " K"],
    rules: Answering,
    least: float | None,
    heat: Float[np.ndarray, "h w"] | None = None,
) -> Answer:
    """Put probabilities into words.

    Args:
        probs: Of each class, 0 to 1.
        rules: Of the model.
        least: Answers with a probability below it are not sure; of several labels,
            each is named above it.
        heat: Goes with them; left out where it is not numbers.

    Raises:
        ImageError: If a probability is not a number.
    """
    if not are_numbers(probs):
        raise ImageError(NO_NUMBER)
    if heat is not None and not np.isfinite(heat).all():
        heat = None
    order = np.argsort(-probs, kind="stable")
    top = float(probs[order[0]])
    return Answer(
        label=rules.label(probs, least),
        probability=top,
        is_sure=rules.is_sure(probs, least),
        probabilities={rules.classes[row]: float(probs[row]) for row in order},
        labels=rules.labels(probs, least),
        heat=heat,
    )
