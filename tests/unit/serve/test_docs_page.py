import re

from starlette.testclient import TestClient


def test_every_described_route_is_on_the_page(client: TestClient) -> None:
    page = client.get("/docs").text
    paths = client.get("/openapi.json").json()["paths"]

    found = re.findall(r"<h2><code>(\w+) (\S+)</code>", page)

    described = {(m.upper(), path) for path, ways in paths.items() for m in ways}
    assert set(found) == described
    assert "curl -F files=@photo.jpg" in page


def test_the_page_loads_nothing_but_our_style_sheet(client: TestClient) -> None:
    page = client.get("/docs").text

    assert not re.search(r"<script|<style|src=", page)
    assert re.findall(r'<link rel="(\w+)" href="([^"]*)">', page) == [
        ("icon", "data:,"),
        ("stylesheet", "/page/page.css"),
    ]
    assert client.get("/page/page.css").status_code == 200


def test_what_stands_in_the_query_is_explained(client: TestClient) -> None:
    page = client.get("/docs").text

    assert "<code>?heat</code> true adds where the model looked." in page
    assert "<code>?top</code> So many classes" in page
