"""A window to drag files from, as from a file manager: ``drag_source.py X Y PATH…``."""

from __future__ import annotations

import sys

from PySide6.QtCore import QMimeData, Qt, QUrl
from PySide6.QtGui import QDrag
from PySide6.QtWidgets import QApplication, QLabel


class Source(QLabel):
    """Drags the paths as the file manager does: as file URLs."""

    def __init__(self, paths):
        super().__init__("files")
        self._paths = paths

    def mouseMoveEvent(self, event):
        data = QMimeData()
        data.setUrls([QUrl.fromLocalFile(path) for path in self._paths])
        drag = QDrag(self)
        drag.setMimeData(data)
        # It stays: the target fetches the data after the drag has ended here.
        drag.exec(Qt.DropAction.CopyAction)


if __name__ == "__main__":
    application = QApplication([])
    source = Source(sys.argv[3:])
    source.setWindowFlag(Qt.WindowType.WindowStaysOnTopHint)
    source.setGeometry(int(sys.argv[1]), int(sys.argv[2]), 60, 30)
    source.show()
    raise SystemExit(application.exec())
