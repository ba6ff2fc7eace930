"""The proof that an exported model answers as the trained one does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from unfreeze.answering import Answering
from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import preprocess, read_file, read_pixels
from unfreeze.errors import ImageError, PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.records import ImageSpec, Task

__all__ = ["Candidate", "Limits", "Parity", "Reference", "compared", "require_parity"]

Pixels: TypeAlias = UInt8[np.ndarray, "H W 3"]
Probs: TypeAlias = Float32[np.ndarray, " K"]
OnProgress: TypeAlias = Callable[[int, int], None]


class Candidate(Protocol):
    """An exported model, ready to run."""

    def probabilities(self, pixels: Pixels) -> Probs:
        """Answer one image of any size."""


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """The trained model, which is right by definition."""

    model: StagedClassifier
    """In evaluation mode, on the CPU, in single precision."""

    image: ImageSpec
    temperature: float
    answering: Answering

    def probabilities(self, square: Pixels) -> Probs:
        """Answer one image that was brought to the square that the model reads."""
        with torch.no_grad():
            images = normalise(torch.from_numpy(square)[None], self.image)
            logits = self.model(images)[0] / self.temperature
        is_single = self.answering.task is Task.SINGLE
        return (logits.softmax(-1) if is_single else logits.sigmoid()).numpy()

    def is_contradicted(self, wanted: Probs, found: Probs, by: float) -> bool:
        """Whether another answer was given, and not because the two were as good.

        Args:
            wanted: What this model says.
            found: What another one says.
            by: Probabilities that lie closer to each other, or to the threshold of a
                label, are as good.
        """
        if self.answering.task is Task.SINGLE:
            return bool(wanted.max() - wanted[found.argmax()] >= by)
        limits = np.array(self.answering.thresholds or [0.5] * len(wanted))
        differs = (wanted > limits) != (found > limits)
        return bool(np.any(differs & (np.abs(wanted - limits) >= by)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an export may not exceed."""

    difference: float
    """Of any probability, 0 to 1."""

    lost: float = 0.0
    """Share of the photos, 0 to 1: of right answers that become wrong, on balance, or
    of other answers, where nothing says which are right. At 0, no answer may
    contradict a decided one, right or wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Parity:
    """How an exported model compares with the trained one, on the same photos."""

    photos: int
    unreadable: int
    agreement: float
    """Share of photos for which both name the same class, or the same labels."""

    contradictions: int
    """Photos for which they do not, though the trained model had decided."""

    largest_difference: float
    """Of any probability of any photo, from bytes to answer as predictions and the
    server are made, 0 to 1."""

    largest_difference_unresized: float
    """Likewise, where the exported model itself resizes the photo in full size."""

    accuracy: float | None
    """Of the exported model; None where nothing says what is on the photos."""

    trained_accuracy: float | None

    worst: str
    """The photo with the largest difference."""


def compared(
    reference: Reference,
    candidate: Candidate,
    photos: Sequence[Path],
    labels: Sequence[str] | None,
    limits: Limits,
    on_progress: OnProgress | None = None,
) -> Parity:
    """Answer photos by both models, from the bytes of each file to its label.

    Args:
        reference: The trained model.
        candidate: The exported one.
        photos: Files. Those that cannot be read are counted and left out.
        labels: What is on them, as the models say it.
        limits: Its ``difference`` says which answers are as good as each other.
        on_progress: Called with the photos done so far, and all of them.

    Raises:
        PlanError: If none of the photos can be read.
    """
    rows = [
        _Row(reference, candidate, photos[number], square, pixels, number)
        for number, square, pixels in _read(photos, reference.image, on_progress)
    ]
    if not rows:
        raise PlanError(
            f"None of the {len(photos)} photos to compare with can be read. Pass "
            "--data with a folder of photos."
        )
    say = reference.answering.label
    right = wanted_right = None
    if labels is not None:
        right = np.mean([say(row.found) == labels[row.number] for row in rows])
        wanted_right = np.mean([say(row.wanted) == labels[row.number] for row in rows])
    return Parity(
        photos=len(rows),
        unreadable=len(photos) - len(rows),
        agreement=float(np.mean([say(row.found) == say(row.wanted) for row in rows])),
        contradictions=sum(row.contradicts(limits.difference) for row in rows),
        largest_difference=max(row.difference for row in rows),
        largest_difference_unresized=max(row.difference_unresized for row in rows),
        accuracy=None if right is None else float(right),
        trained_accuracy=None if wanted_right is None else float(wanted_right),
        worst=str(max(rows, key=lambda row: row.difference).photo),
    )


def require_parity(parity: Parity, limits: Limits) -> None:
    """Refuse an export that answers differently.

    Raises:
        PlanError: If it does, or if an answer is not a number.
    """
    difference = max(parity.largest_difference, parity.largest_difference_unresized)
    lost = parity.contradictions / parity.photos
    if limits.lost and parity.accuracy is not None:
        lost = (parity.trained_accuracy or 0.0) - parity.accuracy
    elif limits.lost:
        lost = 1 - parity.agreement
    if difference < limits.difference and lost <= limits.lost + 1e-9:
        return
    accuracy = (
        ""
        if parity.accuracy is None
        else f", the accuracy is {parity.accuracy:.4f} instead of "
        f"{parity.trained_accuracy:.4f}"
    )
    raise PlanError(
        "The exported model does not answer as the trained one, so no file was left: "
        f"on {parity.photos} photos probabilities differ by up to {difference:.4f} "
        f"(limit {limits.difference:g}), and {parity.contradictions} answers contradict"
        f"{accuracy}; most for {parity.worst}. Export it in fp32; if it was, please "
        "report this with what unfreeze inspect says."
    )


class _Row:
    """What both models say about one photo."""

    def __init__(
        self,
        reference: Reference,
        candidate: Candidate,
        photo: Path,
        square: Pixels,
        pixels: Pixels,
        number: int,
    ) -> None:
        self.photo, self.number = photo, number
        self.wanted = reference.probabilities(square)
        self.found = candidate.probabilities(square)
        # A large JPEG is decoded at a smaller scale ahead of the square.
        same = preprocess(pixels, reference.image)
        is_same = np.array_equal(same, square)
        wanted = self.wanted if is_same else reference.probabilities(same)
        found = candidate.probabilities(pixels)
        self.difference = _difference(self.wanted, self.found)
        self.difference_unresized = _difference(wanted, found)
        self._pairs = ((self.wanted, self.found), (wanted, found))
        self._reference = reference

    def contradicts(self, by: float) -> bool:
        return any(
            self._reference.is_contradicted(wanted, found, by)
            for wanted, found in self._pairs
        )


def _difference(wanted: Probs, found: Probs) -> float:
    """The largest; infinite where something is not a number."""
    return float(np.nan_to_num(np.abs(wanted - found), nan=np.inf).max())


def _read(
    photos: Sequence[Path], spec: ImageSpec, on_progress: OnProgress | None
) -> Iterator[tuple[int, Pixels, Pixels]]:
    """Each readable photo: its place in the list, its square, and its full size."""
    for number, photo in enumerate(photos):
        if on_progress is not None:
            on_progress(number + 1, len(photos))
        try:
            content = read_file(photo)
            square, pixels = preprocess(content, spec), read_pixels(content)
        except ImageError:
            continue
        yield number, square, pixels
