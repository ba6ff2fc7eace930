"""One epoch of a head on stored activations."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import OURS, Goal, less_time_than

BENCHMARK = Benchmark(
    name="head_epoch",
    about=(
        "Seconds of an epoch (of five in a row, as a head is trained) of our head and "
        "optimizer on 3,000 stored rows of 1,024 random numbers, without and with "
        "measuring on 1,000 more; and the same epoch as a minimal loop in plain "
        "PyTorch."
    ),
    contestants=[ours("stepping.head"), peer("by hand", "torch_driver.head")],
    goals=[
        Goal(name="seconds", over=(OURS, "seconds"), at_most=0.1),
        less_time_than("by hand", "seconds"),
    ],
    needs_photos=False,
)

if __name__ == "__main__":
    BENCHMARK.main()
