"""The lesson as a notebook runs from top to bottom, and is stored without outputs."""

import os
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from nbformat import NotebookNode

_RUN = """
import sys
import nbclient, nbformat
book = nbformat.read(sys.argv[1], as_version=4)
nbclient.NotebookClient(book, timeout=300, kernel_name="python3").execute()
nbformat.write(book, sys.argv[1])
"""


@pytest.fixture
def lesson(repository: Path) -> NotebookNode:
    return nbformat.read(repository / "examples/lesson.ipynb", as_version=4)


def test_the_notebook_is_stored_without_outputs(lesson: NotebookNode) -> None:
    cells = [cell for cell in lesson.cells if cell.cell_type == "code"]

    assert all(not cell.outputs and cell.execution_count is None for cell in cells)


@pytest.mark.slow
def test_the_notebook_runs_on_other_photos(
    lesson: NotebookNode, repository: Path, drawn_folder: Path, tmp_path: Path
) -> None:
    (chosen,) = [
        cell for cell in lesson.cells if "parameters" in cell.metadata.get("tags", [])
    ]
    chosen.source = (
        f"PATH = {str(drawn_folder)!r}\n"
        "arch, sz = unfreeze_nano, 32\n"
        "aug_tfms = transforms_side_on"
    )
    book = tmp_path / "lesson.ipynb"
    nbformat.write(lesson, book)
    where = os.environ | {
        "PYTHONPATH": str(repository / "src"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime"),
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }

    done = subprocess.run(
        [sys.executable, "-c", _RUN, book],
        env=where,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr[-3000:]
    cells = nbformat.read(book, as_version=4).cells
    pictures = [
        output
        for cell in cells
        if cell.cell_type == "code"
        for output in cell.outputs
        if "image/png" in output.get("data", {})
    ]
    assert len(pictures) == 6
    assert (drawn_folder / "models/all.safetensors").is_file()
