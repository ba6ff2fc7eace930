"""Whether two runs answered the same photos, and not only photos of the same names."""

from collections.abc import Sequence
from pathlib import Path

from unfreeze.data.paths import is_below
from unfreeze.errors import DataError
from unfreeze.insight.wording import counted
from unfreeze.runs.recorded import photos_of

__all__ = ["require_same_photos"]

_MOST_READ = 1000
"""Photos whose contents are compared, spread over all; of the others, only sizes are:
reading them all could take longer than the training."""

_BY_NAME = (
    "Photos are taken for the same by name and label alone; to be sure, pass labelled "
    "photos as DATA."
)


def require_same_photos(first: Path, second: Path, names: Sequence[str]) -> list[str]:
    """Refuse runs on other photos of the same names.

    Folders may have been moved or copied: what counts is what the files hold, as far as
    those of both runs are still there.

    Args:
        first: A run folder, or the model file in it.
        second: Another one.
        names: Of the photos that both answered, relative to the folder of either.

    Returns:
        What to know where that cannot be found out, or not of all; sentences.

    Raises:
        DataError: If a file of one run holds something else than that of the other.
    """
    here, there = photos_of(first), photos_of(second)
    if here is not None and here == there:
        return []
    lost = [
        _why_lost(run, root)
        for run, root in ((first, here), (second, there))
        if root is None or not root.is_dir()
    ]
    if lost or here is None or there is None:
        return [f"{sentence} {_BY_NAME}" for sentence in lost]
    if here.samefile(there):
        return []
    return _require_same_files((here, there), names)


def _why_lost(run: Path, root: Path | None) -> str:
    if root is None:
        return f"{run} does not say where its validation photos were."
    return f"The validation photos of {run} are not in {root} any more."


def _require_same_files(roots: tuple[Path, Path], names: Sequence[str]) -> list[str]:
    # A run folder can come from anywhere: it names files below the photos or none.
    sizes = {
        name: [_size(root / name) for root in roots] for name in names if is_below(name)
    }
    known = [name for name, (one, other) in sizes.items() if None not in (one, other)]
    unlike = [name for name in known if sizes[name][0] != sizes[name][1]]
    if not unlike:
        step = max(1, -(-len(known) // _MOST_READ))
        unlike = [name for name in known[::step] if not _hold_the_same(roots, name)]
    if unlike:
        raise DataError(
            f"The two runs answered other photos of the same names: {unlike[0]!r}, for "
            f"example, is another file in {roots[1]} than in {roots[0]}. Pass a folder "
            "of labelled photos as DATA, which both models then answer."
        )
    missing = len(names) - len(known)
    if not missing:
        return []
    return [
        f"{missing:,} of {counted(len(names), 'photo')} that both runs answered cannot "
        f"be found in both {roots[0]} and {roots[1]}. {_BY_NAME}"
    ]


def _size(file: Path) -> int | None:
    """Bytes of a file; None where there is none to look at."""
    try:
        return file.stat().st_size
    except OSError:
        return None


def _hold_the_same(roots: tuple[Path, Path], name: str) -> bool:
    """Whether two files hold the same bytes; yes where one cannot be read."""
    try:
        one, other = ((root / name).read_bytes() for root in roots)
    except OSError:
        return True
    return one == other
