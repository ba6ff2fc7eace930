"""Example answers that were written beside an exported model, reproduced here."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.errors import WeightsError

__all__ = ["TOLERANCE", "require_golden_answers"]

TOLERANCE = 0.005
"""Largest difference between two probabilities that counts as the same answer."""


def require_golden_answers(
    file: Path,
    probabilities_of: Callable[[UInt8[np.ndarray, "H W 3"]], Float[np.ndarray, " K"]],
) -> int:
    """Ask about the example images and compare.

    Args:
        file: Holds ``pixels_0`` and so on, and ``probabilities``, a row for each.
        probabilities_of: The model on this machine.

    Returns:
        How many examples were compared.

    Raises:
        WeightsError: If an answer differs by more than :data:`TOLERANCE`, or the file
            cannot be read.
    """
    images, expected = _examples(file)
    for number, (image, wanted) in enumerate(zip(images, expected, strict=True)):
        found = probabilities_of(image)
        largest = _difference(found, wanted)
        if not largest <= TOLERANCE:  # NaN is no answer either
            raise WeightsError(
                f"On this machine the model answers differently: example {number} of "
                f"{file} differs by {largest:.4f}, expected {TOLERANCE} at most. "
                "Export the model again with these versions, or use the versions that "
                "it was exported with: unfreeze inspect FILE.onnx."
            )
    return len(images)


def _examples(
    file: Path,
) -> tuple[list[UInt8[np.ndarray, "H W 3"]], Float[np.ndarray, "N K"]]:
    try:
        with file.open("rb") as stream, np.load(stream, allow_pickle=False) as found:
            expected = found["probabilities"]
            images = [found[f"pixels_{row}"] for row in range(len(expected))]
    except Exception as error:  # damaged bytes make numpy and zlib raise anything
        found = " ".join(str(error).split()) or type(error).__name__
        raise WeightsError(
            f"The example answers in {file} cannot be read ({found}). Export the model "
            "again, or delete that file to go without them."
        ) from error
    return images, expected


def _difference(found: np.ndarray, wanted: np.ndarray) -> float:
    return float(abs(found - wanted).max()) if found.shape == wanted.shape else np.inf
