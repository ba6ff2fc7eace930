"""``unfreeze resume``: go on with a run that was stopped or killed."""

import time
from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import saying_how_to_go_on
from unfreeze.cli.loading import loading
from unfreeze.cli.render import talker
from unfreeze.cli.train import show_run

__all__ = ["resume"]


def resume(
    run: Annotated[
        Path,
        typer.Argument(
            metavar="RUN",
            help="The folder of an unfinished run, or its model in there.",
        ),
    ],
    data: Annotated[
        Path | None, typer.Option(help="Where the photos are now, if elsewhere.")
    ] = None,
    weights: Annotated[
        Path | None, typer.Option(help="Where the weights file is now, if elsewhere.")
    ] = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Go on with other versions of the libraries."),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Go on with a run that was stopped, killed or cut off.

    With the settings that it began with; it ends with the weights that it would have
    had without the break. Photos must be as they were.
    """
    began = time.perf_counter()
    from unfreeze.runs.run_folder import run_folder

    run = run_folder(run)
    with loading():
        from unfreeze.runs.resuming import resume_run

    with saying_how_to_go_on(run):
        summary = resume_run(
            run,
            data=data,
            weights=weights,
            is_anyway=anyway,
            write=talker(as_json),
            began=began,
        )
    show_run(summary, run, as_json)
