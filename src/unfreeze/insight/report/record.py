"""What a run left behind, as the report reads it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unfreeze.answering import separator_of
from unfreeze.insight.charts.losses import FitLosses
from unfreeze.numerics.suggest import Curve

__all__ = ["Answer", "FitRecord", "RunRecord", "SearchRecord"]

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FitRecord:
    """One fit: its losses, and the means of each epoch, in nats."""

    losses: FitLosses
    train_by_epoch: Sequence[float]
    valid_by_epoch: Sequence[float]
    step: str = ""
    """Name of the step that it belongs to; empty if not known."""

    kept_epoch: int | None = None
    """Epoch of this fit, from 1, whose weights the run kept; None if another fit has
    them, or if that is not known."""


@dataclass(frozen=True, slots=True)
class SearchRecord:
    """One search for a learning rate."""

    curves: tuple[Curve, ...]
    rate: float | None
    low: float | None
    high: float | None
    verdict: str
    reason: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What the model said about one validation photo."""

    file: str
    label: str
    """Where photos carry several labels, all of them, as is ``predicted``: separated
    as ``separator_of`` says, and empty without any."""

    predicted: str
    probability: float
    """Of the predicted class, or of the most probable label, 0 to 1."""

    loss: float
    """Nats."""

    @property
    def is_right(self) -> bool:
        """Whether the predicted class is the labelled one, or all labels are."""
        return self.label == self.predicted


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRecord:
    """A run folder, read. What is missing in it is empty here."""

    name: str
    summary: Json
    """``summary.json``."""

    fits: tuple[FitRecord, ...] = ()
    searches: tuple[SearchRecord, ...] = ()
    answers: tuple[Answer, ...] = ()
    """Of ``predictions.csv``."""

    kept: Json
    """``report.json``: what only the model could tell."""

    is_running: bool = False
    """Whether a process was at work on it when it was read."""

    can_go_on: bool = False
    """Whether it was stopped, and left what it takes to go on."""

    @property
    def scores(self) -> Json:
        """Scores with intervals; empty in runs that did not measure them."""
        return self.summary.get("scores") or {}

    @property
    def is_multi(self) -> bool:
        """Whether photos carry several labels; runs without scores are older."""
        return bool(self.scores.get("kind") == "multi")

    @property
    def has_no_mistake(self) -> bool:
        """Whether every answer about a validation photo is right."""
        return all(each.is_right for each in self.answers)

    @property
    def separator(self) -> str | None:
        """What stands between labels of a photo; None where each photo has one."""
        return separator_of(self.classes) if self.is_multi else None

    @property
    def findings(self) -> Sequence[Json]:
        """What the data doctor found."""
        return self.summary.get("findings") or ()

    @property
    def num_leaked(self) -> int:
        """Validation photos that are among the training photos, too, or copies are.

        The score of such a finding is its share of the validation photos.
        """
        shares = [each["score"] for each in self.findings if each["kind"] == "leakage"]
        return sum(round(share * self.summary["n_valid"]) for share in shares)

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names in the order of labels."""
        return tuple(self.summary.get("classes") or ())

    @property
    def is_finished(self) -> bool:
        """Whether the run came to its end."""
        return self.summary.get("status") == "finished"
