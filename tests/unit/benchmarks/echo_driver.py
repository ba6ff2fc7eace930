"""A driver for the tests: prints where it should not, and counts its turns."""

import itertools

from benchmarks.protocol import Figures, Repeat, Task, serve


def count(task: Task) -> Repeat:
    """Measure 1, 2, 3, ... times the size of the task."""
    print("a library says hello")
    turns = itertools.count(1)

    def repeat() -> Figures:
        print("and goes on")
        return {"turns": task.size * next(turns)}

    return repeat


def fail(task: Task) -> Repeat:
    """Break down while preparing."""
    raise RuntimeError(f"no {task.arch} today")


if __name__ == "__main__":
    serve({"count": count, "fail": fail})
