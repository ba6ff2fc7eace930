"""What travels between floors: plain records of numpy arrays, without torch.

Letters: N rows of a split, K classes, S side of the square image in pixels.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Int

__all__ = [
    "Finding",
    "FindingKind",
    "ImageSpec",
    "Interpolation",
    "Policy",
    "Predictions",
    "RejectAt",
    "Skipped",
    "Task",
]

Interpolation = Literal["bilinear", "bicubic", "lanczos", "box"]

FindingKind = Literal[
    "unreadable",
    "wrong_extension",
    "exif_rotated",
    "odd_mode",
    "animated",
    "tiny",
    "huge",
    "blank",
    "exact_duplicate",
    "near_duplicate",
    "leakage",
    "outlier",
    "label_suspect",
    "class_missing",
    "class_tiny",
    "class_case",
    "class_look",
    "imbalance",
]
"""What can be unusual about a folder of labelled photos."""

Policy = Literal["kept", "skipped", "refused"]
"""What training does with a finding: goes on with the files, leaves them out, or
does not begin."""


class Task(Enum):
    """How many labels an image carries."""

    SINGLE = "single"
    """Exactly one: classes compete, and their probabilities sum to 1."""

    MULTI = "multi"
    """Any number: each class is a yes or no of its own."""


@dataclass(frozen=True, kw_only=True, slots=True)
class ImageSpec:
    """How a decoded image becomes the square that a model reads.

    The same record serves training, evaluation, export and the server.
    """

    size: int
    """Side of the square, in pixels."""

    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)
    """Mean of each RGB channel on the 0-1 scale; ImageNet's unless stated."""

    std: tuple[float, float, float] = (0.229, 0.224, 0.225)
    """Standard deviation of each RGB channel on the 0-1 scale."""

    interpolation: Interpolation = "bilinear"
    """Filter for resizing; always antialiased."""

    squash: bool = False
    """Squeeze the whole image into the square; otherwise the shorter side is
    brought to ``size`` and the centre is cut out."""


@dataclass(frozen=True, slots=True)
class RejectAt:
    """From which probability on answers to validation photos were right so often."""

    precision: float
    """Share of right answers, 0 to 1, that was promised."""

    threshold: float
    """Probability at the temperature of the model, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Skipped:
    """One file that was left out, and why."""

    file: str
    """Path relative to the root of its data set, with forward slashes."""

    reason: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing about some files that a person may want to know or change."""

    kind: FindingKind

    files: tuple[str, ...]
    """Paths relative to the root of the data set, with forward slashes; a class that
    lacks images is named by its folder. The first file is the one to look at."""

    score: float
    """How much there is to it; comparable within a kind, the largest first."""

    policy: Policy

    message: str
    """What was found, what training does about it, and how to change that."""

    likely: str | None = None
    """Class that the first file looks like, where its label is in doubt."""

    def as_json(self) -> dict[str, Any]:
        """The finding as other programs read it; ``likely`` only where there is one."""
        content = asdict(self)
        if self.likely is None:
            del content["likely"]
        return content


@dataclass(frozen=True, slots=True, eq=False)
class Predictions:
    """What a model said about every image of one split.

    Row ``i`` of each array belongs to ``names[i]``.
    """

    names: Sequence[str]
    """File of each row, relative to the root of its data set."""

    classes: tuple[str, ...]
    log_probs: Float[np.ndarray, "N K"]
    """Natural logarithm of each class's probability. Rows of a single-label model
    sum to 1 after ``exp``; a multi-label model's columns stand alone."""

    labels: Int[np.ndarray, " N"] | Float[np.ndarray, "N K"] | None
    """Class number of each row, a row of 0s and 1s for multi-label data, or None
    where the split has no labels."""

    @property
    def probs(self) -> Float[np.ndarray, "N K"]:
        """Probabilities, 0 to 1."""
        return np.exp(self.log_probs)

    def losses(self) -> Float[np.ndarray, " N"]:
        """Cross entropy of each image in nats; with several labels, mean over them."""
        if self.labels is not None and self.labels.ndim == 2:
            share = -np.expm1(self.log_probs)  # never 0: that was rounded away
            log_of_no = np.log(np.where(share > 0, share, 2.0**-26))
            logs = np.where(self.labels > 0.5, self.log_probs, log_of_no)
            return -logs.mean(axis=1)
        return -self.log_probs[np.arange(len(self.log_probs)), self.labels]
