"""timm's loader, as its training script makes it."""

import time

import torch
from timm.data import create_dataset, create_loader

from benchmarks.protocol import Figures, Repeat, Task, serve


def load(task: Task) -> Repeat:
    """Epochs of ``create_loader`` with its own defaults: crop, flip and jitter."""

    def repeat() -> Figures:
        photos = create_dataset("", root=str(task.photos / "train"))
        batches = create_loader(
            photos,
            input_size=(3, task.size, task.size),
            batch_size=task.batch_size,
            is_training=True,
            num_workers=task.workers,
            device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
        )
        return {"images/s cold": _rate(batches), "images/s warm": _rate(batches)}

    return repeat


def _rate(batches: object) -> float:
    count = 0
    began = time.perf_counter()
    for images, _ in batches:
        count += len(images)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    serve({"loader": load})
