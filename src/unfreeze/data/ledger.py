"""Remember which files were found readable, and how they look, until they change.

One file per data set: a line with a checksum of all that follows, a line of JSON, and
one fixed-size entry per image. A ledger that is torn, or was made by another decoder,
counts as empty.
"""

import hashlib
import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Int64, Shaped, UInt64

from unfreeze.atomic import written_whole
from unfreeze.data.decode import DECODER
from unfreeze.data.looks import LOOK
from unfreeze.written_json import exact_json_text

__all__ = ["ENTRY", "Ledger", "name_keys", "read_ledger", "write_ledger"]

ENTRY = np.dtype(
    [
        ("name", "<u8"),  # hash of the path relative to the ledger's data set
        ("stamp", "<i8", (4,)),  # size, mtime_ns, ctime_ns, inode
        ("digest", "u1", (16,)),  # hash of the content
        ("reason", "<i4"),  # why it is unreadable, as a position; -1 if it is readable
        ("look", LOOK),  # zeros if it is unreadable
    ]
)
"""What is known of one file."""

_TITLE = b"unfreeze ledger 2"
"""Count upwards when entries come to hold something else."""


@dataclass(frozen=True, slots=True, eq=False)
class Ledger:
    """Verdicts on files, sorted by the hash of their names."""

    entries: Shaped[np.ndarray, " N"]
    reasons: tuple[str, ...]

    @classmethod
    def empty(cls) -> "Ledger":
        """A ledger that knows nothing."""
        return cls(np.empty(0, dtype=ENTRY), ())

    def find(
        self, names: UInt64[np.ndarray, " M"], stamps: Int64[np.ndarray, "M 4"]
    ) -> Int64[np.ndarray, " M"]:
        """Look files up by name and stamp.

        Returns:
            Position of each entry; -1 where the file is unknown or has changed since.
        """
        if not len(self.entries):
            return np.full(len(names), -1)
        near = np.searchsorted(self.entries["name"], names)
        near = np.minimum(near, len(self.entries) - 1)
        is_same = self.entries["name"][near] == names
        is_same &= (self.entries["stamp"][near] == stamps).all(axis=1)
        return np.where(is_same, near, -1)

    def updated(
        self, fresh: Shaped[np.ndarray, " M"], reasons: tuple[str, ...]
    ) -> "Ledger":
        """Add entries; they replace older ones of the same name.

        Args:
            fresh: New entries.
            reasons: What ``reason`` of old and new entries points into.
        """
        both = np.concatenate([fresh, self.entries])
        _, first = np.unique(both["name"], return_index=True)
        return Ledger(both[first], reasons)._without_unused_reasons()

    def _without_unused_reasons(self) -> "Ledger":
        entries = self.entries.copy()
        is_bad = entries["reason"] >= 0
        used, entries["reason"][is_bad] = np.unique(
            entries["reason"][is_bad], return_inverse=True
        )
        return Ledger(entries, tuple(self.reasons[i] for i in used.tolist()))


def name_keys(names: Iterable[str], prefix: str) -> UInt64[np.ndarray, " N"]:
    """Hash file names to 64 bits.

    Two of a million share a hash with a chance of 3 in 10**8, and are then told apart
    by their stamps.

    Args:
        names: Relative to the root of one split.
        prefix: Tells the splits of a data set apart.
    """
    begun = hashlib.blake2b(os.fsencode(prefix) + b"\0", digest_size=8)
    hashes = bytearray()
    for name in names:
        hashed = begun.copy()
        hashed.update(os.fsencode(name))
        hashes += hashed.digest()
    return np.frombuffer(hashes, dtype="<u8")


def read_ledger(path: Path) -> Ledger:
    """Read the ledger at ``path``; an empty one if there is none to be trusted."""
    nothing = Ledger.empty()
    try:
        content = path.read_bytes()
    except OSError:
        return nothing
    title, _, body = content.partition(b"\n")
    if title != _title(body):
        return nothing
    head, _, packed = body.partition(b"\n")
    about = json.loads(head)
    if about["decoder"] != DECODER:
        return nothing
    return Ledger(np.frombuffer(packed, dtype=ENTRY), tuple(about["reasons"]))


def write_ledger(path: Path, ledger: Ledger) -> None:
    """Replace the ledger at ``path`` in one move."""
    about = {"decoder": DECODER, "reasons": ledger.reasons}
    body = exact_json_text(about).encode() + b"\n" + ledger.entries.tobytes()
    with written_whole(path) as stream:
        stream.write(_title(body) + b"\n")
        stream.write(body)


def _title(body: bytes) -> bytes:
    checksum = hashlib.blake2b(body, digest_size=16).hexdigest()
    return _TITLE + b" " + checksum.encode()
