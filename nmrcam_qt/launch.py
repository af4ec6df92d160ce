"""What ``nmrcam-qt`` begins with: no garbage is collected until the window is there.

Importing and building make a hundred thousand objects that all stay. Looking through them for
garbage again and again is a tenth of the time to the first paint, and finds none; afterwards
they are set aside, so that later collections, which stop the window, are short, too
(`nmrcam_qt.qtmodels.garbage`).
"""

from __future__ import annotations

import gc
from collections.abc import Sequence


def main(argv: Sequence[str] | None = None) -> int:
    """Open the window; see `nmrcam_qt.app.main`."""
    gc.disable()
    from nmrcam_qt.app import main as open_window

    return open_window(argv)
