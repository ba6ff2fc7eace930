"""Which column of a table names photos, and which one says what is on them.

Titles decide, as data sets and competitions write them; where they say nothing, the
first column that names existing photos does, and the next says what is on them.
"""

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from unfreeze.data.column_titles import (
    is_of_labels,
    is_of_photos,
    is_of_splits,
    is_perhaps_of_photos,
    says_nothing,
)
from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.photo_names import is_photo_name

__all__ = [
    "Choice",
    "Columns",
    "NamesPhotos",
    "Titles",
    "are_known_titles",
    "as_titles",
    "cell_at",
    "chosen_columns",
    "has_titles",
    "photo_column",
    "places_for_labels",
]

NamesPhotos: TypeAlias = Callable[[int], bool]
"""Whether the cells of a column, by its place, name photos that exist."""


Titles: TypeAlias = str | tuple[str, ...]
"""Of the column of labels; or of several, with 0 and 1 for a class in each."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody said about the columns of a table."""

    has_titles: bool | None = None
    """Whether the first row holds titles; None looks whether it names a photo."""

    photos: str | None = None
    """Title of the column that names photos; None chooses."""

    labels: Titles | None = None
    """Title of the column that says what is on them, or of a column of 0 and 1 for each
    class; None chooses."""

    groups: str | None = None
    """Perhaps the title of a column that names groups of photos."""

    are_classes_known: bool = False
    """Whether a model knows the classes already, whatever they look like."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where names and labels stand in a row, from 0."""

    titles: tuple[str, ...] | None
    """Of all columns; None where the first row is one of photos."""

    photos: int
    labels: tuple[int, ...]
    """One, or one for each class, which then hold 0 and 1."""

    is_label_titled: bool
    """Whether a title says that labels stand there."""

    @property
    def is_one_each(self) -> bool:
        """Whether each class has a column of its own."""
        return len(self.labels) > 1

    @property
    def splits(self) -> list[str]:
        """Titles of columns that say how photos are split, and are not labels."""
        return [
            title
            for place, title in enumerate(self.titles or ())
            if is_of_splits(title) and place not in self.labels
        ]


def as_titles(given: str | Sequence[str] | None) -> Titles | None:
    """Titles as they were given: one, several or none.

    Example:
        >>> as_titles("kind"), as_titles(["kind"]), as_titles(["a", "b"]), as_titles([])
        ('kind', 'kind', ('a', 'b'), None)
    """
    if given is None or isinstance(given, str):
        return given
    titles = tuple(dict.fromkeys(given))
    return titles if len(titles) > 1 else next(iter(titles), None)


def cell_at(cells: Sequence[str], place: int) -> str:
    """What stands in a column; empty where the row ends before."""
    return cells[place] if place < len(cells) else ""


def photo_column(titles: Sequence[str]) -> int | None:
    """The first column that is called file, path, image or the like, else name or id.

    Example:
        >>> photo_column(["id", "label", "File Name"]), photo_column(["x", "y"])
        (2, None)
    """
    sure = _first(titles, is_of_photos)
    return _first(titles, is_perhaps_of_photos) if sure is None else sure


def are_known_titles(first: Sequence[str]) -> bool:
    """Whether one cell is called file or the like, and one label or the like."""
    return photo_column(first) is not None and any(map(is_of_labels, first))


def has_titles(
    first: Sequence[str], path: Path, is_photo: Callable[[str], bool]
) -> bool:
    """Whether the first row of a table holds titles, and not a photo and its label.

    Args:
        first: Its cells.
        path: The table, for the message.
        is_photo: Whether there is a photo that a cell names.

    Raises:
        DataError: If it can be both.
    """
    if are_known_titles(first):
        return True
    is_titled = photo_column(first) is not None
    photo = next((cell for cell in first if cell and is_photo(cell)), None)
    if photo is None:
        return is_titled or not any(map(is_photo_name, first))
    if is_titled:
        raise DataError(
            f"The first row of {path} may hold titles, and there is a photo called "
            f"{photo!r}, too. Call the columns 'file' and 'label'; or, if there are no "
            "titles, pass --no-header (skip_header=False)."
        )
    return False


def chosen_columns(
    titles: Sequence[str] | None,
    choice: Choice,
    path: Path,
    names_photos: NamesPhotos,
    width: int,
) -> Columns:
    """Choose the columns of a table that are read.

    Args:
        titles: The first row, if it holds titles.
        choice: What somebody said.
        path: The table, for messages.
        names_photos: Looks which columns name photos.
        width: Columns in the first row.

    Raises:
        DataError: If there is no such column, or none that can hold labels.
    """
    if titles is None:
        _refuse_titles(choice, path)
        return _untitled_columns(names_photos, width, path)
    photos = _named(titles, choice.photos, "file_column", path)
    labels = _labels_by_title(titles, choice, photos, path)
    is_label_titled = bool(labels)
    if photos is None:
        others = {at for at, title in enumerate(titles) if title == choice.groups}
        photos = _seen_photos(titles, others.union(labels), names_photos)
    if not labels:
        labels = (_next_column(titles, photos, choice, path),)
    if photos in labels:
        raise DataError(
            f"The column {titles[photos]!r} of {path} cannot hold both the names of "
            "photos and their labels. Name two columns."
        )
    return Columns(tuple(titles), photos, labels, is_label_titled=is_label_titled)


def _labels_by_title(
    titles: Sequence[str], choice: Choice, photos: int | None, path: Path
) -> tuple[int, ...]:
    """Columns of labels that are named, or the one that is called so; perhaps none."""
    said = (choice.labels,) if isinstance(choice.labels, str) else choice.labels
    if said:
        found = [_named(titles, title, "label_column", path) for title in said]
    else:
        sure = photo_column(titles) if photos is None else photos
        found = [_first(titles, is_of_labels, but=sure)]
    return tuple(place for place in found if place is not None)


def _seen_photos(
    titles: Sequence[str], others: Container[int], names_photos: NamesPhotos
) -> int:
    """The column that names photos: one that is called so, if any is, and which exist.

    What is called name or id need not be files, so other columns are looked at, too.
    """
    places = [
        at
        for at, title in enumerate(titles)
        if at not in others and not is_of_splits(title)
    ]
    sure = [at for at in places if is_of_photos(titles[at])]
    perhaps = [at for at in places if is_perhaps_of_photos(titles[at])]
    said = [at for at in places if not says_nothing(titles[at])]
    called = [*sure, *perhaps, photo_column(titles), *said, 0]
    first = next(at for at in called if at is not None)
    return next(filter(names_photos, sure or [*perhaps, *places]), first)


def _untitled_columns(names_photos: NamesPhotos, width: int, path: Path) -> Columns:
    """Photos, and what is on them in the next column."""
    photos = next(filter(names_photos, range(width)), 0)
    if photos > 1 and photos == width - 1:
        raise DataError(
            f"{path} has no titles, and its last column names photos. Add a row of "
            "titles that calls that one 'file' and the one with labels 'label'."
        )
    labels = photos + 1 if photos + 1 < width else 0
    return Columns(None, photos, (labels,), is_label_titled=False)


def places_for_labels(
    titles: Sequence[str], photos: int, groups: str | None
) -> list[int]:
    """Columns that may hold labels, of which no title says anything else.

    Args:
        titles: Of all columns.
        photos: The column that names photos.
        groups: The title of the column that names groups, if there is one.
    """
    known = (is_of_photos, is_perhaps_of_photos, is_of_splits, says_nothing)
    return [
        place
        for place, title in enumerate(titles)
        if place != photos
        and title != groups
        and not any(is_known(title) for is_known in known)
    ]


def _next_column(titles: Sequence[str], photos: int, choice: Choice, path: Path) -> int:
    places = places_for_labels(titles, photos, choice.groups)
    if places:
        return places[0]
    splits = [title for title in titles if is_of_splits(title)]
    said = f" ({splits[0]!r} is taken for the side of a split)" if splits else ""
    raise DataError(
        f"{path} has the columns {listed(titles)}, and none that is called label, "
        f"class or the like{said}. Call the one with labels 'label', or pass its "
        "title: --label-column TITLE (label_column='...')."
    )


def _named(
    titles: Sequence[str], title: str | None, what: str, path: Path
) -> int | None:
    if title is None:
        return None
    if title in titles:
        return titles.index(title)
    raise DataError(
        f"{path} has no column {title!r} in its first row, which holds "
        f"{listed(titles)}. Pass one of them as --{what.replace('_', '-')} ({what})."
    )


def _refuse_titles(choice: Choice, path: Path) -> None:
    title = choice.photos or choice.labels
    title = title[0] if isinstance(title, tuple) else title
    if title is not None:
        raise DataError(
            f"{path} has no titles in its first row, so no column is called {title!r}. "
            "Add a row of titles; or put the names of photos into the first column and "
            "labels into the second."
        )


def _first(
    titles: Sequence[str], is_known: Callable[[str], bool], but: int | None = None
) -> int | None:
    places = (at for at, title in enumerate(titles) if is_known(title))
    return next((at for at in places if at != but), None)
