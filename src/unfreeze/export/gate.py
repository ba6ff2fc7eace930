"""The proof that an exported model answers as the trained one does."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import torch
from jaxtyping import Float32, UInt8

from unfreeze.answering import USUAL_THRESHOLD, Answering, separator_of
from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import preprocess, read_file, read_pixels
from unfreeze.errors import ImageError, PlanError
from unfreeze.export.parity import Limits, Parity
from unfreeze.models.classifier import StagedClassifier
from unfreeze.models.grad_cam import grad_cam
from unfreeze.records import ImageSpec, Task
from unfreeze.tensors import Images

__all__ = ["Candidate", "Reference", "compared"]

Pixels: TypeAlias = UInt8[np.ndarray, "H W 3"]
Probs: TypeAlias = Float32[np.ndarray, " K"]
Heat: TypeAlias = Float32[np.ndarray, "h w"]
OnProgress: TypeAlias = Callable[[int, int], None]

_EXPLAINED = 16
"""Photos whose heat maps are compared, too."""


class Candidate(Protocol):
    """An exported model, ready to run."""

    def probabilities(self, pixels: Pixels) -> Probs:
        """Answer one image of any size."""

    def heat(self, pixels: Pixels) -> Heat | None:
        """Explain the answer; None if it cannot."""


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
            logits = self.model(self._images(square))[0] / self.temperature
        is_single = self.answering.task is Task.SINGLE
        return (logits.softmax(-1) if is_single else logits.sigmoid()).numpy()

    def heat(self, square: Pixels, label: int) -> Heat:
        """Show what speaks for the class of that number."""
        maps = grad_cam(self.model, self._images(square), torch.tensor([label]))
        return maps[0].numpy()

    def _images(self, square: Pixels) -> Images:
        return normalise(torch.from_numpy(square)[None], self.image)

    def is_contradicted(self, wanted: Probs, found: Probs, by: float) -> bool:
        """Whether another answer was given, and not because the two were as good.

        Args:
            wanted: What this model says.
            found: What another one says.
            by: Probabilities that lie closer to each other, or to the threshold of a
                label, are as good; at most a twentieth of them, where all are small.
        """
        if self.answering.task is Task.SINGLE:
            best = wanted.max()
            return bool(best - wanted[found.argmax()] >= min(by, best / 20))
        limits = np.array(self.answering.thresholds or [USUAL_THRESHOLD] * len(wanted))
        differs = (wanted > limits) != (found > limits)
        near = np.minimum(by, limits / 20)
        return bool(np.any(differs & (np.abs(wanted - limits) >= near)))


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
        labels: What is on them, as the models say it. Several labels of a photo are
            separated as ``separator_of`` says.
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
            f"None of the {len(photos)} photos to compare with can be read. Export "
            "it with --data and a folder of other photos."
        )
    accuracy = trained_accuracy = exact = trained_exact = None
    if labels is not None:
        right = [row.share_right(labels[row.number]) for row in rows]
        trained_accuracy, accuracy = np.mean(right, axis=0).tolist()
        if reference.answering.task is Task.MULTI:
            trained_exact, exact = np.mean(np.equal(right, 1), axis=0).tolist()
    return Parity(
        photos=len(rows),
        unreadable=len(photos) - len(rows),
        agreement=float(np.mean([row.agrees for row in rows], axis=0).min()),
        contradictions=sum(row.contradicts(limits.difference) for row in rows),
        largest_difference=max(row.difference for row in rows),
        largest_difference_unresized=max(row.difference_unresized for row in rows),
        largest_heat_difference=max(
            (row.heat_difference for row in rows if row.heat_difference is not None),
            default=None,
        ),
        accuracy=accuracy,
        trained_accuracy=trained_accuracy,
        exact=exact,
        trained_exact=trained_exact,
        worst=str(max(rows, key=lambda row: row.difference).photo),
    )


class _Row:
    """What both models say about one photo, asked in two ways."""

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
        # A large JPEG is decoded at a smaller scale ahead of its square, so that the
        # trained model, too, is asked about both.
        same = preprocess(pixels, reference.image)
        wanted = reference.probabilities(square)
        is_same = np.array_equal(same, square)
        self._pairs = (
            (wanted, candidate.probabilities(square)),
            (
                wanted if is_same else reference.probabilities(same),
                candidate.probabilities(pixels),
            ),
        )
        self._reference = reference
        self.heat_difference = (
            _heat_difference(reference, candidate, square, self._pairs[0])
            if number < _EXPLAINED
            else None
        )

    @property
    def difference(self) -> float:
        return _difference(*self._pairs[0])

    @property
    def difference_unresized(self) -> float:
        return _difference(*self._pairs[1])

    @property
    def agrees(self) -> list[bool]:
        say = self._reference.answering.label
        return [say(found) == say(wanted) for wanted, found in self._pairs]

    def share_right(self, label: str) -> tuple[float, float]:
        """Of the answers of the trained model, and the lower of the exported one."""
        answering = self._reference.answering
        truth = {label}
        if answering.task is Task.MULTI:
            truth = set(label.split(separator_of(answering.classes))) - {""}
        (wanted, _), _ = self._pairs
        return (
            _share_right(answering, truth, wanted),
            min(_share_right(answering, truth, found) for _, found in self._pairs),
        )

    def contradicts(self, by: float) -> bool:
        return any(
            self._reference.is_contradicted(wanted, found, by)
            for wanted, found in self._pairs
        )


def _heat_difference(
    reference: Reference,
    candidate: Candidate,
    square: Pixels,
    probs: tuple[Probs, Probs],
) -> float | None:
    """The largest of a heat map; None if there is none, or it is of another class."""
    found = candidate.heat(square)
    wanted, given = probs
    if found is None or wanted.argmax() != given.argmax():
        return None
    return _difference(reference.heat(square, int(wanted.argmax())), found)


def _share_right(answering: Answering, truth: set[str], probs: Probs) -> float:
    """Of the yes-or-no answers about a photo; 0 or 1 of a class."""
    labels = answering.labels(probs)
    if labels is None:
        return float({answering.label(probs)} == truth)
    return 1 - len(truth.symmetric_difference(labels)) / len(answering.classes)


def _difference(wanted: np.ndarray, found: np.ndarray) -> float:
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
