"""What all tests share: drawn and real images, and guards against leftovers."""

import os
import random
import shutil
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn.linear_model  # noqa: F401  # draws from Python's generator on loading
from PIL import Image, ImageDraw

_REPOSITORY = Path(__file__).parents[1]
_SIZES = ((56, 48), (48, 48), (48, 64), (72, 52))  # width, height in pixels


@pytest.fixture(scope="session")
def repository() -> Path:
    """The folder that holds pyproject.toml."""
    return _REPOSITORY


@pytest.fixture(scope="session")
def shared_data(repository: Path) -> Path:
    """Real photo sets, from UNFREEZE_DATA or beside the repository; skips without."""
    folder = Path(os.environ.get("UNFREEZE_DATA", repository.parent / "shared/data"))
    if not folder.is_dir():
        pytest.skip(f"no photo sets in {folder}; name their folder in UNFREEZE_DATA")
    return folder


@pytest.fixture(scope="session")
def _drawn_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("drawn")
    rng = np.random.default_rng(20)
    for split, count in (("train", 12), ("valid", 6)):
        for label, name in enumerate(("circles", "squares", "stripes")):
            folder = root / split / name
            folder.mkdir(parents=True)
            for number in range(count):
                _draw(label, _SIZES[number % len(_SIZES)], rng).save(
                    folder / f"{name}{number:02}.png"
                )
    return root


@pytest.fixture
def drawn_folder(_drawn_once: Path, tmp_path: Path) -> Path:
    """Folder tree ``{train,valid}/{circles,squares,stripes}/*.png``, free to change.

    12 and 6 small images per class, of several sizes, easy to tell apart by shape
    and by colour.
    """
    return Path(shutil.copytree(_drawn_once, tmp_path / "drawn"))


@pytest.fixture
def global_draws() -> Iterator[None]:
    """Let this test draw from the global generators, as building torch layers does."""
    saved = _generator_states()
    random.seed(0)
    np.random.seed(0)
    if torch := sys.modules.get("torch"):
        torch.manual_seed(0)
    yield
    random.setstate(saved["random"])
    np.random.set_state(saved["numpy"])
    if "torch" in saved:
        sys.modules["torch"].set_rng_state(saved["torch"])


@pytest.fixture(autouse=True)
def _accelerator_at_hand(request: pytest.FixtureRequest) -> None:
    """Skip a test marked ``gpu`` where there is none."""
    if request.node.get_closest_marker("gpu") is None:
        return
    import torch

    if not torch.cuda.is_available():
        pytest.skip("there is no GPU that torch can use")


@pytest.fixture(autouse=True)
def _nothing_left_behind() -> Iterator[None]:
    """Fail a test that leaves a thread behind, or moves a global random generator."""
    threads = set(threading.enumerate())
    before = _comparable(_generator_states())
    yield
    after = _comparable(_generator_states())
    if "beartype" in sys.modules:  # which picks the items that it checks at random
        del before["random"]
    moved = [name for name in before if after[name] != before[name]]
    assert not moved, f"Moved the global generator of {moved}. Use a keyed one."
    leaked = [
        thread
        for thread in threading.enumerate()
        # Torch's exporter counts with tqdm, whose own thread stays until the end.
        if thread not in threads and thread.name != "tqdm_monitor"
    ]
    for thread in leaked:
        thread.join(timeout=2)
    leaked = [thread for thread in leaked if thread.is_alive()]
    assert not leaked, f"Left threads running: {leaked}."


def _generator_states() -> dict[str, Any]:
    states: dict[str, Any] = {
        "random": random.getstate(),
        "numpy": np.random.get_state(),
    }
    if torch := sys.modules.get("torch"):  # not worth importing for this alone
        states["torch"] = torch.get_rng_state()
    return states


def _comparable(states: dict[str, Any]) -> dict[str, object]:
    _, keys, *rest = states["numpy"]
    prints = {"random": states["random"], "numpy": (keys.tobytes(), *rest)}
    if "torch" in states:
        prints["torch"] = states["torch"].numpy().tobytes()
    return prints


def _draw(label: int, size: tuple[int, int], rng: np.random.Generator) -> Image.Image:
    """Draw a reddish disc, a greenish square or bluish stripes on a noisy ground."""
    width, height = size
    ground = rng.integers(40, 90, (height, width, 3), dtype=np.uint8)
    image = Image.fromarray(ground)
    pen = ImageDraw.Draw(image)
    colour = tuple(int(rng.integers(190, 255)) if c == label else 60 for c in range(3))
    radius = int(rng.integers(12, 18))
    x, y = int(rng.integers(18, width - 18)), int(rng.integers(18, height - 18))
    if label == 0:
        pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=colour)
    elif label == 1:
        pen.rectangle((x - radius, y - radius, x + radius, y + radius), fill=colour)
    else:
        for left in range(x % 10, width, 10):
            pen.line((left, 0, left, height), fill=colour, width=4)
    return image
