"""A random session, the same for the same seed, and what a project must hold after each step.

    python tests/project_script.py    # reads lines "FOLDER<tab>SEED", see `serve`

The tests and `benchmarks/kill_session.py` run it against a project file, and a second time
without one to know what must be there.
"""

from __future__ import annotations

import os
import random
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
from check_builders import a_check
from contribution_builders import made_up
from instrument_builders import picks, some_masks
from project_builders import facts, make_record, make_result
from window_builders import MAP_F1, MAP_F2

from nmrcam_qt.core.contributions import MapStability
from nmrcam_qt.core.reference import Affine, Reference
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.wire import Frame
from nmrcam_qt.core.wire_checks import checks_reply
from nmrcam_qt.core.wire_findings import contributions_frame, stability_frame
from nmrcam_qt.session.changes import Change, Replaced
from nmrcam_qt.session.findings import digest
from nmrcam_qt.session.handle import Handle
from nmrcam_qt.session.items import ViewSettings
from nmrcam_qt.session.packing import with_windows
from nmrcam_qt.session.project import create_project, open_project
from nmrcam_qt.session.records import Finding, Flag, ProjectOptions, ProjectState, SampleRecord
from nmrcam_qt.session.referencing import with_reference
from nmrcam_qt.session.results import ResultRecord, basis_of
from nmrcam_qt.session.store import ProjectContent

PROJECT, COPY = "session.nmrcam", "copy.nmrcam"
MAX_STEPS = 400


class Script:
    """One random session.

    Parameters
    ----------
    seed : int
        Equal seeds give equal sessions.
    """

    def __init__(self, seed):
        self.rng = random.Random(seed)  # noqa: S311
        self.spectra, self.samples, self.results, self.findings = {}, {}, {}, {}
        self.gone = []
        self.former = {}
        self.options, self.state = ProjectOptions(), ProjectState()
        self.next_id = 1

    def content(self) -> ProjectContent:
        """What the project must hold when it is opened now."""
        spectra = sorted(self.spectra.values(), key=lambda r: r.position)
        results = [r for r in self.results.values() if set(r.id.key.items) <= set(self.spectra)]
        fits = {}
        for r in results:
            if r.id.basis == tuple(basis_of(self.spectra[i].packed) for i in r.id.key.items):
                fits[r.id.key] = r
        results = [r for r in results if fits.get(r.id.key, r) is r]
        state = self.state
        if state.current not in self.spectra:
            state = replace(state, current=None)
        return ProjectContent(
            tuple(spectra),
            tuple(self.samples.values()),
            tuple(results),
            self.options,
            state,
            self.next_id,
        )

    def found_out(self) -> dict[str, Finding]:
        """Contributions, intervals and checks that must be there, by their place."""
        return {p: f for p, f in self.findings.items() if set(f.items) <= set(self.spectra)}

    def reopened(self, content: ProjectContent | None = None) -> None:
        """The undo stack is gone; with `content`, records are those of the file from now on."""
        self.gone, self.former = [], {}
        there = self.content()
        self.results = {r.id: r for r in there.results}
        self.findings = self.found_out()
        self.state = there.state
        if content is not None:
            self.spectra = {r.id: r for r in content.spectra}

    def step(self) -> Change | ResultRecord | ProjectState | Finding:
        """The next thing the user or a network does; it is applied here."""
        does = [self.add, self.look, self.settings]
        if self.spectra:
            does += [self.edit] * 4 + [self.analyse] * 3 + [self.group, self.remove, self.axes]
            does += [self.pick, self.unpick, self.reference, self.mask]
            does += [self.find_out] * 3
        if self.samples:
            does += [self.ungroup]
        if self.gone:
            does += [self.undo]
        return self.rng.choice(does)()

    def apply(self, change: Change) -> Change:
        """Keep a change as a session would."""
        for records, changed in ((self.samples, change.samples), (self.spectra, change.spectra)):
            for replaced in changed:
                if replaced.after is not None:
                    records[replaced.after.id] = replaced.after
                    self.next_id = max(self.next_id, replaced.after.id + 1)
                else:
                    del records[replaced.before.id]
        if change.view is not None:
            self.state = replace(self.state, view=change.view.after)
        if change.options is not None:
            self.options = change.options.after
        return change

    def _some(self, most=4):
        count = min(len(self.spectra), self.rng.randint(1, most))
        return [self.spectra[i] for i in self.rng.sample(sorted(self.spectra), count)]

    def _edited(self, text, records, **fields) -> Change:
        return self.apply(Change(text, tuple(Replaced(r, replace(r, **fields)) for r in records)))

    def add(self):
        count = self.rng.choice([1, 1, 2, 8])
        new = [make_record(self.next_id + n, rows=self.rng.choice([41, 200])) for n in range(count)]
        return self.apply(Change("Add", tuple(Replaced(None, r) for r in new)))

    def look(self):
        current = self.rng.choice([None, *sorted(self.spectra)])
        view = replace(self.state.view, class_id=self.rng.choice([None, "indole"]))
        self.state = ProjectState(current, view)
        return self.state

    def settings(self):
        if self.rng.random() < 0.3:
            after = ProjectOptions(embed=not self.options.embed)
            return self.apply(Change("Options", options=Replaced(self.options, after)))
        after = ViewSettings(opacity=self.rng.random(), smooth=self.rng.random() < 0.5)
        return self.apply(Change("View", view=Replaced(self.state.view, after)))

    def edit(self):
        fields = self.rng.choice(
            [
                {"title": f"name {self.rng.random()}"},
                {"note": "ü" * self.rng.randint(0, 3000)},
                {"flag": self.rng.choice(list(Flag))},
                {"tags": tuple(sorted(self.rng.sample(["a", "b", "c"], 2)))},
            ]
        )
        return self._edited("Edit", self._some(), **fields)

    def axes(self):
        record = self._some(1)[0]
        packed = record.packed
        if packed.n_peaks is None and self.rng.random() < 0.7:
            packed = with_windows(packed, (self.rng.uniform(9, 12), 0.0), (0.0, 220.0))
        else:
            packed = replace(packed, experiment=self.rng.choice(list(Experiment)))
        return self._edited("Axes", [record], packed=packed)

    def pick(self):
        record = self._some(1)[0]
        self.former[record.id] = (record.picked, record.n_picked)
        count = self.rng.choice([0, 3, 400])
        made = Handle(picks(count, self.rng.randrange(1000)))
        return self._edited("Pick", [record], picked=made, n_picked=count)

    def unpick(self):
        """Undo of the last picking, by what may be in the file alone."""
        record = self._some(1)[0]
        picked, count = self.former.get(record.id, (None, 0))
        return self._edited("Unpick", [record], picked=picked, n_picked=count)

    def reference(self):
        record = self._some(1)[0]
        h = Affine(self.rng.choice([1.0, 1.25]), self.rng.choice([0.0, 0.031]))
        packed = with_reference(record.packed, Reference(h, Affine(offset=self.rng.random())))
        return self._edited(
            "Reference", [record], packed=packed, contour_base=0.5 + self.rng.random()
        )

    def mask(self):
        record = self._some(1)[0]
        masks = tuple(replace(m, excluded=self.rng.random() < 0.5) for m in some_masks())
        return self._edited("Mask", [record], packed=replace(record.packed, masks=masks))

    def analyse(self):
        records = self._some(2)
        made = make_result(records, self.rng.randrange(10**6), sha=self.rng.choice("ab") * 64)
        # The newest is the last, as in the file.
        self.results.pop(made.id, None)
        self.results[made.id] = made
        return made

    def find_out(self):
        record = self._some(1)[0]
        kind = self.rng.choice([contributions, intervals_of_a_map, check])
        rng = np.random.default_rng(self.rng.randrange(10**6))
        place = digest(kind.__name__, record.id)  # an older answer goes
        basis = digest(self.rng.random())
        made = Finding(place, basis, (record.id,), kind(rng))
        self.findings[place] = made
        return made

    def group(self):
        sample = SampleRecord(self.next_id, f"sample {self.rng.random()}")
        members = tuple(Replaced(r, replace(r, sample=sample.id)) for r in self._some())
        return self.apply(Change("Group", members, (Replaced(None, sample),)))

    def ungroup(self):
        sample = self.samples[self.rng.choice(sorted(self.samples))]
        members = tuple(
            Replaced(r, replace(r, sample=None))
            for r in self.spectra.values()
            if r.sample == sample.id
        )
        return self.apply(Change("Ungroup", members, (Replaced(sample, None),)))

    def remove(self):
        change = Change("Remove", tuple(Replaced(r, None) for r in self._some(2)))
        self.gone.append(change)
        return self.apply(change)

    def undo(self):
        back = self.gone.pop().inverse()
        spectra = tuple(
            Replaced(None, r.after)
            if r.after.sample in self.samples
            else Replaced(None, replace(r.after, sample=None))
            for r in back.spectra
        )
        return self.apply(replace(back, spectra=spectra))


def contributions(rng) -> Frame:
    """Of up to 600 peaks, with intervals."""
    n = int(rng.integers(1, 600))
    points = np.column_stack([rng.uniform(0, 10, n), rng.uniform(0, 200, n)])
    return contributions_frame(made_up(points, rng.normal(size=(n, 3)), repeats=20))


def intervals_of_a_map(rng) -> Frame:
    """How far it moves."""
    low = rng.random((MAP_F1.size, MAP_F2.size), np.float32)
    where = ("spectrum", "indole", "hirescam", "conv4")
    return stability_frame(MapStability(*where, MAP_F1, MAP_F2, low + 0.5, low, 0.43, 20))


def check(rng) -> Frame:
    """Of a map."""
    return checks_reply([a_check(randomised=float(rng.random()))])


def put(store, task) -> None:
    """Hand a step to a store."""
    if isinstance(task, Change):
        store.write(task)
    elif isinstance(task, ResultRecord):
        store.write_result(task)
    elif isinstance(task, Finding):
        store.write_finding(task)
    else:
        store.write_state(task)


@dataclass(frozen=True)
class Moment:
    """What happens after a step, beside the session's own changes."""

    flush: bool
    copy: bool
    reopen: bool


def plan(seed: int) -> list[Moment]:
    """For every step; the same for the same seed."""
    rng = random.Random(seed + 1)  # noqa: S311
    return [
        Moment(rng.random() < 0.6, rng.random() < 0.04, rng.random() < 0.05)
        for _ in range(MAX_STEPS)
    ]


def run(folder: Path, seed: int) -> None:
    """A session that says on stdout what is saved, until it is killed."""
    script = Script(seed)
    store = create_project(folder / PROJECT).store
    say("confirmed 0")
    for number, moment in enumerate(plan(seed), 1):
        put(store, script.step())
        if moment.flush and store.flush(60):
            say(f"confirmed {number}")
        if moment.copy:
            store.save_copy(folder / COPY)
        if moment.reopen:
            if store.close():
                say(f"confirmed {number}")
            opened = open_project(folder / PROJECT)
            store = opened.store
            script.reopened(opened.content)
    store.close()
    say("closed")


def say(text: str) -> None:
    """A line that is out at once."""
    os.write(1, (text + "\n").encode())


def finding_facts(findings: Iterable[Finding]) -> dict:
    """Everything of what was found out, to compare."""
    return {
        f.place: (f.basis, f.items, f.frame.header, [a.tobytes() for a in f.frame.arrays])
        for f in findings
    }


def expected(seed: int, first: int, last: int) -> Iterator[tuple[dict, list[ProjectState]]]:
    """What the project may hold after each of the steps `first` to `last`, and where the user was.

    Where the user looks is written for the last of several looks that wait: the project may have
    it from any step since `first`.
    """
    script, moments, looks = Script(seed), plan(seed), []
    for number in range(last + 1):
        if number:
            script.step()
        if number >= first:
            looks.append(script.state)
            found = finding_facts(script.found_out().values())
            yield facts(script.content()) | {"findings": found}, looks
        if number and moments[number - 1].reopen:
            script.reopened()


def serve() -> None:
    """For each line a session in a process of its own, which is quick to start and to kill."""
    for line in sys.stdin:
        folder, seed = line.rstrip("\n").split("\t")
        child = os.fork()
        if not child:
            run(Path(folder), int(seed))
            os._exit(0)
        say(f"process {child}")
        os.waitpid(child, 0)
        say("ended")


if __name__ == "__main__":
    serve()
