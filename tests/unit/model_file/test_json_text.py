"""Mirrors src/unfreeze/model_file/json_text.py."""

import json
import time

import pytest

from unfreeze.model_file.json_text import MOST_DEPTH, MOST_MARKS, parse_json


@pytest.mark.parametrize(
    "value",
    [
        {"a": [1, -0.5, True, None, 'é\n"\\]}'], "b": {}},
        [],
        "[[[[",
        ["]" * 100, "\\", '"', '\\"'],
        12,
    ],
)
def test_json_is_read_as_python_reads_it(value: object) -> None:
    assert parse_json(json.dumps(value)) == value


@pytest.mark.parametrize("pair", ["[]", "{}"])
def test_depth_is_limited_and_brackets_in_texts_do_not_count(pair: str) -> None:
    left = "[" if pair == "[]" else '{"a":'
    deepest = (
        left * (MOST_DEPTH - 1) + '["' + "[{" * 50 + '"]' + pair[1] * (MOST_DEPTH - 1)
    )

    parse_json(deepest)
    with pytest.raises(ValueError, match="nested deeper than 32"):
        parse_json(f"[{deepest}]")


@pytest.mark.parametrize(
    "text", ["[" * 500_000, '{"a":' * 200_000, '"' + '\\"' * 500_000, '"\\' * 500_000]
)
def test_hostile_nesting_is_refused_at_once(text: str) -> None:
    began = time.process_time()

    with pytest.raises(ValueError, match=r"nested|Unterminated|delimiter|Extra"):
        parse_json(text)

    assert time.process_time() - began < 2


def test_more_values_than_memory_is_meant_for_are_refused() -> None:
    with pytest.raises(ValueError, match=r"1,000,001 values, at most 1,000,000"):
        parse_json("[" + "," * MOST_MARKS)


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_does_not_know_are_refused(number: str) -> None:
    with pytest.raises(ValueError, match=f"{number} is no number"):
        parse_json(f'{{"a": [{number}]}}')


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 400 + ".5"])
def test_numbers_too_large_for_a_float_are_refused(number: str) -> None:
    assert parse_json("[1e308, -0.5, 1e-999]") == [1e308, -0.5, 0.0]
    with pytest.raises(ValueError, match="too large"):
        parse_json(f'{{"a": [{number}]}}')


def test_a_name_that_stands_twice_is_refused() -> None:
    parse_json('[{"a": 1}, {"a": 2}]')

    with pytest.raises(ValueError, match="twice"):
        parse_json('[{"a": 1, "b": 2, "a": 1}]')


@pytest.mark.parametrize("text", ["", "[1,]", "{'a': 1}", "[1] 2", "9" * 5_000])
def test_what_is_no_json_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)
