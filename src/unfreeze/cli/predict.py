"""``unfreeze predict``: names and probabilities for photos."""

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.render import print_json, print_table, printable

__all__ = ["predict"]


def predict(
    run: options.Run,
    paths: Annotated[
        list[Path],
        typer.Argument(metavar="PATH", help="Photos, and folders of them."),
    ],
    tta: options.Tta = False,
    csv: Annotated[
        Path | None, typer.Option(help="Write file, label, probabilities here.")
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help="Say 'not sure' below this probability."),
    ] = None,
    min_precision: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Say 'not sure' unless answers are right this often."
        ),
    ] = None,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what is on photos, with probabilities from 0 to 1."""
    from unfreeze.places import require_place
    from unfreeze.runs.answers import answers_as_json, write_answers
    from unfreeze.runs.predictor import Classifier

    if csv is not None:
        require_place(csv)
    classifier = Classifier.load(run, num_workers=num_workers)
    least = classifier.rules(tta).least_probability(threshold, min_precision)
    answers = classifier.predict(paths, tta=tta)
    if csv is not None:
        write_answers(csv, answers, least)
    if as_json:
        print_json(answers_as_json(answers, least))
        return
    for each in answers.skipped:
        typer.echo(printable(f"skipped {each.file}: {each.reason}"), err=True)
    if csv is not None:
        typer.echo(f"{len(answers.predictions.names)} photos, written to {csv}")
        return
    print_table(
        ["file", "label", "probability"],
        [(name, label, f"{p:.4f}") for name, label, p, _ in answers.rows(least)],
    )
