"""Mirrors src/unfreeze/training/features.py."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from unfreeze.augment.description import describe
from unfreeze.augment.normalise import normalise
from unfreeze.augment.pipeline import Augmentation
from unfreeze.data.index import ImageIndex
from unfreeze.data.quick import read_quickly
from unfreeze.data.screen import Screening, screen
from unfreeze.errors import PlanError
from unfreeze.models.classifier import StagedClassifier
from unfreeze.numerics.keyed import Purpose, rng_for
from unfreeze.records import ImageSpec
from unfreeze.training import feature_store
from unfreeze.training import features as module
from unfreeze.training.delivery import PlainDelivery
from unfreeze.training.feature_store import StoredRows
from unfreeze.training.features import FeatureKeeper
from unfreeze.training.source import FromImages, Setup

MakeKeeper = Callable[..., FeatureKeeper]
MakeIndex = Callable[..., ImageIndex]


@pytest.fixture
def make_keeper(
    model: StagedClassifier, spec: ImageSpec, setup: Setup, tmp_path: Path
) -> MakeKeeper:
    def make(**changes: Any) -> FeatureKeeper:  # noqa: ANN401 - fields of the keeper
        fields = {
            "model": model,
            "spec": spec,
            "folder": tmp_path / "tmp",
            "setup": setup,
        }
        return FeatureKeeper(**{**fields, **changes})

    return make


@contextmanager
def _counting(model: StagedClassifier) -> Iterator[list[int]]:
    """Note the size of every batch that goes through the backbone."""
    sizes: list[int] = []
    hook = model.backbone.register_forward_hook(
        lambda _, inputs, __: sizes.append(len(inputs[0]))
    )
    try:
        yield sizes
    finally:
        hook.remove()


def _screened(index: ImageIndex) -> Screening:
    return screen(index, None, num_workers=0)


def _by_hand(model: StagedClassifier, index: ImageIndex, spec: ImageSpec) -> np.ndarray:
    """All features in one pass of plain torch."""
    images = normalise(torch.from_numpy(index.sources), spec)
    with torch.no_grad():
        return model.eval().features(images).numpy()


def test_rows_are_what_the_backbone_makes_of_each_image(
    make_keeper: MakeKeeper, split: Screening, model: StagedClassifier, spec: ImageSpec
) -> None:
    found = make_keeper().features(split.index, split.digests)

    expected = _by_hand(model, split.index, spec)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_a_second_call_computes_nothing(
    make_keeper: MakeKeeper, split: Screening, model: StagedClassifier
) -> None:
    first = make_keeper().features(split.index, split.digests)

    with _counting(model) as sizes:
        second = make_keeper().features(split.index, split.digests)

    assert sizes == []
    assert np.array_equal(first, second)


def test_what_is_missing_is_counted_without_computing_it(
    make_keeper: MakeKeeper, make_index: MakeIndex, model: StagedClassifier
) -> None:
    index = make_index(32)
    some, whole = _screened(index.take(np.arange(0, 22))), _screened(index)
    make_keeper().features(some.index, some.digests)

    with _counting(model) as sizes:
        found = [make_keeper().num_missing(each.digests) for each in (some, whole)]

    assert found == [0, 10]
    assert sizes == []


def test_ten_new_images_cost_exactly_ten_rows(
    make_keeper: MakeKeeper,
    make_index: MakeIndex,
    model: StagedClassifier,
    spec: ImageSpec,
) -> None:
    index = make_index(32)
    some = _screened(index.take(np.arange(0, 22)))
    whole = _screened(index)
    make_keeper().features(some.index, some.digests)

    with _counting(model) as sizes:
        found = make_keeper().features(whole.index, whole.digests)

    assert sum(sizes) == 10
    np.testing.assert_allclose(
        found, _by_hand(model, index, spec), rtol=1e-5, atol=1e-6
    )


def test_images_that_change_their_split_or_order_keep_their_rows(
    make_keeper: MakeKeeper, split: Screening, model: StagedClassifier
) -> None:
    first = make_keeper().features(split.index, split.digests)
    order = np.random.default_rng(0).permutation(22)[:9]

    with _counting(model) as sizes:
        found = make_keeper().features(split.index.take(order), split.digests[order])

    assert sizes == []
    assert np.array_equal(found, first[order])


def test_equal_images_are_computed_once(
    make_keeper: MakeKeeper, index: ImageIndex, model: StagedClassifier
) -> None:
    twice = _screened(index.take(np.array([0, 1, 0, 2, 1, 0])))

    with _counting(model) as sizes:
        found = make_keeper().features(twice.index, twice.digests)

    assert sum(sizes) == 3
    assert np.array_equal(found[0], found[2])
    assert not np.array_equal(found[0], found[1])


def test_a_changed_image_is_computed_anew(
    make_keeper: MakeKeeper, split: Screening, model: StagedClassifier
) -> None:
    make_keeper().features(split.index, split.digests)
    pixels = np.array(split.index.sources)
    pixels[5] = 255 - pixels[5]
    changed = _screened(replace(split.index, sources=pixels))

    with _counting(model) as sizes:
        make_keeper().features(changed.index, changed.digests)

    assert sum(sizes) == 1


# --- augmented views ---------------------------------------------------------------


def _views_by_hand(
    model: StagedClassifier, split: Screening, augmentation: Augmentation, view: int
) -> np.ndarray:
    """One view of every image in plain torch; the tests' seed is 7."""
    squares = []
    for pixels, digest in zip(split.index.sources, split.digests, strict=True):
        counter = int.from_bytes(digest[:8].tobytes(), "little")
        rng = rng_for(7, Purpose.STORED_VIEWS, epoch=view, row=counter)
        whole = read_quickly(pixels, short_side=augmentation.short_side)
        squares.append(augmentation.apply(whole, rng))
    images = normalise(torch.from_numpy(np.stack(squares)), augmentation.spec)
    with torch.no_grad():
        return model.eval().features(images).numpy()


@pytest.fixture
def varied(split: Screening, augmentation: Augmentation) -> FromImages:
    return FromImages(split.index, augmentation.spec, augmentation)


def test_views_are_what_the_backbone_makes_of_augmented_images(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    model: StagedClassifier,
    augmentation: Augmentation,
) -> None:
    found = make_keeper().views(varied, split.digests, 3)

    assert len(found) == 3
    for number, rows in enumerate(found, start=1):
        expected = _views_by_hand(model, split, augmentation, number)
        np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)
    assert len({np.asarray(rows).tobytes() for rows in found}) == 3


def test_views_are_a_function_of_the_seed_and_the_content(
    make_keeper: MakeKeeper,
    make_setup: Callable[..., Setup],
    split: Screening,
    varied: FromImages,
) -> None:
    """And not of an image's place, the batches or the threads."""

    def views(order: np.ndarray, setup: Setup) -> np.ndarray:
        moved = replace(varied, index=split.index.take(order))
        keeper = make_keeper(folder=None, setup=setup)
        return np.stack(keeper.views(moved, split.digests[order], 2))

    place = np.random.default_rng(0).permutation(22)
    first = views(np.arange(22), make_setup(batch_size=22))
    moved = views(place, make_setup(batch_size=5, num_workers=2))
    reseeded = views(np.arange(22), make_setup(batch_size=22, seed=8))

    np.testing.assert_allclose(moved, first[:, place], rtol=1e-5, atol=1e-6)
    assert not np.isclose(first, reseeded).all(axis=(1, 2)).any()


def test_ten_new_images_cost_exactly_ten_rows_a_view(
    make_keeper: MakeKeeper,
    make_index: MakeIndex,
    model: StagedClassifier,
    varied: FromImages,
) -> None:
    index = make_index(32)
    some, whole = _screened(index.take(np.arange(0, 22))), _screened(index)
    before = make_keeper().views(replace(varied, index=some.index), some.digests, 3)

    with _counting(model) as sizes:
        keeper = make_keeper()
        after = keeper.views(replace(varied, index=whole.index), whole.digests, 3)

    assert sum(sizes) == 10 * 3
    for old, rows in zip(before, after, strict=True):
        assert np.array_equal(rows[np.arange(22)], old)


def test_more_views_leave_those_that_are_there_alone(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    model: StagedClassifier,
) -> None:
    two = make_keeper().views(varied, split.digests, 2)

    with _counting(model) as sizes:
        five = make_keeper().views(varied, split.digests, 5)
        again = make_keeper().views(varied, split.digests, 4)

    assert sum(sizes) == 3 * 22
    assert np.array_equal(two, five[:2])
    assert np.array_equal(again, five[:4])


def test_plain_images_and_views_do_not_mix(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    model: StagedClassifier,
) -> None:
    plain = make_keeper().features(split.index, split.digests)
    make_keeper().views(varied, split.digests, 2)

    with _counting(model) as sizes:
        again = make_keeper().features(split.index, split.digests)

    assert sizes == []
    assert np.array_equal(again, plain)


def _other_seed(keeper: FeatureKeeper, varied: FromImages) -> None:
    setup = replace(keeper.setup, loading=replace(keeper.setup.loading, seed=8))
    _views_of(replace(keeper, setup=setup), varied)


def _other_augmentation(keeper: FeatureKeeper, varied: FromImages) -> None:
    assert varied.augmentation is not None
    other = replace(varied.augmentation, max_zoom=(1.0, 1.6))
    _views_of(keeper, replace(varied, augmentation=other))


def _other_weight(keeper: FeatureKeeper, varied: FromImages) -> None:
    _ruin_a_weight(keeper.model)
    _views_of(keeper, varied)


def _views_of(keeper: FeatureKeeper, varied: FromImages) -> None:
    keeper.views(varied, _screened(varied.index).digests, 2)


@pytest.mark.parametrize("change", [_other_seed, _other_augmentation, _other_weight])
def test_views_of_another_kind_are_computed_anew(
    make_keeper: MakeKeeper,
    varied: FromImages,
    model: StagedClassifier,
    change: Callable[[FeatureKeeper, FromImages], None],
) -> None:
    _views_of(make_keeper(), varied)

    with _counting(model) as sizes:
        change(make_keeper(), varied)

    assert sum(sizes) == 2 * 22


def test_a_store_of_a_view_says_what_it_depends_on(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    augmentation: Augmentation,
    tmp_path: Path,
) -> None:
    make_keeper().views(varied, split.digests, 2)

    files = (tmp_path / "tmp").glob("x_act_tiny_0_8_*/meta.json")
    metas = [json.loads(file.read_text()) for file in files]
    assert sorted(meta["view"] for meta in metas) == [1, 2]
    for meta in metas:
        assert meta["augmentation"] == describe(augmentation)
        assert meta["seed"] == 7
        assert meta["weights"] == make_keeper().key()["weights"]


def test_interrupted_views_keep_what_is_stored(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    model: StagedClassifier,
    augmentation: Augmentation,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Interrupted in the second of three views."""
    monkeypatch.setattr(module, "_ROWS_PER_SEGMENT", 8)

    def interrupt(done: int, total: int) -> None:
        if done >= 22 + 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_keeper(on_progress=interrupt).views(varied, split.digests, 3)
    with _counting(model) as sizes:
        found = make_keeper().views(varied, split.digests, 3)

    assert sum(sizes) == 3 * 22 - (22 + 8)
    for number, rows in enumerate(found, start=1):
        expected = _views_by_hand(model, split, augmentation, number)
        np.testing.assert_allclose(rows, expected, rtol=1e-5, atol=1e-6)


def test_progress_counts_the_rows_of_all_views(
    make_keeper: MakeKeeper, split: Screening, varied: FromImages
) -> None:
    told: list[tuple[int, int]] = []
    make_keeper().views(varied, split.digests, 1)
    keeper = make_keeper(on_progress=lambda done, total: told.append((done, total)))

    keeper.views(varied, split.digests, 3)

    assert told[:2] == [(4, 44), (8, 44)]
    assert [done for done, _ in told] == sorted(done for done, _ in told)
    assert told[-1] == (44, 44)


def test_all_views_of_a_split_share_its_memory(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Room for two views, not for three."""
    in_memory = make_keeper().views(varied, split.digests, 2)
    monkeypatch.setattr(feature_store, "_LARGEST_IN_MEMORY", 2 * 22 * 12 * 4)

    two = make_keeper().views(varied, split.digests, 2)
    three = make_keeper().views(varied, split.digests, 3)

    assert all(isinstance(rows, np.ndarray) for rows in two)
    assert all(isinstance(rows, StoredRows) for rows in three)
    assert np.array_equal(three[0][np.arange(22)], in_memory[0])


def test_views_need_augmentation(
    make_keeper: MakeKeeper, split: Screening, varied: FromImages
) -> None:
    with pytest.raises(PlanError, match="Nothing varies these images, so 4 views"):
        make_keeper().views(replace(varied, augmentation=None), split.digests, 4)


def test_views_of_a_function_of_ones_own_are_refused(
    make_keeper: MakeKeeper, split: Screening, varied: FromImages, tmp_path: Path
) -> None:
    assert varied.augmentation is not None
    own = replace(varied.augmentation, steps=(lambda image: image,))

    with pytest.raises(PlanError, match="would go unnoticed"):
        make_keeper().views(replace(varied, augmentation=own), split.digests, 2)

    assert list(tmp_path.iterdir()) == []


# --- what a store depends on -------------------------------------------------------


def _ruin_a_weight(model: StagedClassifier) -> None:
    with torch.no_grad():
        next(model.backbone.parameters()).view(-1)[0] += 1e-3


def _ruin_a_statistic(model: StagedClassifier) -> None:
    next(model.backbone.buffers()).view(-1)[0] += 1e-3


@pytest.mark.parametrize("ruin", [_ruin_a_weight, _ruin_a_statistic])
def test_another_backbone_has_another_store(
    make_keeper: MakeKeeper,
    split: Screening,
    model: StagedClassifier,
    tmp_path: Path,
    ruin: Callable[[StagedClassifier], None],
) -> None:
    make_keeper().features(split.index, split.digests)
    ruin(model)

    with _counting(model) as sizes:
        make_keeper().features(split.index, split.digests)

    assert sum(sizes) == 22
    assert len(list((tmp_path / "tmp").iterdir())) == 2


def test_another_head_has_the_same_store(
    make_keeper: MakeKeeper, split: Screening, model: StagedClassifier
) -> None:
    make_keeper().features(split.index, split.digests)
    nn.init.ones_(model.head[0].weight)

    with _counting(model) as sizes:
        make_keeper().features(split.index, split.digests)

    assert sizes == []


@pytest.mark.parametrize(
    "other",
    [
        ImageSpec(size=16),
        ImageSpec(size=8, mean=(0.5, 0.5, 0.5)),
        ImageSpec(size=8, std=(0.5, 0.5, 0.5)),
        ImageSpec(size=8, interpolation="bicubic"),
        ImageSpec(size=8, squash=True),
    ],
)
def test_another_preprocessing_has_another_store(
    make_keeper: MakeKeeper, other: ImageSpec
) -> None:
    assert make_keeper(spec=other).key() != make_keeper().key()


def test_another_decoder_library_or_precision_has_another_store(
    make_keeper: MakeKeeper, setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = make_keeper().key()
    keys = [json.dumps(key)]

    with monkeypatch.context() as patch:
        patch.setattr(module, "DECODER", "pillow 99")
        keys.append(json.dumps(make_keeper().key()))
    with monkeypatch.context() as patch:
        patch.setattr(module, "version_of", lambda name: "99")
        keys.append(json.dumps(make_keeper().key()))
    setup.runtime.precision = "bf16"
    keys.append(json.dumps(make_keeper().key()))

    assert len(set(keys)) == 4


def test_views_belong_to_the_way_their_photos_were_read(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    make_keeper().views(varied, split.digests, 1)

    monkeypatch.setattr(module, "QUICK_DECODER", "opencv 99")
    make_keeper().views(varied, split.digests, 1)

    assert len(list((tmp_path / "tmp").iterdir())) == 2


def test_the_folder_shows_architecture_cut_and_size(
    make_keeper: MakeKeeper, split: Screening, tmp_path: Path
) -> None:
    make_keeper().features(split.index, split.digests)

    (folder,) = (tmp_path / "tmp").iterdir()
    assert folder.name.startswith("x_act_tiny_0_8_")
    assert json.loads((folder / "meta.json").read_text())["arch"] == "tiny"


def test_without_a_folder_nothing_is_written(
    make_keeper: MakeKeeper, split: Screening, tmp_path: Path
) -> None:
    stored = make_keeper().features(split.index, split.digests)
    in_memory = make_keeper(folder=None).features(split.index, split.digests)

    assert np.array_equal(stored, in_memory)
    make_keeper(folder=None).features(split.index, split.digests)
    assert [path.name for path in tmp_path.iterdir()] == ["tmp"]


def test_a_large_split_is_read_from_the_disk(
    make_keeper: MakeKeeper, split: Screening, monkeypatch: pytest.MonkeyPatch
) -> None:
    in_memory = make_keeper(folder=None).features(split.index, split.digests)
    monkeypatch.setattr(feature_store, "_LARGEST_IN_MEMORY", 0)
    monkeypatch.setattr(module, "_ROWS_PER_SEGMENT", 7)

    mapped = make_keeper().features(split.index, split.digests)

    assert isinstance(mapped, StoredRows)
    assert np.array_equal(mapped[np.arange(22)], in_memory)


@pytest.mark.parametrize("limit", ["rows", "seconds"])
def test_rows_are_stored_in_segments_as_they_come(
    make_keeper: MakeKeeper,
    split: Screening,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    limit: str,
) -> None:
    if limit == "rows":
        monkeypatch.setattr(module, "_ROWS_PER_SEGMENT", 8)
    else:
        monkeypatch.setattr(module, "_SECONDS_PER_SEGMENT", -1.0)

    make_keeper().features(split.index, split.digests)

    shapes = [
        json.loads(path.read_text())["shape"]
        for path in (tmp_path / "tmp").rglob("part-*.json")
    ]
    expected = [6, 8, 8] if limit == "rows" else [2, 4, 4, 4, 4, 4]
    assert sorted(shape[0] for shape in shapes) == expected


def test_an_interrupted_call_keeps_what_is_stored(
    make_keeper: MakeKeeper,
    split: Screening,
    model: StagedClassifier,
    spec: ImageSpec,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_ROWS_PER_SEGMENT", 8)
    model.train()

    def interrupt(done: int, total: int) -> None:
        if done >= 12:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_keeper(on_progress=interrupt).features(split.index, split.digests)
    assert all(each.training for each in model.modules())
    with _counting(model) as sizes:
        found = make_keeper().features(split.index, split.digests)

    assert sum(sizes) == 22 - 8
    expected = _by_hand(model, split.index, spec)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)


def test_progress_counts_the_images_that_have_to_be_computed(
    make_keeper: MakeKeeper, split: Screening
) -> None:
    told: list[tuple[int, int]] = []
    keeper = make_keeper(on_progress=lambda done, total: told.append((done, total)))

    keeper.features(split.index, split.digests)
    keeper.features(split.index, split.digests)

    assert told == [(4, 22), (8, 22), (12, 22), (16, 22), (20, 22), (22, 22)]


_KILLED = """
import os, signal, sys
from pathlib import Path
import numpy as np
from unfreeze.training.feature_store import FeatureStore

folder, die_at = Path(sys.argv[1]), int(sys.argv[2])
replace = Path.replace
calls = 0

def replace_or_die(self, target):
    global calls
    calls += 1
    if calls == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
    return replace(self, target)

Path.replace = replace_or_die
store = FeatureStore(folder, {})
for number in range(4):
    ids = np.full((1, 16), number, dtype=np.uint8)
    if len(store.missing(ids)):
        store.append(ids, np.full((1, 5), number, dtype=np.float32))
"""


@pytest.mark.slow
def test_a_killed_process_leaves_a_store_that_the_next_completes(
    tmp_path: Path, repository: Path
) -> None:
    """Killed ahead of each rename in turn; then once more, to the end."""
    ids = np.repeat(np.arange(4, dtype=np.uint8)[:, None], 16, axis=1)
    for die_at in (1, 3, 4, 9):
        folder = tmp_path / str(die_at)
        ends = []
        for when in (die_at, 0):
            command = [sys.executable, "-c", _KILLED, str(folder), str(when)]
            environment = {**os.environ, "PYTHONPATH": str(repository / "src")}
            done = subprocess.run(command, env=environment, check=False)  # noqa: S603
            ends.append(done.returncode)

        assert ends == [-signal.SIGKILL, 0]
        store = feature_store.FeatureStore(folder, {})
        assert len(store) == 4
        assert store.read(ids)[:, 0].tolist() == [0, 1, 2, 3]


def test_rows_are_the_same_where_the_memory_holds_less_than_a_batch(
    make_keeper: MakeKeeper,
    split: Screening,
    model: StagedClassifier,
    memory_for: Callable[..., Any],
) -> None:
    whole = make_keeper(folder=None).features(split.index, split.digests)

    with memory_for(model, 3) as sizes:
        found = make_keeper(folder=None).features(split.index, split.digests)

    assert sizes == [4, *[2] * 11]
    np.testing.assert_allclose(found, whole, rtol=1e-5, atol=1e-6)


def test_views_varied_in_batches_are_kept_apart(
    make_keeper: MakeKeeper,
    split: Screening,
    varied: FromImages,
    model: StagedClassifier,
    setup: Setup,
) -> None:
    """A few of their values may lie one level beside."""
    delivery = PlainDelivery(varies=True)
    at_once = replace(setup, loading=replace(setup.loading, delivery=delivery))
    alone = np.asarray(make_keeper().views(varied, split.digests, 1)[0])

    with _counting(model) as sizes:
        found = make_keeper(setup=at_once).views(varied, split.digests, 1)[0]

    assert sum(sizes) == len(split.index)
    np.testing.assert_allclose(found, alone, rtol=0.05, atol=0.05)
