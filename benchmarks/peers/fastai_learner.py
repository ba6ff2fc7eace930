"""fastai's learner as its own tutorial builds it, with weights of a file."""

from fastai.vision.all import (
    DataLoaders,
    ImageDataLoaders,
    Learner,
    Normalize,
    Resize,
    accuracy,
    aug_transforms,
    create_body,
    imagenet_stats,
    model_meta,
    vision_learner,
)
from torchvision import models

from benchmarks.peers.torch_models import pretrained
from benchmarks.protocol import Task

__all__ = ["learner", "loaders"]


def loaders(task: Task) -> DataLoaders:
    """Photos brought to a square a little larger, then augmented batch by batch."""
    return ImageDataLoaders.from_folder(
        task.photos,
        train="train",
        valid="valid",
        bs=task.batch_size,
        num_workers=task.workers,
        item_tfms=Resize(round(task.size * 256 / 224)),
        batch_tfms=[
            *aug_transforms(size=task.size),
            Normalize.from_stats(*imagenet_stats),
        ],
    )


def learner(task: Task) -> Learner:
    """``vision_learner`` with its defaults, frozen, without a progress bar.

    Its own way to pretrained weights is a download; so the body is filled here, and
    what ``pretrained=True`` would do besides (normalise, split, freeze) is asked for.
    """
    arch = getattr(models, task.arch)
    learn = vision_learner(loaders(task), arch, pretrained=False, metrics=accuracy)
    body = create_body(pretrained(task), cut=model_meta[arch]["cut"])
    learn.model[0].load_state_dict(body.state_dict())
    learn.freeze()
    learn.remove_cbs([each for each in learn.cbs if each.name == "progress"])
    return learn
