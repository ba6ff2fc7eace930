"""Mirrors src/unfreeze/data/ledger.py."""

import json
from pathlib import Path

import numpy as np
import pytest

from unfreeze.data import ledger as module
from unfreeze.data.ledger import ENTRY, Ledger, name_keys, read_ledger, write_ledger

_NAMES = ["cats/1.jpg", "cats/2.jpg", "dogs/3.jpg"]


def _entries(names: list[str], size: int = 100, reason: int = -1) -> np.ndarray:
    entries = np.zeros(len(names), dtype=ENTRY)
    entries["name"] = name_keys(names, "train")
    entries["stamp"] = [size, 1, 2, 3]
    entries["digest"] = np.arange(16)
    entries["reason"] = reason
    return entries


def _stamps(count: int, size: int = 100) -> np.ndarray:
    return np.tile(np.array([size, 1, 2, 3]), (count, 1))


def _known(ledger: Ledger, names: list[str], size: int = 100) -> list[bool]:
    found = ledger.find(name_keys(names, "train"), _stamps(len(names), size))
    return (found >= 0).tolist()


def test_an_empty_ledger_knows_nothing() -> None:
    assert _known(Ledger.empty(), _NAMES) == [False, False, False]


def test_what_was_added_is_found_by_name_and_stamp() -> None:
    ledger = Ledger.empty().updated(_entries(_NAMES[:2]), ())

    assert _known(ledger, _NAMES) == [True, True, False]
    assert _known(ledger, _NAMES, size=101) == [False, False, False]


@pytest.mark.parametrize("column", range(4))
def test_a_change_of_any_part_of_the_stamp_is_a_change(column: int) -> None:
    ledger = Ledger.empty().updated(_entries(_NAMES), ())
    stamps = _stamps(3)
    stamps[1, column] += 1

    found = ledger.find(name_keys(_NAMES, "train"), stamps)

    assert (found >= 0).tolist() == [True, False, True]


def test_splits_do_not_share_names() -> None:
    train, valid = name_keys(_NAMES, "train"), name_keys(_NAMES, "valid")

    assert not set(train.tolist()) & set(valid.tolist())


def test_new_verdicts_replace_old_ones_and_leave_the_others() -> None:
    ledger = Ledger.empty().updated(_entries(_NAMES), ())
    ledger = ledger.updated(_entries(_NAMES[:1], size=200), ())

    assert len(ledger.entries) == 3
    assert _known(ledger, _NAMES) == [False, True, True]
    assert _known(ledger, _NAMES[:1], size=200) == [True]


def test_reasons_that_nobody_needs_any_more_are_forgotten() -> None:
    ledger = Ledger.empty().updated(_entries(_NAMES[:1], reason=0), ("Empty.",))
    both = (*ledger.reasons, "Torn.")
    ledger = ledger.updated(_entries(_NAMES[1:2], reason=1), both)
    assert ledger.reasons == both

    ledger = ledger.updated(_entries(_NAMES[:1]), both)

    assert ledger.reasons == ("Torn.",)
    assert sorted(ledger.entries["reason"].tolist()) == [-1, 0]


def test_a_ledger_survives_being_written(tmp_path: Path) -> None:
    ledger = Ledger.empty().updated(_entries(_NAMES, reason=0), ("Naïve\n\udcff.",))

    write_ledger(tmp_path / "ledger", ledger)

    back = read_ledger(tmp_path / "ledger")
    assert back.reasons == ledger.reasons
    np.testing.assert_array_equal(back.entries, ledger.entries)


def test_a_ledger_cut_or_changed_anywhere_counts_as_empty(tmp_path: Path) -> None:
    path = tmp_path / "ledger"
    write_ledger(path, Ledger.empty().updated(_entries(_NAMES), ()))
    content = path.read_bytes()

    for position in range(0, len(content), 7):
        path.write_bytes(content[:position])
        assert len(read_ledger(path).entries) == 0
        changed = bytearray(content)
        changed[position] ^= 1
        path.write_bytes(changed)
        assert len(read_ledger(path).entries) == 0


@pytest.mark.parametrize("garbage", [b"", b"\n", b"\0" * 100, b"{}\n[]\n"])
def test_garbage_counts_as_empty(tmp_path: Path, garbage: bytes) -> None:
    (tmp_path / "ledger").write_bytes(garbage)

    assert len(read_ledger(tmp_path / "ledger").entries) == 0


def test_a_missing_ledger_counts_as_empty(tmp_path: Path) -> None:
    assert len(read_ledger(tmp_path / "gone").entries) == 0


def test_verdicts_of_another_decoder_do_not_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ledger"
    write_ledger(path, Ledger.empty().updated(_entries(_NAMES), ()))
    assert json.loads(path.read_bytes().split(b"\n")[1])["decoder"] == module.DECODER

    monkeypatch.setattr(module, "DECODER", "another")

    assert len(read_ledger(path).entries) == 0
