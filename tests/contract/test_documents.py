"""What README and docs tell people to type works."""

import ast
import builtins
import pkgutil
import re
import shlex
import shutil
from pathlib import Path

import pytest
import typer

import unfreeze

_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


def _blocks(page: Path, language: str) -> list[str]:
    text = page.read_text(encoding="utf-8")
    return [code for kind, code in _BLOCK.findall(text) if kind == language]


def _on_drawn_photos(code: str) -> str:
    """Take the small backbone and small photos, so that it runs in seconds."""
    return code.replace("resnet34, 224", "unfreeze_nano, 32")


@pytest.mark.parametrize("page", ["README.md", "docs/quickstart.md"])
def test_every_name_in_the_snippets_exists(repository: Path, page: str) -> None:
    tree = ast.parse("\n".join(_blocks(repository / page, "python")))
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    made = {each.id for each in names if isinstance(each.ctx, ast.Store)}

    used = {each.id for each in names} - made

    assert used - set(dir(builtins)) <= set(unfreeze.__all__)


def test_the_snippet_of_the_readme_runs(
    repository: Path,
    drawn_folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    drawn_folder.rename(drawn_folder.with_name("photos"))
    monkeypatch.chdir(drawn_folder.parent)
    (code,) = _blocks(repository / "README.md", "python")
    names: dict[str, object] = {}

    exec(_on_drawn_photos(code), names)  # noqa: S102  # our own page

    assert "trn_loss" in capsys.readouterr().out
    assert Path("photos/models/224_all.safetensors").is_file()
    assert "log_preds" in names


@pytest.mark.slow
def test_the_quickstart_runs_from_top_to_bottom(
    repository: Path, drawn_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn_folder.rename(drawn_folder.with_name("photos"))
    monkeypatch.chdir(drawn_folder.parent)
    shutil.copytree("photos/valid", "new")
    names: dict[str, object] = {}

    for code in _blocks(repository / "docs/quickstart.md", "python"):
        exec(_on_drawn_photos(code), names)  # noqa: S102  # our own page

    assert Path("photos/models/224_lastlayer.safetensors").is_file()
    assert names["lrs"] == [1e-4, 1e-3, 1e-2]


def test_every_command_in_the_documents_parses(repository: Path) -> None:
    from unfreeze.cli.app import app

    pages = [repository / "README.md", *sorted((repository / "docs").glob("*.md"))]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    typed = re.findall(r"(^ *|`)unfreeze ([a-z][^`\n#]+)", text, re.MULTILINE)
    known = typer.main.get_command(app).commands

    assert len(typed) > 30
    for before, line in typed:
        for alternative in line.split(", unfreeze "):
            name, *arguments = shlex.split(re.sub(r"[\[\]…]", "", alternative))
            if arguments and before != "`":
                known[name].make_context(name, arguments).close()
            taken = {option for each in known[name].params for option in each.opts}
            assert {each for each in arguments if each.startswith("--")} <= taken


def test_every_option_in_the_documents_exists(repository: Path) -> None:
    from unfreeze.cli.app import app

    commands = typer.main.get_command(app).commands
    text = (repository / "docs/command-line.md").read_text(encoding="utf-8")
    first, *sections = re.split(r"^## ", text, flags=re.MULTILINE)
    general = set(re.findall(r"`(--\w+)`", first))
    found = set()

    assert {"--help", "--json"} <= general
    for section in sections:
        names = re.findall(r"`unfreeze ([\w-]+)", section.partition("\n")[0])
        named = set(re.findall(r"`(--[\w-]+)", section))
        known = {
            option
            for name in names
            for each in commands[name].params
            for option in each.opts
            if option.startswith("--")
        }
        if names:
            assert known - general == named - general, names
        found.update(names)
    assert found == set(commands)


def test_cleaning_up_leaves_the_runs_of_a_user(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")

    (removed,) = re.findall(r"^clean:\n\trm -rf (.*)$", makefile, flags=re.MULTILINE)

    assert "runs/demo" in removed.split()
    assert not {"runs", "runs/", "runs/*", "."} & set(removed.split())


def test_every_place_in_the_package_that_documents_name_exists(
    repository: Path,
) -> None:
    pages = [*sorted((repository / "docs").glob("*.md")), repository / "README.md"]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)

    named = set(re.findall(r"`(unfreeze(?:\.\w+)+)`", text))

    assert "unfreeze.runs.run_diary.Keeping" in named
    for name in named:
        pkgutil.resolve_name(name)


def test_every_make_command_of_the_readme_exists(repository: Path) -> None:
    makefile = (repository / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    text = (repository / "README.md").read_text(encoding="utf-8")

    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", text, re.MULTILINE))

    assert {"demo", "test", "install"} <= named <= targets
