"""Mirrors src/unfreeze/insight/plots.py."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from matplotlib import rcParams
from PIL import Image

from unfreeze.errors import DataError
from unfreeze.insight.plots import (
    Picture,
    confusion_plot,
    image_grid,
    loss_by_step,
    rate_curve,
    rates_by_step,
    schedule_picture,
)
from unfreeze.numerics.schedules import cosine_restarts
from unfreeze.numerics.suggest import Curve, Suggestion, suggest

_RATES = np.geomspace(1e-5, 10, 60)
_LOSSES = 0.7 - 0.25 * np.tanh(np.log10(_RATES) + 2) + np.expm1(np.minimum(_RATES, 5))


def drawn(picture: Picture) -> np.ndarray:
    """Render, and read the pixels back."""
    return np.asarray(Image.open(io.BytesIO(picture.png())).convert("RGB"))


def texts(picture: Picture) -> list[str]:
    return [text.get_text() for axes in picture.axes for text in axes.texts]


def test_a_rate_curve_shows_every_batch_on_a_log_axis_and_says_training() -> None:
    picture = rate_curve(_RATES, _LOSSES, suggest([Curve(_RATES, _LOSSES)]))

    (axes,) = picture.axes
    assert axes.get_xscale() == "log"
    assert axes.get_xlabel() == "learning rate"
    assert axes.get_ylabel() == "training loss (nats)"
    assert len(axes.lines[0].get_xdata()) == 60
    assert "suggested rate" in axes.get_title(loc="left")
    assert drawn(picture).std() > 5


def test_an_explosion_does_not_flatten_the_curve() -> None:
    losses = np.append(_LOSSES[:-3], [1e3, 1e6, np.nan])

    (axes,) = rate_curve(_RATES, losses).axes

    assert axes.get_ylim()[1] < 3


@pytest.mark.parametrize("count", [0, 1, 2, 5])
def test_a_sweep_of_a_few_batches_still_gives_a_picture(count: int) -> None:
    rates, losses = _RATES[-count or 60 :], _LOSSES[-count or 60 :]

    picture = rate_curve(rates, losses, suggest([Curve(rates, losses)]))

    assert len(picture.axes[0].lines[0].get_xdata()) == count
    assert "no suggestion" in picture.axes[0].get_title(loc="left") or count == 5
    assert drawn(picture).size > 0


def test_a_refused_suggestion_shows_its_reason() -> None:
    refusal = Suggestion(None, None, None, "no clear minimum", "The loss only rises.")

    picture = rate_curve(_RATES, _LOSSES, refusal)

    assert "no suggestion" in picture.axes[0].get_title(loc="left")
    assert texts(picture) == ["The loss only rises."]


def test_rates_have_one_curve_per_group_and_one_point_per_batch() -> None:
    schedule = cosine_restarts(10, 3)
    shape = [schedule.multiplier(step) for step in range(30)]

    picture = rates_by_step(np.outer([1e-4, 1e-3, 1e-2], shape))

    (axes,) = picture.axes
    assert len(axes.lines) == 3
    assert all(len(line.get_xdata()) == 30 for line in axes.lines)
    assert axes.get_yscale() == "log"
    assert len(picture.legends) == 1


def test_momentum_has_a_panel_of_its_own() -> None:
    picture = rates_by_step([[0.1, 0.2, 0.1]], momentums=[0.95, 0.85, 0.95])

    rates, momentums = picture.axes
    assert rates.get_yscale() == "linear"
    assert momentums.get_ylabel() == "momentum"
    assert list(momentums.lines[0].get_ydata()) == [0.95, 0.85, 0.95]


def test_losses_and_validation_share_an_axis() -> None:
    picture = loss_by_step(
        np.geomspace(1, 0.1, 30), [(20, 0.4), (40, 0.2)], first_batch=10
    )

    (axes,) = picture.axes
    assert list(axes.lines[0].get_xdata()) == list(range(10, 40))
    assert list(axes.lines[2].get_xdata()) == [20, 40]


@pytest.mark.parametrize("losses", [[], [0.5], [0.5, float("nan")]])
def test_runs_of_hardly_any_batches_give_a_picture(losses: list[float]) -> None:
    assert drawn(loss_by_step(losses)).size > 0


def test_a_schedule_picture_counts_epochs_and_shades_every_other_cycle() -> None:
    picture = schedule_picture(cosine_restarts(10, 3, 1, 2), steps_per_epoch=10)

    (axes,) = picture.axes
    assert axes.get_xlim() == (0, 7)
    assert len(axes.patches) == 1


def test_a_confusion_plot_names_classes_and_writes_counts() -> None:
    picture = confusion_plot(np.array([[996, 4], [8, 992]]), ["cats", "dogs"])

    assert texts(picture) == ["996", "4", "8", "992"]
    labels = [label.get_text() for label in picture.axes[0].get_yticklabels()]
    assert labels == ["cats", "dogs"]
    assert picture.axes[0].get_xlabel() == "predicted"


def test_normalised_cells_are_rounded_shares_of_their_row() -> None:
    picture = confusion_plot(np.array([[2, 1], [0, 0]]), ["a", "b"], normalise=True)

    assert texts(picture) == ["0.67", "0.33", "0", "0"]


@pytest.mark.parametrize(("count", "num_names"), [(30, 30), (120, 120), (400, None)])
def test_many_classes_stay_readable(count: int, num_names: int | None) -> None:
    names = [f"a class with quite a long name, {number}" for number in range(count)]

    picture = confusion_plot(np.eye(count, dtype=int), names)

    width, height = picture.get_size_inches()
    assert max(width, height) < 17
    assert len(texts(picture)) == (count**2 if count <= 30 else 0)
    if num_names is not None:
        labels = picture.axes[0].get_yticklabels()
        assert len(labels) == num_names
        assert all(len(label.get_text()) <= 24 for label in labels)


def test_names_that_do_not_match_the_matrix_are_refused() -> None:
    with pytest.raises(
        DataError, match=r"3 class names for a matrix of shape \(2, 2\)"
    ):
        confusion_plot(np.eye(2, dtype=int), ["a", "b", "c"])


def test_a_grid_shows_each_image_under_its_title() -> None:
    rng = np.random.default_rng(0)
    images = [rng.integers(255, size=(20 + n, 30, 3), dtype=np.uint8) for n in range(5)]

    picture = image_grid(images, [f"image {n}" for n in range(5)], columns=3)

    assert [axes.get_title() for axes in picture.axes] == [
        "image 0", "image 1", "image 2", "image 3", "image 4", "",
    ]  # fmt: skip
    np.testing.assert_array_equal(picture.axes[4].images[0].get_array(), images[4])


def test_an_empty_grid_is_an_empty_sheet() -> None:
    assert drawn(image_grid([], [], title="Most incorrect")).size > 0


def test_a_grid_with_a_title_missing_is_refused() -> None:
    with pytest.raises(DataError, match="Got 0 titles for 1 images"):
        image_grid([np.zeros((2, 2, 3), dtype=np.uint8)], [])


def test_settings_of_matplotlib_stay_as_they_were() -> None:
    names = set(rcParams) - {"backend"}  # which is only looked up when asked for
    before = {name: rcParams[name] for name in names}

    drawn(rate_curve(_RATES, _LOSSES))

    assert {name: rcParams[name] for name in names} == before


def test_a_notebook_shows_a_picture_and_pyplot_is_never_loaded() -> None:
    program = (
        "import sys; from unfreeze.insight.plots import loss_by_step;"
        "from IPython.core.formatters import DisplayFormatter;"
        "shown, _ = DisplayFormatter().format(loss_by_step([1.0, 0.5]));"
        "assert shown['image/png'].startswith(b'\\x89PNG');"
        "assert 'matplotlib.pyplot' not in sys.modules"
    )

    result = subprocess.run(  # noqa: S603  # a fixed program, run by this Python
        [sys.executable, "-c", program],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )

    assert result.returncode == 0, result.stderr
