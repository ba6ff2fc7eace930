"""Mirrors benchmarks/protocol.py."""

import argparse
from pathlib import Path

import pytest

from benchmarks.protocol import Task, add_task_options, task_from


def read(flags: list[str]) -> Task:
    parser = argparse.ArgumentParser()
    add_task_options(parser, Task())
    return task_from(parser.parse_args(flags))


@pytest.mark.parametrize(
    "task",
    [
        Task(),
        Task(data=Path("a b"), weights=Path("w"), arch="x", size=32, batch_size=3),
        Task(workers=0, steps=7, epochs=2, target=0.5),
    ],
)
def test_a_task_survives_the_command_line(task: Task) -> None:
    assert read(task.flags()) == task


def test_missing_photos_are_named_by_their_option() -> None:
    with pytest.raises(SystemExit, match="--data is missing"):
        _ = Task().photos
