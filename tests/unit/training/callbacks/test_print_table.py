"""Mirrors src/unfreeze/training/callbacks/print_table.py."""

from collections.abc import Callable

import pytest

from unfreeze.training.callbacks.base import RunView
from unfreeze.training.callbacks.print_table import PrintTable
from unfreeze.training.history import EpochRow


@pytest.fixture
def print_rows(make_view: Callable[..., RunView]) -> Callable[..., list[str]]:
    def print_rows(*rows: EpochRow) -> list[str]:
        lines: list[str] = []
        table = PrintTable(lines.append)
        for row in rows:
            assert not table.on_epoch_end(make_view(row))
        return lines

    return print_rows


def test_columns_are_those_of_the_lesson_and_the_time(
    print_rows: Callable[..., list[str]], make_row: Callable[..., EpochRow]
) -> None:
    lines = print_rows(make_row(0), make_row(1, valid_loss=0.2), make_row(2))

    header, *rows = [line.split() for line in lines]
    assert header == ["epoch", "trn_loss", "val_loss", "accuracy", "time"]
    assert rows[0] == ["0", "0.500000", "0.250000", "0.750000", "00:01.0"]
    assert rows[1][:3] == ["1", "0.500000", "0.200000"]
    assert len(rows) == 3


def test_cells_stand_below_the_names_of_their_columns(
    print_rows: Callable[..., list[str]], make_row: Callable[..., EpochRow]
) -> None:
    metrics = {"accuracy_thresh(0.5)": 0.5, "f2": 0.25}

    header, row = print_rows(make_row(metrics=metrics))

    for name, cell in (("accuracy_thresh", "0.500000"), ("f2", "0.250000")):
        assert header.index(name) == row.rindex(cell)
    assert header.split()[-2:] == ["f2", "time"]
    assert len(header.split()) == len(row.split())


def test_without_metrics_there_are_four_columns(
    print_rows: Callable[..., list[str]], make_row: Callable[..., EpochRow]
) -> None:
    header, row = print_rows(make_row(metrics={}))

    assert header.split() == ["epoch", "trn_loss", "val_loss", "time"]
    assert len(row.split()) == 4


def test_figures_of_callbacks_follow_by_name(
    print_rows: Callable[..., list[str]], make_row: Callable[..., EpochRow]
) -> None:
    _, row = print_rows(make_row(extra={"swa_loss": 0.125}))

    assert row.endswith("00:01.0  swa_loss 0.125000")


@pytest.mark.parametrize(
    ("seconds", "clock"),
    [(0.04, "00:00.0"), (59.94, "00:59.9"), (59.96, "01:00.0"), (3725.0, "62:05.0")],
)
def test_the_time_is_minutes_and_seconds(
    print_rows: Callable[..., list[str]],
    make_row: Callable[..., EpochRow],
    seconds: float,
    clock: str,
) -> None:
    assert print_rows(make_row(seconds=seconds))[1].endswith(clock)
