"""What is unusual about single files: findings that need no other file."""

from collections import defaultdict
from collections.abc import Iterator
from pathlib import PurePosixPath

import numpy as np
from jaxtyping import Bool

from unfreeze.data.perceptual import LEAST_CONTRAST
from unfreeze.data.survey import Survey
from unfreeze.photo_names import is_unread_photo_name
from unfreeze.records import Finding, FindingKind
from unfreeze.words import counted

__all__ = ["file_findings"]

_TINY_SIDE = 32
_TINY_SHARE = 1 / 8  # of the usual shorter side
_HUGE_PIXELS = 50_000_000
_RARE = 0.2
"""Up to this share of grey photos among coloured ones, grey is unusual; likewise the
other way round."""

_FORMATS = {
    **dict.fromkeys(("jpg", "jpeg", "jpe", "jfif", "mpo"), "JPEG"),
    **dict.fromkeys(("png", "apng"), "PNG"),
    **dict.fromkeys(("tif", "tiff"), "TIFF"),
    **dict.fromkeys(("ppm", "pbm", "pgm", "pnm"), "PPM"),
    **dict.fromkeys(("jp2", "j2k"), "JPEG2000"),
    **{name: name.upper() for name in ("avif", "bmp", "gif", "qoi", "webp")},
}
_MODES = {
    "1": "black and white without grey",
    "CMYK": "printing inks (CMYK)",
    "F": "floating-point grey",
    "HSV": "hue, saturation and value",
    "I": "32-bit grey",
    "LA": "grey with transparency",
    "LAB": "CIE Lab colours",
    "P": "a palette of at most 256 colours",
    "PA": "a palette with transparency",
    "RGBA": "colours with transparency",
    "YCbCr": "brightness and two colour differences",
}
_USUAL_MODES = frozenset({"RGB", "L"})


def file_findings(survey: Survey) -> list[Finding]:
    """Name the files that are damaged or odd, by kind."""
    return [
        *_unreadable(survey),
        *_wrong_extension(survey),
        *_exif_rotated(survey),
        *_odd_mode(survey),
        *_rare_colour(survey),
        *_animated(survey),
        *_sizes(survey),
        *_blank(survey),
    ]


def _unreadable(survey: Survey) -> Iterator[Finding]:
    for each in survey.unreadable:
        yield Finding(
            "unreadable",
            (each.file,),
            1.0,
            "skipped",
            f"{each.reason} It is skipped. Replace or remove the file.",
        )
    for each in survey.ignored:
        yield Finding(
            "unreadable",
            (each.file,),
            0.5,
            "skipped",
            f"{each.reason} It is skipped.{_where_to(each.file)}",
        )


def _where_to(file: str) -> str:
    if is_unread_photo_name(file):
        return ""  # it is where it should be
    return " Move it out of the photos, or into a class folder if it is one of them."


def _wrong_extension(survey: Survey) -> Iterator[Finding]:
    formats = survey.looks["format"]
    found: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for file, stored in zip(survey.files, formats.tolist(), strict=True):
        suffix = PurePosixPath(file).suffix.lower().removeprefix(".")
        actual = stored.decode()
        if actual and _FORMATS.get(suffix, actual) != actual:
            found[suffix, actual].append(file)
    for (suffix, actual), files in sorted(found.items()):
        yield _shared(
            survey,
            "wrong_extension",
            files,
            f"{_counted(files)} named .{suffix} but stored as {actual}. Read by "
            f"content, so kept. Other programs may fail: rename to .{actual.lower()}.",
        )


def _exif_rotated(survey: Survey) -> Iterator[Finding]:
    files = _chosen(survey, survey.looks["orientation"] > 1)
    if files:
        yield _shared(
            survey,
            "exif_rotated",
            files,
            f"{_counted(files)} stored turned or mirrored, with an EXIF note that says "
            "so. Turned upright when read, so kept. For programs that ignore the note, "
            "save upright copies.",
        )


def _odd_mode(survey: Survey) -> Iterator[Finding]:
    looks = survey.looks
    modes = np.char.decode(looks["mode"])
    for mode in sorted(set(modes.tolist()) - _USUAL_MODES - {""}):
        files = _chosen(survey, modes == mode)
        told = "16-bit grey" if mode.startswith("I;") else _MODES.get(mode, mode)
        yield _shared(
            survey,
            "odd_mode",
            files,
            f"{_counted(files)} stored as {told}. Converted to 8-bit RGB, so kept; "
            "transparent parts become white. To decide it yourself, save as RGB.",
        )


def _rare_colour(survey: Survey) -> Iterator[Finding]:
    is_known = survey.looks["width"] > 0
    is_grey = survey.looks["is_grey"] & is_known
    share = is_grey.sum() / max(1, is_known.sum())
    if 0 < share <= _RARE:
        files = _chosen(survey, is_grey)
        told = f"{_counted(files)} grey among coloured photos."
    elif 1 - _RARE <= share < 1:
        files = _chosen(survey, ~is_grey & is_known)
        told = f"{_counted(files)} coloured among grey photos."
    else:
        return
    yield _shared(
        survey,
        "odd_mode",
        files,
        f"{told} Kept. If colour goes with one class only, a model may learn that "
        "instead of the motif: make all of them alike.",
    )


def _animated(survey: Survey) -> Iterator[Finding]:
    files = _chosen(survey, survey.looks["is_animated"])
    if files:
        yield _shared(
            survey,
            "animated",
            files,
            f"{_counted(files)} with several pictures inside. The first one is used, "
            "so kept. If another one matters, save it as a file of its own.",
        )


def _sizes(survey: Survey) -> Iterator[Finding]:
    widths = survey.looks["width"].astype(np.int64)
    heights = survey.looks["height"].astype(np.int64)
    sides = np.minimum(widths, heights)
    is_known = sides > 0
    usual = float(np.median(sides[is_known])) if is_known.any() else 0.0
    tiny = _chosen(survey, is_known & (sides < max(_TINY_SIDE, _TINY_SHARE * usual)))
    if tiny:
        smallest = int(sides[is_known].min())
        yield _shared(
            survey,
            "tiny",
            tiny,
            f"{_counted(tiny)} very small: the smallest is {smallest} pixels on its "
            f"shorter side, and {usual:.0f} are usual here. Enlarged, so kept, and "
            "blurred. Look for the originals.",
        )
    huge = _chosen(survey, widths * heights > _HUGE_PIXELS)
    if huge:
        yield _shared(
            survey,
            "huge",
            huge,
            f"{_counted(huge)} of more than {_HUGE_PIXELS // 10**6} megapixels. Kept, "
            "but slow to read and large in memory. Save smaller copies.",
        )


def _blank(survey: Survey) -> Iterator[Finding]:
    looks = survey.looks
    files = _chosen(survey, (looks["width"] > 0) & (looks["contrast"] < LEAST_CONTRAST))
    if files:
        yield _shared(
            survey,
            "blank",
            files,
            f"{_counted(files)} of a single colour, with nothing to see. Kept. Remove "
            "them, unless emptiness is what a class is about.",
        )


def _chosen(survey: Survey, is_chosen: Bool[np.ndarray, " N"]) -> list[str]:
    names = survey.files
    return [names[row] for row in np.flatnonzero(is_chosen).tolist()]


def _counted(files: list[str]) -> str:
    return counted(len(files), "file")


def _shared(
    survey: Survey, kind: FindingKind, files: list[str], message: str
) -> Finding:
    """A finding that many files share; its score is their share of all photos."""
    score = round(len(files) / max(1, survey.num_files), 6)
    return Finding(kind, tuple(files), score, "kept", message)
