"""Point to a table of labels that lies where class folders were looked for."""

from contextlib import suppress
from pathlib import Path

from unfreeze.data.wording import listed

__all__ = ["advice_on_tables"]

_SHOWN = 3


def advice_on_tables(root: Path) -> str:
    """Say how a table in or beside a folder of photos is read; nothing without one.

    Args:
        root: Of the photos, in which there are too few class folders.
    """
    for folder in (root, root.absolute().parent):
        with suppress(OSError):  # closed to us
            tables = sorted(
                each.name
                for each in folder.iterdir()
                if each.suffix.lower() == ".csv" and each.is_file()
            )
            if tables:
                return (
                    f" If labels stand in {listed(tables, limit=_SHOWN)} of {folder}, "
                    "pass train, lr-find or evaluate that folder, and the table with "
                    "--csv; check and compare read folders alone."
                )
    return ""
