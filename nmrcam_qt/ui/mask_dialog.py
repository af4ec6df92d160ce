"""Which signals are not of the sample: those of solvent, water and reference, and boxes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import (
    QComboBox,
    QDialog,
    QDialogButtonBox,
    QFormLayout,
    QHBoxLayout,
    QHeaderView,
    QLabel,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.solvents import REFERENCES, SOLVENTS, Solvent, references_for, solvent_of
from nmrcam_qt.session.items import SessionItem
from nmrcam_qt.session.masking import mask_range, solvent_masks
from nmrcam_qt.ui.reference_dialog import Scope, plain_label

EXPLANATION = (
    "Masked regions are greyed. Tick a region to exclude it: the networks are then shown nothing "
    "there, and what was analysed is analysed anew. Signals of solvents mislead networks."
)
NOTHING_OPEN = "No spectrum is open."
FROM_FILES = "as each file says"
UNKNOWN = "not known"
USUAL = "the usual one"
NO_REFERENCE = "none"
NO_SOLVENT = "Choose a solvent: the file does not name one that is known."
NO_MASKS = "There are no masked regions."
NONE_SELECTED = "Select regions in the list."
NO_SIGNALS = "This solvent has no signals of its own."
_MASK = int(Qt.ItemDataRole.UserRole)


@dataclass(frozen=True, slots=True)
class SolventChoice:
    """What is to be masked.

    Parameters
    ----------
    ids : tuple of int
        The spectra.
    solvent : Solvent or None
        None for what each file says.
    references : tuple of Solvent or None
        Added substances; None for the usual one.
    """

    ids: tuple[int, ...]
    solvent: Solvent | None
    references: tuple[Solvent, ...] | None


class MaskDialog(QDialog):
    """Stays open beside the spectrum and follows it.

    Parameters
    ----------
    scopes : callable
        Spectra that the user can mean now; empty where none is open.
    parent : QWidget, optional
        Owner.
    """

    add_asked = Signal(object)
    """`SolventChoice`"""
    exclude_asked = Signal(object, object, bool)
    """ids of spectra, name of a mask or None for all, excluded"""
    delete_asked = Signal(object, object)
    """ids of spectra, names of masks"""
    draw_asked = Signal()

    def __init__(
        self, scopes: Callable[[], Sequence[Scope]], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Solvent signals")
        self._scopes = scopes
        self._item: SessionItem | None = None
        self._filling = False
        self.heading = plain_label("", "questionFile")
        self.solvent, self.reference, self.scope = QComboBox(), QComboBox(), QComboBox()
        self.signals = plain_label("", "caveat")
        self.add = QPushButton("Mask these signals")
        self.tree = _tree()
        self.exclude_all = QPushButton("Exclude all")
        self.include_all = QPushButton("Include all")
        self.draw = QPushButton("Draw a region")
        self.draw.setToolTip("Drag a box in the spectrum; Esc to stop")
        self.delete = QPushButton("Delete")
        for button in (self.add, self.exclude_all, self.include_all, self.draw, self.delete):
            button.setAutoDefault(False)
        self._fill_choices()
        self._arrange()
        self._connect()

    def _fill_choices(self) -> None:
        self.solvent.addItem(FROM_FILES, None)
        for solvent in SOLVENTS:
            self.solvent.addItem(solvent.title, solvent)
        self.reference.addItem(USUAL, None)
        for reference in REFERENCES:
            self.reference.addItem(reference.title, (reference,))
        self.reference.addItem(NO_REFERENCE, ())

    def _arrange(self) -> None:
        text = plain_label(EXPLANATION, "caveat")
        text.setMinimumWidth(420)
        form = QFormLayout()
        form.addRow("Solvent", self.solvent)
        form.addRow("Reference", self.reference)
        form.addRow("", self.signals)
        form.addRow("Apply to", self.scope)
        form.addRow("", self.add)
        row = QHBoxLayout()
        for button in (self.exclude_all, self.include_all, self.draw, self.delete):
            row.addWidget(button)
        close = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        close.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        for widget in (self.heading, text):
            layout.addWidget(widget)
        layout.addLayout(form)
        layout.addWidget(QLabel("Masked regions"))
        layout.addWidget(self.tree, 1)
        layout.addLayout(row)
        layout.addWidget(close)

    def _connect(self) -> None:
        self.solvent.currentIndexChanged.connect(self._check)
        self.reference.currentIndexChanged.connect(self._check)
        self.add.clicked.connect(self._on_add)
        self.tree.itemChanged.connect(self._on_ticked)
        self.tree.itemSelectionChanged.connect(self._check)
        self.exclude_all.clicked.connect(lambda: self._exclude(None, True))
        self.include_all.clicked.connect(lambda: self._exclude(None, False))
        self.draw.clicked.connect(self.draw_asked)
        self.delete.clicked.connect(self._on_delete)

    # Showing

    def show_item(self, item: SessionItem | None) -> None:
        """Show the masks of another spectrum, or of the same anew."""
        other = item is None or self._item is None or item.id != self._item.id
        self._item = item
        self.heading.setText(item.name if item is not None else NOTHING_OPEN)
        chosen = self.scope.currentIndex()
        self.scope.clear()
        for scope in self._scopes():
            self.scope.addItem(scope.text, scope.ids)
        self.scope.setCurrentIndex(min(max(chosen, 0), self.scope.count() - 1))
        if other:
            named = solvent_of(item.packed.acquisition) if item is not None else None
            said = named.title if named is not None else UNKNOWN
            self.solvent.setItemText(0, f"{FROM_FILES} (here {said})")
        self._show_masks(item.packed.masks if item is not None else ())
        self._check()

    def _show_masks(self, masks: Sequence[Mask]) -> None:
        selected = set(self.selected_names())
        self._filling = True
        self.tree.clear()
        for mask in masks:
            row = QTreeWidgetItem(self.tree, [mask.name, mask_range(mask)])
            row.setData(0, _MASK, mask)
            state = Qt.CheckState.Checked if mask.excluded else Qt.CheckState.Unchecked
            row.setCheckState(0, state)
            row.setToolTip(0, "Tick to exclude it from analysis")
            row.setSelected(mask.name in selected)
        self._filling = False

    @Slot()
    def _check(self) -> None:
        """What the buttons would do, and why some cannot do anything."""
        item = self._item
        masks = self._proposed()
        names = [f"{mask.name}: {mask_range(mask)}" for mask in masks]
        self.signals.setText("\n".join(names))
        reason = "" if masks else self._no_signals()
        _enable(self.add, reason)
        if reason and item is not None:
            self.signals.setText(reason)
        there = item is not None and bool(item.packed.masks)
        for button in (self.exclude_all, self.include_all):
            _enable(button, "" if there else NO_MASKS)
        _enable(self.delete, "" if self.selected_names() else NONE_SELECTED)
        self.draw.setEnabled(item is not None)

    def _no_signals(self) -> str:
        if self._item is None:
            return NOTHING_OPEN
        return NO_SOLVENT if self.solvent.currentData() is None else NO_SIGNALS

    def _proposed(self) -> tuple[Mask, ...]:
        """What would be masked in the spectrum that is shown."""
        if self._item is None:
            return ()
        solvent: Solvent | None = self.solvent.currentData()
        return solvent_masks(self._item.packed, solvent, self._references(solvent))

    def _references(self, solvent: Solvent | None) -> tuple[Solvent, ...] | None:
        chosen: tuple[Solvent, ...] | None = self.reference.currentData()
        if chosen is None and solvent is not None:
            return references_for(solvent)
        return chosen

    def selected_names(self) -> tuple[str, ...]:
        """Names of the selected rows."""
        return tuple(row.data(0, _MASK).name for row in self.tree.selectedItems())

    @property
    def _ids(self) -> tuple[int, ...]:
        return tuple(self.scope.currentData() or ())

    # What the user says

    @Slot()
    def _on_add(self) -> None:
        solvent: Solvent | None = self.solvent.currentData()
        self.add_asked.emit(SolventChoice(self._ids, solvent, self._references(solvent)))

    @Slot(QTreeWidgetItem, int)
    def _on_ticked(self, row: QTreeWidgetItem, _column: int) -> None:
        if not self._filling:
            ticked = row.checkState(0) == Qt.CheckState.Checked
            self._exclude(row.data(0, _MASK).name, ticked)

    def _exclude(self, name: str | None, excluded: bool) -> None:
        self.exclude_asked.emit(self._ids, name, excluded)

    @Slot()
    def _on_delete(self) -> None:
        self.delete_asked.emit(self._ids, self.selected_names())


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels(["Excluded", "Region"])
    tree.setRootIsDecorated(False)
    tree.setSelectionMode(QTreeWidget.SelectionMode.ExtendedSelection)
    tree.header().setSectionResizeMode(0, QHeaderView.ResizeMode.ResizeToContents)
    tree.setMinimumHeight(120)
    return tree


def _enable(button: QPushButton, reason: str) -> None:
    button.setEnabled(not reason)
    button.setToolTip(reason)
