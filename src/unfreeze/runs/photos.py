"""The photos of a run: from a table, from a split that is there, or split here."""

import sys
from pathlib import Path

from unfreeze.data.split_folders import split_folders
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.opening import TransformPair
from unfreeze.front.presets import tfms_for
from unfreeze.runs.fixing import fixed_photos
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.table_photos import ReadTable
from unfreeze.words import printable

__all__ = ["name_skipped", "read_photos"]

_SKIPPED_SHOWN = 20
"""Skipped files that are named on the screen; all of them stand in summary.json."""


def read_photos(
    folder: Path, settings: RunSettings, read: ReadTable | None = None
) -> ImageClassifierData:
    """Take what a table names; or the folders of two splits; or class folders alone.

    Args:
        folder: Of the photos.
        settings: Of the run.
        read: The table that they name; read here unless given.

    Raises:
        DataError: If the photos cannot be used; the message says what to change.
    """
    data = _photos(folder, settings, read or settings.read_table(folder))
    if settings.fixes is None:
        return data
    return fixed_photos(
        data,
        folder,
        Path(settings.fixes),
        arch=settings.arch,
        weights=settings.weights,
    )


def _photos(
    folder: Path, settings: RunSettings, read: ReadTable | None
) -> ImageClassifierData:
    tfms = tfms_for(settings.arch, settings.size, settings.augment, settings.max_zoom)
    if read is not None:
        return _in_table(folder, read, settings, tfms)
    splits = split_folders(folder)
    if "valid" in splits.roots:
        return ImageClassifierData.from_paths(
            folder,
            settings.batch_size,
            tfms,
            trn_name=splits.roots["train"].name,
            val_name=splits.roots["valid"].name,
            num_workers=settings.num_workers,
            group_by=settings.group_by,
        )
    return ImageClassifierData.from_folder(
        splits.home,
        settings.batch_size,
        tfms,
        valid_fraction=settings.valid_fraction,
        seed=settings.seed,
        num_workers=settings.num_workers,
        group_by=settings.group_by,
    )


def _in_table(
    root: Path, read: ReadTable, settings: RunSettings, tfms: TransformPair
) -> ImageClassifierData:
    table = read.table
    return ImageClassifierData.from_csv(
        root,
        table.names.folder,
        read.found,
        settings.batch_size,
        tfms,
        suffix=table.names.suffix,
        num_workers=settings.num_workers,
        cat_separator=table.label_separator or None,
        group_by=table.group_by,
        valid_fraction=settings.valid_fraction,
        seed=settings.seed,
    )


def name_skipped(data: ImageClassifierData) -> None:
    """Say on standard error which photos were left out, the first ones, and why."""
    lines = [
        f"skipped {each.file}: {each.reason}" for each in data.skipped[:_SKIPPED_SHOWN]
    ]
    rest = len(data.skipped) - _SKIPPED_SHOWN
    if rest > 0:
        lines.append(f"skipped {rest} more; summary.json names all of them")
    for line in lines:
        print(printable(line), file=sys.stderr, flush=True)
