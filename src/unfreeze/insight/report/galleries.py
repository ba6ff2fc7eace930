"""Which photos a report shows, and what it says below them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unfreeze.insight.markup import Html, joined, tag
from unfreeze.insight.report.record import Answer
from unfreeze.insight.wording import percent, shortened

__all__ = ["Gallery", "Photo", "chosen", "galleries_of"]

_EACH = 8
_LONGEST_NAME = 44


@dataclass(frozen=True, slots=True)
class Photo:
    """One photo with what is said of it."""

    pictures: tuple[tuple[str | None, str], ...]
    """(data address, words for those who cannot see it) of each picture."""

    words: tuple[str, ...]
    """Sentences, or markup; names in it stand in a direction of their own."""


@dataclass(frozen=True, slots=True)
class Gallery:
    """Photos that belong together."""

    title: str
    words: str
    photos: tuple[Photo, ...]


@dataclass(frozen=True, slots=True)
class _Choice:
    title: str
    words: str
    none: str
    answers: tuple[Answer, ...]


def chosen(answers: Sequence[Answer], separator: str | None = None) -> list[Answer]:
    """All photos of all galleries, each once.

    Args:
        answers: Of all validation photos.
        separator: Between labels of a photo; None where each photo has one.
    """
    choices = _choices(answers, is_multi=separator is not None)
    found = {each.file: each for choice in choices for each in choice.answers}
    return list(found.values())


def galleries_of(
    answers: Sequence[Answer],
    thumbnails: Mapping[str, str],
    heat: Mapping[str, str],
    separator: str | None = None,
) -> Iterator[Gallery]:
    """Lay out the most wrong, the least certain and the most right photos.

    Where photos carry several labels, how certain a whole answer was is not known.

    Args:
        answers: Of all validation photos.
        thumbnails: Data address of each file that is still there.
        heat: The same photo under a heat map of the predicted class, where made.
        separator: Between labels of a photo; None where each photo has one.
    """
    for choice in _choices(answers, is_multi=separator is not None):
        photos = tuple(
            Photo(
                tuple(_pictures(each, thumbnails, heat)),
                (_said(each, separator), shortened(each.file, _LONGEST_NAME)),
            )
            for each in choice.answers
        )
        words = choice.words if photos else choice.none
        yield Gallery(choice.title, words, photos)


def _choices(answers: Sequence[Answer], *, is_multi: bool) -> Iterator[_Choice]:
    wrong = [each for each in answers if not each.is_right]
    right = [each for each in answers if each.is_right]
    yield _Choice(
        "Most wrong",
        "Mistakes that the model was surest of. A wrong label often hides among them."
        if not is_multi
        else "Photos with a wrong or a missing label, the largest loss first. A "
        "mistake of whoever labelled them often hides among them.",
        "There is no mistake on the validation photos.",
        tuple(sorted(wrong, key=lambda each: -each.loss)[:_EACH]),
    )
    if not is_multi:
        yield _Choice(
            "Least certain",
            "Photos that the model could hardly decide on, right or wrong.",
            "There are no validation photos.",
            tuple(sorted(answers, key=lambda each: each.probability)[:_EACH]),
        )
    yield _Choice(
        "Most right",
        "Photos with all their labels right, the smallest loss of each set first."
        if is_multi
        else "What the model takes for typical.",
        "No validation photo has all its labels right."
        if is_multi
        else "No validation photo was recognised.",
        tuple(_by_turns(sorted(right, key=lambda each: each.loss))[:_EACH]),
    )


def _by_turns(answers: Sequence[Answer]) -> list[Answer]:
    """One of each class, then the next of each, and so on."""
    seen: Counter[str] = Counter()
    turns = []
    for each in answers:
        turns.append(seen[each.label])
        seen[each.label] += 1
    order = sorted(range(len(answers)), key=turns.__getitem__)
    return [answers[number] for number in order]


def _pictures(
    answer: Answer, thumbnails: Mapping[str, str], heat: Mapping[str, str]
) -> Iterator[tuple[str | None, str]]:
    yield thumbnails.get(answer.file), f"Photo {answer.file}"
    if answer.file in heat:
        alt = f"Where the model sees {answer.predicted} in {answer.file}"
        yield heat[answer.file], alt


def _said(answer: Answer, separator: str | None) -> str:
    if separator is not None:
        return _said_of_labels(answer, separator)
    sure = percent(answer.probability)
    label, predicted = tag("bdi", answer.label), tag("bdi", answer.predicted)
    if answer.is_right:
        return joined((predicted, f", {sure} sure"))
    return joined(("labelled ", label, ", taken for ", predicted, f" ({sure})"))


def _said_of_labels(answer: Answer, separator: str) -> str:
    """Which labels were found, missed, and named though they are not there."""
    true, found = (
        list(filter(None, each.split(separator)))
        for each in (answer.label, answer.predicted)
    )
    parts = (
        ("found", [name for name in found if name in true]),
        ("missed", [name for name in true if name not in found]),
        ("named wrongly", [name for name in found if name not in true]),
    )
    words = [joined((f"{what}: ", *_listed(names))) for what, names in parts if names]
    return joined(_between(words, "; ")) if words else "no label, and none named"


def _listed(names: Sequence[str]) -> Iterator[Html]:
    return _between([tag("bdi", name) for name in names], ", ")


def _between(parts: Sequence[Html], mark: str) -> Iterator[Html]:
    for number, part in enumerate(parts):
        yield joined((mark, part)) if number else part
