"""Mirrors src/unfreeze/cli/demo.py."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from unfreeze.runs.settings import RunSettings

Unfreeze: TypeAlias = Callable[..., Any]


def test_it_trains_on_the_digits_with_the_embedded_backbone(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked: list[tuple[Path, Path, RunSettings]] = []

    def note(folder: Path, out: Path, settings: RunSettings, **words: object) -> None:
        asked.append((folder, out, settings))
        raise KeyboardInterrupt

    monkeypatch.setattr("unfreeze.runs.training_run.train_folder", note)
    unfreeze("demo --seed 4")

    ((folder, out, settings),) = asked
    assert folder.parent == tmp_path / "cache"
    assert out == Path("runs/demo")
    assert (settings.arch, settings.seed) == ("unfreeze_nano", 4)


def test_a_second_demo_says_where_it_goes(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def stop(*arguments: object, write: Callable[[str], None], **words: object) -> None:
        write("1. Look")
        raise KeyboardInterrupt

    monkeypatch.setattr("unfreeze.runs.training_run.train_folder", stop)
    (tmp_path / "runs/demo").mkdir(parents=True)

    assert "this run goes to runs/demo-2" in unfreeze("demo").out


@pytest.mark.parametrize("out", ["demo", "demo/x", "runs/demo"])
def test_the_run_may_have_any_name(
    unfreeze: Unfreeze, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, out: str
) -> None:
    asked: list[Path] = []

    def note(folder: Path, out: Path, settings: object, **words: object) -> None:
        asked.append(out)
        raise KeyboardInterrupt

    monkeypatch.setattr("unfreeze.runs.training_run.train_folder", note)
    monkeypatch.setattr("unfreeze.runs.demo.demo_photos", lambda: tmp_path)

    assert unfreeze(f"demo --out {out}").code == 130
    assert asked == [Path(out)]


def test_the_run_may_not_lie_among_the_digits(
    unfreeze: Unfreeze, tmp_path: Path
) -> None:
    folder = tmp_path / "cache/digits-96/train/run"

    assert "among the class folders" in unfreeze("demo --out", folder).mistake


@pytest.mark.slow
def test_the_demo_reads_digits_well(unfreeze: Unfreeze, tmp_path: Path) -> None:
    content = unfreeze("demo --out run --json").content

    assert content["status"] == "finished"
    assert content["n_train"] + content["n_valid"] == 1797
    assert content["accuracy"] > 0.95
    assert (tmp_path / "run" / "model.safetensors").is_file()
