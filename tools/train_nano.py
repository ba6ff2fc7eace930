"""Train the embedded backbone: the script that made unfreeze_nano.safetensors.

    python tools/train_nano.py DATA OUT

``DATA`` holds photos and the teacher:

    dogscats/train/<class>/*.jpg     photos of about 500 pixels
    rsscn7/train/<class>/*.jpg       aerial scenes of 256 pixels
    cifar10-subset.zip               train/<class>/*.jpg of 32 pixels
    weights/mobilenetv2_100.pth      timm's mobilenetv2_100, Apache-2.0

Validation splits, and all other folders, are never opened; labels are not used. The
student starts from the teacher's later layers. First its stem learns to draw the map
that those layers expect; then everything learns together to repeat the teacher's maps,
features and answers on random crops, half of them blends of two photos, all made as
they are needed ("Knowledge distillation: a good teacher is patient and consistent",
Beyer et al., 2022).

The same arguments give the same photos, crops and starting weights on every machine,
and the same result on the same machine with the same number of threads.
"""

import argparse
import copy
import hashlib
import io
import json
import math
import platform
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import timm
import torch
from PIL import Image, ImageEnhance
from safetensors.torch import save_file
from timm.models._efficientnet_blocks import DepthwiseSeparableConv
from torch import Tensor, nn
from torch.nn import functional
from torch.nn.utils.fusion import fuse_conv_bn_eval
from typing_extensions import override

from unfreeze.models.nano import PRETRAINED_CFG, UnfreezeNano
from unfreeze.numerics.keyed import Purpose, rng_for, torch_seed

FOLDERS = ("dogscats/train", "rsscn7/train")
ARCHIVE = "cifar10-subset.zip"
TEACHER = "weights/mobilenetv2_100.pth"

LARGE_PHOTO_SHARE = 0.6  # of a batch; the rest are the 32-pixel photos
SIDES = (96, 128, 96, 160)  # of a batch's crops, in turn, so that no size is special
MIXED_SHARE = 0.5
TEMPERATURE = 2.0

# The teacher's blocks that the student's stages begin as, and whose output they learn.
STEM_BLOCK = 2
STAGE_BLOCKS = (3, 4, 5)


@dataclass(frozen=True, kw_only=True, slots=True)
class Plan:
    """How long and how hard to train."""

    data: Path
    out: Path
    stem_epochs: int
    epochs: int
    steps_per_epoch: int
    batch_size: int
    stem_rate: float
    rate: float
    seed: int


@dataclass(frozen=True, slots=True)
class Photos:
    """Decoded photos, the large ones apart because they bear closer crops."""

    large: list[Image.Image]
    small: list[Image.Image]


@dataclass(frozen=True, slots=True)
class Maps:
    """What one network says about a batch.

    Letters: B images, C channels, h and w positions, K classes.
    """

    stages: list[Tensor]
    """Stem and stages, each B C h w."""

    final: Tensor
    """The teacher's last map, or the student's guess of it: B 1280 h w."""

    logits: Tensor
    """ImageNet's classes, B K."""


class Teacher(nn.Module):
    """MobileNetV2 with everything that the student is to repeat laid open."""

    def __init__(self, net: Any) -> None:
        super().__init__()
        self.net = copy.deepcopy(net)
        fold_norms(self.net)

    def stem_map(self, images: Tensor) -> Tensor:
        """Return the map at an eighth of the side, B 32 h w."""
        maps = self.net.bn1(self.net.conv_stem(images))
        return self.net.blocks[: STEM_BLOCK + 1](maps).float()

    @override
    def forward(self, images: Tensor) -> Maps:
        """Return maps of all depths and the logits."""
        maps = self.net.bn1(self.net.conv_stem(images))
        depths = []
        for block in self.net.blocks:
            maps = block(maps)
            depths.append(maps.float())
        final = self.net.bn2(self.net.conv_head(maps)).float()
        logits = self.net.classifier(final.mean((2, 3))).float()
        return Maps([depths[i] for i in (STEM_BLOCK, *STAGE_BLOCKS)], final, logits)


def read_teacher(path: Path) -> Any:
    """Read timm's mobilenetv2_100, frozen.

    "same" padding is how these weights were trained: with timm's default they lose
    nine points of ImageNet accuracy.
    """
    net = timm.create_model("mobilenetv2_100", pad_type="same")
    net.load_state_dict(torch.load(path, weights_only=True))
    return net.eval().requires_grad_(False).to(memory_format=torch.channels_last)


def fold_norms(net: Any) -> None:
    """Fold each batch norm into the convolution before it: a fifth faster."""
    names = (("conv_stem", "bn1"), ("conv_head", "bn2"), ("conv_pw", "bn1"))
    inverted = (*names, ("conv_dw", "bn2"), ("conv_pwl", "bn3"))
    separable = (("conv_dw", "bn1"), ("conv_pw", "bn2"))
    for module in net.modules():
        is_separable = isinstance(module, DepthwiseSeparableConv)
        for conv, norm in separable if is_separable else inverted:
            if conv in module._modules:
                folded = fuse_conv_bn_eval(
                    module.get_submodule(conv), module.get_submodule(norm)
                )
                module.set_submodule(conv, folded)
                module.set_submodule(norm, module.get_submodule(f"{norm}.act"))


class Pupil(nn.Module):
    """The student, with a throw-away layer that translates its last map."""

    def __init__(self, net: UnfreezeNano, teacher: Teacher) -> None:
        super().__init__()
        self.net = net
        self.translate = nn.Conv2d(net.num_features, teacher.net.num_features, 1)
        self.classifier = teacher.net.classifier

    @override
    def forward(self, images: Tensor) -> Maps:
        """Return maps of all depths, and logits through the teacher's classifier."""
        stages = [self.net.stem(images)]
        for stage in self.net.stages:
            stages.append(stage(stages[-1]))
        final = functional.relu(self.translate(self.net.final(stages[-1]))).float()
        logits = self.classifier(final.mean((2, 3))).float()
        return Maps([maps.float() for maps in stages], final, logits)


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
    images = (pixels.float() / 255 - channel("mean")) / channel("std")
    mixed = mix(images, rng)
    return mixed.contiguous(memory_format=torch.channels_last)


def channel(name: str) -> Tensor:
    """Return the ``mean`` or ``std`` of the student's record, 3 1 1."""
    return torch.tensor(PRETRAINED_CFG[name]).view(3, 1, 1)


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


def start_from_teacher(net: UnfreezeNano, teacher: Any) -> None:
    """Copy the teacher's blocks into the student's stages.

    The first stage is one block shorter than the teacher's.
    """
    stages: Any = net.stages
    for stage, number in zip(stages, STAGE_BLOCKS, strict=True):
        blocks = teacher.blocks[number][: len(stage)]
        for ours, theirs in zip(stage, blocks, strict=True):
            pairs = (
                (ours.widen, theirs.conv_pw, theirs.bn1),
                (ours.filter, theirs.conv_dw, theirs.bn2),
                (ours.narrow, theirs.conv_pwl, theirs.bn3),
            )
            for layer, conv, norm in pairs:
                layer.conv.load_state_dict(conv.state_dict())
                layer.norm.load_state_dict(norm.state_dict())


def map_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Squared error as a share of each channel's variance, averaged over channels."""
    error = (guess - truth).square().mean((0, 2, 3))
    return (error / (truth.var((0, 2, 3)) + 1e-3)).mean()


def answer_loss(guess: Tensor, truth: Tensor) -> Tensor:
    """Distance between two softened answers, in nats (Hinton et al., 2015)."""
    distance = functional.kl_div(
        functional.log_softmax(guess / TEMPERATURE, 1),
        functional.log_softmax(truth / TEMPERATURE, 1),
        reduction="batchmean",
        log_target=True,
    )
    return distance * TEMPERATURE**2


def total_loss(guess: Maps, truth: Maps) -> Tensor:
    """Add up what the student gets wrong, the last layers weighing most."""
    pairs = zip((0.25, 0.25, 0.5, 1.0), guess.stages, truth.stages, strict=True)
    inner = sum(weight * map_loss(ours, theirs) for weight, ours, theirs in pairs)
    return (
        inner
        + map_loss(guess.final, truth.final)
        + answer_loss(guess.logits, truth.logits)
    )


def rate_share(progress: float) -> float:
    """Climb for the first twentieth, then glide to zero along half a cosine."""
    if progress < 0.05:
        return progress / 0.05
    return (1 + math.cos(math.pi * (progress - 0.05) / 0.95)) / 2


def batches(plan: Plan, photos: Photos, phase: int, count: int) -> Iterator[Tensor]:
    """Draw the batches of one phase, each from its own generator."""
    for step in range(count):
        rng = rng_for(plan.seed, Purpose.AUGMENT, epoch=phase, row=step)
        yield draw_batch(photos, plan.batch_size, SIDES[step % len(SIDES)], rng)


def learn_stem(plan: Plan, photos: Photos, net: UnfreezeNano, teacher: Teacher) -> None:
    """Teach the stem to draw the teacher's map at an eighth of the side."""
    count = plan.stem_epochs * plan.steps_per_epoch
    optimizer = torch.optim.AdamW(net.stem.parameters(), weight_decay=0.02)
    report = Report("stem", plan.steps_per_epoch, plan.batch_size)
    for step, images in enumerate(batches(plan, photos, 0, count)):
        set_rate(optimizer, plan.stem_rate * rate_share(step / count))
        with torch.autocast("cpu", torch.bfloat16):
            truth = teacher.stem_map(images)
            guess = net.stem(images).float()
        loss = map_loss(guess, truth)
        learn(optimizer, loss)
        report.add(loss)


def learn_all(plan: Plan, photos: Photos, pupil: Pupil, teacher: Teacher) -> None:
    """Teach the whole student; save it after every epoch."""
    count = plan.epochs * plan.steps_per_epoch
    trained = [weights for weights in pupil.parameters() if weights.requires_grad]
    optimizer = torch.optim.AdamW(trained, weight_decay=0.02)
    report = Report("all", plan.steps_per_epoch, plan.batch_size)
    for step, images in enumerate(batches(plan, photos, 1, count)):
        set_rate(optimizer, plan.rate * rate_share(step / count))
        with torch.autocast("cpu", torch.bfloat16):
            truth = teacher(images)
            guess = pupil(images)
        loss = total_loss(guess, truth)
        learn(optimizer, loss)
        report.add(loss)
        if (step + 1) % plan.steps_per_epoch == 0:
            save(pupil.net, plan.out)


def set_rate(optimizer: torch.optim.Optimizer, rate: float) -> None:
    """Give every parameter the same learning rate."""
    for group in optimizer.param_groups:
        group["lr"] = rate


def learn(optimizer: torch.optim.Optimizer, loss: Tensor) -> None:
    """Take one step down, with gradients of norm 5 at most."""
    optimizer.zero_grad()
    loss.backward()
    for group in optimizer.param_groups:
        nn.utils.clip_grad_norm_(group["params"], 5.0)
    optimizer.step()


class Report:
    """Print the mean loss and the speed once an epoch."""

    def __init__(self, name: str, steps_per_epoch: int, batch_size: int) -> None:
        self._name = name
        self._steps_per_epoch = steps_per_epoch
        self._batch_size = batch_size
        self._losses: list[float] = []
        self._begun = time.monotonic()

    def add(self, loss: Tensor) -> None:
        """Count one step."""
        self._losses.append(loss.item())
        if len(self._losses) % self._steps_per_epoch == 0:
            recent = self._losses[-self._steps_per_epoch :]
            seconds = time.monotonic() - self._begun
            speed = len(self._losses) * self._batch_size / seconds
            print(
                f"{self._name}: step {len(self._losses)}, loss {np.mean(recent):.4f}, "
                f"{seconds:.0f} s, {speed:.0f} images/s",
                flush=True,
            )


def save(net: UnfreezeNano, out: Path) -> Path:
    """Write the weights in half precision."""
    halved = {
        name: values.half() if values.is_floating_point() else values
        for name, values in net.state_dict().items()
    }
    path = out / "unfreeze_nano.safetensors"
    contiguous = {name: values.contiguous() for name, values in halved.items()}
    part = path.with_suffix(".part")
    save_file(contiguous, part)
    part.replace(path)
    return path


def describe(plan: Plan, photos: Photos, path: Path, seconds: float) -> None:
    """Write beside the weights what they are and how they came about."""
    images = (plan.stem_epochs + plan.epochs) * plan.steps_per_epoch * plan.batch_size
    sources = [f"{name}/**" for name in FOLDERS] + [f"{ARCHIVE}: train/**"]
    record = {
        "sha256": hashlib.sha256(path.read_bytes()).hexdigest(),
        "bytes": path.stat().st_size,
        "parameters": sum(p.numel() for p in UnfreezeNano(0).parameters()),
        "license": PRETRAINED_CFG["license"],
        "teacher": Path(TEACHER).name,
        "photos": {
            "sources": sources,
            "large": len(photos.large),
            "small": len(photos.small),
        },
        "settings": {
            "stem_epochs": plan.stem_epochs,
            "epochs": plan.epochs,
            "steps_per_epoch": plan.steps_per_epoch,
            "batch_size": plan.batch_size,
            "stem_rate": plan.stem_rate,
            "rate": plan.rate,
            "seed": plan.seed,
        },
        "compute": {
            "crops": images,
            "seconds": round(seconds),
            "threads": torch.get_num_threads(),
        },
        "versions": {
            "python": platform.python_version(),
            "torch": torch.__version__,
            "timm": timm.__version__,
            "pillow": PIL.__version__,
            "numpy": np.__version__,
        },
    }
    path.with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n")


def train(plan: Plan) -> None:
    """Run both phases and leave weights and their description in ``plan.out``."""
    begun = time.monotonic()
    plan.out.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(torch_seed(plan.seed, Purpose.BACKBONE))
    photos = read_photos(plan.data)
    print(f"{len(photos.large)} large photos, {len(photos.small)} small", flush=True)
    original = read_teacher(plan.data / TEACHER)
    teacher = Teacher(original)
    net = UnfreezeNano(num_classes=0).to(memory_format=torch.channels_last)
    start_from_teacher(net, original)
    pupil = Pupil(net, teacher).to(memory_format=torch.channels_last)
    learn_stem(plan, photos, net, teacher)
    learn_all(plan, photos, pupil, teacher)
    describe(plan, photos, save(net, plan.out), time.monotonic() - begun)


def read_arguments() -> Plan:
    """Turn the command line into a plan."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, help="photos and the teacher's weights")
    parser.add_argument("out", type=Path, help="where the weights go")
    parser.add_argument("--stem-epochs", type=int, default=20)
    parser.add_argument("--epochs", type=int, default=40)
    parser.add_argument("--steps-per-epoch", type=int, default=100)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--stem-rate", type=float, default=4e-3)
    parser.add_argument("--rate", type=float, default=1e-3)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    arguments = vars(parser.parse_args())
    torch.set_num_threads(arguments.pop("threads"))
    return Plan(**arguments)


if __name__ == "__main__":
    train(read_arguments())
