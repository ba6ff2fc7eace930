"""Mirrors benchmarks/contestants.py."""

import sys
from pathlib import Path

import pytest

from benchmarks.contestants import ContestantError, Driver, Program, Room
from benchmarks.protocol import Task

_ECHO = "tests.unit.benchmarks.echo_driver"
_TELL = """
import json, pathlib, sys
print("not a milestone")
print(json.dumps({"photos": len(list(pathlib.Path(sys.argv[1]).rglob("*.png")))}))
pathlib.Path(sys.argv[2], "left").write_text("behind")
"""


@pytest.fixture
def room(tmp_path: Path) -> Room:
    return Room(peers_python=Path(sys.executable), cache=tmp_path)


def test_a_driver_answers_every_turn_whatever_libraries_print(room: Room) -> None:
    driver = Driver(name="echo", module=_ECHO, what="count")

    with driver.entered(Task(size=10), room) as measure:
        turns = [measure() for _ in range(3)]

    assert [each["turns"] for each in turns] == [10, 20, 30]
    assert all(each["peak MiB"] > 1 for each in turns)


def test_a_driver_that_breaks_down_is_quoted(room: Room) -> None:
    driver = Driver(name="echo", module=_ECHO, what="fail", is_peer=True)

    with (
        pytest.raises(ContestantError, match=r"(?s)echo ended.*no resnet18 today"),
        driver.entered(Task(), room),
    ):
        pass


def test_a_program_gets_fresh_photos_and_an_empty_folder_each_time(
    room: Room, drawn_folder: Path
) -> None:
    places: set[Path] = set()

    def arguments(task: Task, out: Path) -> list[str]:
        places.update((task.photos, out))
        return ["-c", _TELL, str(task.photos), str(out)]

    program = Program(
        name="tell",
        arguments=arguments,
        figures=lambda task, milestones, out: {
            "photos": milestones[0].figures["photos"],
            "left": len(list(out.glob("left"))),
            "ordered": float(0 < milestones[0].seconds <= milestones[1].seconds),
        },
    )

    with program.entered(Task(data=drawn_folder), room) as measure:
        found = [measure(), measure()]

    assert found == [{"photos": 54, "left": 1, "ordered": 1.0}] * 2
    assert len(places) == 4
    assert not any(place.exists() for place in places)


def test_a_program_that_fails_is_quoted(room: Room) -> None:
    program = Program(name="oops", arguments=lambda task, out: ["-c", "1 / 0"])

    with (
        program.entered(Task(), room) as measure,
        pytest.raises(ContestantError, match=r"(?s)exit code 1.*ZeroDivisionError"),
    ):
        measure()
