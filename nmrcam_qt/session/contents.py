"""What a project holds, in memory: looked up by the builders of changes, changed by one of them.

It publishes nothing; `nmrcam_qt.session.session.Session` does.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from nmrcam_qt.session.changes import Change, id_of
from nmrcam_qt.session.ending import Holder
from nmrcam_qt.session.grouping import PairKey, pair_key
from nmrcam_qt.session.items import NAVIGATION, ViewSettings
from nmrcam_qt.session.lazy import Records, lazy_spectra
from nmrcam_qt.session.records import SampleRecord, SpectrumRecord
from nmrcam_qt.session.store import ProjectContent


class Contents:
    """Records of a project by id.

    Parameters
    ----------
    content : ProjectContent
        What the project holds at first; a spectrum whose sample is missing is on its own,
        a sample without spectra is left out.
    """

    def __init__(self, content: ProjectContent) -> None:
        self.options = content.options
        self.view = content.state.view
        spectra = lazy_spectra(content.spectra)
        self._records = Records(spectra)
        self._samples = {sample.id: sample for sample in content.samples}
        self._members: dict[int, set[int]] = {}
        self._alike: dict[PairKey, dict[int, None]] | None = None
        self._next_id = max((content.next_id - 1, *spectra.ids, *self._samples)) + 1
        self._next_position = max(0, max(spectra.positions, default=0)) + 1
        for record_id, sample in zip(spectra.ids, spectra.samples, strict=True):
            if sample in self._samples:
                self._members.setdefault(sample, set()).add(record_id)
            elif sample is not None:
                self._records.put(replace(self._records[record_id], sample=None))
        self._samples = {i: s for i, s in self._samples.items() if i in self._members}

    @property
    def records(self) -> Records:
        """Spectra by id."""
        return self._records

    @property
    def samples(self) -> Mapping[int, SampleRecord]:
        """Samples by id; each has a spectrum."""
        return self._samples

    @property
    def next_id(self) -> int:
        """Larger than every id of a spectrum or sample that ever was."""
        return self._next_id

    @property
    def next_position(self) -> int:
        """Larger than the position of every spectrum that ever was."""
        return self._next_position

    def members(self, sample_id: int) -> tuple[int, ...]:
        """Ids of the spectra of a sample, in their order."""
        found = self._members.get(sample_id, ())
        return tuple(sorted(found, key=lambda i: (self._records[i].position, i)))

    def sample_of_members(self) -> dict[int, int | None]:
        """Id of the sample of every spectrum in one, by its id."""
        return {i: sample for sample, ids in self._members.items() for i in ids}

    def alike(self, key: PairKey) -> Collection[int]:
        """Ids of the spectra with the same folder and name but for the experiment."""
        if self._alike is None:  # made when first needed: opening a project must be fast
            self._alike = {}
            for record in self._records.values():
                self._alike.setdefault(pair_key(record.packed), {})[record.id] = None
        return self._alike.get(key, {})

    @property
    def holders(self) -> tuple[Holder, ...]:
        """What holds spectra and samples, to be emptied at the end."""
        return *self._records.holders, self._samples, self._members

    # One record

    def put_record(self, record: SpectrumRecord) -> None:
        """Add a spectrum, or replace that of the same id."""
        old = self._records.get(record.id)
        if old is not None and old.packed is record.packed and old.sample == record.sample:
            self._records.put(record)
            return
        self.drop_record(record.id)
        self._records.put(record)
        if record.sample is not None:
            self._members.setdefault(record.sample, set()).add(record.id)
        if self._alike is not None:
            self._alike.setdefault(pair_key(record.packed), {})[record.id] = None
        self._saw(record.id)
        self._next_position = max(self._next_position, record.position + 1)

    def drop_record(self, record_id: int) -> None:
        """Take a spectrum out, if it is there."""
        record = self._records.get(record_id)
        if record is None:
            return
        self._records.drop(record_id)
        if record.sample is not None:
            members = self._members[record.sample]
            members.discard(record_id)
            if not members:
                del self._members[record.sample]
        if self._alike is not None:
            self._alike[pair_key(record.packed)].pop(record_id, None)

    def put_sample(self, sample: SampleRecord) -> None:
        """Add a sample, or replace that of the same id."""
        self._samples[sample.id] = sample
        self._saw(sample.id)

    def drop_sample(self, sample_id: int) -> None:
        """Take a sample out, if it is there."""
        self._samples.pop(sample_id, None)

    def _saw(self, number: int) -> None:
        self._next_id = max(self._next_id, number + 1)

    # A change

    def fitted(self, change: Change) -> Change:
        """The change as it applies now: it leaves alone where the user looks.

        Raises
        ------
        ValueError
            If it does not follow from what there is: something it takes away is not
            there, or something it adds is.
        """
        fits = all((id_of(r) in self._records) == (r.before is not None) for r in change.spectra)
        if not fits or any(
            (id_of(s) in self._samples) != (s.before is not None) for s in change.samples
        ):
            raise ValueError(f"the change {change.text!r} does not fit what there is")
        if change.view is None or change.view.after is None:
            return change
        after = _looking_at(change.view.after, self.view)
        return replace(change, view=replace(change.view, before=self.view, after=after))


def _looking_at(view: ViewSettings, present: ViewSettings) -> ViewSettings:
    """Settings of one, with the fields of `NAVIGATION` of the other."""
    return replace(view, **{name: getattr(present, name) for name in NAVIGATION})
