"""A project file in memory, and digests of what a project holds, for tests."""

from __future__ import annotations

import zlib
from dataclasses import fields, replace
from pathlib import Path

from window_builders import packed, picture

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.progress import SILENT
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.session.events import (
    ItemsAboutToBeAdded,
    ItemsAboutToBeRemoved,
    ItemsAdded,
    ItemsRemoved,
)
from nmrcam_qt.session.items import NAVIGATION
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.results import basis_of
from nmrcam_qt.session.store import ProjectContent, SaveState, SaveStatus


class FakeStore:
    """Holds what it is handed, by the plainest code; the same surface as a project file.

    Parameters
    ----------
    content : ProjectContent
        What the file holds at first.
    settle : bool
        Whether maps are let go of, as a real file does once they are written.
    """

    def __init__(self, content=None, settle=False, path=Path("fake.nmrcam")):
        content = content or ProjectContent()
        self.path = path
        self.status = SaveStatus(SaveState.SAVED)
        self.on_status = lambda status: None
        self.spectra = {r.id: r for r in content.spectra}
        self.samples = {s.id: s for s in content.samples}
        self.results = {r.id: r for r in content.results}
        self.findings = {}
        self.options = content.options
        self.state = content.state
        self.next_id = content.next_id
        self.changes, self.states, self.closed, self.broken = [], 0, False, False
        self._settle = settle

    def write(self, change):
        self.changes.append(change)
        for kept, replacements in ((self.spectra, change.spectra), (self.samples, change.samples)):
            for before, after in ((r.before, r.after) for r in replacements):
                for record in (before, after):
                    if record is not None:
                        self.next_id = max(self.next_id, record.id + 1)
                if after is None:
                    del kept[before.id]
                else:
                    assert (before is None) == (after.id not in kept)
                    kept[after.id] = after
        if change.view is not None:
            self.state = replace(self.state, view=change.view.after)
        if change.options is not None:
            self.options = change.options.after

    def write_finding(self, finding):
        self.findings[finding.place] = finding

    def finding(self, place, basis):
        found = self.findings.get(place)
        return found.frame if found is not None and found.basis == basis else None

    def write_result(self, result):
        self.results[result.id] = result
        if self._settle:
            value = result.handle.get()
            result.handle.settle(lambda: self._load(value))

    def _load(self, value):
        if self.broken:
            raise ProjectError("fake.nmrcam: the maps of a result cannot be read")
        return value

    def write_state(self, state):
        self.states += 1
        self.state = state

    def content(self):
        """What the file holds; results of spectra that are there."""
        return ProjectContent(
            spectra=tuple(sorted(self.spectra.values(), key=lambda r: r.position)),
            samples=tuple(self.samples[i] for i in sorted(self.samples)),
            results=tuple(
                r for r in self.results.values() if set(r.id.key.items) <= set(self.spectra)
            ),
            options=self.options,
            state=self.state,
            next_id=self.next_id,
        )

    def flush(self, timeout_s=None):
        return True

    def retry(self):
        pass

    def save_copy(self, path, progress=SILENT):
        pass

    def close(self):
        self.closed = True
        return True


class Follower:
    """Follows the rows of a session by its events, as an item model does, and checks them."""

    def __init__(self, session):
        self.session = session
        self.ids = [item.id for item in session.items]
        self._due = None
        self.unsubscribe = session.subscribe(self)

    def __call__(self, event):
        now = [item.id for item in self.session.items]
        match event:
            case ItemsAboutToBeAdded(first, last) | ItemsAboutToBeRemoved(first, last):
                assert self._due is None
                assert now == self.ids, "told before it happens"
                assert 0 <= first <= last
                self._due = (type(event), first, last)
            case ItemsAdded(first, last):
                assert self._due == (ItemsAboutToBeAdded, first, last)
                self.ids[first:first] = now[first : last + 1]
                self._due = None
            case ItemsRemoved(first, last, ids):
                assert self._due == (ItemsAboutToBeRemoved, first, last)
                assert tuple(self.ids[first : last + 1]) == ids
                del self.ids[first : last + 1]
                self._due = None
        if self._due is None:
            assert now == self.ids
            check_samples(self.session)


def check_samples(session):
    """Every item's sample is there and has it, whenever an event is told."""
    for item in session.items:
        if item.sample is not None:
            assert item.sample in session.samples
            assert item.id in session.members(item.sample)
    for sample_id in session.samples:
        assert all(session.find(i).sample == sample_id for i in session.members(sample_id))


def valid_results(content):
    """Ids of the results that are shown."""
    basis = {r.id: basis_of(r.packed) for r in content.spectra}
    return {
        r.id for r in content.results if r.id.basis == tuple(basis.get(i) for i in r.id.key.items)
    }


def digest(content, navigation=False):
    """What the user made: records, samples, options and view settings that can be undone."""
    view = content.state.view
    return (
        tuple(_record(record) for record in content.spectra),
        tuple((s.id, s.name) for s in content.samples),
        content.options,
        tuple(
            (f.name, getattr(view, f.name))
            for f in fields(view)
            if navigation or f.name not in NAVIGATION
        ),
    )


def _record(record):
    made = record.packed
    payload = made.payload.get()
    light = (made.name, made.f1, made.f2, made.experiment, made.provenance, made.n_peaks)
    signal = (made.acquisition, made.reference, made.masks, made.filed)
    others = (getattr(record, f.name) for f in fields(record) if f.name not in ("packed", "picked"))
    others = (*others, None if record.picked is None else record.picked.get())
    return (
        *others,
        *signal,
        *light,
        made.display_axes,
        zlib.crc32(payload.full.blob),
        made.picture.get(),
    )


def some_spectra():
    """Eight small spectra: two pairs by name, one alone, one unknown, two pictures."""
    hmbc = Experiment.HMBC
    return [
        packed("x_HSQC"),
        packed("x_HMBC", hmbc),
        packed("y hsqc", points=((1.0, 20.0),)),
        packed("y-HMBC", hmbc),
        packed("z_HSQC"),
        packed("nobody", None),
        pack(picture("p_HSQC", rows=21, columns=30)),
        pack(picture("q_HMBC", rows=21, columns=30, experiment=hmbc)),
    ]
