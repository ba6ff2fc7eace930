"""Mirrors src/unfreeze/runs/predictor.py."""

import math
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from unfreeze.answering import NO_NUMBER
from unfreeze.data.paths import PackedNames
from unfreeze.errors import DataError, PlanError, WeightsError
from unfreeze.records import Skipped
from unfreeze.runs.photo_list import photos_at
from unfreeze.runs.predictor import Answers, Classifier, augmentation_of
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.table_photos import Table
from unfreeze.runs.training_run import train_folder
from unfreeze.training.checkpoint import load_model


@pytest.fixture(scope="module")
def classifier(finished_run: Path) -> Classifier:
    return Classifier.load(finished_run, num_workers=0)


@pytest.fixture(scope="module")
def measured(classifier: Classifier, photos: Path) -> Answers:
    """Answers for the validation photos."""
    return classifier.evaluate(photos / "valid")


@pytest.mark.parametrize("name", ["val", "Validation"])
def test_validation_photos_are_found_by_any_name_of_theirs(
    finished_run: Path, drawn_folder: Path, name: str
) -> None:
    (drawn_folder / "valid").rename(drawn_folder / name)

    answers = Classifier.load(finished_run, num_workers=0).evaluate(drawn_folder)

    assert len(answers.predictions.names) == 18
    assert answers.predictions.names[0] == "circles/circles00.png"


def test_a_model_needs_nothing_but_its_file(
    finished_run: Path, tmp_path: Path, photos: Path, measured: Answers
) -> None:
    alone = shutil.copy(finished_run / "model.safetensors", tmp_path / "x.safetensors")

    answers = Classifier.load(alone, num_workers=0).evaluate(photos / "valid")

    assert np.array_equal(answers.predictions.log_probs, measured.predictions.log_probs)


def test_it_answers_as_the_run_did(finished_run: Path, measured: Answers) -> None:
    written = (finished_run / "predictions.csv").read_text().splitlines()[1:]

    for line, (name, label, probability, _) in zip(
        written, measured.rows(), strict=True
    ):
        file, _, predicted, share, *_ = line.split(",")
        assert (file, predicted) == (name, label)
        assert float(share) == pytest.approx(probability, abs=1e-5)


def test_a_table_is_read_as_the_one_that_the_model_learned_from(
    finished_run: Path, photos: Path, tmp_path: Path
) -> None:
    model, header = load_model(finished_run / "model.safetensors")
    learned = {"label_column": "checked", "label_separator": ";", "csv": "t.csv"}
    header = replace(header, settings={**header.settings, **learned})
    classifier = Classifier(model, header, num_workers=0)
    (tmp_path / "t.csv").write_text(
        "file,label,checked\nvalid/stripes/stripes00.png,circles,stripes;\n"
    )

    answers = classifier.evaluate(photos, Table(str(tmp_path / "t.csv")))

    labels = answers.predictions.labels
    assert labels is not None
    assert [header.classes[label] for label in labels] == ["stripes"]


def test_probabilities_of_a_photo_add_up_to_1(measured: Answers) -> None:
    assert measured.predictions.probs.sum(axis=1) == pytest.approx(1, abs=1e-5)
    for _, label, probability, probabilities in measured.rows():
        assert probability == max(probabilities)
        best = int(np.argmax(probabilities))
        assert label == measured.predictions.classes[best]


def test_files_and_folders_are_predicted_in_the_order_given(
    classifier: Classifier, photos: Path
) -> None:
    one = photos / "valid" / "stripes" / "stripes03.png"
    folder = photos / "valid" / "circles"

    names = list(classifier.predict([one, folder]).predictions.names)

    assert names == [str(one), *(str(each) for each in sorted(folder.iterdir()))]


def test_the_answer_for_a_photo_does_not_depend_on_its_company(
    classifier: Classifier, photos: Path, measured: Answers
) -> None:
    alone = classifier.predict([photos / "valid" / measured.predictions.names[4]])

    expected = measured.predictions.probs[4]
    assert alone.predictions.probs[0] == pytest.approx(expected, abs=2e-2)


@pytest.mark.parametrize("kind", [str, Path])
def test_a_photo_alone_gets_the_answer_it_gets_in_a_list(
    classifier: Classifier, photos: Path, kind: type[str | Path]
) -> None:
    one = kind(photos / "valid" / "stripes" / "stripes03.png")

    alone, listed = classifier.predict(one), classifier.predict([one])

    assert list(alone.rows()) == list(listed.rows())
    assert len(alone.predictions.names) == 1


def test_files_that_cannot_be_read_are_named(
    classifier: Classifier, photos: Path, tmp_path: Path
) -> None:
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(b"not a picture")

    answers = classifier.predict([broken, photos / "valid" / "circles"])

    assert [each.file for each in answers.skipped] == [str(broken)]
    assert len(answers.predictions.names) == 6


def test_photos_of_which_none_can_be_read_are_refused(
    classifier: Classifier, tmp_path: Path
) -> None:
    (tmp_path / "broken.jpg").write_bytes(b"not a picture")

    with pytest.raises(DataError, match="None of the 1 images can be read"):
        classifier.predict([tmp_path])


def test_a_photo_that_is_named_twice_is_answered_once(
    classifier: Classifier, photos: Path
) -> None:
    answers = classifier.predict([photos / "valid", photos / "valid/circles/*.png"])

    assert len(answers.predictions.names) == 18


@pytest.mark.parametrize("tta", [False, True])
def test_blocks_say_what_all_answers_together_say(
    classifier: Classifier, photos: Path, tta: bool
) -> None:
    found = photos_at([photos])  # 54 photos of training and validation
    twice = PackedNames.from_names([*found, *found])
    whole = classifier.predict([photos], tta=tta).predictions

    blocks = list(classifier.blocks(twice, tta=tta))
    (last,) = classifier.blocks(twice, first=64, tta=tta)

    assert [(each.first, len(each)) for each in blocks] == [(0, 64), (64, 44)]
    assert list(blocks[0].names[:54]) == list(whole.names)
    assert np.exp(blocks[0].log_probs[:54]) == pytest.approx(whole.probs, abs=2e-2)
    assert np.array_equal(last.log_probs, blocks[1].log_probs)


def test_a_path_that_does_not_exist_is_refused(classifier: Classifier) -> None:
    with pytest.raises(DataError, match="no file or folder nowhere"):
        classifier.predict(["nowhere"])


def test_a_data_set_is_measured_on_its_validation_photos(
    classifier: Classifier, photos: Path, measured: Answers
) -> None:
    answers = classifier.evaluate(photos)

    assert list(answers.predictions.names) == list(measured.predictions.names)


def test_labels_are_matched_by_name(
    classifier: Classifier, photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos / "valid" / "stripes", tmp_path / "stripes")

    answers = classifier.evaluate(tmp_path)

    assert answers.predictions.labels is not None
    assert set(answers.predictions.labels.tolist()) == {2}


@pytest.fixture
def shaky(finished_run: Path) -> Iterator[Classifier]:
    """It says NaN of the first photo of each batch."""
    model, header = load_model(finished_run / "model.safetensors")

    def spoil(head: nn.Module, given: object, logits: Tensor) -> Tensor:
        return torch.cat([logits[:1] * math.nan, logits[1:]])

    with model.head.register_forward_hook(spoil):
        yield Classifier(model, header, num_workers=0)


def test_what_is_not_a_number_is_no_answer(shaky: Classifier, photos: Path) -> None:
    answers = shaky.predict([photos / "valid"])

    assert [(Path(s.file).name, s.reason) for s in answers.skipped] == [
        ("circles00.png", NO_NUMBER)
    ]
    assert len(answers.predictions.names) == 17
    assert np.isfinite(answers.predictions.log_probs).all()


def test_what_is_not_a_number_is_not_measured(
    shaky: Classifier, photos: Path, measured: Answers
) -> None:
    answers = shaky.evaluate(photos)

    assert answers.skipped == (Skipped("circles/circles00.png", NO_NUMBER),)
    assert list(answers.predictions.names) == list(measured.predictions.names)[1:]
    assert answers.predictions.labels is not None
    assert len(answers.predictions.labels) == 17
    expected = measured.predictions.log_probs[1:]
    assert np.array_equal(answers.predictions.log_probs, expected)


def test_a_model_that_says_no_number_is_refused(
    shaky: Classifier, photos: Path, tmp_path: Path
) -> None:
    (tmp_path / "circles").mkdir()
    shutil.copy(photos / "valid/circles/circles00.png", tmp_path / "circles")

    with pytest.raises(DataError, match=r"None of the 1 images.*not a number"):
        shaky.evaluate(tmp_path)


def test_a_limit_that_is_no_probability_is_refused(measured: Answers) -> None:
    with pytest.raises(PlanError, match="from 0 to 1, got 80"):
        list(measured.rows(80))


def test_an_unknown_class_is_refused(
    classifier: Classifier, photos: Path, tmp_path: Path
) -> None:
    shutil.copytree(photos / "valid" / "stripes", tmp_path / "zebras")

    with pytest.raises(DataError, match=r"zebras.*not among the classes"):
        classifier.evaluate(tmp_path)


def test_tta_averages_probabilities_over_views(
    classifier: Classifier, photos: Path, measured: Answers
) -> None:
    averaged = classifier.evaluate(photos, tta=True).predictions.probs

    assert averaged.sum(axis=1) == pytest.approx(1, abs=1e-5)
    assert not np.allclose(averaged, measured.predictions.probs)
    again = classifier.evaluate(photos, tta=True).predictions.probs
    assert np.array_equal(averaged, again)


def test_views_need_a_model_that_was_trained_with_augmentation(
    photos: Path, tmp_path: Path, settings: RunSettings
) -> None:
    words = {name: getattr(settings, name) for name in settings.__slots__}
    plain = RunSettings(**words | {"augment": "none", "epochs": 1})
    train_folder(photos, tmp_path / "run", plain, write=lambda line: None)

    with pytest.raises(PlanError, match="without a named augmentation"):
        Classifier.load(tmp_path / "run", num_workers=0).predict([photos], tta=True)


@pytest.mark.parametrize(
    "changes",
    [
        {"max_zoom": None},
        {"max_zoom": "1.1"},
        {"max_zoom": 0.5},
        {"max_zoom": 10**400},
        {"augment": ["side-on"]},
        {"augment": "none"},
        {"augment": None},
    ],
)
def test_settings_that_make_no_views_are_refused_in_a_sentence(
    classifier: Classifier, changes: dict[str, object]
) -> None:
    header = classifier.header
    settings = {**header.settings, **changes}
    left = {name: each for name, each in settings.items() if each is not None}

    with pytest.raises(PlanError, match="named augmentation and its largest zoom"):
        augmentation_of(replace(header, settings=left))


@pytest.mark.parametrize("seed", [-1, 1.5, "0", True, 2**63, [0]])
def test_a_seed_that_is_none_is_refused_in_a_sentence(
    finished_run: Path, seed: object
) -> None:
    model, header = load_model(finished_run / "model.safetensors")
    odd = replace(header, settings={**header.settings, "seed": seed})

    with pytest.raises(WeightsError, match="seed is"):
        Classifier(model, odd, num_workers=0)
