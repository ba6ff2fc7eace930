"""Drawn photos are trained on, measured and asked about, in one process."""

import json
import shlex
from pathlib import Path

import numpy as np
import pytest

from unfreeze.cli.app import run
from unfreeze.runs.predictor import Classifier


def test_from_photos_to_answers(
    drawn_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(line: str) -> dict[str, object]:
        capsys.readouterr()
        assert run([*shlex.split(line), "--json"]) == 0
        found: dict[str, object] = json.loads(capsys.readouterr().out)
        return found

    out = tmp_path / "run"
    before = {path: path.read_bytes() for path in drawn_folder.rglob("*.png")}

    summary = answer(
        f"train {drawn_folder} --arch unfreeze_nano --size 32 --batch-size 8 "
        f"--recipe head --epochs 1 --out {out}"
    )
    assert summary["status"] == "finished"
    assert float(str(summary["accuracy"])) >= 0.8

    scores = answer(f"evaluate {out} {drawn_folder} --tta")
    assert scores["num_images"] == 18
    assert float(str(scores["accuracy"])) >= 0.8

    answers = answer(f"predict {out} {drawn_folder / 'valid'} --csv {tmp_path}/x.csv")
    assert len((tmp_path / "x.csv").read_text().splitlines()) == 1 + 18

    again = Classifier.load(out).evaluate(drawn_folder)
    labels = np.asarray(again.predictions.labels)
    share = float((again.predictions.log_probs.argmax(1) == labels).mean())
    assert share == pytest.approx(float(str(summary["accuracy"])))
    assert isinstance(answers["predictions"], list)
    assert {p: p.read_bytes() for p in drawn_folder.rglob("*.png")} == before
