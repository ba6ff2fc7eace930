"""Drive a real Chromium: the W3C WebDriver protocol, spoken to ChromeDriver.

https://www.w3.org/TR/webdriver2/; what goes beyond it (`goog/cdp`) is described at
https://chromedevtools.github.io/devtools-protocol/.
"""

import base64
import json
import re
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeAlias, cast

import httpx
import pytest

__all__ = ["Browser", "browser_found", "opened"]

_FLAGS = [
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--use-fake-device-for-media-stream",
]
_ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # the standard's key of a reference
_PATIENCE = 60.0  # seconds

Value: TypeAlias = Any
"""Whatever JSON holds."""


class Browser:
    """One window."""

    def __init__(self, client: httpx.Client, session: str) -> None:
        self._client = client
        self._session = session

    def call(self, method: str, path: str, **values: object) -> Value:
        """Send one command of the protocol."""
        body = None if method == "GET" else values
        response = self._client.request(
            method, f"/session/{self._session}/{path}".rstrip("/"), json=body
        )
        found = response.json()["value"]
        if response.status_code != 200:
            raise AssertionError(f"{path}: {found['error']}: {found['message'][:800]}")
        return found

    def cdp(self, command: str, **values: object) -> Value:
        """Send one command of Chromium's own protocol."""
        return self.call("POST", "goog/cdp/execute", cmd=command, params=values)

    def open(self, address: str) -> None:
        """Load a page."""
        self.call("POST", "url", url=address)

    def run(self, script: str, *values: object) -> Value:
        """Run the body of a function; it may ``return`` and ``await``."""
        body = f"return (async (...args) => {{ {script} }})(...arguments)"
        return self.call("POST", "execute/sync", script=body, args=list(values))

    def wait(self, condition: str, patience: float = _PATIENCE) -> Value:
        """Wait until a JavaScript expression is true, and return it."""
        end = time.monotonic() + patience
        while time.monotonic() < end:
            if found := self.run(f"return {condition}"):
                return found
            time.sleep(0.05)
        body = self.run("return document.body.innerText")
        raise AssertionError(f"Never came true: {condition}. The page:\n{body}")

    def text(self, selector: str) -> str:
        """What a reader sees of an element."""
        return cast("str", self.run(f"return {_found(selector)}.innerText"))

    def click(self, selector: str) -> None:
        """Click an element as a mouse does."""
        self.call("POST", f"element/{self._reference(selector)}/click")

    def choose(self, selector: str, *files: Path) -> None:
        """Give files to a file field."""
        names = "\n".join(str(each) for each in files)
        self.call("POST", f"element/{self._reference(selector)}/value", text=names)

    def drop(self, *files: Path) -> None:
        """Drop files on the middle of the page, as from a file manager."""
        paths = [str(each) for each in files]
        dragged = {"items": [], "files": paths, "dragOperationsMask": 1}
        for kind in ("dragEnter", "dragOver", "drop"):
            self.cdp("Input.dispatchDragEvent", type=kind, x=150, y=150, data=dragged)

    def press(self, *keys: str) -> None:
        """Press and release keys, one after the other."""
        actions = [
            {"type": kind, "value": key}
            for key in keys
            for kind in ("keyDown", "keyUp")
        ]
        keyboard = {"type": "key", "id": "keyboard", "actions": actions}
        self.call("POST", "actions", actions=[keyboard])

    def emulate(self, **features: str) -> None:
        """Set media features, such as ``prefers-color-scheme`` (with underlines)."""
        wanted = [
            {"name": name.replace("_", "-"), "value": value}
            for name, value in features.items()
        ]
        self.cdp("Emulation.setEmulatedMedia", features=wanted)

    def resize(self, width: int, height: int) -> None:
        """Give the page this size, in CSS pixels."""
        self.cdp(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 500,
        )  # fmt: skip

    def picture(self, path: Path, *, whole: bool = True) -> None:
        """Write what is seen as a PNG."""
        found = self.cdp("Page.captureScreenshot", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def complaints(self) -> list[str]:
        """What the console holds since the last call."""
        return [each["message"] for each in self.call("POST", "se/log", type="browser")]

    def requests(self) -> list[str]:
        """Addresses that pages asked for since the last call."""
        entries = self.call("POST", "se/log", type="performance")
        messages = [json.loads(each["message"])["message"] for each in entries]
        return [
            str(each["params"]["request"]["url"])
            for each in messages
            if each["method"] == "Network.requestWillBeSent"
        ]

    def _reference(self, selector: str) -> str:
        found = self.call("POST", "element", using="css selector", value=selector)
        return cast("str", found[_ELEMENT])


def browser_found() -> tuple[str, str]:
    """Chromium and its driver; skips without."""
    names = {"chromium": ["chromium", "chromium-browser"], "driver": ["chromedriver"]}
    found = {
        what: next(filter(None, map(shutil.which, tried)), None)
        for what, tried in names.items()
    }
    if found["chromium"] is None or found["driver"] is None:
        pytest.skip("chromium and chromedriver are not installed")
    return found["chromium"], found["driver"]


@contextmanager
def opened(profile: Path, *flags: str) -> Iterator[Browser]:
    """Open a window with an empty profile, and close it in the end."""
    binary, driver = browser_found()
    with _driver(driver) as address, httpx.Client(base_url=address, timeout=120) as web:
        wanted = {
            "browserName": "chrome",
            "goog:chromeOptions": {
                "binary": binary,
                "args": [*_FLAGS, *flags, f"--user-data-dir={profile}"],
            },
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }
        made = web.post("/session", json={"capabilities": {"alwaysMatch": wanted}})
        answer: Mapping[str, Any] = made.json()["value"]
        assert made.status_code == 200, answer
        browser = Browser(web, answer["sessionId"])
        try:
            yield browser
        finally:
            browser.call("DELETE", "")


@contextmanager
def _driver(binary: str) -> Iterator[str]:
    process = subprocess.Popen(  # noqa: S603  # the driver, which picks a free port
        [binary, "--port=0"], stdout=subprocess.PIPE, text=True
    )
    with process:
        assert process.stdout is not None
        try:
            said = next(filter(None, map(_port, process.stdout)))
            yield f"http://127.0.0.1:{said}"
        finally:
            process.terminate()


def _port(line: str) -> str | None:
    found = re.search(r"started successfully on port (\d+)", line)
    return found and found[1]


def _found(selector: str) -> str:
    return f"document.querySelector({json.dumps(selector)})"
