"""A user of a private X screen: real mouse, keys, drags (xdotool) and a view on the window."""

from __future__ import annotations

import json
import os
import queue
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
SCREEN = (1400, 900)
TIMEOUT_S = 240.0
STILL_S = 0.7


MISSING = "the real window is tested on Xvfb with xdotool (on Debian: apt-get install xvfb xdotool)"


class Screen:
    """A virtual X screen; ends with the test. Where NMRCAM_CI is set, a missing one fails."""

    def __init__(self):
        if not (shutil.which("Xvfb") and shutil.which("xdotool")):
            (pytest.fail if os.environ.get("NMRCAM_CI") else pytest.skip)(MISSING)
        reader, writer = os.pipe()
        size = f"{SCREEN[0]}x{SCREEN[1]}x24"
        self.process = subprocess.Popen(
            ["Xvfb", "-displayfd", str(writer), "-screen", "0", size, "-nolisten", "tcp"],
            pass_fds=[writer],
            stderr=subprocess.DEVNULL,
        )
        os.close(writer)
        with os.fdopen(reader) as pipe:
            number = pipe.readline().strip()
        if not number:
            raise RuntimeError("Xvfb did not start")
        self.name = f":{number}"

    def close(self):
        self.process.terminate()
        self.process.wait()


class Ended(AssertionError):  # noqa: N818 - an end, not an error of ours
    """The window answers no more."""


class Robot:
    """The window in its process, and the hands in front of it.

    `home` is where the process believes the user's folders to be.
    """

    def __init__(self, screen, home, *arguments):
        self._environment = environment(screen, home)
        self.process = subprocess.Popen(
            [sys.executable, str(HERE / "window_process.py"), *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=self._environment,
            text=True,
        )
        self.words = []
        self._answers = queue.Queue()
        for pipe, take in (
            (self.process.stdout, self._answers.put),
            (self.process.stderr, self.words.append),
        ):
            threading.Thread(target=_drain, args=(pipe, take), daemon=True).start()
        self.wait("window is not None and window.isVisible()")
        self.do("mousemove", SCREEN[0] - 2, SCREEN[1] - 2)
        # There is no window manager that would place the window and give it the keys.
        self.focus()

    # Looking

    def ask(self, expression, timeout=TIMEOUT_S):
        """Value of an expression in the window's process."""
        self.process.stdin.write(expression.replace("\n", " ") + "\n")
        self.process.stdin.flush()
        reply = json.loads(self._answer(expression, timeout))
        if "error" in reply:
            raise AssertionError(f"{expression}: {reply['error']}")
        return reply["value"]

    def _answer(self, expression, timeout):
        deadline = time.monotonic() + timeout
        while True:
            try:
                return self._answers.get(timeout=0.2)
            except queue.Empty:
                if self.process.poll() is not None:
                    raise Ended(f"the window is gone: {self.words[-5:]}") from None
                if time.monotonic() > deadline:
                    raise Ended(f"the window froze: {expression}; {self.words[-5:]}") from None

    def wait(self, expression, timeout=TIMEOUT_S):
        """Until the expression is true."""
        deadline = time.monotonic() + timeout
        while True:
            try:
                if self.ask(f"bool({expression})"):
                    return
                said = "it stayed false"
            except Ended:
                raise
            except AssertionError as error:
                said = str(error)
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {expression}: {said} {self.words[-5:]}")
            time.sleep(0.05)

    def still(self, expression):
        """Its value when it has stayed the same for a while: what was done has arrived."""
        value, since = self.ask(expression), time.monotonic()
        while time.monotonic() - since < STILL_S:
            time.sleep(0.1)
            now = self.ask(expression)
            if now != value:
                value, since = now, time.monotonic()
        return value

    def picture(self, path):
        """What the screen shows, as a PNG."""
        path.parent.mkdir(parents=True, exist_ok=True)
        time.sleep(0.3)
        if not self.ask(f"grab({str(path)!r})"):
            raise AssertionError(f"{path} cannot be written")

    # Doing

    def do(self, *words):
        """One xdotool command."""
        command = ["xdotool", *map(str, words)]
        subprocess.run(command, env=self._environment, check=True, timeout=TIMEOUT_S)

    def focus(self, expression="window"):
        """Give a window the keys."""
        self.do("windowfocus", "--sync", self.ask(f"int({expression}.winId())"))

    def key(self, *keys):
        """Press keys one after the other, for example ``"ctrl+z"``."""
        for key in keys:
            self.do("key", "--clearmodifiers", key)
            time.sleep(0.05)

    def type(self, text):
        """Type text."""
        self.do("type", "--delay", 8, text)

    def middle(self, expression, rect=""):
        """Screen position of the middle of a widget, or of a rectangle in it."""
        x, y, width, height = self.ask(f"place({expression}{', ' + rect if rect else ''})")
        return x + width // 2, y + height // 2

    def click(self, expression, button=1, rect="", times=1):
        """Click into the middle of a widget, or of a rectangle in it."""
        self.do("mousemove", *self.middle(expression, rect))
        self.do("click", "--repeat", times, "--delay", 60, button)

    def wheel(self, place, turns):
        """Turn the wheel at a place on the screen; positive is away from the user."""
        self.do("mousemove", *place)
        self.do("click", "--repeat", abs(turns), "--delay", 20, 4 if turns > 0 else 5)

    def drag(self, start, end):
        """Drag with the left button, slowly enough to be a drag."""
        self.do("mousemove", *start)
        self.do("mousedown", 1)
        way = [round(100 * step / 8) for step in range(1, 9)]
        for share in [*way, 99, 100]:  # the target answers only to a pointer that moves over it
            self.do(
                "mousemove",
                *(round(a + (b - a) * share / 100) for a, b in zip(start, end, strict=True)),
            )
            time.sleep(0.06)
        time.sleep(0.3)
        self.do("mouseup", 1)

    def answer_file_dialog(self, path):
        """Type a name into the dialog of files that opens, and accept it."""
        self.wait("dialogs()")
        self.focus("dialogs()[0]")
        self.key("ctrl+a")
        self.type(path)
        self.wait(f"dialogs()[0].selectedFiles() == [{str(path)!r}]")
        self.key("Return")
        self.wait("not dialogs()")
        self.focus()

    def menu(self, *texts):
        """Choose an entry of the menu bar, given with the menus on the way to it."""
        parent = "window.menuBar()"
        for text in texts:
            entry = (
                f"[a for a in {parent}.actions() if a.text().replace('&', '').strip(' …') =="
                f" {text!r}][0]"
            )
            self.wait(f"{parent}.isVisible()")
            self.click(parent, rect=f"{parent}.actionGeometry({entry})")
            parent = f"{entry}.menu()"

    def drop_files(self, paths, target, until):
        """Drag files from another program onto a widget; `until` says that they arrived."""
        place = (SCREEN[0] - 70, 4)
        source = subprocess.Popen(
            [sys.executable, str(HERE / "drag_source.py"), *map(str, [*place, *paths])],
            env=self._environment,
        )
        try:
            self._wait_for_window(source.pid)
            self.drag((place[0] + 20, place[1] + 15), self.middle(target))
            self.wait(until)
        finally:
            source.kill()
            source.wait()
        self.focus()

    def _wait_for_window(self, pid):
        subprocess.run(
            ["xdotool", "search", "--sync", "--onlyvisible", "--pid", str(pid)],
            env=self._environment,
            check=True,
            timeout=TIMEOUT_S,
            stdout=subprocess.DEVNULL,
        )
        time.sleep(0.3)

    # Ending

    def kill(self):
        """As the operating system kills: nothing can be tidied up."""
        self.process.send_signal(signal.SIGKILL)
        return self.process.wait()

    def close(self, timeout=TIMEOUT_S):
        """Quit with the key, as a user does; the exit status."""
        if self.process.poll() is None:
            self.focus()
            self.key("ctrl+q")
        return self.process.wait(timeout)


def environment(screen, home):
    """A user without settings of their own, on the private screen."""
    made = dict(os.environ)
    made.pop("WAYLAND_DISPLAY", None)
    made |= {
        "DISPLAY": screen.name,
        "QT_QPA_PLATFORM": "xcb",
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / "config"),
        "XDG_DATA_HOME": str(home / "data"),
        "XDG_CACHE_HOME": str(home / "cache"),
        "LC_ALL": "C.UTF-8",
    }
    return made


def _drain(pipe, take):
    for line in pipe:
        take(line.rstrip("\n"))
