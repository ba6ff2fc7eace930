"""The repository works on any machine, and says true things about itself."""

import os
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

_HOMES = re.compile(r"(?<![\w.])/(?:home|root|Users|tmp|work)/[\w.-]+")
_INDEX_ADDRESSES = re.compile(r"https?://[\w.-]+/(?:simple|packages)/")
_TEXTS = {".py", ".md", ".toml", ".txt", ".ipynb", ".json", ".yml", ".yaml", ""}


@pytest.fixture(scope="module")
def texts(repository: Path) -> dict[str, str]:
    """Every text file that git tracks or would track, by its name."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=repository,
        capture_output=True,
        check=False,
    )
    if listed.returncode != 0:
        pytest.skip("not a git checkout")
    names = [name for name in os.fsdecode(listed.stdout).split("\0") if name]
    paths = [repository / name for name in names if Path(name).suffix in _TEXTS]
    return {
        path.relative_to(repository).as_posix(): path.read_text(encoding="utf-8")
        for path in paths
        if path.is_file()
    }


def test_no_file_names_a_place_on_one_machine(texts: dict[str, str]) -> None:
    found = {
        name: match.group()
        for name, text in texts.items()
        if (match := _HOMES.search(text)) and not name.endswith("test_repository.py")
    }

    assert found == {}


def test_no_file_names_a_package_index(texts: dict[str, str]) -> None:
    found = [name for name, text in texts.items() if _INDEX_ADDRESSES.search(text)]

    assert found == []


@pytest.mark.parametrize("page", ["README.md", "CONTRIBUTING.md"])
def test_every_make_command_in_the_documents_exists(
    repository: Path, page: str
) -> None:
    makefile = (repository / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))

    text = (repository / page).read_text(encoding="utf-8")
    named = set(re.findall(r"^ {4}make ([a-z-]+)|`make ([a-z-]+)`", text, re.MULTILINE))

    assert {target for pair in named for target in pair if target} <= targets


def test_every_link_between_documents_leads_somewhere(
    repository: Path, texts: dict[str, str]
) -> None:
    broken = [
        (name, target)
        for name, text in texts.items()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)", text)
        if not ((repository / name).parent / target).exists()
    ]

    assert broken == []


def test_every_dependency_has_its_tested_release(repository: Path) -> None:
    project = tomllib.loads((repository / "pyproject.toml").read_text())["project"]
    extras = [
        each for extra in project["optional-dependencies"].values() for each in extra
    ]
    wanted = [*project["dependencies"], *extras]
    constraints = (repository / "constraints.txt").read_text()

    named = {_package(line) for line in constraints.splitlines() if line[:1].isalpha()}

    assert {_package(line) for line in wanted} - named == {"unfreeze"}  # its extras


def test_package_doors_hold_one_docstring_and_nothing_else(repository: Path) -> None:
    package = repository / "src/unfreeze"
    doors = [path for path in package.rglob("__init__.py") if path.parent != package]

    longer = [path for path in doors if len(path.read_text().splitlines()) > 1]

    assert doors
    assert longer == []


def _package(requirement: str) -> str:
    match = re.match(r"[A-Za-z0-9_.-]+?(?=[<>=~!;\[ ]|$)", requirement)
    return "" if match is None else match.group().lower().replace("_", "-")
