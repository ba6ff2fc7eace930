"""``unfreeze export``: one file for other programs, proven equal."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.interrupts import say_if_unfinished
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, print_table, say
from unfreeze.errors import PlanError

if TYPE_CHECKING:
    from unfreeze.export.parity import Parity
    from unfreeze.runs.exporting import Exported

__all__ = ["export"]


def export(
    run: options.Run,
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE",
            help="The new file: FILE.onnx, or FILE.pt2 for torch's own format.",
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(
            help="Photos to prove it with. Without them, the validation photos of "
            "the run."
        ),
    ] = None,
    int8: Annotated[
        bool,
        typer.Option(
            "--int8", help="Compute in 8-bit integers: smaller, and sooner on CPUs."
        ),
    ] = False,
    fp16: Annotated[
        bool, typer.Option("--fp16", help="Compute in 16-bit floats: half the size.")
    ] = False,
    batch: Annotated[
        bool,
        typer.Option(
            "--batch", help="Take several images of one size at once: N H W 3."
        ),
    ] = False,
    as_json: options.AsJson = False,
) -> None:
    """Write a trained model to one file that gives the same answers elsewhere.

    The file takes the pixels of a photo, resizes them itself, and hands out
    probabilities and a heat map. It is compared with the trained model on real photos,
    and is not left if it answers differently.
    """
    from unfreeze.extras import need
    from unfreeze.runs.model_files import trained_model_file
    from unfreeze.runs.output_places import export_place

    if int8 and fp16:
        raise PlanError("--int8 and --fp16 exclude each other: pass one.")
    model = trained_model_file(run)
    for module in ("onnx", "onnxscript", "onnxruntime"):
        need(module, extra="export")
    file = export_place(file)
    with loading():
        from unfreeze.model_file.reading import read_header
        from unfreeze.runs.export_photos import photos_below, photos_of_run
        from unfreeze.runs.exporting import Precision, export_model, require_target
        from unfreeze.runs.predictor import rules_of

    precision: Precision = "int8" if int8 else "fp16" if fp16 else "fp32"
    require_target(file, precision, is_batched=batch)
    rules = rules_of(read_header(model), tta=False)
    is_calibrated = precision == "int8"
    proof = (
        photos_of_run(run, rules, sets_aside=is_calibrated)
        if data is None
        else photos_below(data, rules, sets_aside=is_calibrated)
    )
    done = export_model(model, file, proof, precision=precision, is_batched=batch)
    say_if_unfinished(run)
    if as_json:
        print_json(done.as_json())
    else:
        _print(done)


def _print(done: "Exported") -> None:
    parity = done.parity
    rows = [
        ("photos compared", f"{parity.photos}"),
        ("same answer", f"{parity.agreement:.2%}"),
        ("largest difference of a probability", f"{parity.largest_difference:.6f}"),
        (
            "the same, resized by the file itself",
            f"{parity.largest_difference_unresized:.6f}",
        ),
    ]
    rows += _shares_right(parity)
    if done.speed is not None:
        rows.append(("times as fast as in fp32, here", f"{done.speed.times_fp32:.2f}"))
    if parity.unreadable:
        rows.append(("unreadable photos, left out", f"{parity.unreadable}"))
    print_table(["proof", ""], rows)
    beside = "" if done.golden is None else f", example answers in {done.golden}"
    size = f"{done.precision}, {done.megabytes:.1f} MB"
    say("", f"written to {done.file} ({size}){beside}")


def _shares_right(parity: "Parity") -> list[tuple[str, str]]:
    """The accuracy of both, by the name and the measure of all other commands."""
    if parity.accuracy is None or parity.trained_accuracy is None:
        return [("accuracy", "unknown: nothing says what is on the photos")]
    measure = "accuracy"
    rows = []
    if parity.exact is not None and parity.trained_exact is not None:
        measure = "accuracy of yes-or-no answers"
        rows = [
            ("all labels right, by the file", f"{parity.exact:.4f}"),
            ("all labels right, by the trained model", f"{parity.trained_exact:.4f}"),
        ]
    return [
        (f"{measure}, of the file", f"{parity.accuracy:.4f}"),
        (f"{measure}, of the trained model", f"{parity.trained_accuracy:.4f}"),
        *rows,
    ]
