"""The processes that compete: drivers that wait for their turn, and whole programs."""

import abc
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, final

from typing_extensions import override

from benchmarks.harness import OURS
from benchmarks.photos import fresh_photos
from benchmarks.protocol import Figures, Repeat, Task

__all__ = [
    "REPOSITORY",
    "Contestant",
    "ContestantError",
    "Driver",
    "Milestone",
    "Program",
    "Room",
    "ours",
    "peer",
]

REPOSITORY = Path(__file__).parents[1]
_LOG_LINES = 15
_SECONDS_TO_END = 30


class ContestantError(Exception):
    """A contestant ended, or said something else than agreed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """Where contestants run."""

    peers_python: Path
    """Interpreter of the peers' environment."""

    cache: Path
    """Takes what we would keep in the user's cache folder."""

    def python(self, is_peer: bool) -> str:
        """The interpreter of a side."""
        return str(self.peers_python) if is_peer else sys.executable

    def environment(self) -> dict[str, str]:
        """Variables of a contestant's process."""
        return {
            **os.environ,
            "PYTHONPATH": str(REPOSITORY / "src"),
            "UNFREEZE_CACHE": str(self.cache),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Contestant(abc.ABC):
    """Somebody who takes part."""

    name: str
    is_peer: bool = False

    @abc.abstractmethod
    def entered(self, task: Task, room: Room) -> AbstractContextManager[Repeat]:
        """Prepare, and yield what measures once."""


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Driver(Contestant):
    """A process that prepares once and then takes turns; see ``protocol``."""

    module: str
    what: str

    @override
    @contextmanager
    def entered(self, task: Task, room: Room) -> Iterator[Repeat]:
        command = [room.python(self.is_peer), "-m", self.module, self.what]
        with (
            tempfile.TemporaryFile("w+") as log,
            subprocess.Popen(
                [*command, *task.flags()],
                cwd=REPOSITORY,
                env=room.environment(),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            try:
                self._answer_of(process, log)  # prepared
                yield lambda: self._measured(process, log)
            finally:
                _end(process)

    def _measured(self, process: subprocess.Popen[str], log: IO[str]) -> Figures:
        if process.stdin is not None and process.poll() is None:
            process.stdin.write("go\n")
            process.stdin.flush()
        return self._answer_of(process, log)

    def _answer_of(self, process: subprocess.Popen[str], log: IO[str]) -> Figures:
        line = process.stdout.readline() if process.stdout else ""
        if not line:
            raise ContestantError(_last_words(self.name, process.wait(), log))
        answer: Figures = json.loads(line)
        return answer


def ours(what: str, name: str = OURS) -> Driver:
    """A driver of our side, given as ``module.task``."""
    module, task = what.split(".")
    return Driver(name=name, module=f"benchmarks.ours.{module}", what=task)


def peer(name: str, what: str) -> Driver:
    """A driver of the other side, given as ``module.task``."""
    module, task = what.split(".")
    return Driver(
        name=name, module=f"benchmarks.peers.{module}", what=task, is_peer=True
    )


@dataclass(frozen=True, slots=True)
class Milestone:
    """A line that a program printed on the way."""

    seconds: float
    """Since the program was started."""

    figures: Figures


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Program(Contestant):
    """A program that is started anew for every repeat, on photos fresh to it."""

    arguments: Callable[[Task, Path], Sequence[str]]
    """What follows the interpreter, given the task and an empty folder to write to."""

    figures: Callable[[Task, Sequence[Milestone], Path], Figures] | None = None
    """Reads what the program has said and written; None takes the seconds to its end.
    The last milestone is that end."""

    @override
    @contextmanager
    def entered(self, task: Task, room: Room) -> Iterator[Repeat]:
        yield lambda: self._measured(task, room)

    def _measured(self, task: Task, room: Room) -> Figures:
        with tempfile.TemporaryDirectory(prefix="bench-out-") as name:
            out = Path(name)
            if task.data is None:
                milestones = self._run(task, room, out)
            else:
                with fresh_photos(task.data) as photos:
                    milestones = self._run(replace(task, data=photos), room, out)
            if self.figures is None:
                return {"seconds": milestones[-1].seconds}
            return self.figures(task, milestones, out)

    def _run(self, task: Task, room: Room, out: Path) -> list[Milestone]:
        command = [room.python(self.is_peer), *self.arguments(task, out)]
        began = time.perf_counter()
        with (
            tempfile.TemporaryFile("w+") as log,
            subprocess.Popen(
                command,
                cwd=REPOSITORY,
                env={**room.environment(), "UNFREEZE_CACHE": str(out / "cache")},
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
            ) as process,
        ):
            milestones = [
                Milestone(time.perf_counter() - began, json.loads(line))
                for line in process.stdout or ()
                if line.startswith("{")
            ]
            if code := process.wait():
                raise ContestantError(_last_words(self.name, code, log))
        return [*milestones, Milestone(time.perf_counter() - began, {})]


def _end(process: subprocess.Popen[str]) -> None:
    """Let a driver run out of lines; if it does not end then, end it."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(_SECONDS_TO_END)
    except subprocess.TimeoutExpired:
        process.kill()


def _last_words(name: str, code: int, log: IO[str]) -> str:
    log.seek(0)
    words = "".join(log.readlines()[-_LOG_LINES:])
    return f"{name} ended with exit code {code}. Its last words:\n{words}"
