"""The server under load: how much of the bare runtime's speed is left, and its end.

python -m benchmarks.serving --model model.onnx --data photos/valid --seconds 60
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from benchmarks.contestants import REPOSITORY
from benchmarks.harness import OURS, Goal, Round, alternate
from benchmarks.machine import hardware
from benchmarks.protocol import Figures
from benchmarks.publishing import Measurement

_ABOUT = (
    "Clients on this machine, each of which sends one photo after another to "
    "`unfreeze serve`, beside ONNX Runtime alone on the same photos: decoded in as "
    "many threads, in batches of 16, without HTTP. The clients' own work counts "
    "against the server. At the end of each round the server is told to stop while "
    "all clients ask; lost is what it had taken in and did not answer."
)
_BARE = "bare runtime"
_GOALS = (
    Goal(
        name="share of the bare runtime's images/s",
        over=(OURS, "images/s"),
        under=(_BARE, "images/s"),
        at_least=0.85,
    ),
    Goal(name="lost requests", over=(OURS, "lost"), at_most=0),
    Goal(name="answers that were errors", over=(OURS, "errors"), at_most=0),
    Goal(name="MB grown under load", over=(OURS, "MB grown"), at_most=50),
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the report and write it."""
    options = _parser().parse_args(arguments)
    on_what = hardware()  # before we load the machine ourselves
    contestants = {_BARE: lambda: _bare(options), OURS: lambda: _served(options)}
    rounds: list[Round] = alternate(contestants, options.repeats, _say)
    measurement = Measurement(
        benchmark="serving",
        about=_ABOUT,
        goals=_GOALS,
        task={
            "model": options.model.name,
            "clients": options.clients,
            "seconds": options.seconds,
            "threads": options.threads,
        },
        repeats=options.repeats,
        hardware=on_what,
    )
    measurement.publish(rounds, options.json)


def _bare(options: argparse.Namespace) -> Figures:
    spinning = ["--spin"] if options.spin else []
    return _figures(
        "benchmarks.bare_runtime",
        *(options.model, options.data, "--seconds", options.seconds),
        *("--threads", options.threads, *spinning),
    )


def _served(options: argparse.Namespace) -> Figures:
    load = [options.data, "--clients", options.clients, "--seconds"]
    with _server(options.model, options.threads) as (process, url):
        _figures("benchmarks.clients", url, *load, min(5, options.seconds))
        before = _megabytes(process)
        found = _figures("benchmarks.clients", url, *load, options.seconds)
        after = _megabytes(process)
        end = _figures("benchmarks.clients", url, *load, 4, "--stop", process.pid)
        code = process.wait(60)
    return {
        "images/s": found["images/s"],
        "p50 ms": found["p50 ms"],
        "p99 ms": found["p99 ms"],
        "answered": found["answered"],
        "errors": sum(n for name, n in found.items() if _is_error(name)),
        "MB before": before,
        "MB grown": after - before,
        "lost": end["lost"],
        "answered at the end": end["answered"],
        "exit code": code,
    }


def _is_error(name: str) -> bool:
    return name.startswith("status ") and name != "status 200"


@contextmanager
def _server(model: Path, threads: int) -> Iterator[tuple["subprocess.Popen[str]", str]]:
    command = [sys.executable, "-m", "unfreeze", "serve", str(model), "--port", "0"]
    with (
        tempfile.TemporaryFile() as log,
        subprocess.Popen(
            [*command, "--threads", str(threads)],
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process,
    ):
        try:
            line = process.stdout.readline() if process.stdout else ""
            if " at " not in line:
                raise SystemExit("error: the server did not start.")
            yield process, line.split(" at ")[1].split()[0]
        finally:
            process.kill()


def _figures(module: str, *arguments: object) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", module, *map(str, arguments)],
        cwd=REPOSITORY,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    found: dict[str, float] = json.loads(done.stdout)
    return found


def _megabytes(process: "subprocess.Popen[str]") -> float:
    text = Path(f"/proc/{process.pid}/status").read_text()
    return int(text.split("VmRSS:")[1].split()[0]) / 1000


def _say(number: int, name: str, figures: Figures) -> None:
    shown = ", ".join(f"{figure} {value:.4g}" for figure, value in figures.items())
    print(f"round {number}: {name}: {shown}", file=sys.stderr, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.serving", description=_ABOUT
    )
    add = parser.add_argument
    add("--model", type=Path, required=True, help="an exported .onnx")
    add("--data", type=Path, required=True, help="photos, in folders or not")
    add("--seconds", type=float, default=60, help="of load (%(default)s)")
    add("--clients", type=int, default=32, help="(%(default)s)")
    add("--threads", type=int, default=os.cpu_count() or 1, help="(%(default)s)")
    add("--spin", action="store_true", help="let the bare runtime's threads spin")
    add("--repeats", type=int, default=3, help="rounds that count (%(default)s)")
    add("--json", type=Path, metavar="FILE", help="write the report there, too")
    return parser


if __name__ == "__main__":
    main()
