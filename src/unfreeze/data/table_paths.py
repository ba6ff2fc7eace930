r"""How names of photos in a table become paths, on Windows and elsewhere.

On Windows ``a\1.jpg``, ``a/1.jpg`` and ``A/1.JPG`` are one file, and ``C:1.jpg`` or
``\1.jpg`` leads out of any folder; elsewhere ``a\1.jpg`` is a name like any other.
"""

import os
from collections.abc import Iterable
from pathlib import PurePath, PurePosixPath, PureWindowsPath

__all__ = ["joined", "leads_out", "one_spelling"]

_IS_WINDOWS = os.name == "nt"


def _path(*parts: str, is_windows: bool) -> PurePath:
    return PureWindowsPath(*parts) if is_windows else PurePosixPath(*parts)


def joined(folder: str, name: str, *, is_windows: bool = _IS_WINDOWS) -> str:
    r"""Path of a photo below the root, with forward slashes.

    Args:
        folder: Relative to the root, itself if empty.
        name: Of the photo, in there.
        is_windows: Whose rules hold.

    Example:
        >>> joined("train", "./a.jpg"), joined("train", r"x\a.jpg", is_windows=True)
        ('train/a.jpg', 'train/x/a.jpg')
    """
    return _path(folder, name, is_windows=is_windows).as_posix()


def leads_out(name: str, *, is_windows: bool = _IS_WINDOWS) -> bool:
    r"""Whether a path can lead out of the folder that it starts from.

    Args:
        name: A path, relative or not.
        is_windows: Whose rules hold: there a part of dots and blanks, which are cut
            off at the end of a name, may mean the folder above.

    Example:
        >>> leads_out("a/../b"), leads_out("C:a"), leads_out("C:a", is_windows=True)
        (True, False, True)
    """
    path = _path(name, is_windows=is_windows)
    if path.drive or path.root or ".." in path.parts:
        return True
    return is_windows and any(not part.strip(". ") for part in path.parts)


def one_spelling(
    names: Iterable[str], *, is_windows: bool = _IS_WINDOWS
) -> tuple[str, ...]:
    """Name each file as it is named first, where large and small letters are one.

    Args:
        names: Paths, as ``joined`` makes them.
        is_windows: Whose rules hold; elsewhere names stay as they are.

    Example:
        >>> one_spelling(["a.jpg", "A.JPG"], is_windows=True)
        ('a.jpg', 'a.jpg')
    """
    if not is_windows:
        return tuple(names)
    first: dict[str, str] = {}
    return tuple(first.setdefault(name.lower(), name) for name in names)
