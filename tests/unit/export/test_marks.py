"""Mirrors src/unfreeze/export/marks.py."""

from pathlib import Path

import numpy as np
import pytest
import torch

from tests.unit.export.conftest import SPEC
from unfreeze.export.golden import golden_beside, golden_images
from unfreeze.export.marks import is_golden, is_program, is_whole_archive, writer_of
from unfreeze.export.program import program_of
from unfreeze.export.tracing import Traced
from unfreeze.records import Task
from unfreeze.versions import version_of


def test_programs_of_ours_are_told_from_others(tmp_path: Path, trace: Traced) -> None:
    (tmp_path / "ours.pt2").write_bytes(program_of(trace, SPEC, 1.0, Task.SINGLE))
    other = torch.export.export(torch.nn.Identity(), (torch.zeros(2),))
    torch.export.save(other, tmp_path / "theirs.pt2")
    (tmp_path / "junk.pt2").write_bytes(b"junk")

    assert is_program(tmp_path / "ours.pt2")
    assert writer_of(tmp_path / "ours.pt2") == version_of("unfreeze")
    assert not is_program(tmp_path / "theirs.pt2")
    assert not is_program(tmp_path / "junk.pt2")


def test_example_answers_are_told_from_other_arrays(tmp_path: Path) -> None:
    probs = np.zeros((4, 2), np.float32)
    with golden_beside(tmp_path / "ours.onnx", golden_images(16), probs) as ours:
        pass
    assert is_golden(ours)

    for arrays in ({"probabilities": probs, "mine": probs}, {"pixels_0": probs}):
        np.savez(tmp_path / "theirs.npz", allow_pickle=False, **arrays)
        assert not is_golden(tmp_path / "theirs.npz")


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04"])
def test_what_is_no_archive_is_none_of_ours(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)

    assert not is_golden(tmp_path / "x")
    assert not is_program(tmp_path / "x")


def test_a_file_that_is_no_archive_is_neither_whole_nor_written_by_us(
    tmp_path: Path,
) -> None:
    (tmp_path / "junk.pt2").write_bytes(b"junk")

    assert writer_of(tmp_path / "junk.pt2") is None
    assert not is_whole_archive(tmp_path / "junk.pt2")
