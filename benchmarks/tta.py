"""Test-time augmentation of the validation photos."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import less_time_than

BENCHMARK = Benchmark(
    name="tta",
    about=(
        "Seconds to answer for all validation photos by the plain photo and four "
        "augmented views of it. Everybody in its own default number format."
    ),
    contestants=[ours("answering.tta"), peer("fastai", "fastai_driver.tta")],
    goals=[less_time_than("fastai", "seconds")],
)

if __name__ == "__main__":
    BENCHMARK.main()
