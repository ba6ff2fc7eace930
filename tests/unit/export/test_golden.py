"""Mirrors src/unfreeze/export/golden.py."""

from pathlib import Path

import numpy as np
import pytest

from unfreeze.export.golden import golden_beside, golden_images


def test_the_images_are_the_same_each_time_and_of_several_sizes() -> None:
    first, second = golden_images(32), golden_images(32)

    shapes = [image.shape for image in first]
    assert shapes == [(32, 32, 3), (48, 64, 3), (64, 40, 3), (16, 24, 3)]
    assert all(image.dtype == np.uint8 for image in first)
    assert all(np.array_equal(*pair) for pair in zip(first, second, strict=True))
    assert all(len(np.unique(image)) > 50 for image in first)


def test_they_are_written_with_their_answers(tmp_path: Path) -> None:
    images = golden_images(16)
    probs = np.full((4, 2), 0.5, dtype=np.float32)

    (tmp_path / "m.golden.npz").write_bytes(b"of an earlier model")

    with golden_beside(tmp_path / "m.onnx", images, probs) as file:
        assert file.read_bytes() == b"of an earlier model"

    assert file == tmp_path / "m.golden.npz"
    with np.load(file, allow_pickle=False) as found:
        assert np.array_equal(found["probabilities"], probs)
        assert all(
            np.array_equal(found[f"pixels_{row}"], image)
            for row, image in enumerate(images)
        )


def test_those_of_an_earlier_model_stay_with_it(tmp_path: Path) -> None:
    (tmp_path / "m.golden.npz").write_bytes(b"of an earlier model")
    written = golden_beside(tmp_path / "m.onnx", [], np.zeros((0, 2), np.float32))

    with pytest.raises(OSError, match="full"), written:
        raise OSError("full")

    assert [each.name for each in tmp_path.iterdir()] == ["m.golden.npz"]
    assert (tmp_path / "m.golden.npz").read_bytes() == b"of an earlier model"
