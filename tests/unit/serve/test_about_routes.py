from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.tiny_bundles import CLASSES, SIZE, write_colour_bundle
from unfreeze.bundle import read_bundle
from unfreeze.serve.model_queue import ModelQueue
from unfreeze.serve.settings import Limits, ServerSettings

from .conftest import MakeClient, photo


def test_the_model_says_what_it_is(make_client: MakeClient, bundle: Path) -> None:
    said = make_client(min_precision=0.9).get("/model").json()

    assert said["classes"] == list(CLASSES)
    assert (said["arch"], said["size"], said["task"]) == ("mean_colour", SIZE, "single")
    assert said["least"] == 0.75
    assert said["sha256"] == read_bundle(bundle).sha256
    assert said["has_heat"] is True
    assert said["note"] is None
    assert said["collects"] is said["needs_token"] is False
    limits = Limits()
    assert said["limits"]["files"] == limits.files
    assert said["limits"]["pixels"] == limits.pixels


def test_a_model_without_heat_and_a_server_that_collects_say_so(
    make_client: MakeClient, tmp_path: Path
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx", has_heat=False, precision="int8")

    said = make_client(ServerSettings(collect=tmp_path / "c"), model=model).get(
        "/model"
    )

    assert said.json()["has_heat"] is False
    assert said.json()["collects"] is True
    assert said.json()["precision"] == "int8"


def test_what_people_should_know_of_the_model_is_said(make_client: MakeClient) -> None:
    settings = ServerSettings(note="It is not finished.")

    assert make_client(settings).get("/model").json()["note"] == "It is not finished."


def test_an_export_of_an_unfinished_run_says_so(
    make_client: MakeClient, tmp_path: Path
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx", is_unfinished=True)

    assert "not finished" in make_client(model=model).get("/model").json()["note"]


def test_a_running_server_is_alive_and_ready(client: TestClient) -> None:
    assert client.get("/health").json() == {"status": "ok"}
    assert client.get("/ready").json() == {"status": "ready"}


@pytest.mark.parametrize("path", ["/health", "/ready", "/model", "/metrics"])
def test_parameters_that_nobody_reads_are_refused(
    client: TestClient, path: str
) -> None:
    reply = client.get(f"{path}?heat=true")

    assert reply.status_code == 422
    assert "'heat'" in reply.json()["error"]


def test_a_server_whose_queue_is_full_is_not_ready(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ModelQueue, "is_open", property(lambda self: False))

    reply = client.get("/ready")

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "1"
    assert client.get("/health").status_code == 200


def test_requests_photos_and_batches_are_counted(client: TestClient) -> None:
    client.post("/predict", files=[("files", photo()), ("files", b"x")])
    client.get("/a/path/of/the/clients/own")

    counted = client.get("/metrics").text

    assert 'unfreeze_requests_total{route="/predict",status="200"} 1.0' in counted
    assert 'unfreeze_requests_total{route="other",status="404"} 1.0' in counted
    assert 'unfreeze_photos_total{outcome="answered"} 1.0' in counted
    assert 'unfreeze_photos_total{outcome="unreadable"} 1.0' in counted
    assert "unfreeze_batch_photos_count 1.0" in counted
    assert "own" not in counted
