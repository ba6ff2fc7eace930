"""Options that several commands share."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from unfreeze.numerics.durations import seconds_of
from unfreeze.photo_names import PHOTO_ENDINGS

__all__ = [
    "Arch",
    "AsJson",
    "Augment",
    "Balance",
    "BatchSize",
    "Budget",
    "Csv",
    "CsvFolder",
    "CsvSuffix",
    "FileColumn",
    "Fixes",
    "Folder",
    "GroupBy",
    "LabelColumn",
    "LabelSeparator",
    "MaxZoom",
    "MinPrecision",
    "NoHeader",
    "NumWorkers",
    "Recipe",
    "Run",
    "Seed",
    "Size",
    "Threshold",
    "Tta",
    "ValidFraction",
    "Weights",
    "with_dot",
]

Csv = Annotated[
    str | None,
    typer.Option(
        metavar="FILE",
        help="A table in DATA, or at that path, with a photo and its label or labels "
        "in each row.",
    ),
]
CsvFolder = Annotated[
    str,
    typer.Option(
        "--folder", help="Folder below DATA in which the photos of the table lie."
    ),
]


def with_dot(suffix: str | None) -> str | None:
    """Read ``jpg`` as ``.jpg``: no name ends in one without the other."""
    is_bare = suffix is not None and suffix.lower() in PHOTO_ENDINGS
    return f".{suffix}" if is_bare else suffix


CsvSuffix = Annotated[
    str,
    typer.Option(
        "--suffix",
        callback=with_dot,
        help="Added to names in a list or table, such as .jpg.",
    ),
]
FileColumn = Annotated[
    str | None,
    typer.Option(
        metavar="TITLE",
        show_default="file, path, image or the like",
        help="Column of the table that names photos.",
    ),
]
LabelColumn = Annotated[
    list[str] | None,
    typer.Option(
        metavar="TITLE",
        show_default="label, class or the like",
        help="Column of the table with labels; again for each, where they hold 0 and "
        "1 for a class each.",
    ),
]
NoHeader = Annotated[
    bool,
    typer.Option(
        "--no-header",
        help="The table has no titles, whatever its first row looks like.",
    ),
]
LabelSeparator = Annotated[
    str | None,
    typer.Option(
        show_default="what the table shows",
        help="Between labels of a photo in the table; '' where each cell is one label.",
    ),
]
Folder = Annotated[
    Path,
    typer.Argument(
        metavar="DATA", help="Photos: train/ and valid/, or a folder per class."
    ),
]
Run = Annotated[
    Path,
    typer.Argument(metavar="RUN", help="A run folder, or its model.safetensors."),
]
Arch = Annotated[
    str, typer.Option(help="Any timm architecture, or unfreeze_nano (no network).")
]
Weights = Annotated[
    Path | None,
    typer.Option(help="Local weights, .safetensors or .pth; never uses the network."),
]
Size = Annotated[
    int, typer.Option(min=8, max=4096, help="Side of the image, in pixels.")
]
BatchSize = Annotated[int, typer.Option(min=2, help="Photos in a batch.")]
Budget = Annotated[
    float | None,
    typer.Option(
        parser=seconds_of,
        metavar="<time>",
        help="Time for everything, such as 45s, 10m or 1h30m; chooses the epochs.",
    ),
]
Augment = Annotated[
    Literal["side-on", "top-down", "basic", "none"],
    typer.Option(help="How training photos are varied: by how they were taken."),
]
Recipe = Annotated[
    Literal["eight-steps", "head", "quick"],
    typer.Option(help="All eight steps, 1 to 4 (head), or 1 to 3 (quick)."),
]
Balance = Annotated[
    Literal["none", "weights", "sampling"],
    typer.Option(
        help="Make rare classes count more: in the loss, or shown more often."
    ),
]
MaxZoom = Annotated[float, typer.Option(min=1, help="Largest random zoom.")]
Seed = Annotated[int, typer.Option(min=0, help="Same seed, same weights.")]
NumWorkers = Annotated[
    int | None,
    typer.Option(min=0, help="Loading threads. Changes the speed, never the result."),
]
ValidFraction = Annotated[
    float, typer.Option(help="Share held out, where there is no valid/.")
]
GroupBy = Annotated[
    str | None,
    typer.Option(
        metavar="PATTERN",
        help=r"Keeps photos of one patient or video on one side: 'person(\d+)', or the "
        "title of a column with --csv.",
    ),
]
Fixes = Annotated[
    Path | None,
    typer.Option(help="CSV of photos to drop or relabel, from unfreeze check --page."),
]
Tta = Annotated[
    bool, typer.Option("--tta", help="Average over the photo and 4 augmented views.")
]
Threshold = Annotated[
    float | None,
    typer.Option(
        min=0,
        max=1,
        help="Say 'not sure' below this probability; name labels above it.",
    ),
]
MinPrecision = Annotated[
    float | None,
    typer.Option(
        min=0, max=1, help="Say 'not sure' unless answers are right this often."
    ),
]
AsJson = Annotated[
    bool, typer.Option("--json", help="Print one JSON object and nothing else.")
]
