"""Mirrors src/unfreeze/training/state_file.py."""

from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file

from unfreeze.errors import WeightsError
from unfreeze.training.state_file import read_state_file, write_state_file

CONTENT = {"log": [{"kind": "fit", "seconds": 0.1 + 0.2}], "seconds": []}


def test_what_is_read_is_what_was_written(tmp_path: Path) -> None:
    maps = torch.arange(24.0).view(1, 2, 3, 4).to(memory_format=torch.channels_last)
    tensors = {"maps": maps, "count": torch.tensor(7), "rows": torch.eye(3)[:2]}
    write_state_file(tmp_path / "state", tensors, CONTENT)

    content, found = read_state_file(tmp_path / "state")

    assert content == CONTENT
    assert found.keys() == tensors.keys()
    assert all(each.equal(found[name]) for name, each in tensors.items())


@pytest.mark.parametrize("share", [0.0, 0.01, 0.5, 0.99])
def test_a_file_that_was_cut_is_refused(tmp_path: Path, share: float) -> None:
    path = tmp_path / "state"
    write_state_file(path, {"rows": torch.eye(30)}, CONTENT)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])

    with pytest.raises(WeightsError):
        read_state_file(path)


@pytest.mark.parametrize("metadata", [None, {"unfreeze_state": "[1"}])
def test_other_files_are_refused(
    tmp_path: Path, metadata: dict[str, str] | None
) -> None:
    save_file({"rows": torch.eye(3)}, tmp_path / "model", metadata=metadata)

    with pytest.raises(WeightsError, match=r"none of a run's states|cannot be read"):
        read_state_file(tmp_path / "model")
