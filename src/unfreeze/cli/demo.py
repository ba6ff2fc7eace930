"""``unfreeze demo``: the eight steps on handwritten digits, without a network."""

import time
from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import saying_how_to_go_on
from unfreeze.cli.loading import loading
from unfreeze.cli.render import talker
from unfreeze.cli.train import show_run

__all__ = ["demo"]


def demo(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Run folder; runs/demo unless given, with a number if that is there."
        ),
    ] = None,
    seed: options.Seed = 0,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Try it on the 1,797 handwritten digits of scikit-learn.

    Takes all eight steps with the backbone that comes with the package, so no network
    is needed. The digits are written as image files to the cache folder, once.
    """
    began = time.perf_counter()
    from unfreeze.runs.run_folder import planned_run_folder
    from unfreeze.runs.run_notes import place_notes

    with loading():
        from unfreeze.runs.demo import demo_folder, demo_photos, demo_settings
        from unfreeze.runs.training_run import train_folder

    run = planned_run_folder(out, demo_folder(), name="demo")
    photos = demo_photos()
    notes = place_notes(run, Path("demo")) if out is None else []
    write = talker(as_json, before=notes)
    settings = demo_settings(seed, num_workers)
    with saying_how_to_go_on(run):
        summary = train_folder(photos, run, settings, write=write, began=began)
    show_run(summary, run, as_json)
