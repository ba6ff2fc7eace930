"""Which photos a report shows, and what it says below them."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from unfreeze.insight.markup import joined, tag
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


def chosen(answers: Sequence[Answer]) -> list[Answer]:
    """All photos of all galleries, each once."""
    found = {each.file: each for choice in _choices(answers) for each in choice.answers}
    return list(found.values())


def galleries_of(
    answers: Sequence[Answer],
    thumbnails: Mapping[str, str],
    heat: Mapping[str, str],
) -> Iterator[Gallery]:
    """Lay out the most wrong, the least certain and the most right photos.

    Args:
        answers: Of all validation photos.
        thumbnails: Data address of each file that is still there.
        heat: The same photo under a heat map of the predicted class, where made.
    """
    for choice in _choices(answers):
        photos = tuple(_photo(each, thumbnails, heat) for each in choice.answers)
        words = choice.words if photos else choice.none
        yield Gallery(choice.title, words, photos)


def _choices(answers: Sequence[Answer]) -> Iterator[_Choice]:
    wrong = [each for each in answers if not each.is_right]
    right = [each for each in answers if each.is_right]
    yield _Choice(
        "Most wrong",
        "Mistakes that the model was surest of. A wrong label often hides among them.",
        "There is no mistake on the validation photos.",
        tuple(sorted(wrong, key=lambda each: -each.loss)[:_EACH]),
    )
    yield _Choice(
        "Least certain",
        "Photos that the model could hardly decide on, right or wrong.",
        "There are no validation photos.",
        tuple(sorted(answers, key=lambda each: each.probability)[:_EACH]),
    )
    yield _Choice(
        "Most right",
        "What the model takes for typical.",
        "No validation photo was recognised.",
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


def _photo(
    answer: Answer, thumbnails: Mapping[str, str], heat: Mapping[str, str]
) -> Photo:
    sure = percent(answer.probability)
    pictures: list[tuple[str | None, str]] = [
        (thumbnails.get(answer.file), f"Photo {answer.file}")
    ]
    if answer.file in heat:
        alt = f"Where the model sees {answer.predicted} in {answer.file}"
        pictures.append((heat[answer.file], alt))
    label, predicted = tag("bdi", answer.label), tag("bdi", answer.predicted)
    if answer.is_right:
        said = joined((predicted, f", {sure} sure"))
    else:
        said = joined(("labelled ", label, ", taken for ", predicted, f" ({sure})"))
    return Photo(tuple(pictures), (said, shortened(answer.file, _LONGEST_NAME)))
