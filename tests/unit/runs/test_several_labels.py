"""Photos with several labels, from a table to answers; mirrors no file of its own."""

import csv
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw
from sklearn import metrics

from unfreeze.errors import DataError
from unfreeze.runs.predictor import Classifier
from unfreeze.runs.scores import scores_of
from unfreeze.runs.settings import RunSettings
from unfreeze.runs.table_photos import Table
from unfreeze.runs.training_run import train_folder

_TAGS = ("circle", "red", "square", "stripes")
_COUNT = 400


def _drawn(tags: set[str], rng: np.random.Generator) -> Image.Image:
    """Any of three shapes, each in its own place, on a grey or a red ground.

    The ground has patches of its own, so that no two tiles are near-duplicates.
    """
    patches = rng.integers(40, 130, (12, 12, 1), dtype=np.uint8)
    ground = np.kron(patches, np.ones((8, 8, 3), dtype=np.uint8))
    if "red" in tags:
        ground[..., 0] += 110
    image = Image.fromarray(ground)
    pen = ImageDraw.Draw(image)
    shift = int(rng.integers(0, 8))
    if "circle" in tags:
        pen.ellipse((4 + shift, 4, 40 + shift, 40), fill=(240, 240, 240))
    if "square" in tags:
        pen.rectangle((52, 4 + shift, 84, 36 + shift), fill=(20, 20, 220))
    if "stripes" in tags:
        for left in range(4 + shift, 92, 10):
            pen.line((left, 54, left, 92), fill=(30, 220, 60), width=4)
    return image


@pytest.fixture(scope="module")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``labels.csv`` and the photos it names, in ``tiles/``."""
    root = tmp_path_factory.mktemp("several")
    (root / "tiles").mkdir()
    rng = np.random.default_rng(5)
    lines = ["name,tags"]
    for number in range(_COUNT):
        tags = {tag for tag in _TAGS if rng.random() < 0.45} or {"circle"}
        _drawn(tags, rng).save(root / f"tiles/tile{number}.png")
        lines.append(f"tile{number},{' '.join(sorted(tags))}")
    (root / "labels.csv").write_text("\n".join(lines) + "\n")
    return root


@pytest.fixture(scope="module")
def run(tiles: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("runs") / "several"
    settings = RunSettings(
        arch="unfreeze_nano",
        size=96,
        recipe="quick",
        csv="labels.csv",
        folder="tiles",
        suffix=".png",
        augment="none",
        num_workers=0,
    )
    train_folder(tiles, out, settings, write=lambda line: None, has_bar=False)
    return out


@pytest.fixture(scope="module")
def summary(run: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((run / "summary.json").read_text())
    return content


pytestmark = pytest.mark.slow


def test_drawn_labels_are_found(summary: dict[str, Any]) -> None:
    assert summary["scores"]["f2"] >= 0.95
    assert summary["classes"] == list(_TAGS)
    assert summary["n_train"] + summary["n_valid"] == _COUNT
    assert summary["n_valid"] == pytest.approx(0.2 * _COUNT, abs=2)
    assert all(each["support"] >= 20 for each in summary["scores"]["per_class"])
    assert summary["confusion"] is None
    assert summary["scores"]["f2_threshold"]["f2"] >= 0.95


def test_scikit_learn_agrees_with_every_score(
    run: Path, summary: dict[str, Any]
) -> None:
    with (run / "predictions.csv").open(newline="") as text:
        rows = list(csv.DictReader(text))
    truth = np.array([[tag in row["label"].split() for tag in _TAGS] for row in rows])
    found = np.array(
        [[tag in row["predicted"].split() for tag in _TAGS] for row in rows]
    )
    probs = np.array([[float(row[tag]) for tag in _TAGS] for row in rows])
    scores = summary["scores"]

    def fbeta(beta: float) -> float:
        return metrics.fbeta_score(
            truth, found, beta=beta, average="samples", zero_division=0
        )

    assert scores["f2"] == pytest.approx(fbeta(2))
    assert scores["f1"] == pytest.approx(fbeta(1))
    assert scores["exact"] == pytest.approx(metrics.accuracy_score(truth, found))
    right = 1 - metrics.hamming_loss(truth, found)
    assert summary["accuracy"] == scores["accuracy"] == pytest.approx(right)
    columns = metrics.precision_recall_fscore_support(truth, found)
    for number, row in enumerate(scores["per_class"]):
        assert [row["precision"], row["recall"], row["f1"], row["support"]] == (
            pytest.approx([column[number] for column in columns])
        )
        area = metrics.average_precision_score(truth[:, number], probs[:, number])
        assert row["average_precision"] == pytest.approx(area, abs=1e-3)


def test_the_same_photos_score_the_same_from_the_file(
    run: Path, tiles: Path, summary: dict[str, Any]
) -> None:
    classifier = Classifier.load(run, num_workers=0)

    scores = scores_of(classifier.evaluate(tiles, Table("labels.csv", "tiles", ".png")))

    assert scores.num_images == _COUNT
    assert scores.scores["f2"] >= 0.95
    thresholds = [row["threshold"] for row in summary["scores"]["per_class"]]
    assert thresholds == [row.threshold for row in scores.per_class]


def test_a_photo_is_named_with_all_its_labels(run: Path, tiles: Path) -> None:
    lines = (tiles / "labels.csv").read_text().splitlines()[1:31]
    wanted = [line.split(",")[1] for line in lines]
    paths = [tiles / f"tiles/{line.split(',')[0]}.png" for line in lines]

    rows = list(Classifier.load(run, num_workers=0).predict(paths).rows())

    assert (
        np.mean([row[1] == want for row, want in zip(rows, wanted, strict=True)]) > 0.8
    )


def test_class_folders_say_too_little(run: Path, photos: Path) -> None:
    with pytest.raises(DataError, match="Pass a table of labels"):
        Classifier.load(run, num_workers=0).evaluate(photos)
