"""``unfreeze serve``: a web page and answers over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import say_if_unfinished
from unfreeze.cli.render import say

__all__ = ["serve"]


def serve(
    model: Annotated[
        Path,
        typer.Argument(
            metavar="MODEL", help="A run folder, its model.safetensors, or a FILE.onnx."
        ),
    ],
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for every one.")
    ] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(min=0, max=65535, help="0 takes a free one.")
    ] = 8000,
    token: Annotated[
        str | None,
        typer.Option(
            envvar="UNFREEZE_TOKEN", help="What clients must show before they may ask."
        ),
    ] = None,
    threshold: options.Threshold = None,
    min_precision: options.MinPrecision = None,
    collect: Annotated[
        Path | None,
        typer.Option(help="Save photos that people label here, to train on them."),
    ] = None,
    collect_limit: Annotated[
        int, typer.Option(min=1, help="Megabytes of saved photos.")
    ] = 1000,
    threads: Annotated[
        int | None,
        typer.Option(min=1, help="Cores to use.", show_default="all that it may use"),
    ] = None,
    max_files: Annotated[int, typer.Option(min=1, help="Photos in one request.")] = 32,
    max_megabytes: Annotated[int, typer.Option(min=1, help="Of one photo.")] = 20,
    max_megapixels: Annotated[int, typer.Option(min=1, help="Of one photo.")] = 67,
    max_queue: Annotated[
        int, typer.Option(min=1, help="Photos that may wait; beyond, clients get 429.")
    ] = 256,
) -> None:
    """Answer over HTTP, with a web page to drop photos on."""
    from unfreeze.extras import need

    need("fastapi", extra="serve")
    from unfreeze.bundle import is_export
    from unfreeze.serve.predictor import Predictor
    from unfreeze.serve.running import serve as run_server
    from unfreeze.serve.settings import Limits, ServerSettings

    limits = Limits.with_room_for(
        max_megabytes,
        files=max_files,
        pixels=max_megapixels * 1_000_000,
        waiting=max_queue,
    )

    def load() -> Predictor:
        if not is_export(model):
            say_if_unfinished(model)
        return Predictor.load(
            _exported(model),
            threads=threads,
            threshold=threshold,
            min_precision=min_precision,
        )

    settings = ServerSettings(
        limits=limits,
        token=token,
        note=_note_on(model),
        collect=collect,
        collect_bytes=collect_limit * 1_000_000,
    )
    run_server(load, host=host, port=port, settings=settings, say=_say)


def _note_on(model: Path) -> str | None:
    """What visitors of the page should know; paths of this machine are not theirs."""
    from unfreeze.bundle import is_export
    from unfreeze.runs.run_notes import unfinished_note

    if is_export(model) or unfinished_note(model) is None:
        return None
    return (
        "The run of this model was not finished when this server was started: it "
        "answers with the weights of the best epoch until then."
    )


def _exported(model: Path) -> Path:
    """The exported file itself, or that of a run folder, exported first if need be."""
    from unfreeze.bundle import is_export

    if is_export(model):
        return model
    from unfreeze.extras import need

    need("torch", extra="export")  # absent where only exported files are served
    need("onnx", extra="export")
    from unfreeze.runs.served import bundle_for_run

    return bundle_for_run(model, _say)


def _say(line: str) -> None:
    say(line, err=line.startswith("warning:"))
