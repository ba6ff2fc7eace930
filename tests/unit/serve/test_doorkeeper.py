import pytest
from starlette.testclient import TestClient

from unfreeze.serve.settings import ServerSettings

from .conftest import MakeClient, photo

TOKEN = "a-right-token"  # noqa: S105  # of this test alone
OPEN = ["/", "/page/page.css", "/health", "/ready", "/docs", "/openapi.json"]


@pytest.fixture
def locked(make_client: MakeClient) -> TestClient:
    return make_client(ServerSettings(token=TOKEN))


@pytest.mark.parametrize("path", OPEN)
def test_the_page_and_the_probes_need_no_token(locked: TestClient, path: str) -> None:
    assert locked.get(path).status_code == 200


@pytest.mark.parametrize(
    "shown",
    [None, "", "Bearer", "Bearer ", "Bearer wrong", f"Basic {TOKEN}", TOKEN,
     f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", "Bearer \xff"],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/model", "/metrics", "/predict", "/nowhere"])
def test_everything_else_does(locked: TestClient, path: str, shown: str | None) -> None:
    headers = {} if shown is None else {"Authorization": shown.encode("latin-1")}

    reply = locked.get(path, headers=headers)

    assert reply.status_code == 401
    assert reply.headers["www-authenticate"] == "Bearer"
    assert "error" in reply.json()


def test_the_right_token_opens(locked: TestClient) -> None:
    headers = {"Authorization": f"bearer  {TOKEN}"}

    assert locked.get("/model", headers=headers).json()["needs_token"] is True
    asked = locked.post("/predict", headers=headers, files={"files": photo()})
    assert asked.status_code == 200


def test_the_description_says_which_routes_need_it(locked: TestClient) -> None:
    paths = locked.get("/openapi.json").json()["paths"]

    assert paths["/predict"]["post"]["security"] == [{"HTTPBearer": []}]
    assert "security" not in paths["/health"]["get"]


@pytest.mark.parametrize(
    ("headers", "is_welcome"),
    [
        ({}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "https://before.a.proxy"}, True),
        ({"Sec-Fetch-Site": "none"}, True),
        ({"Origin": "http://localhost"}, True),
        ({"Sec-Fetch-Site": "cross-site"}, False),
        ({"Sec-Fetch-Site": "same-site"}, False),
        ({"Origin": "http://evil.example"}, False),
        ({"Origin": "null"}, False),
    ],
)
def test_pages_of_other_sites_cannot_ask(
    client: TestClient, headers: dict[str, str], is_welcome: bool
) -> None:
    reply = client.post("/predict", headers=headers, files={"files": photo()})

    assert reply.status_code == (200 if is_welcome else 403)


@pytest.mark.parametrize(
    ("host", "is_welcome"),
    [
        ("localhost:8000", True),
        ("LOCALHOST", True),
        ("127.0.0.1:1", True),
        ("[::1]:8000", True),
        ("evil.example", False),
        ("localhost.evil.example", False),
        ("[", False),
        ("", False),
    ],
)
def test_a_server_for_this_machine_answers_to_its_names_alone(
    make_client: MakeClient, host: str, is_welcome: bool
) -> None:
    client = make_client(ServerSettings(only_this_machine=True))

    reply = client.get("/model", headers={"Host": host})

    assert reply.status_code == (200 if is_welcome else 403)
