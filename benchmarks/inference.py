"""Answers of a trained model: one photo, and many."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import less_time_than, more_than
from benchmarks.protocol import Task

BENCHMARK = Benchmark(
    name="inference",
    about=(
        "From a file to probabilities: milliseconds for one photo at a time (--steps "
        "of them), and photos per second for all validation photos in one call. "
        "Beside it, prepared arrays through the model alone. In plain PyTorch the same "
        "network without anything around it, in fp32; the others in their own default "
        "number format."
    ),
    contestants=[
        ours("answering.answers"),
        peer("fastai", "fastai_driver.answers"),
        peer("plain torch", "torch_driver.answers"),
    ],
    goals=[
        less_time_than("fastai", "ms a photo"),
        more_than("fastai", "images/s"),
        less_time_than("plain torch", "ms a photo"),
        more_than("plain torch", "images/s"),
        more_than("plain torch", "images/s of arrays"),
    ],
    usual=Task(steps=50),
)

if __name__ == "__main__":
    BENCHMARK.main()
