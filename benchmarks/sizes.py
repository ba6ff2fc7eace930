"""Whether step 8 may begin with smaller photos: what that saves, and what it costs.

Not a race: all contestants are ours, and each repeat has a seed of its own.
"""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours
from benchmarks.harness import Goal

_FULL = "full size"
_SHARES = {"smaller_1": "5/7 of the size, 1 epoch of 3", "smaller_2": "2 epochs of 3"}


def _over_full(name: str, figure: str) -> Goal:
    return Goal(
        name=f"{figure}: {name} / {_FULL}",
        over=(name, figure),
        under=(_FULL, figure),
    )


BENCHMARK = Benchmark(
    name="sizes",
    about=(
        "Three epochs of the whole network behind a head that was trained on stored "
        "activations: all at full size, or the first one or two on photos of 5/7 of "
        "the side (224: 160) and the rest at full size. Accuracy and log loss (nats) "
        "on the validation photos at full size after the last epoch; seconds of the "
        "three epochs and the change between sizes. Each repeat has another seed, the "
        "same for all."
    ),
    contestants=[
        ours("sizes.full", _FULL),
        *(ours(f"sizes.{task}", name) for task, name in _SHARES.items()),
    ],
    goals=[
        _over_full(name, figure)
        for figure in ("accuracy", "log loss", "seconds")
        for name in _SHARES.values()
    ],
    repeats=3,
)

if __name__ == "__main__":
    BENCHMARK.main()
