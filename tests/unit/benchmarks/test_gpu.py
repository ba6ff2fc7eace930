"""Mirrors benchmarks/gpu.py."""

import pytest

from benchmarks import gpu
from benchmarks.benchmark import Benchmark


def test_without_a_gpu_it_is_refused_in_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(gpu, "_HAS_GPU", "raise SystemExit(1)")

    with pytest.raises(SystemExit) as ended:
        gpu.main(["--data", "photos"])

    shown = capsys.readouterr()
    assert ended.value.code == 2
    assert shown.err == "error: there is no GPU that torch can use here.\n"
    assert shown.out == ""


@pytest.mark.parametrize(
    ("given", "runs"),
    [
        (
            ["--json", "out/gpu.json"],
            [
                ["--json", "out/gpu.json"],
                ["--json", "out/gpu-convnext_tiny.json", "--arch", "convnext_tiny"],
            ],
        ),
        (["--arch", "resnet18"], [["--arch", "resnet18"]]),
        ([], [[], ["--arch", "convnext_tiny"]]),
    ],
)
def test_both_networks_are_measured_unless_one_is_named(
    monkeypatch: pytest.MonkeyPatch, given: list[str], runs: list[list[str]]
) -> None:
    asked: list[list[str]] = []
    monkeypatch.setattr(gpu, "_HAS_GPU", "")
    monkeypatch.setattr(Benchmark, "main", lambda self, words: asked.append(words))

    gpu.main(given)

    assert asked == runs
