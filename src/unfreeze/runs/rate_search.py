"""The rate finder alone, on a folder of photos."""

from collections.abc import Callable
from pathlib import Path

from unfreeze.atomic import written_whole
from unfreeze.front.conv_learner import ConvLearner
from unfreeze.front.fitting import Output
from unfreeze.front.presets import is_like_imagenet
from unfreeze.front.recipe import layer_rates
from unfreeze.numerics.suggest import Suggestion
from unfreeze.runs.output_places import picture_place
from unfreeze.runs.photos import name_skipped, read_photos
from unfreeze.runs.reading_notes import reading_notes
from unfreeze.runs.settings import RunSettings

__all__ = ["search_rate"]


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
        plot: Where the picture goes, as ``picture_place`` has it.
        unfrozen: Let the whole network learn, instead of the head alone.
        write: Takes notes.

    Raises:
        UnfreezeError: If photos, settings or weights cannot be used.
    """
    settings.check(folder)
    place = picture_place(plot, folder)
    read = settings.read_table(folder)
    settings = settings.decided(read)
    data = read_photos(folder, settings, read)
    name_skipped(data)
    for note in reading_notes(folder, settings, data, read):
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
    picture = learn.sched.plot().encoded(plot.suffix.lower().removeprefix("."))
    with written_whole(place) as stream:
        stream.write(picture)
    return found
