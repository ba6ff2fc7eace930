"""Mirrors src/unfreeze/export/golden.py."""

from pathlib import Path

import numpy as np

from unfreeze.export.golden import golden_images, write_golden


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

    file = write_golden(tmp_path / "m.onnx", images, probs)

    assert file == tmp_path / "m.golden.npz"
    with np.load(file, allow_pickle=False) as found:
        assert np.array_equal(found["probabilities"], probs)
        assert all(
            np.array_equal(found[f"pixels_{row}"], image)
            for row, image in enumerate(images)
        )
