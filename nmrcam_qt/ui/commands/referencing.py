"""Referencing and masks: what the user says about shifts, solvents and regions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from PySide6.QtCore import Slot

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.core.spectrum import SourceKind
from nmrcam_qt.session.items import ItemState, SessionItem
from nmrcam_qt.session.masking import solvent_masks, with_masks, without_masks
from nmrcam_qt.session.records import SpectrumRecord
from nmrcam_qt.ui.beside import show_beside
from nmrcam_qt.ui.commands.base import NOTHING_OPEN, CommandBase, Slots
from nmrcam_qt.ui.peak_desk import Target
from nmrcam_qt.ui.peak_tool import Mode

if TYPE_CHECKING:
    from nmrcam_qt.ui.main_window import MainWindow
    from nmrcam_qt.ui.mask_dialog import MaskDialog, SolventChoice
    from nmrcam_qt.ui.page import Page
    from nmrcam_qt.ui.reference_dialog import ReferenceDialog, Referencing, Scope
    from nmrcam_qt.ui.reference_two import TwoSignalDialog

ONLY_PICTURES = "Measured data and peak lists have the scale of their file; use Reference."
AS_FILED = "The selected spectra are on the axes of their files."
NO_MASKS = "The selected spectra have no masked regions, and their files name no known solvent."


class ReferenceCommands(CommandBase):
    """Shift axes, set them by two signals; mask and exclude regions."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self.reference_dialog: ReferenceDialog | TwoSignalDialog | None = None
        self.mask_dialog: MaskDialog | None = None
        for name in ("mask_tool", "exclude_masks", "show_masks"):
            window.actions_[name].setCheckable(True)

    def reference_slots(self) -> Slots:
        """What these actions do."""
        return {
            "reference": self.reference,
            "reference_two": self.reference_two,
            "reference_reset": self.reference_reset,
            "solvents": self.show_solvents,
            "mask_tool": self.toggle_mask_tool,
            "exclude_masks": self.toggle_excluded,
            "show_masks": self.toggle_masks,
        }

    def follow_reference(self, page: Page) -> None:
        """Another project is shown."""
        page.peaks.place_chosen.connect(self._on_place)
        page.peaks.mode_changed.connect(self._on_tool)

    @Slot()
    def _on_tool(self) -> None:
        """Who leaves the tool has no more places to say."""
        if self.reference_dialog is not None and self._window.page.peaks.mode is not Mode.PLACE:
            self.reference_dialog.close()
        self.update_reference_actions()

    def update_reference_actions(self) -> None:
        """Enable what can be done."""
        actions, current = self._window.actions_, self._session.current
        nothing = NOTHING_OPEN if current is None else ""
        items = self._found(self._selected_or_current())
        self._enable("reference show_masks", nothing)
        self._enable("solvents mask_tool", nothing)
        picture = current is not None and current.packed.provenance.kind is SourceKind.PICTURE
        self._enable("reference_two", nothing or ("" if picture else ONLY_PICTURES))
        moved = any(not item.packed.reference.identity for item in items)
        self._enable("reference_reset", nothing or ("" if moved else AS_FILED))
        possible = any(_masks_or_proposed(item) for item in items)
        self._enable("exclude_masks", nothing or ("" if possible else NO_MASKS))
        actions["exclude_masks"].setChecked(_all_excluded(items))
        actions["show_masks"].setChecked(self._session.view.show_masks)
        actions["mask_tool"].setChecked(self._window.page.peaks.mode is Mode.MASK)
        self._follow_current(current)

    def _follow_current(self, current: SessionItem | None) -> None:
        if self.mask_dialog is not None:
            self.mask_dialog.show_item(current)
        dialog = self.reference_dialog
        # What was read on other axes, or in another spectrum, means nothing any more.
        if dialog is not None and (current is None or current.packed is not self._referenced):
            dialog.close()

    def close_reference_dialogs(self) -> None:
        """Another project is shown: what asks about the old one goes."""
        for dialog in (self.reference_dialog, self.mask_dialog):
            if dialog is not None:
                dialog.close()

    # Referencing

    def _scopes(self) -> list[Scope]:
        """What the user can mean: this spectrum, its sample, the selection."""
        from nmrcam_qt.ui.reference_dialog import Scope

        current = self._session.current
        if current is None:
            return []
        scopes = [Scope("this spectrum", (current.id,))]
        if current.sample is not None and len(self._session.members(current.sample)) > 1:
            members = self._session.members(current.sample)
            name = self._session.samples[current.sample].name
            scopes.append(Scope(f"the {len(members)} spectra of the sample {name}", members))
        selected = tuple(self._window.sidebar.selected_ids())
        if len(selected) > 1:
            scopes.append(Scope(f"the {len(selected)} selected spectra", selected))
        return scopes

    @Slot()
    def reference(self) -> None:
        """Ask for the shift of a signal that the user clicks; a selected peak is clicked."""
        from nmrcam_qt.ui.reference_dialog import ReferenceDialog

        current, desk = self._session.current, self._window.page.peaks
        if current is None:
            return
        acquisition = current.packed.acquisition
        solvent = acquisition.solvent if acquisition is not None else ""
        dialog = ReferenceDialog(current.name, self._scopes(), solvent, self._window)
        self._open_reference(dialog, current)
        place = desk.selected_place()
        if place is not None:
            dialog.set_place(place)

    @Slot()
    def reference_two(self) -> None:
        """Ask for the shifts of two signals that the user clicks."""
        from nmrcam_qt.ui.reference_two import TwoSignalDialog

        current = self._session.current
        if current is None:
            return
        axes = (current.packed.f2, current.packed.f1)
        dialog = TwoSignalDialog(current.name, axes, self._picture_scopes(), self._window)
        self._open_reference(dialog, current)

    def _picture_scopes(self) -> list[Scope]:
        """Only pictures have a scale that two signals can set."""
        from nmrcam_qt.ui.reference_dialog import Scope

        made = []
        for scope in self._scopes():
            pictures = [
                item.id
                for item in self._found(scope.ids)
                if item.packed.provenance.kind is SourceKind.PICTURE
            ]
            left_out = len(pictures) < len(scope.ids)
            text = f"{scope.text}, pictures only" if left_out else scope.text
            made.append(Scope(text, tuple(pictures)))
        return made

    def _open_reference(
        self, dialog: ReferenceDialog | TwoSignalDialog, current: SessionItem
    ) -> None:
        """Beside the spectrum, in which the user clicks meanwhile."""
        if self.reference_dialog is not None:
            self.reference_dialog.close()
        self.reference_dialog, self._referenced = dialog, current.packed
        dialog.chosen.connect(self._on_referenced)
        dialog.finished.connect(lambda _result: self._on_reference_closed(dialog))
        self._window.page.peaks.set_mode(Mode.PLACE)
        show_beside(dialog, self._window)

    def _on_reference_closed(self, dialog: object) -> None:
        if self.reference_dialog is dialog:
            self.reference_dialog = None
            if self._window.page.peaks.mode is Mode.PLACE:
                self._window.page.peaks.set_mode(Mode.SELECT)

    @Slot(object)
    def _on_place(self, target: Target) -> None:
        current = self._session.current
        if self.reference_dialog is None or current is None or target.item_id != current.id:
            return
        self.reference_dialog.set_place(target.place)

    @Slot(object)
    def _on_referenced(self, wanted: Referencing) -> None:
        self._anew(wanted.ids, lambda: self._session.set_reference(wanted.ids, wanted.h, wanted.c))

    @Slot()
    def reference_reset(self) -> None:
        """Back to the axes of the files."""
        ids = self._selected_or_current()
        self._anew(ids, lambda: self._session.reset_reference(ids))

    # Masks

    @Slot()
    def show_solvents(self) -> None:
        """The list of masked regions, in a window beside this one."""
        from nmrcam_qt.ui.mask_dialog import MaskDialog

        if self.mask_dialog is not None:
            self.mask_dialog.raise_()
            return
        dialog = MaskDialog(self._scopes, self._window)
        dialog.add_asked.connect(self._on_add_masks)
        dialog.exclude_asked.connect(self._on_exclude)
        dialog.delete_asked.connect(self._on_delete_masks)
        dialog.draw_asked.connect(lambda: self._window.page.peaks.set_mode(Mode.MASK))
        dialog.finished.connect(self._forget_mask_dialog)
        self.mask_dialog = dialog
        dialog.show_item(self._session.current)
        show_beside(dialog, self._window)

    @Slot()
    def _forget_mask_dialog(self) -> None:
        self.mask_dialog = None

    @Slot(object)
    def _on_add_masks(self, choice: SolventChoice) -> None:
        def made(record: SpectrumRecord) -> tuple[Mask, ...]:
            new = solvent_masks(record.packed, choice.solvent, choice.references)
            return with_masks(record.packed.masks, new)

        self._anew(choice.ids, lambda: self._session.change_masks(choice.ids, made))

    @Slot(object, object, bool)
    def _on_exclude(self, ids: Sequence[int], name: str | None, excluded: bool) -> None:
        self._anew(ids, lambda: self._session.set_excluded(ids, name, excluded))

    @Slot(object, object)
    def _on_delete_masks(self, ids: Sequence[int], names: Sequence[str]) -> None:
        def made(record: SpectrumRecord) -> tuple[Mask, ...]:
            return without_masks(record.packed.masks, names)

        what = one_line(names[0]) if len(names) == 1 else f"{len(names)} masks"
        self._anew(ids, lambda: self._session.change_masks(ids, made, f"Delete {what}"))

    @Slot()
    def toggle_excluded(self) -> None:
        """Exclude every masked region, or include all again; solvents are masked first."""
        from dataclasses import replace

        items = self._found(self._selected_or_current())
        excluded = not _all_excluded(items)

        def made(record: SpectrumRecord) -> tuple[Mask, ...]:
            masks = record.packed.masks or solvent_masks(record.packed)
            return tuple(replace(mask, excluded=excluded) for mask in masks)

        ids = [item.id for item in items]
        self._anew(ids, lambda: self._session.change_masks(ids, made))
        self.update_reference_actions()

    @Slot()
    def toggle_mask_tool(self) -> None:
        """A drag draws a region, or pans again."""
        on = self._window.actions_["mask_tool"].isChecked()
        self._window.page.peaks.set_mode(Mode.MASK if on else Mode.SELECT)

    @Slot()
    def toggle_masks(self) -> None:
        """Grey masked regions or not."""
        self._session.set_view(show_masks=self._window.actions_["show_masks"].isChecked())

    # What follows

    def _anew(self, ids: Sequence[int], change: Callable[[], None]) -> None:
        """Change what networks see of spectra; what was analysed is analysed anew."""
        before = self._found(ids)
        done = [i.id for i in before if i.state in (ItemState.ANALYSED, ItemState.WAITING)]
        try:
            change()
        except ValueError as error:
            self._tell("Not possible", f"Nothing was changed: {error}.")
            return
        new = [item.id for item in self._found(done) if item.state is ItemState.NEW]
        if new:
            self._bench.analyse(new)


def _masks_or_proposed(item: SessionItem) -> tuple[Mask, ...]:
    return item.packed.masks or solvent_masks(item.packed)


def _all_excluded(items: Sequence[SessionItem]) -> bool:
    """Whether there are masks, and no network sees what lies in any of them."""
    masks = [mask for item in items for mask in item.packed.masks]
    return bool(masks) and all(mask.excluded for mask in masks)
