"""What a benchmark ran on: the hardware, and the versions of both sides."""

import json
import os
import platform
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

__all__ = ["commit", "hardware", "versions"]

_PACKAGES = [
    "torch",
    "torchvision",
    "timm",
    "fastai",
    "lightning",
    "numpy",
    "pillow",
    "opencv-python-headless",
    "simplejpeg",
    "accelerate",
]

_LIST_VERSIONS = f"""
import importlib.metadata, json, platform
found = {{"python": platform.python_version()}}
for name in {_PACKAGES}:
    try:
        found[name] = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        pass
print(json.dumps(found))
"""


def hardware() -> dict[str, Any]:
    """What everybody ran on, and what else ran there."""
    page, pages = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_PHYS_PAGES")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory GiB": round(page * pages / 2**30, 1),
        "GPU": _output("nvidia-smi", "--query-gpu=name", "--format=csv,noheader"),
        "system": platform.platform(),
        "threads": os.environ.get("OMP_NUM_THREADS", "as many as torch takes"),
        "load before": round(os.getloadavg()[0], 2),
    }


def versions(interpreters: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Versions of what matters, by environment.

    Args:
        interpreters: The Python of each environment.
    """
    found: dict[str, dict[str, str]] = {}
    for side, python in interpreters.items():
        text = _output(python, "-c", _LIST_VERSIONS)
        found[side] = json.loads(text) if text else {}
    return found


def commit(repository: Path) -> str:
    """What git calls the source that is measured; a mark says that it was changed."""
    return _output("git", "-C", str(repository), "describe", "--always", "--dirty")


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            name, _, value = line.partition(":")
            if name.strip() == "model name":
                return value.strip()
    brand = _output("sysctl", "-n", "machdep.cpu.brand_string")
    return brand or platform.processor() or platform.machine()


def _output(program: str, *arguments: str) -> str:
    """What a program prints, or nothing where there is no such program."""
    found = shutil.which(program)
    if found is None:
        return ""
    done = subprocess.run(
        [found, *arguments], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() if done.returncode == 0 else ""
