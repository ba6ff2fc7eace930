"""``unfreeze report``: the report of a run, written again."""

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json

__all__ = ["report"]


def report(
    run: Annotated[Path, typer.Argument(metavar="RUN", help="A run folder.")],
    as_json: options.AsJson = False,
) -> None:
    """Write RUN/report.html again.

    One page without a network: the verdict, the photos, the steps, the mistakes, and
    what to do next. Photos are shown if they are still where they were.
    """
    with loading():
        from unfreeze.runs.reporting import write_report

    page = write_report(run)
    if as_json:
        print_json({"report": str(page), "bytes": page.stat().st_size})
        return
    typer.echo(f"open it in a browser: {page}")
