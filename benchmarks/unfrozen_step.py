"""Our training step against the same step written by hand."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import OURS, Goal, more_than

BENCHMARK = Benchmark(
    name="unfrozen_step",
    about=(
        "Steps of all layers on one batch of 8-bit pixels that is there already: ours, "
        "and a minimal loop in plain PyTorch, both in bf16 and channels_last, with "
        "the same network, head and optimizer. Memory is the most that each process "
        "has held, its libraries among it."
    ),
    contestants=[ours("stepping.step"), peer("by hand", "torch_driver.step")],
    goals=[
        more_than("by hand", "images/s", at_least=0.97),
        Goal(
            name="peak MiB: times by hand",
            over=(OURS, "peak MiB"),
            under=("by hand", "peak MiB"),
            at_most=1.15,
        ),
    ],
)

if __name__ == "__main__":
    BENCHMARK.main()
