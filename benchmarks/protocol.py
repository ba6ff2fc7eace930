"""What the harness and a contestant's process say to each other.

A driver is a long-lived process: it prepares once, says so, and then measures itself
once for every line that it is sent, so that contestants take turns without paying for
their start again. This file runs in both environments and needs the standard library
alone.
"""

import argparse
import json
import os
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TextIO, TypeAlias

__all__ = [
    "Figures",
    "Prepare",
    "Repeat",
    "Task",
    "add_task_options",
    "peak_mib",
    "serve",
    "task_from",
    "task_from_command_line",
]

Figures: TypeAlias = Mapping[str, float]
"""What one repeat measured. A name carries its unit: ``images/s``, ``peak MiB``."""

Repeat: TypeAlias = Callable[[], Figures]
"""Measures once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """What every contestant is given alike."""

    data: Path | None = None
    """Holds ``train/`` and ``valid/`` with a folder per class in each."""

    weights: Path | None = None
    """Pretrained weights of ``arch``, a safetensors file in torchvision's layout."""

    arch: str = "resnet18"
    size: int = 224
    batch_size: int = 64
    workers: int = 2
    steps: int = 10
    """Optimizer steps or tries of a repeat, where it is not a whole epoch."""

    epochs: int = 1
    """Unfrozen epochs, where a whole recipe is followed."""

    target: float = 0.96
    """Accuracy that a whole recipe is timed to, a share."""

    def flags(self) -> list[str]:
        """The command line that :func:`add_task_options` reads this task from."""
        given = ((each.name, getattr(self, each.name)) for each in fields(self))
        return [
            word
            for name, value in given
            if value is not None
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]

    @property
    def photos(self) -> Path:
        """The folder of photos, where there must be one."""
        return _given(self.data, "--data")

    @property
    def weights_file(self) -> Path:
        """The weights, where there must be some."""
        return _given(self.weights, "--weights")


Prepare: TypeAlias = Callable[[Task], Repeat]
"""Does what is not measured, and returns what is."""


def add_task_options(parser: argparse.ArgumentParser, usual: Task) -> None:
    """Let ``parser`` read a :class:`Task`."""
    add = parser.add_argument
    add("--data", type=Path, help="photos: train/ and valid/, a folder per class")
    add("--weights", type=Path, help="pretrained weights, safetensors")
    add("--arch", default=usual.arch, help="architecture (%(default)s)")
    add("--size", type=int, default=usual.size, help="pixels (%(default)s)")
    add("--batch-size", type=int, default=usual.batch_size, help="(%(default)s)")
    add("--workers", type=int, default=usual.workers, help="loaders (%(default)s)")
    add("--steps", type=int, default=usual.steps, help="of a repeat (%(default)s)")
    add("--epochs", type=int, default=usual.epochs, help="unfrozen (%(default)s)")
    add("--target", type=float, default=usual.target, help="accuracy (%(default)s)")


def task_from(options: argparse.Namespace) -> Task:
    """Collect what :func:`add_task_options` has read."""
    return Task(**{each.name: getattr(options, each.name) for each in fields(Task)})


def task_from_command_line() -> Task:
    """The task of a program that is no driver."""
    parser = argparse.ArgumentParser()
    add_task_options(parser, Task())
    return task_from(parser.parse_args())


def serve(tasks: Mapping[str, Prepare], arguments: Sequence[str] | None = None) -> None:
    """Be a driver: prepare, then answer every line with one line of JSON.

    What libraries print goes to the standard error.

    Args:
        tasks: What this driver can do, by name; the command line chooses.
        arguments: The command line; that of this process unless given.
    """
    parser = argparse.ArgumentParser(description="Waits for lines; see protocol.py.")
    parser.add_argument("what", choices=tasks)
    add_task_options(parser, Task())
    options = parser.parse_args(arguments)

    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    with answers:
        repeat = tasks[options.what](task_from(options))
        _answer(answers, {})
        for _ in sys.stdin:
            _answer(answers, {**repeat(), "peak MiB": peak_mib()})


def _answer(answers: TextIO, figures: Figures) -> None:
    answers.write(json.dumps(figures) + "\n")
    answers.flush()


def peak_mib() -> float:
    """The most memory that this process has held so far, without its children."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 2**20 if sys.platform == "darwin" else peak / 2**10


def _given(path: Path | None, option: str) -> Path:
    if path is None:
        raise SystemExit(f"error: {option} is missing.")
    return path
