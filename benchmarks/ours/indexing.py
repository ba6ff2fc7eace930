"""Our index of a folder, beside a bare walk through it in the same process."""

import os
import time
from pathlib import Path

from benchmarks.protocol import Figures, Repeat, Task, peak_mib, serve
from unfreeze.data.index import index_folder

_MB_PER_MIB = 2**20 / 1e6


def walk_and_index(task: Task) -> Repeat:
    """A bare walk, then the index; and by how much finding has grown the process."""
    before = peak_mib()

    def repeat() -> Figures:
        began = time.perf_counter()
        count = _bare_walk(task.photos)
        walked = time.perf_counter() - began
        began = time.perf_counter()
        index = index_folder(task.photos)
        indexed = time.perf_counter() - began
        if len(index) != count:
            raise SystemExit(f"error: indexed {len(index)} of {count} files.")
        return {
            "seconds of bare walk": walked,
            "seconds of index": indexed,
            "MB grown": (peak_mib() - before) * _MB_PER_MIB,
        }

    return repeat


def _bare_walk(root: Path) -> int:
    """Count files as the standard library lets it be done, and keep nothing."""
    count = 0
    stack = [str(root)]
    while stack:
        with os.scandir(stack.pop()) as entries:
            for entry in entries:
                if entry.is_dir():
                    stack.append(entry.path)
                else:
                    count += 1
    return count


if __name__ == "__main__":
    serve({"walk_and_index": walk_and_index})
