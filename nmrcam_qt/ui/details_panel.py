"""Everything that is kept of the selected spectra, to read and to edit."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, QTimer, Signal, Slot
from PySide6.QtWidgets import (
    QButtonGroup,
    QFormLayout,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from nmrcam_qt.session.detail_text import (
    MIXED,
    acquisition_lines,
    axes_lines,
    mask_lines,
    picked_text,
    reference_lines,
    result_lines,
    same,
    sample_text,
    source_lines,
)
from nmrcam_qt.session.events import (
    CurrentChanged,
    Event,
    ItemChanged,
    ItemsRemoved,
    SampleChanged,
)
from nmrcam_qt.session.items import SessionItem, SourceState
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.session import Session
from nmrcam_qt.ui.flow_layout import FlowLayout
from nmrcam_qt.ui.note_edit import NoteEdit
from nmrcam_qt.ui.row_marks import FLAG_SIGNS
from nmrcam_qt.ui.tag_editor import TagEditor

NOTHING = "No spectrum is selected."
AS_IN_FILE = "The axes are those of the file."
FILE_THERE = "The file lies where it was and has not changed."
ONE_ONLY = "Select a single spectrum."
REFRESH_MS = 60


class DetailsPanel(QWidget):
    """Title, sample, flag, tags, note; source, axes, results.

    Parameters
    ----------
    session : Session
        Whose spectra are shown.
    selected : callable
        Ids of the selected spectra; where there is none, the present one is shown.
    parent : QWidget, optional
        Owner.
    """

    relink_asked = Signal()
    folder_asked = Signal()
    refused = Signal(str)

    def __init__(
        self,
        session: Session,
        selected: Callable[[], Sequence[int]],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._selected = session, selected
        self._items: list[SessionItem] = []
        self._make_fields()
        self._arrange()
        self._connect()
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(REFRESH_MS)
        self._timer.timeout.connect(self.refresh)
        unsubscribe = session.subscribe(self._on_event)
        self.destroyed.connect(unsubscribe)
        self.refresh()

    # Building

    def _make_fields(self) -> None:
        self.heading = _text(bold=True)
        self.title, self.sample = QLineEdit(), QLineEdit()
        for edit, name in ((self.title, "Title"), (self.sample, "Sample")):
            edit.setMaxLength(200)
            edit.setAccessibleName(name)
        self.flags, self._flag_row = QButtonGroup(self), QWidget()
        row = FlowLayout(self._flag_row, spacing=3)
        self.flags.setExclusive(False)
        for number, flag in enumerate(Flag):
            button = QToolButton()
            button.setText(f"{FLAG_SIGNS[flag]} {flag}" if flag else "none")
            button.setAccessibleName(f"Flag: {flag or 'none'}")
            button.setCheckable(True)
            self.flags.addButton(button, number)
            row.addWidget(button)
        self.tags, self.note = TagEditor(self._session), NoteEdit()
        self.source, self.axes, self.results = _text(), _text(), _text()
        self.acquisition, self.reference = _text(), _text()
        self.masks, self.picked = _text(), _text()
        self.relink, self.folder = QPushButton("Relink …"), QPushButton("Show in folder")
        self.unreference = QPushButton("Back to the file's axes")

    def _arrange(self) -> None:
        outer, form = QVBoxLayout(self), QFormLayout()
        self._form = form
        outer.setContentsMargins(8, 8, 8, 8)
        outer.addLayout(form)
        outer.addStretch(1)
        form.setRowWrapPolicy(QFormLayout.RowWrapPolicy.WrapLongRows)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.AllNonFixedFieldsGrow)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
        form.addRow(self.heading)
        for label, field in (
            ("&Title", self.title),
            ("&Sample", self.sample),
            ("Flag", self._flag_row),
            ("Tags", self.tags),
            ("Note", self.note),
        ):
            form.addRow(label, field)
        buttons = QHBoxLayout()
        buttons.addWidget(self.relink)
        buttons.addWidget(self.folder)
        buttons.addStretch(1)
        form.addRow("Source", self.source)
        form.addRow("", buttons)
        form.addRow("Axes", self.axes)
        form.addRow("Measured", self.acquisition)
        form.addRow("Referencing", self.reference)
        back = QHBoxLayout()
        back.addWidget(self.unreference)
        back.addStretch(1)
        form.addRow("", back)
        form.addRow("Masks", self.masks)
        form.addRow("Peaks", self.picked)
        form.addRow("Results", self.results)

    def _connect(self) -> None:
        self.title.editingFinished.connect(self._rename)
        self.sample.editingFinished.connect(self._rename_sample)
        self.flags.idClicked.connect(self._set_flag)
        self.note.committed.connect(self._keep_note)
        self.tags.refused.connect(self.refused)
        self.relink.clicked.connect(self.relink_asked)
        self.folder.clicked.connect(self.folder_asked)
        self.unreference.clicked.connect(self._set_back)

    # Showing

    @Slot()
    def refresh_soon(self) -> None:
        """The selection or the spectra changed; many changes are shown once."""
        if not self._timer.isActive():
            self._timer.start()

    @Slot()
    def refresh(self) -> None:
        """Show what is selected now; what was typed before belongs to what was shown."""
        current = self._session.current
        ids = list(self._selected()) or ([current.id] if current is not None else [])
        items = [item for item in map(self._session.find, ids) if item is not None]
        if [item.id for item in items] != [item.id for item in self._items]:
            self._commit()
            items = [item for item in map(self._session.find, ids) if item is not None]
        self._items = items
        self._show_edits()
        self._show_facts()

    def _commit(self) -> None:
        self.note.commit()
        for edit, keep in ((self.title, self._rename), (self.sample, self._rename_sample)):
            if edit.isModified():
                keep()

    def _show_edits(self) -> None:
        items, session = self._items, self._session
        one = items[0] if len(items) == 1 else None
        self.heading.setText(f"{len(items)} spectra" if len(items) > 1 else "" if one else NOTHING)
        self.heading.setVisible(one is None)
        _show(self.title, one.name if one else "", ONE_ONLY if one is None else "")
        sample = sample_text(session, items)
        known = bool(items) and sample != MIXED and items[0].sample is not None
        _show(self.sample, sample, "" if known else "The spectra share no sample.")
        for number, flag in enumerate(Flag):
            button = self.flags.button(number)
            marked = sum(item.flag is flag for item in items)
            button.setChecked(bool(items) and marked == len(items))
            button.setEnabled(bool(items))
            button.setToolTip("" if items else NOTHING)
        self.tags.show_items(items)
        self.tags.setEnabled(bool(items))
        self._show_note()

    def _show_note(self) -> None:
        note = same(item.note for item in self._items)
        self.note.setEnabled(bool(self._items))
        if not (self.note.hasFocus() and self.note.dirty):
            self.note.show_text(note or "")
        several = f"Different notes; what you write here replaces all {len(self._items)}"
        self.note.setPlaceholderText("Your note" if note is not None else several)

    def _show_facts(self) -> None:
        one = self._items[0] if len(self._items) == 1 else None
        for button in (self.relink, self.folder):
            button.setEnabled(one is not None)
            button.setToolTip("" if one is not None else ONE_ONLY)
        if one is not None and one.source is SourceState.PRESENT:
            self.relink.setEnabled(False)
            self.relink.setToolTip(FILE_THERE)
        source = source_lines(one) if one else _counted(self._items)
        self.source.setText("\n".join(source))
        self.axes.setText("\n".join(axes_lines(one)) if one else "")
        self.results.setText("\n".join(result_lines(self._session, one)) if one else "")

        self._show_signals(one)

    def _show_signals(self, one: SessionItem | None) -> None:
        """Rows of what measured data have; none where there is nothing to say."""
        rows = (
            (self.acquisition, acquisition_lines(one) if one else []),
            (self.reference, reference_lines(self._items)),
            (self.masks, mask_lines(one) if one else []),
            (self.picked, [text] if one and (text := picked_text(one)) else []),
        )
        for label, lines in rows:
            label.setText("\n".join(lines))
            self._form.setRowVisible(label, bool(lines))
        moved = any(not item.packed.reference.identity for item in self._items)
        self.unreference.setEnabled(moved)
        self.unreference.setToolTip("" if moved else AS_IN_FILE if self._items else NOTHING)

    def _on_event(self, event: Event) -> None:
        match event:
            case CurrentChanged() | ItemsRemoved() | SampleChanged():
                self.refresh_soon()
            case ItemChanged(item_id) if any(item.id == item_id for item in self._items[:50]):
                self.refresh_soon()
            case ItemChanged() if len(self._items) > 50:
                self.refresh_soon()
            case _:
                pass

    # Editing: what is shown is what is edited, whatever is selected meanwhile

    @property
    def _ids(self) -> list[int]:
        return [item.id for item in self._items]

    @Slot()
    def _rename(self) -> None:
        if len(self._items) == 1 and self.title.isModified():
            self.title.setModified(False)
            self._session.rename(self._items[0].id, self.title.text())

    @Slot()
    def _rename_sample(self) -> None:
        if self._items and self._items[0].sample is not None and self.sample.isModified():
            self.sample.setModified(False)
            self._session.rename_sample(self._items[0].sample, self.sample.text())

    @Slot(int)
    def _set_flag(self, number: int) -> None:
        self._session.set_flag(self._ids, list(Flag)[number])
        self.refresh()

    @Slot()
    def _set_back(self) -> None:
        self._session.reset_reference(self._ids)

    @Slot(str)
    def _keep_note(self, text: str) -> None:
        self._session.set_notes(self._ids, text)


def _counted(items: Sequence[SessionItem]) -> list[str]:
    """How many sources of several spectra are in which state."""
    states: dict[str, int] = {}
    for item in items:
        states[item.source.value] = states.get(item.source.value, 0) + 1
    return [f"{count} {state}" for state, count in states.items()]


def _text(bold: bool = False) -> QLabel:
    """Text to read and to copy; of strangers, so plain."""
    label = QLabel()
    label.setTextFormat(Qt.TextFormat.PlainText)
    label.setWordWrap(True)
    label.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
    label.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
    if bold:
        label.setObjectName("verdict")
    return label


def _show(edit: QLineEdit, text: str, refusal: str) -> None:
    """Show what is kept, unless the user is typing."""
    edit.setEnabled(not refusal)
    edit.setToolTip(refusal)
    if not edit.isModified() or not edit.hasFocus():
        edit.setText(text)
        edit.setModified(False)
        edit.setCursorPosition(0)
