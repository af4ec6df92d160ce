"""What the program says about itself."""

from __future__ import annotations

import sys

import numpy as np
from PySide6 import __version__ as pyside_version
from PySide6.QtCore import Qt, Slot

from nmrcam_qt import __version__
from nmrcam_qt.ui.commands.base import CommandBase, Slots

ABOUT_TEXT = (
    "<b>nmrcam {version}</b><p>Which peaks of a 2D NMR spectrum made a neural network say "
    "“indole”, in ppm.</p><p>Networks and data: Kuhn et al. 2021, "
    "doi 10.1002/mrc.5212.</p><p>{versions}</p>"
)

TITLES = {"python": "Python", "numpy": "NumPy", "tensorflow": "TensorFlow", "keras": "Keras"}
"""Of what the inference process says it runs on."""


class HelpCommands(CommandBase):
    """About nmrcam, and its keys."""

    def help_slots(self) -> Slots:
        """What these actions do."""
        return {"about": self.about, "shortcuts": self.show_shortcuts}

    @Slot()
    def show_shortcuts(self) -> None:
        """All keys, as the actions have them."""
        # not for the first paint
        from nmrcam_qt.ui.shortcut_dialog import ShortcutDialog, shortcut_rows

        self.shortcuts = ShortcutDialog(shortcut_rows(self._window.menuBar()), self._window)
        self.shortcuts.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.shortcuts.show()

    @Slot()
    def about(self) -> None:
        """Versions and sources."""
        versions = {"Python": sys.version.split()[0], "PySide6": pyside_version}
        versions["NumPy"] = np.__version__
        for name, version in self._bench.server_status.versions.items():
            versions.setdefault(TITLES.get(name, name), version)
        listed = ", ".join(f"{name} {version}" for name, version in versions.items())
        self._tell("About nmrcam", ABOUT_TEXT.format(version=__version__, versions=listed))
