"""Mirrors src/unfreeze/cli/predict.py."""

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
import pytest
from PIL import Image

from tests.tiny_bundles import CLASSES, write_colour_bundle
from unfreeze.answering import Answering
from unfreeze.data.csv_cells import from_cell
from unfreeze.data.paths import PackedNames
from unfreeze.records import Task
from unfreeze.runs.blocks import Block
from unfreeze.runs.predictor import Classifier
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.replies import row_of

Unfreeze: TypeAlias = Callable[..., Any]


def test_a_line_per_photo(unfreeze: Unfreeze, finished_run: Path, photos: Path) -> None:
    ended = unfreeze("predict", finished_run, photos / "valid")

    lines = ended.out.splitlines()
    assert ended.code == 0
    assert lines[0].split() == ["file", "label", "probability"]
    assert len(lines) == 1 + 18
    assert lines[1].split()[0] == str(photos / "valid/circles/circles00.png")


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def test_the_table_can_be_a_file(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    ended = unfreeze("predict --csv x.csv --tta", finished_run, photos / "valid")

    with (tmp_path / "x.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    assert ended.out == "18 photos, written to x.csv\n"
    assert list(rows[0]) == [
        "file",
        "label",
        "probability",
        "circles",
        "squares",
        "stripes",
        "error",
    ]


def test_json_is_one_object(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"junk")

    content = unfreeze(
        "predict --json", finished_run, photos / "valid", "broken.jpg"
    ).content

    assert len(content["predictions"]) == 18
    assert [each["file"] for each in content["skipped"]] == ["broken.jpg"]


def test_names_are_never_taken_for_markup(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    name = "a[red]b :smile: c.png"
    shutil.copy(photos / "valid/circles/circles00.png", tmp_path / name)

    assert name in unfreeze("predict", finished_run, name).out


def test_unreadable_files_are_named_on_stderr(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"junk")

    ended = unfreeze("predict", finished_run, "broken.jpg", photos / "valid")

    assert ended.code == 0
    assert ended.err.startswith("skipped broken.jpg: ")
    assert "broken" not in ended.out


@pytest.mark.skipif(os.name != "posix", reason="file names are text there")
def test_names_can_be_any_bytes(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    odd = os.fsdecode(b"caf\xe9.png")
    shutil.copy(photos / "valid/circles/circles00.png", tmp_path / odd)

    assert unfreeze("predict --csv x.csv", finished_run, odd).code == 0
    [row] = _rows(tmp_path / "x.csv")
    assert from_cell(row["file"]) == odd


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("nowhere photo", "no model in nowhere"),
        ("junk photo", "junk"),
        ("RUN nowhere.jpg", "no file or folder nowhere.jpg"),
        ("RUN junk", "can be read"),
        ("RUN empty", "empty holds no images"),
        ("RUN photo --csv no/x.csv", "no folder no"),
        ("RUN photo --csv empty", "empty is a folder"),
        ("RUN photo --num-workers -1", "--num-workers"),
        ("RUN", "No photos are named"),
        ("RUN *.gif", "matches no images"),
        ("RUN junk --csv t.csv", "t.csv is there already, and no table that unfreeze"),
        ("RUN junk --submission t.csv", "t.csv is there already, and nothing"),
        ("RUN photo --column id", "--from-csv FILE"),
        ("RUN photo --suffix .jpg", "--list or --from-csv"),
        ("RUN --list no.txt", "list no.txt cannot be read"),
        ("RUN --from-csv t.csv --column where", "no column 'where'"),
        ("RUN --from-csv t.csv --csv t.csv", "t.csv is named twice"),
        ("RUN photo --threshold 0.5 --min-precision 0.9", "exclude each other"),
        ("nowhere photo --threshold 0.5 --min-precision 0.9", "exclude each other"),
        ("RUN photo --min-precision 0.9 --tta", "plain photos.*Predict without views"),
        ("RUN photo --style probability", "Pass --submission FILE"),
        ("RUN photo --submission s.csv --threshold 0.5", "--threshold and"),
        ("RUN photo --submission s.csv --style probability", "--positive"),
        ("no.onnx photo", "no.onnx cannot be read"),
        ("RUN junk --csv junk", "junk is there already, and no table"),
        ("RUN junk --csv mine.jpg", "mine.jpg has the ending of a photo"),
        ("RUN junk --csv LONG9.csv", "more than 231 bytes"),
        ("RUN LONG0", r"(too long|no file or folder)"),
        ("LONG0 junk", r"(too long|no model)"),
    ],
)
def test_a_mistake_is_one_line(
    unfreeze: Unfreeze,
    finished_run: Path,
    tmp_path: Path,
    words: str,
    found: str,
) -> None:
    (tmp_path / "junk").write_bytes(b"junk" * 100)
    (tmp_path / "empty").mkdir()
    (tmp_path / "t.csv").write_text("id,label\njunk,a\n")

    line = words.replace("RUN", str(finished_run))
    line = line.replace("LONG9", 245 * "a").replace("LONG0", 300 * "a")

    assert re.search(found, unfreeze(f"predict {line}").mistake)


def test_a_model_with_one_changed_byte_is_refused(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    content = bytearray((finished_run / "model.safetensors").read_bytes())
    content[-100] ^= 1
    (tmp_path / "model.safetensors").write_bytes(content)

    assert "damaged" in unfreeze("predict model.safetensors", photos).mistake


def test_an_answer_that_is_not_sure_enough_says_so(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    folder = photos / "valid" / "stripes"

    ended = unfreeze("predict --threshold 1 --json", finished_run, folder)

    labels = {each["label"] for each in ended.content["predictions"]}
    assert "not sure" in labels


def test_a_precision_that_was_never_measured_is_one_line(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    ended = unfreeze("predict --min-precision 0.999", finished_run, photos)

    assert "promises a precision of 0.999" in ended.mistake


# --- many photos --------------------------------------------------------------------


def test_a_broken_photo_is_a_row_with_the_reason(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"junk")

    ended = unfreeze(
        "predict --csv x.csv", finished_run, "broken.jpg", photos / "valid/circles"
    )

    first, *others = _rows(tmp_path / "x.csv")
    assert ended.out == "7 photos, written to x.csv; 1 cannot be read\n"
    assert ended.err.startswith("skipped broken.jpg: ")
    assert (first["file"], first["label"], first["circles"]) == ("broken.jpg", "", "")
    assert first["error"]
    assert {each["error"] for each in others} == {""}


def test_photos_can_be_listed_and_come_once_in_the_order_given(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    root = photos / "valid"
    (tmp_path / "l.txt").write_text("stripes03\nno\n")
    (tmp_path / "t.csv").write_text("x,id\n1,stripes04\n2,stripes03\n")

    content = unfreeze(
        f"predict --json --list l.txt --from-csv t.csv --folder {root}/stripes "
        "--suffix .png",
        finished_run,
        f"{root}/**/squares0[01].png",
    ).content

    assert [Path(each["file"]).stem for each in content["predictions"]] == [
        "squares00",
        "squares01",
        "stripes03",
        "stripes04",
    ]
    assert [Path(each["file"]).name for each in content["skipped"]] == ["no.png"]


def test_a_submission_has_an_id_and_a_label(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "test1").mkdir()
    for number in (10, 9, 1):
        shutil.copy(
            photos / "valid/circles/circles00.png", tmp_path / f"test1/{number}.png"
        )

    named = unfreeze("predict --submission s.csv", finished_run, "test1")
    shares = unfreeze(
        "predict --submission p.csv --style probability --positive circles",
        finished_run,
        "test1",
    )

    assert (named.code, shares.code) == (0, 0)
    rows, of_one = _rows(tmp_path / "s.csv"), _rows(tmp_path / "p.csv")
    assert [row["id"] for row in rows] == ["1", "9", "10"]
    assert {row["label"] for row in rows} < {"circles", "squares", "stripes"}
    assert [row["id"] for row in of_one] == ["1", "9", "10"]
    assert all(0 < float(row["label"]) < 1 for row in of_one)


def test_only_the_submission_is_put_in_the_order_of_its_ids(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    drawn = sorted((photos / "valid").rglob("*.png"))
    names = ["10.png", "bad/9.png", "1.png"]
    (tmp_path / "bad").mkdir()
    (tmp_path / names[1]).write_bytes(b"junk")
    shutil.copy(drawn[0], tmp_path / names[0])
    shutil.copy(drawn[-1], tmp_path / names[2])

    ended = unfreeze(
        "predict --csv x.csv --submission s.csv --json", finished_run, *names
    )

    answers = {each["file"]: each["label"] for each in ended.content["predictions"]}
    assert list(answers) == [names[0], names[2]]
    assert [row["file"] for row in _rows(tmp_path / "x.csv")] == names
    assert [tuple(row.values()) for row in _rows(tmp_path / "s.csv")] == [
        ("1", answers[names[2]]),
        ("9", ""),
        ("10", answers[names[0]]),
    ]


def test_two_photos_with_one_id_are_refused(
    unfreeze: Unfreeze, finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    drawn = sorted((photos / "valid").rglob("*.png"))
    for name in ("7.png", "7.jpg"):
        shutil.copy(drawn[0], tmp_path / name)

    ended = unfreeze(
        "predict --csv x.csv --submission s.csv", finished_run, "7.png", "7.jpg"
    )

    assert "2 photos have the id '7'" in ended.mistake
    assert sorted(each.name for each in tmp_path.iterdir()) == ["7.jpg", "7.png"]


def test_one_photo_is_one_photo(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    photo = photos / "valid/circles/circles00.png"

    ended = unfreeze("predict --csv x.csv", finished_run, photo)

    assert ended.out == "1 photo, written to x.csv\n"


@pytest.fixture
def many(photos: Path, tmp_path: Path) -> Path:
    """150 photos: three blocks."""
    folder = tmp_path / "many"
    folder.mkdir()
    drawn = sorted((photos / "valid").rglob("*.png"))
    for number in range(150):
        shutil.copy(drawn[number % len(drawn)], folder / f"{number:03}.png")
    return folder


def _interrupted_after(blocks: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C when so many blocks are answered."""
    answer = Classifier.blocks

    def some(
        self: Classifier, photos: PackedNames, *, first: int = 0, tta: bool = False
    ) -> Generator[Block, None, None]:
        coming = answer(self, photos, first=first, tta=tta)
        for _ in range(blocks):
            yield next(coming)
        coming.close()
        raise KeyboardInterrupt

    monkeypatch.setattr(Classifier, "blocks", some)


def test_a_stopped_command_goes_on_and_ends_the_same(
    unfreeze: Unfreeze, finished_run: Path, many: Path, tmp_path: Path
) -> None:
    line = "predict --csv x.csv --submission s.csv --tta"
    whole = unfreeze(line, finished_run, many)
    expected = [(tmp_path / name).read_bytes() for name in ("x.csv", "s.csv")]
    for name in ("x.csv", "s.csv"):
        (tmp_path / name).unlink()

    with pytest.MonkeyPatch.context() as patched:
        _interrupted_after(2, patched)
        stopped = unfreeze(line, finished_run, many)
    is_there = (tmp_path / "x.csv").exists()
    again = unfreeze(line, finished_run, many)

    assert (whole.code, stopped.code, again.code, is_there) == (0, 130, 0, False)
    assert stopped.err.startswith("128 of 150 photos are answered and kept in .x.csv.")
    assert "the same command goes on from there" in stopped.err
    assert again.err == "going on after 128 of 150 photos\n"
    found = [(tmp_path / name).read_bytes() for name in ("x.csv", "s.csv")]
    assert found == expected
    assert [each.name for each in tmp_path.glob(".*.part")] == []


@pytest.mark.parametrize("before", ["", "--json"])
def test_json_goes_on_after_a_stop_and_ends_the_same(
    unfreeze: Unfreeze, finished_run: Path, many: Path, tmp_path: Path, before: str
) -> None:
    (many / "003.png").write_bytes(b"junk")
    whole = unfreeze("predict --csv x.csv --json", finished_run, many)
    table = (tmp_path / "x.csv").read_bytes()
    (tmp_path / "x.csv").unlink()
    with pytest.MonkeyPatch.context() as patched:
        _interrupted_after(1, patched)
        stopped = unfreeze(f"predict --csv x.csv {before}", finished_run, many)

    ended = unfreeze("predict --csv x.csv --json", finished_run, many)

    assert "the same command goes on from there" in stopped.err
    assert ended.err == "going on after 64 of 150 photos\n"
    assert len(ended.content["predictions"]) == 149
    assert [Path(each["file"]).name for each in ended.content["skipped"]] == ["003.png"]
    assert ended.out == whole.out
    assert (tmp_path / "x.csv").read_bytes() == table


def test_json_never_throws_rows_away_that_it_cannot_use(
    unfreeze: Unfreeze, finished_run: Path, many: Path, tmp_path: Path
) -> None:
    line = "predict --submission s.csv"
    with pytest.MonkeyPatch.context() as patched:
        _interrupted_after(2, patched)
        stopped = unfreeze(f"{line} --json", finished_run, many)
    (part,) = (each for each in tmp_path.glob(".s.csv.*") if "seen" not in each.name)
    rows = part.read_bytes()

    mistake = unfreeze(f"{line} --json", finished_run, many).mistake

    assert "the same command, without --json, goes on from there" in stopped.err
    assert "128 of 150 photos are answered in .s.csv." in mistake
    assert "Go on without --json, or remove that file" in mistake
    assert part.read_bytes() == rows
    assert (
        unfreeze(line, finished_run, many).err == "going on after 128 of 150 photos\n"
    )


def test_lines_of_later_blocks_stand_below_those_of_earlier_ones(
    unfreeze: Unfreeze, finished_run: Path, many: Path
) -> None:
    lines = unfreeze("predict", finished_run, many).out.splitlines()

    assert len(lines) == 1 + 150
    assert len({len(line) for line in lines}) == 1
    assert len({line.index(line.split()[1]) for line in lines[1:]}) <= 3


# --- an exported model --------------------------------------------------------------


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_colour_bundle(tmp_path / "colours.onnx")


@pytest.fixture
def plain_colours(tmp_path: Path) -> Path:
    """150 photos of one colour each."""
    folder = tmp_path / "colours"
    folder.mkdir()
    rng = np.random.default_rng(3)
    for number in range(150):
        pixel = rng.integers(0, 256, (1, 1, 3), dtype=np.uint8)
        Image.fromarray(np.repeat(np.repeat(pixel, 32, 0), 32, 1)).save(
            folder / f"{number:03}.png"
        )
    return folder


@pytest.mark.parametrize("task", list(Task))
@pytest.mark.parametrize("threshold", [None, 0.45])
@pytest.mark.parametrize("table", ["", "--csv x.csv"])
def test_it_says_of_a_photo_what_the_server_says(
    unfreeze: Unfreeze,
    tmp_path: Path,
    plain_colours: Path,
    task: Task,
    threshold: float | None,
    table: str,
) -> None:
    """Beside a table, probabilities are rounded as those in it."""
    answering = Answering(classes=CLASSES, task=task, thresholds=(0.3, 0.3, 0.3))
    model = write_colour_bundle(
        tmp_path / "m.onnx",
        answering=answering,
        is_batched=False,  # company changes the last digits
    )
    words = "" if threshold is None else f"--threshold {threshold}"
    predictor = Predictor.load(model, threads=1, threshold=threshold)
    is_unsure = set()

    content = unfreeze(f"predict --json {words} {table}", model, plain_colours).content

    for said in content["predictions"]:
        name = said["file"]
        row = row_of(name, predictor(name), None, (0.0, 0.0, 1.0, 1.0))
        if table:
            for each in (said, row):
                shares = each.pop("probabilities")
                each["probabilities"] = {n: f"{p:.6f}" for n, p in shares.items()}
                each["probability"] = f"{each['probability']:.6f}"
        assert said == row
        is_unsure.add(not said["is_sure"])
    is_strict = threshold is not None and task is Task.SINGLE
    assert is_unsure == ({True, False} if is_strict else {False})


def test_an_exported_model_answers_too(
    unfreeze: Unfreeze, bundle: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 32), (250, 10, 10)).save(tmp_path / "r.png")
    (tmp_path / "broken.png").write_bytes(b"junk")

    content = unfreeze("predict --json", bundle, "r.png", "broken.png").content

    (answer,) = content["predictions"]
    assert answer["label"] == "red"
    expected = np.exp(8 * np.array([250, 10, 10]) / 255)
    assert list(answer["probabilities"].values()) == pytest.approx(
        list(expected / expected.sum()), rel=1e-5
    )
    assert [each["file"] for each in content["skipped"]] == ["broken.png"]
    assert "augmented views" in unfreeze("predict --tta", bundle, "r.png").mistake


def test_a_model_and_its_photos_are_never_replaced_by_a_table(
    unfreeze: Unfreeze, bundle: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 32), (250, 10, 10)).save(tmp_path / "r.png")
    shutil.copy(tmp_path / "r.png", tmp_path / "photo")
    (tmp_path / "link.csv").symlink_to("photo")
    before = {each: each.read_bytes() for each in tmp_path.iterdir()}

    for name in (bundle.name, "colours.golden.npz", "r.png", "photo", "link.csv"):
        assert unfreeze(f"predict --csv {name}", bundle, "r.png", "photo").mistake

    assert {each: each.read_bytes() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("asked", ["run", "run/model.safetensors"])
@pytest.mark.parametrize("name", ["model.safetensors", "predictions.csv"])
def test_a_run_is_never_replaced_by_a_table(
    unfreeze: Unfreeze,
    finished_run: Path,
    photos: Path,
    tmp_path: Path,
    name: str,
    asked: str,
) -> None:
    shutil.copytree(finished_run, tmp_path / "run")
    photo = photos / "valid/circles/circles00.png"

    ended = unfreeze(f"predict {asked} --csv run/{name}", photo)

    assert re.search("belongs to the (run|model) run", ended.mistake)
    found, expected = (
        (each / name).read_bytes() for each in (Path("run"), finished_run)
    )
    assert found == expected


@pytest.mark.skipif(os.name != "posix", reason="needs a pipe with a name")
def test_a_pipe_is_never_replaced_by_a_table(
    unfreeze: Unfreeze, bundle: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 32), (250, 10, 10)).save(tmp_path / "r.png")
    os.mkfifo(tmp_path / "pipe")

    ended = unfreeze("predict --submission pipe", bundle, "r.png")

    assert "pipe is no regular file" in ended.mistake
    assert (tmp_path / "pipe").is_fifo()


def test_a_table_goes_where_a_link_points_to(
    unfreeze: Unfreeze, bundle: Path, tmp_path: Path
) -> None:
    Image.new("RGB", (40, 32), (250, 10, 10)).save(tmp_path / "r.png")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept/x.csv").touch()
    (tmp_path / "x.csv").symlink_to("kept/x.csv")

    assert unfreeze("predict --csv x.csv", bundle, "r.png").code == 0

    assert (tmp_path / "x.csv").is_symlink()
    assert _rows(tmp_path / "kept/x.csv")[0]["label"] == "red"


@pytest.mark.slow
def test_an_exported_model_answers_without_torch(
    bundle: Path, plain_colours: Path
) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "unfreeze", "predict"]

    ended = subprocess.run(  # noqa: S603  # our own command
        [*command, bundle, plain_colours, "--json"],
        capture_output=True,
        text=True,
        check=True,
    )

    assert len(json.loads(ended.stdout)["predictions"]) == 150
    names = [line.split("|")[-1].strip() for line in ended.stderr.splitlines()]
    imported = {name.partition(".")[0] for name in names}
    assert "onnxruntime" in imported
    assert not {"torch", "timm", "accelerate", "matplotlib"} & imported


_NEVER_ENDING = """
import pathlib, time
from unfreeze.cli.app import main

def opened(path, *rest, really=pathlib.Path.open, **more):
    time.sleep(600 if path.name == "149.png" else 0)
    return really(path, *rest, **more)

pathlib.Path.open = opened
main()
"""


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_process_loses_no_block(
    unfreeze: Unfreeze, bundle: Path, plain_colours: Path, tmp_path: Path
) -> None:
    """It never gets beyond the last photo, as on a disk that does not answer."""
    names = "\n".join(str(each) for each in sorted(plain_colours.iterdir()))
    (tmp_path / "list.txt").write_text(names)
    line = "predict --csv x.csv --list list.txt"
    assert unfreeze(line, bundle).code == 0
    expected = (tmp_path / "x.csv").read_bytes()
    (tmp_path / "x.csv").unlink()

    command = [sys.executable, "-c", _NEVER_ENDING, *line.split(), str(bundle)]
    process = subprocess.Popen(command)  # noqa: S603  # our own command
    until = time.monotonic() + 60
    while not any(each.stat().st_size > 999 for each in tmp_path.glob(".x.csv.seen.*")):
        assert time.monotonic() < until
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    ended = unfreeze(line, bundle)

    assert re.match("going on after (64|128) of 150 photos\n", ended.err)
    assert (tmp_path / "x.csv").read_bytes() == expected
