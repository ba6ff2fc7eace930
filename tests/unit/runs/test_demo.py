"""Mirrors src/unfreeze/runs/demo.py."""

from pathlib import Path

import pytest

from unfreeze.runs.demo import demo_photos, demo_settings


def test_the_digits_are_written_to_the_cache_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))

    folder = demo_photos()
    written = {path: path.stat().st_mtime_ns for path in folder.rglob("*.png")}
    again = demo_photos()

    assert folder.parent == tmp_path / "cache"
    assert len(written) == 1797
    assert again == folder
    assert {p: p.stat().st_mtime_ns for p in folder.rglob("*.png")} == written


def test_digits_are_never_mirrored_and_need_no_network() -> None:
    settings = demo_settings(seed=3, num_workers=2)

    assert settings.augment == "basic"
    assert settings.arch == "unfreeze_nano"
    assert (settings.seed, settings.num_workers) == (3, 2)
