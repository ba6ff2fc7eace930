"""Photos that wait for the model, and the one who reads them to it in batches."""

import asyncio
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TypeAlias, final

import numpy as np
from fastapi import HTTPException
from jaxtyping import Float, UInt8

__all__ = ["ModelQueue", "Outcome"]

Outcome: TypeAlias = tuple[np.ndarray, np.ndarray | None]
"""Probabilities ``K`` of one photo, and its heat map ``h w`` or None."""

_Run: TypeAlias = Callable[
    [UInt8[np.ndarray, "N S S 3"], bool],
    tuple[Float[np.ndarray, "N K"], Float[np.ndarray, "N h w"] | None],
]


@dataclass(frozen=True, slots=True, eq=False)
class _Waiting:
    square: UInt8[np.ndarray, "S S 3"]
    heat: bool
    outcome: "asyncio.Future[Outcome]"


@final
class ModelQueue:
    """Reads to the model what is there: a lone photo at once, many in batches.

    While the model reads one batch, the next one gathers. Nobody waits for company.

    Args:
        run: The model: squares, and whether heat maps are wanted.
        most: Photos in a batch.
        places: Photos that may wait, in all.
        on_batch: Told the size of each batch.
    """

    def __init__(
        self, run: _Run, *, most: int, places: int, on_batch: Callable[[int], None]
    ) -> None:
        self._run = run
        self._most = most
        self._places = places
        self._on_batch = on_batch
        self._taken = 0
        self._line: asyncio.Queue[_Waiting] = asyncio.Queue()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="model")
        self._reading: asyncio.Task[None] | None = None

    @property
    def length(self) -> int:
        """Photos that were let in and are not answered."""
        return self._taken

    @property
    def is_open(self) -> bool:
        """Whether photos are read, and there is a free place."""
        is_reading = self._reading is not None and not self._reading.done()
        return is_reading and self._taken < self._places

    def open(self) -> None:
        """Begin to read, in the event loop that runs."""
        self._reading = asyncio.create_task(self._read())

    async def close(self) -> None:
        """Stop reading; whoever still waits is told."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)
        while not self._line.empty():
            self._line.get_nowait().outcome.cancel()
        self._thread.shutdown()

    @contextmanager
    def places(self, count: int) -> Iterator[None]:
        """Keep places for the photos of one request until it is answered.

        Raises:
            HTTPException: 429, if there are not as many.
        """
        if self._taken + count > self._places:
            raise HTTPException(
                429,
                f"{self._taken} photos wait for an answer already, and no more than "
                f"{self._places} may. Send these {count} again in a second.",
                {"Retry-After": "1"},
            )
        self._taken += count
        try:
            yield
        finally:
            self._taken -= count

    async def ask(
        self, square: UInt8[np.ndarray, "S S 3"], *, heat: bool = False
    ) -> Outcome:
        """Wait for the model's answer."""
        outcome: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._line.put_nowait(_Waiting(square, heat, outcome))
        return await outcome

    async def _read(self) -> None:
        while True:
            batch = await self._next_batch()
            if batch:
                self._on_batch(len(batch))
                await self._answer(batch)

    async def _answer(self, batch: Sequence[_Waiting]) -> None:
        try:
            outcomes = await self._outcomes(batch)
        except asyncio.CancelledError:  # the queue closes
            for each in batch:
                each.outcome.cancel()
            raise
        except Exception as error:  # the model's, which everybody in it must know
            for each in batch:
                if not each.outcome.done():
                    each.outcome.set_exception(error)
            return
        for each, outcome in zip(batch, outcomes, strict=True):
            if not each.outcome.done():  # given up meanwhile
                each.outcome.set_result(outcome)

    async def _next_batch(self) -> list[_Waiting]:
        """Take what is there, once something is, without those who gave up."""
        batch = [await self._line.get()]
        while len(batch) < self._most and not self._line.empty():
            batch.append(self._line.get_nowait())
        return [each for each in batch if not each.outcome.done()]

    async def _outcomes(self, batch: Sequence[_Waiting]) -> list[Outcome]:
        squares = np.stack([each.square for each in batch])
        heat = any(each.heat for each in batch)
        loop = asyncio.get_running_loop()
        probs, maps = await loop.run_in_executor(self._thread, self._run, squares, heat)
        return [
            (probs[row], None if maps is None else maps[row])
            for row in range(len(batch))
        ]
