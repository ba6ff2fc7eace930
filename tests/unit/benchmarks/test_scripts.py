"""Every benchmark can be asked what it does, with nothing but our own environment."""

import ast
import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks.benchmark import Benchmark
from benchmarks.contestants import Driver
from benchmarks.run import BENCHMARKS

SCRIPTS = (*BENCHMARKS, "gpu", "sizes", "views")
"""Those that are run together, one of a GPU, and those that compare our own ways."""

_HEAVY = ("torch", "timm", "fastai", "lightning", "unfreeze", "cv2", "numpy")


def benchmark(name: str) -> Benchmark:
    found = importlib.import_module(f"benchmarks.{name}").BENCHMARK
    assert isinstance(found, Benchmark)
    return found


def imports_of(file: Path) -> set[str]:
    """Modules that a file imports, by their full names."""
    nodes = list(ast.walk(ast.parse(file.read_text())))
    plain = {a.name for n in nodes if isinstance(n, ast.Import) for a in n.names}
    return plain | {
        n.module for n in nodes if isinstance(n, ast.ImportFrom) and n.module
    }


@pytest.mark.parametrize("name", SCRIPTS)
def test_help_says_what_is_measured(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        benchmark(name).main(["--help"])

    shown = " ".join(capsys.readouterr().out.split())
    assert ended.value.code == 0
    assert f"python -m benchmarks.{name}" in shown
    assert "--json FILE" in shown


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_benchmark_carries_the_name_of_its_file(name: str) -> None:
    assert benchmark(name).name == name


@pytest.mark.parametrize("name", SCRIPTS)
def test_goals_are_about_contestants(name: str) -> None:
    known = {each.name for each in benchmark(name).contestants}

    assert all(goal.contestants <= known for goal in benchmark(name).goals)


@pytest.mark.parametrize("name", SCRIPTS)
def test_every_driver_offers_its_task(name: str, repository: Path) -> None:
    for each in benchmark(name).contestants:
        if isinstance(each, Driver):
            file = repository / f"{each.module.replace('.', '/')}.py"
            side = "peers" if each.is_peer else "ours"
            assert file.parent.name == side
            assert f'"{each.what}": ' in file.read_text().partition("__main__")[2]


def test_the_scripts_load_nothing_heavy(repository: Path) -> None:
    names = ", ".join(f"benchmarks.{name}" for name in (*SCRIPTS, "run"))
    code = f"import sys, {names}; print(*sys.modules)"

    done = subprocess.run(  # noqa: S603  # our own code
        [sys.executable, "-c", code],
        cwd=repository,
        capture_output=True,
        text=True,
        check=True,
    )

    loaded = done.stdout.split()
    assert "benchmarks.loader" in loaded
    assert [name for name in loaded if name in _HEAVY] == []
    assert [name for name in loaded if name.startswith("benchmarks.peers")] == []


def test_the_two_sides_do_not_know_each_other(repository: Path) -> None:
    ours = list((repository / "benchmarks/ours").glob("*.py"))
    peers = list((repository / "benchmarks/peers").glob("*.py"))

    assert len(ours) > 1
    assert len(peers) > 1
    for file in peers:
        assert not {
            name
            for name in imports_of(file)
            if name.startswith(("unfreeze", "benchmarks.ours"))
        }
    for file in ours:
        assert not {
            name
            for name in imports_of(file)
            if name.startswith(("fastai", "lightning", "benchmarks.peers"))
        }


def test_missing_peers_are_explained(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="benchmarks/install_peers"):
        benchmark("head_epoch").main(["--peers", str(tmp_path / "python")])


def test_missing_weights_are_explained(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match=r"there is no file .*nowhere"):
        benchmark("tta").main(
            ["--data", str(tmp_path), "--weights", str(tmp_path / "nowhere")]
        )


def test_unknown_contestants_are_explained() -> None:
    with pytest.raises(SystemExit, match=r"no contestants \['keras'\]"):
        benchmark("head_epoch").main(["--only", "unfreeze,keras"])
