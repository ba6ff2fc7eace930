"""Run an exported graph: the exporter's door to ONNX Runtime."""

from typing import final

import numpy as np
import onnxruntime
from jaxtyping import Float32, UInt8

from unfreeze.bundle import HEAT, PIXELS, PROBABILITIES
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
        probs: Float32[np.ndarray, " K"] = self._run(PROBABILITIES, pixels)
        return probs

    def heat(
        self, pixels: UInt8[np.ndarray, "H W 3"]
    ) -> Float32[np.ndarray, "h w"] | None:
        """Explain the answer to one image; None if the graph cannot."""
        if HEAT not in [each.name for each in self._session.get_outputs()]:
            return None
        found: Float32[np.ndarray, "h w"] = self._run(HEAT, pixels)
        return found

    def _run(self, output: str, pixels: UInt8[np.ndarray, "H W 3"]) -> np.ndarray:
        given = pixels[None] if self._is_batched else pixels
        (found,) = self._session.run([output], {PIXELS: given})
        return np.asarray(found[0] if self._is_batched else found)
