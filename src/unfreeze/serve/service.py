"""What the routes share: one model, its queue, its counters."""

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from fastapi import HTTPException

from unfreeze.errors import PlanError
from unfreeze.records import Task
from unfreeze.serve.collection import Collection
from unfreeze.serve.metrics import Metrics
from unfreeze.serve.model_queue import ModelQueue
from unfreeze.serve.photo_reader import PhotoReader
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings

__all__ = ["Service"]

_R = TypeVar("_R")


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """The parts of a running server."""

    predictor: Predictor
    settings: ServerSettings
    metrics: Metrics
    queue: ModelQueue
    photos: PhotoReader
    collection: Collection | None
    desk: ThreadPoolExecutor
    """One thread that takes bodies apart: each costs several times its size."""

    @classmethod
    def of(cls, predictor: Predictor, settings: ServerSettings) -> "Service":
        """Put the parts together.

        Raises:
            PlanError: If photos are to be collected where they cannot be.
        """
        if settings.collect is not None:
            _require_one_label(predictor)
        metrics, limits = Metrics(), settings.limits
        queue = ModelQueue(
            lambda squares, heat: predictor.probabilities(squares, heat=heat),
            most=limits.batch,
            places=limits.waiting,
            on_batch=metrics.count_batch,
        )
        metrics.watch_queue(lambda: queue.length)
        collection = None
        if settings.collect is not None:
            collection = Collection(
                settings.collect, predictor.classes, settings.collect_bytes
            )
        return cls(
            predictor=predictor,
            settings=settings,
            metrics=metrics,
            queue=queue,
            photos=PhotoReader(limits, predictor.threads),
            collection=collection,
            desk=ThreadPoolExecutor(1, thread_name_prefix="bodies"),
        )

    async def opened(self, look: Callable[[bytes], _R], body: bytes) -> _R:
        """Take the body of a request apart, beside the event loop.

        Raises:
            HTTPException: As ``look`` raises it.
        """
        return await asyncio.get_running_loop().run_in_executor(self.desk, look, body)

    @asynccontextmanager
    async def in_time(self) -> AsyncIterator[None]:
        """Give up what takes longer than an answer may.

        Raises:
            HTTPException: 503 if it does.
        """
        seconds = self.settings.limits.answer_seconds
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise HTTPException(
                503,
                f"The answer took more than {seconds:g} seconds. Send fewer or smaller "
                "photos, or try again later.",
                {"Retry-After": "5"},
            ) from None

    async def close(self) -> None:
        """Let threads go."""
        await self.queue.close()
        self.photos.close()
        self.desk.shutdown(cancel_futures=True)


def _require_one_label(predictor: Predictor) -> None:
    """Refuse to lose labels: a photo lies in one folder, and may have several.

    Raises:
        PlanError: If the model gives several labels to a photo.
    """
    if predictor.header.answering.task is not Task.SINGLE:
        raise PlanError(
            "The model gives several labels to a photo, and --collect keeps one, the "
            "folder that the photo lies in. Leave --collect out."
        )
