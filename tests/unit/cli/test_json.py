"""What ``--json`` promises of every command: an object, or a line about a mistake."""

import dataclasses
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias, get_type_hints

import pytest

from unfreeze.cli.app import app
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.summary import RunSummary
from unfreeze.runs.settings import RunSettings

Unfreeze: TypeAlias = Callable[..., Any]

SHORT = "--arch unfreeze_nano --size 32 --num-workers 0"
BRIEF = f"{SHORT} --batch-size 8 --recipe quick --epochs 1"

SUCCESS = {
    "check": "check photos --quick",
    "compare": "compare run run photos",
    "demo": "demo",
    "evaluate": "evaluate run photos",
    "export": "export run m.pt2 --data photos",
    "inspect": "inspect run",
    "lr-find": f"lr-find photos {SHORT} --batch-size 8",
    "models": "models unfreeze_nano",
    "predict": "predict run photos/valid broken.jpg",
    "report": "report run",
    "resume": "resume stopped",
    "train": f"train photos {BRIEF} --out new",
}
"""A command line for each command that has ``--json``."""

MISTAKES = [
    "check nowhere",
    "check photos --arch resnt34",
    "check photos --quick --csv run/summary.json",
    "compare run nowhere",
    "compare run run nowhere",
    "demo --out broken.jpg",
    "demo --seed 99999999999999999999",
    "evaluate nowhere photos",
    "evaluate run nowhere",
    "evaluate run run",
    "export nowhere m.onnx",
    "export run m.h5",
    "inspect nowhere",
    "inspect broken.jpg",
    "lr-find nowhere",
    "lr-find photos --arch resnt34",
    "models nothing_like_it",
    "predict nowhere photos",
    "predict run nowhere",
    "predict run broken.jpg",
    "predict run photos --min-precision 1 --tta",
    "report nowhere",
    "report photos",
    "resume nowhere",
    "resume run",
    "train nowhere",
    "train empty",
    "train photos/valid/circles",
    "train photos --arch resnt34",
    "train photos --csv nowhere.csv",
    "train photos --weights nowhere.pth",
    "train photos --group-by patient",
    "train photos --out broken.jpg",
]
"""Some are found at once, others after libraries are loaded or photos are read."""


@pytest.fixture
def place(unfreeze: Unfreeze, photos: Path, finished_run: Path, tmp_path: Path) -> Path:
    """The folder of this test, with photos and a run in it."""
    shutil.copytree(photos, tmp_path / "photos")
    shutil.copytree(finished_run, tmp_path / "run")
    (tmp_path / "broken.jpg").write_bytes(b"no photo")
    (tmp_path / "empty").mkdir()
    (tmp_path / "runs/photos").mkdir(parents=True)  # of which a note is told
    (tmp_path / "runs/demo").mkdir()
    return tmp_path


@pytest.fixture
def stopped(unfreeze: Unfreeze, place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A run that Ctrl-C stopped behind its search."""

    def interrupt(learn: ConvLearner, *arguments: object, **words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ConvLearner, "fit", interrupt)
        ended = unfreeze(f"train photos {BRIEF} --out stopped --json")
    assert (ended.code, ended.out) == (130, "")
    return place / "stopped"


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(each, marks=pytest.mark.slow if each == "export" else ())
        for each in sorted(SUCCESS)
    ],
)
def test_an_answer_is_one_object_of_strict_json(
    unfreeze: Unfreeze,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    repository: Path,
    place: Path,
    command: str,
) -> None:
    if command == "resume":
        request.getfixturevalue("stopped")
    few = RunSettings(
        arch="unfreeze_nano", size=32, batch_size=8, recipe="quick", epochs=1
    )
    monkeypatch.setattr("unfreeze.runs.demo.demo_photos", lambda: place / "photos")
    monkeypatch.setattr("unfreeze.runs.demo.demo_settings", lambda *options: few)

    ended = unfreeze(f"{SUCCESS[command]} --json")

    assert ended.code == 0
    found, (names, beside) = set(ended.content), _documented(repository, command)
    if command in {"demo", "resume", "train"}:
        names |= {"format", *(each.name for each in dataclasses.fields(RunSummary))}
    assert names <= found
    assert found == names or command == "inspect"
    assert found - names >= beside


def _documented(repository: Path, command: str) -> tuple[set[str], set[str]]:
    """Names that docs/command-line.md gives an object, and more of a model file."""
    page = (repository / "docs/command-line.md").read_text(encoding="utf-8")
    table = page.partition("## What `--json` prints")[2].partition("\n## ")[0]
    cells = (line.split("|")[1:] for line in table.splitlines() if line[:3] == "| `")
    (row,) = (each for each in cells if f"`{command}`" in each[0])
    names, beside = (set(re.findall(r"`(\w+)`", each)) for each in row[1:3])
    return names, beside if command == "inspect" else set()


@pytest.mark.parametrize("line", MISTAKES)
@pytest.mark.usefixtures("place")
def test_a_mistake_is_one_line_and_no_object(unfreeze: Unfreeze, line: str) -> None:
    ended = unfreeze(f"{line} --json")

    assert ended.mistake
    assert ended.out == ""


def test_all_commands_with_json_stand_here() -> None:
    found = {
        str(command.name)
        for command in app.registered_commands
        if "as_json" in get_type_hints(command.callback)
    }

    assert found == set(SUCCESS)
    assert found == {line.split()[0] for line in MISTAKES}
