"""A traced model as an ONNX graph, from normalised squares to logits."""

import torch
from onnx import ModelProto

from unfreeze.errors import PlanError
from unfreeze.export.tracing import (
    REFUSALS,
    Traced,
    exporter_at_rest,
    was_interrupted,
)

__all__ = ["HEAT_MAPS", "IMAGES", "LOGITS", "OPSET", "network_of"]

IMAGES, LOGITS, HEAT_MAPS = "network/images", "network/logits", "network/heat"

OPSET = 20
"""Of all graphs that are made here."""

_MOST_IMAGES = 4096


def network_of(model: Traced) -> ModelProto:
    """Translate a traced model.

    Returns:
        A graph that reads ``IMAGES``, float32 ``N 3 S S``, and hands out ``LOGITS``
        and, where there are any, ``HEAT_MAPS``.

    Raises:
        PlanError: If ONNX has no operations for it.
    """
    images = torch.export.Dim("images", min=1, max=_MOST_IMAGES)
    try:
        with exporter_at_rest():
            program = torch.onnx.export(
                torch.export.export(
                    model.operations,
                    (model.example,),
                    dynamic_shapes=({0: images},),
                ),
                input_names=[IMAGES],
                output_names=[LOGITS, HEAT_MAPS][: 1 + model.has_heat],
                opset_version=OPSET,
                external_data=False,
                verbose=False,
            )
    except (*REFUSALS, torch.onnx.OnnxExporterError) as error:
        if was_interrupted(error):
            raise KeyboardInterrupt from error
        reason = next(iter(str(error).splitlines()), type(error).__name__)
        raise PlanError(
            f"This model cannot be exported: ONNX has no operations for it ({reason}). "
            "Train another architecture to export it."
        ) from error
    if program is None:
        raise PlanError("torch's exporter returned nothing. Update torch.")
    return program.model_proto
