import json
from pathlib import Path

import pytest
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, settings
from schemathesis import Case
from schemathesis.specs.openapi.checks import positive_data_acceptance
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


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of schemathesis' own
@pytest.mark.parametrize("path", ROUTES)
def test_the_server_behaves_as_it_is_described(whole_app: FastAPI, path: str) -> None:
    with TestClient(whole_app):  # opens its queue
        described = schemathesis.openapi.from_asgi("/openapi.json", whole_app)
        operations = described.include(path=path)

        @settings(
            max_examples=60,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        )
        @operations.parametrize()
        def asked(case: Case) -> None:
            # No description can say which bytes are a photo, or what a class is called.
            case.call_and_validate(excluded_checks=[positive_data_acceptance])

        for operation in operations.get_all_operations():
            _run(asked, operation)


def _run(test: object, operation: object) -> None:
    raise NotImplementedError(json.dumps([str(test), str(operation)]))
