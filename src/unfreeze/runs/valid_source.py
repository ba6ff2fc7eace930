"""Where the photos that a run is measured with came from."""

from unfreeze.front.image_data import ImageClassifierData
from unfreeze.insight.wording import percent
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.table_photos import ReadTable

__all__ = ["validation_source"]


def validation_source(
    settings: RunSettings, data: ImageClassifierData, read: ReadTable | None
) -> str:
    """Say who chose the validation photos, as it stands behind a colon.

    Args:
        settings: With which they were read.
        data: What was read.
        read: The table that names them, if one does.
    """
    if data.held_out is None:
        return f"those of the folder {data.valid.index.root.name}/"
    groups = ""
    if data.grouping is not None and data.grouping.by is not None:
        groups = f" in whole groups by {data.grouping.by!r},"
    said = (
        f"chosen here at random,{groups} {percent(data.held_out.asked)} of each class "
        f"(seed {settings.seed})"
    )
    return f"{said}{_not_followed(settings, read)}"


def _not_followed(settings: RunSettings, read: ReadTable | None) -> str:
    """Name the column of a table that says how to split, and was not asked."""
    if read is None:
        return ""
    found = read.found
    splits = [name for name in found.columns.splits if name != settings.group_by]
    if not splits:
        return ""
    return f", not by the column {splits[0]!r} of {found.path.name}"
