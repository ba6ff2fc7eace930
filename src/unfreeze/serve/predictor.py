"""An exported model from its file, asked about photos: numpy, pillow, ONNX Runtime.

from unfreeze.serve.predictor import Predictor

predictor = Predictor.load("model.onnx")
print(predictor(Path("photo.jpg")).label)
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.bundle import Bundle, BundleHeader, golden_file, read_bundle
from unfreeze.cores import usable_cores
from unfreeze.data.decode import Region, Source, preprocess, square_and_region
from unfreeze.errors import PlanError
from unfreeze.serve.answer import Answer, answer_from
from unfreeze.serve.golden import require_golden_answers
from unfreeze.serve.session import Session

__all__ = ["Predictor"]

_BATCH = 16


@final
class Predictor:
    """A model that needs neither torch nor the photos that it was trained on.

    Args:
        bundle: Read and found whole.
        path: Where it was read from.
        threads: Cores to use; all that this process may use, unless given.
        threshold: Answers with a probability below it are not sure.
        min_precision: Or: not sure, unless answers are right this often.

    Raises:
        MissingExtraError: If ONNX Runtime is not installed.
        PlanError: If the precision cannot be promised, or ``threads`` is below 1.
        WeightsError: If ONNX Runtime refuses the graph.
    """

    def __init__(
        self,
        bundle: Bundle,
        path: Path,
        *,
        threads: int | None = None,
        threshold: float | None = None,
        min_precision: float | None = None,
    ) -> None:
        if threads is not None and threads < 1:
            raise PlanError(f"Got threads={threads}. Pass 1 or more.")
        rules = bundle.header.answering
        self.least = rules.least_probability(threshold, min_precision)
        self.threads = threads or usable_cores()
        self.header: BundleHeader = bundle.header
        self.sha256 = bundle.sha256
        self.size_in_bytes = len(bundle.content)
        self._golden = golden_file(path)
        self._session = Session(bundle, path, self.threads)

    @classmethod
    def load(
        cls,
        path: str | Path,
        *,
        threads: int | None = None,
        threshold: float | None = None,
        min_precision: float | None = None,
    ) -> "Predictor":
        """Read an exported model and check its seal.

        Raises:
            MissingExtraError: If ONNX Runtime is not installed.
            PlanError: If the precision cannot be promised.
            WeightsError: If there is no such file, it is damaged or not one of ours,
                or ONNX Runtime refuses its graph.
        """
        file = Path(path)
        return cls(
            read_bundle(file),
            file,
            threads=threads,
            threshold=threshold,
            min_precision=min_precision,
        )

    @property
    def classes(self) -> tuple[str, ...]:
        """Class names, in the order of the probabilities."""
        return self.header.answering.classes

    def __call__(self, image: str | Source) -> Answer:
        """Classify one image: a path, the content of a file, or uint8 pixels.

        Raises:
            ImageError: If it cannot be read, or the answer is not a number.
        """
        (answer,) = self.predict([image])
        return answer

    def predict(
        self, images: str | Source | Iterable[str | Source], *, heat: bool = False
    ) -> list[Answer]:
        """Classify images in batches.

        Args:
            images: Paths, contents of files, or uint8 pixels; or a single one of them,
                whose answer is the only one of the list.
            heat: Whether to say where the model looked.

        Raises:
            ImageError: If one of them cannot be read, or is none of these, or its
                answer is not a number.
            PlanError: If heat maps are asked of a model that has none.
        """
        if heat and not self.header.has_heat:
            raise PlanError(
                "This model has no heat maps: its features have no places. Ask without."
            )
        return list(self._answers(list(_each(images)), heat))

    def square(self, image: Source) -> UInt8[np.ndarray, "S S 3"]:
        """What the model reads of an image.

        Raises:
            ImageError: If it cannot be read.
        """
        return preprocess(image, self.header.image)

    def square_and_region(
        self, image: Source
    ) -> tuple[UInt8[np.ndarray, "S S 3"], Region]:
        """What the model reads of an image, and which part of the upright photo it is.

        Raises:
            ImageError: If it cannot be read.
        """
        return square_and_region(image, self.header.image)

    def probabilities(
        self, squares: UInt8[np.ndarray, "N S S 3"], *, heat: bool = False
    ) -> tuple[Float[np.ndarray, "N K"], Float[np.ndarray, "N h w"] | None]:
        """Run the model once, on what :meth:`square` returned.

        Returns:
            Probabilities, 0 to 1, and heat maps if they were asked for.
        """
        return self._session.run(squares, heat=heat)

    def answer(
        self,
        probs: Float[np.ndarray, " K"],
        heat: Float[np.ndarray, "h w"] | None = None,
    ) -> Answer:
        """Put the probabilities of one image into words.

        Raises:
            ImageError: If they are not numbers.
        """
        return answer_from(probs, self.header.answering, self.least, heat)

    def check_golden(self) -> int:
        """Reproduce the example answers that were written beside the model.

        Returns:
            How many there are; 0 where their file is missing.

        Raises:
            WeightsError: If this machine answers differently.
        """
        if not self._golden.exists():
            return 0
        return require_golden_answers(self._golden, self._probabilities_of)

    def _answers(self, images: Sequence[Source], heat: bool) -> Iterator[Answer]:
        for start in range(0, len(images), _BATCH):
            batch = [self.square(each) for each in images[start : start + _BATCH]]
            probs, maps = self.probabilities(np.stack(batch), heat=heat)
            for row in range(len(batch)):
                yield self.answer(probs[row], None if maps is None else maps[row])

    def _probabilities_of(
        self, image: UInt8[np.ndarray, "H W 3"]
    ) -> Float[np.ndarray, " K"]:
        probs, _ = self.probabilities(self.square(image)[None])
        return probs[0]


def _each(images: str | Source | Iterable[str | Source]) -> Iterator[Source]:
    """The images of a list, or of an array of several; or the single one that it is."""
    if isinstance(images, np.ndarray):
        yield from images if images.ndim == 4 else (images,)
    elif isinstance(images, str | bytes | Path) or not isinstance(images, Iterable):
        yield _source(images)
    else:
        yield from map(_source, images)


def _source(image: str | Source) -> Source:
    return Path(image) if isinstance(image, str) else image
