"""Names that folders of splits go by, so that none of them is taken for a class.

Capitals do not count. ``train`` and ``valid`` are those of fastai; Keras, PyTorch's
tutorials and Ultralytics write ``val``, Hugging Face's ``imagefolder`` ``validation``.
"""

import re
from collections.abc import Sequence
from pathlib import Path

from unfreeze.data.wording import listed
from unfreeze.errors import DataError

__all__ = [
    "is_like_a_split",
    "is_training_name",
    "is_validation_name",
    "require_no_splits",
]

_TRAINING = frozenset({"train", "training"})
_VALIDATION = frozenset({"valid", "val", "validation"})
_OTHERS = frozenset({"dev", "eval", "evaluation", "test", "testing"})


def is_training_name(name: str) -> bool:
    """Whether a folder of that name can hold the photos to learn from."""
    return name.lower() in _TRAINING


def is_validation_name(name: str) -> bool:
    """Whether a folder of that name can hold the photos to measure with."""
    return name.lower() in _VALIDATION


def is_like_a_split(name: str) -> bool:
    """Whether a name begins with the word for any split.

    Example:
        >>> is_like_a_split("Test1"), is_like_a_split("val2017"), is_like_a_split("cat")
        (True, True, False)
    """
    first = re.match("[a-z]*", name.lower())
    return first is not None and first[0] in _TRAINING | _VALIDATION | _OTHERS


def require_no_splits(root: Path, titles: Sequence[str]) -> None:
    """Refuse class folders that are all called like splits: a model would learn those.

    Raises:
        DataError: If they are, and there are several.
    """
    if len(titles) > 1 and all(map(is_like_a_split, titles)):
        raise DataError(
            f"{root} holds the folders {listed(titles)}: names of splits, not of "
            "classes. Expected a folder per class, or one folder to learn from and one "
            "to measure with, such as train/ and valid/ (in Python: from_paths)."
        )
