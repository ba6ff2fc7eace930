"""The eight steps against fastai's ``fine_tune``."""

from benchmarks.benchmark import Benchmark
from benchmarks.harness import less_time_than, more_than
from benchmarks.programs import fine_tune, train
from benchmarks.protocol import Task

BENCHMARK = Benchmark(
    name="whole_recipe",
    about=(
        "Seconds from the start of the process to the end of the eight steps, and of "
        "fine_tune with --epochs unfrozen epochs; to an accuracy of --target on the "
        "validation photos (ours looked at after each step, fastai's after each "
        "epoch; inf where it was not reached); and the accuracy at the end."
    ),
    contestants=[train("eight-steps"), fine_tune()],
    goals=[
        less_time_than("fastai", "seconds to target"),
        less_time_than("fastai", "seconds"),
        more_than("fastai", "accuracy"),
    ],
    usual=Task(epochs=3),
    repeats=2,
)

if __name__ == "__main__":
    BENCHMARK.main()
