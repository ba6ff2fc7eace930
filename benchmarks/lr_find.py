"""The learning-rate finder."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import more_than
from benchmarks.protocol import Task

BENCHMARK = Benchmark(
    name="lr_find",
    about=(
        "A sweep of the head's rate over batches of augmented photos, of --steps "
        "batches at most. Both end a sweep early when the loss explodes, each by its "
        "own rule, so steps per second are compared. Both put the weights back."
    ),
    contestants=[ours("learning.lr_find"), peer("fastai", "fastai_driver.lr_find")],
    goals=[more_than("fastai", "steps/s")],
    usual=Task(steps=100),
    repeats=3,
)

if __name__ == "__main__":
    BENCHMARK.main()
