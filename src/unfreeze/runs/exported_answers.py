"""An exported model, as something that answers photos in blocks, without torch."""

from collections.abc import Generator
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Protocol, TypeAlias, final

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.answering import Answering
from unfreeze.bundle import BundleHeader
from unfreeze.cores import loading_threads
from unfreeze.data.paths import PackedNames
from unfreeze.data.threads import map_in_order
from unfreeze.errors import ImageError
from unfreeze.runs.blocks import BLOCK, Block
from unfreeze.versions import version_of

__all__ = ["ExportedAnswers", "ExportedModel"]

_Read: TypeAlias = tuple[UInt8[np.ndarray, "S S 3"], str | None]
"""What a model reads of a photo, black where an error says why it cannot."""

_BLOCKS_AHEAD = 2


class ExportedModel(Protocol):
    """What is needed of a predictor; that of the server is one."""

    header: BundleHeader
    sha256: str

    def square(self, image: Path) -> UInt8[np.ndarray, "S S 3"]:
        """What the model reads of a photo."""

    def probabilities(
        self, squares: UInt8[np.ndarray, "N S S 3"]
    ) -> tuple[Float[np.ndarray, "N K"], object]:
        """Probabilities, 0 to 1, and something else."""


@final
class ExportedAnswers:
    """Photos are read in threads while the graph computes.

    Args:
        model: Loaded.
        num_workers: Loading threads; as many as cores, 8 at most, unless given.
    """

    def __init__(self, model: ExportedModel, *, num_workers: int | None = None) -> None:
        self._model = model
        self._num_workers = loading_threads(num_workers)

    @property
    def rules(self) -> Answering:
        """How its probabilities become answers."""
        return self._model.header.answering

    @property
    def digest(self) -> str:
        """Changes with any byte of the file, and with what runs it."""
        return f"{self._model.sha256} {version_of('onnxruntime')}"

    def blocks(
        self, photos: PackedNames, first: int = 0
    ) -> Generator[Block, None, None]:
        """Answer photos in their order."""
        squares = map_in_order(
            lambda row: self._read(photos[row]),
            range(first, len(photos)),
            num_workers=self._num_workers,
            ahead=_BLOCKS_AHEAD * BLOCK,
        )
        with closing(squares):
            for start in range(first, len(photos), BLOCK):
                found = list(islice(squares, BLOCK))
                probs, _ = self._model.probabilities(np.stack([s for s, _ in found]))
                with np.errstate(divide="ignore"):
                    # Finer than they are, so that they come back as they were.
                    log_probs = np.log(probs.astype(np.float64))
                names = [photos[row] for row in range(start, start + len(found))]
                yield Block.of(start, names, log_probs, [error for _, error in found])

    def _read(self, name: str) -> _Read:
        try:
            return self._model.square(Path(name)), None
        except ImageError as error:
            size = self._model.header.image.size
            return np.zeros((size, size, 3), dtype=np.uint8), str(error)
