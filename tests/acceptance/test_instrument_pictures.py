"""The pictures of ``docs/instrument-data.md``: measured samples in the real window.

``NMRCAM_SCREENSHOTS=docs/images/instrument pytest tests/acceptance -k instrument_pictures`` keeps
them there, small enough for a repository; without, they are made and looked at all the same.
"""

from __future__ import annotations

import os
import shutil
import time
from pathlib import Path

import pytest
from PIL import Image
from test_instrument_session import CURRENT, DIALOG, IDLE, PEAKS, PICKED, ROW, copied_samples, show

COLOURS = 256
LARGEST = 400_000
"""Bytes of a picture."""
CYCLOSPORIN = "3 – hsqcedetgpsp.3"
PAINTED = "window.view.signals_.contours.drawing('own') is not None"
ROWS = "[{m}.index(k, 0).data() for k in range({m}.rowCount())]".format(
    m="window.sidebar.list.model()"
)


class Camera:
    """Takes pictures of the window, without the rest of the screen."""

    def __init__(self, robot, folder):
        self.robot, self._folder = robot, folder

    def take(self, name):
        """One picture, when no job runs any more."""
        path = self._folder / f"{name}.png"
        self.robot.wait("not window.workbench.runner.running")
        time.sleep(0.6)
        self.robot.picture(path)
        x, y, width, height = self.robot.ask("place(window)")
        with Image.open(path) as screen:
            window = screen.convert("RGB").crop((x, y, x + width, y + height))
        # Few pixels of a colour count as much as many: a thin contour must keep its own.
        made = window.quantize(COLOURS, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
        made.save(path, optimize=True)
        assert path.stat().st_size < LARGEST
        assert len(window.getcolors(1 << 20)) > 50, "the window shows nothing"


def point(robot, h_ppm, c_ppm):
    """Move the mouse to a pair of shifts."""
    robot.do("mousemove", *robot.ask(f"spot(window.view, {h_ppm}, {c_ppm})"))


def zoom(robot, h, c):
    """Alt+drag from one corner of a window in ppm to the other."""
    robot.key("f")
    time.sleep(0.3)
    corners = [robot.ask(f"spot(window.view, {a}, {b})") for a, b in zip(h, c, strict=True)]
    robot.do("keydown", "alt")
    robot.drag(*corners)
    robot.do("keyup", "alt")
    robot.wait(f"abs(max(window.view.box.viewRange()[0]) - {max(h)}) < 0.3")


def turn(robot, key, turns):
    """The wheel where the mouse is, while a key is held; positive is away from the user."""
    robot.do("keydown", key)
    robot.do("click", "--repeat", abs(turns), "--delay", 40, 4 if turns > 0 else 5)
    robot.do("keyup", key)


def aside(robot, dialog, right):
    """Move a dialog over a dock; there is no window manager to drag it by."""
    robot.focus(dialog)
    below = robot.ask(f"window.height() - {dialog}.height()") - 40
    left = robot.ask(f"window.width() - {dialog}.width()") - 8 if right else 6
    robot.do("windowmove", robot.ask(f"int({dialog}.winId())"), left, max(below, 120))


def add_row(robot, name):
    """Ctrl+click on the row of a spectrum."""
    row = robot.ask(ROWS).index(name)
    robot.do("keydown", "ctrl")
    robot.click("window.sidebar.list", rect=ROW.format(row))
    robot.do("keyup", "ctrl")
    robot.wait("len(window.sidebar.selected_ids()) == 2")


def pick(robot, name):
    """Pick the peaks of one spectrum."""
    show(robot, name)
    robot.key("shift+p")
    robot.wait(f"{PICKED} is not None and {PICKED}.peaks")
    robot.wait(IDLE)


@pytest.fixture
def camera(user, samples_dir, tmp_path):
    """A window with the measured samples, and a copy of one of them."""
    folder = tmp_path / "spectra"
    copied_samples(samples_dir, folder)
    (folder / "copy").mkdir()
    shutil.copy(folder / "estragole" / "estragole_hsqc.dx", folder / "copy" / "hsqc_copy.dx")
    robot = user("--new", folder)
    robot.wait("len(window.session) == 4")
    robot.wait(IDLE)
    kept = os.environ.get("NMRCAM_SCREENSHOTS")
    return Camera(robot, Path(kept).resolve() if kept else tmp_path / "pictures")


def test_instrument_pictures(camera):
    widen_dock(camera.robot)
    hsqc(camera)
    hmbc(camera)
    edited_hsqc(camera)
    referencing(camera)
    masks(camera)
    overlay(camera)
    difference(camera)
    network_view(camera)
    dark(camera)
    assert camera.robot.ask("[p.text for p in window.session.problems]") == []
    assert camera.robot.close() == 0


def widen_dock(robot):
    """The table of peaks has more columns than the dock is wide at first."""
    show(robot, "estragole_hsqc")
    robot.menu("View", "Peaks")
    robot.wait("window.docks.peaks.isVisible()")
    robot.ask("window.docks.peaks.raise_()")
    left, top, _width, height = robot.ask("place(window.docks.peaks)")
    robot.drag((left - 3, top + height // 2), (left - 63, top + height // 2))


def hsqc(camera):
    """Contours, skylines, peaks and their table."""
    robot = camera.robot
    pick(robot, "estragole_hsqc")
    robot.key("j")
    zoom(robot, (8.2, 2.4), (30, 148))
    camera.take("1-hsqc-peaks")
    robot.key("j", "f")


def hmbc(camera):
    """Traces under the cursor, beside pinned ones."""
    robot = camera.robot
    pick(robot, "estragole_hmbc")
    robot.key("l")
    zoom(robot, (7.7, 2.9), (105, 165))
    point(robot, 6.90, 129.56)
    turn(robot, "ctrl", 3)
    robot.key("shift+l")
    point(robot, 3.39, 132.1)
    camera.take("2-hmbc-traces")
    turn(robot, "ctrl", -3)
    robot.key("shift+l", "l", "f")


def edited_hsqc(camera):
    """CH and CH3 in one colour, CH2 in the other."""
    robot = camera.robot
    pick(robot, CYCLOSPORIN)
    zoom(robot, (6.4, 0.4), (8, 78))
    camera.take("3-edited-hsqc")


def referencing(camera):
    """By the residual signal of the solvent, which the program proposes."""
    robot = camera.robot
    zoom(robot, (8.2, 4.6), (118, 150))
    solvent = min(robot.ask(PEAKS), key=lambda peak: abs(peak[1] - 7.27) + abs(peak[2] - 128.1))
    point(robot, solvent[1], solvent[2])
    robot.do("click", 1)
    robot.wait("len(window.page.peaks.selected) == 1")
    robot.key("shift+r")
    robot.wait(f"{DIALOG} is not None and {DIALOG}.place is not None")
    robot.wait(f"'C6D5H' in {DIALOG}.known.currentText()")
    aside(robot, DIALOG, right=False)
    camera.take("4-reference")
    robot.click(f"[b for b in {DIALOG}.buttons.buttons() if b.text() == 'Reference'][0]")
    robot.wait(f"{DIALOG} is None")
    robot.focus()
    robot.wait(f"not {CURRENT}.packed.reference.identity")


def masks(camera):
    """Solvent and reference, greyed and excluded."""
    robot = camera.robot
    zoom(robot, (8.2, 4.6), (118, 138))
    robot.key("shift+s")
    robot.wait("window.commands.mask_dialog is not None")
    robot.key("shift+x")
    robot.wait(f"all(m.excluded for m in {CURRENT}.packed.masks)")
    aside(robot, "window.commands.mask_dialog", right=True)
    camera.take("5-solvent-masks")
    robot.key("Escape")
    robot.focus()
    robot.key("f")


def overlay(camera):
    """HSQC over HMBC with the legend."""
    robot = camera.robot
    show(robot, "estragole_hmbc")
    add_row(robot, "estragole_hsqc")
    robot.key("shift+e", "v", "j")
    robot.wait("len(window.page.panes.display.entries) == 2")
    zoom(robot, (7.9, 2.9), (32, 162))
    camera.take("6-overlay")


def difference(camera):
    """Measured once and referenced differently."""
    robot = camera.robot
    robot.key("shift+v")
    show(robot, "hsqc_copy")
    robot.key("shift+r")
    robot.wait(f"{DIALOG} is not None")
    zoom(robot, (4.6, 2.8), (30, 66))
    point(robot, 3.84, 55.3)
    robot.do("click", 1)
    robot.wait(f"{DIALOG}.place is not None")
    robot.focus(DIALOG)
    robot.click(f"{DIALOG}.h_ppm")
    robot.key("ctrl+a")
    robot.type("3.78\t")
    robot.click(f"[b for b in {DIALOG}.buttons.buttons() if b.text() == 'Reference'][0]")
    robot.wait(f"not {CURRENT}.packed.reference.identity")
    robot.focus()
    add_row(robot, "estragole_hsqc")
    robot.key("v", "d")
    robot.wait("window.session.view.difference")
    zoom(robot, (4.6, 2.8), (30, 66))
    camera.take("7-difference")
    robot.key("d", "shift+v", "f")


def network_view(camera):
    """The cells that a network is fed with."""
    robot = camera.robot
    show(robot, "estragole_hmbc")
    robot.key("w", "j")
    robot.wait("window.session.view.network_view")
    camera.take("8-what-the-network-sees")
    robot.key("w")


def dark(camera):
    """The edited HSQC, dark."""
    robot = camera.robot
    robot.menu("View", "Theme", "Dark")
    show(robot, CYCLOSPORIN)
    robot.key("j")
    robot.wait(PAINTED)
    zoom(robot, (6.4, 0.4), (8, 78))
    camera.take("9-dark")
