"""Where we write: ``models/`` and ``tmp/`` beside the photos, and nowhere else.

Photos that lie in a folder marked read-only are left alone, also by the superuser;
what would go beside them goes to the user's cache folder instead.
"""

import hashlib
import os
import stat
from pathlib import Path

from unfreeze.atomic import tag_as_cache
from unfreeze.errors import PlanError

__all__ = ["cache_home", "made", "require_place", "writable_home"]


def writable_home(path: Path) -> Path:
    """``path`` where we may write, else a folder of its own in the user's cache."""
    mode = path.stat().st_mode
    if mode & stat.S_IWUSR and os.access(path, os.W_OK):
        return path
    whole = path.resolve()
    mark = hashlib.blake2b(os.fsencode(whole), digest_size=6).hexdigest()
    return cache_home() / f"{whole.name}-{mark}"


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
