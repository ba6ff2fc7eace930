import threading
import time
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from tests.tiny_bundles import CLASSES, write_colour_bundle
from tests.unit.data.pictures import rle_bmp
from unfreeze.answering import Answering
from unfreeze.data.decode import probe
from unfreeze.data.looks import Glance
from unfreeze.errors import PlanError
from unfreeze.records import Task
from unfreeze.serve.app import make_app
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import Limits, ServerSettings

from .conftest import MakeClient, photo


@pytest.fixture
def collecting(make_client: MakeClient, tmp_path: Path) -> TestClient:
    return make_client(ServerSettings(collect=tmp_path / "kept"))


def test_a_labelled_photo_is_saved_in_its_class(
    collecting: TestClient, tmp_path: Path
) -> None:
    reply = collecting.post(
        "/collect", files={"file": ("../x.png", photo())}, data={"label": "red"}
    )

    assert reply.status_code == 201
    saved = reply.json()["saved"]
    assert saved.startswith("red/")
    assert (tmp_path / "kept" / saved).read_bytes() == photo()


@pytest.mark.parametrize("fields", [{}, {"label": ""}])
def test_a_photo_nobody_knows_is_saved_apart(
    collecting: TestClient, fields: dict[str, str]
) -> None:
    reply = collecting.post("/collect", files={"file": photo()}, data=fields)

    assert reply.json()["saved"].startswith(".unlabelled/")


@pytest.mark.parametrize(
    ("files", "fields"),
    [
        ({"file": b"no photo"}, {}),
        ({"other": b"1"}, {}),
        ([("file", photo()), ("file", photo())], {}),
        ({"file": photo()}, {"label": "../red"}),
        ({"file": photo()}, {"label": ["red", "blue"]}),
        ([("file", photo()), ("label", b"\xff")], {}),
        ({"file": photo()}, {"lable": "red"}),
    ],
)
def test_what_cannot_be_saved_is_told(
    collecting: TestClient, files: object, fields: object, tmp_path: Path
) -> None:
    reply = collecting.post("/collect", files=files, data=fields)  # type: ignore[arg-type]

    assert reply.status_code == 422
    assert str(tmp_path) not in reply.text
    assert [each for each in (tmp_path / "kept").rglob("*") if each.is_file()] == []


def test_a_label_in_the_query_is_not_lost_in_silence(
    collecting: TestClient, tmp_path: Path
) -> None:
    reply = collecting.post("/collect?label=red", files={"file": photo()})

    assert reply.status_code == 422
    assert "'label'" in reply.json()["error"]
    assert [each for each in (tmp_path / "kept").rglob("*") if each.is_file()] == []


def test_only_forms_are_taken(collecting: TestClient) -> None:
    assert collecting.post("/collect", json={}).status_code == 415


def test_limits_hold_here_too(make_client: MakeClient, tmp_path: Path) -> None:
    settings = ServerSettings(collect=tmp_path, limits=Limits(pixels=100))

    reply = make_client(settings).post("/collect", files={"file": photo()})

    assert reply.status_code == 422
    assert "pixels" in reply.json()["error"]


def test_a_demanding_photo_waits_for_the_one_before(
    collecting: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[str] = []

    def seen(content: bytes) -> Glance:
        threads.append(threading.current_thread().name)
        return probe(content)

    monkeypatch.setattr("unfreeze.serve.collection.probe", seen)
    for content in (rle_bmp(9), photo()):
        reply = collecting.post("/collect", files={"file": content})
        assert reply.status_code == 201

    assert threads[0].startswith("demanding-photos")
    assert not threads[1].startswith("demanding-photos")


def test_a_photo_that_takes_too_long_gives_its_place_back(
    make_client: MakeClient, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(content: bytes) -> Glance:
        time.sleep(0.3)
        return probe(content)

    monkeypatch.setattr("unfreeze.serve.collection.probe", slow)
    limits = Limits(answer_seconds=0.05, files=1, waiting=1)
    client = make_client(ServerSettings(collect=tmp_path, limits=limits))

    reply = client.post("/collect", files={"file": photo()})

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "5"
    assert client.get("/ready").status_code == 200


def test_without_a_folder_there_is_no_such_route(client: TestClient) -> None:
    assert client.post("/collect", files={"file": photo()}).status_code == 404
    assert "/collect" not in client.get("/openapi.json").json()["paths"]


def test_a_model_of_several_labels_is_refused_before_one_is_lost(
    tmp_path: Path,
) -> None:
    several = Answering(classes=CLASSES, task=Task.MULTI)
    file = write_colour_bundle(tmp_path / "m.onnx", answering=several)
    model = Predictor.load(file, threads=1)

    with pytest.raises(PlanError, match=r"several labels.*Leave --collect out"):
        make_app(model, ServerSettings(collect=tmp_path / "kept"))
    assert not (tmp_path / "kept").exists()
