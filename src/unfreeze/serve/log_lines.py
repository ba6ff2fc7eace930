"""The server's log: one line of JSON for each event, without anybody's photos."""

import logging
import sys
from datetime import UTC, datetime
from typing import TextIO, final

from typing_extensions import override

from unfreeze.written_json import as_json_text

__all__ = ["JsonLines", "log_to"]

_NAMES = ("unfreeze.serve", "uvicorn.error")


@final
class JsonLines(logging.Formatter):
    """Formats a record, with its ``fields``, as one JSON object."""

    @override
    def format(self, record: logging.LogRecord) -> str:
        moment = datetime.fromtimestamp(record.created, UTC)
        line = {
            "time": moment.isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "fields", {}),
        }
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return as_json_text(line)


def log_to(stream: TextIO = sys.stderr) -> logging.Handler:
    """Send our log, and uvicorn's, to ``stream``, and nowhere else.

    Returns:
        What to take away again with ``removeHandler``.
    """
    lines = logging.StreamHandler(stream)
    lines.setFormatter(JsonLines())
    for name in _NAMES:
        logger = logging.getLogger(name)
        logger.handlers[:] = [lines]
        logger.propagate = False
        # uvicorn tells of its start and end, which we do ourselves.
        logger.setLevel("INFO" if name == _NAMES[0] else "ERROR")
    return lines
