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
import hashlib
import json
import math
import platform
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import PIL
import timm
import torch
from nano_crops import ARCHIVE, FOLDERS, Photos, draw_batch, read_photos
from nano_teacher import (
    Pupil,
    Teacher,
    map_loss,
    read_teacher,
    start_from_teacher,
    total_loss,
)
from safetensors.torch import save_file
from torch import Tensor, nn

from unfreeze.models.nano import PRETRAINED_CFG, UnfreezeNano
from unfreeze.numerics.keyed import Purpose, rng_for, torch_seed

TEACHER = "weights/mobilenetv2_100.pth"
SIDES = (96, 128, 96, 160)  # of the crops of successive batches: no size is special


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
    part = path.with_suffix(".part")
    save_file({name: values.contiguous() for name, values in halved.items()}, part)
    part.chmod(0o644)  # it is made for its owner alone
    part.replace(path)
    return path


def describe(plan: Plan, photos: Photos, path: Path, seconds: float) -> None:
    """Write beside the weights what they are and how they came about."""
    images = (plan.stem_epochs + plan.epochs) * plan.steps_per_epoch * plan.batch_size
    settings = asdict(plan)
    del settings["data"], settings["out"]
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
        "settings": settings,
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
