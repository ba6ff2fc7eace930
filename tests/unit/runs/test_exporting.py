"""Mirrors src/unfreeze/runs/exporting.py and served.py."""

import errno
import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
import pytest
from onnx import ModelProto

from unfreeze.answering import Answering
from unfreeze.bundle import PIXELS, golden_file, read_bundle, write_bundle
from unfreeze.data.decode import preprocess, read_pixels
from unfreeze.errors import DataError, PlanError
from unfreeze.model_file.header import ModelHeader
from unfreeze.records import ImageSpec, RejectAt, Task
from unfreeze.runs import exporting, served
from unfreeze.runs.export_photos import ProofPhotos, photos_of_run
from unfreeze.runs.exporting import Exported, export_model, require_target, source_of
from unfreeze.runs.predictor import Classifier, rules_of


@pytest.fixture(scope="module")
def proof(finished_run: Path) -> ProofPhotos:
    header = Classifier.load(finished_run, num_workers=0).header
    return photos_of_run(finished_run, rules_of(header, tta=False))


def _promising(header: ModelHeader, *, tta: bool) -> Answering:
    return replace(rules_of(header, tta=tta), reject=(RejectAt(0.9, 0.75),))


@pytest.fixture(scope="module")
def exported(
    finished_run: Path, proof: ProofPhotos, tmp_path_factory: pytest.TempPathFactory
) -> Exported:
    target = tmp_path_factory.mktemp("exported") / "m.onnx"
    return export_model(finished_run / "model.safetensors", target, proof)


def test_the_file_says_what_predict_says(
    exported: Exported, finished_run: Path, proof: ProofPhotos
) -> None:
    answers = Classifier.load(finished_run, num_workers=0).predict(proof.photos)
    session = onnxruntime.InferenceSession(exported.file)

    for path, expected in zip(proof.photos, answers.predictions.probs, strict=True):
        (probs, _) = session.run(None, {PIXELS: read_pixels(path)})
        assert probs == pytest.approx(expected, abs=5e-3)
        assert probs.argmax() == expected.argmax()


def test_the_proof_is_part_of_the_file(
    exported: Exported, finished_run: Path, proof: ProofPhotos
) -> None:
    header = read_bundle(exported.file).header
    trained = Classifier.load(finished_run, num_workers=0).header

    assert exported.parity.agreement == 1.0
    assert exported.parity.largest_difference < 1e-4
    assert exported.parity.accuracy == exported.parity.trained_accuracy
    assert header.parity["photos"] == len(proof.photos)
    assert "worst" not in header.parity  # no name of a photo travels
    assert header.answering.classes == trained.classes
    assert header.image == trained.image
    assert header.temperature == trained.temperature
    assert (header.precision, header.is_batched, header.has_heat) == (
        "fp32",
        False,
        True,
    )
    assert header.source == source_of(finished_run / "model.safetensors")


def test_golden_answers_stand_beside_it(exported: Exported) -> None:
    session = onnxruntime.InferenceSession(exported.file)

    assert exported.golden == golden_file(exported.file)
    with np.load(exported.golden, allow_pickle=False) as golden:
        for row, expected in enumerate(golden["probabilities"]):
            (probs, _) = session.run(None, {PIXELS: golden[f"pixels_{row}"]})
            assert probs == pytest.approx(expected, abs=1e-5)


def test_a_broken_preprocessing_is_refused_and_leaves_what_was_there(
    finished_run: Path,
    proof: ProofPhotos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (tmp_path / "m.onnx").write_bytes(b"an earlier export")
    real = exporting.whole_graph

    def unnormalised(
        network: ModelProto,
        spec: ImageSpec,
        temperature: float,
        task: Task,
        *,
        is_batched: bool,
    ) -> bytes:
        dark = replace(spec, mean=(0.0, 0.0, 0.0))
        return real(network, dark, temperature, task, is_batched=is_batched)

    monkeypatch.setattr(exporting, "whole_graph", unnormalised)

    with pytest.raises(PlanError, match="does not answer as the trained one"):
        export_model(finished_run / "model.safetensors", tmp_path / "m.onnx", proof)

    assert [each.name for each in tmp_path.iterdir()] == ["m.onnx"]
    assert (tmp_path / "m.onnx").read_bytes() == b"an earlier export"


@pytest.mark.slow
@pytest.mark.parametrize("precision", ["fp16", "int8"])
def test_fewer_bits_make_a_smaller_file_and_say_how_fast_it_is(
    exported: Exported,
    finished_run: Path,
    proof: ProofPhotos,
    tmp_path: Path,
    precision: exporting.Precision,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "rules_of", _promising)

    made = export_model(
        finished_run / "model.safetensors",
        tmp_path / "m.onnx",
        proof,
        precision=precision,
        is_batched=True,
    )

    assert made.speed is not None
    assert made.megabytes < 0.65 * exported.megabytes
    header = read_bundle(made.file).header
    assert (header.precision, header.is_batched) == (precision, True)
    squares = np.stack([preprocess(path, header.image) for path in proof.photos[:3]])
    (probs, _) = onnxruntime.InferenceSession(made.file).run(None, {PIXELS: squares})
    assert probs.sum(axis=1) == pytest.approx(np.ones(3), abs=1e-3)
    (text,) = (
        each.value
        for each in onnx.load(made.file).metadata_props
        if each.key == "unfreeze"
    )
    assert json.loads(text)["reject"] == []  # it was measured in fp32


def test_an_export_in_single_precision_keeps_its_promises(
    finished_run: Path,
    proof: ProofPhotos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exporting, "rules_of", _promising)

    made = export_model(finished_run / "model.safetensors", tmp_path / "m.onnx", proof)

    rules = read_bundle(made.file).header.answering
    assert rules.least_probability(None, 0.9) == 0.75


def test_numbers_are_not_fitted_to_the_photos_that_judge_them(
    finished_run: Path, proof: ProofPhotos, tmp_path: Path
) -> None:
    alone = replace(proof, examples=())

    with pytest.raises(PlanError, match=r"0 such photos .* --data .* 5 photos or more"):
        export_model(
            finished_run / "model.safetensors",
            tmp_path / "m.onnx",
            alone,
            precision="int8",
        )

    assert not list(tmp_path.iterdir())


@pytest.mark.slow
def test_a_program_of_torch_answers_the_same(
    finished_run: Path, proof: ProofPhotos, tmp_path: Path
) -> None:
    made = export_model(finished_run / "model.safetensors", tmp_path / "m.pt2", proof)

    assert (made.golden, made.speed) == (None, None)
    assert made.parity.largest_difference < 1e-4
    assert [each.name for each in tmp_path.iterdir()] == ["m.pt2"]


@pytest.mark.parametrize(
    ("name", "precision", "is_batched", "message"),
    [
        ("m.tflite", "fp32", False, r"m\.tflite says no format"),
        ("m.onnx", "fp8", False, "got 'fp8'"),
        ("m.pt2", "int8", False, "takes one image in fp32"),
        ("m.pt2", "fp32", True, "takes one image in fp32"),
    ],
)
def test_what_cannot_be_exported_is_refused_at_once(
    name: str, precision: str, is_batched: bool, message: str
) -> None:
    with pytest.raises(PlanError, match=message):
        require_target(Path(name), precision, is_batched=is_batched)


def test_a_run_is_exported_once_for_its_server(
    finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    (run / "model.onnx").write_bytes(b"of the person's own making")

    made = served.bundle_for_run(run)

    assert made == run / "served.onnx"
    assert (run / "model.onnx").read_bytes() == b"of the person's own making"
    assert read_bundle(made).header.is_batched
    with monkeypatch.context() as known:
        known.setattr(served, "export_model", None)
        assert served.bundle_for_run(run) == made
        assert served.bundle_for_run(run / "model.safetensors") == made
    content = bytearray(made.read_bytes())
    content[1000] ^= 1
    made.write_bytes(bytes(content))
    served.bundle_for_run(run)
    header = read_bundle(made).header
    assert header.source == source_of(run / "model.safetensors")
    write_bundle(made, b"", replace(header, precision="int8"))  # by the person's hand
    served.bundle_for_run(run)
    assert read_bundle(made).header.precision == "fp32"


@pytest.mark.slow
def test_the_export_of_a_run_says_whether_that_was_finished(
    finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    summary = (run / "summary.json").read_text()
    (run / "summary.json").write_text('{"status": "stopped"}')
    made = served.bundle_for_run(run)
    assert read_bundle(made).header.is_unfinished

    (run / "summary.json").write_text(summary)
    served.bundle_for_run(run)
    assert not read_bundle(made).header.is_unfinished


def test_what_to_do_where_photos_are_gone_is_what_a_server_can_do(
    finished_run: Path, tmp_path: Path
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "my run"))
    (run / "predictions.csv").unlink()

    with pytest.raises(DataError) as told:
        served.bundle_for_run(run)
    export = f"unfreeze export '{run}' model.onnx --batch --data PHOTOS"
    assert str(told.value).endswith(f"{export}; then serve that file.")


def test_a_model_file_alone_has_nowhere_to_be_exported_to(
    finished_run: Path, tmp_path: Path
) -> None:
    file = tmp_path / "mine.safetensors"
    shutil.copy(finished_run / "model.safetensors", file)

    with pytest.raises(DataError, match="without its run folder"):
        served.bundle_for_run(file)


def test_a_file_that_is_no_model_is_told_so(tmp_path: Path) -> None:
    file = tmp_path / "text.txt"
    file.write_text("No model, but a text of more than eight bytes.")

    with pytest.raises(PlanError, match=r"text.txt is no model\. Expected a run"):
        served.bundle_for_run(file)


def test_a_run_that_cannot_be_written_to_is_served_from_the_cache(
    finished_run: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = Path(shutil.copytree(finished_run, tmp_path / "run"))
    run.chmod(0o555)
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    asked: list[Path] = []

    def note(file: Path, target: Path, *_: object, **__: object) -> None:
        asked.append(target)

    monkeypatch.setattr(served, "export_model", note)
    made = served.bundle_for_run(run)
    (tmp_path / "locked").touch()
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "locked"))
    with pytest.raises(OSError, match="Not a directory"):
        served.bundle_for_run(run)
    run.chmod(0o755)

    assert asked == [made]  # nothing is exported that cannot be written
    assert made.parent.parent == tmp_path / "cache"
    assert made.name == "served.onnx"


@pytest.mark.parametrize("step", ["write_bundle", "golden_beside"])
def test_an_export_that_cannot_be_written_leaves_the_earlier_one_and_its_proof(
    finished_run: Path,
    proof: ProofPhotos,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    kept = {"m.onnx": b"an earlier export", "m.golden.npz": b"its proof"}
    for name, content in kept.items():
        (tmp_path / name).write_bytes(content)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(exporting, step, full)
    with pytest.raises(OSError, match="No space left"):
        export_model(finished_run / "model.safetensors", tmp_path / "m.onnx", proof)

    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == kept
