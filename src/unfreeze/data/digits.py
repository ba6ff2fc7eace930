"""Real images for a demo without a network: scikit-learn's handwritten digits."""

from pathlib import Path

import numpy as np
from jaxtyping import UInt8

from unfreeze.atomic import folder_written_whole
from unfreeze.data.decode import encode, read_pixels
from unfreeze.data.splits import stratified_split
from unfreeze.errors import DataError

__all__ = ["write_digits"]

_WHITEST = 16  # the digits are counts of 4 x 4 binary pixels


def write_digits(folder: Path, *, side: int = 64) -> None:
    """Write 1,797 digits as ``folder/{train,valid}/{0..9}/<number>.png``.

    They are 8 x 8 pixels of 17 greys, from the test part of the "Optical Recognition
    of Handwritten Digits" set (Alpaydin and Kaynak, 1998), which scikit-learn installs.
    One in five goes to ``valid``, of every digit alike, always the same ones.

    Args:
        folder: Appears only when it is complete.
        side: Side of the written images, in pixels; enlarged with a bicubic filter so
            that people can see them.

    Raises:
        DataError: If ``folder`` exists already.
    """
    # Imported here: it takes a second, and only the demo needs it.
    from sklearn.datasets import load_digits

    if folder.exists():
        raise DataError(f"{folder} exists already. Remove it, or choose another.")
    digits, labels = load_digits(return_X_y=True)
    train, valid = stratified_split(labels, fraction=0.2, seed=0)
    with folder_written_whole(folder) as unfinished:
        for split, rows in (("train", train), ("valid", valid)):
            for row in rows.tolist():
                target = unfinished / split / str(labels[row]) / f"{row:04}.png"
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(encode(_enlarged(digits[row], side), "PNG"))


def _enlarged(digit: np.ndarray, side: int) -> UInt8[np.ndarray, "S S"]:
    grey = np.rint(digit.reshape(8, 8) * (255 / _WHITEST)).astype(np.uint8)
    return read_pixels(grey, squash_to=side, interpolation="bicubic")[:, :, 0]
