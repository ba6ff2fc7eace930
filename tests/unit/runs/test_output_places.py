"""Mirrors src/unfreeze/runs/output_places.py."""

import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.errors import PlanError
from unfreeze.export.golden import golden_beside, golden_images
from unfreeze.export.marks import PROGRAM_MARK
from unfreeze.insight.plots import loss_by_step
from unfreeze.runs.fixes_page import write_fixes_page
from unfreeze.runs.output_places import (
    export_place,
    file_place,
    is_same_file,
    page_place,
    picture_place,
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    folder = tmp_path / "run"
    folder.mkdir()
    (folder / "model.safetensors").write_bytes(b"weights")
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Photos in class folders."""
    for name in ("photos/cat", "photos/dog"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "photos/cat/1.png").write_bytes(b"\x89PNG, a photo")
    return tmp_path / "photos"


def test_a_link_is_followed(tmp_path: Path) -> None:
    (tmp_path / "link.html").symlink_to("there.html")

    assert file_place(tmp_path / "new.html") == tmp_path / "new.html"
    assert file_place(tmp_path / "link.html") == (tmp_path / "there.html").resolve()


@pytest.mark.parametrize("name", ["model.safetensors", "report.html", "history.jsonl"])
def test_what_a_run_wrote_or_will_write_stays(run: Path, name: str) -> None:
    with pytest.raises(PlanError, match="belongs to the run"):
        file_place(run / name)
    (run / "link.html").symlink_to(name)
    with pytest.raises(PlanError, match="belongs to the run"):
        file_place(run / "link.html")

    assert file_place(run / "mine.html") == run / "mine.html"
    (run / "model.safetensors").unlink()
    assert file_place(run / "report.html") == run / "report.html"


@pytest.mark.parametrize("name", ["a.html", "A.HTM", "a.b.html"])
def test_a_page_has_the_ending_of_one(tmp_path: Path, name: str) -> None:
    assert page_place(tmp_path / name) == tmp_path / name


@pytest.mark.parametrize("name", ["a.csv", "a", ".html", "a.png", "link.html"])
def test_other_names_are_none_of_a_page(tmp_path: Path, name: str) -> None:
    (tmp_path / "link.html").symlink_to("fixes.csv")

    with pytest.raises(PlanError, match=r"like a web page.*\.html, \.htm"):
        page_place(tmp_path / name)


def test_a_page_is_written_anew_where_it_is_ours(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.write_text("<!doctype html><title>mine</title>")

    with pytest.raises(PlanError, match="no web page that unfreeze wrote"):
        page_place(page)
    write_fixes_page(page, tmp_path, (), ("cat", "dog"))
    assert page_place(page) == page


def test_an_empty_page_is_nobodys_work(tmp_path: Path) -> None:
    (tmp_path / "page.html").touch()

    assert page_place(tmp_path / "page.html") == tmp_path / "page.html"


@pytest.mark.parametrize("name", ["m.onnx", "m.pt2"])
def test_a_model_of_others_stays(tmp_path: Path, name: str) -> None:
    file = tmp_path / name
    assert export_place(file) == file
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("archive/models/model.json", "{}")

    with pytest.raises(PlanError, match=r"no model that unfreeze wrote.*remove it"):
        export_place(file)


def test_a_model_is_exported_anew_where_it_is_ours(tmp_path: Path) -> None:
    write_colour_bundle(tmp_path / "m.onnx")
    images = golden_images(16)
    with golden_beside(tmp_path / "m.onnx", images, np.zeros((4, 2), np.float32)):
        pass
    with zipfile.ZipFile(tmp_path / "m.pt2", "w") as archive:
        archive.writestr(f"m/extra/{PROGRAM_MARK}", "")

    assert export_place(tmp_path / "m.onnx") == tmp_path / "m.onnx"
    assert export_place(tmp_path / "m.pt2") == tmp_path / "m.pt2"


def test_arrays_of_others_beside_an_export_stay(tmp_path: Path) -> None:
    np.savez(tmp_path / "m.golden.npz", probabilities=np.ones(2), mine=np.ones(2))

    with pytest.raises(PlanError, match=r"golden\.npz is there already, and no file"):
        export_place(tmp_path / "m.onnx")
    (tmp_path / "m.golden.npz").unlink()
    (tmp_path / "m.golden.npz").mkdir()
    with pytest.raises(PlanError, match=r"m\.golden\.npz is a folder"):
        export_place(tmp_path / "m.onnx")


@pytest.mark.parametrize("kind", ["png", "svg", "pdf", "jpg"])
def test_a_picture_is_drawn_anew_where_it_is_ours(folder: Path, kind: str) -> None:
    picture = folder.parent / f"lr_find.{kind}"
    drawn = loss_by_step([1.0, 0.5])
    drawn.savefig(picture)

    with pytest.raises(PlanError, match="no picture that unfreeze wrote"):
        picture_place(picture, folder)
    picture.write_bytes(drawn.encoded(kind))
    assert picture_place(picture, folder) == picture


def test_no_picture_is_put_among_photos(folder: Path) -> None:
    with pytest.raises(PlanError, match="no picture that unfreeze wrote"):
        picture_place(folder / "cat/1.png", folder)
    with pytest.raises(PlanError, match="be taken for a photo"):
        picture_place(folder / "cat/lr_find.png", folder)

    for name in ("lr_find.png", "cat/lr_find.svg"):  # neither is a photo of a class
        assert picture_place(folder / name, folder) == folder / name
    for split in ("train", "valid"):
        (folder / split / "cat").mkdir(parents=True)
    assert picture_place(folder / "cat/lr_find.png", folder)
    with pytest.raises(PlanError, match="be taken for a photo"):
        picture_place(folder / "valid/cat/lr_find.png", folder)


@pytest.mark.parametrize("place", [page_place, lambda each: picture_place(each, each)])
def test_a_folder_that_is_missing_is_named(
    tmp_path: Path, place: Callable[[Path], Path]
) -> None:
    with pytest.raises(PlanError, match="no folder"):
        place(tmp_path / "no" / "x.html")


def test_one_file_has_many_names(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    (tmp_path / "b").hardlink_to(tmp_path / "a")

    assert is_same_file(tmp_path / "a", tmp_path / "." / "b")
    assert is_same_file(tmp_path / "none", tmp_path / "." / "none")
    assert not is_same_file(tmp_path / "a", tmp_path / "none")
