"""Which column of a table names photos, and which one says what is on them.

Titles decide, as data sets and competitions write them; where they say nothing, the
first column names photos, and the next says what is on them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from unfreeze.data.wording import listed
from unfreeze.errors import DataError
from unfreeze.photo_names import is_photo_name

__all__ = [
    "Choice",
    "Columns",
    "chosen_columns",
    "has_titles",
    "photo_column",
    "places_for_labels",
]

_PHOTO_TITLES = frozenset(
    {"file", "filename", "file_name", "filepath", "file_path", "path", "image"}
    | {"image_file", "image_name", "image_path", "image_id", "img", "photo", "picture"}
)
_PERHAPS_PHOTO_TITLES = frozenset({"name", "id"})
"""Of a column that names photos where no other does."""

_LABEL_TITLES = frozenset(
    {"label", "labels", "class", "classes", "class_name", "category", "categories"}
    | {"tag", "tags", "target", "species", "breed", "diagnosis"}
)
_SPLIT_TITLES = frozenset(
    {"split", "fold", "set", "subset", "partition", "dataset", "is_valid", "is_test"}
)
"""Of a column that says on which side of a split a photo is."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What somebody said about the columns of a table."""

    has_titles: bool | None = None
    """Whether the first row holds titles; None looks whether it names a photo."""

    photos: str | None = None
    """Title of the column that names photos; None chooses."""

    labels: str | None = None
    """Title of the column that says what is on them; None chooses."""

    groups: str | None = None
    """Perhaps the title of a column that names groups of photos."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where names and labels stand in a row, from 0."""

    titles: tuple[str, ...] | None
    """Of all columns; None where the first row is one of photos."""

    photos: int
    labels: int
    is_label_titled: bool
    """Whether a title says that labels stand there."""

    @property
    def splits(self) -> list[str]:
        """Titles of columns that say how photos are split, and are not labels."""
        return [
            title
            for place, title in enumerate(self.titles or ())
            if _plain(title) in _SPLIT_TITLES and place != self.labels
        ]


def photo_column(titles: Sequence[str]) -> int | None:
    """The first column that is called file, path, image or the like, else name or id.

    Example:
        >>> photo_column(["id", "label", "File Name"]), photo_column(["x", "y"])
        (2, None)
    """
    sure = _first(titles, _PHOTO_TITLES)
    return _first(titles, _PERHAPS_PHOTO_TITLES) if sure is None else sure


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
    is_titled = photo_column(first) is not None
    if is_titled and _first(first, _LABEL_TITLES) is not None:
        return True
    photo = next((cell for cell in first if cell and is_photo(cell)), None)
    if photo is None:
        return is_titled or not is_photo_name(first[0])
    if is_titled:
        raise DataError(
            f"The first row of {path} may hold titles, and there is a photo called "
            f"{photo!r}, too. Call the columns 'file' and 'label'; or, if there are no "
            "titles, pass --no-header (skip_header=False)."
        )
    return False


def chosen_columns(titles: Sequence[str] | None, choice: Choice, path: Path) -> Columns:
    """Choose the columns of a table that are read.

    Args:
        titles: The first row, if it holds titles.
        choice: What somebody said.
        path: The table, for messages.

    Raises:
        DataError: If there is no such column, or none that can hold labels.
    """
    if titles is None:
        _refuse_titles(choice, path)
        return Columns(None, 0, 1, is_label_titled=False)
    photos = _named(titles, choice.photos, "file_column", path)
    if photos is None:
        photos = photo_column(titles)
    labels = _named(titles, choice.labels, "label_column", path)
    if labels is None:
        labels = _first(titles, _LABEL_TITLES, but=photos)
    is_label_titled = labels is not None
    if photos is None:
        photos = next(
            (at for at, each in enumerate(titles) if each and at != labels), 0
        )
    if labels is None:
        labels = _next_column(titles, photos, choice, path)
    if photos == labels:
        raise DataError(
            f"The column {titles[photos]!r} of {path} cannot hold both the names of "
            "photos and their labels. Name two columns."
        )
    return Columns(tuple(titles), photos, labels, is_label_titled=is_label_titled)


def places_for_labels(
    titles: Sequence[str], photos: int, groups: str | None
) -> list[int]:
    """Columns that may hold labels, of which no title says anything else.

    Args:
        titles: Of all columns.
        photos: The column that names photos.
        groups: The title of the column that names groups, if there is one.
    """
    known = _PHOTO_TITLES | _PERHAPS_PHOTO_TITLES | _SPLIT_TITLES
    return [
        place
        for place, title in enumerate(titles)
        if title and place != photos and title != groups and _plain(title) not in known
    ]


def _next_column(titles: Sequence[str], photos: int, choice: Choice, path: Path) -> int:
    places = places_for_labels(titles, photos, choice.groups)
    if places:
        return places[0]
    splits = [title for title in titles if _plain(title) in _SPLIT_TITLES]
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
    if title is not None:
        raise DataError(
            f"{path} has no titles in its first row, so no column is called {title!r}. "
            "Add a row of titles; or put the names of photos into the first column and "
            "labels into the second."
        )


def _first(
    titles: Sequence[str], known: frozenset[str], but: int | None = None
) -> int | None:
    places = (at for at, title in enumerate(titles) if _plain(title) in known)
    return next((at for at in places if at != but), None)


def _plain(title: str) -> str:
    return title.strip().lower().replace(" ", "_").replace("-", "_")
