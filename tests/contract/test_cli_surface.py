"""Commands and options, frozen: scripts of users depend on them.

A line that goes or changes here is a break; a line that comes is a promise.
"""

import re

import pytest

from unfreeze.cli.app import run

SURFACE = {
    "demo": "--out --seed --num-workers --json --help",
    "train": (
        "DATA --arch --weights --size --batch-size --epochs --budget --recipe "
        "--augment --max-zoom --balance --seed --num-workers --out --csv --folder "
        "--suffix --label-separator --file-column --label-column --no-header "
        "--valid-fraction --group-by --fixes --json --help"
    ),
    "resume": "RUN --data --weights --anyway --json --help",
    "check": (
        "DATA --arch --weights --size --quick --page --csv --num-workers --json --help"
    ),
    "compare": (
        "RUN1 RUN2 DATA --page --fail-if-worse --tolerance --alpha --num-workers "
        "--json --help"
    ),
    "lr-find": (
        "DATA --arch --weights --size --batch-size --augment --max-zoom --balance "
        "--seed --num-workers --unfrozen --plot --csv --folder --suffix "
        "--label-separator --file-column --label-column --no-header "
        "--valid-fraction --group-by --fixes --json --help"
    ),
    "evaluate": (
        "RUN DATA --csv --folder --suffix --label-separator --file-column "
        "--label-column --no-header --tta --num-workers "
        "--json --help"
    ),
    "predict": (
        "RUN PATH --list --from-csv --column --folder --suffix --tta --csv "
        "--submission --style --positive --threshold --min-precision --num-workers "
        "--json --help"
    ),
    "report": "RUN --json --help",
    "export": "RUN FILE --data --int8 --fp16 --batch --json --help",
    "inspect": "MODEL --json --help",
    "serve": (
        "MODEL --host --port --token --threshold --min-precision --collect "
        "--collect-limit --threads --max-files --max-megabytes --max-megapixels "
        "--max-queue --help"
    ),
    "models": "PATTERN --json --help",
}

DEFAULTS = {
    "arch": "resnet34",
    "size": "224",
    "batch-size": "64",
    "recipe": "eight-steps",
    "augment": "side-on",
    "max-zoom": "1.1",
    "balance": "none",
    "seed": "0",
    "valid-fraction": "0.2",
}


def help_of(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    assert run([*command, "--help"]) == 0
    return capsys.readouterr().out


def test_these_are_the_commands(capsys: pytest.CaptureFixture[str]) -> None:
    _, listed = help_of(capsys).split("Commands:\n")

    assert [line.split()[0] for line in listed.splitlines()] == [
        "demo",
        "check",
        "train",
        "resume",
        "lr-find",
        "evaluate",
        "predict",
        "report",
        "compare",
        "export",
        "inspect",
        "serve",
        "models",
    ]


@pytest.mark.parametrize("command", SURFACE)
def test_these_are_the_arguments_and_options(
    capsys: pytest.CaptureFixture[str], command: str
) -> None:
    page = help_of(capsys, command)

    found = re.findall(
        r"^  ([A-Z][A-Z0-9]*(?= <)|--[a-z0-9-]+)", page, flags=re.MULTILINE
    )
    assert found == SURFACE[command].split()


@pytest.mark.parametrize("option", DEFAULTS)
def test_these_are_the_defaults(
    capsys: pytest.CaptureFixture[str], option: str
) -> None:
    page = " ".join(help_of(capsys, "train").split())

    entry = page.split(f"--{option} ")[1].split(" --")[0]
    assert f"[default: {DEFAULTS[option]}" in entry
