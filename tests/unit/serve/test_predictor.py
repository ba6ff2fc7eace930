from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.tiny_bundles import (
    CLASSES,
    SIZE,
    colour_header,
    expected_probabilities,
    write_colour_bundle,
)
from unfreeze.answering import NOT_SURE
from unfreeze.bundle import golden_file, read_bundle
from unfreeze.data.decode import preprocess
from unfreeze.errors import ImageError, PlanError, WeightsError
from unfreeze.serve.predictor import Predictor

from .conftest import noisy_photo, photo


def test_paths_contents_and_pixels_get_the_same_answer(
    predictor: Predictor, tmp_path: Path
) -> None:
    content = noisy_photo((90, 70), "PNG")
    (tmp_path / "a.png").write_bytes(content)
    square = preprocess(content, colour_header().image)

    path = tmp_path / "a.png"
    answers = [predictor(each) for each in (content, path, str(path), square)]

    expected = expected_probabilities(square)
    for answer in answers:
        found = [answer.probabilities[name] for name in CLASSES]
        np.testing.assert_allclose(found, expected, atol=1e-5)
        assert answer.label == CLASSES[int(expected.argmax())]


def test_more_photos_than_a_batch_keep_their_order(predictor: Predictor) -> None:
    colours = ["red", "lime", "blue", "blue"] * 9

    answers = predictor.predict([photo(each) for each in colours], heat=True)

    words = {"red": "red", "lime": "green", "blue": "blue"}
    assert [each.label for each in answers] == [words[each] for each in colours]
    assert all(each.heat.shape == (SIZE, SIZE) for each in answers)


def test_a_photo_alone_is_a_list_of_one(predictor: Predictor, tmp_path: Path) -> None:
    content = photo("red")
    path = tmp_path / "a.png"
    path.write_bytes(content)
    square = preprocess(content, colour_header().image)

    for one in (str(path), path, content, square):
        (answer,) = predictor.predict(one)
        assert answer.label == "red"


def test_an_array_of_several_photos_is_a_list_of_them(predictor: Predictor) -> None:
    spec = colour_header().image
    squares = np.stack([preprocess(photo(each), spec) for each in ("red", "blue")])

    assert [each.label for each in predictor.predict(squares)] == ["red", "blue"]


def test_a_picture_that_is_no_source_is_refused_in_a_sentence(
    predictor: Predictor,
) -> None:
    picture: Any = Image.new("RGB", (4, 4))

    with pytest.raises(ImageError, match=r"object of Image\. Expected a path"):
        predictor.predict(picture)


def test_nothing_is_asked_about_no_photos(predictor: Predictor) -> None:
    assert predictor.predict([]) == []


def test_an_answer_below_the_threshold_is_not_sure(bundle: Path) -> None:
    predictor = Predictor.load(bundle, threads=1, threshold=0.9)

    grey, red = predictor.predict([photo("gray"), photo("red")])

    assert (grey.label, grey.is_sure) == (NOT_SURE, False)
    assert (red.label, red.is_sure) == ("red", True)


def test_the_threshold_of_a_precision_comes_with_the_model(bundle: Path) -> None:
    assert Predictor.load(bundle, min_precision=0.9).least == 0.75
    with pytest.raises(PlanError, match="promises a precision"):
        Predictor.load(bundle, min_precision=0.95)


@pytest.mark.parametrize(
    "limits",
    [
        {"threshold": 80},
        {"threshold": -0.1},
        {"threshold": float("nan")},
        {"min_precision": 0},
        {"threshold": 0.5, "min_precision": 0.9},
    ],
)
def test_a_limit_that_means_nothing_is_refused_without_naming_options(
    bundle: Path, limits: dict[str, float]
) -> None:
    with pytest.raises(PlanError, match=r"[Pp]ass") as refused:
        Predictor.load(bundle, **limits)
    assert "--" not in str(refused.value)


@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_with_fewer_bits_no_precision_is_promised(
    tmp_path: Path, precision: str
) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx", precision=precision)

    with pytest.raises(PlanError, match=f"computes in {precision}.*measured in fp32"):
        Predictor.load(path, min_precision=0.9)
    assert Predictor.load(path, threshold=0.9).least == 0.9


def test_an_unreadable_photo_is_refused(predictor: Predictor) -> None:
    with pytest.raises(ImageError):
        predictor(b"no photo")


def test_heat_of_a_model_without_is_refused(tmp_path: Path) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx", has_heat=False)

    with pytest.raises(PlanError, match="no heat maps"):
        Predictor.load(path).predict([photo()], heat=True)


def test_threads_below_one_are_refused(bundle: Path) -> None:
    with pytest.raises(PlanError, match="threads=0"):
        Predictor.load(bundle, threads=0)


def test_a_changed_file_is_refused(bundle: Path, tmp_path: Path) -> None:
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "m.onnx").write_bytes(content)

    with pytest.raises(WeightsError, match="damaged"):
        Predictor.load(tmp_path / "m.onnx")


def test_it_says_which_file_it_is(bundle: Path, predictor: Predictor) -> None:
    assert predictor.sha256 == read_bundle(bundle).sha256
    assert predictor.classes == CLASSES


def test_golden_answers_are_reproduced(predictor: Predictor) -> None:
    assert predictor.check_golden() == 2


def test_without_golden_answers_there_is_nothing_to_check(tmp_path: Path) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx")
    golden_file(path).unlink()

    assert Predictor.load(path).check_golden() == 0


def test_other_answers_than_the_golden_ones_are_refused(tmp_path: Path) -> None:
    path = write_colour_bundle(tmp_path / "m.onnx")
    with np.load(golden_file(path)) as found:
        changed = dict(found)
    changed["probabilities"][1, 0] += 0.01
    np.savez(golden_file(path), **changed)

    with pytest.raises(WeightsError, match="example 1"):
        Predictor.load(path).check_golden()
