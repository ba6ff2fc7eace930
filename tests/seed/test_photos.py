"""The notes on data and its augmentation (S17, S19, S32 to S35, S44, S45, S47, S48)."""

import inspect
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch

from unfreeze import (
    ConvLearner,
    DataError,
    ImageClassifierData,
    PlanError,
    make_sample,
    tfms_from_stats,
    transforms_side_on,
    transforms_top_down,
)
from unfreeze.front.tfms import TrainTransform

DataMaker = Callable[..., ImageClassifierData]


def _drawn_by(tfm: TrainTransform, image: np.ndarray, count: int) -> list[np.ndarray]:
    """Vary a grey image ``count`` times; float, height by width."""
    rng = np.random.default_rng(0)
    return [tfm(image, rng)[0] for _ in range(count)]


def test_s17_batches_have_the_size_that_was_asked_for(
    data: ImageClassifierData,
) -> None:
    keywords = inspect.signature(ImageClassifierData.from_paths).parameters
    assert keywords["bs"].default == 64

    sizes = [len(images) for images, _ in data.trn_dl]

    assert sizes == [8, 8, 8, 8, 4]


def test_s17_a_full_memory_advises_smaller_batches(
    make_learner: Callable[..., ConvLearner],
) -> None:
    class Full(torch.optim.SGD):
        def step(self, closure: None = None) -> None:
            raise torch.OutOfMemoryError("CUDA out of memory.")

    learner = make_learner(precompute=True, opt_fn=Full)

    with pytest.raises(PlanError, match=r"batches of 8 photos\. Pass bs=4 or less"):
        learner.fit(1e-2, 1)


def test_s19_each_epoch_sees_slightly_different_photos(
    data: ImageClassifierData,
) -> None:
    varied, plain = data.aug_dl, data.val_dl  # the same photos, in order

    first, second = (next(iter(varied))[0] for _ in range(2))
    again = [next(iter(plain))[0] for _ in range(2)]

    assert not torch.equal(first, second)
    assert (first - second).abs().mean() < first.std()
    assert torch.equal(*again)


def test_s19_without_augmentation_each_epoch_is_the_same(
    arrays: Callable[..., tuple[np.ndarray, np.ndarray]], tmp_path: Path
) -> None:
    photos = ImageClassifierData.from_arrays(
        tmp_path, arrays(4, 2), arrays(4, 2), num_workers=0
    )
    loader = photos.aug_dl

    assert torch.equal(*(next(iter(loader))[0] for _ in range(2)))


def test_s32_functions_are_applied_in_their_order() -> None:
    def halve(image: np.ndarray) -> np.ndarray:
        return image * 0.5

    def brighten(image: np.ndarray) -> np.ndarray:
        return image + 0.25

    grey = np.full((16, 16, 3), 0.6, dtype=np.float32)

    def outcome(*functions: Callable[[np.ndarray], np.ndarray]) -> float:
        train, _ = tfms_from_stats(None, 16, aug_tfms=list(functions))
        return float(train(grey).mean())

    alone, _ = tfms_from_stats(None, 16, aug_tfms=halve)
    assert float(alone(grey).mean()) == pytest.approx(0.3, abs=0.01)
    assert outcome(halve, brighten) == pytest.approx(0.55, abs=0.01)
    assert outcome(brighten, halve) == pytest.approx(0.425, abs=0.01)


def test_s33_side_on_photos_are_mirrored_turned_and_lit() -> None:
    image = np.full((64, 64, 3), 0.3, dtype=np.float32)
    image[16:24, 12:52] = 0.8  # a bar in the upper half ...
    image[28:36, 12:20] = 0.8  # ... and a foot on its left
    train, _ = tfms_from_stats(None, 64, aug_tfms=transforms_side_on)

    seen = _drawn_by(train, image, 300)

    marks = [each > each.min() + 0.25 for each in seen]
    mirrored = np.array(
        [mark[26:42, 32:].sum() > mark[26:42, :32].sum() for mark in marks]
    )
    assert 0.4 < mirrored.mean() < 0.6
    assert all(mark[:32].sum() > mark[36:].sum() for mark in marks)
    angles = np.array([_angle_of_bar(mark) for mark in marks])
    assert 7 < np.abs(angles).max() < 11
    assert np.std([np.median(each) for each in seen]) > 0.01


def _angle_of_bar(mark: np.ndarray) -> float:
    """Degrees between the upper edge of the bar and the horizontal."""
    columns = np.arange(20, 45)
    edge = mark[:, columns].argmax(axis=0)
    return float(np.degrees(np.arctan(np.polyfit(columns, edge, 1)[0])))


def test_s34_photos_from_above_have_all_eight_orientations() -> None:
    image = np.full((64, 64, 3), 0.2, dtype=np.float32)
    image[10:50, 16:24] = image[42:50, 16:44] = 0.9  # an L
    turned = [np.rot90(image[:, :, 0], k) for k in range(4)]
    poses = np.stack([*turned, *(pose[:, ::-1] for pose in turned)])
    train, _ = tfms_from_stats(None, 64, aug_tfms=transforms_top_down)

    nearest = [
        int(np.square(poses - each).mean(axis=(1, 2)).argmin())
        for each in _drawn_by(train, image, 200)
    ]

    assert set(nearest) == set(range(8))


def test_s35_zoom_stays_within_its_bounds() -> None:
    rows, columns = np.mgrid[:96, :96]
    disc = (np.hypot(rows - 47.5, columns - 47.5) < 24).astype(np.float32)
    image = np.repeat(disc[:, :, None], 3, axis=2)
    train, valid = tfms_from_stats(None, 64, max_zoom=1.3)
    plain = valid(image)[0].sum()

    zooms = np.sqrt([each.sum() / plain for each in _drawn_by(train, image, 200)])

    assert 0.98 < zooms.min() < 1.02
    assert 1.25 < zooms.max() < 1.32
    assert np.array_equal(valid(image)[0], valid(image)[0])


def test_s44_photos_are_organised_in_folders(data: ImageClassifierData) -> None:
    assert (data.trn_ds.n, data.val_ds.n) == (36, 18)


def test_s44_a_missing_folder_is_named(
    drawn_folder: Path, make_data: DataMaker
) -> None:
    shutil.rmtree(drawn_folder / "valid")

    with pytest.raises(DataError, match="There is no folder 'valid'"):
        make_data(drawn_folder)


def test_s45_folders_name_the_classes(drawn_folder: Path, make_data: DataMaker) -> None:
    shutil.rmtree(drawn_folder / "valid" / "circles")

    photos = make_data(drawn_folder)

    assert photos.classes == ("circles", "squares", "stripes")
    pairs = zip(photos.val_ds.fnames, photos.val_y, strict=True)
    assert all(name.startswith(photos.classes[label]) for name, label in pairs)
    assert set(photos.val_y) == {1, 2}


def test_s47_a_sample_has_the_same_layout(
    drawn_folder: Path, make_data: DataMaker
) -> None:
    sample = make_sample(str(drawn_folder), per_class=2, seed=0)

    photos = make_data(sample)

    assert sample == drawn_folder / "sample"
    assert (photos.trn_ds.n, photos.val_ds.n) == (6, 6)
    assert photos.classes == make_data(drawn_folder).classes


def test_s48_test_photos_have_names_and_no_labels(
    drawn_folder: Path,
    make_data: DataMaker,
    make_learner: Callable[..., ConvLearner],
) -> None:
    (drawn_folder / "test1").mkdir()
    for number, path in enumerate(sorted((drawn_folder / "valid").rglob("*.png"))):
        shutil.copy(path, drawn_folder / "test1" / f"{number + 1}.png")
    photos = make_data(drawn_folder, test_name="test1")

    learner = make_learner(photos)

    assert photos.test_ds.y is None
    assert learner.predict_with_targs(is_test=True)[1] is None
    assert learner.TTA(is_test=True)[1] is None
    found = learner.predictions(is_test=True)
    assert sorted(found.names) == sorted(f"{number}.png" for number in range(1, 19))
    assert found.labels is None
    assert len(found.log_probs) == 18
