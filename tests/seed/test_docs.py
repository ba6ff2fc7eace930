"""What the documents owe the notes (S1, S3, S36)."""

from pathlib import Path

import pytest

from unfreeze import ConvLearner

STEPS = [
    "Enable data augmentation, and `precompute=True`",
    "Find the highest rate where the loss still clearly improves",
    "Train the last layer from stored activations",
    "Train the last layer with augmentation",
    "Unfreeze all layers",
    "Give earlier layers lower rates",
    "Find the rate again",
    "Train the whole network until it over-fits",
]
"""The eight steps, in the order of the notes."""


def _page(repository: Path, name: str) -> str:
    return (repository / "docs" / name).read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "needed",
    [
        "https://youtu.be/JNxcznsrRb8",
        "http://forums.fast.ai/t/wiki-lesson-2/9399",
        "| 2018 | here |",
    ],
)
def test_s01_lecture_wiki_and_version_map_are_linked(
    repository: Path, needed: str
) -> None:
    assert needed in _page(repository, "from-fastai.md")


def test_s03_the_tutorial_follows_the_steps_of_the_notes(repository: Path) -> None:
    page = _page(repository, "quickstart.md")

    places = [
        page.find(f"## {number}. {title}") for number, title in enumerate(STEPS, 1)
    ]

    assert min(places) > 0
    assert places == sorted(places)


def test_s03_the_tutorial_cites_the_companion_notes(repository: Path) -> None:
    page = _page(repository, "quickstart.md")

    assert "hiromi_suenaga/deep-learning-2-part-1-lesson-2" in page


@pytest.mark.parametrize("multiple", [1, 2])
def test_s36_documents_and_help_show_the_schedule(
    repository: Path, multiple: int
) -> None:
    page = _page(repository, "schedules.md")
    picture = f"pictures/cycle_mult_{multiple}.png"

    assert picture in page
    assert (repository / "docs" / picture).read_bytes().startswith(b"\x89PNG")
    assert f"cycle_mult={multiple}   █" in str(ConvLearner.fit_gen.__doc__)
