"""What the user can do to a session and undo again, by name."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence

from nmrcam_qt.core.masks import Mask
from nmrcam_qt.core.picked import PickedPeaks
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.reference import Affine, Reference
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session import changing, signal_changes
from nmrcam_qt.session.changes import Change
from nmrcam_qt.session.packing import PackedSpectrum
from nmrcam_qt.session.present import Present
from nmrcam_qt.session.records import Flag, ProjectOptions, SpectrumRecord


class Editing(ABC):
    """Operations that are changes; `Session` says how a change is made.

    Parameters
    ----------
    present : Present
        What there is.
    """

    def __init__(self, present: Present) -> None:
        self._present = present
        self._contents = present.contents

    @abstractmethod
    def _make(self, change: Change | None) -> None:
        """Apply a change, keep and publish it; None changes nothing."""

    def add(
        self,
        spectra: Sequence[PackedSpectrum],
        options: Sequence[ReadOptions] = (),
        merge_key: str = "",
    ) -> tuple[int, ...]:
        """Append spectra; returns their ids.

        HSQC and HMBC of one folder and one name but for the experiment make a sample, also
        with spectra that are there on their own.

        Parameters
        ----------
        spectra : sequence of PackedSpectrum
            In their order.
        options : sequence of ReadOptions, optional
            How each was read; may be shorter.
        merge_key : str
            The same for all parts of a folder that is read: they are one step of undo.
        """
        change, ids = changing.added(self._contents, spectra, options, merge_key)
        self._make(change)
        return ids

    def remove(self, item_ids: Iterable[int]) -> None:
        """Remove items; unknown ids are passed over, here and below."""
        self._make(changing.removed(self._contents, item_ids))

    def rename(self, item_id: int, title: str) -> None:
        """Give a spectrum a title; empty for the name of its file."""
        self._make(changing.renamed(self._contents, item_id, title))

    def set_tags(
        self, item_ids: Iterable[int], add: Iterable[str] = (), remove: Iterable[str] = ()
    ) -> None:
        """Add and remove tags.

        Raises
        ------
        ValueError
            If a spectrum would have too many.
        """
        self._make(changing.tagged(self._contents, item_ids, add, remove))

    def set_note(self, item_id: int, text: str) -> None:
        """Replace the note of a spectrum."""
        self.set_notes((item_id,), text)

    def set_notes(self, item_ids: Iterable[int], text: str) -> None:
        """Replace the notes of spectra by one text."""
        self._make(changing.noted(self._contents, item_ids, text))

    def set_flag(self, item_ids: Iterable[int], flag: Flag) -> None:
        """Mark spectra."""
        self._make(changing.flagged(self._contents, item_ids, flag))

    def group(self, item_ids: Iterable[int], sample: int | None = None, name: str = "") -> int:
        """Put spectra into a sample and take them out of others; returns the sample's id.

        Parameters
        ----------
        item_ids : iterable of int
            The spectra.
        sample : int or None
            Into which; None for a new one.
        name : str
            Of the sample; empty to leave it, or for the name of the files.

        Raises
        ------
        ValueError
            If there is no such sample, or no spectrum for a new one.
        """
        change, sample_id = changing.grouped(self._contents, item_ids, sample, name)
        self._make(change)
        return sample_id

    def ungroup(self, item_ids: Iterable[int]) -> None:
        """Take spectra out of their samples."""
        self._make(changing.ungrouped(self._contents, item_ids))

    def rename_sample(self, sample_id: int, name: str) -> None:
        """Give a sample another name; empty for that of its files."""
        self._make(changing.sample_renamed(self._contents, sample_id, name))

    def set_experiment(self, item_ids: Iterable[int], experiment: Experiment) -> None:
        """The user says what spectra are; earlier results are valid again when undone."""
        self._make(changing.of_experiment(self._contents, item_ids, experiment))

    def set_windows(
        self,
        item_ids: Iterable[int],
        f2_window: tuple[float, float],
        f1_window: tuple[float, float],
    ) -> None:
        """The user says which ppm lie at the outer edges of pictures.

        Items that are no pictures are passed over: their axes are known.

        Raises
        ------
        ValueError
            If a window has no extent.
        """
        self._make(changing.on_windows(self._contents, item_ids, f2_window, f1_window))

    def set_picked(
        self,
        item_id: int,
        peaks: PickedPeaks | None,
        text: str = "",
        reference: Reference | None = None,
        merge_key: str = "",
    ) -> None:
        """Replace the picked peaks of a spectrum.

        Parameters
        ----------
        item_id : int
            Nothing happens where it is gone.
        peaks : PickedPeaks or None
            At the *user's* shifts, as `SessionItem.picked` gives them and as they are picked
            in `PackedSpectrum.unpack`; the session keeps them at the file's. None for none.
        text : str
            For the menu; empty for the usual one ("Pick 43 peaks in estragole_hsqc").
        reference : Reference, optional
            `PackedSpectrum.reference` when a job began that picked them: the user may have
            moved the axes meanwhile. Else the present one.
        merge_key : str
            Steps with the same key that follow each other are one.

        Raises
        ------
        ValueError
            If a peak lies where no spectrum does.
        """
        self._make(
            signal_changes.picked(self._contents, item_id, peaks, text, reference, merge_key)
        )

    def set_masks(self, item_ids: Iterable[int], masks: Sequence[Mask], text: str = "") -> None:
        """Give spectra these masks (at the user's ppm) in the place of those they have.

        Raises
        ------
        ValueError
            If there are too many, or one lies where no spectrum does.
        """
        self._make(signal_changes.masked(self._contents, item_ids, masks, text))

    def change_masks(
        self,
        item_ids: Iterable[int],
        made: Callable[[SpectrumRecord], tuple[Mask, ...]],
        text: str = "",
    ) -> None:
        """Give each spectrum masks of its own, made from its record, in one step."""
        self._make(signal_changes.remasked(self._contents, item_ids, made, text))

    def set_excluded(
        self, item_ids: Iterable[int], name: str | None, excluded: bool, text: str = ""
    ) -> None:
        """Show networks background in the masks of this name, or no more; None for all masks."""
        self._make(signal_changes.excluded(self._contents, item_ids, name, excluded, text))

    def set_reference(
        self,
        item_ids: Iterable[int],
        h: Affine | None = None,
        c: Affine | None = None,
        text: str = "",
    ) -> None:
        """Move the axes of spectra, pictures too, after the referencing that is there.

        Peaks go with their axes, masks stay at their ppm.

        Parameters
        ----------
        item_ids : iterable of int
            The spectra.
        h, c : Affine, optional
            From the ppm that are shown now to those that are right; a shift is
            ``Affine(offset=right - shown)``, two known peaks are `Affine.through`.
        text : str
            For the menu.

        Raises
        ------
        ValueError
            If an axis would lie where no spectrum does; nothing is changed then.
        """
        self._make(signal_changes.shifted(self._contents, item_ids, h, c, text))

    def reset_reference(self, item_ids: Iterable[int], text: str = "") -> None:
        """Set spectra back to the axes of their files."""
        self._make(signal_changes.as_filed(self._contents, item_ids, text))

    def set_contour_base(self, item_id: int, factor: float) -> None:
        """Set `SpectrumRecord.contour_base`, at most a thousandth or a thousandfold.

        A turn of the wheel is one step of undo.

        Raises
        ------
        ValueError
            If it is not finite.
        """
        self._make(signal_changes.on_base(self._contents, item_id, factor))

    def set_options(self, options: ProjectOptions) -> None:
        """Choices for the whole project."""
        self._make(changing.with_options(self._contents, options))
