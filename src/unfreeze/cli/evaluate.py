"""``unfreeze evaluate``: scores on another labelled folder."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import say_if_unfinished
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, print_table, say
from unfreeze.errors import PlanError
from unfreeze.words import counted

if TYPE_CHECKING:
    from unfreeze.runs.scores import Scores

__all__ = ["evaluate"]


def evaluate(
    run: options.Run,
    data: Annotated[
        Path,
        typer.Argument(
            metavar="DATA", help="A folder per class, or a folder with valid/ in it."
        ),
    ],
    csv: options.Csv = None,
    folder: Annotated[
        str | None,
        typer.Option(
            help="Folder below DATA in which the photos of the table lie; as in "
            "training unless given."
        ),
    ] = None,
    suffix: Annotated[
        str | None,
        typer.Option(
            callback=options.with_dot,
            help="Added to each name in the table; as in training unless given.",
        ),
    ] = None,
    label_separator: Annotated[
        str | None,
        typer.Option(
            help="Between labels of a photo in the table; as in training unless given."
        ),
    ] = None,
    file_column: options.FileColumn = None,
    label_column: options.LabelColumn = None,
    no_header: options.NoHeader = False,
    tta: options.Tta = False,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Measure a trained model on labelled photos.

    Folders, or the labels of a table, are matched with the model's classes by name.
    """
    with loading():
        from unfreeze.data.table_columns import as_titles
        from unfreeze.records import Task
        from unfreeze.runs.learned import learned_from
        from unfreeze.runs.predictor import Classifier
        from unfreeze.runs.scores import scores_of
        from unfreeze.runs.table_notes import table_note
        from unfreeze.runs.table_photos import Table

    table = Table(
        csv or "",
        folder,
        suffix,
        label_separator,
        file_column,
        as_titles(label_column),
        no_header or None,
    )
    if csv is None and table != Table(""):
        raise PlanError(
            "There are options that say how a table is read, and there is no table. "
            "Pass --csv, too."
        )
    classifier = Classifier.load(run, num_workers=num_workers)
    read = None
    if csv is not None:
        read = classifier.read_table(data, table)
        is_multi = classifier.header.task is Task.MULTI
        say(table_note(read, may_lack_labels=is_multi), err=True)
    answers = classifier.evaluate(data, read, tta=tta)
    scores = scores_of(answers)
    caution = learned_from(run, answers.root or data, answers.predictions.names)
    say_if_unfinished(run)
    if as_json:
        cautions = [] if caution is None else [caution]
        print_json({**scores.as_json(), "cautions": cautions})
        return
    for each in answers.skipped:
        say(f"skipped {each.file}: {each.reason}", err=True)
    if caution is not None:
        say(f"caution: {caution}", err=True)
    rows = [
        (row.name, f"{row.precision:.4f}", f"{row.recall:.4f}", f"{row.f1:.4f}",
         str(row.support))
        for row in scores.per_class
    ]  # fmt: skip
    print_table(["class", "precision", "recall", "f1", "photos"], rows)
    say(
        "",
        f"accuracy {scores.accuracy:.4f}{_beside_accuracy(scores)}, loss "
        f"{scores.loss:.4f} nats, on {counted(scores.num_images, 'photo')}; "
        f"{len(scores.skipped)} skipped",
    )


def _beside_accuracy(scores: "Scores") -> str:
    """Its likely range on all such photos; with several labels, stricter measures."""
    if scores.confusion is None:
        return (
            f" of yes-or-no answers, all labels right {scores.scores['exact']:.4f}, F2 "
            f"{scores.scores['f2']:.4f}"
        )
    return f" (95 %: {scores.interval.low:.4f} to {scores.interval.high:.4f})"
