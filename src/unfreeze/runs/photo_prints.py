"""Which photos a run was begun with, so that it goes on with no others."""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Shaped
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from unfreeze.atomic import written_whole
from unfreeze.data.screen import Screening
from unfreeze.errors import DataError
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.words import counted
from unfreeze.written_json import exact_json_text

__all__ = ["PhotoPrints"]

_CLASSES = "classes"
_SPLITS = ("train", "valid")
_PARTS = ("names", "digests", "labels")


@final
@dataclass(frozen=True, slots=True, eq=False)
class PhotoPrints:
    """Names, contents and labels of the photos of a run, split by split.

    Times of files do not count: a photo that was copied is the same photo.
    """

    classes: tuple[str, ...]
    arrays: dict[str, Shaped[np.ndarray, "..."]]
    """Of each split, as ``train.digests``: hashes of contents (N 16), labels, and
    names as UTF-8 text between zeros."""

    @classmethod
    def of(cls, data: ImageClassifierData) -> "PhotoPrints":
        """Take the prints of the photos that were found."""
        arrays = {}
        for name, split in zip(_SPLITS, (data.train, data.valid), strict=True):
            parts = _arrays(split, data.path)
            for part, array in zip(_PARTS, parts, strict=True):
                arrays[f"{name}.{part}"] = array
        return cls(data.classes, arrays)

    @classmethod
    def read(cls, path: Path) -> "PhotoPrints":
        """Read what ``write`` wrote.

        Raises:
            DataError: If the file is missing or damaged.
        """
        try:
            with safe_open(path, "numpy") as file:
                classes = json.loads(file.metadata()[_CLASSES])
                names = [f"{split}.{part}" for split in _SPLITS for part in _PARTS]
                arrays = {name: file.get_tensor(name) for name in names}
        except (OSError, ValueError, KeyError, TypeError, SafetensorError) as error:
            raise DataError(
                f"{path} cannot be read ({error}), so nobody knows which photos the "
                "run began with. Train anew."
            ) from error
        return cls(tuple(classes), arrays)

    def write(self, path: Path) -> None:
        """Write them in one move."""
        text = exact_json_text(self.classes)
        with written_whole(path) as stream:
            stream.write(save(self.arrays, metadata={_CLASSES: text}))

    def require_same(self, others: "PhotoPrints", where: Path) -> None:
        """Refuse to go on with other photos.

        Args:
            others: Those that are there now.
            where: Their folder, for the message.

        Raises:
            DataError: If there are more, fewer or others, or labels have changed; it
                says how many, and names one.
        """
        is_same = self.classes == others.classes and all(
            np.array_equal(array, others.arrays[name])
            for name, array in self.arrays.items()
        )
        if is_same:
            return
        before, now = dict(self._rows()), dict(others._rows())
        other = [
            each for each in before.keys() & now.keys() if before[each] != now[each]
        ]
        kinds = {
            "with other content or label": sorted(other),
            "gone": sorted(before.keys() - now.keys()),
            "new": sorted(now.keys() - before.keys()),
        }
        number = sum(map(len, kinds.values()))
        if not number:
            raise DataError(
                f"The photos of {where} are those that the run began with, and lie in "
                "other splits now. Put them back as they were, or train anew."
            )
        found = [f"{len(names):,} {kind}" for kind, names in kinds.items() if names]
        example = next(names[0] for names in kinds.values() if names)
        raise DataError(
            f"{counted(number, 'photo')} of {where} changed since the run began "
            f"({', '.join(found)}), such as {example}. Put them back as they were, or "
            "train anew."
        )

    def labels_of(self, split: str) -> dict[str, tuple[str, ...]]:
        """Names of the photos of a split, ``train`` or ``valid``, and their classes.

        Raises:
            DataError: If the prints contradict themselves, as those of a damaged file.
        """
        try:
            return {name: labels for name, _, labels in self._rows_of(split)}
        except (ValueError, IndexError) as error:
            raise DataError(
                f"What is kept of the photos of a run contradicts itself ({error}). "
                "Train anew."
            ) from error

    def _rows(self) -> Iterator[tuple[str, tuple[bytes, tuple[str, ...]]]]:
        for split in _SPLITS:
            for name, digest, labels in self._rows_of(split):
                yield name, (digest, labels)

    def _rows_of(self, split: str) -> Iterator[tuple[str, bytes, tuple[str, ...]]]:
        names, digests, labels = (self.arrays[f"{split}.{part}"] for part in _PARTS)
        texts = names.tobytes().decode(errors="surrogateescape").split("\0")
        for name, digest, label in zip(texts, digests, labels, strict=True):
            yield name, digest.tobytes(), self._classes(label)

    def _classes(self, label: Shaped[np.ndarray, "..."]) -> tuple[str, ...]:
        if label.ndim == 0:
            return (self.classes[int(label)],)
        return tuple(self.classes[each] for each in np.flatnonzero(label))


def _arrays(split: Screening, root: Path) -> Iterator[Shaped[np.ndarray, "..."]]:
    inside = Path(os.path.relpath(split.index.root, root)).as_posix()
    names = (f"{inside}/{name}".removeprefix("./") for name in split.index.names)
    text = "\0".join(names).encode(errors="surrogateescape")
    yield np.frombuffer(text, dtype=np.uint8)
    yield np.ascontiguousarray(split.digests)
    yield np.ascontiguousarray(split.index.labels)
