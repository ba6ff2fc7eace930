"""Every sentence of the notes (rows S1 to S66) has a test that carries its number."""

import re
from pathlib import Path


def test_every_row_of_the_checklist_has_a_test() -> None:
    files = Path(__file__).parent.glob("test_*.py")
    text = "\n".join(path.read_text(encoding="utf-8") for path in files)

    tested = {int(row) for row in re.findall(r"^def test_s(\d\d)_", text, re.MULTILINE)}

    assert tested == set(range(1, 67))
