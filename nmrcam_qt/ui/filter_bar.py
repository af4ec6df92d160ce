"""Buttons with menus: which spectra the sidebar lists."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from PySide6.QtCore import Signal, Slot
from PySide6.QtGui import QAction, QActionGroup
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.filters import NONE_PRESENT, Condition, Filters
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.ordering import natural_key
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.row_text import UNKNOWN_EXPERIMENT, class_title
from nmrcam_qt.ui.row_marks import FLAG_SIGNS
from nmrcam_qt.ui.stay_open_menu import StayOpenMenu

MOST_ENTRIES = 200
_MOST_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Facet:
    """A button of the bar.

    Parameters
    ----------
    name : str
        Field of `Filters`.
    title, tip : str
        Of the button.
    fixed : tuple
        Values that stand in the menu even where no spectrum has them.
    text : callable
        How a value is written.
    """

    name: str
    title: str
    tip: str
    fixed: tuple[Any, ...]
    text: Callable[[Any], str]


def _experiment(value: Experiment | None) -> str:
    return UNKNOWN_EXPERIMENT if value is None else value.label


FACETS = (
    Facet("experiments", "Type", "Experiment", (*Experiment,), _experiment),
    Facet(
        "classes",
        "Class",
        "Classes that are present",
        (),
        lambda value: "none present" if value == NONE_PRESENT else class_title(value),
    ),
    Facet(
        "conditions",
        "State",
        "State of analysis, source, peaks, regions and axes",
        (*Condition,),
        str,
    ),
    Facet(
        "flags",
        "Flag",
        "Your marks",
        (Flag.CHECK, Flag.CONFIRMED, Flag.REJECTED, Flag.NONE),
        lambda value: f"{FLAG_SIGNS[value]} {value}" if value else "no flag",
    ),
    Facet("tags", "Tags", "Your tags", (), lambda value: value or "no tags"),
)


class FilterBar(QWidget):
    """One button per facet; the menus count the spectra that each choice would list.

    Parameters
    ----------
    listing : Listing
        Whose filters it sets.
    parent : QWidget, optional
        Owner.
    """

    changed = Signal(object)
    """`Filters`"""

    def __init__(self, listing: Listing, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._listing = listing
        self.buttons: dict[str, QToolButton] = {}
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(3)
        for facet in FACETS:
            button = self._button(facet)
            self.buttons[facet.name] = button
            row.addWidget(button, 1)
        self.refresh()

    def _button(self, facet: Facet) -> QToolButton:
        button = QToolButton(self)
        button.setObjectName("filterButton")
        button.setProperty("active", False)
        button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        button.setAccessibleName(f"Filter by {facet.tip.lower()}")
        menu = StayOpenMenu(button)
        menu.setToolTipsVisible(True)
        menu.aboutToShow.connect(partial(self._fill, facet))
        button.setMenu(menu)
        return button

    def refresh(self) -> None:
        """Show which facets ask for something."""
        filters = self._listing.filters
        for facet in FACETS:
            chosen = getattr(filters, facet.name)
            button = self.buttons[facet.name]
            button.setText(f"{facet.title} {len(chosen)}" if chosen else facet.title)
            if button.property("active") is not bool(chosen):
                button.setProperty("active", bool(chosen))
                button.style().unpolish(button)  # the style sheet asks for the property
                button.style().polish(button)
            names = ", ".join(sorted(_entry(facet, value) for value in chosen))
            asked = f"{facet.tip}: {names}" if chosen else f"{facet.tip}: all"
            button.setToolTip(one_line(asked).replace("<", "‹"))

    def set_filters(self, filters: Filters) -> None:
        """Ask for something else."""
        self._listing.set_filters(filters)
        self.refresh()
        self.changed.emit(filters)

    @Slot()
    def clear(self) -> None:
        """Ask for nothing, except for the words of the search."""
        self.set_filters(Filters(words=self._listing.filters.words))

    # Menus

    def _fill(self, facet: Facet) -> None:
        menu = self.buttons[facet.name].menu()
        menu.clear()
        counts = self._listing.counts(facet.name)
        chosen = getattr(self._listing.filters, facet.name)
        if facet.name == "classes":
            self._add_any_or_all()
        for value in _values(facet, set(counts) | set(chosen)):
            text = f"{_entry(facet, value)}  ({counts[value]})".replace("&", "&&")
            action = menu.addAction(text)
            action.setCheckable(True)
            action.setChecked(value in chosen)
            action.setData(value)
            action.toggled.connect(partial(self._on_toggled, facet.name, value))
        if not menu.actions() or all(a.isSeparator() for a in menu.actions()):
            menu.addAction(f"No {facet.title.lower()} yet").setEnabled(False)
        menu.addSeparator()
        self._add_all(facet, bool(chosen))

    def _add_all(self, facet: Facet, active: bool) -> None:
        action = self.buttons[facet.name].menu().addAction("Show all")
        action.setEnabled(active)
        action.setToolTip("" if active else "This filter asks for nothing.")
        action.triggered.connect(partial(self._choose, facet.name, frozenset()))

    def _add_any_or_all(self) -> None:
        menu = self.buttons["classes"].menu()
        group = QActionGroup(menu)
        for text, every in (("Any of these", False), ("All of these", True)):
            action = QAction(text, menu)
            action.setCheckable(True)
            action.setChecked(self._listing.filters.every_class is every)
            action.triggered.connect(partial(self._set_every, every))
            group.addAction(action)
            menu.addAction(action)
        menu.addSeparator()

    def _set_every(self, every: bool) -> None:
        self.set_filters(replace(self._listing.filters, every_class=every))

    def _on_toggled(self, facet: str, value: Any, on: bool) -> None:
        chosen: frozenset[Any] = getattr(self._listing.filters, facet)
        self._choose(facet, chosen | {value} if on else chosen - {value})

    def _choose(self, facet: str, values: frozenset[Any]) -> None:
        changes: dict[str, Any] = {facet: values}
        self.set_filters(replace(self._listing.filters, **changes))


def _values(facet: Facet, found: set[Any]) -> list[Any]:
    """Fixed values first, then the others by name; what stands for none comes last."""
    others = found - set(facet.fixed)
    named = sorted((v for v in others if v), key=lambda value: natural_key(facet.text(value)))
    return [*facet.fixed, *named, *(v for v in others if not v)][:MOST_ENTRIES]


def _entry(facet: Facet, value: Any) -> str:
    text = one_line(facet.text(value))
    return text if len(text) <= _MOST_SHOWN else text[: _MOST_SHOWN - 1] + "…"
