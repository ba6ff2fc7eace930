"""All benchmarks one after another, and what became of their goals.

    DATA=photos WEIGHTS=resnet18.safetensors make bench

Reports go to ``runs/bench/``, a file of JSON for each benchmark. A benchmark that
fails is named at the end, and the others run all the same. Options that are not known
here (``--repeats 3``, ``--limit 16``) are handed to every benchmark of photos.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.contestants import REPOSITORY
from benchmarks.harness import Outcome
from benchmarks.report import outcome_table, read_outcomes

__all__ = ["BENCHMARKS", "WITHOUT_PHOTOS", "main"]

BENCHMARKS = (
    "startup",
    "head_epoch",
    "loader",
    "unfrozen_step",
    "frozen_epoch",
    "unfrozen_epoch",
    "first_steps",
    "whole_recipe",
    "lr_find",
    "tta",
    "inference",
)
"""Those that train on photos or answer about them."""

WITHOUT_PHOTOS = ("index_memory",)
_ALL = (*BENCHMARKS, *WITHOUT_PHOTOS)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run what was asked for; exit with 1 if a benchmark failed."""
    options, others = _parser().parse_known_args(arguments)
    options.out.mkdir(parents=True, exist_ok=True)
    failed = []
    found: list[Outcome] = []
    for name in options.benchmarks:
        report = options.out / f"{name}.json"
        report.unlink(missing_ok=True)
        command = [sys.executable, "-m", f"benchmarks.{name}", "--json", str(report)]
        if name not in WITHOUT_PHOTOS:
            command += [*_given(options), *others]
        done = subprocess.run(command, cwd=REPOSITORY, check=False)
        print(flush=True)
        if done.returncode != 0 or not report.exists():
            failed.append(name)
            continue
        found += [
            replace(each, name=f"{name}: {each.name}") for each in read_outcomes(report)
        ]
    print("\n".join(["all goals", "", *outcome_table(found)]))
    if failed:
        raise SystemExit(f"error: failed: {', '.join(failed)}.")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.run",
        description="Run benchmarks; other options are handed to each of them.",
        allow_abbrev=False,
    )
    add = parser.add_argument
    add("--benchmarks", type=_names, default=_ALL, help=", ".join(_ALL))
    add("--data", default=os.environ.get("DATA"), help="photos ($DATA)")
    add("--weights", default=os.environ.get("WEIGHTS"), help="weights ($WEIGHTS)")
    add("--out", type=Path, default=REPOSITORY / "runs/bench", help="for reports")
    return parser


def _names(text: str) -> Sequence[str]:
    names = text.split(",")
    if unknown := sorted(set(names) - set(_ALL)):
        raise argparse.ArgumentTypeError(f"there are no benchmarks {unknown}")
    return names


def _given(options: argparse.Namespace) -> list[str]:
    pairs = (("--data", options.data), ("--weights", options.weights))
    return [word for name, value in pairs if value for word in (name, value)]


if __name__ == "__main__":
    main()
