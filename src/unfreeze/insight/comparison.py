"""Two models on the same photos: which is better, how sure that is, and where it shows.

Photos are matched by file, classes by name, so that it does not matter in which order
either model has them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from jaxtyping import Bool

from unfreeze.errors import DataError
from unfreeze.numerics.paired import difference_interval, mcnemar

__all__ = ["ClassChange", "Comparison", "Flip", "Outcomes", "Verdict", "compared"]

Verdict: TypeAlias = Literal["better", "worse", "no clear difference"]
"""What can be said of the second model."""

_ROUNDING = 1e-12
"""A loss of 1 photo in 100 is not above 0.01, whatever floats make of it."""


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What one model said about labelled photos, with names for classes.

    Row ``i`` of each sequence belongs to ``files[i]``.
    """

    files: Sequence[str]
    labels: Sequence[str]
    predicted: Sequence[str]
    probabilities: Sequence[float]
    """Of the predicted class, 0 to 1."""

    losses: Sequence[float]
    """Nats; not a number where they are not known."""

    classes: tuple[str, ...]
    """All that the model knows."""


@dataclass(frozen=True, slots=True)
class Flip:
    """A photo that one of the two models got right and the other did not."""

    file: str
    label: str
    first: str
    """What the first model said."""

    first_probability: float
    second: str
    second_probability: float


@dataclass(frozen=True, slots=True)
class ClassChange:
    """One class under both models. Scores are shares, 0 to 1."""

    name: str
    support: int
    """How many of the photos truly belong to this class."""

    first_recall: float
    """Share of them that were recognised; 0 if there are none."""

    second_recall: float
    first_precision: float
    """Share of the photos taken for this class that belong to it; 0 if none were."""

    second_precision: float
    fixed: int
    broken: int


@dataclass(frozen=True, slots=True, eq=False)
class Comparison:
    """The second model measured against the first."""

    num_images: int
    """Photos that both answered, with the same label."""

    first_accuracy: float
    second_accuracy: float
    first_loss: float
    """Nats, the mean over those photos; not a number where it is not known."""

    second_loss: float
    interval: tuple[float, float]
    """Ends between which the true difference lies; positive is better. 0 is outside
    exactly where the verdict is clear."""

    p_value: float
    """Of McNemar's exact test: how likely chance alone is to do as much."""

    alpha: float
    """Below this p-value a difference counts as clear."""

    fixed: tuple[Flip, ...]
    """Wrong under the first model, right under the second; surest first."""

    broken: tuple[Flip, ...]
    """Right under the first model, wrong under the second; surest first."""

    num_both_wrong: int
    per_class: tuple[ClassChange, ...]
    only_first: tuple[str, ...]
    """Files that only the first model answered; they are left out."""

    only_second: tuple[str, ...]
    relabelled: tuple[str, ...]
    """Files that carry another label in the second; they are left out."""

    classes_only_first: tuple[str, ...]
    classes_only_second: tuple[str, ...]

    @property
    def difference(self) -> float:
        """Accuracy of the second model above that of the first, -1 to 1."""
        return (len(self.fixed) - len(self.broken)) / self.num_images

    @property
    def verdict(self) -> Verdict:
        """What can be said of the second model at the level ``alpha``."""
        if self.p_value >= self.alpha:
            return "no clear difference"
        return "better" if self.difference > 0 else "worse"

    def is_worse(self, tolerance: float | None = None) -> bool:
        """Whether the second model should not take the place of the first.

        Args:
            tolerance: How much accuracy may be lost, 0 to 1, whatever the test says.
                Without it a loss counts once it is clear at the level ``alpha``.
        """
        if tolerance is None:
            return self.verdict == "worse"
        return -self.difference > tolerance + _ROUNDING


def compared(first: Outcomes, second: Outcomes, alpha: float = 0.05) -> Comparison:
    """Compare two models on the photos that both answered.

    Args:
        first: What the one said.
        second: What the other said, in any order.
        alpha: Level of the test, and 1 less the confidence of the interval.

    Raises:
        DataError: If there is no photo with the same file name and label in both, or a
            file appears twice.
        PlanError: If alpha is not between 0 and 1.
    """
    pairs, relabelled = _pairs(first, second)
    labels = np.array([first.labels[row] for row, _ in pairs], dtype=object)
    said = np.array([first.predicted[row] for row, _ in pairs], dtype=object)
    says = np.array([second.predicted[row] for _, row in pairs], dtype=object)
    was, is_ = said == labels, says == labels
    fixed, broken = np.flatnonzero(~was & is_), np.flatnonzero(was & ~is_)
    known = [set(first.classes), set(second.classes)]
    return Comparison(
        num_images=len(pairs),
        first_accuracy=float(was.mean()),
        second_accuracy=float(is_.mean()),
        first_loss=_mean_loss(first, [row for row, _ in pairs]),
        second_loss=_mean_loss(second, [row for _, row in pairs]),
        interval=difference_interval(len(fixed), len(broken), len(pairs), alpha),
        p_value=mcnemar(len(fixed), len(broken)),
        alpha=alpha,
        fixed=_flips(first, second, [pairs[each] for each in fixed]),
        broken=_flips(first, second, [pairs[each] for each in broken]),
        num_both_wrong=int((~was & ~is_).sum()),
        per_class=_class_changes(_names(first, second), labels, said, says),
        only_first=_missing(first, second),
        only_second=_missing(second, first),
        relabelled=relabelled,
        classes_only_first=tuple(n for n in first.classes if n not in known[1]),
        classes_only_second=tuple(n for n in second.classes if n not in known[0]),
    )


def _pairs(
    first: Outcomes, second: Outcomes
) -> tuple[list[tuple[int, int]], tuple[str, ...]]:
    """Rows of the photos in both, in the order of the first; files with two labels."""
    rows = _row_of_file(first), _row_of_file(second)
    shared = [(row, rows[1][file]) for file, row in rows[0].items() if file in rows[1]]
    if not shared:
        raise DataError(
            "The two runs have no photo in common: the first answered "
            f"{_example(first)}, the second {_example(second)}. Pass a folder of "
            "labelled photos as DATA, which both models then answer."
        )
    agreed = [(a, b) for a, b in shared if first.labels[a] == second.labels[b]]
    if not agreed:
        a, b = shared[0]
        raise DataError(
            f"Each of the {len(shared)} photos in common has another label in the "
            f"second run, for example {first.files[a]!r}: {first.labels[a]!r}, then "
            f"{second.labels[b]!r}. Pass a folder of labelled photos as DATA."
        )
    differing = (a for a, b in shared if first.labels[a] != second.labels[b])
    return agreed, tuple(first.files[each] for each in differing)


def _row_of_file(outcomes: Outcomes) -> dict[str, int]:
    rows = {file: row for row, file in enumerate(outcomes.files)}
    if len(rows) < len(outcomes.files):
        twice = next(
            file for row, file in enumerate(outcomes.files) if rows[file] != row
        )
        raise DataError(
            f"The photo {twice!r} was answered twice by one run. Expected each once; "
            "restore its predictions.csv, or pass labelled photos as DATA."
        )
    return rows


def _example(outcomes: Outcomes) -> str:
    count = len(outcomes.files)
    return f"{count} such as {outcomes.files[0]!r}" if count else "none"


def _missing(here: Outcomes, there: Outcomes) -> tuple[str, ...]:
    found = set(there.files)
    return tuple(file for file in here.files if file not in found)


def _mean_loss(outcomes: Outcomes, rows: list[int]) -> float:
    return float(np.mean([outcomes.losses[row] for row in rows]))


def _names(first: Outcomes, second: Outcomes) -> list[str]:
    """All classes, those of the first model in its order, then what is new."""
    told = (*first.classes, *second.classes, *first.labels, *second.labels)
    return list(dict.fromkeys(told))


def _flips(
    first: Outcomes, second: Outcomes, pairs: list[tuple[int, int]]
) -> tuple[Flip, ...]:
    flips = [
        Flip(
            first.files[a],
            first.labels[a],
            first.predicted[a],
            float(first.probabilities[a]),
            second.predicted[b],
            float(second.probabilities[b]),
        )
        for a, b in pairs
    ]
    return tuple(sorted(flips, key=lambda flip: -flip.second_probability))


def _class_changes(
    names: Sequence[str], labels: np.ndarray, said: np.ndarray, says: np.ndarray
) -> tuple[ClassChange, ...]:
    """Count each class's photos.

    Args:
        names: Of the classes.
        labels: Names of true classes, one per photo.
        said: What the first model took them for.
        says: What the second model took them for.
    """
    was, is_ = said == labels, says == labels
    changes = []
    for name in names:
        member = labels == name
        changes.append(
            ClassChange(
                name=name,
                support=int(member.sum()),
                first_recall=_share(was & member, member),
                second_recall=_share(is_ & member, member),
                first_precision=_share(was & member, said == name),
                second_precision=_share(is_ & member, says == name),
                fixed=int((member & ~was & is_).sum()),
                broken=int((member & was & ~is_).sum()),
            )
        )
    return tuple(changes)


def _share(part: Bool[np.ndarray, " N"], whole: Bool[np.ndarray, " N"]) -> float:
    return float(part.sum() / max(int(whole.sum()), 1))
