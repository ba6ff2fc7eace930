"""Our loader, and the copy and warp that its warm epochs cannot do without."""

import itertools
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import cv2
import numpy as np
from jaxtyping import UInt8

from benchmarks.ours.learning import learner
from benchmarks.photos import fresh_photos
from benchmarks.protocol import Figures, Repeat, Task, serve
from unfreeze.augment.normalise import normalise
from unfreeze.data.decode import read_pixels
from unfreeze.front.image_data import ImageClassifierData
from unfreeze.tensors import Batch, Pixels
from unfreeze.training.source import shuffled

_PASSES = 3  # one of some hundred warm photos is over too soon to be measured


def epochs(task: Task) -> Repeat:
    """Epochs as a learner reads them: out of files, and then again."""

    def repeat() -> Figures:
        with fresh_photos(task.photos) as photos:  # where nothing is decoded already
            learn = learner(replace(task, data=photos))
            source = learn._training_source()  # what fit reads
            spec, loading = learn.data.spec, learn._setup.loading

            def rate(epochs: range, use: Callable[[Pixels], object]) -> float:
                passes = (shuffled(source, loading, epoch) for epoch in epochs)
                return _rate(itertools.chain.from_iterable(passes), use)

            def as_peers_do(pixels: Pixels) -> None:
                normalise(pixels, spec)

            def as_fits_do(pixels: Pixels) -> None:
                normalise(pixels, spec, learn.runtime.image_type)

            return {
                "images/s cold": rate(range(1), as_peers_do),
                "images/s warm": rate(range(1, 1 + _PASSES), as_peers_do),
                "images/s warm, as fits read": rate(range(5, 5 + _PASSES), as_fits_do),
                "images/s warm, 8-bit": rate(
                    range(9, 9 + _PASSES), lambda pixels: None
                ),
            }

    return repeat


def warp_alone(task: Task) -> Repeat:
    """Copy and warp decoded photos into batches, and nothing else.

    As OpenCV is usually called, and with the spare fourth channel that suits it better.
    """
    cv2.setNumThreads(1)  # the threads are ours
    data = learner(task).data
    photos = _decoded(data)
    matrices = _matrices(photos, task.size, np.random.default_rng(0))
    squares = np.empty((len(photos), task.size, task.size, 3), np.uint8)

    def usual(row: int) -> None:
        _warp(photos[row].copy(), matrices[row], squares[row])

    def by_four_channels(row: int) -> None:
        four = cv2.cvtColor(photos[row], cv2.COLOR_RGB2RGBA)  # the copy
        warped = np.empty((task.size, task.size, 4), np.uint8)
        _warp(four, matrices[row], warped)
        cv2.cvtColor(warped, cv2.COLOR_RGBA2RGB, dst=squares[row])

    rows = list(range(len(photos))) * _PASSES

    def repeat() -> Figures:
        return {
            "images/s": _rate_of_threads(usual, rows, task.workers),
            "images/s by four channels": _rate_of_threads(
                by_four_channels, rows, task.workers
            ),
        }

    return repeat


def _warp(photo: np.ndarray, matrix: np.ndarray, out: np.ndarray) -> None:
    cv2.warpAffine(
        photo,
        matrix,
        out.shape[:2],
        dst=out,
        flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
        borderMode=cv2.BORDER_REFLECT_101,
    )


def _rate_of_threads(
    use: Callable[[int], object], rows: list[int], count: int
) -> float:
    """Rows per second, where each thread takes its share of them."""

    def use_all(share: Iterable[int]) -> None:
        for row in share:
            use(row)

    shares = [rows[first::count] for first in range(count)]
    with ThreadPoolExecutor(count) as pool:
        began = time.perf_counter()
        list(pool.map(use_all, shares))
        return len(rows) / (time.perf_counter() - began)


def _rate(batches: Iterable[Batch], use: Callable[[Pixels], object]) -> float:
    """Images per second."""
    count = 0
    began = time.perf_counter()
    for batch in batches:
        use(batch.inputs)
        count += len(batch)
    return count / (time.perf_counter() - began)


def _decoded(data: ImageClassifierData) -> list[UInt8[np.ndarray, "H W 3"]]:
    index = data.train.index
    short_side = data.augmentation.short_side
    return [
        read_pixels(index.sources[row], short_side=short_side)
        for row in range(len(index))
    ]


def _matrices(
    photos: Iterable[np.ndarray], size: int, rng: np.random.Generator
) -> list[np.ndarray]:
    """Turns by up to 10 degrees and zooms by up to 1.1, as the augmentation draws."""
    found = []
    for photo in photos:
        height, width = photo.shape[:2]
        zoom = size * rng.uniform(1.0, 1.1) / min(height, width)
        middle = (width / 2, height / 2)
        matrix = cv2.getRotationMatrix2D(middle, rng.uniform(-10, 10), 1 / zoom)
        matrix[:, 2] += matrix[:, :2] @ ((width - size) / 2, (height - size) / 2)
        found.append(matrix)
    return found


if __name__ == "__main__":
    serve({"epochs": epochs, "warp_alone": warp_alone})
