"""Mirrors src/unfreeze/models/embedded.py."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import save_file
from torch import Tensor

from unfreeze.errors import WeightsError
from unfreeze.models.backbones import build_backbone, spec_for
from unfreeze.models.embedded import EMBEDDED_FILE, read_embedded
from unfreeze.models.probe import evaluating
from unfreeze.models.weights import content_hash


def _publish(folder: Path) -> Path:
    file = folder / "net.safetensors"
    save_file({"weight": torch.ones(3)}, file)
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    file.with_suffix(".json").write_text(json.dumps({"sha256": digest}))
    return file


def test_a_file_on_record_is_read(tmp_path: Path) -> None:
    assert read_embedded(_publish(tmp_path))["weight"].tolist() == [1, 1, 1]


def test_a_file_that_is_not_on_record_is_refused(tmp_path: Path) -> None:
    file = _publish(tmp_path)
    save_file({"weight": torch.zeros(3)}, file)

    with pytest.raises(WeightsError, match=r"SHA-256 .*, expected .*Install"):
        read_embedded(file)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"There is no .*net\.safetensors"):
        read_embedded(tmp_path / "net.safetensors")


def test_the_package_carries_its_backbone_in_at_most_3_megabytes() -> None:
    assert EMBEDDED_FILE.stat().st_size <= 3_000_000
    assert read_embedded()


def test_pretrained_means_the_embedded_weights_without_a_network(
    make_images: Callable[..., Tensor], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.getaddrinfo", lambda *_: pytest.fail("looked up"))

    backbone = build_backbone("unfreeze_nano", weights="pretrained", size=96)

    embedded = read_embedded()
    body = {n: t for n, t in embedded.items() if not n.startswith("classifier")}
    assert content_hash(backbone.network) == content_hash(body)
    with evaluating(backbone):
        maps = backbone(make_images(96))
    assert maps.shape[:2] == (2, backbone.num_features)


def test_the_file_itself_fits_like_any_other() -> None:
    by_name = build_backbone("unfreeze_nano", weights="pretrained", size=64)
    by_file = build_backbone("unfreeze_nano", weights=EMBEDDED_FILE, size=64)

    assert content_hash(by_name) == content_hash(by_file)


def test_timm_itself_builds_it_with_any_number_of_classes() -> None:
    with torch.random.fork_rng(devices=[]):
        network = timm.create_model("unfreeze_nano", pretrained=True, num_classes=7)

    assert network(torch.zeros(1, 3, 64, 64)).shape == (1, 7)


def test_its_groups_are_two_halves() -> None:
    early, late = build_backbone("unfreeze_nano", weights="none", size=64).groups

    sizes = [sum(p.numel() for p in group.parameters()) for group in (early, late)]
    assert all(sizes)
    assert spec_for("unfreeze_nano", 64).size == 64
