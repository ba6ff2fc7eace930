"""One epoch in which every layer learns, with augmentation."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import less_time_than

BENCHMARK = Benchmark(
    name="unfrozen_epoch",
    about=(
        "Seconds of an epoch that trains all layers on augmented photos, batch-norm "
        "statistics among them, and of measuring on the validation photos after it. "
        "Everybody in its own default number format."
    ),
    contestants=[
        ours("learning.unfrozen"),
        peer("fastai", "fastai_driver.unfrozen"),
        peer("torchvision", "torch_driver.unfrozen"),
        peer("lightning", "lightning_driver.unfrozen"),
    ],
    goals=[
        less_time_than("fastai", "seconds", at_least=2.2),
        less_time_than("torchvision", "seconds"),
        less_time_than("lightning", "seconds"),
    ],
)

if __name__ == "__main__":
    BENCHMARK.main()
