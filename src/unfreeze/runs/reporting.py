"""Write the report of a run, at its end and whenever it is asked for again."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal

import numpy as np

from unfreeze.atomic import text_written_whole
from unfreeze.data.arrays import as_labels
from unfreeze.data.paths import is_below
from unfreeze.data.thumbnails import thumbnail_or_none
from unfreeze.errors import UnfreezeError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.insight.feature_space import pooled_rows
from unfreeze.insight.outlook import Outlook, outlook, why_no_outlook
from unfreeze.insight.report.galleries import chosen
from unfreeze.insight.report.kept import outlook_as_json
from unfreeze.insight.report.page import report_page
from unfreeze.insight.report.record import Answer, RunRecord
from unfreeze.runs.explained import heat_pictures, places_of
from unfreeze.runs.recorded import photos_of
from unfreeze.runs.run_files import KEPT
from unfreeze.runs.run_record import read_answers, read_run
from unfreeze.written_json import as_json_text

__all__ = ["REPORT", "keep_for_report", "write_report"]

REPORT = "report.html"

_SPLITS: tuple[Literal["train", "valid"], ...] = ("train", "valid")

_SIDE = 224
"""Shorter side of a thumbnail, in pixels."""


def keep_for_report(learn: ConvLearner, run: Path) -> None:
    """Keep what only the model can tell, so that a report can be written without it.

    Args:
        learn: After its training.
        run: Its run folder, with ``predictions.csv`` in it.
    """
    content: dict[str, Any] = {
        "format": 1,
        "train_root": str(learn.data.train.index.root.resolve()),
        "valid_root": str(learn.data.valid.index.root.resolve()),
    }
    is_multi = learn.data.is_multi
    answers = () if is_multi else read_answers(run, learn.data.classes)
    if len(answers) == len(learn.data.valid.index):
        content["heat"] = heat_pictures(learn, chosen(answers))
        content["map"] = places_of(learn)
        content["outlook"] = _outlook(learn, answers)
    with text_written_whole(run / KEPT) as text:
        text.write(as_json_text(content))


def write_report(run: Path, photos: Path | None = None) -> Path:
    """Write ``report.html`` from what is in a run folder.

    Photos that the report shows are read from where they were; those that are gone
    are said to be.

    Args:
        run: Its folder.
        photos: What it was trained on, as it was named, for the command that the page
            shows; kept for the next time.

    Raises:
        DataError: If there is no run in the folder.
    """
    record = read_run(run)
    if photos is not None:
        record = replace(record, kept={**record.kept, "photos": str(photos)})
        with text_written_whole(run / KEPT) as text:
            text.write(as_json_text(record.kept))
    page = report_page(record, _thumbnails(record, photos_of(run)))
    with text_written_whole(run / REPORT) as text:
        text.write(page)
    return run / REPORT


def _thumbnails(record: RunRecord, root: Path | None) -> dict[str, str]:
    if root is None:
        return {}
    # A run folder can come from anywhere: it names files below the photos or none.
    files = [
        each.file
        for each in chosen(record.answers, record.separator)
        if is_below(each.file)
    ]
    made = {file: thumbnail_or_none(root / file, _SIDE) for file in files}
    return {file: uri for file, uri in made.items() if uri is not None}


def _outlook(learn: ConvLearner, answers: Sequence[Answer]) -> dict[str, Any] | None:
    """A forecast from the activations that training began with, where stored."""
    data = learn.data
    labels = (as_labels(data.trn_y), as_labels(data.val_y))
    predicted = np.array([data.classes.index(each.predicted) for each in answers])
    # Asked before anything is read: of a million photos, activations fill the memory.
    width = 2 * learn.model.backbone.num_features
    counts = np.bincount(labels[0], minlength=len(data.classes))
    reason = why_no_outlook(counts, width, len(labels[1]))
    if reason:
        error = float((predicted != labels[1]).mean())
        return outlook_as_json(Outlook(error, None, (), reason))
    known = learn if learn.model.is_backbone_frozen else _before_training(learn)
    if known is None or any(known.num_missing_activations()):
        return None
    train, valid = (pooled_rows(known.stored_activations(split)) for split in _SPLITS)
    found = outlook((train, valid), labels, predicted, data.classes, learn.seed)
    return outlook_as_json(found)


def _before_training(learn: ConvLearner) -> ConvLearner | None:
    """The backbone as it was, whose activations are stored; None where it is lost."""
    settings = learn.settings
    try:
        return ConvLearner.pretrained(
            settings["arch"],
            learn.data,
            weights=settings.get("weights"),
            seed=learn.seed,
            runtime=learn.runtime,
        )
    except UnfreezeError:
        return None
