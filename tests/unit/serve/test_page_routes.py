import pytest
from starlette.testclient import TestClient


def test_the_page_and_its_files_are_served(client: TestClient) -> None:
    page = client.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "<script" in page.text
    style = client.get("/page/page.css")
    assert style.headers["content-type"] == "text/css; charset=utf-8"


def test_a_browser_that_has_a_file_is_not_sent_it_again(client: TestClient) -> None:
    first = client.get("/page/page.js")

    again = client.get(
        "/page/page.js", headers={"If-None-Match": first.headers["etag"]}
    )

    assert again.status_code == 304
    assert again.content == b""


@pytest.mark.parametrize(
    "path", ["/page/none.js", "/page/..%2fpredictor.py", "/page/", "/page/%00", "/x"]
)
def test_no_other_file_is(client: TestClient, path: str) -> None:
    reply = client.get(path)

    assert reply.status_code == 404
    assert reply.json()["error"].startswith("There is no such")


def test_the_pages_may_load_nothing_from_elsewhere(client: TestClient) -> None:
    for path in ("/", "/docs", "/model"):
        policy = client.get(path).headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
