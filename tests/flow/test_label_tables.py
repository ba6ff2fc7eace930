"""Photos whose labels stand in a table: trained on, gone on with, and measured."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.cli.app import run
from unfreeze.front.conv_learner import ConvLearner

SHORT = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0 --recipe head"
CLASSES = ("circles", "squares", "stripes")

pytestmark = pytest.mark.slow

Answer: TypeAlias = Callable[[str], tuple[dict[str, Any], str]]


@pytest.fixture
def answer(capsys: pytest.CaptureFixture[str]) -> Answer:
    """Run a command; what it says as JSON, and beside it."""

    def ask(line: str) -> tuple[dict[str, Any], str]:
        capsys.readouterr()
        code = run([*shlex.split(line), "--json"])
        said = capsys.readouterr()
        assert code == 0, said.err
        return json.loads(said.out), said.err

    return ask


def _one_each(
    folder: Path, titles: str, cells: Callable[[str, int], list[int]], side: str
) -> None:
    """Write ``<side>.csv`` for the photos of a side."""
    lines = [titles]
    for photo in sorted((folder / side).rglob("*.png")):
        name = photo.parent.name
        values = cells(name, int(photo.stem[-2:]))
        lines.append(",".join([f"{side}/{name}/{photo.name}", *map(str, values)]))
    (folder / f"{side}.csv").write_text("\n".join(lines) + "\n")


def _hot(name: str, number: int) -> list[int]:
    return [int(each == name) for each in CLASSES]


def _hot_and_even(name: str, number: int) -> list[int]:
    return [int(name == "stripes"), number % 2, int(name == "circles")]


def test_a_column_of_0_and_1_for_each_class_is_one_label_for_a_photo(
    drawn_folder: Path, tmp_path: Path, answer: Answer
) -> None:
    _one_each(drawn_folder, "image,circles,squares,stripes", _hot, "train")

    summary, said = answer(
        f"train {drawn_folder} --csv train.csv {SHORT} --epochs 1 --out {tmp_path}/run"
    )

    assert "'circles', 'squares', 'stripes' hold 0 and 1 for a class each" in said
    assert summary["classes"] == list(CLASSES)
    assert summary["settings"]["label_column"] == list(CLASSES)
    assert summary["confusion"] is not None

    def turned(name: str, number: int) -> list[int]:
        return [number, *reversed(_hot(name, number))]

    _one_each(drawn_folder, "image,number,stripes,squares,circles", turned, "valid")
    scores, said = answer(f"evaluate {tmp_path}/run {drawn_folder} --csv valid.csv")
    folders, _ = answer(f"evaluate {tmp_path}/run {drawn_folder}")

    assert "not read: 'number'" in said
    assert scores["confusion"] == folders["confusion"]
    assert [row["support"] for row in scores["per_class"]] == [6, 6, 6]


def test_any_number_of_1s_is_several_labels_and_a_stopped_run_reads_them_again(
    drawn_folder: Path,
    tmp_path: Path,
    answer: Answer,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    _one_each(drawn_folder, "image,stripes,odd,circles", _hot_and_even, "train")
    line = f"train {drawn_folder} --csv train.csv {SHORT} --epochs 1 --out"

    def interrupt(learn: ConvLearner, *arguments: object, **words: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(ConvLearner, "fit", interrupt)
        assert run(shlex.split(f"{line} {tmp_path}/run")) == 130
    said = capsys.readouterr().out
    summary, _ = answer(f"resume {tmp_path}/run")
    whole, _ = answer(f"{line} {tmp_path}/whole")

    assert "any number of 1s in a row" in said
    assert "6 rows without a label" in said
    assert "several labels per photo, 3 in all: 'circles', 'odd', 'stripes'.\n" in said
    assert summary["classes"] == ["circles", "odd", "stripes"]
    assert summary["valid_loss"] == whole["valid_loss"]

    _one_each(drawn_folder, "image,stripes,odd,circles", _hot_and_even, "valid")
    scores, _ = answer(f"evaluate {tmp_path}/run {drawn_folder} --csv valid.csv")

    assert [row["support"] for row in scores["per_class"]] == [6, 9, 6]
