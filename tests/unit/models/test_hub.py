"""Mirrors src/unfreeze/models/hub.py."""

import socket
from pathlib import Path

import pytest
import torch

from unfreeze.models import hub


@pytest.fixture
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.urllib.request, "getproxies", dict)


@pytest.mark.usefixtures("no_proxy")
def test_an_address_that_cannot_be_looked_up_is_out_of_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise socket.gaierror

    monkeypatch.setattr(socket, "getaddrinfo", fail)

    assert not hub.is_reachable()


@pytest.mark.usefixtures("no_proxy")
def test_an_address_that_can_be_looked_up_is_in_reach(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: [])

    assert hub.is_reachable()


def test_a_proxy_looks_addresses_up_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hub.urllib.request, "getproxies", lambda: {"https": "proxy"})
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: pytest.fail("looked up"))

    assert hub.is_reachable()


def test_the_first_downloaded_name_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = {("owner/name", "second.bin"): str(tmp_path / "second.bin")}
    monkeypatch.setattr(
        hub.huggingface_hub,
        "try_to_load_from_cache",
        lambda repository, name, revision: files.get((repository, name)),
    )

    found = hub.downloaded_file("owner/name", ("first.bin", "second.bin"), None)

    assert found == tmp_path / "second.bin"
    assert hub.downloaded_file("owner/other", ("first.bin",), None) is None


def test_plain_downloads_are_found_by_their_file_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    url = "https://example.org/weights/net-0123abcd.pth?download=1"
    assert hub.downloaded_file(None, (), url) is None
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/net-0123abcd.pth").touch()

    found = hub.downloaded_file(None, (), url)

    assert found == tmp_path / "checkpoints/net-0123abcd.pth"
