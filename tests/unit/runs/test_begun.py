"""Mirrors src/unfreeze/runs/begun.py."""

import dataclasses
from pathlib import Path

import pytest

from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.runs.begun import Begun
from unfreeze.runs.settings import RunSettings

SETTINGS = RunSettings(
    arch="unfreeze_nano", weights="w.pth", csv="labels.csv", fixes="fixes.csv"
)


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with all that ``SETTINGS`` name."""
    folder = tmp_path / "here"
    (folder / "photos").mkdir(parents=True)
    (folder / "run/checkpoint").mkdir(parents=True)
    for name in ("w.pth", "fixes.csv", "photos/labels.csv"):
        (folder / name).write_text(name)
    monkeypatch.chdir(folder)
    return folder


def test_what_is_read_is_what_was_written(here: Path) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    begun.write(here / "run")

    assert Begun.read(here / "run") == begun
    assert not begun.other_versions()
    assert not begun.is_other_machine()


@pytest.mark.parametrize("text", ["", "[]", '{"format": 2}', '{"format": 1}'])
def test_a_damaged_file_is_refused(here: Path, text: str) -> None:
    (here / "run/checkpoint/begun.json").write_text(text)

    with pytest.raises(DataError, match="cannot be read"):
        Begun.read(here / "run")


def test_paths_stay_as_they_were_named(here: Path) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)

    assert begun.found_again(None, None) == (Path("photos"), SETTINGS)


def test_paths_lead_to_the_same_files_from_elsewhere(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    monkeypatch.chdir(tmp_path)

    folder, settings = begun.found_again(None, None)

    assert folder == here / "photos"
    assert settings == dataclasses.replace(
        SETTINGS, weights=str(here / "w.pth"), fixes=str(here / "fixes.csv")
    )


def test_photos_and_weights_may_be_elsewhere(here: Path) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    (here / "photos").rename(here / "moved")
    (here / "w.pth").rename(here / "moved.pth")

    with pytest.raises(DataError, match=r"not in photos any more.*--data"):
        begun.found_again(None, None)
    with pytest.raises(WeightsError, match=r"no weights file w\.pth.*--weights"):
        begun.found_again(Path("moved"), None)
    folder, settings = begun.found_again(Path("moved"), Path("moved.pth"))

    assert (folder, settings.weights) == (Path("moved"), "moved.pth")


def test_other_weights_are_refused(here: Path) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    (here / "w.pth").write_text("trained meanwhile")

    with pytest.raises(WeightsError, match="has other content"):
        begun.found_again(None, None)


def test_weights_where_there_were_none_are_refused(here: Path) -> None:
    begun = Begun.now(Path("photos"), RunSettings(arch="unfreeze_nano"))

    with pytest.raises(PlanError, match="began without a weights file"):
        begun.found_again(None, here / "w.pth")


def test_another_version_is_named_but_not_that_of_python(here: Path) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    older = dataclasses.replace(
        begun, versions={**begun.versions, "python": "3.0", "timm": "0.1"}
    )

    assert older.other_versions() == [f"timm 0.1 then, {begun.versions['timm']} now"]


@pytest.mark.parametrize("name", ["fixes.csv", "photos/labels.csv"])
def test_a_table_with_another_content_is_named(here: Path, name: str) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    (here / name).write_text("other")

    with pytest.raises(DataError, match=rf"{name} changed since the run began"):
        begun.found_again(None, None)


@pytest.mark.parametrize("name", ["fixes.csv", "photos/labels.csv"])
def test_a_table_that_is_gone_is_named(here: Path, name: str) -> None:
    begun = Begun.now(Path("photos"), SETTINGS)
    (here / name).unlink()

    with pytest.raises(DataError, match=rf"{Path(name).name} any more"):
        begun.found_again(None, None)
