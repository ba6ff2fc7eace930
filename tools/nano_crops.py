"""Photos for the embedded backbone, and the random crops that it learns from.

See train_nano.py for the folders.
"""

import io
import math
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageEnhance
from torch import Tensor

from unfreeze.models.nano import PRETRAINED_CFG

FOLDERS = ("dogscats/train", "rsscn7/train")
ARCHIVE = "cifar10-subset.zip"

LARGE_PHOTO_SHARE = 0.6  # of a batch; the rest are the 32-pixel photos
MIXED_SHARE = 0.5

MEAN = torch.tensor(PRETRAINED_CFG["mean"]).view(3, 1, 1)
STD = torch.tensor(PRETRAINED_CFG["std"]).view(3, 1, 1)


@dataclass(frozen=True, slots=True)
class Photos:
    """Decoded photos, the large ones apart because they bear closer crops."""

    large: list[Image.Image]
    small: list[Image.Image]


def read_photos(data: Path) -> Photos:
    """Decode every training photo into memory, about 0.6 GB."""
    paths = [path for name in FOLDERS for path in sorted((data / name).rglob("*.jp*g"))]
    large = [Image.open(path).convert("RGB") for path in paths]
    with zipfile.ZipFile(data / ARCHIVE) as archive:
        names = sorted(n for n in archive.namelist() if n.startswith("train/"))
        small = [
            Image.open(io.BytesIO(archive.read(name))).convert("RGB")
            for name in names
            if name.endswith(".jpg")
        ]
    return Photos(large, small)


def draw_batch(
    photos: Photos, count: int, side: int, rng: np.random.Generator
) -> Tensor:
    """Make one batch of normalised crops, B 3 S S, some of them mixed."""
    crops = []
    for _ in range(count):
        is_large = rng.random() < LARGE_PHOTO_SHARE
        pool, least_area = (photos.large, 0.1) if is_large else (photos.small, 0.4)
        photo = pool[int(rng.integers(len(pool)))]
        crops.append(np.asarray(random_crop(photo, side, least_area, rng)))
    pixels = torch.from_numpy(np.stack(crops)).permute(0, 3, 1, 2)
    images = (pixels.float() / 255 - MEAN) / STD
    mixed = mix(images, rng)
    return mixed.contiguous(memory_format=torch.channels_last)


def random_crop(
    photo: Image.Image, side: int, least_area: float, rng: np.random.Generator
) -> Image.Image:
    """Cut out a random part, bring it to a square, perhaps mirrored and recoloured."""
    width, height = photo.size
    area = width * height * rng.uniform(least_area, 1.0)
    aspect = math.exp(rng.uniform(-math.log(4 / 3), math.log(4 / 3)))
    crop_width = min(width, math.sqrt(area * aspect))
    crop_height = min(height, math.sqrt(area / aspect))
    left = rng.uniform(0, width - crop_width)
    top = rng.uniform(0, height - crop_height)
    box = (left, top, left + crop_width, top + crop_height)
    crop = photo.resize((side, side), Image.Resampling.BILINEAR, box=box)
    if rng.random() < 0.5:
        crop = crop.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return recolour(crop, rng)


def recolour(crop: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Change light, contrast and colour; one crop in seven turns grey."""
    saturation = 0.0 if rng.random() < 1 / 7 else rng.uniform(0.6, 1.4)
    crop = ImageEnhance.Color(crop).enhance(saturation)
    crop = ImageEnhance.Brightness(crop).enhance(rng.uniform(0.7, 1.3))
    return ImageEnhance.Contrast(crop).enhance(rng.uniform(0.7, 1.3))


def mix(images: Tensor, rng: np.random.Generator) -> Tensor:
    """Blend some images with their neighbours, and paste a neighbour into others."""
    others = images.roll(1, 0)
    mixed = images.clone()
    side = images.shape[-1]
    for i in np.flatnonzero(rng.random(len(images)) < MIXED_SHARE):
        if rng.random() < 0.5:
            mixed[i] = images[i].lerp(others[i], float(rng.uniform(0.1, 0.5)))
        else:
            height, width = (side * rng.uniform(0.3, 0.8, size=2)).astype(int)
            top, left = rng.integers(side - height), rng.integers(side - width)
            part = (..., slice(top, top + height), slice(left, left + width))
            mixed[i][part] = others[i][part]
    return mixed
