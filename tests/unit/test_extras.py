"""Mirrors src/unfreeze/extras.py."""

from pathlib import Path

import pytest

from unfreeze.errors import MissingExtraError
from unfreeze.extras import need


def test_an_installed_module_is_handed_over() -> None:
    assert need("json.decoder", extra="none").__name__ == "json.decoder"


@pytest.mark.parametrize("module", ["absent_package", "absent_package.part"])
def test_a_missing_package_is_answered_with_the_command_to_run(module: str) -> None:
    with pytest.raises(MissingExtraError, match=r"pip install '\.\[serve\]'"):
        need(module, extra="serve")


def test_a_package_that_is_installed_but_broken_keeps_its_own_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "half_installed.py").write_text("import its_missing_part")
    monkeypatch.syspath_prepend(tmp_path)

    with pytest.raises(ModuleNotFoundError, match="its_missing_part"):
        need("half_installed", extra="serve")
