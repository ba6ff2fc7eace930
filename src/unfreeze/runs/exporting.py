"""A trained model as one file for other programs, proven equal or not left at all."""

import hashlib
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

import numpy as np
import torch
from jaxtyping import Float32
from onnx import ModelProto

from unfreeze.atomic import written_whole
from unfreeze.augment.normalise import normalise
from unfreeze.bundle import BundleHeader, answering_at, write_bundle
from unfreeze.data.decode import preprocess
from unfreeze.errors import ImageError, PlanError
from unfreeze.export.fewer_bits import in_half_precision, in_whole_numbers
from unfreeze.export.gate import Candidate, Reference, compared
from unfreeze.export.golden import golden_beside, golden_images
from unfreeze.export.graph import whole_graph
from unfreeze.export.network import network_of
from unfreeze.export.parity import Limits, Parity, require_parity
from unfreeze.export.program import LoadedProgram, program_of
from unfreeze.export.session import GraphSession
from unfreeze.export.speed import Speed, speeds_of
from unfreeze.export.tracing import traced
from unfreeze.model_file.header import ModelHeader
from unfreeze.runs.export_photos import ProofPhotos
from unfreeze.runs.predictor import rules_of
from unfreeze.runs.run_notes import unfinished_note
from unfreeze.training.callbacks.bar import Bar
from unfreeze.training.checkpoint import load_model
from unfreeze.versions import versions

__all__ = ["Exported", "Precision", "export_model", "require_target", "source_of"]

Precision: TypeAlias = Literal["fp32", "fp16", "int8"]
"""Of the arithmetic of an exported model."""

_SUFFIXES = (".onnx", ".pt2")

_LIMITS: dict[Precision, Limits] = {
    "fp32": Limits(difference=0.005),
    "fp16": Limits(
        difference=0.1,
        heat_difference=0.2,
        lost=0.005,
        advice="leave --fp16 out, to export in fp32",
    ),
    # Answers that were nearly certain may turn round, as long as few are lost.
    "int8": Limits(
        difference=math.inf,
        heat_difference=math.inf,
        lost=0.005,
        advice="pass --fp16 instead of --int8, or neither of them",
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written, and how it compares with the trained model."""

    file: Path
    golden: Path | None
    """Example answers beside it; only ONNX files have them."""

    precision: Precision
    megabytes: float
    parity: Parity
    speed: Speed | None
    """Beside the same graph in single precision; None where it is that."""

    def as_json(self) -> dict[str, Any]:
        """What ``--json`` prints."""
        content = asdict(self)
        for name in ("file", "golden"):
            content[name] = None if content[name] is None else str(content[name])
        return content


def require_target(target: Path, precision: str, *, is_batched: bool) -> None:
    """Refuse what cannot be exported, before work is put into it.

    Raises:
        PlanError: If the suffix says no known format, or the format lacks the rest.
    """
    if target.suffix not in _SUFFIXES:
        raise PlanError(
            f"The suffix of {target.name} says no format that can be exported. Pass a "
            "name that ends in .onnx, or in .pt2 for torch's own format."
        )
    if precision not in get_args(Precision):
        raise PlanError(
            f"The precision is fp32, fp16 or int8, got {precision!r}. Choose one."
        )
    if target.suffix == ".pt2" and (precision != "fp32" or is_batched):
        raise PlanError(
            "A .pt2 file takes one image in fp32. Leave --int8, --fp16 and --batch "
            "out, or export to .onnx."
        )


def export_model(
    file: Path,
    target: Path,
    proof: ProofPhotos,
    *,
    precision: Precision = "fp32",
    is_batched: bool = False,
) -> Exported:
    """Export a model and compare it with the trained one, from photos to answers.

    Args:
        file: The trained model.
        target: The new file: ``.onnx``, or ``.pt2``.
        proof: Photos to compare with.
        precision: Of the arithmetic.
        is_batched: Whether an ONNX file takes several images of one size, and not one.

    Raises:
        PlanError: If the export cannot be made or answers differently; no file is left
            then, and one that was there stays.
        WeightsError: If the model's file is damaged.
    """
    require_target(target, precision, is_batched=is_batched)
    is_unfinished = unfinished_note(file) is not None  # it may end while we export
    model, header = load_model(file)
    reference = Reference(
        model, header.image, header.temperature, rules_of(header, tta=False)
    )
    source = source_of(file)
    examples = _examples(proof, header) if precision == "int8" else []

    def prove(candidate: Candidate, precision: Precision) -> Parity:
        limits = _LIMITS[precision]
        with Bar(f"comparing {precision} with the trained model") as bar:
            parity = compared(
                reference, candidate, proof.photos, proof.labels, limits, bar.show
            )
        require_parity(parity, limits)
        return parity

    trace = traced(model, header.image.size)
    if target.suffix == ".pt2":
        content = program_of(trace, header.image, header.temperature, header.task)
        parity = prove(LoadedProgram(content), precision)
        with written_whole(target) as stream:
            stream.write(content)
        return _exported(target, None, precision, parity, None)
    network = network_of(trace)
    graph = _graph_of(network, header, is_batched)
    session = GraphSession(graph, is_batched=is_batched)
    # With fewer bits, too: what surrounds the network is proven by it alone.
    parity = prove(session, "fp32")
    speed = None
    if precision != "fp32":
        plain = session
        graph = _graph_of(_in(precision, network, examples), header, is_batched)
        session = GraphSession(graph, is_batched=is_batched)
        parity = prove(session, precision)
        speed = speeds_of(session, plain, header.image.size)
    description = BundleHeader(
        arch=header.arch,
        answering=answering_at(precision, reference.answering),
        image=header.image,
        temperature=header.temperature,
        precision=precision,
        is_batched=is_batched,
        has_heat=trace.has_heat,
        source=source,
        parity=_that_may_travel(parity),
        versions=versions(),
        is_unfinished=is_unfinished,
    )
    made_up = golden_images(header.image.size)
    probs = np.stack([session.probabilities(each) for each in made_up])
    with golden_beside(target, made_up, probs) as golden:
        write_bundle(target, graph, description)
    return _exported(target, golden, precision, parity, speed)


def source_of(file: Path) -> str:
    """Name the content of a model file: 64 hexadecimal digits."""
    with file.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _that_may_travel(parity: Parity) -> dict[str, Any]:
    """All but the name of a photo."""
    found = asdict(parity)
    del found["worst"]
    return found


def _graph_of(network: ModelProto, header: ModelHeader, is_batched: bool) -> bytes:
    return whole_graph(
        network,
        header.image,
        header.temperature,
        header.task,
        is_batched=is_batched,
    )


def _examples(
    proof: ProofPhotos, header: ModelHeader
) -> list[Float32[np.ndarray, "1 3 S S"]]:
    """Images that show the range of the network's numbers."""
    examples = [each for photo in proof.examples for each in _normalised(photo, header)]
    if examples:
        return examples
    raise PlanError(
        "Eight-bit integers are calibrated on photos that are not among those "
        f"compared, and of {len(proof.examples)} such photos none can be read. Pass "
        "--data with a folder of 5 photos or more, or leave --int8 out."
    )


def _in(
    precision: Precision,
    network: ModelProto,
    examples: list[Float32[np.ndarray, "1 3 S S"]],
) -> ModelProto:
    if precision == "fp32":
        return network
    if precision == "fp16":
        return in_half_precision(network)
    return in_whole_numbers(network, examples)


def _normalised(
    photo: Path, header: ModelHeader
) -> list[Float32[np.ndarray, "1 3 S S"]]:
    """One photo as the network reads it; none where it cannot be read."""
    try:
        square = preprocess(photo, header.image)
    except ImageError:
        return []
    images = normalise(torch.from_numpy(square)[None], header.image)
    return [images.contiguous().numpy()]


def _exported(
    target: Path,
    golden: Path | None,
    precision: Precision,
    parity: Parity,
    speed: Speed | None,
) -> Exported:
    return Exported(
        file=target,
        golden=golden,
        precision=precision,
        megabytes=target.stat().st_size / 1e6,
        parity=parity,
        speed=speed,
    )
