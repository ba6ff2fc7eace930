"""Answering needs numpy, pillow and ONNX Runtime, and nothing of training."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.tiny_bundles import write_colour_bundle

HEAVY = {"torch", "torchvision", "timm", "accelerate", "cv2", "matplotlib", "sklearn",
         "scipy", "pandas", "onnx"}  # fmt: skip

PREDICTING = """
import json, sys, time
started = time.perf_counter()
from unfreeze.serve.predictor import Predictor
predictor = Predictor.load(sys.argv[1])
predictor.check_golden()
import numpy as np
label = predictor(np.full((40, 50, 3), [250, 10, 10], np.uint8)).label
seconds = time.perf_counter() - started
found = sorted({each.split(".")[0] for each in sys.modules})
print(json.dumps([found, label, seconds]))
"""

SERVING = """
import json, sys
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.app import make_app
import unfreeze.serve.running
make_app(Predictor.load(sys.argv[1]))
print(json.dumps([sorted({each.split(".")[0] for each in sys.modules}), "red", 0]))
"""


@pytest.mark.parametrize("script", [PREDICTING, SERVING])
def test_answering_imports_nothing_of_training(tmp_path: Path, script: str) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx")

    done = subprocess.run(
        [sys.executable, "-c", script, str(model)],
        capture_output=True,
        text=True,
        check=True,
    )

    modules, label, _ = json.loads(done.stdout)
    assert label == "red"
    assert "onnxruntime" in modules
    assert HEAVY & set(modules) == set()


def test_importing_the_package_alone_stays_light() -> None:
    script = "import json, sys, unfreeze; print(json.dumps(sorted(sys.modules)))"

    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )

    found = {each.split(".")[0] for each in json.loads(done.stdout)}
    assert found & (HEAVY | {"numpy", "fastapi", "onnxruntime", "PIL"}) == set()
