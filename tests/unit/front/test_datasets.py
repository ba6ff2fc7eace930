"""Mirrors src/unfreeze/front/datasets.py."""

import numpy as np
import pytest

from unfreeze.front.image_data import ImageClassifierData
from unfreeze.front.images import open_image


def test_an_item_is_the_image_that_the_transform_makes(
    data: ImageClassifierData,
) -> None:
    image, label = data.val_ds[7]

    path = data.path / "valid" / data.val_ds.fnames[7]
    expected = data.tfms[1](open_image(path))
    assert label == 1
    assert image == pytest.approx(expected, abs=1e-6)


def test_a_slice_stacks_its_items(data: ImageClassifierData) -> None:
    images, labels = data.val_ds[4:8]

    assert images.shape == (4, 3, 32, 32)
    assert labels.tolist() == [0, 0, 1, 1]
    assert np.array_equal(images[2], data.val_ds[6][0])


def test_negative_rows_count_from_the_end(data: ImageClassifierData) -> None:
    assert np.array_equal(data.val_ds[-1][0], data.val_ds[17][0])
    with pytest.raises(IndexError, match="row 18 of a data set of 18"):
        data.val_ds[18]


def test_denorm_undoes_the_normalisation(data: ImageClassifierData) -> None:
    image, _ = data.val_ds[0]

    shown = data.val_ds.denorm(image)

    mean, std = data.spec.mean, data.spec.std
    expected = image.transpose(1, 2, 0) * np.array(std) + np.array(mean)
    assert shown.shape == (1, 32, 32, 3)
    assert shown[0] == pytest.approx(expected, abs=1e-6)


def test_it_knows_names_labels_and_counts(data: ImageClassifierData) -> None:
    ds = data.trn_ds

    assert (ds.n, len(ds), ds.c, ds.sz) == (36, 36, 3, 32)
    assert ds.fnames[35] == "stripes/stripes11.png"
    assert ds.y.tolist() == data.trn_y.tolist()


def test_a_loader_yields_as_many_batches_as_it_says(data: ImageClassifierData) -> None:
    batches = list(data.trn_dl)

    assert len(batches) == len(data.trn_dl) == 5
    assert [len(y) for _, y in batches] == [8, 8, 8, 8, 4]
    assert batches[0][0].shape == (8, 3, 32, 32)


def test_each_pass_of_a_training_loader_is_a_new_epoch(
    data: ImageClassifierData,
) -> None:
    loader = data.trn_dl

    first, second = ([y.tolist() for _, y in loader] for _ in range(2))

    assert first != second


def test_a_validation_loader_gives_the_same_every_time(
    data: ImageClassifierData,
) -> None:
    loader = data.val_dl

    first, second = (np.concatenate([x.numpy() for x, _ in loader]) for _ in range(2))

    assert np.array_equal(first, second)
    assert np.array_equal(first, data.val_ds[:][0])
