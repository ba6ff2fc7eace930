"""The model of a run, as something that answers photos in blocks."""

import hashlib
from collections.abc import Generator
from pathlib import Path
from typing import final

from unfreeze.answering import Answering
from unfreeze.data.paths import PackedNames
from unfreeze.model_file.reading import read_header
from unfreeze.runs.blocks import Block
from unfreeze.runs.model_files import trained_model_file
from unfreeze.runs.predictor import Classifier, augmentation_of, rules_of
from unfreeze.versions import version_of

__all__ = ["RunAnswers"]


@final
class RunAnswers:
    """Reads what a model file says of itself now, and its weights when they are needed.

    So whatever is wrong with the options is told at once.

    Args:
        run: A run folder or a model file.
        tta: Average over the plain photo and four augmented views.
        num_workers: Loading threads; as many as cores, 8 at most, unless given.

    Raises:
        DataError: If there is no model at ``run``.
        PlanError: If views are wanted and the model cannot make them, or it is an
            exported one.
        WeightsError: If its file is damaged or not one of ours.
    """

    def __init__(
        self, run: Path, *, tta: bool = False, num_workers: int | None = None
    ) -> None:
        self._file = trained_model_file(run)
        self._tta = tta
        self._num_workers = num_workers
        self._header = read_header(self._file)
        if tta:
            augmentation_of(self._header)

    @property
    def rules(self) -> Answering:
        """How its probabilities become answers."""
        return rules_of(self._header, tta=self._tta)

    @property
    def digest(self) -> str:
        """Changes with any byte of the file, with views, and with the library."""
        with self._file.open("rb") as stream:
            content = hashlib.file_digest(stream, "blake2b").hexdigest()
        return f"{content} {self._tta} {version_of('torch')}"

    def blocks(
        self, photos: PackedNames, first: int = 0
    ) -> Generator[Block, None, None]:
        """Answer photos in their order."""
        classifier = Classifier.load(self._file, num_workers=self._num_workers)
        yield from classifier.blocks(photos, first=first, tta=self._tta)
