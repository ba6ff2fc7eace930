"""``unfreeze lr-find``: the rate finder alone."""

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, say, talker

__all__ = ["lr_find"]


def lr_find(  # one parameter per option
    data: options.Folder,
    arch: options.Arch = "resnet34",
    weights: options.Weights = None,
    size: options.Size = 224,
    batch_size: options.BatchSize = 64,
    augment: options.Augment = "side-on",
    max_zoom: options.MaxZoom = 1.1,
    balance: options.Balance = "none",
    seed: options.Seed = 0,
    num_workers: options.NumWorkers = None,
    unfrozen: Annotated[
        bool, typer.Option("--unfrozen", help="Let the whole network learn.")
    ] = False,
    plot: Annotated[Path, typer.Option(help="Where the picture goes.")] = Path(
        "lr_find.png"
    ),
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
    """Try learning rates batch by batch, and suggest one.

    Leaves a picture of the curve, and no model.
    """
    with loading():
        from unfreeze.data.table_columns import as_titles
        from unfreeze.runs.rate_search import search_rate
        from unfreeze.runs.settings import RunSettings

    settings = RunSettings(
        arch=arch,
        weights=None if weights is None else str(weights),
        size=size,
        batch_size=batch_size,
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
    found = search_rate(data, settings, plot, unfrozen=unfrozen, write=talker(as_json))
    if as_json:
        print_json(
            {
                "rate": found.rate,
                "low": found.low,
                "high": found.high,
                "verdict": found.verdict,
                "reason": found.reason,
                "plot": str(plot),
            }
        )
        return
    rate = "none" if found.rate is None else f"{found.rate:.1e}"
    say(f"suggested rate: {rate} ({found.verdict})", found.reason, str(plot))
