"""What tests of the commands share: a command line run in this process."""

import json
import shlex
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, TypeAlias

import pytest

from unfreeze.cli.app import run


@dataclass(frozen=True)
class Ended:
    """How a command ended, and what it printed."""

    code: int
    out: str
    err: str

    @property
    def content(self) -> dict[str, Any]:
        """Standard output as the one JSON object it must be, as strictly as can be."""
        assert self.out.count("\n") == 1, self.out
        found = json.loads(self.out, parse_constant=_refuse_constant)
        assert isinstance(found, dict)
        return found

    @property
    def mistake(self) -> str:
        """The one line on standard error of a user's mistake."""
        assert self.code == 2, self
        assert self.err.count("\n") == 1, self.err
        assert self.err.startswith("error: ")
        return self.err.strip()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")


Unfreeze: TypeAlias = Callable[..., Ended]

SHORT = "--arch unfreeze_nano --size 32 --batch-size 8 --num-workers 0"


@pytest.fixture
def unfreeze(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> Unfreeze:
    """Run a command line as a shell would, in a folder of this test."""
    monkeypatch.setenv("UNFREEZE_CACHE", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def call(line: str, *paths: Path | str) -> Ended:
        capsys.readouterr()
        code = run([*shlex.split(line), *map(str, paths)])
        return Ended(code, *capsys.readouterr())

    return call


@pytest.fixture(scope="session")
def photos(_drawn_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``train/`` and ``valid/``; only ``tmp/`` may be written there."""
    return Path(
        shutil.copytree(_drawn_once, tmp_path_factory.mktemp("photos") / "drawn")
    )


@pytest.fixture(scope="session")
def finished_run(photos: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``unfreeze train`` left. Only to be read."""
    out = tmp_path_factory.mktemp("runs") / "drawn"
    line = f"train {photos} {SHORT} --recipe quick --epochs 6 --out {out} --json"
    assert run(shlex.split(line)) == 0
    return out
