"""Headless Chromium over its debugging pipe: no driver, no network, standard library only."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "chrome")
MISSING = (
    "the report is tested in headless Chromium, which is not installed "
    "(on Debian: apt-get install chromium-headless-shell)"
)


def find_chromium() -> str:
    """Its path. Where NMRCAM_CI is set, a missing one is a failure."""
    found = next((path for name in NAMES if (path := shutil.which(name))), "")
    if not found and os.environ.get("NMRCAM_CI"):
        pytest.fail(MISSING)
    if not found:
        pytest.skip(MISSING)
    return found


class Page:
    """One page and what it said."""

    def __init__(self, process: subprocess.Popen[bytes], into: int, out: int) -> None:
        self._process = process
        self._into, self._out = into, out
        self._number = 0
        self._rest = b""
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Network", "Log"):
            self.call(f"{domain}.enable")

    _session = ""

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Ask and wait for the answer; events are kept."""
        self._number += 1
        asked = {"id": self._number, "method": method, "params": params}
        if self._session:
            asked["sessionId"] = self._session
        os.write(self._into, json.dumps(asked).encode() + b"\0")
        while True:
            said = self._read()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return dict(said["result"])
            self.events.append(said)

    def _read(self) -> dict[str, Any]:
        while b"\0" not in self._rest:
            more = os.read(self._out, 1 << 20)
            assert more, "Chromium ended"
            self._rest += more
        line, _, self._rest = self._rest.partition(b"\0")
        return dict(json.loads(line))

    def open(self, path: Path) -> None:
        """Load a file and wait until it is complete."""
        self.call("Page.navigate", url=path.as_uri())
        deadline = time.monotonic() + 60
        while self.evaluate("document.readyState") != "complete" or not self.evaluate(
            "location.href.startsWith('file:')"
        ):
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def evaluate(self, script: str) -> Any:
        """Value of an expression in the page; the debugger is not bound by its policy."""
        said = self.call("Runtime.evaluate", expression=script, returnByValue=True)
        assert "exceptionDetails" not in said, said
        return said["result"].get("value")

    def click(self, selector: str) -> None:
        """A real click with the mouse in the middle of an element."""
        x, y = self.evaluate(
            f"(() => {{ const e = document.querySelector({json.dumps(selector)});"
            "e.scrollIntoView({block: 'nearest'}); const r = e.getBoundingClientRect();"
            "return [r.x + r.width / 2, r.y + r.height / 2]; })()"
        )
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        for character in text:
            self.call("Input.dispatchKeyEvent", type="char", text=character)

    def screenshot(self, path: Path) -> None:
        """What is seen, as a PNG."""
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    @property
    def requests(self) -> list[str]:
        """Everything that the page asked for."""
        return [
            e["params"]["request"]["url"]
            for e in self.events
            if e.get("method") == "Network.requestWillBeSent"
        ]

    @property
    def blocked(self) -> set[str]:
        """What the page's security policy did not let it ask for."""
        urls = {
            e["params"]["requestId"]: e["params"]["request"]["url"]
            for e in self.events
            if e.get("method") == "Network.requestWillBeSent"
        }
        return {
            urls[e["params"]["requestId"]]
            for e in self.events
            if e.get("method") == "Network.loadingFailed"
            and e["params"].get("blockedReason") == "csp"
        }

    @property
    def complaints(self) -> list[str]:
        """Errors of scripts and of the security policy."""
        return [
            json.dumps(e["params"])
            for e in self.events
            if e.get("method") in ("Runtime.exceptionThrown", "Log.entryAdded")
        ]


@contextmanager
def chromium(profile: Path, width: int = 1400, height: int = 900) -> Iterator[Page]:
    """Start it, give a page, end it."""
    to_it, into = os.pipe()
    out, from_it = os.pipe()
    command = [
        find_chromium(),
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--no-first-run",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        f"--window-size={width},{height}",
    ]

    def place() -> None:
        # Chromium reads from 3 and writes to 4; first out of each other's way.
        a, b = os.dup(to_it), os.dup(from_it)
        a, b = os.dup2(a, 20), os.dup2(b, 21)
        os.dup2(a, 3)
        os.dup2(b, 4)

    process = subprocess.Popen(
        command,
        preexec_fn=place,  # noqa: PLW1509 - nothing else runs in this test
        close_fds=False,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_it)
    os.close(from_it)
    try:
        yield Page(process, into, out)
    finally:
        process.kill()
        process.wait()
        os.close(into)
        os.close(out)
