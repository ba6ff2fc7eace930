import io
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI
from PIL import Image
from starlette.testclient import TestClient

from tests.tiny_bundles import write_colour_bundle
from unfreeze.serve.app import make_app
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import ServerSettings

MakeClient = Callable[..., TestClient]


def photo(colour: str = "red", size: tuple[int, int] = (60, 40)) -> bytes:
    """A PNG of one colour."""
    content = io.BytesIO()
    Image.new("RGB", size, colour).save(content, "PNG")
    return content.getvalue()


def noisy_photo(size: tuple[int, int], kind: str = "JPEG") -> bytes:
    """A smooth photo with a little noise, in any format that pillow writes."""
    rng = np.random.default_rng(size[0])
    small = Image.fromarray(rng.integers(0, 256, (6, 5, 3), dtype=np.uint8))
    content = io.BytesIO()
    small.resize(size, Image.Resampling.BICUBIC).save(content, kind)
    return content.getvalue()


@pytest.fixture(scope="session")
def _bundle_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_colour_bundle(tmp_path_factory.mktemp("bundle") / "colour.onnx")


@pytest.fixture
def bundle(_bundle_once: Path) -> Path:
    """An exported model that tells red, green and blue photos apart."""
    return _bundle_once


@pytest.fixture
def predictor(bundle: Path) -> Predictor:
    return Predictor.load(bundle, threads=1)


@pytest.fixture
def app(predictor: Predictor) -> FastAPI:
    return make_app(predictor)


@pytest.fixture
def make_client(bundle: Path) -> Iterator[MakeClient]:
    """Start servers in this process; they stop after the test."""
    started: list[TestClient] = []

    def make(
        settings: ServerSettings | None = None,
        *,
        model: Path = bundle,
        **options: float,
    ) -> TestClient:
        predictor = Predictor.load(model, threads=1, **options)
        client = TestClient(
            make_app(predictor, settings),
            base_url="http://localhost",
            raise_server_exceptions=False,
        )
        client.__enter__()
        started.append(client)
        return client

    yield make
    for each in started:
        each.__exit__(None, None, None)


@pytest.fixture
def client(make_client: MakeClient) -> TestClient:
    """A server with the usual settings."""
    return make_client()
