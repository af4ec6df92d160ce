"""A change while it is being built: samples follow their spectra."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import fields, replace

from nmrcam_qt.core.plain_text import one_line
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.contents import Contents
from nmrcam_qt.session.grouping import PairKey, are_a_pair, pair_key, sample_name
from nmrcam_qt.session.records import SampleRecord, SpectrumRecord

_MAX_SHOWN = 40


class Draft:
    """Records as they will be; `contents` stays as it is.

    A sample vanishes with its last spectrum. One that shrinks to a single spectrum vanishes
    too where its name is the automatic one: a heading that repeats the line below it helps
    nobody. A name that the user gave stays.

    Parameters
    ----------
    contents : Contents
        What there is.
    """

    def __init__(self, contents: Contents) -> None:
        self._contents = contents
        self._records: dict[int, SpectrumRecord | None] = {}
        self._samples: dict[int, SampleRecord | None] = {}
        self._next_id = contents.next_id

    def new_ids(self, count: int) -> int:
        """The first of so many ids that were never used."""
        first = self._next_id
        self._next_id += count
        return first

    def put(self, record: SpectrumRecord) -> None:
        """Add or replace a spectrum; one that is as it was is no change."""
        before = self._contents.records.get(record.id)
        if before is None or not _same(before, record):
            self._records[record.id] = record
        else:
            self._records.pop(record.id, None)

    def drop(self, record_id: int) -> None:
        """Take a spectrum out."""
        self._records[record_id] = None

    def put_sample(self, sample: SampleRecord) -> None:
        """Add or replace a sample."""
        self._samples[sample.id] = sample

    def record(self, record_id: int) -> SpectrumRecord | None:
        """A spectrum as it will be."""
        if record_id in self._records:
            return self._records[record_id]
        return self._contents.records.get(record_id)

    def replaced(self) -> list[SpectrumRecord]:
        """Spectra that change and stay, as they were."""
        return [self._contents.records[i] for i in self._records if i in self._contents.records]

    def pair(self, ids: Iterable[int]) -> None:
        """Make samples of these spectra and those of the same name and folder.

        Where HSQC and HMBC are there, all spectra of that name that are on their own join
        the sample that the others are in, or a new one.
        """
        new: dict[PairKey, list[int]] = {}
        for record_id in ids:
            record = self.record(record_id)
            if record is not None:
                new.setdefault(pair_key(record.packed), []).append(record_id)
        for key, mine in new.items():
            self._pair_alike([*self._contents.alike(key), *mine])

    def _pair_alike(self, ids: Iterable[int]) -> None:
        found = [self.record(i) for i in dict.fromkeys(ids)]
        known = [r for r in found if r is not None and r.packed.experiment is not None]
        if not are_a_pair(r.packed.experiment for r in known):
            return
        alone = [r for r in known if r.sample is None]
        samples = [r.sample for r in known if r.sample is not None]
        if not alone:
            return
        if samples:
            sample_id = samples[0]
        else:
            sample_id = self.new_ids(1)
            first = min(alone, key=lambda r: r.position)
            self.put_sample(SampleRecord(sample_id, sample_name(first.packed)))
        for record in alone:
            self.put(replace(record, sample=sample_id))

    def change(self, text: str) -> Change | None:
        """The change; None where everything is as it was."""
        left = self._left()
        joining: dict[int, list[SpectrumRecord]] = {}
        for record in self._records.values():
            if record is not None and record.sample in left:
                joining.setdefault(record.sample, []).append(record)
        for sample_id in left:
            self._tidy(sample_id, joining.get(sample_id, ()))
        records, samples = self._contents.records, self._contents.samples
        spectra = tuple(Replaced(records.get(i), r) for i, r in self._records.items())
        changed = tuple(
            Replaced(samples.get(i), s) for i, s in self._samples.items() if samples.get(i) != s
        )
        if not spectra and not changed:
            return None
        return Change(text, spectra, changed)

    def _left(self) -> dict[int, None]:
        """Samples that lose a spectrum."""
        left: dict[int, None] = {}
        for record_id, after in self._records.items():
            before = self._contents.records.get(record_id)
            if before is None or before.sample is None:
                continue
            if after is None or after.sample != before.sample:
                left[before.sample] = None
        return left

    def _tidy(self, sample_id: int, joining: Iterable[SpectrumRecord]) -> None:
        before = [self._contents.records[i] for i in self._contents.members(sample_id)]
        staying = {r.id: r for r in joining}
        for old in before:
            now = self.record(old.id)
            if now is not None and now.sample == sample_id:
                staying[old.id] = now
        name = self._contents.samples[sample_id].name
        automatic = any(sample_name(r.packed) == name for r in before)
        if not staying:
            self._samples[sample_id] = None
        elif len(staying) == 1 and automatic and sample_id not in self._samples:
            (only,) = staying.values()
            self._samples[sample_id] = None
            self.put(replace(only, sample=None))


def _same(one: SpectrumRecord, other: SpectrumRecord) -> bool:
    """Whether nothing differs; arrays are not looked into."""
    return all(
        getattr(one, f.name) is getattr(other, f.name)
        or (f.name != "packed" and getattr(one, f.name) == getattr(other, f.name))
        for f in fields(one)
    )


def known(contents: Contents, ids: Iterable[int]) -> list[SpectrumRecord]:
    """Records of the ids that are there, each once."""
    return [contents.records[i] for i in dict.fromkeys(ids) if i in contents.records]


def each(
    contents: Contents,
    ids: Iterable[int],
    verb: str,
    made: Callable[[SpectrumRecord], SpectrumRecord],
) -> Change | None:
    """The change of spectra one by one; its text is `verb` and what it changes."""
    draft = Draft(contents)
    for record in known(contents, ids):
        draft.put(made(record))
    return draft.change(said(verb, [record.name for record in draft.replaced()]))


def said(verb: str, names: Sequence[str]) -> str:
    """A text for the menu: the verb with the one name, or with the number of spectra."""
    if len(names) != 1:
        return f"{verb} {len(names)} spectra"
    name = one_line(names[0])
    return f"{verb} {name if len(name) <= _MAX_SHOWN else name[: _MAX_SHOWN - 1] + '…'}"
