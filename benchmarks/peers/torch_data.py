"""Photos for the loops in plain PyTorch, as torchvision's reference reads them."""

import torch
from torch.utils.data import DataLoader
from torchvision.datasets import ImageFolder
from torchvision.transforms import v2

from benchmarks.protocol import Task

__all__ = ["loader"]

_MEAN, _STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def loader(task: Task, split: str) -> DataLoader:
    """Augmented and shuffled batches of ``train``, plain ones of ``valid``."""
    is_train = split == "train"
    photos = ImageFolder(str(task.photos / split), _transform(task.size, is_train))
    return DataLoader(
        photos,
        task.batch_size,
        shuffle=is_train,
        num_workers=task.workers,
        persistent_workers=task.workers > 0,
    )


def _transform(size: int, is_train: bool) -> v2.Compose:
    ready = [
        v2.PILToTensor(),
        v2.ToDtype(torch.float32, scale=True),
        v2.Normalize(_MEAN, _STD),
    ]
    if is_train:
        varied = [v2.RandomResizedCrop(size, antialias=True), v2.RandomHorizontalFlip()]
        return v2.Compose([*varied, *ready])
    larger = round(size * 256 / 224)
    return v2.Compose([v2.Resize(larger, antialias=True), v2.CenterCrop(size), *ready])
