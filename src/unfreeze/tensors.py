"""Names for the tensors that cross module borders.

Letters: B images in a batch, N images in a split, H rows, W columns,
C colour channels, D features, K classes.
"""

from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from jaxtyping import Float, Int64, Shaped, UInt8
from torch import Tensor

__all__ = ["Batch", "Features", "Images", "Logits", "Pixels", "Targets"]

Pixels: TypeAlias = UInt8[Tensor, "B H W C"]  # decoded RGB, 0-255
Images: TypeAlias = Float[Tensor, "B C H W"]  # normalised, channels_last in memory
Features: TypeAlias = Float[
    Tensor, "B ..."
]  # backbone output, pooled to B D unless a head asks for maps
Logits: TypeAlias = Float[Tensor, "B K"]
Targets: TypeAlias = Int64[Tensor, " B"] | Float[Tensor, "B K"]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """Some rows of one split, as the first module of a model reads them.

    ``inputs`` are Pixels where batches come from images, and Features where they
    come from stored activations.
    """

    inputs: Shaped[Tensor, "B ..."]
    labels: Targets | None
    rows: Int64[np.ndarray, " B"]
    """Which rows of the index these are."""

    def __len__(self) -> int:
        return len(self.rows)
