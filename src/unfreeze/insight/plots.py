"""Pictures of a run; the matplotlib door.

Every function returns a figure of its own. Nothing is kept in pyplot and no setting
is changed, so a picture comes out the same in a notebook, in a report and on a
server without a screen.
"""

import io
import math
from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Literal, final

import numpy as np
from jaxtyping import Float, Int, UInt8
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from unfreeze.errors import DataError
from unfreeze.numerics.schedules import Schedule
from unfreeze.numerics.smoothing import smoothed
from unfreeze.numerics.suggest import Curve, Suggestion, smooth_curve, up_to_explosion

__all__ = [
    "Picture",
    "confusion_plot",
    "image_grid",
    "loss_by_step",
    "rate_curve",
    "rates_by_step",
    "schedule_picture",
]

# Okabe and Ito's colours, which colour-blind people can tell apart.
_BLUE, _VERMILION, _GREEN = "#0072B2", "#D55E00", "#009E73"
_GROUP_COLOURS = ("#56B4E9", _GREEN, _BLUE, "#E69F00", "#CC79A7", _VERMILION)
_INK, _GREY, _PALE = "#333333", "#8A8A8A", "#E4E4E4"

_MOST_CLASSES_WITH_NUMBERS = 30
_MOST_CLASSES_WITH_NAMES = 150
_LONGEST_NAME = 24  # characters; longer names end in three dots

_DRAWN_BY = "drawn by unfreeze"
"""Tells a picture of ours, which may be drawn anew, from a photo."""


@final
class Picture(Figure):
    """A figure that notebooks show without pyplot."""

    def __init__(
        self,
        width: float,
        height: float,
        layout: Literal["constrained", "compressed"] = "constrained",
    ) -> None:
        super().__init__(
            figsize=(width, height), dpi=110, facecolor="white", layout=layout
        )

    def png(self) -> bytes:
        """Encode the picture, as for a web page."""
        target = io.BytesIO()
        self.savefig(target, format="png")
        return target.getvalue()

    def encoded(self, kind: str) -> bytes:
        """Encode the picture as a file, which says in itself who drew it.

        Args:
            kind: ``png``, ``svg``, ``pdf`` or ``jpg``.
        """
        said: dict[str, Any]
        if kind == "jpg":
            said = {"pil_kwargs": {"comment": _DRAWN_BY.encode()}}
        else:
            name = "Software" if kind == "png" else "Creator"
            said = {"metadata": {name: _DRAWN_BY}}
        target = io.BytesIO()
        self.savefig(target, format=kind, **said)
        return target.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


def rate_curve(
    rates: Sequence[float] | Float[np.ndarray, " N"],
    losses: Sequence[float] | Float[np.ndarray, " N"],
    suggestion: Suggestion | None = None,
) -> Picture:
    """Draw training loss against learning rate, and where the choice lies.

    Args:
        rates: Above 0, of each batch of a sweep.
        losses: Before smoothing, in nats; what is not finite is left out.
        suggestion: What to mark. The smooth line is what it was chosen on.
    """
    picture = Picture(7, 4.2)
    axes = _axes(picture, "learning rate", "training loss (nats)")
    smooth = up_to_explosion(smooth_curve(Curve(rates, losses)))
    axes.semilogx(
        rates, losses, ".", color=_BLUE, alpha=0.35, markersize=5, label="each batch"
    )
    axes.semilogx(smooth.rates, smooth.losses, color=_BLUE, lw=2, label="smoothed")
    axes.set_ylim(*_without_explosion(np.asarray(losses, dtype=float)))
    if suggestion is not None:
        _mark(axes, suggestion)
    axes.legend(frameon=False, labelcolor=_INK)
    return picture


def rates_by_step(
    rates: Sequence[Sequence[float]] | Float[np.ndarray, "G N"],
    momentums: Sequence[float] | None = None,
) -> Picture:
    """Draw the learning rate of every layer group, batch by batch.

    Args:
        rates: One series for each group, the group nearest to the image first. The
            axis is logarithmic where the groups lie far apart.
        momentums: Drawn below, where given.
    """
    groups = np.asarray(rates, dtype=float)
    picture = Picture(7, 4.0 if momentums is None else 5.6)
    rows = picture.subplots(1 if momentums is None else 2, sharex=True, squeeze=False)
    axes = _styled(rows[0, 0], "", "learning rate")
    for number, series in enumerate(groups):
        colour = _BLUE if len(groups) == 1 else _group_colour(number)
        axes.plot(series, color=colour, lw=2, label=_group_name(number, len(groups)))
    _scale_rates(axes, groups)
    if momentums is not None:
        below = _styled(rows[1, 0], "", "momentum")
        below.plot(momentums, color=_VERMILION, lw=2)
    rows[-1, 0].set_xlabel("batch")
    picture.align_ylabels()
    if len(groups) > 1:
        picture.legend(
            loc="outside upper center", ncols=3, frameon=False, labelcolor=_INK
        )
    return picture


def loss_by_step(
    losses: Sequence[float] | Float[np.ndarray, " N"],
    valid: Sequence[tuple[float, float]] = (),
    *,
    first_batch: int = 0,
) -> Picture:
    """Draw the training loss of every batch, and the validation loss where measured.

    Args:
        losses: Before smoothing, in nats.
        valid: (batches done, validation loss) of each measurement.
        first_batch: Number of the batch that ``losses`` begins with.
    """
    picture = Picture(7, 4.2)
    axes = _axes(picture, "batch", "loss (nats)")
    y = np.asarray(losses, dtype=float)
    batches = first_batch + np.arange(len(y))
    axes.plot(batches, y, color=_BLUE, alpha=0.25, lw=0.8)
    smooth = smoothed(y, _decay(len(y)))
    axes.plot(batches, smooth, color=_BLUE, lw=2, label="training, smoothed")
    if valid:
        steps, values = zip(*valid, strict=True)
        axes.plot(steps, values, "o-", color=_VERMILION, lw=1.5, label="validation")
    axes.set_ylim(*_without_explosion(np.append(y, [loss for _, loss in valid])))
    axes.legend(frameon=False, labelcolor=_INK)
    return picture


def schedule_picture(schedule: Schedule, steps_per_epoch: int) -> Picture:
    """Draw the rate of a run in advance, over epochs, with its cycles shaded."""
    picture = Picture(7, 3.2)
    axes = _axes(picture, "epoch", "share of the peak rate")
    steps = np.arange(schedule.num_steps)
    values = np.array([schedule.multiplier(int(step)) for step in steps])
    ends = np.array([0, *schedule.cycle_ends]) / steps_per_epoch
    for number, (begin, end) in enumerate(pairwise(ends)):
        if number % 2 == 1:
            axes.axvspan(begin, end, color=_PALE, alpha=0.6, lw=0)
    axes.plot(steps / steps_per_epoch, values, color=_BLUE, lw=2)
    axes.set_xlim(0, ends[-1])
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    return picture


def confusion_plot(
    matrix: Int[np.ndarray, "K K"],
    classes: Sequence[str],
    normalise: bool = False,
    title: str = "Confusion matrix",
) -> Picture:
    """Draw which classes (rows) were taken for which (columns).

    The colour of a cell is its share of the row, so that rare classes show as well as
    frequent ones. Up to 30 classes, cells carry numbers; up to 150, all are named.

    Args:
        matrix: Counts, true classes in rows.
        classes: Names of the rows.
        normalise: Write shares of the row, 0 to 1, instead of counts.
        title: Stands above.

    Raises:
        DataError: If there are not as many names as rows.
    """
    counts = np.asarray(matrix)
    if counts.shape != (len(classes), len(classes)):
        raise DataError(
            f"Got {len(classes)} class names for a matrix of shape {counts.shape}."
        )
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    side = float(np.clip(2.2 + 0.42 * len(classes), 4.2, 15))
    picture = Picture(side + 1.2, side + 0.4, "compressed")
    axes = picture.subplots()
    axes.imshow(np.sqrt(shares), cmap="Blues", vmin=0, vmax=1.1)
    axes.set_title(title, color=_INK, loc="left", fontsize=12)
    axes.set_xlabel("predicted", color=_INK)
    axes.set_ylabel("true", color=_INK)
    _name_cells(axes, classes)
    if len(classes) <= _MOST_CLASSES_WITH_NUMBERS:
        _write_cells(axes, counts, shares, normalise=normalise)
    return picture


def image_grid(
    images: Sequence[UInt8[np.ndarray, "_ _ 3"]],
    titles: Sequence[str],
    columns: int = 4,
    title: str = "",
) -> Picture:
    """Lay images out in rows, each under its own title.

    Args:
        images: Any sizes; each is shown whole. None at all gives an empty sheet.
        titles: One for each image; may hold line breaks.
        columns: Images in a row.
        title: Stands above all.

    Raises:
        DataError: If there are not as many titles as images.
    """
    if len(images) != len(titles):
        raise DataError(f"Got {len(titles)} titles for {len(images)} images.")
    wide = max(1, min(columns, len(images)))
    rows = max(1, math.ceil(len(images) / wide))
    picture = Picture(2.3 * wide, 2.6 * rows, "compressed")
    if title:
        picture.suptitle(title, color=_INK, fontsize=12)
    cells = picture.subplots(rows, wide, squeeze=False).ravel()
    for axes in cells:
        axes.set_axis_off()
    for axes, image, words in zip(cells, images, titles, strict=False):
        axes.imshow(image, interpolation="antialiased")
        axes.set_title(words, fontsize=9, color=_INK)
    return picture


def _axes(picture: Picture, x_name: str, y_name: str) -> Axes:
    return _styled(picture.subplots(), x_name, y_name)


def _styled(axes: Axes, x_name: str, y_name: str) -> Axes:
    axes.set_xlabel(x_name, color=_INK)
    axes.set_ylabel(y_name, color=_INK)
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color(_GREY)
    axes.tick_params(colors=_INK, which="both")
    axes.grid(color=_PALE, lw=0.8)
    axes.set_axisbelow(True)
    return axes


def _decay(count: int) -> float:
    """Average over a twentieth of the batches, at most over the lesson's fifty."""
    return 1 - 1 / float(np.clip(count / 20, 1, 50))


def _without_explosion(losses: Float[np.ndarray, " N"]) -> tuple[float, float]:
    """Show as much above the first losses as they lie above the lowest."""
    seen = losses[np.isfinite(losses)]
    if len(seen) == 0:
        return 0.0, 1.0
    begin, lowest = float(np.median(seen[:10])), float(np.quantile(seen, 0.01))
    highest = min(float(seen.max()), begin + max(begin - lowest, 0.2 * abs(begin)))
    margin = 0.06 * max(highest - lowest, 1e-3)
    return lowest - margin, highest + margin


def _mark(axes: Axes, suggestion: Suggestion) -> None:
    if suggestion.low is not None and suggestion.high is not None:
        axes.axvspan(suggestion.low, suggestion.high, color=_GREEN, alpha=0.12, lw=0)
    if suggestion.rate is None:
        headline = f"no suggestion: {suggestion.verdict}"
    else:
        headline = f"suggested rate {suggestion.rate:.1e} ({suggestion.verdict})"
        axes.axvline(suggestion.rate, color=_GREEN, lw=1.8, ls="--")
    axes.set_title(
        f"{headline}\n", color=_INK, loc="left", fontsize=11, fontweight="bold"
    )
    axes.text(
        0, 1.03, suggestion.reason, transform=axes.transAxes, fontsize=8.5, color=_GREY
    )


def _group_colour(number: int) -> str:
    return _GROUP_COLOURS[number % len(_GROUP_COLOURS)]


def _group_name(number: int, count: int) -> str:
    ends = {0: " (nearest the image)", count - 1: " (head)"}
    return f"group {number + 1}{ends.get(number, '')}"


def _scale_rates(axes: Axes, groups: Float[np.ndarray, "G N"]) -> None:
    peaks = groups.max(axis=1, initial=0)
    if peaks.min(initial=math.inf) > 0 and peaks.max() > 3 * peaks.min():
        axes.set_yscale("log")
        axes.set_ylim(peaks.min() / 200, peaks.max() * 1.6)


def _name_cells(axes: Axes, classes: Sequence[str]) -> None:
    count = len(classes)
    if count > _MOST_CLASSES_WITH_NAMES:
        return
    names = [
        name if len(name) <= _LONGEST_NAME else f"{name[: _LONGEST_NAME - 1]}…"
        for name in classes
    ]
    size = float(np.clip(300 / count, 5, 10))
    axes.set_yticks(range(count), names, fontsize=size, color=_INK)
    axes.set_xticks(range(count), names, fontsize=size, color=_INK)
    for name in axes.get_xticklabels():
        name.set(
            rotation=90 if count > 12 else 40,
            rotation_mode="anchor",
            horizontalalignment="right",
            verticalalignment="center",
        )
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)


def _write_cells(
    axes: Axes,
    counts: Int[np.ndarray, "K K"],
    shares: Float[np.ndarray, "K K"],
    *,
    normalise: bool,
) -> None:
    size = float(np.clip(260 / len(counts), 7.5, 12))
    for row, column in np.ndindex(counts.shape):
        share = shares[row, column]
        words = f"{share:.2f}" if normalise and share else f"{counts[row, column]}"
        colour = "white" if share > 0.35 else _INK
        axes.text(
            column,
            row,
            words,
            ha="center",
            va="center",
            fontsize=size,
            color=colour if counts[row, column] else "#BBBBBB",
        )
