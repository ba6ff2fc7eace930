import base64
import io
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import numpy as np
import pytest
from PIL import Image, PngImagePlugin
from starlette.testclient import TestClient

from tests.tiny_bundles import (
    CLASSES,
    SIZE,
    colour_header,
    expected_probabilities,
    write_colour_bundle,
)
from unfreeze.answering import NO_NUMBER
from unfreeze.data.decode import Region, preprocess, square_and_region
from unfreeze.serve.predictor import Predictor
from unfreeze.serve.settings import Limits, ServerSettings
from unfreeze.serve.uploads import Photo, photos_of

from .conftest import MakeClient, noisy_photo, photo


def encoded(image: Image.Image, kind: str, **options: object) -> bytes:
    content = io.BytesIO()
    image.save(content, kind, **options)
    return content.getvalue()


def unusual_photos() -> dict[str, bytes]:
    """Photos whose pixels are easily read another way."""
    with Image.open(io.BytesIO(noisy_photo((75, 50), "PNG"))) as plain:
        exif = Image.Exif()
        exif[0x0112] = 6
        grey = np.asarray(plain.convert("L")).astype(np.uint16) * 257
        alpha = plain.convert("RGBA")
        alpha.putalpha(plain.convert("L"))
        return {
            "turned.jpg": encoded(plain, "JPEG", exif=exif),
            "cmyk.jpg": encoded(plain.convert("CMYK"), "JPEG"),
            "grey.png": encoded(plain.convert("L"), "PNG"),
            "16-bit.png": encoded(Image.fromarray(grey), "PNG"),
            "alpha.png": encoded(alpha, "PNG"),
            "palette.gif": encoded(plain.convert("P"), "GIF"),
            "plain.webp": encoded(plain, "WEBP", lossless=True),
        }


def sent(
    client: TestClient, files: dict[str, bytes], query: str = ""
) -> httpx.Response:
    parts = [("files", (name, content)) for name, content in files.items()]
    return client.post(f"/predict{query}", files=parts)


def test_served_answers_are_those_of_the_predictor_and_of_evaluation(
    client: TestClient, predictor: Predictor
) -> None:
    photos = unusual_photos()

    rows = sent(client, photos).json()["predictions"]

    assert [row["file"] for row in rows] == list(photos)
    for row, content in zip(rows, photos.values(), strict=True):
        answer = predictor(content)
        assert row["label"] == answer.label
        assert row["probabilities"] == pytest.approx(answer.probabilities, abs=1e-5)
        square = preprocess(content, colour_header().image)
        found = [row["probabilities"][name] for name in CLASSES]
        np.testing.assert_allclose(found, expected_probabilities(square), atol=1e-5)
        assert list(row["probabilities"].values()) == sorted(found, reverse=True)


@pytest.mark.parametrize("is_batched", [True, False])
def test_a_model_that_takes_one_photo_answers_about_many(
    make_client: MakeClient, tmp_path: Path, is_batched: bool
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx", is_batched=is_batched)
    files = {f"{number}.png": photo(c) for number, c in enumerate(["blue", "red"] * 6)}

    rows = sent(make_client(model=model), files).json()["predictions"]

    assert [row["label"] for row in rows] == ["blue", "red"] * 6


def test_photos_in_json_get_the_same_answer(client: TestClient) -> None:
    content = noisy_photo((70, 40))
    images = [{"name": "a.jpg", "content": base64.b64encode(content).decode()}]

    reply = client.post("/predict", json={"images": images})

    assert reply.json() == sent(client, {"a.jpg": content}).json()


def test_top_limits_the_classes_that_are_listed(client: TestClient) -> None:
    (row,) = sent(client, {"a": photo("blue")}, "?top=1").json()["predictions"]

    assert list(row["probabilities"]) == ["blue"]


def test_an_answer_below_the_threshold_is_not_sure(make_client: MakeClient) -> None:
    client = make_client(threshold=0.9)

    (row,) = sent(client, {"a": photo("gray")}).json()["predictions"]

    assert (row["label"], row["is_sure"]) == ("not sure", False)
    assert row["probability"] == pytest.approx(1 / 3, abs=1e-5)


def test_a_heat_map_comes_with_where_it_lies(client: TestClient) -> None:
    content = photo("red", (64, 32))

    (row,) = sent(client, {"a": content}, "?heat=true").json()["predictions"]

    assert row["heat"]["label"] == "red"
    assert row["heat"]["square"] == [0.25, 0, 0.75, 1]
    np.testing.assert_allclose(row["heat"]["rows"], np.full((SIZE, SIZE), 0.333))


def test_nobody_gets_a_heat_map_unasked(client: TestClient) -> None:
    (row,) = sent(client, {"a": photo()}).json()["predictions"]

    assert "heat" not in row


def test_heat_of_a_model_without_is_refused(
    make_client: MakeClient, tmp_path: Path
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx", has_heat=False)
    client = make_client(model=model)

    assert sent(client, {"a": photo()}, "?heat=true").status_code == 422
    assert sent(client, {"a": photo()}, "?heat=false").status_code == 200


def test_an_unreadable_photo_is_a_row_with_the_reason(client: TestClient) -> None:
    cut = noisy_photo((400, 300))[:-3000]

    reply = sent(client, {"a.png": photo(), "cut.jpg": cut, "no.txt": b"hello"})

    assert reply.status_code == 200
    good, damaged, other = reply.json()["predictions"]
    assert good["label"] == "red"
    assert set(damaged) == set(other) == {"file", "error"}
    assert "damaged or cut short" in damaged["error"]


def test_an_answer_that_is_not_a_number_is_a_row_with_the_reason(
    make_client: MakeClient, tmp_path: Path
) -> None:
    model = write_colour_bundle(tmp_path / "m.onnx", is_shaky=True)

    reply = sent(make_client(model=model), {"a": photo(), "b": photo("black")})

    assert reply.status_code == 200
    good, bad = reply.json()["predictions"]
    assert good["label"] == "red"
    assert bad == {"file": "b", "error": NO_NUMBER}


def test_if_no_photo_can_be_read_the_status_says_so(client: TestClient) -> None:
    reply = sent(client, {"a": b"1", "b": b"2"})

    assert reply.status_code == 422
    assert [row["file"] for row in reply.json()["predictions"]] == ["a", "b"]


def test_names_come_back_as_they_were_sent_and_lead_nowhere(
    client: TestClient,
) -> None:
    name = "../../etc/passwd<script>"

    (row,) = sent(client, {name: photo()}).json()["predictions"]

    assert row["file"] == name


def test_a_name_that_is_no_text_does_no_harm(client: TestClient) -> None:
    content = base64.b64encode(photo())
    body = b'{"images": [{"name": "\\ud800", "content": "' + content + b'"}]}'

    reply = client.post(
        "/predict", content=body, headers={"Content-Type": "application/json"}
    )

    assert reply.json()["predictions"][0]["file"] == "\ud800"


@pytest.mark.parametrize(
    "query", ["?heat=maybe", "?heat=1", "?top=0", "?top=-1", "?top=x", "?top=1e9"]
)
def test_a_query_that_makes_no_sense_is_told(client: TestClient, query: str) -> None:
    reply = sent(client, {"a": photo()}, query)

    assert reply.status_code == 422
    assert reply.json()["error"].startswith("query.")


def test_a_misspelt_parameter_is_told(client: TestClient) -> None:
    reply = sent(client, {"a": photo()}, "?tpo=3")

    assert reply.status_code == 422
    assert "'tpo' here. Expected 'heat' or 'top'." in reply.json()["error"]


def test_others_are_answered_while_a_body_is_taken_apart(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def slowly(*given: object) -> list[Photo]:
        begun.set()
        assert go_on.wait(10)
        return photos_of(*given)  # type: ignore[arg-type]

    monkeypatch.setattr("unfreeze.serve.predict_route.photos_of", slowly)
    with ThreadPoolExecutor(1) as other:
        slow = other.submit(sent, client, {"a": photo()})
        assert begun.wait(10)
        status = client.get("/health").status_code
        go_on.set()

    assert (status, slow.result().status_code) == (200, 200)


@pytest.mark.parametrize("query", ["", "?heat=true"])
def test_a_photo_is_decoded_once(
    client: TestClient, monkeypatch: pytest.MonkeyPatch, query: str
) -> None:
    decoded: list[object] = []
    load = PngImagePlugin.PngImageFile.load_end

    def counted(image: PngImagePlugin.PngImageFile) -> None:
        decoded.append(image)
        load(image)

    monkeypatch.setattr(PngImagePlugin.PngImageFile, "load_end", counted)

    assert sent(client, {"a": photo()}, query).status_code == 200
    assert len(decoded) == 1


def test_more_photos_than_may_wait_are_refused(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on, begun = threading.Event(), threading.Event()

    def held_up(self: Predictor, image: bytes) -> tuple[np.ndarray, Region]:
        begun.set()
        go_on.wait(10)
        return square_and_region(image, self.header.image)

    monkeypatch.setattr(Predictor, "square_and_region", held_up)
    client = make_client(ServerSettings(limits=Limits(files=2, waiting=2)))
    with ThreadPoolExecutor(1) as other:
        first = other.submit(sent, client, {"a": photo()})
        begun.wait(10)
        refused = sent(client, {"a": photo(), "b": photo()})
        go_on.set()
        answered = first.result()

    assert (answered.status_code, refused.status_code) == (200, 429)
    assert refused.headers["retry-after"] == "1"
    assert sent(client, {"a": photo(), "b": photo()}).status_code == 200


def test_more_photos_than_a_request_may_hold_are_refused(
    make_client: MakeClient,
) -> None:
    client = make_client(ServerSettings(limits=Limits(files=1)))

    assert sent(client, {"a": photo(), "b": photo()}).status_code == 413


def test_an_answer_that_takes_too_long_is_given_up(
    make_client: MakeClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(self: Predictor, image: bytes) -> tuple[np.ndarray, Region]:
        time.sleep(0.3)
        return square_and_region(image, self.header.image)

    monkeypatch.setattr(Predictor, "square_and_region", slow)
    client = make_client(ServerSettings(limits=Limits(answer_seconds=0.05)))

    reply = sent(client, {"a": photo()})

    assert reply.status_code == 503
    assert reply.headers["retry-after"] == "5"
