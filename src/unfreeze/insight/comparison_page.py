"""A comparison of two runs as one page: verdict first, then what has changed."""

import math
import shlex
from collections.abc import Callable, Sequence
from typing import Any

from unfreeze.insight.comparison import Comparison, Flip
from unfreeze.insight.comparison_words import (
    headline,
    interval_words,
    p_value_words,
    points,
    reasons,
)
from unfreeze.insight.interval_chart import interval_chart
from unfreeze.insight.markup import Html, tag
from unfreeze.insight.pages import render
from unfreeze.insight.run_facts import RunFacts, fact_rows, setting_rows
from unfreeze.insight.wording import counted, percent

__all__ = ["comparison_page"]

_PICTURES = 48
"""Flips shown with a picture in each direction."""

_LISTED = 1_000
"""Names that are listed without a picture; a page stays below two megabytes."""

_MOODS = {"better": "good", "worse": "bad", "no clear difference": ""}


def comparison_page(
    comparison: Comparison,
    first: RunFacts,
    second: RunFacts,
    cautions: Sequence[str],
    picture: Callable[[str], str | None],
) -> str:
    """Write the page.

    Args:
        comparison: What was found.
        first: The run to compare with.
        second: The run in question.
        cautions: Sentences to know before acting on it.
        picture: Gives the data address of a file's small picture, or None where there
            is no such photo at hand.

    Returns:
        HTML that needs nothing else; names of files and classes are escaped.
    """
    directions = [
        _direction("broken", comparison.broken, picture),
        _direction("fixed", comparison.fixed, picture),
    ]
    return render(
        "comparison.html",
        headline=headline(comparison),
        mood=_MOODS[comparison.verdict],
        reasons=reasons(comparison),
        cautions=cautions,
        runs=(first.run, second.run),
        figures=_figures(comparison),
        chart=interval_chart(comparison.difference, comparison.interval),
        chart_words=_chart_words(comparison),
        directions=directions,
        lacks_pictures=any(each["count"] for each in directions)
        and not any(each["photos"] for each in directions),
        class_rows=_class_rows(comparison),
        fact_rows=_run_rows(comparison, first, second),
        setting_rows=setting_rows(first, second),
        left_out=_left_out(comparison),
        command=_command(first, second),
    )


def _figures(comparison: Comparison) -> list[tuple[str, str, str]]:
    fixed, broken = len(comparison.fixed), len(comparison.broken)
    return [
        (
            "Accuracy, second run",
            percent(comparison.second_accuracy),
            f"first run {percent(comparison.first_accuracy)}",
        ),
        (
            "Difference in points",
            points(comparison.difference),
            interval_words(comparison),
        ),
        (
            "Photos fixed, broken",
            f"{fixed:,}, {broken:,}",
            f"of {counted(comparison.num_images, 'photo')}; both wrong on "
            f"{comparison.num_both_wrong:,}",
        ),
        (
            "p-value",
            p_value_words(comparison.p_value, comparison.alpha).removeprefix("= "),
            f"McNemar's exact test; clear below {comparison.alpha:g}",
        ),
    ]


def _chart_words(comparison: Comparison) -> str:
    return (
        f"Accuracy of the second run above the first: {interval_words(comparison)}. "
        "Left of the line at 0 the second run is worse, right of it better."
    )


def _direction(
    kind: str, flips: Sequence[Flip], picture: Callable[[str], str | None]
) -> dict[str, Any]:
    """Flips with pictures, flips in words, and how many are left out.

    Where none of the first has a picture, all are told in words.
    """
    pictures = [picture(flip.file) for flip in flips[:_PICTURES]]
    num_shown = len(pictures) if any(pictures) else 0
    rest = flips[num_shown : num_shown + _LISTED]
    return {
        "kind": kind,
        "count": len(flips),
        "photos": [
            {
                "pictures": [(uri, f"{flip.label}: {flip.file}")],
                "words": _flip_words(flip),
            }
            for flip, uri in zip(flips, pictures[:num_shown], strict=False)
        ],
        "rest": [(flip.file, flip.label, *_both_said(flip)) for flip in rest],
        "num_left_out": len(flips) - num_shown - len(rest),
    }


def _flip_words(flip: Flip) -> list[Html]:
    first, second = _both_said(flip)
    return [
        tag("span", ["Label: ", _named(flip.label)]),
        tag("span", ["First run: ", _named(first)]),
        tag("span", ["Second run: ", _named(second)]),
        tag("span", [_named(flip.file)], class_="soft"),
    ]


def _both_said(flip: Flip) -> tuple[str, str]:
    return (
        f"{flip.first}, {_unbroken(flip.first_probability)}",
        f"{flip.second}, {_unbroken(flip.second_probability)}",
    )


def _unbroken(share: float) -> str:
    """A percentage whose sign does not go to the next line."""
    return percent(share).replace(" ", "\N{NO-BREAK SPACE}")


def _named(text: str) -> Html:
    return tag("bdi", text, class_="name")


def _class_rows(comparison: Comparison) -> list[tuple[str, ...]]:
    """Classes that lost most come first."""
    rows = sorted(
        comparison.per_class,
        key=lambda each: each.second_recall - each.first_recall,
    )
    return [
        (
            each.name,
            f"{each.support:,}",
            percent(each.first_recall),
            percent(each.second_recall),
            points(each.second_recall - each.first_recall),
            f"{each.fixed:,}",
            f"{each.broken:,}",
            percent(each.first_precision),
            percent(each.second_precision),
        )
        for each in rows
    ]


def _run_rows(
    comparison: Comparison, first: RunFacts, second: RunFacts
) -> list[tuple[str, str, str]]:
    losses = comparison.first_loss, comparison.second_loss
    rows = fact_rows(first, second)
    if not any(map(math.isnan, losses)):
        before, after = (f"{each:.4f}" for each in losses)
        rows.insert(0, ("loss on these photos, in nats", before, after))
    return rows


def _left_out(comparison: Comparison) -> list[tuple[str, Sequence[str], int]]:
    groups = (
        ("answered by the first run only", comparison.only_first),
        ("answered by the second run only", comparison.only_second),
        ("with another label in the second run", comparison.relabelled),
    )
    return [
        (f"{counted(len(names), 'photo')} {why}", names[:_LISTED], len(names))
        for why, names in groups
        if names
    ]


def _command(first: RunFacts, second: RunFacts) -> str:
    return shlex.join(["unfreeze", "compare", first.run, second.run])
