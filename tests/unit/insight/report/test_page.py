"""Mirrors src/unfreeze/insight/report/page.py, and parts without a test file."""

import dataclasses
import json
import re
import shlex
from html.parser import HTMLParser
from typing import Any, get_args

import numpy as np
import pytest

from unfreeze.insight.charts.losses import FitLosses
from unfreeze.insight.outlook import outlook
from unfreeze.insight.report.fixed import fixes_in_words
from unfreeze.insight.report.galleries import chosen, galleries_of
from unfreeze.insight.report.kept import outlook_as_json, outlook_from_json
from unfreeze.insight.report.page import FigureName, ReportParts, report_page
from unfreeze.insight.report.record import Answer, FitRecord, RunRecord, SearchRecord
from unfreeze.numerics.suggest import Curve

HOSTILE = "<script>alert(1)</script>"
BIN = {"low": 0.9, "high": 1.0, "count": 9, "confidence": 0.97, "accuracy": 0.95}


def summary(**words: Any) -> dict[str, Any]:  # noqa: ANN401
    step = {"name": f"Train {HOSTILE}", "seconds": 3.0, "lr": [1e-4, 1e-3, 1e-2],
            "epochs": 2, "train_loss": 0.2, "valid_loss": 0.3, "accuracy": 0.8,
            "best_epoch": 1, "best_valid_loss": 0.28, "best_accuracy": 0.85,
            "images_per_second": 120.0, "note": "stable: yes"}  # fmt: skip
    usual = {"status": "finished", "arch": "resnet18", "size": 224,
             "classes": ["cats", HOSTILE], "n_train": 40, "n_valid": 5,
             "skipped": [{"file": f"{HOSTILE}.jpg", "reason": "It is empty."}],
             "accuracy": 0.8, "tta_accuracy": None, "valid_loss": 0.31,
             "confusion": [[2, 1], [0, 2]], "seconds": 12.0, "steps": [step],
             "settings": {"arch": "resnet18", "weights": None, "seed": 3,
                          "max_zoom": 1.1, "recipe": "head", "suffix": "",
                          "budget": 90.0},
             "hardware": {"device": "cpu"}, "versions": {"torch": "2.9"}}  # fmt: skip
    return usual | words


ANSWERS = (
    Answer("cats/a.jpg", "cats", "cats", 0.9, 0.1),
    Answer("cats/b.jpg", "cats", "cats", 0.55, 0.6),
    Answer("cats/c.jpg", "cats", HOSTILE, 0.8, 1.6),
    Answer(f"{HOSTILE}/d.jpg", HOSTILE, HOSTILE, 0.99, 0.01),
    Answer("x/e\udcff.jpg", HOSTILE, HOSTILE, 0.7, 0.36),
)


def full_run() -> RunRecord:
    rng = np.random.default_rng(0)
    labels = np.arange(80) % 2
    features = np.eye(2, 6)[labels] + rng.normal(size=(80, 6))
    found = outlook((features, features), (labels, labels), 1 - labels, ["cats", "b"])
    rates = np.geomspace(1e-5, 1, 40)
    scores = {
        "kind": "single",
        "accuracy_interval": {"low": 0.37, "high": 0.96},
        "macro_f1": 0.8,
        "per_class": [
            {"name": HOSTILE, "precision": 0.66, "recall": 1.0, "f1": 0.8,
             "support": 2, "recall_interval": {"low": 0.34, "high": 1.0}}
        ],
        "calibration": {"temperature": 1.3, "ece_before": 0.08, "ece_after": 0.04,
                        "ece_by_chance": 0.05, "reliability_before": [BIN],
                        "reliability_after": [BIN]},
        "reject": [{"precision": 0.95, "threshold": 0.7, "coverage": 0.8,
                    "accepted": 4, "wrong": 0},
                   {"precision": 0.99, "threshold": None, "coverage": 0.0,
                    "accepted": 0, "wrong": 0}],
    }  # fmt: skip
    finding = {"kind": "label_suspect", "files": ["a"], "score": 1.0, "policy": "kept",
               "message": f"{HOSTILE} looks wrong."}  # fmt: skip
    return RunRecord(
        name=HOSTILE,
        summary=summary(scores=scores, findings=[finding]),
        fits=(
            FitRecord(
                FitLosses("fit 1", [0.9, 0.5, 0.4, 0.2], [(2, 0.5), (4, 0.8)]),
                [0.6, 0.3],
                [0.5, 0.8],
            ),
        ),
        searches=(
            SearchRecord((Curve(rates, 1 - rates),), 1e-2, 1e-3, 1e-1, "stable", "Yes"),
        ),
        answers=ANSWERS,
        kept={
            "photos": "my photos",
            "heat": {"cats/c.jpg": "data:image/jpeg;base64,QUJD"},
            "map": [[0.0, 1.0]] * 5,
            "outlook": json.loads(json.dumps(outlook_as_json(found))),
        },
    )


class Reader(HTMLParser):
    """Python's own parser as the oracle of what a browser would see."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.images: list[dict[str, str | None]] = []
        self.events: list[str] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.append(tag)
        self.ids += [str(found["id"])] if "id" in found else []
        self.links += [str(found["href"])] if tag == "a" else []
        self.images += [found] if tag == "img" else []
        self.events += [name for name in found if name.startswith(("on", "style"))]

    def handle_data(self, data: str) -> None:
        self.text += data


def test_a_share_held_out_that_was_missed_is_told_beside_the_photos() -> None:
    said = f"5 of 45 photos are held out; {HOSTILE}"

    def read(split: dict[str, str] | None) -> Reader:
        run = dataclasses.replace(full_run(), summary=summary(split=split))
        return Reader(report_page(run))

    told, silent = read({"note": said}), read(None)

    assert f"{said}." in told.text
    assert "are held out" not in silent.text


def test_where_the_validation_photos_came_from_is_told() -> None:
    said = f"chosen here at random, not by {HOSTILE}"
    run = dataclasses.replace(full_run(), summary=summary(validation=said))

    assert f"Photos to measure with: {said}." in Reader(report_page(run)).text
    assert "Photos to measure with" not in Reader(report_page(full_run())).text


def test_names_of_files_and_classes_are_shown_as_text() -> None:
    page = report_page(full_run(), {"cats/a.jpg": "data:image/jpeg;base64,QUJD"})

    read = Reader(page)
    assert "script" not in read.tags
    assert HOSTILE in read.text
    assert read.events == []
    assert page.encode("utf-8")


def test_links_lead_to_parts_that_are_there_and_pictures_have_words() -> None:
    read = Reader(report_page(full_run(), {}))

    assert {link.removeprefix("#") for link in read.links} <= set(read.ids)
    assert len(set(read.ids)) == len(read.ids)
    assert all(image["alt"] for image in read.images)


def test_every_part_of_a_whole_run_is_there() -> None:
    run = full_run()

    text = Reader(report_page(run, {})).text

    for words in (
        "4 of 5 validation photos are recognised",
        "after its last epoch: training loss 0.200 · validation loss 0.300",
        "the weights kept are those of the 1st of 2 epochs: validation loss 0.280",
        "unfreeze predict RUN PHOTO --min-precision 0.95",
        "between 37.0 % and 96.0 %",
        "label may be wrong",
        "It is empty.",
        "1.0e-04 / 1.0e-03 / 1.0e-02",
        "Too few photos to tell whether it over-fitted",
        "34.0 % to 100 %",
        "cannot be promised",
        "Most wrong",
        "Would more photos help?",
    ):
        assert words in text, words
    for part in ("learning", "losses", "confusion", "reliability", "feature_map"):
        assert getattr(ReportParts(run), part)() is not None
    assert len(ReportParts(run).rates()) == 1


def test_only_the_last_step_that_has_a_best_epoch_holds_the_kept_weights() -> None:
    step = summary()["steps"][0]
    steps = [step, step, {**step, "best_epoch": None}]

    told = ReportParts(RunRecord(name="x", summary=summary(steps=steps), kept={}))

    assert [bool(each.kept) for each in told.steps()] == [False, True, False]


def test_steps_judged_by_f2_say_so() -> None:
    step = summary()["steps"][0] | {
        "accuracy": None, "best_accuracy": None, "f2": 0.7, "best_f2": 0.75
    }  # fmt: skip

    (told,) = ReportParts(
        dataclasses.replace(full_run(), summary=summary(steps=[step]))
    ).steps()

    assert told.at_the_end.endswith("F2 at its best threshold 0.700")
    assert told.kept.endswith("F2 at its best threshold 0.750")
    assert "accuracy" not in told.at_the_end + told.kept


def test_a_precision_that_is_not_promised_is_not_advised() -> None:
    level = {"precision": 0.9, "threshold": None, "coverage": 0, "accepted": 0,
             "wrong": 0}  # fmt: skip
    run = RunRecord(
        name="x", summary=summary(scores={"kind": "single", "reject": [level]}), kept={}
    )

    assert ReportParts(run).try_reject() is None


def test_very_many_files_left_out_are_counted_below_the_first() -> None:
    files = [{"file": f"{n}.jpg", "reason": "It is empty."} for n in range(1203)]
    run = RunRecord(name="x", summary=summary(skipped=files), kept={})

    table = ReportParts(run).skipped()

    assert table is not None
    assert table.rows[0] == ("0.jpg", "It is empty.")
    assert table.rows[-1][0] == "and 1,003 more"


def test_what_nobody_looked_for_is_not_said_to_be_absent() -> None:
    def told(**words: Any) -> str:  # noqa: ANN401
        run = RunRecord(name="x", summary=summary(**words), kept={})
        return Reader(report_page(run)).text

    assert "did not look for duplicates" in told(findings=None)
    assert "noted nothing unusual" not in told(findings=None)
    assert "noted nothing unusual about the files" in told(findings=[])


def test_photos_that_fixes_dropped_are_told() -> None:
    fixes = {"file": "fixes.csv", "dropped": 50, "relabelled": 1, "kept": 9,
             "accuracy_before": 0.8, "accuracy_after": 0.9,
             "compared": "a head"}  # fmt: skip
    run = RunRecord(name="x", summary=summary(fixes=fixes, skipped=[]), kept={})
    unmeasured = fixes | {"accuracy_before": None, "accuracy_after": None}

    text = Reader(report_page(run)).text

    assert (
        "50 files dropped and 1 photo relabelled, as fixes.csv says; 9 looked" in text
    )
    assert "80.0 % right without the fixes, 90.0 % with them" in text
    assert "No other file was left out." in text
    assert len(list(fixes_in_words(unmeasured))) == 1


def test_the_command_makes_the_run_again() -> None:
    words = shlex.split(ReportParts(full_run()).command())

    assert words[:3] == ["unfreeze", "train", "my photos"]
    assert words[words.index("--budget") + 1] == "90s"
    assert words[words.index("--max-zoom") + 1] == "1.1"
    assert "--weights" not in words
    assert "" not in words


def test_switches_and_lists_are_options_of_their_own_and_what_is_empty_is_none() -> (
    None
):
    settings = {
        "fast": True,
        "slow": False,
        "tag": ["a b", "c"],
        "suffix": "",
        "no": [],
    }
    run = RunRecord(name="x", summary=summary(settings=settings), kept={})

    words = shlex.split(ReportParts(run).command())

    assert words[3:] == ["--fast", "--tag", "a b", "--tag", "c"]


def test_a_budget_promises_no_equal_model() -> None:
    def told(budget: float | None) -> str:
        settings = {"arch": "resnet18", "folder": "", "budget": budget}
        run = RunRecord(name="x", summary=summary(settings=settings), kept={})
        assert "--folder" not in ReportParts(run).command()
        return Reader(report_page(run)).text

    assert "bit for bit" in told(None)
    assert "bit for bit" not in told(120.0)
    assert "the clock decides" in told(120.0)


def test_a_forecast_that_is_not_there_is_not_explained() -> None:
    found = {"error": 0.2, "overall": None, "by_class": [], "reason": "There is none."}
    run = RunRecord(name="x", summary=summary(), kept={"outlook": found})

    text = Reader(report_page(run)).text

    assert "There is none." in text
    assert "quick heads were trained" not in text


def test_a_name_that_turns_the_direction_of_writing_turns_only_itself() -> None:
    turning = "cats\u202e"
    rows = [
        {"name": turning, "recall": 0.1, "precision": 0.5, "f1": 0.2, "support": 20},
        {"name": "b", "recall": 0.9, "precision": 0.5, "f1": 0.2, "support": 20},
    ]
    answers = (
        Answer("x/a.jpg", turning, "b", 0.9, 2.0),
        Answer("x/b.jpg", turning, turning, 0.9, 0.1),
    )
    content = summary(
        classes=[turning, "b"],
        scores={"kind": "single", "per_class": rows},
        skipped=[{"file": "x.jpg", "reason": turning}],
    )

    page = report_page(RunRecord(name="x", summary=content, answers=answers, kept={}))

    body = re.sub(r"<svg.*?</svg>", "", page.partition("<body")[2], flags=re.S)
    loose = re.sub(r"<bdi[^>]*>[^<]*</bdi>", "", body)
    assert turning in body
    assert turning not in re.sub(r'"[^"]*"', "", loose)


@pytest.mark.parametrize("separator", ["", ";", " "])
def test_the_command_reads_the_table_as_the_run_did(separator: str) -> None:
    settings = {
        "csv": "labels.csv",
        "folder": "",
        "suffix": ".jpg",
        "label_separator": separator,
        "file_column": None,
        "label_column": "kind",
        "no_header": True,
    }
    run = RunRecord(name="x", summary=summary(settings=settings), kept={})

    words = shlex.split(ReportParts(run).command())

    chosen = ["--label-separator", separator]
    columns = ["--label-column", "kind", "--no-header"]
    assert words[3:] == ["--csv", "labels.csv", "--suffix", ".jpg", *chosen, *columns]


@pytest.mark.parametrize(
    "run",
    [
        RunRecord(name="old", summary=summary(), kept={}),
        RunRecord(name="old", summary=summary(), answers=ANSWERS, kept={}),
        RunRecord(
            name="stopped",
            summary=summary(status="stopped", accuracy=None, confusion=None, steps=[]),
            kept={},
        ),
        RunRecord(
            name="multi",
            summary=summary(confusion=None, scores={"kind": "multi", "exact": 0.5}),
            kept={"outlook": None, "heat": {}, "map": None},
        ),
        RunRecord(name="bare", summary={"status": "stopped", "classes": [],
                  "arch": "x", "n_train": 1, "n_valid": 1}, kept={}),
    ],
    ids=["old", "without pictures", "stopped", "several labels", "bare"],
)  # fmt: skip
def test_what_is_missing_is_left_out_with_a_sentence(run: RunRecord) -> None:
    read = Reader(report_page(run))

    assert "There is no forecast for this run." in read.text
    assert "The losses of this run were not kept." in read.text
    assert "did not measure how far" in read.text


def test_scores_of_classes_come_from_the_matrix_where_they_were_not_kept() -> None:
    table = ReportParts(RunRecord(name="a", summary=summary(), kept={})).per_class()

    assert table is not None
    rows = {row[0]: row for row in table.rows}
    assert rows["cats"][1] == "66.7 %"
    assert rows[HOSTILE][3] == "66.7 %"


def test_classes_that_were_not_measured_come_last_and_blank() -> None:
    rows = [
        {"name": name, "recall": recall, "precision": 0.5, "f1": f1, "support": support}
        for name, recall, f1, support in
        [("absent", 0.0, 0.0, 0), ("good", 0.9, 0.2, 9), ("bad", 0.1, 0.8, 9)]
    ]  # fmt: skip
    scores = {"kind": "single", "per_class": rows}

    table = ReportParts(
        RunRecord(name="a", summary=summary(scores=scores), kept={})
    ).per_class()

    assert table is not None
    assert [row[0] for row in table.rows] == ["bad", "good", "absent"]
    assert table.rows[-1] == ("absent", "", "", "", "", "0")


def test_of_very_many_classes_the_rest_is_counted() -> None:
    rows = [{"name": str(n), "recall": 0.5, "precision": 0.5, "f1": 0.5, "support": 1}
            for n in range(250)]  # fmt: skip
    scores = {"kind": "single", "per_class": rows}

    table = ReportParts(
        RunRecord(name="a", summary=summary(scores=scores), kept={})
    ).per_class()

    assert table is not None
    assert len(table.rows) == 201
    assert table.rows[-1][0] == "and 50 more, in summary.json"


def test_galleries_show_the_most_telling_photos_first() -> None:
    wrong, unsure, right = galleries_of(ANSWERS, {"cats/b.jpg": "data:,"}, {})

    assert [photo.words[1] for photo in wrong.photos] == ["cats/c.jpg"]
    assert [photo.words[1] for photo in unsure.photos][:2] == [
        "cats/b.jpg",
        "x/e\udcff.jpg",
    ]
    assert [photo.words[1] for photo in right.photos][:2] == [
        f"{HOSTILE}/d.jpg",
        "cats/a.jpg",
    ]
    assert unsure.photos[0].pictures[0][0] == "data:,"
    assert wrong.photos[0].pictures[0][0] is None


def several() -> RunRecord:
    """A run whose photos carry several labels."""
    rows = [
        {"name": name, "precision": f1, "recall": 1.0, "f1": f1, "support": support}
        for name, f1, support in (("sky", 0.9, 4), ("sea", 0.2, 2), ("dog", 0.0, 0))
    ]
    scores = {"kind": "multi", "exact": 0.5, "f2": 0.6, "per_class": rows}
    return RunRecord(
        name="several",
        summary=summary(
            confusion=None, scores=scores, classes=["sky", "sea", "dog"], n_valid=4
        ),
        answers=(
            Answer("a.jpg", "sky", "sky", 0.9, 0.1),
            Answer("b.jpg", "sky sea", "sky dog", 0.9, 0.9),
            Answer("c.jpg", "", "", 0.2, 0.2),
            Answer("d.jpg", "sky", "", 0.4, 0.7),
        ),
        kept={},
    )


def test_photos_with_several_labels_say_which_were_missed() -> None:
    wrong, right = ReportParts(several(), {"b.jpg": "data:,"}).galleries()

    assert [each.title for each in (wrong, right)] == ["Most wrong", "Most right"]
    said = [re.sub(r"</?bdi>", "", each.words[0]) for each in wrong.photos]
    assert said == [
        "found: sky; missed: sea; named wrongly: dog",
        "missed: sky",
    ]
    assert wrong.photos[0].pictures[0][0] == "data:,"
    said = [re.sub(r"</?bdi>", "", each.words[0]) for each in right.photos]
    assert said == ["found: sky", "no label, and none named"]


def test_names_of_several_labels_are_shown_as_text() -> None:
    run = several()
    hostile = Answer("a.jpg", HOSTILE, f"{HOSTILE} sky", 0.9, 0.3)

    read = Reader(report_page(dataclasses.replace(run, answers=(hostile,))))

    assert "script" not in read.tags
    assert HOSTILE in read.text


def test_labels_are_listed_by_f1_since_recall_alone_hides_false_ones() -> None:
    read = Reader(report_page(several()))
    table = ReportParts(several()).per_class()

    assert table is not None
    assert [row[0] for row in table.rows] == ["sea", "sky", "dog"]
    assert table.titles[0] == "label"
    assert "Labels, the lowest F1 first" in read.text


def test_of_several_labels_no_sentence_of_single_ones_is_said() -> None:
    text = " ".join(Reader(report_page(several())).text.split())

    assert "How well each label is recognised" in text
    assert "none is taken for another." in text
    assert "or the run was not finished" not in text
    assert "What is taken for what" not in text
    assert "There are no answers about single photos" not in text
    assert "There is no mistake" not in text
    assert "taken for" not in text.replace("none is taken for another", "")


def test_cells_of_wide_tables_name_their_columns_for_narrow_screens() -> None:
    """There, each row is a block of its own, and the head of the table is hidden."""
    page = report_page(several())
    (table,) = re.findall(r'<table role="table" class="many">.*?</table>', page, re.S)
    titles = re.findall(r'role="columnheader">(.*?)</th>', table)

    sea, _, dog = re.findall(r"<tr.*?</tr>", table.partition("<tbody")[2], re.S)

    assert "@media (max-width: 40rem)" in page
    assert ".many td:not([data-title]) { display: none; }" in page
    cells = dict(re.findall(r'data-title="(.*?)"><bdi>(.*?)</bdi>', sea))
    assert list(cells) == [title for title in titles if title != "95 % interval"]
    assert (cells["label"], cells["F1"]) == ("sea", "0.200")
    assert re.findall(r'data-title="(.*?)"', dog) == ["label", "photos"]


def test_a_model_without_mistakes_has_an_empty_gallery_and_a_sentence() -> None:
    wrong, *_ = galleries_of([ANSWERS[0]], {}, {})

    assert wrong.photos == ()
    assert "no mistake" in wrong.words
    assert [each.file for each in chosen([ANSWERS[0]])] == ["cats/a.jpg"]


def test_a_forecast_outlives_its_json() -> None:
    run = full_run()
    found = outlook_from_json(run.kept["outlook"])

    assert json.loads(json.dumps(outlook_as_json(found))) == run.kept["outlook"]
    assert dataclasses.is_dataclass(found.overall)
    assert len(ReportParts(run).forecasts) == 1 + len(found.by_class)


@pytest.mark.parametrize("name", get_args(FigureName))
def test_a_notebook_shows_each_drawing_in_colours_of_its_own(name: FigureName) -> None:
    figure = ReportParts(full_run()).figure(name)

    assert figure is not None
    assert figure._repr_html_().startswith('<div class="unfreeze-part"><style>')
    assert ":root" not in figure
    assert "<svg" in figure


def test_a_drawing_that_is_missing_is_none() -> None:
    parts = ReportParts(RunRecord(name="old", summary=summary(), kept={}))

    assert parts.figure("losses") is None
    assert parts.figure("rates") is None


def test_losses_that_were_no_numbers_are_left_out() -> None:
    content = summary(valid_loss=None)
    (step,) = content["steps"]
    step |= {"train_loss": None, "valid_loss": None, "best_valid_loss": None}
    run = RunRecord(name="run", summary=content, kept={})

    page = report_page(run)

    assert "the 1st of 2 epochs: accuracy 85" in page
    assert "validation loss" not in page
