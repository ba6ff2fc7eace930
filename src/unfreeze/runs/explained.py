"""What the model looked at, and where it puts photos: pictures for the report."""

from collections.abc import Sequence

from unfreeze.data.decode import preprocess
from unfreeze.data.thumbnails import picture_uri
from unfreeze.errors import ImageError, PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.insight.feature_space import by_spread, pooled_rows
from unfreeze.insight.heat import overlay
from unfreeze.insight.report.record import Answer
from unfreeze.training.heat_maps import heat_maps

__all__ = ["heat_pictures", "places_of"]

_SIDE = 224
"""Side of a picture, in pixels, at most."""


def heat_pictures(learn: ConvLearner, answers: Sequence[Answer]) -> dict[str, str]:
    """Draw what spoke for the predicted class over each photo, as data addresses.

    Photos that cannot be read any more are left out; all are, if the model's features
    have no places to show.
    """
    data = learn.data
    numbers = {name: number for number, name in enumerate(data.classes)}
    pixels, shown = [], []
    for each in answers:
        try:
            pixels.append(preprocess(data.valid.index.root / each.file, data.spec))
        except ImageError:
            continue
        shown.append(each)
    try:
        maps = heat_maps(
            learn.model, pixels, data.spec, [numbers[each.predicted] for each in shown]
        )
    except PlanError:
        return {}
    every = -(-data.sz // _SIDE)
    return {
        each.file: picture_uri(overlay(photo, heat)[::every, ::every], quality=70)
        for each, photo, heat in zip(shown, pixels, maps, strict=True)
    }


def places_of(learn: ConvLearner) -> list[list[float]]:
    """Where each validation photo lies on a map of the features, in index order."""
    places = by_spread(pooled_rows(learn.stored_activations("valid")))
    return [[round(float(x), 3), round(float(y), 3)] for x, y in places]
