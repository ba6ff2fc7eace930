"""Mirrors src/unfreeze/training/callbacks/bar.py."""

import io
import sys

import pytest
from rich.console import Console

from unfreeze.training.callbacks import bar as bar_module
from unfreeze.training.callbacks.bar import Bar


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), force_terminal=True, width=100)


def _shown(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_bar_shows_how_far_it_is(screen: Console) -> None:
    with Bar("storing", screen) as bar:
        bar.show(3, 7, "a note")
        bar.stop()

    assert "storing" in _shown(screen)
    assert "3/7" in _shown(screen)
    assert "a note" in _shown(screen)


@pytest.mark.parametrize("is_terminal", [True, False])
def test_nothing_is_drawn_where_nobody_watches_or_wants_it(is_terminal: bool) -> None:
    console = Console(file=io.StringIO(), force_terminal=is_terminal)

    with Bar("storing", console, is_wanted=not is_terminal) as bar:
        bar.show(3, 7)

    assert _shown(console) == ""


def test_a_notebook_that_has_no_widgets_is_spared_a_warning(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "ipywidgets", None)  # it cannot be imported
    monkeypatch.setattr(bar_module, "find_spec", lambda name: None)
    console = Console(file=io.StringIO(), force_jupyter=True)

    with Bar("storing", console) as bar:
        bar.show(3, 7)  # rich would warn, and warnings are errors here


def test_standard_output_is_left_alone(capsys: pytest.CaptureFixture[str]) -> None:
    with Bar("storing") as bar:
        bar.show(3, 7)

    assert capsys.readouterr().out == ""
