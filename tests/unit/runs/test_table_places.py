"""Mirrors src/unfreeze/runs/table_places.py."""

import os
from pathlib import Path

import pytest

from unfreeze.answering import Answering
from unfreeze.errors import PlanError
from unfreeze.runs.answers import AnswerColumns, are_titles_of_answers
from unfreeze.runs.growing_table import GrowingTable
from unfreeze.runs.table_places import require_places, submission_place, table_place

RUN = Path("no-run")


def place(file: Path) -> Path:
    """Where a table of answers goes."""
    return table_place(file, are_titles_of_answers)


def write_answers(file: Path, *classes: str) -> None:
    """Leave a table as the command does."""
    columns = AnswerColumns(Answering(classes=classes))
    with GrowingTable(file, columns, "digest") as table:
        table.go_on_after(0, [])
        table.finish()


def test_a_table_has_a_place_and_a_name_of_its_own(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.csv", tmp_path / "list.txt"

    assert require_places(ours, None, [theirs], RUN) == (ours, None)
    assert require_places(None, ours, [theirs], RUN) == (None, ours)
    with pytest.raises(PlanError, match="no folder"):
        require_places(tmp_path / "no" / "a.csv", None, [], RUN)
    with pytest.raises(PlanError, match="named twice"):
        require_places(ours, theirs, [tmp_path / "." / "list.txt"], RUN)
    with pytest.raises(PlanError, match="named twice"):
        require_places(ours, ours, [], RUN)


def test_answers_that_are_read_are_not_written_over(tmp_path: Path) -> None:
    write_answers(tmp_path / "a.csv", "cat", "dog")

    with pytest.raises(PlanError, match="named twice"):
        require_places(tmp_path / "a.csv", None, [tmp_path / "a.csv"], RUN)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_list_is_known_by_any_of_its_names(tmp_path: Path, is_there: bool) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "other").symlink_to("real")
    if is_there:
        (tmp_path / "real/t.csv").touch()

    with pytest.raises(PlanError, match="named twice"):
        require_places(tmp_path / "real/t.csv", None, [tmp_path / "other/t.csv"], RUN)


@pytest.mark.parametrize("asked", ["run", "run/model.safetensors", "run/m.onnx", "b"])
@pytest.mark.parametrize("name", ["model.safetensors", "predictions.csv", "link.csv"])
def test_what_a_run_wrote_stays_however_it_is_named(
    tmp_path: Path, name: str, asked: str
) -> None:
    run = tmp_path / "run"
    run.mkdir()
    (run / "model.safetensors").touch()
    (run / "link.csv").symlink_to("summary.json")

    with pytest.raises(PlanError, match=r"belongs to the (run|model) .*run"):
        require_places(run / name, None, [], tmp_path / asked)
    own = run / "answers.csv"
    assert require_places(own, None, [], tmp_path / asked) == (own, None)


@pytest.mark.parametrize(
    "name", ["m.onnx", "m.golden.npz", "link.csv", "m.safetensors"]
)
def test_a_model_file_stays(tmp_path: Path, name: str) -> None:
    run = tmp_path / ("m.safetensors" if name == "m.safetensors" else "m.onnx")
    run.touch()
    (tmp_path / "link.csv").symlink_to("m.onnx")

    with pytest.raises(PlanError, match="belongs to the model"):
        require_places(tmp_path / name, None, [], run)


@pytest.mark.parametrize(
    "content",
    [
        b"file,label\r\n1.jpg,cat\r\n",
        b"file,label,probability\r\n1.jpg,cat,0.9\r\n",
        b"file,action,label\r\n",
        b"\xff\xfe\0\0" * 100,
        b'"file\n',
        b"\n",
        b"x" * 200_000,
    ],
)
def test_what_people_keep_stays_whatever_it_is_called(
    tmp_path: Path, content: bytes
) -> None:
    for name in ("labels.csv", "notes.txt", "model.onnx"):
        assert place(tmp_path / name) == tmp_path / name
        (tmp_path / name).write_bytes(content)
        with pytest.raises(PlanError, match=r"no table that unfreeze wrote.*remove it"):
            place(tmp_path / name)
        assert (tmp_path / name).read_bytes() == content


@pytest.mark.parametrize(
    "classes", [("cat", "dog"), ("error", "a,b", 'say "x"', "two\nlines"), ("é=", "=1")]
)
def test_a_table_takes_the_place_of_one_that_we_wrote(
    tmp_path: Path, classes: tuple[str, ...]
) -> None:
    file = tmp_path / "old.CSV"
    write_answers(file, *classes)

    assert place(file) == file


def test_a_table_that_another_program_has_saved_since_stays(tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    write_answers(file, "cat", "dog")
    ours = file.read_bytes()

    for saved in (
        b"\xef\xbb\xbf" + ours,  # as spreadsheets do
        ours.replace(b"\r\n", b"\n"),
        ours.replace(b"error", b"error,right"),
        ours.replace(b"cat", b'"cat"'),
    ):
        file.write_bytes(saved)
        with pytest.raises(PlanError, match="no table that unfreeze wrote"):
            place(file)


def test_an_empty_file_is_nobodys_work(tmp_path: Path) -> None:
    (tmp_path / "a").touch()

    assert place(tmp_path / "a") == submission_place(tmp_path / "a") == tmp_path / "a"


def test_a_submission_takes_no_files_place(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    assert submission_place(file) == file
    file.write_bytes(b"id,label\r\n1,cat\r\n")

    with pytest.raises(PlanError, match=r"labels\.csv is there already.*remove it"):
        require_places(None, file, [], RUN)


def test_a_table_goes_where_a_link_points_to(tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()
    (tmp_path / "link.csv").symlink_to("x.csv")
    (tmp_path / "new.csv").symlink_to("coming.csv")
    (tmp_path / "photo.csv").symlink_to("mine.JPG")
    (tmp_path / "lost.csv").symlink_to("no/x.csv")

    assert place(tmp_path / "link.csv") == (tmp_path / "x.csv").resolve()
    assert place(tmp_path / "new.csv") == (tmp_path / "coming.csv").resolve()
    with pytest.raises(PlanError, match="ending of a photo"):
        place(tmp_path / "photo.csv")
    with pytest.raises(PlanError, match="no folder"):
        place(tmp_path / "lost.csv")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices with names")
def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")

    for name in ("pipe", "link", "/dev/null"):
        with pytest.raises(PlanError, match="no regular file"):
            place(tmp_path / name)


@pytest.mark.parametrize(("letter", "count"), [("a", 231), ("\u00e9", 115)])
def test_a_name_leaves_room_for_its_hidden_neighbours(
    tmp_path: Path, letter: str, count: int
) -> None:
    assert place(tmp_path / (count * letter))
    with pytest.raises(PlanError, match="more than 231 bytes"):
        place(tmp_path / ((count + 1) * letter))
