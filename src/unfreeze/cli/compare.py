"""``unfreeze compare``: two runs on the same photos."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.render import print_json, print_table, say
from unfreeze.errors import PlanError

if TYPE_CHECKING:
    from unfreeze.insight.comparison import Flip
    from unfreeze.insight.run_facts import RunFacts
    from unfreeze.runs.comparing import RunComparison

__all__ = ["compare"]

_WORSE = 3
"""Exit code where ``--fail-if-worse`` finds a reason to fail."""

_SHOWN = 10
"""Rows of a table on a terminal; the page has a thousand, ``--json`` all of them."""


def compare(
    first: Annotated[
        Path, typer.Argument(metavar="RUN1", help="The run to compare with.")
    ],
    second: Annotated[
        Path, typer.Argument(metavar="RUN2", help="The run in question.")
    ],
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="DATA",
            help="Labelled photos that both models answer now. Without them, the "
            "validation photos that both have answered are compared.",
        ),
    ] = None,
    page: Annotated[
        Path | None,
        typer.Option(
            help="Write it as one HTML file, with pictures of what has changed."
        ),
    ] = None,
    fail_if_worse: Annotated[
        bool,
        typer.Option(
            "--fail-if-worse",
            help="Exit with code 3 if RUN2 is clearly worse: more photos broken than "
            "fixed, and a p-value below --alpha.",
        ),
    ] = False,
    tolerance: Annotated[
        float | None,
        typer.Option(
            min=0,
            max=100,
            metavar="POINTS",
            help="With --fail-if-worse: fail instead if accuracy falls by more than "
            "this many percentage points, clearly or not; 0 forbids any loss.",
        ),
    ] = None,
    alpha: Annotated[
        float, typer.Option(help="Level of the test, and 1 less the confidence.")
    ] = 0.05,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Say whether RUN2 is better than RUN1, how sure that is, and where it shows.

    Both are judged on the same photos, by McNemar's exact test. Photos are matched by
    file name, classes by name.

    Exit code 3 means worse, where --fail-if-worse asks for it.
    """
    from unfreeze.runs.comparing import compare_runs
    from unfreeze.runs.output_places import page_place

    if tolerance is not None and not fail_if_worse:
        raise PlanError("--tolerance says when --fail-if-worse fails. Pass both.")
    place = None if page is None else page_place(page)
    found = compare_runs(first, second, data, alpha=alpha, num_workers=num_workers)
    limit = None if tolerance is None else tolerance / 100
    is_worse = found.comparison.is_worse(limit)
    if place is not None:
        found.write_page(place)
    if as_json:
        print_json(
            {
                **found.as_json(),
                "is_worse": is_worse,
                "page": None if page is None else str(page),
            }
        )
    else:
        _show(found, page)
    if fail_if_worse and is_worse:
        say(f"failed: {_why(found, tolerance)}", err=True)
        raise typer.Exit(_WORSE)


def _show(found: "RunComparison", page: Path | None) -> None:
    for each in found.skipped:
        say(f"skipped {each.file}: {each.reason}", err=True)
    say(found.verdict)
    for sentence in found.cautions:
        say("", sentence)
    _show_flips("broken", found.comparison.broken)
    _show_flips("fixed", found.comparison.fixed)
    _show_classes(found)
    _show_runs(found.first, found.second)
    if page is not None:
        say("", f"written to {page}")


def _show_flips(kind: str, flips: "tuple[Flip, ...]") -> None:
    if not flips:
        return
    say("")
    print_table(
        [kind, "label", "first run", "second run"],
        [
            (
                flip.file,
                flip.label,
                f"{flip.first} {flip.first_probability:.4f}",
                f"{flip.second} {flip.second_probability:.4f}",
            )
            for flip in flips[:_SHOWN]
        ],
    )
    _name_rest(len(flips))


def _show_classes(found: "RunComparison") -> None:
    """Classes that lost most come first."""
    changes = sorted(
        found.comparison.per_class,
        key=lambda each: each.second_recall - each.first_recall,
    )
    say("")
    print_table(
        ["class", "photos", "recall, first", "second", "fixed", "broken"],
        [
            (
                each.name,
                str(each.support),
                f"{each.first_recall:.4f}",
                f"{each.second_recall:.4f}",
                str(each.fixed),
                str(each.broken),
            )
            for each in changes[:_SHOWN]
        ],
    )
    _name_rest(len(changes))


def _name_rest(count: int) -> None:
    if count > _SHOWN:
        say(f"and {count - _SHOWN} more; see --page, or --json for all of them")


def _show_runs(first: "RunFacts", second: "RunFacts") -> None:
    from unfreeze.insight.run_facts import fact_rows, setting_rows

    rows = [*fact_rows(first, second), *setting_rows(first, second)]
    say("")
    print_table(["", first.run, second.run], rows)


def _why(found: "RunComparison", tolerance: float | None) -> str:
    if tolerance is None:
        return "the second run is clearly worse"
    fallen = -100 * found.comparison.difference
    return f"accuracy fell by {fallen:.2f} points, and {tolerance:g} were tolerated"
