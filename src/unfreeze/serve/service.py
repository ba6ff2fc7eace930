"""What the routes share: one model, its queue, its counters."""

from dataclasses import dataclass

from unfreeze.serve.collection import Collection
from unfreeze.serve.metrics import Metrics
from unfreeze.serve.model_queue import ModelQueue
from unfreeze.serve.photo_reader import PhotoReader
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings

__all__ = ["Service"]


@dataclass(frozen=True, slots=True, eq=False)
class Service:
    """The parts of a running server."""

    predictor: Predictor
    settings: ServerSettings
    metrics: Metrics
    queue: ModelQueue
    photos: PhotoReader
    collection: Collection | None

    @classmethod
    def of(cls, predictor: Predictor, settings: ServerSettings) -> "Service":
        """Put the parts together.

        Raises:
            PlanError: If photos are to be collected where they cannot be.
        """
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
        )

    async def close(self) -> None:
        """Let threads go."""
        await self.queue.close()
        self.photos.close()
