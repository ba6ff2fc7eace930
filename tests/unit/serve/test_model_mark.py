"""Mirrors src/unfreeze/serve/model_mark.py."""

from pathlib import Path

from starlette.testclient import TestClient

from tests.tiny_bundles import write_colour_bundle
from unfreeze.answering import Answering
from unfreeze.serve.model_mark import MODEL_MARK
from unfreeze.serve.settings import ServerSettings

from .conftest import MakeClient, photo

TOKEN = "let-me-in"  # noqa: S105  # of this test only


def mark(client: TestClient) -> str:
    return client.get("/model").headers[MODEL_MARK]


def test_every_answer_carries_the_same_mark(client: TestClient) -> None:
    answers = [
        client.get("/ready"),
        client.post("/predict", files=[("files", photo())]),
        client.post("/predict"),
        client.get("/nowhere"),
    ]

    assert {each.headers[MODEL_MARK] for each in answers} == {mark(client)}


def test_what_the_model_says_decides_over_the_mark(
    make_client: MakeClient, tmp_path: Path
) -> None:
    classes = Answering(classes=("sea", "sky", "land"))
    other = write_colour_bundle(tmp_path / "other.onnx", answering=classes)
    usual = mark(make_client())

    assert mark(make_client()) == usual
    different = {
        mark(make_client(model=other)),
        mark(make_client(threshold=0.7)),
        mark(make_client(ServerSettings(collect=tmp_path / "collected"))),
    }
    assert len(different | {usual}) == 4


def test_the_mark_needs_no_token(make_client: MakeClient) -> None:
    client = make_client(ServerSettings(token=TOKEN))

    refused = client.get("/model")

    assert refused.status_code == 401
    assert refused.headers[MODEL_MARK] == client.get("/ready").headers[MODEL_MARK]
