from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from unfreeze.serve.app import make_app
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings

ROUTES = ["/health", "/ready", "/model", "/metrics", "/predict", "/collect"]


@pytest.fixture
def whole_app(predictor: Predictor, tmp_path: Path) -> FastAPI:
    """With every route there is."""
    return make_app(predictor, ServerSettings(collect=tmp_path))


def test_these_routes_are_described(whole_app: FastAPI) -> None:
    assert list(whole_app.openapi()["paths"]) == ROUTES


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/nowhere", 404),
        ("GET", "/predict", 405),
        ("DELETE", "/model", 405),
        ("BREW", "/predict", 405),
        ("GET", "/predict/", 404),
    ],
)
def test_other_requests_are_told_in_json(
    client: TestClient, method: str, path: str, status: int
) -> None:
    reply = client.request(method, path)

    assert reply.status_code == status
    assert "/docs" in reply.json()["error"]
