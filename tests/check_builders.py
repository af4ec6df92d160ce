"""Made-up checks of maps, for the tests of the upper layers."""

from __future__ import annotations

from nmrcam_qt.core.map_check import MapCheck


def a_check(random=True, deletion=True, **other):
    """A check of the map that `window_builders.make_map` makes."""
    given = {
        "class_id": "indole", "method": "hirescam", "input_name": "spectrum",
        "network": "net-hsqc", "network_sha256": "f" * 64,
        "randomised": 0.12, "deletion": 0.2, "deletion_random": (0.5, 0.4, 0.6),
        "passes_randomisation": random, "passes_deletion": deletion,
        "sentences": ("One.", "Two."),
    }  # fmt: skip
    return MapCheck(**(given | other))
