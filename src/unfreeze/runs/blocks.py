"""Answers to many photos, a block at a time, from whatever kind of model gives them."""

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from jaxtyping import Float

from unfreeze.answering import NO_NUMBER, Answering, are_numbers
from unfreeze.data.paths import PackedNames
from unfreeze.errors import DataError
from unfreeze.records import Skipped

__all__ = ["BLOCK", "Answerer", "Block", "require_some_read"]

BLOCK = 64
"""Photos that are answered together. Work that was stopped goes on where a block
begins, so that every photo keeps its company: in half precision that shows."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """What a model says of photos that stand next to each other in a list."""

    first: int
    """Place of the first of them in the list, from 0."""

    names: Sequence[str]
    """Their files."""

    log_probs: Float[np.ndarray, "B K"]
    """Natural logarithms, at the temperature of the model. The row of a photo without
    an answer means nothing."""

    errors: tuple[str | None, ...]
    """Why each photo has no answer; None where it has one."""

    @classmethod
    def of(
        cls,
        first: int,
        names: Sequence[str],
        log_probs: Float[np.ndarray, "B K"],
        unreadable: Sequence[str | None],
    ) -> "Block":
        """Take what a model says for answers, where it is numbers.

        Args:
            first: Place of the first photo in the list.
            names: Files of the photos.
            log_probs: Natural logarithms.
            unreadable: Why each photo cannot be read; None where it can.
        """
        is_number = are_numbers(np.exp(log_probs))
        errors = tuple(
            why if is_right or why is not None else NO_NUMBER
            for why, is_right in zip(unreadable, is_number.tolist(), strict=True)
        )
        return cls(first, names, log_probs, errors)

    def __len__(self) -> int:
        return len(self.errors)

    @property
    def skipped(self) -> list[Skipped]:
        """The photos without an answer."""
        return [
            Skipped(name, error)
            for name, error in zip(self.names, self.errors, strict=True)
            if error is not None
        ]

    def rows(self) -> Iterator[tuple[str, Float[np.ndarray, " K"], str | None]]:
        """Each file with its probabilities, 0 to 1, and why it has no answer."""
        probs = np.exp(self.log_probs).astype(np.float32)
        yield from zip(self.names, probs, self.errors, strict=True)


class Answerer(Protocol):
    """A model that answers photos in blocks: of a run, or exported to a file."""

    @property
    def rules(self) -> Answering:
        """How its probabilities become answers."""

    @property
    def digest(self) -> str:
        """Another one wherever the answers may be others."""

    def blocks(
        self, photos: PackedNames, first: int = 0
    ) -> Generator[Block, None, None]:
        """Answer photos in their order; those that cannot be read with an error.

        Args:
            photos: Paths of files.
            first: Where to begin, from 0: a multiple of ``BLOCK``.
        """


def require_some_read(count: int, num_unreadable: int, first: Skipped | None) -> None:
    """Refuse photos of which none can be read.

    Args:
        count: Photos that were asked about.
        num_unreadable: Those of them that cannot be read.
        first: One of those, if any.

    Raises:
        DataError: If that is all of them.
    """
    if first is not None and num_unreadable == count:
        raise DataError(
            f"None of the {count} images can be read. The first is {first.file!r}: "
            f"{first.reason}"
        )
