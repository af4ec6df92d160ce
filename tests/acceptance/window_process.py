"""The real window in a process of its own, with a way to look into it from outside.

    python window_process.py [ARGUMENTS OF nmrcam-qt]

The application is started as the user starts it. Besides, every line on stdin is a Python
expression that is evaluated in the window's thread; the answer is a line of JSON. Only
looking is done this way: whatever changes something comes in as real mouse and keys (robot.py).
"""

from __future__ import annotations

import json
import sys
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from PySide6.QtCore import QObject, QPoint, QPointF, Qt, Signal, Slot
from PySide6.QtWidgets import QApplication, QMainWindow, QWidget


class Probe(QObject):
    """Evaluates expressions in the window's thread."""

    asked = Signal(str)

    def __init__(self):
        super().__init__()
        self.asked.connect(self.answer, Qt.ConnectionType.QueuedConnection)

    @Slot(str)
    def answer(self, expression):
        try:
            reply = {"value": eval(expression, self._names())}  # noqa: S307 - our own words
            text = json.dumps(reply)
        except Exception as error:
            text = json.dumps({"error": f"{type(error).__name__}: {error}"})
        # Not print: what the program prints must not mix with answers.
        sys.__stdout__.write(text + "\n")
        sys.__stdout__.flush()

    @staticmethod
    def _names():
        app = QApplication.instance()
        windows = [w for w in app.topLevelWidgets() if isinstance(w, QMainWindow)]
        return {
            "app": app,
            "window": windows[0] if windows else None,
            "place": place,
            "named": named,
            "grab": grab,
            "strongest": strongest,
            "spot": spot,
            "active": lambda: app.activeModalWidget() or app.activeWindow(),
            "dialogs": lambda: [
                w for w in app.topLevelWidgets() if w.isVisible() and not isinstance(w, QMainWindow)
            ],
        }


def named(name, root=None):
    """The visible widget with this object name."""
    roots = [root] if root is not None else QApplication.instance().topLevelWidgets()
    for top in roots:
        for widget in [top, *top.findChildren(QWidget)]:
            if widget.objectName() == name and widget.isVisible():
                return widget
    raise LookupError(f"no visible widget {name!r}")


def place(widget, rect=None):
    """Left, top, width and height on the screen."""
    rect = rect if rect is not None else widget.rect()
    corner = widget.mapToGlobal(QPoint(rect.x(), rect.y()))
    return [corner.x(), corner.y(), rect.width(), rect.height()]


def grab(path):
    """What the whole screen shows."""
    return QApplication.primaryScreen().grabWindow(0).save(path)


def strongest(view):
    """Screen position of the strongest point of a spectrum view."""
    image, f1, f2 = view._ink[:3]
    row, column = divmod(int(abs(image).argmax()), image.shape[1])
    return spot(view, f2.ppm(column), f1.ppm(row))


def spot(view, h_ppm, c_ppm):
    """Screen position of a pair of shifts in a spectrum view."""
    scene = view.box.mapViewToScene(QPointF(h_ppm, c_ppm))
    plot = view.plot
    corner = plot.viewport().mapToGlobal(plot.mapFromScene(scene))
    return [corner.x(), corner.y()]


def _listen():
    while QApplication.instance() is None or not QApplication.instance().topLevelWidgets():
        time.sleep(0.01)
    probe = Probe()
    probe.moveToThread(QApplication.instance().thread())
    for line in sys.stdin:
        probe.asked.emit(line.strip())


if __name__ == "__main__":
    threading.Thread(target=_listen, daemon=True).start()
    from nmrcam_qt.app import main

    raise SystemExit(main(sys.argv[1:]))
