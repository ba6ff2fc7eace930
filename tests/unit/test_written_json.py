"""Mirrors src/unfreeze/written_json.py."""

import json
import math
from types import MappingProxyType

import pytest

from unfreeze.written_json import as_json_text, exact_json_text, figure_or_nan


def test_what_is_no_finite_number_is_null_at_every_depth() -> None:
    figures = MappingProxyType({"b": math.nan})
    content = {"a": [math.inf, figures, 1.5, (None, True, "x", -math.inf)]}

    assert (
        as_json_text(content)
        == '{"a": [null, {"b": null}, 1.5, [null, true, "x", null]]}'
    )


def test_numbers_are_the_same_to_the_last_bit() -> None:
    figures = [1 / 3, 5e-324, 1.7976931348623157e308, 2**70, -0.0]

    for write in (as_json_text, exact_json_text):
        assert json.loads(write(figures)) == figures


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
def test_where_numbers_are_promised_others_are_refused(number: float) -> None:
    with pytest.raises(ValueError, match="JSON"):
        exact_json_text({"a": [number]})


def test_names_that_are_no_valid_text_are_written_in_ascii() -> None:
    content = {"Grüße 猫": "\udcff\n"}

    text = as_json_text(content)

    assert text.isascii()
    assert json.loads(text) == content


def test_the_order_of_keys_is_that_of_the_content_unless_asked_for() -> None:
    content = {"b": 1, "a": [2, 3]}

    assert as_json_text(content) == '{"b": 1, "a": [2, 3]}'
    assert exact_json_text(content, sort_keys=True) == '{"a": [2, 3], "b": 1}'
    assert exact_json_text(content, is_compact=True) == '{"b":1,"a":[2,3]}'
    assert as_json_text({"a": math.nan}, indent=1) == '{\n "a": null\n}'


@pytest.mark.parametrize("write", [as_json_text, exact_json_text])
def test_what_json_does_not_know_is_no_silent_text(write: object) -> None:
    with pytest.raises(TypeError):
        write({"a": {1, 2}})  # type: ignore[operator]


def test_figures_that_were_none_are_none_again() -> None:
    assert math.isnan(figure_or_nan(None))
    assert figure_or_nan(1) == 1.0
