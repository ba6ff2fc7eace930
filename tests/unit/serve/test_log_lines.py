import io
import json
import logging
from collections.abc import Iterator
from datetime import datetime

import pytest

from unfreeze.serve.log_lines import log_to

OURS, THEIRS = logging.getLogger("unfreeze.serve"), logging.getLogger("uvicorn.error")


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    before = [(each, each.handlers[:], each.propagate, each.level)
              for each in (OURS, THEIRS)]  # fmt: skip
    found = io.StringIO()
    log_to(found)
    yield found
    for logger, handlers, propagate, level in before:
        logger.handlers[:] = handlers
        logger.propagate = propagate
        logger.setLevel(level)


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(each) for each in stream.getvalue().splitlines()]


def test_each_event_is_one_line_of_json(stream: io.StringIO) -> None:
    OURS.info("two\nlines", extra={"fields": {"id": 'a"b', "status": 200}})

    (line,) = lines(stream)
    assert datetime.fromisoformat(str(line.pop("time"))).tzinfo is not None
    assert line == {"level": "info", "event": "two\nlines", "id": 'a"b', "status": 200}


def test_a_failure_keeps_its_traceback_in_the_line(stream: io.StringIO) -> None:
    try:
        raise ValueError("why")
    except ValueError:
        OURS.exception("failed")

    (line,) = lines(stream)
    assert "ValueError: why" in str(line["traceback"])


def test_uvicorn_tells_of_failures_alone(stream: io.StringIO) -> None:
    THEIRS.info("Started")
    THEIRS.warning("Invalid HTTP request received.")
    THEIRS.error("broken")

    assert [each["event"] for each in lines(stream)] == ["broken"]
