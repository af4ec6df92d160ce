"""Colours: legible in both themes, applied everywhere, remembered."""

from __future__ import annotations

import re
from dataclasses import fields

import pytest
from PySide6.QtCore import QSettings, Qt
from PySide6.QtGui import QColor, QGuiApplication, QPalette

from nmrcam_qt.core.paths import resources_dir
from nmrcam_qt.ui.theme import (
    DARK,
    FRAME_DARKER,
    LIGHT,
    SHAPE_CONTRAST,
    TEXT_CONTRAST,
    Theme,
    contrast,
    framed,
    legible,
    palette,
    style_sheet,
)

OKABE_ITO = ("#e69f00", "#56b4e9", "#009e73", "#f0e442", "#0072b2", "#d55e00", "#cc79a7")


@pytest.fixture
def made(qapp, tmp_path):
    """A theme of its own; what it does to the application is undone."""
    before, sheet = qapp.palette(), qapp.styleSheet()
    settings = QSettings(str(tmp_path / "s.ini"), QSettings.Format.IniFormat)
    yield Theme(), settings
    QGuiApplication.styleHints().setColorScheme(Qt.ColorScheme.Unknown)
    qapp.setPalette(before)
    qapp.setPalette(before, "QAbstractSpinBox")
    qapp.setStyleSheet(sheet)


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_frames_of_number_fields_are_as_visible_as_those_of_texts(theme):
    """The style makes them of the window's colour."""
    window = framed(theme).color(QPalette.ColorRole.Window)
    frame = window.darker(FRAME_DARKER).name()
    least = min(contrast(theme.border, theme.window), 1.5)
    assert contrast(frame, theme.window) >= 0.95 * least


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read_and_shapes_can_be_seen(theme):
    backs = (theme.window, theme.panel, theme.header, theme.field, theme.paper)
    for name in ("text", "strong", "muted", "hint"):
        for back in backs:
            assert contrast(getattr(theme, name), back) >= TEXT_CONTRAST, (name, back)
    for one, other in (
        (theme.accent_text, theme.accent),
        (theme.tag_text, theme.tag),
        (theme.warning, theme.warning_back),
        (theme.warning, theme.paper),
        (theme.error, theme.panel),
        (theme.error, theme.window),
        (theme.good, theme.panel),
        (theme.ink, theme.paper),
        (theme.negative, theme.paper),
    ):
        assert contrast(one, other) >= TEXT_CONTRAST, (one, other)
    for one in (theme.axis, theme.frame, theme.crosshair, theme.accent):
        assert contrast(one, theme.paper) >= SHAPE_CONTRAST, one
    assert contrast(theme.warning_border, theme.warning_back) >= SHAPE_CONTRAST
    assert contrast(theme.text, theme.track) >= SHAPE_CONTRAST


def test_contrast_is_that_of_the_standard():
    assert contrast("#000000", "#ffffff") == pytest.approx(21.0)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("back", [LIGHT.paper, DARK.paper])
def test_colours_of_classes_are_made_legible_and_stay_what_they_are(back):
    for colour in (*OKABE_ITO, "#ffffff", "#000000", "#808080"):
        made = legible(colour, back)
        assert contrast(made, back) >= SHAPE_CONTRAST
        if contrast(colour, back) >= SHAPE_CONTRAST:
            assert made == QColor(colour).name()


@pytest.mark.parametrize("theme", [LIGHT, DARK], ids=["light", "dark"])
def test_the_style_sheet_names_only_colours_that_exist(theme):
    text = (resources_dir() / "style" / "window.qss").read_text(encoding="utf-8")
    named = set(re.findall(r"@(\w+)", text))
    assert named <= {"icons", *(f.name for f in fields(theme))}
    assert not re.search(r"#[0-9a-f]{6}", text), "a colour without a name"
    made = style_sheet(theme)
    assert "@" not in made and theme.warning_back in made


def test_every_colour_is_a_colour():
    for theme in (LIGHT, DARK):
        for field in fields(theme):
            value = getattr(theme, field.name)
            assert field.name == "dark" or re.fullmatch(r"#[0-9a-f]{6}", value)


def test_the_choice_is_applied_told_and_remembered(made, qapp, qtbot):
    theme, settings = made
    theme.start(settings)
    assert theme.choice == "system"
    with qtbot.waitSignal(theme.changed):
        theme.choose("dark")
    assert theme.colours is DARK
    assert qapp.palette().window().color().name() == DARK.window
    assert DARK.panel in qapp.styleSheet()
    again = Theme()
    again.start(settings)
    assert again.choice == "dark" and again.colours is DARK
    theme.choose("light")
    assert theme.colours is LIGHT and qapp.palette().window().color().name() == LIGHT.window
    with pytest.raises(ValueError, match="no theme"):
        theme.choose("pink")


def test_a_broken_setting_is_the_default(made):
    theme, settings = made
    settings.setValue("view/theme", "pink")
    theme.start(settings)
    assert theme.choice == "system"


def test_the_palette_has_both_groups():
    for theme in (LIGHT, DARK):
        assert palette(theme).text().color().name() == theme.text
