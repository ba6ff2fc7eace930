"""Mirrors src/unfreeze/runs/table_places.py."""

import os
from pathlib import Path

import pytest

from unfreeze.errors import PlanError
from unfreeze.runs.table_places import require_no_photos, require_places, table_place

RUN = Path("no-run")


def test_a_table_has_a_place_and_a_name_of_its_own(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "a.csv", tmp_path / "list.txt"

    assert require_places([ours, None], [theirs], RUN) == [ours, None]
    with pytest.raises(PlanError, match="no folder"):
        require_places([tmp_path / "no" / "a.csv"], [], RUN)
    with pytest.raises(PlanError, match="named twice"):
        require_places([ours, theirs], [tmp_path / "." / "list.txt"], RUN)
    with pytest.raises(PlanError, match="named twice"):
        require_places([ours, ours], [], RUN)


@pytest.mark.parametrize("is_there", [True, False])
def test_a_list_is_known_by_any_of_its_names(tmp_path: Path, is_there: bool) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "other").symlink_to("real")
    if is_there:
        (tmp_path / "real/t.csv").touch()

    with pytest.raises(PlanError, match="named twice"):
        require_places([tmp_path / "real/t.csv"], [tmp_path / "other/t.csv"], RUN)


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
        require_places([run / name], [], tmp_path / asked)
    own = run / "answers.csv"
    own.touch()
    assert require_places([own], [], tmp_path / asked) == [own]


@pytest.mark.parametrize(
    "name", ["m.onnx", "m.golden.npz", "link.csv", "m.safetensors"]
)
def test_a_model_file_stays(tmp_path: Path, name: str) -> None:
    run = tmp_path / ("m.safetensors" if name == "m.safetensors" else "m.onnx")
    run.touch()
    (tmp_path / "link.csv").symlink_to("m.onnx")

    with pytest.raises(PlanError, match="belongs to the model"):
        require_places([tmp_path / name], [], run)


def test_what_is_no_table_by_its_name_stays(tmp_path: Path) -> None:
    for name in ("page.html", "other.onnx", "noted"):
        assert table_place(tmp_path / name) == tmp_path / name
        (tmp_path / name).touch()
        with pytest.raises(PlanError, match="no table by its name"):
            table_place(tmp_path / name)
    (tmp_path / "old.CSV").touch()
    assert table_place(tmp_path / "old.CSV") == tmp_path / "old.CSV"


def test_a_table_goes_where_a_link_points_to(tmp_path: Path) -> None:
    (tmp_path / "x.csv").touch()
    (tmp_path / "link.csv").symlink_to("x.csv")
    (tmp_path / "new.csv").symlink_to("coming.csv")
    (tmp_path / "photo.csv").symlink_to("mine.JPG")
    (tmp_path / "lost.csv").symlink_to("no/x.csv")

    assert table_place(tmp_path / "link.csv") == (tmp_path / "x.csv").resolve()
    assert table_place(tmp_path / "new.csv") == (tmp_path / "coming.csv").resolve()
    with pytest.raises(PlanError, match="ending of a photo"):
        table_place(tmp_path / "photo.csv")
    with pytest.raises(PlanError, match="no folder"):
        table_place(tmp_path / "lost.csv")


@pytest.mark.skipif(os.name != "posix", reason="needs pipes and devices with names")
def test_what_is_no_regular_file_stays(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")

    for name in ("pipe", "link", "/dev/null"):
        with pytest.raises(PlanError, match="no regular file"):
            table_place(tmp_path / name)


@pytest.mark.parametrize(("letter", "count"), [("a", 231), ("\u00e9", 115)])
def test_a_name_leaves_room_for_its_hidden_neighbours(
    tmp_path: Path, letter: str, count: int
) -> None:
    assert table_place(tmp_path / (count * letter))
    with pytest.raises(PlanError, match="more than 231 bytes"):
        table_place(tmp_path / ((count + 1) * letter))


def test_a_photo_is_known_by_any_of_its_names(tmp_path: Path) -> None:
    (tmp_path / "photo").touch()
    (tmp_path / "same").hardlink_to(tmp_path / "photo")
    (tmp_path / "old.csv").touch()
    photos = [str(tmp_path / "none.jpg"), str(tmp_path / "." / "photo")]

    require_no_photos([tmp_path / "old.csv", tmp_path / "new.csv", None], photos)
    for name in ("photo", "same"):
        with pytest.raises(PlanError, match=f"{name} is one of the photos"):
            require_no_photos([tmp_path / "old.csv", tmp_path / name], photos)
