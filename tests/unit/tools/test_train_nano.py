"""Mirrors tools/train_nano.py."""

import hashlib
import importlib
import json
from pathlib import Path
from types import ModuleType

import pytest
from safetensors.torch import load_file

from unfreeze.models.nano import UnfreezeNano

pytestmark = pytest.mark.usefixtures("global_draws")


@pytest.fixture
def script() -> ModuleType:
    return importlib.import_module("train_nano")


def test_the_rate_climbs_for_a_twentieth_and_ends_at_zero(script: ModuleType) -> None:
    assert script.rate_share(0.025) == pytest.approx(0.5)
    assert script.rate_share(0.05) == pytest.approx(1)
    assert script.rate_share(0.525) == pytest.approx(0.5)
    assert script.rate_share(1.0) == pytest.approx(0)


def test_saved_weights_fit_the_network(script: ModuleType, tmp_path: Path) -> None:
    net = UnfreezeNano(num_classes=0)

    path = script.save(net, tmp_path)

    UnfreezeNano(num_classes=0).load_state_dict(load_file(path))
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


@pytest.mark.slow
@pytest.mark.realdata
def test_the_same_seed_gives_the_same_file(
    script: ModuleType, shared_data: Path, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        script.train(
            script.Plan(
                data=shared_data,
                out=tmp_path / name,
                stem_epochs=1,
                epochs=1,
                steps_per_epoch=1,
                batch_size=4,
                stem_rate=1e-3,
                rate=1e-3,
                seed=3,
            )
        )

    first, second = sorted(tmp_path.glob("*/unfreeze_nano.safetensors"))
    assert first.read_bytes() == second.read_bytes()
    card = json.loads(first.with_suffix(".json").read_text(encoding="utf-8"))
    assert card["sha256"] == hashlib.sha256(first.read_bytes()).hexdigest()
    assert card["compute"]["crops"] == 8
