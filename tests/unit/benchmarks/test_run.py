"""Mirrors benchmarks/run.py."""

from pathlib import Path

import pytest

from benchmarks.run import main


def test_a_failure_is_named_and_the_others_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """``tta`` has no photos; ``startup`` needs none."""
    monkeypatch.delenv("DATA", raising=False)
    monkeypatch.delenv("WEIGHTS", raising=False)
    options = ["--only", "python", "--repeats", "1", "--out", str(tmp_path)]

    with pytest.raises(SystemExit, match=r"failed: tta\.$"):
        main(["--benchmarks", "tta,startup", *options])

    shown = capfd.readouterr()
    assert "--weights is missing" in shown.err
    assert "Seconds of whole processes" in shown.out
    assert [path.name for path in tmp_path.iterdir()] == ["startup.json"]


def test_goals_of_all_reports_stand_at_the_end(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    names = "unfreeze --help"

    main(
        [
            *("--benchmarks", "startup", "--only", names),
            *("--repeats", "1", "--out", str(tmp_path)),
        ]
    )

    last = capfd.readouterr().out.splitlines()[-1]
    assert last.startswith("startup: unfreeze --help, seconds")
    assert "<= 0.3" in last


def test_unknown_benchmarks_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--benchmarks", "startup,nap"])

    assert "there are no benchmarks ['nap']" in capsys.readouterr().err
