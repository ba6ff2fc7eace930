"""The whole model as a program of torch itself: a ``.pt2`` file."""

import io
from typing import cast, final

import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor, nn
from torch.export import ExportedProgram
from torch.fx import GraphModule
from torch.nn import functional
from typing_extensions import override

from unfreeze.augment.normalise import normalise
from unfreeze.errors import PlanError
from unfreeze.export.marks import PROGRAM_MARK, PROGRAM_WORDS
from unfreeze.export.tracing import Traced, exporter_at_rest
from unfreeze.records import ImageSpec, Task
from unfreeze.versions import version_of

__all__ = ["LoadedProgram", "program_of"]

_FILTERS = ("bilinear", "bicubic")
_LONGEST = 200_000
"""Side of an image, in pixels; more than the decoder takes."""


def program_of(model: Traced, spec: ImageSpec, temperature: float, task: Task) -> bytes:
    """Make a program that takes the pixels of one image, uint8 ``H W 3``.

    It returns probabilities ``K``, and behind them a heat map ``h w`` where there is
    one, as the ONNX graph does.

    Raises:
        PlanError: If torch lacks the filter that resizes the model's photos.
    """
    if spec.interpolation not in _FILTERS:
        raise PlanError(
            f"Photos of this model are resized with the filter {spec.interpolation!r}, "
            "which torch lacks. Train with bilinear or bicubic to export."
        )
    whole = _Whole(model, spec, temperature, task)
    example = torch.zeros(spec.size + 32, spec.size + 64, 3, dtype=torch.uint8)
    sides = {
        axis: torch.export.Dim(name, min=2, max=_LONGEST)
        for axis, name in enumerate(("height", "width"))
    }
    content = io.BytesIO()
    with exporter_at_rest(), torch.no_grad():
        said = PROGRAM_WORDS + version_of("unfreeze")
        program = torch.export.export(whole, (example,), dynamic_shapes=(sides,))
        _forget_where_it_was_made(program.graph_module)
        torch.export.save(program, content, extra_files={PROGRAM_MARK: said})
    return content.getvalue()


def _forget_where_it_was_made(graph: GraphModule) -> None:
    """Take the lines of source off operations: they name folders of this machine."""
    for module in graph.modules():
        if isinstance(module, GraphModule):
            for node in module.graph.nodes:
                node.meta.pop("stack_trace", None)


@final
class _Whole(nn.Module):
    """From the pixels of an image to its probabilities."""

    def __init__(
        self, model: Traced, spec: ImageSpec, temperature: float, task: Task
    ) -> None:
        super().__init__()
        self.operations = model.operations
        self._spec = spec
        self._temperature = temperature
        self._is_single = task is Task.SINGLE

    @override
    def forward(self, pixels: Tensor) -> tuple[Tensor, ...]:
        square = self._square(pixels.permute(2, 0, 1)[None].float())
        images = normalise(square.permute(0, 2, 3, 1), self._spec)
        logits, *heat = self.operations(images)
        scaled = logits / self._temperature
        probs = scaled.softmax(-1) if self._is_single else scaled.sigmoid()
        return (probs[0], *(each[0] for each in heat))

    def _square(self, planes: Tensor) -> Tensor:
        size = self._spec.size
        height, width = planes.shape[2:]
        if self._spec.squash:
            return self._resized(planes, (size, size))
        shorter = cast("int", torch.sym_min(height, width))  # or a symbol for it
        wanted = (size * height // shorter, size * width // shorter)
        rows, columns = (
            # A slice would bind the program to sides that differ from the square's.
            torch.arange(size) + _half_to_even(side - size)
            for side in wanted
        )
        return self._resized(planes, wanted)[:, :, rows][:, :, :, columns]

    def _resized(self, planes: Tensor, size: tuple[int, int]) -> Tensor:
        """Resize along rows, then along columns, each to whole numbers, as pillow."""
        mode = self._spec.interpolation
        for sides in ((planes.shape[2], size[1]), size):
            planes = functional.interpolate(planes, sides, mode=mode, antialias=True)
            planes = (planes + 0.5).floor().clamp(0, 255)
        return planes


def _half_to_even(number: int) -> int:
    """Half of a number, rounded as Python does, for numbers that are only symbols."""
    half = number // 2
    return half + (number % 2) * (half % 2)


@final
class LoadedProgram:
    """A program that was written, read again."""

    def __init__(self, content: bytes) -> None:
        with exporter_at_rest():
            program: ExportedProgram = torch.export.load(io.BytesIO(content))
        self._module = program.module()

    def probabilities(
        self, pixels: UInt8[np.ndarray, "H W 3"]
    ) -> Float32[np.ndarray, " K"]:
        """Answer one image of any size."""
        return self._outputs(pixels)[0]

    def heat(
        self, pixels: UInt8[np.ndarray, "H W 3"]
    ) -> Float32[np.ndarray, "h w"] | None:
        """Explain the answer to one image; None if the program cannot."""
        _, *heat = self._outputs(pixels)
        return heat[0] if heat else None

    def _outputs(self, pixels: UInt8[np.ndarray, "H W 3"]) -> list[np.ndarray]:
        with torch.no_grad():
            return [each.numpy() for each in self._module(torch.from_numpy(pixels))]
