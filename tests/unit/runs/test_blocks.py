"""Mirrors src/unfreeze/runs/blocks.py."""

import numpy as np
import pytest

from unfreeze.answering import NO_NUMBER
from unfreeze.errors import DataError
from unfreeze.records import Skipped
from unfreeze.runs.blocks import Block, require_some_read


def test_a_block_knows_its_rows_and_what_cannot_be_read() -> None:
    log_probs = np.log([[0.25, 0.75], [0.5, 0.5]])
    block = Block(64, ["a", "b"], log_probs, (None, "It is empty."))

    (name, probs, error), (_, _, reason) = block.rows()

    assert len(block) == 2
    assert (name, error, reason) == ("a", None, "It is empty.")
    assert probs == pytest.approx([0.25, 0.75])
    assert block.skipped == [Skipped("b", "It is empty.")]


def test_what_is_not_a_number_is_no_answer() -> None:
    probs = np.array([[1, 0], [np.nan, np.nan], [0.5, 0.5], [0.5, np.inf]])
    with np.errstate(divide="ignore"):
        log_probs = np.log(probs)

    block = Block.of(64, "abcd", log_probs, [None, None, "It is empty.", None])

    assert block.first == 64
    assert block.errors == (None, NO_NUMBER, "It is empty.", NO_NUMBER)
    assert [each.file for each in block.skipped] == ["b", "c", "d"]


def test_photos_of_which_none_can_be_read_are_refused() -> None:
    first = Skipped("a.jpg", "It is empty.")

    with pytest.raises(DataError, match=r"None of the 3 images.*'a.jpg': It is empty"):
        require_some_read(3, 3, first)
    require_some_read(3, 2, first)
    require_some_read(3, 0, None)
