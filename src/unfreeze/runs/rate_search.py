"""The rate finder alone, on a folder of photos."""

from collections.abc import Callable
from pathlib import Path

from unfreeze.errors import PlanError
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.presets import is_like_imagenet
from unfreeze.front.recipe import layer_rates
from unfreeze.numerics.suggest import Suggestion
from unfreeze.places import require_place
from unfreeze.runs.photos import name_skipped, read_photos
from unfreeze.runs.reading_notes import reading_notes
from unfreeze.runs.settings import RunSettings

__all__ = ["search_rate"]

_PICTURES = (".png", ".svg", ".pdf", ".jpg")


def search_rate(
    folder: Path,
    settings: RunSettings,
    plot: Path,
    *,
    unfrozen: bool = False,
    write: Callable[[str], object] = print,
) -> Suggestion:
    """Find a learning rate for the photos in ``folder``, and draw the search.

    Args:
        folder: Holds ``train/`` and ``valid/``, or class folders alone.
        settings: What to search for; epochs and recipe do not matter.
        plot: Where the picture goes; the suffix decides the format.
        unfrozen: Let the whole network learn, instead of the head alone.
        write: Takes notes.

    Raises:
        UnfreezeError: If photos, settings or weights cannot be used.
    """
    settings.check(folder)
    _require_picture(plot)
    data = read_photos(folder, settings)
    name_skipped(data)
    for note in reading_notes(folder, settings, data):
        write(note)
    learn = ConvLearner.pretrained(
        settings.arch,
        data,
        precompute=not unfrozen,
        weights=settings.weights,
        seed=settings.seed,
        balance=settings.balance,
        output=Output(write=write, has_hints=False),
    )
    if unfrozen:
        learn.unfreeze()
    ratio = 10.0 if is_like_imagenet(settings.augment) else 3.0
    found = learn.lr_find(layer_rates(1e-5, ratio))
    learn.sched.plot().savefig(plot)
    return found


def _require_picture(plot: Path) -> None:
    """Refuse a place for a picture before the work that leads to it."""
    if plot.suffix.lower() not in _PICTURES:
        raise PlanError(
            f"{plot} does not end like a picture. Pass a name that ends in one of "
            f"{', '.join(_PICTURES)}."
        )
    require_place(plot)
