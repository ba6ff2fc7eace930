"""The images of a batch, and what was decided about them, on their way to a device."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, final

import numpy as np
import torch
from jaxtyping import Float64, Int64, UInt8
from torch import Tensor

from unfreeze.augment.batch_warp import light_batch, pack, warp_batch
from unfreeze.augment.geometry import Matrix
from unfreeze.augment.kernels import Border, LightTable

__all__ = ["BatchDraft", "Outline"]


class Outline(NamedTuple):
    """One image, with geometry and light that are decided and not carried out."""

    pixels: UInt8[np.ndarray, "H W 3"]
    """All that the warp reads."""

    matrix: Matrix
    """Maps places on the square to places on ``pixels``."""

    table: LightTable


@final
@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchDraft:
    """The outlines of a batch. ``Draft`` is the same for one image."""

    pixels: UInt8[Tensor, "P 3"]
    """Images of any sizes, one after another."""

    sizes: Int64[Tensor, "B 2"]
    """Width and height of each."""

    matrices: Float64[Tensor, "B 3 3"]
    tables: UInt8[Tensor, "B 256"]
    size: int
    """Side of the squares, in pixels."""

    border: Border

    @classmethod
    def of(
        cls,
        outlines: Sequence[Outline],
        size: int,
        border: Border,
        *,
        pinned: bool = False,
    ) -> "BatchDraft":
        """Put outlines, one or more, next to each other.

        Args:
            outlines: Of images of any sizes.
            size: Side of the squares, in pixels.
            border: What lies outside each image.
            pinned: Whether to use page-locked memory; see ``pack``.
        """
        images, matrices, tables = zip(*outlines, strict=True)
        pixels, sizes = pack(images, pinned=pinned)
        return cls(
            pixels=pixels,
            sizes=sizes,
            matrices=torch.from_numpy(np.stack(matrices)),
            tables=torch.from_numpy(np.stack(tables)),
            size=size,
            border=border,
        )

    def each(self, change: Callable[[Tensor], Tensor]) -> "BatchDraft":
        """Do something to every tensor, such as copying it to a device."""
        return replace(
            self,
            pixels=change(self.pixels),
            sizes=change(self.sizes),
            matrices=change(self.matrices),
            tables=change(self.tables),
        )

    def __len__(self) -> int:
        return len(self.sizes)

    def develop(self) -> UInt8[Tensor, "B S S 3"]:
        """Carry out what was decided, where the pixels are.

        The same as ``Draft.develop`` for each image, except that a few values in
        10,000 come out of the warp one level beside (see ``batch_warp``), of which a
        table that strengthens contrast may make two.
        """
        squares = warp_batch(
            self.pixels, self.sizes, self.matrices, self.size, self.border
        )
        return light_batch(squares, self.tables)
