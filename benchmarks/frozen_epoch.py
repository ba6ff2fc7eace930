"""One epoch of a new head on a frozen backbone, with augmentation."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import less_time_than

BENCHMARK = Benchmark(
    name="frozen_epoch",
    about=(
        "Seconds of an epoch that trains the head alone on augmented photos, and of "
        "measuring on the validation photos after it. Everybody in its own default "
        "number format. Our first round also decodes the photos, as everybody else "
        "does in every round."
    ),
    contestants=[
        ours("learning.frozen"),
        peer("fastai", "fastai_driver.frozen"),
        peer("torchvision", "torch_driver.frozen"),
        peer("lightning", "lightning_driver.frozen"),
    ],
    goals=[
        less_time_than("fastai", "seconds", at_least=6.0),
        less_time_than("torchvision", "seconds"),
        less_time_than("lightning", "seconds"),
    ],
)

if __name__ == "__main__":
    BENCHMARK.main()
