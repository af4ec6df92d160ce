"""Light and dark: every colour of the window has a name here.

Spectra follow the theme, too: black ink on white paper, light ink on dark paper. Pictures
that are exported are always on white paper.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from types import MappingProxyType
from typing import Any

from PySide6.QtCore import QObject, QSettings, Qt, Signal, Slot
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

from nmrcam_qt.core.paths import resources_dir

CHOICES: Mapping[str, str] = MappingProxyType(
    {"system": "As the system", "light": "Light", "dark": "Dark"}
)
"""What the user can choose, and how it is called."""
DEFAULT_CHOICE = "system"
KEY = "view/theme"
FRAME_DARKER = 140
"""Per cent by which the style Fusion darkens a window's colour to make the frame of a field."""
TEXT_CONTRAST, SHAPE_CONTRAST = 4.5, 3.0
"""WCAG 2.2, levels AA for text (1.4.3) and for shapes one must see (1.4.11)."""


@dataclass(frozen=True, slots=True)
class Colours:
    """Named colours of a theme, each ``#rrggbb``.

    Parameters
    ----------
    dark : bool
        Whether it is dark.
    window, panel, header, field : str
        Backgrounds: of the window, of group boxes and lists, of dock titles, of inputs.
    text, strong, muted, hint : str
        Text: ordinary, headings, less important, keys and the like.
    border, accent, accent_text : str
        Lines between things; what is selected, and text on it.
    warning, warning_back, warning_border, error, good : str
        Text of a warning, what it stands on, the line around it; text of an error; of success.
    paper, ink, negative : str
        Of spectra: background, positive and negative signals.
    axis, frame, crosshair, tag, tag_text : str
        Of plots: axis lines, the frame around a map, the crosshair and its labels.
    track : str
        Background of bars.
    """

    dark: bool
    window: str
    panel: str
    header: str
    field: str
    text: str
    strong: str
    muted: str
    hint: str
    border: str
    accent: str
    accent_text: str
    warning: str
    warning_back: str
    warning_border: str
    error: str
    good: str
    paper: str
    ink: str
    negative: str
    axis: str
    frame: str
    crosshair: str
    tag: str
    tag_text: str
    track: str


LIGHT = Colours(
    dark=False,
    window="#f9fafb",
    panel="#ffffff",
    header="#eef1f5",
    field="#ffffff",
    text="#344054",
    strong="#1d2939",
    muted="#5d6b82",
    hint="#5d6b82",
    border="#d5dae1",
    accent="#1d5fa8",
    accent_text="#ffffff",
    warning="#7a2e0e",
    warning_back="#fffaeb",
    warning_border="#dc6803",
    error="#b42318",
    good="#05603a",
    paper="#ffffff",
    ink="#101828",
    negative="#b42318",
    axis="#808b9e",
    frame="#808b9e",
    crosshair="#1d5fa8",
    tag="#1d5fa8",
    tag_text="#ffffff",
    track="#f2f4f7",
)
DARK = Colours(
    dark=True,
    window="#1b1f27",
    panel="#232833",
    header="#2b313d",
    field="#191d25",
    text="#d5dae3",
    strong="#f2f4f7",
    muted="#a3adbd",
    hint="#a3adbd",
    border="#404a5a",
    accent="#2f72ba",
    accent_text="#ffffff",
    warning="#fdd9a0",
    warning_back="#3d2c12",
    warning_border="#dc8a25",
    error="#ff9b8f",
    good="#7bd8a8",
    paper="#12151b",
    ink="#f2f4f7",
    negative="#ff8f7d",
    axis="#77839a",
    frame="#77839a",
    crosshair="#7fb8f5",
    tag="#7fb8f5",
    tag_text="#12151b",
    track="#191d25",
)


class Theme(QObject):
    """The theme of the application.

    One object for the whole process: `theme`. Widgets that paint take `colours()` when
    they do and repaint on `changed`.
    """

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._choice = DEFAULT_CHOICE
        self._colours = LIGHT
        self._settings: QSettings | None = None
        self._following = False

    @property
    def colours(self) -> Colours:
        """The present colours."""
        return self._colours

    @property
    def choice(self) -> str:
        """One of `CHOICES`."""
        return self._choice

    def start(self, settings: QSettings) -> None:
        """Take the user's choice from the settings, and follow it and the system."""
        self._settings = settings
        kept = str(settings.value(KEY, DEFAULT_CHOICE))
        hints = QGuiApplication.styleHints()
        if not self._following:
            hints.colorSchemeChanged.connect(self._on_system)
            self._following = True
        self._choice = kept if kept in CHOICES else DEFAULT_CHOICE
        self._apply()

    def choose(self, choice: str) -> None:
        """Another theme, kept in the settings.

        Raises
        ------
        ValueError
            If there is no such choice.
        """
        if choice not in CHOICES:
            raise ValueError(f"no theme {choice!r}")
        self._choice = choice
        if self._settings is not None:
            self._settings.setValue(KEY, choice)
        self._apply()

    @Slot()
    def _on_system(self) -> None:
        if self._choice == "system":
            self._apply()

    def _apply(self) -> None:
        wanted = {
            "light": Qt.ColorScheme.Light,
            "dark": Qt.ColorScheme.Dark,
            "system": Qt.ColorScheme.Unknown,
        }[self._choice]
        hints = QGuiApplication.styleHints()
        hints.setColorScheme(wanted)  # native dialogs and window frames follow where they can
        dark = self._choice == "dark"
        if self._choice == "system":
            dark = hints.colorScheme() is Qt.ColorScheme.Dark
        self._colours = DARK if dark else LIGHT
        application = QApplication.instance()
        if isinstance(application, QApplication):
            application.setPalette(palette(self._colours))
            fields: Any = "QAbstractSpinBox"  # the stubs ask for bytes, which PySide refuses
            application.setPalette(framed(self._colours), fields)
            application.setStyleSheet(style_sheet(self._colours))
        self.changed.emit()


_THEME: list[Theme] = []


def theme() -> Theme:
    """The theme of the application, made at the first call."""
    if not _THEME:
        _THEME.append(Theme())
    return _THEME[0]


def colours() -> Colours:
    """The present colours."""
    return theme().colours


def style_sheet(chosen: Colours | None = None) -> str:
    """The application's style sheet in a theme's colours; empty where the file is missing.

    Raises
    ------
    KeyError
        If the sheet names a colour that does not exist.
    """
    path = resources_dir() / "style" / "window.qss"
    if not path.is_file():
        return ""
    named = chosen if chosen is not None else colours()
    by_name = {f.name: str(getattr(named, f.name)) for f in fields(named)}
    by_name["icons"] = (resources_dir() / "icons").as_posix()
    return re.sub(r"@(\w+)", lambda m: by_name[m.group(1)], path.read_text(encoding="utf-8"))


def palette(chosen: Colours) -> QPalette:
    """Palette of a theme, for all that the style sheet does not name."""
    made = QPalette()
    roles = {
        QPalette.ColorRole.Window: chosen.window,
        QPalette.ColorRole.WindowText: chosen.text,
        QPalette.ColorRole.Base: chosen.field,
        QPalette.ColorRole.AlternateBase: chosen.header,
        QPalette.ColorRole.Text: chosen.text,
        QPalette.ColorRole.Button: chosen.header,
        QPalette.ColorRole.ButtonText: chosen.text,
        QPalette.ColorRole.BrightText: chosen.error,
        QPalette.ColorRole.Highlight: chosen.accent,
        QPalette.ColorRole.HighlightedText: chosen.accent_text,
        QPalette.ColorRole.ToolTipBase: chosen.panel,
        QPalette.ColorRole.ToolTipText: chosen.text,
        QPalette.ColorRole.PlaceholderText: chosen.muted,
        QPalette.ColorRole.Link: chosen.accent if not chosen.dark else chosen.crosshair,
    }
    for role, colour in roles.items():
        made.setColor(role, QColor(colour))
    for role in (
        QPalette.ColorRole.WindowText,
        QPalette.ColorRole.Text,
        QPalette.ColorRole.ButtonText,
    ):
        made.setColor(QPalette.ColorGroup.Disabled, role, QColor(chosen.axis))
    return made


def framed(chosen: Colours) -> QPalette:
    """Palette of fields whose frame the style makes of the window's colour, which it darkens.

    On dark windows such a frame could not be seen.
    """
    made = palette(chosen)
    if chosen.dark:
        made.setColor(QPalette.ColorRole.Window, QColor(chosen.border).lighter(FRAME_DARKER))
    return made


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two colours, 1..21."""
    light, dark = sorted((_luminance(QColor(one)), _luminance(QColor(other))), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def legible(colour: str, background: str, ratio: float = SHAPE_CONTRAST) -> str:
    """A colour of the same hue that stands out from a background, ``#rrggbb``.

    Parameters
    ----------
    colour, background : str
        ``#rrggbb``.
    ratio : float
        WCAG contrast to be reached.
    """
    start, back = QColor(colour), QColor(background)
    towards = 0.0 if _luminance(back) > 0.18 else 1.0
    for step in range(41):
        share = step / 40
        parts = (
            part * (1 - share) + towards * share
            for part in (start.redF(), start.greenF(), start.blueF())
        )
        mixed = QColor.fromRgbF(*parts).name()
        if contrast(mixed, background) >= ratio:
            return mixed
    return "#000000" if towards == 0.0 else "#ffffff"


def _luminance(colour: QColor) -> float:
    """Relative luminance as WCAG defines it."""
    parts = (colour.redF(), colour.greenF(), colour.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
