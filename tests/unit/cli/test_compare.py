"""Mirrors src/unfreeze/cli/compare.py."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import pytest

Unfreeze: TypeAlias = Callable[..., Any]


def made_run(folder: Path, num_right: int, count: int = 40) -> Path:
    """What a run leaves besides its model: the first ``num_right`` photos are right."""
    folder.mkdir()
    rows = [
        f"{row:02}.jpg,cat,{'cat' if row < num_right else 'dog'},0.75,0.5"
        for row in range(count)
    ]
    titles = "file,label,predicted,probability,loss"
    (folder / "predictions.csv").write_text("\n".join([titles, *rows]) + "\n")
    summary = {"classes": ["cat", "dog"], "seconds": 12.0, "settings": {}}
    (folder / "summary.json").write_text(json.dumps(summary))
    return folder


@pytest.fixture
def good(tmp_path: Path) -> Path:
    """39 of 40 right."""
    return made_run(tmp_path / "good", 39)


@pytest.fixture
def poor(tmp_path: Path) -> Path:
    """27 of 40 right; 12 fewer."""
    return made_run(tmp_path / "poor", 27)


@pytest.fixture
def near(tmp_path: Path) -> Path:
    """37 of 40 right; 2 fewer, which is 5 points."""
    return made_run(tmp_path / "near", 37)


def test_the_verdict_stands_in_the_first_line(
    unfreeze: Unfreeze, good: Path, poor: Path
) -> None:
    ended = unfreeze("compare", good, poor)

    assert ended.code == 0
    assert ended.out.splitlines()[0].startswith("The second run is worse.")
    assert "broken" in ended.out
    assert "and 2 more; see --page, or --json for all of them" in ended.out
    assert "training took" in ended.out


@pytest.mark.parametrize(
    ("first", "second", "words", "code"),
    [
        ("good", "poor", "", 3),
        ("poor", "good", "", 0),
        ("good", "near", "", 0),  # not clear
        ("good", "near", "--tolerance 4.9", 3),
        ("good", "near", "--tolerance 5", 0),  # just as much
        ("good", "poor", "--tolerance 30", 0),
        ("good", "good", "--tolerance 0", 0),
        ("poor", "good", "--tolerance 0", 0),
    ],
)
def test_a_pipeline_fails_where_it_gets_worse(
    unfreeze: Unfreeze,
    request: pytest.FixtureRequest,
    first: str,
    second: str,
    words: str,
    code: int,
) -> None:
    runs = [request.getfixturevalue(name) for name in (first, second)]

    ended = unfreeze(f"compare --fail-if-worse {words}", *runs)

    assert ended.code == code
    assert (ended.err != "") == (code == 3)
    assert ended.err.startswith("failed: ") or code == 0


def test_without_being_asked_it_does_not_fail(
    unfreeze: Unfreeze, good: Path, poor: Path
) -> None:
    assert unfreeze("compare", good, poor).code == 0


def test_json_is_one_object_whatever_the_code(
    unfreeze: Unfreeze, good: Path, poor: Path
) -> None:
    ended = unfreeze("compare --fail-if-worse --json", good, poor)

    assert ended.code == 3
    assert ended.content["verdict"] == "worse"
    assert ended.content["is_worse"] is True
    assert ended.content["p_value"] == pytest.approx(2 / 2**12)
    assert len(ended.content["broken"]) == 12
    assert ended.content["page"] is None


def test_a_page_is_written(
    unfreeze: Unfreeze, good: Path, poor: Path, tmp_path: Path
) -> None:
    ended = unfreeze("compare --page page.html", good, poor)

    assert ended.out.endswith("written to page.html\n")
    assert "The second run is worse." in (tmp_path / "page.html").read_text()


def test_photos_are_asked_about_now(
    unfreeze: Unfreeze, finished_run: Path, photos: Path
) -> None:
    ended = unfreeze("compare --num-workers 0", finished_run, finished_run, photos)

    assert ended.out.startswith("Both runs are right on the same photos.")


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("--tolerance 1", "Pass both"),
        ("--fail-if-worse --tolerance -1", "tolerance"),
        ("--alpha 5", "above 0 and below 1"),
        ("--page nowhere/page.html", "no folder nowhere"),
    ],
)
def test_mistakes_are_one_line(
    unfreeze: Unfreeze, good: Path, poor: Path, words: str, found: str
) -> None:
    assert found in unfreeze(f"compare {words}", good, poor).mistake


def test_names_cannot_steer_the_terminal(
    unfreeze: Unfreeze, good: Path, tmp_path: Path
) -> None:
    hostile = made_run(tmp_path / "poor\x1b[2J", 27)
    table = hostile / "predictions.csv"
    table.write_text(table.read_text().replace("dog", "d\x1b[2Jog"))
    (hostile / "summary.json").unlink()

    ended = unfreeze("compare --fail-if-worse", good, hostile)

    assert ended.code == 3
    assert "\x1b" not in ended.out + ended.err
    assert r"d\x1b[2Jog" in ended.out
    assert r"poor\x1b[2J" in ended.out


def test_a_folder_without_answers_is_one_line(
    unfreeze: Unfreeze, good: Path, tmp_path: Path
) -> None:
    (tmp_path / "empty").mkdir()

    assert "no predictions.csv" in unfreeze("compare", good, tmp_path / "empty").mistake
