"""What columns of tables are called, as data sets and competitions write them.

Capitals, blanks, hyphens and underscores in a title make no difference.
"""

__all__ = [
    "is_of_labels",
    "is_of_photos",
    "is_of_splits",
    "is_perhaps_of_photos",
    "says_nothing",
]

_PHOTOS = frozenset(
    {"file", "filename", "filepath", "path", "image", "imagefile", "imagename"}
    | {"imagepath", "imageid", "img", "photo", "picture"}
)
_PERHAPS_PHOTOS = frozenset({"name", "id"})
_LABELS = frozenset(
    {"label", "class", "classes", "classname", "category", "categories", "tag"}
    | {"target", "species", "breed", "diagnosis"}
)
_SPLITS = frozenset(
    {"split", "fold", "set", "subset", "partition", "dataset", "isvalid", "istest"}
)


def is_of_photos(title: str) -> bool:
    """Whether a column is called file, path, image or the like.

    Example:
        >>> is_of_photos("File Name"), is_of_photos("filepaths"), is_of_photos("id")
        (True, True, False)
    """
    return _is_among(title, _PHOTOS)


def is_perhaps_of_photos(title: str) -> bool:
    """Whether a column is called name or id: of photos, where no other column is."""
    return _plain(title) in _PERHAPS_PHOTOS


def is_of_labels(title: str) -> bool:
    """Whether a column is called label, class or the like."""
    return _is_among(title, _LABELS)


def is_of_splits(title: str) -> bool:
    """Whether a column says, by its title, on which side of a split a photo is."""
    return _plain(title) in _SPLITS


def says_nothing(title: str) -> bool:
    """Whether a column has no title, or one that pandas makes up for numbers of rows.

    Example:
        >>> says_nothing(" "), says_nothing("Unnamed: 0"), says_nothing("x")
        (True, True, False)
    """
    return _plain(title) == "" or _plain(title).startswith("unnamed:")


def _is_among(title: str, known: frozenset[str]) -> bool:
    plain = _plain(title)
    return plain in known or plain.removesuffix("s") in known


def _plain(title: str) -> str:
    return title.strip().lower().translate(str.maketrans("", "", " _-"))
