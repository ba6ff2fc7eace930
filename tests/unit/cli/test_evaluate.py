"""Mirrors src/unfreeze/cli/evaluate.py."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Unfreeze: TypeAlias = Callable[..., Any]


def test_it_finds_what_the_run_found(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    content = unfreeze("evaluate --json", finished_run, photos).content

    summary = json.loads((finished_run / "summary.json").read_text())
    assert content["num_images"] == summary["n_valid"] == 18
    assert content["accuracy"] == pytest.approx(summary["accuracy"])
    assert content["confusion"] == summary["confusion"]
    assert content["loss"] == pytest.approx(summary["valid_loss"], rel=0.05)


def test_photos_that_it_learned_from_are_no_score_without_a_word(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    said = unfreeze("evaluate", finished_run, photos / "train").err
    content = unfreeze("evaluate --json", finished_run, photos / "train").content
    fair = unfreeze("evaluate --json", finished_run, photos).content

    assert said.startswith("caution: ")
    assert "36 of 36 photos" in said
    (caution,) = content["cautions"]
    assert said == f"caution: {caution}\n"
    assert fair["cautions"] == []


@pytest.mark.parametrize("words", ["", "--tta"])
def test_it_prints_a_line_per_class_and_the_whole(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, words: str
) -> None:
    lines = unfreeze(f"evaluate {words}", finished_run, photos).out.splitlines()

    assert [line.split()[0] for line in lines[1:4]] == ["circles", "squares", "stripes"]
    assert lines[-1].startswith("accuracy ")
    assert lines[-1].endswith("on 18 photos; 0 skipped")


def test_an_unknown_class_is_one_line(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos / "valid" / "stripes", tmp_path / "data" / "zebras")

    assert "'zebras'" in unfreeze("evaluate", finished_run, "data").mistake


def test_a_missing_folder_is_one_line(unfreeze: Unfreeze, finished_run: Path) -> None:
    assert (
        "nowhere does not exist"
        in unfreeze("evaluate", finished_run, "nowhere").mistake
    )


def test_json_has_the_scores_of_a_run_summary(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    content = unfreeze("evaluate --json", finished_run, photos).content

    summary = json.loads((finished_run / "summary.json").read_text())
    assert content["scores"].keys() == summary["scores"].keys()
    assert (
        content["scores"]["accuracy_interval"]
        == (summary["scores"]["accuracy_interval"])
    )


def test_labels_may_stand_in_a_table(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text(
        "name,label\nstripes/stripes00,stripes\ncircles/circles01,circles\n"
    )
    line = f"evaluate --json --csv {tmp_path}/labels.csv --folder valid --suffix .png"

    content = unfreeze(line, finished_run, photos).content

    assert content["num_images"] == 2
    assert [row["support"] for row in content["per_class"]] == [1, 0, 1]


def test_a_table_is_read_as_it_says_it_is_and_that_is_told(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "labels.csv").write_text(
        "stripes/stripes00;stripes\ncircles/circles01;circles\n"
    )
    line = f"evaluate --json --csv {tmp_path}/labels.csv --folder valid --suffix png"
    bare = unfreeze(line, finished_run, photos)
    (tmp_path / "labels.csv").write_text(
        "x;label;what\n"
        "stripes/stripes00;circles;stripes\ncircles/circles01;stripes;circles\n"
    )
    ended = unfreeze(f"{line} --label-column what", finished_run, photos)

    assert "labels.csv has no titles" in bare.err
    assert "column 'x' names photos, 'what' says what is on them" in ended.err
    assert "';' between columns" in ended.err
    assert [row["support"] for row in ended.content["per_class"]] == [1, 0, 1]


@pytest.mark.slow
def test_names_of_a_table_become_paths_as_in_training_unless_said(
    unfreeze: Unfreeze, drawn_folder: Path, tmp_path: Path
) -> None:
    for side in ("train", "valid"):
        photos = sorted((drawn_folder / side).rglob("*.png"))
        rows = [f"{each.parent.name}/{each.stem},{each.parent.name}" for each in photos]
        (drawn_folder / f"{side}.csv").write_text("\n".join(rows) + "\n")
    line = "--arch unfreeze_nano --size 32 --recipe head --epochs 1 --num-workers 0"
    naming = f"--csv train.csv --folder train --suffix png --out {tmp_path}/run"
    assert unfreeze(f"train {line} {naming}", drawn_folder).code == 0

    learned = unfreeze(
        "evaluate --json --csv train.csv", tmp_path / "run", drawn_folder
    )
    other = "evaluate --json --csv valid.csv --folder valid"
    said = unfreeze(other, tmp_path / "run", drawn_folder)

    assert learned.content["num_images"] == 36
    assert "are looked for in 'train' and have '.png' behind" in learned.err
    assert said.content["num_images"] == 18
    assert "are looked for in 'valid' and have '.png' behind" in said.err


def test_options_of_a_table_need_one(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    ended = unfreeze("evaluate --label-column what", finished_run, photos)

    assert "there is no table. Pass --csv" in ended.mistake
