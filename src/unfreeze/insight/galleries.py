"""Photos and what a model sees in them, side by side.

Figures come from ``plots``; this file only lays them out. ``plots`` is loaded when the
first is drawn: matplotlib takes a quarter of a second, and most commands draw none.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from jaxtyping import Float, UInt8

from unfreeze.insight.feature_maps import FeatureMap
from unfreeze.insight.feature_space import FeatureSpace
from unfreeze.insight.heat import colour_scale, overlay
from unfreeze.records import Predictions

if TYPE_CHECKING:
    from unfreeze.insight.plots import Picture

__all__ = ["Seen", "answer_of", "explained_photos", "feature_map_grid", "space_plot"]

_INK, _GREY = "#333333", "#8A8A8A"
_CLASS_COLOURS = (
    "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#F0E442", "#7F3C8D",
    "#A5AA99", "#11A579", "#80BA5A",
)  # fmt: skip
"""Okabe and Ito's, but for vermilion, which marks mistakes; then some more."""

_MISTAKE = "#D55E00"
_MOST_NAMED = 20  # classes in a legend
_LONGEST = 24  # characters of a name
_MOST_PLACES_OVER_PHOTO = 40  # along a side of a feature map


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One photo, and where the model sees some classes in it."""

    photo: UInt8[np.ndarray, "S S 3"]
    title: str
    heat: Mapping[str, Float[np.ndarray, "h w"]]
    """Heat map, 0 to 1, by what is to stand above it."""

    def images(self) -> list[UInt8[np.ndarray, "S S 3"]]:
        """The photo, and the photo under each heat map."""
        return [self.photo, *(overlay(self.photo, each) for each in self.heat.values())]


def explained_photos(seen: Sequence[Seen], title: str = "") -> "Picture":
    """Draw each photo followed by its heat maps, in one row where there are several.

    Args:
        seen: Photos; those with fewer maps than others leave places empty.
        title: Stands above all.
    """
    from unfreeze.insight.plots import image_grid

    maps = max((len(each.heat) for each in seen), default=0)
    columns = 1 + maps
    abreast = 1 if columns > 2 else 2 if columns == 2 else 4
    images, titles = [], []
    for each in seen:
        missing = maps - len(each.heat)
        blank = np.full_like(each.photo, 255)
        images += [*each.images(), *[blank] * missing]
        titles += [each.title, *each.heat, *[""] * missing]
    return image_grid(images, titles, columns=abreast * columns, title=title)


def answer_of(said: Predictions, row: int) -> str:
    """Say in two lines what a photo was taken for, how surely, and what it is."""
    best = int(said.log_probs[row].argmax())
    first = f"{_short(said.classes[best])} {said.probs[row, best]:.3f}"
    if said.labels is None or said.labels.ndim != 1:
        return first
    label = int(said.labels[row])
    if label == best:
        return f"{first}\nright"
    own = said.probs[row, label]
    return f"{first}\nis {_short(said.classes[label])} {own:.3f}"


def feature_map_grid(
    photo: UInt8[np.ndarray, "S S 3"],
    stages: Sequence[Sequence[FeatureMap]],
    title: str = "",
) -> "Picture":
    """Draw the strongest feature maps, a row for each stage.

    Coarse maps lie over the photo; fine ones, whose points and lines a photo would
    hide, stand alone, and faint ones show in them as well.

    Args:
        photo: What the model saw.
        stages: Maps of each stage, the stage nearest the image first.
        title: Stands above all.
    """
    from unfreeze.insight.plots import image_grid

    columns = 1 + max((len(stage) for stage in stages), default=0)
    images, titles = [], []
    for stage in stages:
        height, width = stage[0].places.shape if stage else (0, 0)
        name = stage[0].layer if stage else ""
        images += [photo, *(_as_image(photo, each) for each in stage)]
        titles += [f"{name}\n{height} x {width} places"]
        titles += [
            f"map {each.channel}\npeak {each.peak:.2g}, mean {each.mean:.2g}"
            for each in stage
        ]
        missing = columns - 1 - len(stage)
        images += [np.full_like(photo, 255)] * missing
        titles += [""] * missing
    return image_grid(images, titles, columns=columns, title=title)


def space_plot(space: FeatureSpace, title: str = "") -> "Picture":
    """Draw a map of the features: a dot for each photo, mistakes ringed.

    Args:
        space: Up to 20 classes are named beside it.
        title: Stands above.
    """
    from unfreeze.insight.plots import Picture

    picture = Picture(7.6, 5.6)
    axes = picture.subplots()
    across, up = space.places.T
    for number, name in enumerate(space.classes):
        own = space.labels == number
        axes.scatter(
            across[own],
            up[own],
            s=14,
            color=_CLASS_COLOURS[number % len(_CLASS_COLOURS)],
            alpha=0.65,
            linewidths=0,
            label=_short(name) if len(space.classes) <= _MOST_NAMED else None,
        )
    wrong = space.mistakes
    axes.scatter(
        across[wrong],
        up[wrong],
        s=60,
        facecolors="none",
        edgecolors=_MISTAKE,
        linewidths=1.4,
        label=f"taken for another ({int(wrong.sum())})",
    )
    ways = {"pca": "directions of largest spread", "tsne": "neighbours stay close"}
    axes.set_title(title, color=_INK, loc="left", fontsize=12)
    axes.set_xlabel(f"{len(space.places)} photos, {ways[space.method]}", color=_GREY)
    axes.set_xticks([])
    axes.set_yticks([])
    axes.spines[:].set_color("#E4E4E4")
    picture.legend(
        loc="outside right upper", frameon=False, labelcolor=_INK, markerscale=1.6
    )
    return picture


def _as_image(
    photo: UInt8[np.ndarray, "S S 3"], found: FeatureMap
) -> UInt8[np.ndarray, "_ _ 3"]:
    if min(found.places.shape) > _MOST_PLACES_OVER_PHOTO:
        return colour_scale(np.sqrt(found.heat()))
    return overlay(photo, found.heat(), 0.9)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"
