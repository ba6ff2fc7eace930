"""``unfreeze check``: what is unusual about a folder of labelled photos."""

import shlex
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unfreeze.cli import options
from unfreeze.cli.loading import loading
from unfreeze.cli.render import print_json, print_table, say
from unfreeze.words import finding_score, finding_title, said_of_folders_left_alone

if TYPE_CHECKING:
    from unfreeze.records import Finding, FindingKind
    from unfreeze.runs.checkup import Checkup

__all__ = ["check"]

_SHOWN = 20
"""Findings of a kind that are listed; ``--csv`` and ``--json`` have all of them."""

_FILES_SHOWN = 3


def check(
    data: options.Folder,
    arch: options.Arch = "unfreeze_nano",
    weights: options.Weights = None,
    size: options.Size = 224,
    quick: Annotated[
        bool,
        typer.Option(
            "--quick",
            help="Without a backbone, and so without cropped copies, unusual photos "
            "and wrong labels.",
        ),
    ] = False,
    page: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.html",
            help="Write a web page to mark suspects on, for train --fixes.",
        ),
    ] = None,
    csv: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE.csv",
            help="Write a row for each photo of each finding, and what to do about it.",
        ),
    ] = None,
    num_workers: options.NumWorkers = None,
    as_json: options.AsJson = False,
) -> None:
    """Look for damaged files, duplicates, leaks and wrong labels before training.

    No photo is changed: each finding says what training does about it, and how to
    change that. Stored activations and which photos can be read go to DATA/tmp, as in
    training.
    """
    # Imported here so that `--help` does not have to load torch.
    from unfreeze.runs.findings_table import are_titles_of_findings, write_findings
    from unfreeze.runs.output_places import page_place
    from unfreeze.runs.table_places import table_place

    place = None if page is None else page_place(page)
    table = None if csv is None else table_place(csv, are_titles_of_findings)
    with loading():
        from unfreeze.runs.checkup import Backbone, check_folder

    backbone = None if quick else Backbone(arch=arch, weights=weights, size=size)
    checkup = check_folder(data, backbone, num_workers=num_workers)
    if place is not None:
        from unfreeze.runs.fixes_page import write_fixes_page

        classes, counts = tuple(checkup.classes), checkup.in_words()
        write_fixes_page(
            place, data, checkup.findings, classes, checkup.caution, counts
        )
    if table is not None:
        write_findings(table, checkup.findings)
    if as_json:
        print_json(checkup.as_json())
        return
    show_checkup(checkup)
    if csv is not None:
        say("", f"written to {csv}")
    if page is not None:
        is_refused = any(each.policy == "refused" for each in checkup.findings)
        first = "mend what training would refuse, " if is_refused else ""
        say("", f"{first}mark suspects on {page}, save fixes.csv there, then:")
        say(f"unfreeze train {shlex.quote(str(data))} --fixes fixes.csv")


def show_checkup(checkup: "Checkup") -> None:
    """Print counts, then the findings of each kind."""
    by_kind: defaultdict[FindingKind, list[Finding]] = defaultdict(list)
    for finding in checkup.findings:
        by_kind[finding.kind].append(finding)
    counts = ", ".join(f"{name} {count}" for name, count in checkup.classes.items())
    say(checkup.in_words(), f"readable photos by class: {counts}")
    if checkup.left_alone:
        say(said_of_folders_left_alone(checkup.left_alone))
    if checkup.caution:
        say(checkup.caution)
    if not by_kind:
        say("nothing unusual found")
        return
    say("")
    rows = [
        (
            finding_title(kind),
            str(len(found)),
            str(len({file for finding in found for file in finding.files})),
            ", ".join(sorted({finding.policy for finding in found})),
        )
        for kind, found in by_kind.items()
    ]
    print_table(["found", "findings", "files", "policy"], rows)
    for kind, found in by_kind.items():
        _show_kind(kind, found)


def _show_kind(kind: "FindingKind", found: "list[Finding]") -> None:
    say("")
    name, meaning = finding_score(kind)
    say(finding_title(kind) + (f" ({name}: {meaning})" if name else ""), is_bold=True)
    said = ""
    for finding in found[:_SHOWN]:
        score = f"  ({name} {finding.score:.3g})" if name else ""
        say(f"  {_names(finding.files)}{score}")
        if finding.message != said:  # many findings share their words
            say(f"      {finding.message}")
        said = finding.message
    if len(found) > _SHOWN:
        say(f"  ... and {len(found) - _SHOWN} more: --csv and --json list all of them")


def _names(files: tuple[str, ...]) -> str:
    shown = ", ".join(files[:_FILES_SHOWN])
    rest = len(files) - _FILES_SHOWN
    return f"{shown} and {rest} more" if rest > 0 else shown
