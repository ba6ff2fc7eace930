"""Where we write: ``models/`` and ``tmp/`` beside the photos, and nowhere else.

Photos that lie in a folder marked read-only are left alone, also by the superuser;
what would go beside them goes to the user's cache folder instead, as it does where a
colleague's ``tmp/`` may not be written to. A folder of that name with other things in
it is the user's: ours then stands beside it under another name.
"""

import hashlib
import os
import stat
from pathlib import Path

from unfreeze.atomic import is_cache, tag_as_cache
from unfreeze.errors import PlanError
from unfreeze.photo_names import is_photo_name

__all__ = ["beside", "cache_home", "made", "ours_beside", "require_place"]


def beside(photos: Path, name: str | Path) -> Path:
    """``photos/name`` where we may write, else that name in the user's cache.

    Args:
        photos: Folder of the data set.
        name: Of a folder below it. An absolute path stays what it is.
    """
    wanted = photos / name
    is_chosen = Path(name).is_absolute()
    return wanted if is_chosen or _may_fill(wanted) else _in_cache(photos, name)


def ours_beside(photos: Path, name: str | Path) -> Path:
    """The same for a folder that holds nothing but what we put there.

    One that is there already without the mark of a cache, be it empty as that of a
    class whose photos are still to come, is left to its owner; so is a marked one with
    photos directly in it, where we put none. Ours is ``unfreeze-<name>`` then, or lies
    in the cache where that is taken, too.
    """
    known = Path(name)
    for each in (known, known.parent / f"unfreeze-{known.name}"):
        if known.is_absolute() or _may_be_ours(photos / each):
            return beside(photos, each)
    return _in_cache(photos, name)


def cache_home() -> Path:
    """``$UNFREEZE_CACHE``, or ``unfreeze`` in the user's cache folder."""
    chosen = os.environ.get("UNFREEZE_CACHE")
    if chosen:
        return Path(chosen)
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "unfreeze"


def require_place(file: Path) -> None:
    """Refuse a name for a file that cannot be written, before work is put into it.

    Raises:
        PlanError: If its folder does not exist or takes no files, or its name is that
            of a folder, a pipe or a device.
    """
    if file.is_dir():
        raise PlanError(f"{file} is a folder. Pass the name of a file.")
    if file.exists() and not file.is_file():
        raise PlanError(
            f"{file} is no regular file, and would be replaced by one. Pass the name "
            "of a new file."
        )
    if not file.parent.is_dir():
        raise PlanError(
            f"There is no folder {file.parent} to write {file.name} to. Make it, or "
            "pass another name."
        )
    if not os.access(file.parent, os.W_OK):
        raise PlanError(
            f"The folder {file.parent} cannot be written to, so {file.name} cannot "
            "stand there. Pass a name in another folder."
        )


def made(folder: Path) -> Path:
    """Make ``folder`` where it is missing, and mark it as ours to fill and empty."""
    tag_as_cache(folder)
    return folder


def _may_be_ours(folder: Path) -> bool:
    if not os.path.lexists(folder):
        return True
    try:
        return is_cache(folder) and not any(
            is_photo_name(each.name) for each in folder.iterdir()
        )
    except OSError:  # closed to us
        return False


def _in_cache(photos: Path, name: str | Path) -> Path:
    whole = photos.resolve()
    mark = hashlib.blake2b(os.fsencode(whole), digest_size=6).hexdigest()
    return cache_home() / f"{whole.name}-{mark}" / name


def _may_fill(folder: Path) -> bool:
    """Whether we may write into a folder and those in it, or make it."""
    if not os.access(folder, os.F_OK):
        return _is_open(next(each for each in folder.parents if each.exists()))
    # In a folder that colleagues share, each of them owns what he stored in it.
    return all(map(_is_open, (folder, *folder.glob("*/"), *folder.glob("*/*/"))))


def _is_open(folder: Path) -> bool:
    is_marked = not folder.stat().st_mode & stat.S_IWUSR
    return not is_marked and os.access(folder, os.W_OK | os.X_OK)
