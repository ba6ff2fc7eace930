"""timm's loader, as its training script makes it, and a plain loop around it."""

import time
from collections.abc import Iterable, Iterator

import timm
import torch
from timm.data import create_dataset, create_loader
from torch import Tensor
from torch.nn import functional

from benchmarks.protocol import Figures, Repeat, Task, serve

_WARM_UP = 5  # steps


def load(task: Task) -> Repeat:
    """Epochs of ``create_loader`` with its own defaults: crop, flip and jitter."""

    def repeat() -> Figures:
        batches = _loader(task)
        return {"images/s cold": _rate(batches), "images/s warm": _rate(batches)}

    return repeat


def training(task: Task) -> Repeat:
    """Steps of the whole network on a GPU, over as many epochs as they take."""
    loop = _Loop(task)
    batches = _without_end(_loader(task))
    loop.take(batches, _WARM_UP)

    def repeat() -> Figures:
        torch.cuda.reset_peak_memory_stats()
        rate = loop.take(batches, task.steps)
        peak = torch.cuda.max_memory_allocated() / 2**20
        return {"images/s": rate, "peak MiB on the GPU": peak}

    return repeat


def synthetic(task: Task) -> Repeat:
    """The same on one batch that lies on the GPU already."""
    loop = _Loop(task)
    shape = (task.batch_size, 3, task.size, task.size)
    images = torch.randn(shape, device="cuda")
    labels = torch.arange(task.batch_size, device="cuda") % 2
    batches = _without_end([(images, labels)])
    loop.take(batches, _WARM_UP)
    return lambda: {"images/s": loop.take(batches, task.steps)}


class _Loop:
    """A network of timm with a linear head, SGD, bf16 and channels_last."""

    def __init__(self, task: Task) -> None:
        folders = [each for each in (task.photos / "train").iterdir() if each.is_dir()]
        model = timm.create_model(task.arch, num_classes=len(folders))
        self._model = model.to("cuda", memory_format=torch.channels_last).train()
        self._optimizer = torch.optim.SGD(
            model.parameters(), lr=1e-3, momentum=0.9, fused=True
        )

    def take(self, batches: Iterator[tuple[Tensor, Tensor]], count: int) -> float:
        """Take so many steps; return images per second."""
        seen = 0
        torch.cuda.synchronize()
        began = time.perf_counter()
        for _ in range(count):
            images, labels = next(batches)
            images = images.to(memory_format=torch.channels_last)
            with torch.autocast("cuda", torch.bfloat16):
                loss = functional.cross_entropy(self._model(images), labels)
            self._optimizer.zero_grad()
            loss.backward()
            self._optimizer.step()
            seen += len(images)
        torch.cuda.synchronize()
        return seen / (time.perf_counter() - began)


def _loader(task: Task) -> Iterable[tuple[Tensor, Tensor]]:
    return create_loader(
        create_dataset("", root=str(task.photos / "train")),
        input_size=(3, task.size, task.size),
        batch_size=task.batch_size,
        is_training=True,
        num_workers=task.workers,
        pin_memory=torch.cuda.is_available(),
        device=torch.device("cuda" if torch.cuda.is_available() else "cpu"),
    )


def _without_end(
    batches: Iterable[tuple[Tensor, Tensor]],
) -> Iterator[tuple[Tensor, Tensor]]:
    while True:
        yield from batches


def _rate(batches: object) -> float:
    count = 0
    began = time.perf_counter()
    for images, _ in batches:
        count += len(images)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    serve({"loader": load, "training": training, "synthetic": synthetic})
