"""Downloaded weights: which are here already, and whether more could be fetched.

The door to the client with which timm downloads.
"""

import socket
import urllib.request
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import urlsplit

import huggingface_hub
import torch
from huggingface_hub import constants

__all__ = ["downloaded_file", "is_reachable"]


def downloaded_file(
    repository: str | None, names: Iterable[str], url: str | None
) -> Path | None:
    """Find weights in the local caches, without the network.

    Args:
        repository: Where the hub keeps them, ``owner/name@revision``.
        names: File names in that repository, the best first.
        url: Where else they can be downloaded.

    Returns:
        The file, or None where nothing was downloaded yet.
    """
    if repository:
        identity, _, revision = repository.partition("@")
        for name in names:
            found = huggingface_hub.try_to_load_from_cache(
                identity, name, revision=revision or None
            )
            if isinstance(found, str):
                return Path(found)
    if url:
        file = Path(torch.hub.get_dir(), "checkpoints", Path(urlsplit(url).path).name)
        return file if file.is_file() else None
    return None


def is_reachable() -> bool:
    """Tell whether the hub's address can be looked up at all.

    The hub's client tries again for most of a minute when there is no network;
    this takes no time. A proxy, where there is one, does its own look-up.
    """
    if urllib.request.getproxies():
        return True
    try:
        socket.getaddrinfo(urlsplit(constants.ENDPOINT).hostname, 443)
    except OSError:
        return False
    return True
