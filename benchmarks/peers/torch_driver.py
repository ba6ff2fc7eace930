"""Loops in plain PyTorch: torchvision's reference, and the least one can write."""

import time

import torch
from torch import Tensor, nn
from torch.nn import functional
from torch.utils.data import DataLoader

from benchmarks.peers.torch_data import loader
from benchmarks.peers.torch_models import classifier, our_head, with_our_head
from benchmarks.protocol import Figures, Repeat, Task, serve

_DEVICE = "cuda" if torch.cuda.is_available() else "cpu"
_MEAN, _STD = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
_ROWS, _WIDTH, _EPOCHS = 3000, 1024, 5


def load(task: Task) -> Repeat:
    """Epochs of torchvision's reference loader."""

    def repeat() -> Figures:
        batches = loader(task, "train")
        return {
            "images/s cold": _rate(batches),
            "images/s warm": _rate(batches),
        }

    return repeat


def frozen(task: Task) -> Repeat:
    """Epochs of a new last layer; the rest, batch norm too, stays as it is."""
    train, valid = loader(task, "train"), loader(task, "valid")
    model = classifier(task, len(train.dataset.classes)).to(_DEVICE)
    model.requires_grad_(False)
    model.fc.requires_grad_(True)
    optimizer = torch.optim.SGD(model.fc.parameters(), lr=1e-2, momentum=0.9)
    return lambda: _epoch(model.eval(), optimizer, train, valid)


def unfrozen(task: Task) -> Repeat:
    """Epochs of the whole network."""
    train, valid = loader(task, "train"), loader(task, "valid")
    model = classifier(task, len(train.dataset.classes)).to(_DEVICE)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    return lambda: _epoch(model.train(), optimizer, train, valid)


def step(task: Task) -> Repeat:
    """Steps of the whole network on one batch, in bf16 and channels_last."""
    model = with_our_head(task, 2).to(_DEVICE, memory_format=torch.channels_last)
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-3, momentum=0.9)
    shape = (task.batch_size, task.size, task.size, 3)
    pixels = torch.randint(0, 256, shape, dtype=torch.uint8)
    labels = (torch.arange(task.batch_size) % 2).to(_DEVICE)
    mean, std = (torch.tensor(each).view(3, 1, 1).to(_DEVICE) for each in (_MEAN, _STD))

    def take() -> Tensor:
        images = (pixels.to(_DEVICE).permute(0, 3, 1, 2).float() - mean) / std
        with torch.autocast(_DEVICE, torch.bfloat16):
            loss = functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss

    def repeat() -> Figures:
        began = time.perf_counter()
        for _ in range(task.steps):
            loss = take()
        loss.item()  # waits for the device
        seconds = time.perf_counter() - began
        return {"images/s": task.steps * task.batch_size / seconds}

    return repeat


def head(task: Task) -> Repeat:
    """An epoch of several of the head, on rows of random numbers."""
    rows, labels = torch.randn(_ROWS, _WIDTH), torch.arange(_ROWS) % 2
    model = our_head(_WIDTH, 2).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=1e-2, momentum=0.9)

    def repeat() -> Figures:
        began = time.perf_counter()
        for _ in range(_EPOCHS):
            for part in torch.randperm(_ROWS).split(task.batch_size):
                loss = functional.cross_entropy(model(rows[part]), labels[part])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
        return {"seconds": (time.perf_counter() - began) / _EPOCHS}

    return repeat


def answers(task: Task) -> Repeat:
    """One file after another, all of them in batches, and a batch that is ready."""
    valid = loader(task, "valid")
    photos = valid.dataset
    model = classifier(task, len(photos.classes)).to(_DEVICE).eval()
    ready = torch.stack([photos[i % len(photos)][0] for i in range(task.batch_size)])

    @torch.inference_mode()
    def repeat() -> Figures:
        turns = [photos.samples[i % len(photos)][0] for i in range(task.steps)]
        began = time.perf_counter()
        for file in turns:
            image = photos.transform(photos.loader(file))[None]
            model(image.to(_DEVICE)).softmax(1).cpu()
        one_by_one = time.perf_counter() - began
        began = time.perf_counter()
        for images, _ in valid:
            model(images.to(_DEVICE)).softmax(1).cpu()
        together = time.perf_counter() - began
        began = time.perf_counter()
        model(ready.to(_DEVICE)).softmax(1).cpu()
        alone = time.perf_counter() - began
        return {
            "ms a photo": 1000 * one_by_one / task.steps,
            "images/s": len(photos) / together,
            "images/s of arrays": len(ready) / alone,
        }

    return repeat


def _epoch(
    model: nn.Module,
    optimizer: torch.optim.Optimizer,
    train: DataLoader,
    valid: DataLoader,
) -> Figures:
    began = time.perf_counter()
    is_training = model.training
    for images, labels in train:
        loss = functional.cross_entropy(model(images.to(_DEVICE)), labels.to(_DEVICE))
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    accuracy = _accuracy(model.eval(), valid)
    model.train(is_training)
    return {"seconds": time.perf_counter() - began, "accuracy": accuracy}


@torch.inference_mode()
def _accuracy(model: nn.Module, valid: DataLoader) -> float:
    hits, count = 0, 0
    for images, labels in valid:
        hits += int((model(images.to(_DEVICE)).argmax(1).cpu() == labels).sum())
        count += len(labels)
    return hits / count


def _rate(batches: DataLoader) -> float:
    count = 0
    began = time.perf_counter()
    for images, _ in batches:
        count += len(images)
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    serve(
        {
            "loader": load,
            "frozen": frozen,
            "unfrozen": unfrozen,
            "step": step,
            "head": head,
            "answers": answers,
        }
    )
