"""Whole programs from the shell: our ``train`` command, and fastai's ``fine_tune``."""

import itertools
import json
import math
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.contestants import Milestone, Program
from benchmarks.harness import OURS
from benchmarks.protocol import Figures, Task

__all__ = ["HALF_SIDE", "fine_tune", "first_reaching", "train"]

HALF_SIDE = f"{OURS}, half the side"


def train(recipe: str, *, at_half_side: bool = False) -> Program:
    """``unfreeze train`` with a recipe, into a fresh run folder.

    At half the side, photos have a quarter of the pixels that the others see.
    """

    def arguments(task: Task, out: Path) -> list[str]:
        return [
            *("-m", "unfreeze", "train", str(task.photos)),
            *("--arch", task.arch, "--weights", str(task.weights_file)),
            *("--size", str(task.size // 2 if at_half_side else task.size)),
            *("--batch-size", str(task.batch_size)),
            *("--num-workers", str(task.workers)),
            *("--recipe", recipe, "--out", str(out / "run")),
        ]

    name = HALF_SIDE if at_half_side else OURS
    return Program(name=name, arguments=arguments, figures=_of_our_run)


def fine_tune() -> Program:
    """fastai: one frozen epoch, then ``--epochs`` unfrozen ones."""
    return Program(
        name="fastai",
        arguments=lambda task, out: [
            *("-m", "benchmarks.peers.fastai_program"),
            *task.flags(),
        ],
        figures=_of_fine_tune,
        is_peer=True,
    )


def first_reaching(target: float, scores: Iterable[tuple[float, float]]) -> float:
    """Seconds of the first of (seconds, accuracy) that is good enough, else infinity.

    Example:
        >>> first_reaching(0.9, [(1.0, 0.8), (2.0, 0.95), (3.0, 0.97)])
        2.0
    """
    return min(
        (seconds for seconds, each in scores if each >= target), default=math.inf
    )


def _of_our_run(task: Task, milestones: Sequence[Milestone], out: Path) -> Figures:
    summary: dict[str, Any] = json.loads((out / "run/summary.json").read_text())
    seconds = milestones[-1].seconds
    steps = summary["steps"]
    ends = itertools.accumulate(each["seconds"] for each in steps)
    before = seconds - summary["seconds"]  # Python's own start
    scores = [
        (before + end, step["accuracy"])
        for end, step in zip(ends, steps, strict=True)
        if step["accuracy"] is not None
    ]
    return {
        "seconds": seconds,
        "accuracy": summary["accuracy"],
        "seconds to target": first_reaching(task.target, scores),
    }


def _of_fine_tune(task: Task, milestones: Sequence[Milestone], out: Path) -> Figures:
    del out
    scores = [(each.seconds, each.figures["accuracy"]) for each in milestones[:-1]]
    seconds, accuracy = zip(*scores, strict=True)
    return {
        "seconds": seconds[-1],
        "accuracy": accuracy[-1],
        "seconds of frozen epoch": seconds[0],
        "accuracy of frozen epoch": accuracy[0],
        "seconds to target": first_reaching(task.target, scores),
    }
