import base64
import socket
import sys
from pathlib import Path
from types import ModuleType

import pytest

from tests.tiny_bundles import write_colour_bundle
from unfreeze.cli.app import run
from unfreeze.serve import running


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, object]]:
    """What the server would have been started with."""
    found: list[dict[str, object]] = []
    monkeypatch.setattr(
        running, "serve", lambda load, **given: found.append({"load": load, **given})
    )
    return found


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_colour_bundle(tmp_path / "m.onnx")


def test_options_reach_the_server(
    model: Path, started: list[dict[str, object]], tmp_path: Path
) -> None:
    options = (
        "--host 0.0.0.0 --port 81 --token secret --min-precision 0.9 --threads 1 "
        "--collect-limit 3 --max-files 4 --max-megabytes 5 --max-megapixels 6 "
        "--max-queue 7"
    )
    kept = tmp_path / "kept"

    assert run(["serve", str(model), *options.split(), "--collect", str(kept)]) == 0

    (given,) = started
    settings = given["settings"]
    assert (given["host"], given["port"]) == ("0.0.0.0", 81)  # noqa: S104
    assert (settings.token, settings.collect) == ("secret", kept)
    assert settings.collect_bytes == 3_000_000
    limits = settings.limits
    assert (limits.files, limits.bytes, limits.pixels) == (4, 5_000_000, 6_000_000)
    assert limits.waiting == 7
    predictor = given["load"]()
    assert (predictor.least, predictor.threads) == (0.75, 1)


def test_requests_have_room_for_the_largest_photo(
    model: Path, started: list[dict[str, object]]
) -> None:
    assert run(["serve", str(model), "--max-megabytes", "600"]) == 0

    limits = started[0]["settings"].limits
    assert limits.bytes == 600_000_000
    assert limits.request_bytes > len(base64.b64encode(bytes(600))) * 1_000_000
    assert limits.held_bytes >= limits.request_bytes


def test_the_token_may_stand_in_the_environment(
    model: Path, started: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UNFREEZE_TOKEN", "from-there")

    run(["serve", str(model)])

    assert started[0]["settings"].token == "from-there"  # noqa: S105
    assert started[0]["host"] == "127.0.0.1"


def test_a_taken_port_is_one_line_and_a_mistake(
    model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        code = run(["serve", str(model), "--port", str(port)])

    said = capsys.readouterr()
    assert code == 2
    assert said.out == ""
    assert said.err.startswith(f"error: Port {port} of 127.0.0.1 is taken.")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    "options",
    [
        ["--token", ""],
        ["--max-files", "9", "--max-queue", "8"],
        ["--host", "no.such.name.invalid"],
        ["--host", "192.0.2.1"],
        ["--threshold", "2"],
    ],
)
def test_other_mistakes_are_one_line_too(
    model: Path, capsys: pytest.CaptureFixture[str], options: list[str]
) -> None:
    assert run(["serve", str(model), "--port", "0", *options]) == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_a_run_folder_is_exported_first(
    model: Path, started: list[dict[str, object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    served = ModuleType("unfreeze.runs.served")
    served.bundle_for_run = lambda run, say: run / "m.onnx"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "unfreeze.runs.served", served)

    run(["serve", str(model.parent)])

    assert started[0]["load"]().header.arch == "mean_colour"


@pytest.fixture
def exported(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every run has its export at hand."""
    served = ModuleType("unfreeze.runs.served")
    served.bundle_for_run = lambda run, say: run / "m.onnx"  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "unfreeze.runs.served", served)


@pytest.mark.usefixtures("exported")
@pytest.mark.parametrize("status", ["stopped", "begun"])
def test_a_run_that_is_not_finished_is_said_to_be_none(
    model: Path,
    started: list[dict[str, object]],
    capsys: pytest.CaptureFixture[str],
    status: str,
) -> None:
    run_folder = model.parent
    (run_folder / "model.safetensors").touch()
    if status == "stopped":
        (run_folder / "summary.json").write_text('{"status": "stopped"}')
    else:
        (run_folder / "checkpoint").mkdir()
        (run_folder / "checkpoint/begun.json").write_text("{}")

    assert run(["serve", str(run_folder)]) == 0
    started[0]["load"]()

    said = capsys.readouterr().err.splitlines()
    assert len(said) == 1
    assert said[0].startswith("note: This run ")
    note = started[0]["settings"].note
    assert note.startswith("The run of this model was not finished when")
    assert str(run_folder) not in note


@pytest.mark.usefixtures("exported")
def test_of_a_finished_run_and_an_exported_file_nothing_is_said(
    model: Path, started: list[dict[str, object]], capsys: pytest.CaptureFixture[str]
) -> None:
    for each, status in ((model.parent, "finished"), (model, "stopped")):
        (model.parent / "summary.json").write_text(f'{{"status": "{status}"}}')
        assert run(["serve", str(each)]) == 0
        given = started.pop()
        given["load"]()
        assert given["settings"].note is None
    assert capsys.readouterr().err == ""


def test_a_run_without_its_first_model_is_only_told_how_to_go_on(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "checkpoint").mkdir()
    (tmp_path / "checkpoint/begun.json").write_text("{}")

    assert run(["serve", str(tmp_path), "--port", "0"]) == 2

    (line,) = capsys.readouterr().err.splitlines()
    assert "no model" in line
    assert line.endswith(f"unfreeze resume {tmp_path}")


def test_a_missing_file_is_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["serve", str(tmp_path / "none.onnx"), "--port", "0"]) == 2
    assert "none.onnx cannot be read" in capsys.readouterr().err
