"""What to say about photos that were read, before training begins."""

from collections.abc import Iterator
from pathlib import Path

from unfreeze.data.split_folders import split_folders
from unfreeze.data.wording import listed
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.split_notes import split_notes
from unfreeze.runs.table_notes import numbers_note, table_note
from unfreeze.runs.table_photos import ReadTable
from unfreeze.words import said_of_folders_left_alone

__all__ = ["reading_notes"]


def reading_notes(
    folder: Path,
    settings: RunSettings,
    data: ImageClassifierData,
    read: ReadTable | None = None,
) -> Iterator[str]:
    """Say what was left alone, how labels were read, and what was kept together.

    Args:
        folder: Of the photos.
        settings: With which they were read.
        data: What was found.
        read: The table that names the photos, if one does.
    """
    if settings.csv is None and (others := split_folders(folder).left_alone):
        yield said_of_folders_left_alone(others)
    if read is not None:
        yield table_note(read)
        if doubt := numbers_note(read.found):
            yield doubt
    if data.is_multi:
        said = (
            f"several labels per photo, {len(data.classes)} in all: "
            f"{listed(data.classes)}."
        )
        if read is not None and not read.found.columns.is_one_each:
            said += (
                f" Cells are split at {settings.label_separator!r}; --label-separator "
                "'' takes each for one label."
            )
        yield said
    yield from split_notes(data)
