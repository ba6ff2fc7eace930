"""Mirrors src/unfreeze/cli/readers.py."""

import io
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from unfreeze.cli import app as app_file
from unfreeze.cli.readers import going_on_unread, unread

pytestmark = pytest.mark.skipif(os.name != "posix", reason="pipes break otherwise")


@pytest.fixture
def unread_pipe() -> Iterator[io.TextIOWrapper]:
    """A stream whose reader has gone."""
    reader, writer = os.pipe()
    os.close(reader)
    stream = io.TextIOWrapper(os.fdopen(writer, "wb"), encoding="utf-8")
    yield stream
    unread(stream)  # so that closing it can write what it still holds
    stream.close()


def test_the_body_goes_on_when_the_reader_has_gone(
    unread_pipe: io.TextIOWrapper, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdout", unread_pipe)
    done = 0

    with going_on_unread():
        for _ in range(3):
            print("x" * 100_000, flush=True)
            done += 1

    assert done == 3
    assert sys.stdout is unread_pipe
    print("more", flush=True)  # nowhere, from then on


def test_lines_are_read_as_long_as_somebody_does(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with (tmp_path / "lines").open("w", encoding="utf-8") as stream:
        monkeypatch.setattr(sys, "stdout", stream)
        print("before")
        with going_on_unread():
            print("Grüße")
        print("after")
        monkeypatch.undo()

    assert (tmp_path / "lines").read_text("utf-8") == "before\nGrüße\nafter\n"


@pytest.mark.parametrize(
    ("command", "ends"), [("train", True), ("resume", True), ("inspect", False)]
)
def test_what_trains_goes_on_to_its_end(
    unread_pipe: io.TextIOWrapper,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    ends: bool,
) -> None:
    def talk(*_: object, **__: object) -> int:
        try:
            print("a line", flush=True)
        except OSError:
            sys.exit(1)  # as typer does
        return 0

    monkeypatch.setattr(app_file, "app", talk)
    monkeypatch.setattr(sys, "stdout", unread_pipe)

    assert app_file.run([command]) == (0 if ends else 141)


def test_other_commands_end_without_a_word(repository: Path) -> None:
    model = repository / "tests/data/models/format-1.safetensors"
    reader, writer = os.pipe()
    os.close(reader)

    ended = subprocess.run(  # noqa: S603  # our own command
        [sys.executable, "-m", "unfreeze", "inspect", model],
        stdout=writer,
        stderr=subprocess.PIPE,
        check=False,
    )
    os.close(writer)

    assert (ended.returncode, ended.stderr) == (141, b"")
