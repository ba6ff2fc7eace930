"""When stored augmented views can stand for fresh augmentation, and at which cost.

Not a race: all contestants are ours, and each repeat has a seed of its own.
"""

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours
from benchmarks.harness import Goal

_FRESH = "plain, then fresh"
_COUNTS = (2, 4, 8)
_AFTER = [f"plain, then {count} views" for count in _COUNTS]
_INSTEAD = [f"{count} views" for count in _COUNTS]


def _over_fresh(name: str, figure: str) -> Goal:
    return Goal(
        name=f"{figure}: {name} / {_FRESH}",
        over=(name, figure),
        under=(_FRESH, figure),
    )


BENCHMARK = Benchmark(
    name="views",
    about=(
        "A head on a frozen backbone: trained on stored activations of plain photos "
        "(step 3), and then once more (plain twice), for two epochs of fresh "
        "augmentation (step 4), or on stored views; or on stored views from the "
        "start. Whatever is stored trains for as many epochs as step 3. Accuracy and "
        "log loss (nats) on the plain validation photos after the last epoch; seconds "
        "with storing and the search for a rate. Each repeat has another seed, the "
        "same for all."
    ),
    contestants=[
        ours("views.plain", "plain"),
        ours("views.twice", "plain twice"),
        ours("views.fresh", _FRESH),
        *(
            ours(f"views.after_{count}", name)
            for count, name in zip(_COUNTS, _AFTER, strict=True)
        ),
        *(
            ours(f"views.instead_{count}", name)
            for count, name in zip(_COUNTS, _INSTEAD, strict=True)
        ),
    ],
    goals=[
        _over_fresh(name, figure)
        for figure in ("accuracy", "log loss", "seconds")
        for name in ("plain", "plain twice", *_AFTER, *_INSTEAD)
    ],
    repeats=3,
)

if __name__ == "__main__":
    BENCHMARK.main()
