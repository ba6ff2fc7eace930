import re

from starlette.testclient import TestClient


def test_every_described_route_is_on_the_page(client: TestClient) -> None:
    page = client.get("/docs").text
    paths = client.get("/openapi.json").json()["paths"]

    found = re.findall(r"<h2><code>(\w+) (\S+)</code>", page)

    described = {(m.upper(), path) for path, ways in paths.items() for m in ways}
    assert set(found) == described
    assert "curl -F files=@photo.jpg" in page


def test_the_page_loads_nothing(client: TestClient) -> None:
    page = client.get("/docs").text

    assert not re.search(r"<script|<style|src=|<link", page)
