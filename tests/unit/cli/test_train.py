"""Mirrors src/unfreeze/cli/train.py."""

import csv
import json
import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.front.learner import Learner
from unfreeze.runs.settings import RunSettings
from unfreeze.training.speeds import Speeds

SHORT = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0 --recipe quick"

Unfreeze: TypeAlias = Callable[..., Any]


def test_options_default_to_the_settings_of_a_run(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch, photos: Path
) -> None:
    asked: list[RunSettings] = []

    def note(folder: Path, out: Path, settings: RunSettings, **words: object) -> None:
        asked.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("unfreeze.runs.training_run.train_folder", note)
    unfreeze("train", photos)

    assert asked == [RunSettings()]


def test_it_ends_with_a_table_that_fits_80_columns(
    unfreeze: Unfreeze, photos: Path
) -> None:
    ended = unfreeze(f"train {SHORT} --epochs 2", photos, "--out", "my run")

    assert ended.code == 0
    assert ended.err == ""
    assert "accuracy" in ended.out
    assert "ask it: unfreeze predict 'my run' PHOTO" in ended.out
    assert "\nvalidation photos: those of the folder valid/\n" in ended.out
    assert max(map(len, ended.out.splitlines())) <= 80
    (kept,) = re.findall(r"^kept: best epoch of step \d +(\d\w\w) ", ended.out, re.M)
    assert kept in ("1st", "2nd")


def test_it_speaks_before_it_loads_what_trains(
    unfreeze: Unfreeze,
    photos: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setitem(sys.modules, "unfreeze.runs.training_run", None)

    with pytest.raises(ModuleNotFoundError):
        unfreeze("train", photos)

    assert capsys.readouterr().out.startswith("looking at the photos")


def test_a_budget_is_compared_with_what_was_spent(
    unfreeze: Unfreeze, photos: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    speeds = Speeds(answer=1e-3, store=1e-3, head=1e-5, frozen=1e-3, whole=1e-2)
    monkeypatch.setattr(Learner, "measure_speeds", lambda *_, **__: speeds)

    ended = unfreeze(f"train {SHORT} --budget 1h30m --out run", photos)

    assert ended.code == 0
    assert re.search(r"\d+ seconds of 5400\n", ended.out)


def test_json_is_the_summary_and_everything_else_goes_to_stderr(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path
) -> None:
    ended = unfreeze(f"train {SHORT} --epochs 2 --out run --json", photos)

    written = json.loads((tmp_path / "run" / "summary.json").read_text())
    assert ended.content == {"run": "run", **written}
    assert "epoch" in ended.err


def test_without_out_runs_are_numbered(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "runs" / "drawn").mkdir(parents=True)

    ended = unfreeze(f"train {SHORT} --epochs 1", photos)

    assert ended.code == 0
    assert ended.out.splitlines()[0].startswith(
        "note: runs/drawn is there already, so this run goes to runs/drawn-2"
    )
    runs = sorted(each.name for each in (tmp_path / "runs").iterdir())
    assert runs == ["drawn", "drawn-2"]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--arch resnt34", "Did you mean 'resnet34'"),
        ("--weights nowhere.pth", "no weights file nowhere.pth"),
        ("--valid-fraction 1.5", "got 1.5"),
        ("--seed 99999999999999999999", "seed must be from 0 to 2**63 - 1"),
        ("--max-zoom inf", "max_zoom"),
        ("--budget 10", "Write it above 0 and with units, such as 45s, 10m"),
        ("--budget 1h30m --epochs 2", "A budget chooses the epochs"),
        ("--group-by patient", "'patient' is found in none of the 54 files"),
        ("--group-by (", "'(' is not a regular expression"),
        ("--fixes nowhere.csv", "no file nowhere.csv"),
        ("--fixes file", "file has no column 'file'"),
        ("--out file", "file is a file"),
        ("--out file/run", "file is a file"),
        ("--out full", "holds other things"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    unfreeze: Unfreeze,
    photos: Path,
    tmp_path: Path,
    words: str,
    found: str,
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "thesis.txt").touch()

    assert found in unfreeze(f"train {SHORT} {words}", photos).mistake
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "full"]


@pytest.mark.parametrize("is_finished", [False, True])
def test_a_refusal_behind_a_link_is_one_line_and_leaves_the_link(
    unfreeze: Unfreeze, photos: Path, tmp_path: Path, is_finished: bool
) -> None:
    """Weights are only read once the run has its folder."""
    (tmp_path / "w.pth").write_bytes(b"no weights")
    (tmp_path / "real").mkdir()
    if is_finished:
        (tmp_path / "real/model.safetensors").write_bytes(b"earlier")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    before = sorted(tmp_path.rglob("*"))

    ended = unfreeze(f"train {SHORT} --weights w.pth --out link", photos)

    assert "w.pth" in ended.mistake
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], "no images"),
        (["photo.png"], "lie directly in it"),
        (["a/1.png", "a/2.png"], "1 class ['a']"),
        (["a/photo.png", "b/photo.png"], "Nothing can be held out"),
        (["a/1.jpg", "a/2.jpg", "b/1.jpg", "b/2.jpg"], "can be read"),
    ],
)
def test_photos_that_cannot_be_learned_from_are_one_line(
    unfreeze: Unfreeze,
    photos: Path,
    tmp_path: Path,
    names: list[str],
    found: str,
) -> None:
    """Names that end in .jpg are no pictures."""
    picture = (photos / "train/circles/circles00.png").read_bytes()
    folder = tmp_path / "data"
    folder.mkdir()
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"junk" if name.endswith("jpg") else picture)

    assert found in unfreeze(f"train {SHORT}", folder).mistake
    assert not (tmp_path / "runs").exists()


def test_read_only_photos_are_left_alone(
    unfreeze: Unfreeze, drawn_folder: Path, tmp_path: Path
) -> None:
    for folder in (drawn_folder, *drawn_folder.rglob("*/")):
        folder.chmod(0o555)
    try:
        ended = unfreeze(f"train {SHORT} --epochs 1 --out run", drawn_folder)
        names = {each.name for each in drawn_folder.iterdir()}
    finally:
        for folder in (drawn_folder, *drawn_folder.rglob("*/")):
            folder.chmod(0o755)

    assert ended.code == 0
    assert names == {"train", "valid"}
    stores = (tmp_path / "cache").glob("drawn-*/tmp/*")
    assert any(store.name.startswith("x_act_unfreeze_nano_0_32_") for store in stores)


def test_a_second_run_finds_the_same_classes(
    unfreeze: Unfreeze, drawn_folder: Path
) -> None:
    """``tmp/`` then stands among the class folders."""
    folder = drawn_folder / "train"
    line = f"train {SHORT} --epochs 1 --json"

    first, second = (unfreeze(line, folder).content for _ in range(2))

    assert (folder / "tmp").is_dir()
    assert first["classes"] == second["classes"] == ["circles", "squares", "stripes"]
    assert first["valid_loss"] == second["valid_loss"]


def test_a_table_and_a_balance_are_settings_of_the_run(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch, photos: Path
) -> None:
    asked: list[RunSettings] = []

    def note(folder: Path, out: Path, settings: RunSettings, **words: object) -> None:
        asked.append(settings)
        raise KeyboardInterrupt

    monkeypatch.setattr("unfreeze.runs.training_run.train_folder", note)
    line = "--csv t.csv --folder train --suffix jpg --balance weights --no-header"
    unfreeze(f"train {line}", photos)

    wanted = {"csv": "t.csv", "folder": "train", "suffix": ".jpg", "balance": "weights"}
    assert asked == [RunSettings(**wanted, no_header=True)]


@pytest.fixture
def breeds(drawn_folder: Path) -> Path:
    """``labels.csv`` gives each photo one of three labels, two with a space."""
    breed = {
        "circles": "golden retriever",
        "squares": "irish setter",
        "stripes": "poodle",
    }
    lines = ["name,breed"]
    for photo in sorted((drawn_folder / "train").rglob("*.png")):
        name = photo.parent.name
        lines.append(f"{name}/{photo.name},{breed[name]}")
    (drawn_folder / "labels.csv").write_text("\n".join(lines) + "\n")
    return drawn_folder


def test_labels_of_two_words_are_several_where_that_is_asked_for(
    unfreeze: Unfreeze, breeds: Path
) -> None:
    table = "--csv labels.csv --folder train --label-separator ' '"

    ended = unfreeze(f"train {SHORT} --epochs 1 --out run --json {table}", breeds)

    found = ["golden", "irish", "poodle", "retriever", "setter"]
    assert ended.content["classes"] == found
    assert "several labels per photo, 5 in all: 'golden', 'irish'" in ended.err
    assert "--label-separator '' takes each for one label" in ended.err


@pytest.mark.slow
def test_with_several_labels_one_name_stands_for_one_measure(
    unfreeze: Unfreeze, breeds: Path, tmp_path: Path
) -> None:
    table = "--csv labels.csv --folder train --label-separator ' '"

    trained = unfreeze(f"train {SHORT} --epochs 1 --out run {table}", breeds)
    summary = json.loads((tmp_path / "run/summary.json").read_text())
    measured = unfreeze(f"evaluate run {breeds} {table}")
    exported = unfreeze("export run m.onnx")
    accuracy, exact = summary["accuracy"], summary["scores"]["exact"]

    assert accuracy != exact
    assert f"accuracy {accuracy:.4f} of yes-or-no answers on" in trained.out
    assert f"all labels right {exact:.4f}; F2" in trained.out
    assert re.search(r"^step .* best F2 ", trained.out, re.MULTILINE)
    step = summary["steps"][-1]
    assert step["accuracy"] is None
    row = rf"^kept: best epoch of .* {step['best_f2']:.4f} *$"
    assert re.search(row, trained.out, re.MULTILINE)
    assert "of yes-or-no answers, all labels right" in measured.out
    proof = dict(re.findall(r"^(\S.*\S) +([\d.]+)$", exported.out, re.MULTILINE))
    # Of the file itself, an answer at its threshold may come or go.
    assert {
        "accuracy of yes-or-no answers, of the file",
        "all labels right, by the file",
    } < set(proof)
    of_trained = "accuracy of yes-or-no answers, of the trained model"
    assert proof[of_trained] == f"{accuracy:.4f}"
    assert proof["all labels right, by the trained model"] == f"{exact:.4f}"


def test_a_label_of_two_words_is_kept_whole_and_it_says_so(
    unfreeze: Unfreeze, breeds: Path, tmp_path: Path
) -> None:
    table = "--csv labels.csv --folder train"
    classes = ["golden retriever", "irish setter", "poodle"]

    ended = unfreeze(f"train {SHORT} --epochs 1 --out run --json {table}", breeds)

    assert ended.content["classes"] == classes
    assert ended.content["settings"]["label_separator"] == ""
    assert "several labels per photo" not in ended.err
    said = "Each cell is one label, such as 'golden retriever'; --label-separator ' '"
    assert said in ended.err
    assert "--label-separator &#39;&#39;" in (tmp_path / "run/report.html").read_text()
    scores = unfreeze(f"evaluate run {breeds} --csv labels.csv --folder train --json")
    assert [each["name"] for each in scores.content["per_class"]] == classes


def test_what_parts_labels_is_found_and_stays_with_the_model(
    unfreeze: Unfreeze, breeds: Path, tmp_path: Path
) -> None:
    """A name with a space in it then does not fall apart in ``predictions.csv``."""
    file = breeds / "labels.csv"
    file.write_text(file.read_text().replace("poodle", "poodle; irish setter"))
    table = "--csv labels.csv --folder train"
    line = f"train {SHORT} --epochs 1 --out run --json {table}"

    ended = unfreeze(line, breeds)

    classes = ["golden retriever", "irish setter", "poodle"]
    assert ended.content["classes"] == classes
    assert "split at ';'" in ended.err
    assert ended.content["settings"]["label_separator"] == ";"
    with (tmp_path / "run/predictions.csv").open(newline="") as text:
        labels = {row["label"] for row in csv.DictReader(text)}
    assert labels == {"golden retriever", "irish setter", "irish setter;poodle"}
    scores = unfreeze(f"evaluate run {breeds} {table} --json")
    assert [each["name"] for each in scores.content["per_class"]] == classes


def test_evaluate_reads_a_table_as_it_was_read_to_learn(
    unfreeze: Unfreeze, breeds: Path
) -> None:
    """Of each line the right label ends with a semicolon, and the first is wrong."""
    file = breeds / "labels.csv"
    rows = [line.split(",") for line in file.read_text().splitlines()[1:]]
    lines = [
        f"wrong,{breed};,{photo},{number % 6}"
        for number, (photo, breed) in enumerate(rows)
    ]
    file.write_text("\n".join(["label,checked,where,litter", *lines]))
    table = "--csv labels.csv --folder train"
    columns = "--file-column where --label-column checked --group-by litter"
    unfreeze(f"train {SHORT} --epochs 1 --out run {table} {columns}", breeds)

    scores = unfreeze(f"evaluate run {breeds} {table} --json")

    support = {each["name"]: each["support"] for each in scores.content["per_class"]}
    assert support == Counter(breed for _, breed in rows)
    assert "column 'where' names photos, 'checked' says what is on them" in scores.err
    chosen = unfreeze(f"evaluate run {breeds} {table} --label-column label")
    assert "labels 'wrong', which are not among the classes" in chosen.err


def test_it_ends_with_an_interval(unfreeze: Unfreeze, photos: Path) -> None:
    ended = unfreeze(f"train {SHORT} --epochs 1 --out run", photos)

    assert re.search(r"with 95 % confidence 0\.\d{4} to [01]\.\d{4}", ended.out)
