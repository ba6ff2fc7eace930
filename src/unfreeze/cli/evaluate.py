"""``unfreeze evaluate``: scores on another labelled folder."""

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.render import print_json, print_table

__all__ = ["evaluate"]


def evaluate(
    run: options.Run,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A folder per class, or a folder with valid/ in it."
        ),
    ],
    tta: options.Tta = False,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure a trained model on labelled photos.

    Folders are matched with the model's classes by name.
    """
    from unfreeze.runs.predictor import Classifier
    from unfreeze.runs.scores import scores_of

    answers = Classifier.load(run, num_workers=num_workers).evaluate(data, tta=tta)
    scores = scores_of(answers)
    if as_json:
        print_json(scores.as_json())
        return
    for each in answers.skipped:
        typer.echo(f"skipped {each.file}: {each.reason}", err=True)
    rows = [
        (row.name, f"{row.precision:.4f}", f"{row.recall:.4f}", f"{row.f1:.4f}",
         str(row.support))
        for row in scores.per_class
    ]  # fmt: skip
    print_table(["class", "precision", "recall", "f1", "photos"], rows)
    typer.echo(
        f"\naccuracy {scores.accuracy:.4f}, loss {scores.loss:.4f} nats, on "
        f"{scores.num_images} photos; {len(scores.skipped)} skipped"
    )
