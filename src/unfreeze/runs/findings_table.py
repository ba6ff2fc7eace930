"""What was found about photos as a table: a row for each file of each finding."""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from unfreeze.atomic import text_written_whole
from unfreeze.data.csv_cells import as_cell
from unfreeze.records import Finding

__all__ = ["are_titles_of_findings", "write_findings"]

_TITLES = ("file", "kind", "finding", "score", "policy", "likely", "message")


def are_titles_of_findings(titles: Sequence[str]) -> bool:
    """Whether a table with these titles is one of findings."""
    return tuple(titles) == _TITLES


def write_findings(path: Path, findings: Sequence[Finding]) -> None:
    """Write a table, whole or not at all.

    ``finding`` numbers the findings from 1, so that the files of one, such as the
    copies of a photo, can be told. The other columns are those of ``Finding``; cells
    are written as ``csv_cells`` says. A finding about no file has a row without one.

    Args:
        path: As ``table_place`` has it.
        findings: In the order of their rows.
    """
    with text_written_whole(path) as text:
        writer = csv.writer(text)
        writer.writerow(_TITLES)
        for number, finding in enumerate(findings, start=1):
            writer.writerows(_rows(number, finding))


def _rows(number: int, finding: Finding) -> Iterator[list[str]]:
    score, likely = f"{finding.score:.6g}", as_cell(finding.likely or "")
    message = as_cell(finding.message)
    for file in finding.files or ("",):
        yield [
            as_cell(file),
            finding.kind,
            str(number),
            score,
            finding.policy,
            likely,
            message,
        ]
