"""Training on a GPU: how near to the step alone, and beside timm.

    python -m benchmarks.gpu --data photos --json runs/bench/gpu.json

Measures resnet50 and convnext_tiny one after the other, a report each (``gpu.json`` and
``gpu-convnext_tiny.json``), or the one that ``--arch`` names.
"""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import ours, peer
from benchmarks.harness import OURS, Goal, more_than
from benchmarks.protocol import Task

_ARCHS = ("resnet50", "convnext_tiny")
_HAS_GPU = "import torch; raise SystemExit(not torch.cuda.is_available())"

BENCHMARK = Benchmark(
    name="gpu",
    about=(
        "Images per second on one GPU, all layers learning, bf16, channels_last, "
        "random weights: our fit on augmented photos in later epochs, our step on a "
        "batch that lies on the GPU already, the same compiled, and our loader alone. "
        "Beside them a plain PyTorch loop with timm's network and loader, and its step "
        "on such a batch. As many workers as cores. Memory is the most that tensors "
        "have held."
    ),
    contestants=[
        ours("gpu.training"),
        ours("gpu.synthetic", name="step alone"),
        ours("gpu.compiled", name="step compiled"),
        ours("gpu.loader", name="loader"),
        peer("timm", "timm_driver.training"),
        peer("timm step alone", "timm_driver.synthetic"),
        peer("timm loader", "timm_driver.loader"),
    ],
    goals=[
        Goal(
            name="training: share of step alone",
            over=(OURS, "images/s"),
            under=("step alone", "images/s"),
            at_least=0.9,
        ),
        Goal(
            name="step alone: times timm's",
            over=("step alone", "images/s"),
            under=("timm step alone", "images/s"),
        ),
        Goal(
            name="step compiled: times not compiled",
            over=("step compiled", "images/s"),
            under=("step compiled", "images/s not compiled"),
        ),
        Goal(name="steps to break even", over=("step compiled", "steps to break even")),
        more_than("timm", "images/s"),
        Goal(
            name="loader, warm: times timm's",
            over=("loader", "images/s warm"),
            under=("timm loader", "images/s warm"),
        ),
        Goal(
            name="peak on the GPU: times timm",
            over=(OURS, "peak MiB on the GPU"),
            under=("timm", "peak MiB on the GPU"),
            at_most=1.15,
        ),
    ],
    usual=Task(arch=_ARCHS[0], batch_size=128, workers=os.cpu_count() or 1, steps=100),
    needs_weights=False,
)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, or say in one line that there is nothing to measure on."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if "--help" not in given and not _has_gpu():
        print("error: there is no GPU that torch can use here.", file=sys.stderr)
        raise SystemExit(2)
    BENCHMARK.main(given)
    if "--arch" not in given:
        for arch in _ARCHS[1:]:
            BENCHMARK.main([*_renamed(given, arch), "--arch", arch])


def _has_gpu() -> bool:
    return subprocess.run([sys.executable, "-c", _HAS_GPU], check=False).returncode == 0


def _renamed(arguments: Sequence[str], arch: str) -> list[str]:
    """The same arguments, with a report of its own for ``arch``."""
    words = list(arguments)
    if "--json" in words[:-1]:
        place = words.index("--json") + 1
        report = Path(words[place])
        words[place] = str(report.with_stem(f"{report.stem}-{arch}"))
    return words


if __name__ == "__main__":
    main()
