"""Spoil a copy of a photo set in known ways, so that a search for them has a truth."""

import hashlib
import io
import shutil
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

_NOT_IMAGES = (
    b"<!DOCTYPE html><html><body>404 Not Found</body></html>",
    b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<<>>\nendobj\n",
    b"PK\x03\x04" + bytes(200),
    b"Thank you for downloading this album!\n" * 20,
    bytes(5000),
)


@dataclass(frozen=True, slots=True)
class Spoilt:
    """What was done, by paths relative to ``root``."""

    root: Path
    truncated: frozenset[str]
    not_images: frozenset[str]
    swapped: frozenset[str]
    """Where the photos with wrong labels lie now."""

    copies: dict[frozenset[str], str]
    """Pairs of a training photo and its copy in validation: how it was made."""

    turned: frozenset[str]


def hashes_of(root: Path) -> dict[str, str]:
    """SHA-256 of every file below ``root``, but not of caches."""
    return {
        path.relative_to(root).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file() and "tmp" not in path.relative_to(root).parts
    }


def spoil(source: Path, root: Path, seed: int = 0) -> Spoilt:
    """Copy ``source``, which holds train/ and valid/ with two classes, and spoil it.

    20 files cut short, 30 labels swapped, 40 near-duplicates across the split (crops,
    resized, compressed again), 10 turned by EXIF, 5 that are no images. No photo is
    spoilt twice.
    """
    shutil.copytree(source, root, ignore=shutil.ignore_patterns("tmp", "models"))
    for path in [root, *root.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    rng = np.random.default_rng(seed)
    photos = sorted(root.glob("*/*/*.jpg"))
    shuffled = [photos[row] for row in rng.permutation(len(photos)).tolist()]

    def taken(count: int) -> list[Path]:
        return [shuffled.pop() for _ in range(count)]

    truncated, swapped, turned = taken(20), taken(30), taken(10)
    originals = [path for path in shuffled if "train" in path.parts][:40]
    for path in truncated:
        _truncate(path, rng)
    for path in turned:
        _turn(path, int(rng.choice([3, 6, 8])))
    copies = {
        frozenset((_name(root, path), _name(root, copy))): kind
        for number, path in enumerate(originals)
        for copy, kind in [_copy(path, number, rng)]
    }
    return Spoilt(
        root=root,
        truncated=frozenset(_name(root, path) for path in truncated),
        not_images=_add_not_images(root),
        swapped=frozenset(_name(root, _swap(path)) for path in swapped),
        copies=copies,
        turned=frozenset(_name(root, path) for path in turned),
    )


def _name(root: Path, path: Path) -> str:
    return path.relative_to(root).as_posix()


def _truncate(path: Path, rng: np.random.Generator) -> None:
    content = path.read_bytes()
    path.write_bytes(content[: int(rng.uniform(0.2, 0.9) * len(content))])


def _swap(path: Path) -> Path:
    """Move a photo to the folder of the other class."""
    (other,) = (f for f in path.parent.parent.iterdir() if f != path.parent)
    return path.rename(other / f"moved_{path.stem[4:]}{path.suffix}")


def _turn(path: Path, way: int) -> None:
    """Store a photo turned, with the EXIF tag that turns it back."""
    back = {3: Image.Transpose.ROTATE_180, 6: Image.Transpose.ROTATE_90,
            8: Image.Transpose.ROTATE_270}[way]  # fmt: skip
    with Image.open(path) as image:
        exif = Image.Exif()
        exif[0x0112] = way
        image.transpose(back).save(path, "JPEG", quality=90, exif=exif)


def _copy(path: Path, number: int, rng: np.random.Generator) -> tuple[Path, str]:
    """Put a changed copy of a training photo into the same class of validation."""
    kind = ("crop", "resize", "re-encode")[number % 3]
    folder = path.parents[2] / "valid" / path.parent.name
    copy = folder / f"img{number:04}.jpg"
    with Image.open(path) as image:
        made, quality = image.convert("RGB"), 85
    width, height = made.size
    if kind == "crop":
        share = rng.uniform(0.7, 0.95)
        wide, high = int(share * width), int(share * height)
        left = int(rng.integers(0, width - wide + 1))
        top = int(rng.integers(0, height - high + 1))
        made = made.crop((left, top, left + wide, top + high))
        if number % 2:
            made = made.resize((width, height))
    elif kind == "resize":
        scale = rng.uniform(0.3, 1.6)
        made = made.resize((int(scale * width), int(scale * height)))
    else:
        quality = int(rng.integers(20, 60))
    stream = io.BytesIO()
    made.save(stream, "JPEG", quality=quality)
    copy.write_bytes(stream.getvalue())
    return copy, kind


def _add_not_images(root: Path) -> frozenset[str]:
    folders = sorted(root.glob("*/*"))
    names = []
    for number, content in enumerate(_NOT_IMAGES):
        path = folders[number % len(folders)] / f"download{number}.jpg"
        path.write_bytes(content)
        names.append(_name(root, path))
    return frozenset(names)
