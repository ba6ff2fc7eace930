"""From nothing to a prompt: imports and ``--help``."""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import Program
from benchmarks.harness import OURS, Goal

BENCHMARK = Benchmark(
    name="startup",
    about="Seconds of whole processes, started cold from the shell.",
    contestants=[
        Program(name="python", arguments=lambda task, out: ["-c", "pass"]),
        Program(name=OURS, arguments=lambda task, out: ["-c", "import unfreeze"]),
        Program(
            name="unfreeze --help",
            arguments=lambda task, out: ["-m", "unfreeze", "--help"],
        ),
        Program(
            name="ConvLearner",
            arguments=lambda task, out: ["-c", "from unfreeze import ConvLearner"],
        ),
        Program(
            name="fastai",
            arguments=lambda task, out: ["-c", "import fastai.vision.all"],
            is_peer=True,
        ),
    ],
    goals=[
        Goal(
            name="unfreeze --help, seconds",
            over=("unfreeze --help", "seconds"),
            at_most=0.3,
        ),
        Goal(
            name="ConvLearner: times less than fastai",
            over=("fastai", "seconds"),
            under=("ConvLearner", "seconds"),
        ),
    ],
    needs_photos=False,
)

if __name__ == "__main__":
    BENCHMARK.main()
