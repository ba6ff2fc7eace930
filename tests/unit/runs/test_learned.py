"""Mirrors src/unfreeze/runs/learned.py."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from unfreeze.runs.learned import learned_from

MakeRun = Callable[..., Path]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Ten photos in one folder, of which a run holds out four."""
    folder = tmp_path / "photos"
    _fill(folder, "cats", "dogs")
    return folder


def _fill(folder: Path, *names: str) -> list[str]:
    found = []
    for name in names:
        (folder / name).mkdir(parents=True)
        for number in range(5):
            (folder / name / f"{number}.jpg").write_bytes(b"a photo")
            found.append(f"{name}/{number}.jpg")
    return found


@pytest.fixture
def make_run(tmp_path: Path) -> MakeRun:
    """What a run leaves that says what it learned from."""

    def make(train_root: Path, valid_root: Path, *held_out: str) -> Path:
        run = tmp_path / "run"
        run.mkdir()
        kept = {"train_root": str(train_root), "valid_root": str(valid_root)}
        (run / "report.json").write_text(json.dumps(kept))
        rows = ["file,label,predicted,probability,loss"]
        rows += [f"{name},cats,cats,0.9,0.1" for name in held_out]
        (run / "predictions.csv").write_text("\n".join(rows) + "\n")
        return run

    return make


HELD_OUT = ("cats/0.jpg", "cats/1.jpg", "dogs/0.jpg", "dogs/1.jpg")
ALL = [f"{kind}/{number}.jpg" for kind in ("cats", "dogs") for number in range(5)]


def test_photos_of_one_folder_that_were_not_held_out_are_learned_from(
    home: Path, make_run: MakeRun
) -> None:
    run = make_run(home, home, *HELD_OUT)

    said = learned_from(run, home, ALL)

    assert said is not None
    assert "holds 6 of 10 photos here besides those that it held out" in said
    assert str(home) in said
    assert str(run) in said


def test_one_class_of_them_is_told_too(home: Path, make_run: MakeRun) -> None:
    run = make_run(home, home, *HELD_OUT)

    said = learned_from(run, home / "cats", [f"{number}.jpg" for number in range(5)])

    assert said is not None
    assert "holds 3 of 5 photos" in said


def test_photos_that_were_held_out_are_new(home: Path, make_run: MakeRun) -> None:
    run = make_run(home, home, *HELD_OUT)

    assert learned_from(run, home, HELD_OUT) is None


def test_of_two_folders_one_is_learned_from(tmp_path: Path, make_run: MakeRun) -> None:
    train, valid = tmp_path / "d/train", tmp_path / "d/valid"
    names = _fill(train, "cats"), _fill(valid, "cats")
    run = make_run(train, valid, *names[1])

    said = learned_from(run, train, names[0])

    assert said is not None
    assert "holds 5 of 5 photos" in said
    assert learned_from(run, valid, names[1]) is None
    (valid / "cats/new.jpg").write_bytes(b"a new photo")
    assert learned_from(run, valid, [*names[1], "cats/new.jpg"]) is None


@pytest.mark.skipif(os.name != "posix", reason="links need no permission there")
def test_links_to_them_are_followed(
    home: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(home, home, *HELD_OUT)
    (tmp_path / "links").symlink_to(home)
    (tmp_path / "some").mkdir()
    for name in ("cats/0.jpg", "cats/2.jpg", "dogs/3.jpg"):
        (tmp_path / "some" / name.replace("/", "-")).symlink_to(home / name)
    links = [each.name for each in (tmp_path / "some").iterdir()]

    whole = learned_from(run, tmp_path / "links", ALL)
    some = learned_from(run, tmp_path / "some", links)

    assert whole is not None
    assert "6 of 10 photos" in whole
    assert some is not None
    assert "2 of 3 photos" in some


@pytest.mark.skipif(os.name != "posix", reason="links need no permission there")
def test_a_folder_of_links_is_the_folder_that_it_was(
    home: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    """The photos themselves lie outside of it."""
    links = tmp_path / "links"
    for name in ALL:
        (links / name).parent.mkdir(parents=True, exist_ok=True)
        (links / name).symlink_to(home / name)
    run = make_run(links, links, *HELD_OUT)

    said = learned_from(run, links, ALL)

    assert said is not None
    assert "holds 6 of 10 photos" in said


def test_a_copy_is_told_by_the_names_of_what_was_held_out(
    home: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(home, home, *HELD_OUT)
    copy = shutil.copytree(home, tmp_path / "copy")

    whole = learned_from(run, copy, ALL)
    one_class = learned_from(run, copy / "cats", [f"{n}.jpg" for n in range(5)])

    assert whole is not None
    assert f"{copy} seems to be what it was trained on, moved or copied" in whole
    assert "holds 6 of 10 photos here besides those that it held out" in whole
    assert one_class is not None
    assert "holds 3 of 5 photos" in one_class
    assert learned_from(run, copy, HELD_OUT) is None
    (copy / "cats/0.jpg").unlink()
    (copy / "dogs/0.jpg").unlink()
    assert learned_from(run, copy, ["cats/1.jpg", *ALL[2:5]]) is None  # too few to tell


@pytest.mark.parametrize("is_copied", [True, False])
def test_training_photos_that_moved_are_told_by_the_validation_photos_beside_them(
    make_run: MakeRun, tmp_path: Path, is_copied: bool
) -> None:
    train, valid = tmp_path / "d/train", tmp_path / "d/valid"
    learned, held_out = _fill(train, "cats"), _fill(valid, "dogs")
    run = make_run(train, valid, *held_out)
    place = (shutil.copytree if is_copied else shutil.move)(
        str(tmp_path / "d"), str(tmp_path / "other/d2")
    )

    said = learned_from(run, Path(place) / "train", learned)
    one_class = learned_from(run, Path(place) / "train/cats", ["0.jpg", "1.jpg"])

    assert said is not None
    assert "holds 5 of 5 photos here" in said
    assert "may have learned" in said
    assert one_class is not None
    assert "holds 2 of 2 photos here" in one_class
    assert learned_from(run, Path(place) / "valid", held_out) is None
    new = _fill(Path(place) / "test", "cats")
    assert learned_from(run, Path(place) / "test", new) is None


def test_others_among_the_validation_photos_may_be_learned_from(
    make_run: MakeRun, tmp_path: Path
) -> None:
    """Folders that are put together in a copy look like this."""
    train, valid = tmp_path / "d/train", tmp_path / "d/valid"
    run = make_run(train, valid, *_fill(valid, "cats"))
    copy = shutil.copytree(valid, tmp_path / "copy")
    added = _fill(copy, "dogs")

    said = learned_from(run, copy, [*ALL[:5], *added])

    assert said is not None
    assert "5 of 5 photos" in said
    assert "5 others, from which it may have learned" in said
    assert learned_from(run, copy, ALL[:5]) is None


def test_other_photos_are_nothing_to_warn_of(
    home: Path, make_run: MakeRun, tmp_path: Path
) -> None:
    run = make_run(home, home, *HELD_OUT)
    names = _fill(tmp_path / "new", "birds")

    assert learned_from(run, tmp_path / "new", names) is None


@pytest.mark.parametrize("lost", ["report.json", "predictions.csv"])
def test_a_run_that_does_not_say_is_not_guessed_at(
    home: Path, make_run: MakeRun, lost: str
) -> None:
    run = make_run(home, home, *HELD_OUT)
    (run / lost).unlink()

    assert learned_from(run, home, ALL) is None


def test_answers_that_are_damaged_do_not_say(home: Path, make_run: MakeRun) -> None:
    run = make_run(home, home, *HELD_OUT)
    (run / "predictions.csv").write_text("file\n")

    assert learned_from(run, home, ALL) is None


def test_a_run_can_be_named_by_its_model_and_no_other_file(
    home: Path, make_run: MakeRun
) -> None:
    run = make_run(home, home, *HELD_OUT)
    for name in ("model.safetensors", "older.safetensors"):
        (run / name).write_bytes(b"weights")

    assert learned_from(run / "model.safetensors", home, ALL) is not None
    assert learned_from(run / "older.safetensors", home, ALL) is None
