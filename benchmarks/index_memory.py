"""An index of a million files: how fast it is found, and in how much memory."""

import argparse
import os
import random
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from benchmarks.contestants import ContestantError, Room, ours
from benchmarks.harness import OURS, Goal, Round, alternate
from benchmarks.machine import hardware
from benchmarks.protocol import Task
from benchmarks.publishing import Measurement

_ABOUT = (
    "Seconds to index a folder of empty files that are called as ImageNet's, beside a "
    "bare walk with os.scandir that asks is_dir() of every entry and counts the "
    "others, in turns in one process; and by how much the most memory that this "
    "process has held has grown since it had imported what it needs."
)
_GOALS = (
    Goal(
        name="index: share of the speed of a bare walk",
        over=(OURS, "seconds of bare walk"),
        under=(OURS, "seconds of index"),
        at_least=0.8,
    ),
    Goal(name="memory: MB grown", over=(OURS, "MB grown"), at_most=200),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Make the files, measure, print the report and write it."""
    options = _parser().parse_args(arguments)
    on_what = hardware()  # before we load the machine ourselves
    with tempfile.TemporaryDirectory(prefix="bench-index-", dir=options.within) as name:
        _make_files(Path(name), options.count, options.folders)
        rounds = _rounds(Path(name), options.repeats)
    measurement = Measurement(
        benchmark="index_memory",
        about=_ABOUT,
        goals=_GOALS,
        task={"files": options.count, "folders": options.folders},
        repeats=options.repeats,
        hardware=on_what,
    )
    measurement.publish(rounds, options.json)


def _rounds(files: Path, repeats: int) -> list[Round]:
    room = Room(peers_python=Path(sys.executable), cache=files.parent)
    driver = ours("indexing.walk_and_index")
    try:
        with driver.entered(Task(data=files), room) as measure:
            return alternate({driver.name: measure}, repeats)
    except ContestantError as error:
        raise SystemExit(f"error: {error}") from error


def _make_files(root: Path, count: int, folders: int) -> None:
    """Spread empty files over class folders, in no order that would help."""
    generator = random.Random(0)  # noqa: S311  no secrets here
    for folder in range(folders):
        wordnet = f"n{folder:08}"
        (root / wordnet).mkdir()
        share = range(folder, count, folders)
        for number in generator.sample(share, len(share)):
            path = f"{root}/{wordnet}/{wordnet}_{number}.JPEG"
            os.close(os.open(path, os.O_CREAT | os.O_WRONLY))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.index_memory", description=_ABOUT
    )
    add = parser.add_argument
    add("--count", type=int, default=1_000_000, help="files (%(default)s)")
    add("--folders", type=int, default=1000, help="class folders (%(default)s)")
    add("--repeats", type=int, default=7, help="(%(default)s)")
    add("--within", type=Path, metavar="FOLDER", help="where to make the files")
    add("--json", type=Path, metavar="FILE", help="write the report there, too")
    return parser


if __name__ == "__main__":
    main()
