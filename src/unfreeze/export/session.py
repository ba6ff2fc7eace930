"""Run an exported graph: the exporter's door to ONNX Runtime."""

from typing import final

import numpy as np
import onnxruntime
from jaxtyping import Float32, UInt8

from unfreeze.bundle import PIXELS, PROBABILITIES
from unfreeze.errors import WeightsError

__all__ = ["GraphSession"]

_ERRORS_ONLY = 3


@final
class GraphSession:
    """A graph that is ready to run on the CPU.

    Args:
        content: A serialised ONNX model.
        is_batched: Whether it takes several images of one size, and not one.

    Raises:
        WeightsError: If ONNX Runtime refuses it.
    """

    def __init__(self, content: bytes, *, is_batched: bool = False) -> None:
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        try:
            self._session = onnxruntime.InferenceSession(
                content, options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # its classes of errors have no other base
            raise WeightsError(
                f"ONNX Runtime {onnxruntime.__version__} cannot read this model "
                f"({error}). Update onnxruntime."
            ) from error
        self._is_batched = is_batched

    def probabilities(
        self, pixels: UInt8[np.ndarray, "H W 3"]
    ) -> Float32[np.ndarray, " K"]:
        """Answer one image of any size."""
        given = pixels[None] if self._is_batched else pixels
        (found,) = self._session.run([PROBABILITIES], {PIXELS: given})
        probs: Float32[np.ndarray, " K"] = found[0] if self._is_batched else found
        return probs
