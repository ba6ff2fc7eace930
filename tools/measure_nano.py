"""Measure the embedded backbone: how good its frozen features are, and how fast.

    python tools/measure_nano.py DATA WEIGHTS

Trains a logistic regression on the frozen features of each photo set's training split,
scores it on the validation split, and does the same with untrained networks of the
same shape. ``DATA`` holds ``<set>/{train,valid}/<class>/*``. The figures are printed as
the tables of the model card.
"""

import argparse
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import timm
import torch
from safetensors.torch import load_file
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from torch import Tensor

from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import preprocess
from unfreeze.data.index import index_folder
from unfreeze.data.screen import screen
from unfreeze.data.splits import stratified_split
from unfreeze.models.heads import ConcatPool
from unfreeze.models.nano import UnfreezeNano
from unfreeze.numerics.keyed import Purpose, torch_seed
from unfreeze.records import ImageSpec

SETS = ("hymenoptera", "chestxray", "digits", "dogscats", "rsscn7")
SIZES = (64, 96, 128, 160, 224)
UNTRAINED_SEEDS = (0, 1, 2)
BATCH_SIZE = 32
REGULARISATION = 0.01  # scikit-learn's C: standardised features outnumber the images

Split = tuple[list[np.ndarray], np.ndarray]


def read_folders(root: Path, size: int) -> tuple[Split, Split]:
    """Read both splits of a folder tree as squares, leaving out damaged files."""
    classes = index_folder(root / "train").classes
    return read_split(root / "train", classes, size), read_split(
        root / "valid", classes, size
    )


def read_split(folder: Path, classes: tuple[str, ...], size: int) -> Split:
    """Read one split, each image S S 3."""
    index = screen(index_folder(folder, classes), None, num_workers=1).index
    spec = ImageSpec(size=size)
    images = [preprocess(root_path, spec) for root_path in map(Path, index.sources)]
    return images, np.asarray(index.labels)


def read_digits(size: int) -> tuple[Split, Split]:
    """Enlarge scikit-learn's digits of 8 x 8 pixels; one in five is held out."""
    digits, labels = load_digits(return_X_y=True)
    greys = np.rint(digits.reshape(-1, 8, 8) * (255 / 16)).astype(np.uint8)
    spec = ImageSpec(size=size, interpolation="bicubic")
    train, valid = (
        ([preprocess(greys[row], spec) for row in rows], labels[rows])
        for rows in stratified_split(labels, fraction=0.2, seed=0)
    )
    return train, valid


def features_of(net: UnfreezeNano, images: list[np.ndarray]) -> np.ndarray:
    """Compute the pooled features, N 2D, in bfloat16 as the library does on a CPU."""
    pool = ConcatPool()
    spec = ImageSpec(size=images[0].shape[0])
    parts = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for start in range(0, len(images), BATCH_SIZE):
            pixels = torch.from_numpy(np.stack(images[start : start + BATCH_SIZE]))
            parts.append(pool(net.forward_features(normalise(pixels, spec))).float())
    return torch.cat(parts).numpy()


def accuracy(net: UnfreezeNano, train: Split, valid: Split) -> float:
    """Score a linear classifier on frozen features, 0 to 1."""
    classifier = make_pipeline(
        StandardScaler(), LogisticRegression(C=REGULARISATION, max_iter=2000)
    )
    classifier.fit(features_of(net, train[0]), train[1])
    return float(classifier.score(features_of(net, valid[0]), valid[1]))


def trained(weights: Path) -> UnfreezeNano:
    """Build the network with its weights."""
    net = UnfreezeNano(num_classes=0)
    net.load_state_dict(load_file(weights))
    return net.eval().to(memory_format=torch.channels_last)


def untrained(seed: int) -> UnfreezeNano:
    """Build a network of the same shape with random weights."""
    torch.manual_seed(torch_seed(seed, Purpose.BACKBONE))
    net = UnfreezeNano(num_classes=0)
    return net.eval().to(memory_format=torch.channels_last)


def images_per_second(compute: Callable[[Tensor], Tensor], size: int) -> float:
    """Time the forward pass in bfloat16, the best of eight batches of 32."""
    images = torch.randn(BATCH_SIZE, 3, size, size).contiguous(
        memory_format=torch.channels_last
    )
    seconds = []
    with torch.inference_mode(), torch.autocast("cpu", torch.bfloat16):
        for _ in range(10):
            begun = time.perf_counter()
            compute(images)
            seconds.append(time.perf_counter() - begun)
    return BATCH_SIZE / min(seconds[2:])


def print_accuracies(data: Path, net: UnfreezeNano, sizes: tuple[int, ...]) -> None:
    """Print accuracy by set and size, trained and untrained."""
    others = [untrained(seed) for seed in UNTRAINED_SEEDS]
    print("| set | size | trained | untrained |\n|---|---|---|---|")
    for name in SETS:
        for size in sizes:
            train, valid = (
                read_digits(size)
                if name == "digits"
                else read_folders(data / name, size)
            )
            ours = accuracy(net, train, valid)
            mean = np.mean([accuracy(other, train, valid) for other in others])
            print(f"| {name} | {size} | {ours:.3f} | {mean:.3f} |", flush=True)


def print_speeds(net: UnfreezeNano, sizes: tuple[int, ...]) -> None:
    """Print speed by size beside two networks of timm."""
    names = ("resnet18", "mobilenetv2_100")
    rivals = [
        timm.create_model(name).eval().to(memory_format=torch.channels_last)
        for name in names
    ]
    print(f"| size | unfreeze_nano | {' | '.join(names)} |\n|---|---|---|---|")
    for size in sizes:
        nets: list[Any] = [net, *rivals]
        speeds = [images_per_second(each.forward_features, size) for each in nets]
        print(f"| {size} | {' | '.join(f'{s:.0f}' for s in speeds)} |", flush=True)


def main() -> None:
    """Read the command line and print both tables."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("data", type=Path, help="folder of the photo sets")
    parser.add_argument("weights", type=Path, help="unfreeze_nano.safetensors")
    parser.add_argument("--sizes", type=int, nargs="+", default=SIZES)
    parser.add_argument("--threads", type=int, default=1, help="CPU threads of torch")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    net = trained(arguments.weights)
    print_accuracies(arguments.data, net, tuple(arguments.sizes))
    print_speeds(net, tuple(arguments.sizes))


if __name__ == "__main__":
    main()
