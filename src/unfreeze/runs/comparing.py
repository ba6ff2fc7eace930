"""Two runs side by side: from what they wrote, or from photos that both answer now."""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from unfreeze.atomic import text_written_whole
from unfreeze.data.paths import is_below
from unfreeze.data.thumbnails import thumbnail_or_none
from unfreeze.errors import DataError
from unfreeze.insight.comparison import Comparison, Outcomes, compared
from unfreeze.insight.comparison_page import comparison_page
from unfreeze.insight.comparison_words import cautions, headline, reasons
from unfreeze.insight.run_facts import RunFacts, settings_that_differ
from unfreeze.records import Skipped
from unfreeze.runs.learned import learned_from
from unfreeze.runs.predictor import Answers, Classifier
from unfreeze.runs.recorded import (
    photos_of,
    read_facts,
    read_outcomes,
    require_single_label,
)
from unfreeze.runs.same_photos import require_same_photos

__all__ = ["RunComparison", "compare_runs", "outcomes_of"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RunComparison:
    """What there is to say about two runs."""

    comparison: Comparison
    first: RunFacts
    second: RunFacts
    photos: tuple[Path, ...]
    """Folders below which the files may lie; none where that is not known."""

    cautions: tuple[str, ...]
    """What to know before acting on the verdict."""

    skipped: tuple[Skipped, ...]
    """Files that could not be read."""

    @property
    def verdict(self) -> str:
        """The verdict and what it rests on, in sentences."""
        return f"{headline(self.comparison)} {reasons(self.comparison)}"

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        found = self.comparison
        content = dataclasses.asdict(found)
        for which, facts in (("first", self.first), ("second", self.second)):
            content[which] = {
                **dataclasses.asdict(facts),
                "accuracy": content.pop(f"{which}_accuracy"),
                "loss": content.pop(f"{which}_loss"),
            }
        return {
            "verdict": found.verdict,
            "sentence": self.verdict,
            "difference": found.difference,
            "test": "McNemar, exact",
            **content,
            "settings_that_differ": settings_that_differ(self.first, self.second),
            "cautions": list(self.cautions),
            "skipped": [dataclasses.asdict(each) for each in self.skipped],
        }

    def write_page(self, path: Path) -> None:
        """Write all of it as one page, with small pictures of what has changed."""
        page = comparison_page(
            self.comparison, self.first, self.second, self.cautions, self._picture
        )
        with text_written_whole(path) as text:
            text.write(page)

    def _picture(self, name: str) -> str | None:
        # A run folder can come from anywhere: it names files below the photos or none.
        if not is_below(name):
            return None
        made = (thumbnail_or_none(root / name) for root in self.photos)
        return next(filter(None, made), None)


def compare_runs(
    first: Path,
    second: Path,
    data: Path | None = None,
    *,
    alpha: float = 0.05,
    num_workers: int | None = None,
) -> RunComparison:
    """Compare two runs on the same photos.

    Args:
        first: The run to compare with: its folder, or its model file.
        second: The run in question, likewise.
        data: Labelled photos for both models to answer now. Without them, the
            validation photos that both runs have answered already are compared.
        alpha: Level of the test.
        num_workers: Loading threads.

    Raises:
        DataError: If there are no photos that both answered, their photos are others
            under the same names, or the models give several labels to a photo.
        WeightsError: If a model file is damaged.
        PlanError: If alpha is out of range, or a model is an exported one.
    """
    facts = read_facts(first), read_facts(second)
    skipped: tuple[Skipped, ...] = ()
    if data is None:
        before, after = read_outcomes(first), read_outcomes(second)
        hints = require_same_photos(first, second, _shared(before, after))
        roots = dict.fromkeys((photos_of(first), photos_of(second)))
        photos = tuple(root for root in roots if root is not None)
    else:
        answers = [_answered(run, data, num_workers) for run in (first, second)]
        before, after = (outcomes_of(each) for each in answers)
        root = answers[0].root or data
        photos = (root,)
        skipped = answers[0].skipped
        warnings = (
            learned_from(run, root, before.files)
            for run in dict.fromkeys((first, second))
        )
        hints = [each for each in warnings if each is not None]
    comparison = compared(before, after, alpha)
    return RunComparison(
        comparison=comparison,
        first=facts[0],
        second=facts[1],
        photos=photos,
        cautions=(*hints, *cautions(comparison)),
        skipped=skipped,
    )


def outcomes_of(answers: Answers) -> Outcomes:
    """Answers for labelled photos, with names for classes.

    Raises:
        DataError: If the photos have no labels, or several each.
    """
    predictions = answers.predictions
    labels, classes = predictions.labels, predictions.classes
    if labels is None or labels.ndim != 1:
        raise DataError(
            "Two runs are compared on photos with one label each, and these have none "
            "or several. Pass a folder with a folder per class in it."
        )
    rows = list(answers.rows())
    return Outcomes(
        files=[name for name, _, _, _ in rows],
        labels=[classes[int(label)] for label in labels],
        predicted=[label for _, label, _, _ in rows],
        probabilities=[probability for _, _, probability, _ in rows],
        losses=predictions.losses().tolist(),
        classes=classes,
    )


def _shared(first: Outcomes, second: Outcomes) -> list[str]:
    """Names of the photos that both answered, with the same label."""
    labels = dict(zip(second.files, second.labels, strict=True))
    return [
        file
        for file, label in zip(first.files, first.labels, strict=True)
        if labels.get(file) == label
    ]


def _answered(run: Path, data: Path, num_workers: int | None) -> Answers:
    require_single_label(run)
    try:
        return Classifier.load(run, num_workers=num_workers).evaluate(data)
    except DataError as error:
        raise DataError(f"{run} cannot answer {data}: {error}") from error
