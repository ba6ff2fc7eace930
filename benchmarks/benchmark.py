"""A benchmark: who competes in what, for which goals, and its command line."""

import argparse
import sys
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from benchmarks.contestants import REPOSITORY, Contestant, ContestantError, Room
from benchmarks.harness import Goal, Round, alternate
from benchmarks.machine import hardware
from benchmarks.photos import fresh_photos
from benchmarks.protocol import Figures, Task, add_task_options, task_from
from benchmarks.publishing import Measurement

__all__ = ["Benchmark"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Benchmark:
    """What one script measures."""

    name: str
    about: str
    contestants: Sequence[Contestant]
    goals: Sequence[Goal] = ()
    usual: Task = field(default_factory=Task)
    """Settings where the command line has none."""

    repeats: int = 5
    needs_photos: bool = True
    needs_weights: bool = True
    """Besides photos; without, networks begin with random weights."""

    def main(self, arguments: Sequence[str] | None = None) -> None:
        """Read the command line, measure, print the report and write it."""
        options = self._parser().parse_args(arguments)
        task = self._given_task(options)
        chosen = self._chosen(options.only)
        _require_peers(chosen, options.peers)
        on_what = hardware()  # before we load the machine ourselves
        try:
            rounds = self._rounds(task, chosen, options)
        except ContestantError as error:
            raise SystemExit(f"error: {error}") from error
        measurement = Measurement(
            benchmark=self.name,
            about=self.about,
            goals=self.goals,
            task={**asdict(task), "photos of each class at most": options.limit},
            repeats=options.repeats,
            hardware=on_what,
            interpreters={"ours": sys.executable, "peers": str(options.peers)},
        )
        measurement.publish(rounds, options.json)

    def _given_task(self, options: argparse.Namespace) -> Task:
        """Refuse what every contestant would stumble over."""
        task = task_from(options)
        if not self.needs_photos:
            return replace(task, data=None, weights=None)
        if not self.needs_weights:
            return replace(task, weights=None)
        if not task.weights_file.is_file():
            raise SystemExit(f"error: there is no file {task.weights_file}.")
        return task

    def _rounds(
        self, task: Task, chosen: Sequence[Contestant], options: argparse.Namespace
    ) -> list[Round]:
        with ExitStack() as stack:
            enter = stack.enter_context
            cache = enter(tempfile.TemporaryDirectory(prefix="bench-cache-"))
            room = Room(peers_python=options.peers, cache=Path(cache))
            if self.needs_photos:
                photos = enter(fresh_photos(task.photos, options.limit))
                task = replace(task, data=photos)
            ready = {each.name: enter(each.entered(task, room)) for each in chosen}
            return alternate(ready, options.repeats, _say)

    def _chosen(self, names: str | None) -> list[Contestant]:
        known = {each.name: each for each in self.contestants}
        wanted = list(known) if names is None else names.split(",")
        if unknown := [name for name in wanted if name not in known]:
            raise SystemExit(f"error: no contestants {unknown}; there are {[*known]}.")
        return [known[name] for name in wanted]

    def _parser(self) -> argparse.ArgumentParser:
        parser = argparse.ArgumentParser(
            prog=f"python -m benchmarks.{self.name}", description=self.about
        )
        add_task_options(parser, self.usual)
        add = parser.add_argument
        add("--repeats", type=_count, default=self.repeats, help="(%(default)s)")
        add("--limit", type=_count, help="photos of each class, to try things out")
        add("--only", metavar="NAMES", help="contestants, with commas between them")
        add("--json", type=Path, metavar="FILE", help="write the report there, too")
        usual_peers = REPOSITORY / ".venv-peers/bin/python"
        add("--peers", type=Path, default=usual_peers, help="the peers' Python")
        return parser


def _require_peers(chosen: Sequence[Contestant], python: Path) -> None:
    if any(each.is_peer for each in chosen) and not python.exists():
        raise SystemExit(
            f"error: there is no {python}. Run benchmarks/install_peers, or measure "
            "us alone with --only unfreeze."
        )


def _say(number: int, name: str, figures: Figures) -> None:
    shown = ", ".join(f"{figure} {value:.4g}" for figure, value in figures.items())
    print(f"round {number}: {name}: {shown}", file=sys.stderr, flush=True)


def _count(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("1 or more")
    return int(text)
