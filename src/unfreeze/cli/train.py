"""``unfreeze train``: the eight steps on a folder of photos."""

import shlex
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from textwrap import shorten, wrap
from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import saying_how_to_go_on
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, print_table, say, talker
from unfreeze.words import counted, ordinal

if TYPE_CHECKING:
    from unfreeze.front.summary import RunSummary

__all__ = ["show_run", "train"]

_LINE = 80

_TITLE_WIDTH = 27
"""Of a step in the closing table, whose lines then fit 80 columns."""


def train(  # one parameter per option
    data: options.Folder,
    arch: options.Arch = "resnet34",
    weights: options.Weights = None,
    size: options.Size = 224,
    batch_size: options.BatchSize = 64,
    epochs: Annotated[
        int | None,
        typer.Option(
            min=1,
            help="Of the last step, in one cycle; unless given, cycles of 1, 2 and 4 "
            "epochs, until one over-fits.",
        ),
    ] = None,
    budget: options.Budget = None,
    recipe: options.Recipe = "eight-steps",
    augment: options.Augment = "side-on",
    max_zoom: options.MaxZoom = 1.1,
    balance: options.Balance = "none",
    seed: options.Seed = 0,
    num_workers: options.NumWorkers = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run folder; runs/<name> unless given, with a number if that is there."
        ),
    ] = None,
    csv: options.Csv = None,
    folder: options.CsvFolder = "",
    suffix: options.CsvSuffix = "",
    label_separator: options.LabelSeparator = None,
    file_column: options.FileColumn = None,
    label_column: options.LabelColumn = None,
    no_header: options.NoHeader = False,
    valid_fraction: options.ValidFraction = 0.2,
    group_by: options.GroupBy = None,
    fixes: options.Fixes = None,
    as_json: options.AsJson = False,
) -> None:
    """Train a classifier on a folder of labelled photos.

    By default in the eight steps of the notes. DATA holds train/ and valid/ with a
    folder per class in each, or just a folder per class, or what the table of --csv
    names, where a photo may have several labels.

    Your photos are never changed. Decoded photos, stored activations and which photos
    can be read go to DATA/tmp, or to the cache folder where DATA is read-only;
    downloaded weights go to the caches of Hugging Face or torch. The run folder holds
    the rest.
    """
    began = time.perf_counter()
    # Imported here so that `--help` does not have to load torch.
    from unfreeze.runs.run_folder import planned_run_folder
    from unfreeze.runs.run_notes import place_notes

    run = planned_run_folder(out, data)
    notes = place_notes(run, data) if out is None else []
    write = talker(as_json, before=notes)
    # Beside JSON, a mistake that is found after loading is to be the only line.
    announce = _unsaid if as_json else write
    with loading(), _first_look(data, csv, [weights, fixes], announce):
        from unfreeze.data.table_columns import as_titles
        from unfreeze.runs.settings import RunSettings
        from unfreeze.runs.training_run import train_folder

    settings = RunSettings(
        arch=arch,
        weights=None if weights is None else str(weights),
        size=size,
        batch_size=batch_size,
        epochs=epochs,
        budget=budget,
        recipe=recipe,
        augment=augment,
        max_zoom=max_zoom,
        balance=balance,
        seed=seed,
        num_workers=num_workers,
        csv=csv,
        folder=folder,
        suffix=suffix,
        label_separator=label_separator,
        file_column=file_column,
        label_column=as_titles(label_column),
        no_header=no_header,
        valid_fraction=valid_fraction,
        group_by=group_by,
        fixes=None if fixes is None else str(fixes),
    )
    with saying_how_to_go_on(run):
        summary = train_folder(data, run, settings, write=write, began=began)
    show_run(summary, run, as_json)


def _unsaid(line: str) -> None:
    """Say nothing."""
    del line


def _first_look(
    data: Path,
    csv: str | None,
    files: Sequence[Path | None],
    write: Callable[[str], object],
) -> AbstractContextManager[object]:
    """Check the photos of class folders meanwhile, if the run is not refused anyway."""
    if csv is not None or not all(each is None or each.is_file() for each in files):
        write("loading what trains on photos")
        return nullcontext()
    from unfreeze.runs.first_look import first_look

    write("looking at the photos, and loading what trains on them")
    return first_look(data)


def show_run(summary: "RunSummary", run: Path, as_json: bool) -> None:
    """Print what a run brought."""
    if as_json:
        print_json({"run": str(run), **summary.as_json()})
        return
    say("")
    titles = [
        "step (at its last epoch)",
        "head's rate",
        "epochs",
        "valid loss",
        "accuracy" if not _has_f2(summary) else "best F2",
        "seconds",
    ]
    print_table(titles, _rows_of_steps(summary))
    say("", *_closing_lines(summary, run))


def _rows_of_steps(summary: "RunSummary") -> list[tuple[str, ...]]:
    """A row for each step, and one for the weights that are kept.

    Where photos carry several labels, F2 decides, and stands where else accuracy does.
    """
    has_f2 = _has_f2(summary)
    rows: list[tuple[str, ...]] = [
        (
            shorten(f"{number}. {step.name}", _TITLE_WIDTH, placeholder=" ..."),
            f"{step.lr[-1]:.1e}" if step.lr else "",
            str(step.epochs or ""),
            _figure(step.valid_loss),
            _figure(step.f2 if has_f2 else step.accuracy),
            f"{step.seconds:.1f}",
        )
        for number, step in enumerate(summary.steps, start=1)
    ]
    kept = summary.kept
    if kept is not None:
        number, best = kept
        words = f"kept: best epoch of step {number}"
        place = "" if best.best_epoch is None else ordinal(best.best_epoch)
        score = best.best_f2 if has_f2 else best.best_accuracy
        figures = (_figure(best.best_valid_loss), _figure(score))
        rows.append((words, "", place, *figures, ""))
    return rows


def _has_f2(summary: "RunSummary") -> bool:
    """Whether steps are judged by F2, at its best threshold."""
    return any(step.f2 is not None for step in summary.steps)


def _closing_lines(summary: "RunSummary", run: Path) -> list[str]:
    """How good it is, what it took, and how to go on from there."""
    augmented = summary.tta_accuracy
    views = "" if augmented is None else f"; averaged over 5 views {augmented:.4f}"
    skipped = counted(len(summary.skipped), "file")
    given = "" if summary.budget is None else f" of {summary.budget:.0f}"
    sentences = (
        f"accuracy {_figure(summary.accuracy)}{_measure(summary)} on "
        f"{counted(summary.n_valid, 'validation photo')}"
        f"{views}{_beside_accuracy(summary)}{_precision(summary)}"
        f"{_temperature(summary)}{_validation(summary)}\n{skipped} "
        f"skipped; {summary.seconds:.0f} seconds{given}\n"
        f"saved in {run}; look at {run / 'report.html'}\n"
        f"ask it: unfreeze predict {shlex.quote(str(run))} PHOTO"
    )
    return sentences.split("\n")


def _measure(summary: "RunSummary") -> str:
    """Of what the accuracy is, where photos carry several labels."""
    return " of yes-or-no answers" if "exact" in (summary.scores or {}) else ""


def _beside_accuracy(summary: "RunSummary") -> str:
    """Its likely range on all such photos; with several labels, stricter measures."""
    scores = summary.scores or {}
    if "exact" in scores:
        return (
            f"\nall labels right {scores['exact']:.4f}; F2 {scores['f2']:.4f} at a "
            "threshold of 50 %"
        )
    interval = scores.get("accuracy_interval")
    if interval is None:
        return ""
    low, high = interval["low"], interval["high"]
    return f"\nwith 95 % confidence {low:.4f} to {high:.4f} on all such photos"


def _precision(summary: "RunSummary") -> str:
    """Why final figures are not those of the last epochs, where that is so."""
    if summary.hardware.get("precision") != "bf16":
        return ""
    return "\n(in single precision, as predict computes; training did not)"


def _temperature(summary: "RunSummary") -> str:
    """The loss before and after temperature scaling, and what both were chosen on."""
    trust = (summary.scores or {}).get("calibration")
    if trust is None:
        return ""
    return (
        f"\nvalidation loss {trust['log_loss_before']:.4f} with the kept weights, "
        f"{_figure(summary.valid_loss)} at temperature {trust['temperature']:.2f}\n"
        "weights and temperature were chosen on these same photos, which flatters"
    )


def _validation(summary: "RunSummary") -> str:
    """Where the photos came from that all of this was measured with."""
    if not summary.validation:
        return ""
    sentence = f"validation photos: {summary.validation}"
    return "\n" + "\n".join(wrap(sentence, _LINE, break_long_words=False))


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
