"""``unfreeze predict``: names and probabilities for photos."""

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from unfreeze.cli import options
from unfreeze.cli.answers_out import JsonAnswers, LinesOfAnswers, NamedErrors, Output
from unfreeze.cli.interrupts import say_if_unfinished
from unfreeze.cli.loading import loading
from unfreeze.cli.render import say
from unfreeze.words import counted

if TYPE_CHECKING:
    from unfreeze.runs.answers import AnswerColumns
    from unfreeze.runs.batch import Job, OrderedColumns
    from unfreeze.runs.blocks import Answerer

__all__ = ["predict"]


def predict(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN", help="A run folder, its model.safetensors, or a FILE.onnx."
        ),
    ],
    paths: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="PATH", help="Photos, folders of them, patterns in quotes."
        ),
    ] = None,
    photo_list: Annotated[
        Path | None,
        typer.Option("--list", help="A photo on each line; - is standard input."),
    ] = None,
    from_csv: Annotated[
        Path | None, typer.Option(help="A table with a column that names photos.")
    ] = None,
    column: Annotated[
        str | None,
        typer.Option(
            metavar="TITLE",
            help="Title of that column; else the first called file, path, image or the "
            "like, else name or id.",
        ),
    ] = None,
    folder: Annotated[
        Path | None,
        typer.Option(help="Folder in which the photos of the list or table lie."),
    ] = None,
    suffix: options.CsvSuffix = "",
    tta: options.Tta = False,
    csv: Annotated[
        Path | None,
        typer.Option(help="Write file, label, probabilities here; goes on if stopped."),
    ] = None,
    submission: Annotated[
        Path | None,
        typer.Option(
            help="Write id and label here, as competitions ask for; by id if all ids "
            "are numbers."
        ),
    ] = None,
    style: Annotated[
        Literal["label", "probability", "probabilities"],
        typer.Option(
            help="What the submission holds: the label, the probability of one class, "
            "or the probabilities of all."
        ),
    ] = "label",
    positive: Annotated[
        str | None,
        typer.Option(
            metavar="CLASS",
            help="The class of --style probability; of two classes the second unless "
            "given.",
        ),
    ] = None,
    threshold: options.Threshold = None,
    min_precision: options.MinPrecision = None,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Say what is on photos, with probabilities from 0 to 1.

    Each photo is answered once, in the order given. One that cannot be read has a row
    with the reason; in a submission, a row without a label, or with equal shares.
    Tables grow as answers come; if the command is stopped, the same command goes on
    from there.
    """
    from unfreeze.answering import require_one_limit
    from unfreeze.bundle import is_export
    from unfreeze.runs.answers import AnswerColumns
    from unfreeze.runs.batch import Job
    from unfreeze.runs.listed_photos import Naming, PhotoSources
    from unfreeze.runs.submission import Submission
    from unfreeze.runs.table_places import require_places

    naming = Naming(Path() if folder is None else folder, suffix)
    sources = PhotoSources(paths or (), photo_list, from_csv, column, naming)
    require_one_limit(threshold, min_precision)
    contest = Submission(submission, style, positive)
    contest.require_use(threshold, min_precision)
    csv, submission = require_places(csv, submission, sources.files, run)

    answerer = _answerer(run, tta, num_workers)
    least = answerer.rules.least_probability(threshold, min_precision)
    tables: list[tuple[Path, OrderedColumns]] = []
    if csv is not None:
        tables.append((csv, AnswerColumns(answerer.rules, least)))
    if submission is not None:
        tables.append((submission, contest.columns(answerer.rules)))
    job = Job(
        answerer=answerer,
        photos=sources.photos(),
        tables=tuple(tables),
        settings=(least, style, positive),
    )
    if not is_export(run):
        say_if_unfinished(run)
    _do(job, least, as_json)


def _answerer(run: Path, tta: bool, num_workers: int | None) -> "Answerer":
    """Open a run, or an exported model, which needs no torch."""
    from unfreeze.bundle import is_export

    if not is_export(run):
        with loading():
            from unfreeze.runs.run_answers import RunAnswers

        return RunAnswers(run, tta=tta, num_workers=num_workers)
    from unfreeze.errors import PlanError
    from unfreeze.runs.exported_answers import ExportedAnswers
    from unfreeze.serve.predictor import Predictor

    if tta:
        raise PlanError(
            "An exported model cannot make augmented views. Leave --tta out, or pass "
            "the run folder that it was exported from."
        )
    return ExportedAnswers(Predictor.load(run), num_workers=num_workers)


def _do(job: "Job", least: float | None, as_json: bool) -> None:
    from unfreeze.runs.batch import Work
    from unfreeze.training.callbacks.bar import Bar

    output = _output(job, least, as_json)
    in_json = output if isinstance(output, JsonAnswers) else None
    may_go_on = in_json is None or _answers_in(job) is not None
    with Work(job, may_go_on=may_go_on) as work, Bar("predicting") as bar:
        if work.before:
            say(
                f"going on after {work.before:,} of {len(job.photos):,} photos",
                err=True,
            )
        for part in work.leftovers:
            say(f"{part} is left from other photos or options, and not used", err=True)
        if work.before and in_json is not None:
            in_json.show_rows(work.rows_before(0))
        try:
            with closing(work.blocks()) as blocks:
                for block in blocks:
                    output.show(block)
                    bar.show(work.done, len(job.photos))
        except KeyboardInterrupt:
            bar.stop()
            if work.parts and work.done:
                which = "" if may_go_on else ", without --json,"
                say(
                    f"{work.done:,} of {len(job.photos):,} photos are answered and "
                    f"kept in {work.parts[0]}; the same command{which} goes on from "
                    "there",
                    err=True,
                )
            raise
    output.end()
    if job.tables and not as_json:
        _say_where(job, work.num_unreadable)


def _say_where(job: "Job", num_unreadable: int) -> None:
    names = " and ".join(str(path) for path, _ in job.tables)
    bad = f"; {num_unreadable} cannot be read" if num_unreadable else ""
    count = counted(len(job.photos), "photo")
    say(f"{count}, written to {names}{bad}")


def _output(job: "Job", least: float | None, as_json: bool) -> Output:
    rules = job.answerer.rules
    if as_json:
        return JsonAnswers(rules, least, _answers_in(job))
    if job.tables:
        return NamedErrors(most=20)
    return LinesOfAnswers(rules, least, job.photos)


def _answers_in(job: "Job") -> "AnswerColumns | None":
    """What stands in the first table, if that has all that there is to say."""
    from unfreeze.runs.answers import AnswerColumns

    columns = job.tables[0][1] if job.tables else None
    return columns if isinstance(columns, AnswerColumns) else None
