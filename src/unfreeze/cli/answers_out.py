"""How answers leave the command ``predict``: lines, one JSON object, or only files."""

import sys
from collections.abc import Iterable, Sequence
from itertools import starmap
from typing import TYPE_CHECKING, Any, Protocol, final

from unfreeze.cli.render import GrowingRows, say
from unfreeze.written_json import as_json_text

if TYPE_CHECKING:
    from unfreeze.answering import Answering
    from unfreeze.records import Skipped
    from unfreeze.runs.answers import AnswerColumns, GivenAnswer
    from unfreeze.runs.blocks import Block

__all__ = ["JsonAnswers", "LinesOfAnswers", "NamedErrors", "Output"]


_MOST_WAITING = 1000
"""Lines about photos that cannot be read, before any that can."""


class Output(Protocol):
    """Where answers go, besides tables."""

    def show(self, block: "Block") -> None:
        """Some more answers are there."""

    def end(self) -> None:
        """There will be no more."""


@final
class NamedErrors:
    """Names the photos that cannot be read on standard error, and says nothing else.

    It waits for the first that can: if there is none, one sentence will say so.

    Args:
        most: So many of them; the table names all.
    """

    def __init__(self, most: int = sys.maxsize) -> None:
        self._left = most
        self._waiting: list[str] | None = []

    def show(self, block: "Block") -> None:
        """Name some more."""
        skipped = block.skipped
        lines = [f"skipped {each.file}: {each.reason}" for each in skipped]
        lines = lines[: self._left]
        self._left -= len(lines)
        if self._waiting is not None:
            self._waiting += lines
            if len(skipped) == len(block) and len(self._waiting) < _MOST_WAITING:
                return
            lines, self._waiting = self._waiting, None
        for line in lines:
            say(line, err=True)

    def end(self) -> None:
        """There is nothing left to say."""


@final
class LinesOfAnswers:
    """A line for each photo.

    Args:
        rules: Of the model.
        least: Answers with a probability below it are not sure.
        names: Of the photos that will come.
    """

    def __init__(
        self, rules: "Answering", least: float | None, names: Sequence[str]
    ) -> None:
        from unfreeze.answering import NOT_SURE

        self._rules = rules
        self._least = least
        labels = [*rules.classes, *([] if least is None else [NOT_SURE])]
        widths = [max(map(len, names)), max(map(len, labels)), 0]
        self._errors = NamedErrors()
        self._rows = GrowingRows(["file", "label", "probability"], widths)

    def show(self, block: "Block") -> None:
        """Print some more; what cannot be read goes to standard error."""
        from unfreeze.runs.answers import answers_in

        self._errors.show(block)
        rows = [
            (each.file, *self._in_words(each))
            for each in answers_in(block, self._rules, self._least)
        ]
        if rows:
            self._rows.print(rows)

    def end(self) -> None:
        """There is nothing left to say."""

    def _in_words(self, answer: "GivenAnswer") -> tuple[str, str]:
        """What it is, and how probably: each label by its own probability."""
        if answer.labels is None:
            return answer.label, f"{answer.probability:.4f}"
        if not answer.labels:
            return "(none)", f"at most {answer.probability:.4f}"
        probs = dict(zip(self._rules.classes, answer.probabilities, strict=True))
        return (
            ", ".join(answer.labels),
            ", ".join(f"{probs[label]:.4f}" for label in answer.labels),
        )


@final
class JsonAnswers:
    """One JSON object on one line, written while answers come in.

    Nothing is written before the first answer, so that a mistake leaves no half object.

    Args:
        rules: Of the model.
        least: Answers with a probability below it are not sure.
        table: Beside which it is written, if one is: its figures are the object's,
            so that a command that goes on writes the object that it would have
            written at once.
    """

    def __init__(
        self,
        rules: "Answering",
        least: float | None,
        table: "AnswerColumns | None" = None,
    ) -> None:
        self._rules = rules
        self._least = least
        self._table = table
        self._skipped: list[dict[str, Any]] = []
        self._is_first = True

    def show(self, block: "Block") -> None:
        """Write some more."""
        from unfreeze.runs.answers import answers_in

        if self._table is None:
            self._write(answers_in(block, self._rules, self._least))
            self._write(block.skipped)
        else:
            self.show_rows((row[0], self._table.cells(*row)) for row in block.rows())

    def show_rows(self, rows: Iterable[tuple[str, Sequence[str]]]) -> None:
        """Write what rows of the table say, each with the photo that it is about."""
        if self._table is not None:
            self._write(starmap(self._table.answer, rows))

    def _write(self, answers: "Iterable[GivenAnswer | Skipped]") -> None:
        from unfreeze.records import Skipped

        classes = self._rules.classes
        for each in answers:
            if isinstance(each, Skipped):
                self._skipped.append({"file": each.file, "reason": each.reason})
                continue
            before = ", "
            if self._is_first:
                before = f'{{"classes": {as_json_text(classes)}, "predictions": ['
                self._is_first = False
            sys.stdout.write(before + as_json_text(each.as_json(classes)))
        sys.stdout.flush()

    def end(self) -> None:
        """Close the object."""
        sys.stdout.write(f'], "skipped": {as_json_text(self._skipped)}}}\n')
