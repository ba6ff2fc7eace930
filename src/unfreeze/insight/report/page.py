"""A run's report: every part as values and drawings, and all of them as a page."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Any, Literal, final

import numpy as np

from unfreeze.insight.charts.learning import learning_chart
from unfreeze.insight.charts.losses import loss_chart, rate_chart
from unfreeze.insight.charts.maps import feature_map_chart
from unfreeze.insight.charts.matrices import confusion_chart
from unfreeze.insight.charts.trust import ReliabilityBin, reliability_chart
from unfreeze.insight.markup import Html, joined
from unfreeze.insight.outlook import Outlook, sentence_for_all, sentence_of
from unfreeze.insight.pages import for_notebook, render
from unfreeze.insight.report.command import command_of
from unfreeze.insight.report.findings import FoundKind, found_kinds
from unfreeze.insight.report.fits import FitVerdict, judge_fits
from unfreeze.insight.report.fixed import fixes_in_words
from unfreeze.insight.report.galleries import Gallery, galleries_of
from unfreeze.insight.report.kept import outlook_from_json
from unfreeze.insight.report.record import RunRecord
from unfreeze.insight.report.tables import (
    Step,
    Table,
    class_table,
    number_of_kept,
    step_in_words,
)
from unfreeze.insight.report.trust_words import trust_in_detail
from unfreeze.insight.report.verdict import Verdict, verdict_on
from unfreeze.insight.wording import percent

__all__ = ["FigureName", "ReportParts", "report_page"]

FigureName = Literal[
    "confusion", "feature_map", "learning", "losses", "rates", "reliability"
]
"""Drawings of a report that a notebook can show."""

_MOST_CLASSES_DRAWN = 60
_MOST_ROWS = 200


@final
class ReportParts:
    """Everything that a report shows, part by part.

    Args:
        run: What the run left behind.
        thumbnails: Data address of each photo that is still there, by file.
    """

    def __init__(
        self, run: RunRecord, thumbnails: Mapping[str, str] | None = None
    ) -> None:
        self.run = run
        self._thumbnails = thumbnails or {}

    @cached_property
    def fits(self) -> FitVerdict:
        """Whether it over-fitted, in words."""
        return judge_fits(self.run.fits, self.run.summary.get("n_valid"))

    @cached_property
    def verdict(self) -> Verdict:
        """How good, how sure, what to do next."""
        outlook = self.outlook
        gain = outlook is not None and outlook.has_gain
        words = "" if outlook is None else sentence_for_all(outlook)
        return verdict_on(self.run, self.fits, words, gain)

    @cached_property
    def outlook(self) -> Outlook | None:
        """What more photos would bring."""
        content = self.run.kept.get("outlook")
        return None if content is None else outlook_from_json(content)

    @property
    def forecasts(self) -> list[str]:
        """The same in sentences: of all photos, and of the weakest classes."""
        found = self.outlook
        if found is None:
            return []
        return [sentence_for_all(found), *map(sentence_of, found.by_class)]

    def learning(self) -> Html | None:
        """Mistakes against number of photos."""
        found = self.outlook
        if found is None or found.overall is None:
            return None
        return learning_chart(found.overall)

    def losses(self) -> Html | None:
        """Training against validation loss over all steps."""
        if not self.run.fits:
            return None
        return loss_chart([fit.losses for fit in self.run.fits], self.fits.begins_at)

    def rates(self) -> list[tuple[Html, str]]:
        """Every search for a learning rate, and what came of it."""
        return [
            (
                rate_chart(each.curves, each.rate, each.low, each.high),
                f"{each.verdict}: {each.reason}",
            )
            for each in self.run.searches
        ]

    def confusion(self) -> Html | None:
        """Which classes were taken for which."""
        matrix = self.run.summary.get("confusion")
        if not matrix or len(matrix) > _MOST_CLASSES_DRAWN:
            return None
        return confusion_chart(np.array(matrix), self.run.classes)

    def reliability(self) -> Html | None:
        """How sure against how often right."""
        trust = self.run.scores.get("calibration")
        if not trust:
            return None
        before, after = (
            _bins(trust[f"reliability_{when}"]) for when in ("before", "after")
        )
        return reliability_chart(before, () if after == before else after)

    def feature_map(self) -> Html | None:
        """The validation photos as the model sees them."""
        places = self.run.kept.get("map")
        answers = self.run.answers
        if self.run.is_multi or not places or len(places) != len(answers):
            return None
        numbers = {name: number for number, name in enumerate(self.run.classes)}
        return feature_map_chart(
            np.array(places, dtype=float),
            np.array([numbers[each.label] for each in answers]),
            np.array([not each.is_right for each in answers]),
            self.run.classes,
            [each.file for each in answers],
        )

    def figure(self, name: FigureName) -> Html | None:
        """One drawing for a notebook, in the page's colours; None where it is missing.

        Args:
            name: Which one.
        """
        draw: Mapping[FigureName, Callable[[], Html | None]] = {
            "confusion": self.confusion,
            "feature_map": self.feature_map,
            "learning": self.learning,
            "losses": self.losses,
            "rates": self._all_rates,
            "reliability": self.reliability,
        }
        found = draw[name]()
        return None if found is None else for_notebook(found)

    def _all_rates(self) -> Html | None:
        return joined(drawing for drawing, _ in self.rates()) or None

    def galleries(self) -> list[Gallery]:
        """Photos to look at."""
        heat = self.run.kept.get("heat") or {}
        if not self.run.answers:
            return []
        found = galleries_of(
            self.run.answers, self._thumbnails, heat, self.run.separator
        )
        return list(found)

    @property
    def photos_are_gone(self) -> bool:
        """Whether photos are to be shown, and none of them is there any more."""
        return bool(self.run.answers) and not self._thumbnails

    def per_class(self) -> Table | None:
        """Scores of every class, the least recognised first; of labels, by F1."""
        return class_table(self.run, _MOST_ROWS)

    def reject(self) -> Table | None:
        """From which probability on answers are right often enough."""
        levels = self.run.scores.get("reject")
        if not levels:
            return None
        return Table(
            (
                "to be right in",
                "--min-precision",
                "accept from",
                "answers given",
                "of them wrong",
            ),
            [
                (
                    percent(each["precision"]),
                    "" if each["threshold"] is None else f"{each['precision']:g}",
                    "cannot be promised"
                    if each["threshold"] is None
                    else percent(each["threshold"]),
                    percent(each["coverage"]),
                    f"{each['wrong']:,} of {each['accepted']:,}",
                )
                for each in levels
            ],
        )

    def confused(self) -> Table | None:
        """Pairs of classes that are taken for each other most often.

        None where photos carry several labels, none of which excludes another.
        """
        if self.run.is_multi:
            return None
        wrong = Counter(
            (each.label, each.predicted)
            for each in self.run.answers
            if not each.is_right
        )
        if not wrong:
            return None
        return Table(
            ("labelled", "taken for", "photos"),
            [(*pair, f"{count:,}") for pair, count in wrong.most_common(8)],
            texts=(1,),
        )

    def steps(self) -> list[Step]:
        """The steps of the recipe, in order; one of them has the weights that stay."""
        steps = self.run.summary.get("steps") or ()
        kept = number_of_kept(steps)
        return [
            step_in_words(each, is_kept=number == kept)
            for number, each in enumerate(steps)
        ]

    def findings(self) -> list[FoundKind]:
        """What the data doctor found."""
        return found_kinds(self.run.findings)

    def fixes(self) -> list[str]:
        """What a person's fixes changed; empty without fixes."""
        fixes = self.run.summary.get("fixes")
        return list(fixes_in_words(fixes)) if fixes else []

    def skipped(self) -> Table | None:
        """Files that were left out."""
        files = self.run.summary.get("skipped")
        if not files:
            return None
        rows = [(each["file"], each["reason"]) for each in files[:_MOST_ROWS]]
        if len(files) > _MOST_ROWS:
            more = f"and {len(files) - _MOST_ROWS:,} more"
            rows.append((more, "summary.json names all of them."))
        return Table(("file", "why it was left out"), rows, texts=(1,))

    def try_reject(self) -> str | None:
        """The command that keeps the strictest promise of the table; None if none."""
        levels = self.run.scores.get("reject") or ()
        kept = [each["precision"] for each in levels if each["threshold"] is not None]
        if not kept:
            return None
        return f"unfreeze predict RUN PHOTO --min-precision {max(kept):g}"

    def trust(self) -> list[str]:
        """What was measured of its probabilities, in sentences."""
        trust = self.run.scores.get("calibration")
        count = self.run.summary["n_valid"]
        return [] if not trust else list(trust_in_detail(trust, count))

    @property
    def is_timed(self) -> bool:
        """Whether the clock decided how long the steps trained."""
        return (self.run.summary.get("settings") or {}).get("budget") is not None

    def command(self) -> str:
        """The command that trains again with the same settings."""
        return command_of(self.run)

    def facts(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Settings, hardware and versions."""
        summary = self.run.summary
        named = [("Settings", "settings"), ("Hardware", "hardware"),
                 ("Versions", "versions")]  # fmt: skip
        return [
            (title, [(name, _plain(value)) for name, value in summary[key].items()])
            for title, key in named
            if summary.get(key)
        ]


def report_page(run: RunRecord, thumbnails: Mapping[str, str] | None = None) -> str:
    """Write the page of a run.

    Args:
        run: What it left behind; parts that are missing are left out, with a sentence.
        thumbnails: Data address of each photo that is still there, by file.
    """
    parts = ReportParts(run, thumbnails)
    return render("report.html", report=parts, run=run, summary=run.summary)


def _bins(rows: Sequence[Mapping[str, Any]]) -> list[ReliabilityBin]:
    return [
        ReliabilityBin(row["confidence"], row["accuracy"], row["count"]) for row in rows
    ]


def _plain(value: object) -> str:
    if value is None:
        return "as it comes"
    return f"{value:g}" if isinstance(value, float) else str(value)
