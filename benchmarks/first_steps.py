"""From the shell to a trained head: our first three steps, fastai's first epoch."""

from benchmarks.benchmark import Benchmark
from benchmarks.harness import OURS, Goal
from benchmarks.programs import HALF_SIDE, fine_tune, train


def _beside_frozen_epoch(name: str, before: str = "") -> list[Goal]:
    return [
        Goal(
            name=f"{before}seconds: times less than fastai's frozen epoch",
            over=("fastai", "seconds of frozen epoch"),
            under=(name, "seconds"),
            at_least=8.0,
        ),
        Goal(
            name=f"{before}accuracy: times fastai's after it",
            over=(name, "accuracy"),
            under=("fastai", "accuracy of frozen epoch"),
            at_least=1.0,
        ),
    ]


BENCHMARK = Benchmark(
    name="first_steps",
    about=(
        "Seconds from the start of the process, on photos that it has never seen: our "
        "steps 1 to 3 (recipe quick) to the end of the process, with the measuring "
        "after them, and the same on photos of half the side; fastai to the end of its "
        "frozen epoch, and of an unfrozen epoch after it. A speed counts only at an "
        "accuracy that is no lower."
    ),
    contestants=[train("quick"), train("quick", at_half_side=True), fine_tune()],
    goals=[
        *_beside_frozen_epoch(OURS),
        *_beside_frozen_epoch(HALF_SIDE, "half the side, "),
        Goal(
            name="seconds: times less than with an unfrozen epoch",
            over=("fastai", "seconds"),
            under=(OURS, "seconds"),
        ),
        Goal(
            name="accuracy: times fastai's after that",
            over=(OURS, "accuracy"),
            under=("fastai", "accuracy"),
        ),
    ],
    repeats=3,
)

if __name__ == "__main__":
    BENCHMARK.main()
