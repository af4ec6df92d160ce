"""Whatever happens to the session, a view that only hears the model's signals shows its rows."""

from __future__ import annotations

import random

import pytest
from PySide6.QtTest import QAbstractItemModelTester
from session_fakes import some_spectra
from window_builders import make_analysis

from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.qtmodels.listing_model import ListingModel, Role
from nmrcam_qt.session.events import ChangeMade
from nmrcam_qt.session.filters import Condition, Filters
from nmrcam_qt.session.items import AnalysisKey, SourceState
from nmrcam_qt.session.listing import Listing
from nmrcam_qt.session.ordering import Order
from nmrcam_qt.session.records import Flag
from nmrcam_qt.session.session import Session

STEPS = 150
HOSTILE = ["", "<b>x", "\u202eevil", "\ud800", "a\nb", "9" * 400, "x 10", "X 2", "\u0130"]


class View:
    """The rows as a view knows them: from signals alone."""

    def __init__(self, model):
        self.model = model
        self.rows = self.read()
        model.rowsInserted.connect(self._inserted)
        model.rowsRemoved.connect(self._removed)
        model.modelReset.connect(self._reset)

    def read(self):
        return [self.model.index(r, 0).data(Role.KEY) for r in range(self.model.rowCount())]

    def _inserted(self, _parent, first, last):
        new = [self.model.index(r, 0).data(Role.KEY) for r in range(first, last + 1)]
        self.rows[first:first] = new

    def _removed(self, _parent, first, last):
        del self.rows[first : last + 1]

    def _reset(self):
        self.rows = self.read()


class Monkey:
    """Does anything, with what was removed brought back now and then."""

    def __init__(self, rng, model):
        self.rng, self.model = rng, model
        self.listing, self.session = model.listing, model.listing.session
        self.done, self.spectra = [], some_spectra()
        self.session.subscribe(lambda e: isinstance(e, ChangeMade) and self.done.append(e.change))

    def some(self):
        ids = [item.id for item in self.session.items]
        return self.rng.sample(ids, min(len(ids), self.rng.randint(1, 4)))

    def one(self):
        return self.rng.choice([item.id for item in self.session.items] or [0])

    def sample(self):
        return self.rng.choice([*self.session.samples, None])

    def act(self):
        name = self.rng.choice([n for n in dir(self) if n.startswith("do_")])
        getattr(self, name)()
        return name

    def do_add(self):
        self.session.add(self.rng.sample(self.spectra, self.rng.randint(1, 4)))

    def do_remove(self):
        self.session.remove(self.some())

    def do_rename(self):
        self.session.rename(self.one(), self.rng.choice(HOSTILE))

    def do_group(self):
        if self.session.items:
            self.session.group(self.some(), self.sample(), self.rng.choice(HOSTILE))

    def do_ungroup(self):
        self.session.ungroup(self.some())

    def do_rename_sample(self):
        self.session.rename_sample(self.sample(), self.rng.choice(HOSTILE))

    def do_flag(self):
        self.session.set_flag(self.some(), self.rng.choice(list(Flag)))

    def do_tag(self):
        self.session.set_tags(self.some(), self.rng.sample(HOSTILE, 2), self.rng.sample(HOSTILE, 2))

    def do_fail(self):
        self.session.mark_failed(self.some(), self.rng.choice(HOSTILE))

    def do_wait(self):
        self.session.mark_waiting(self.some())

    def do_store(self):
        self.session.store(AnalysisKey("net", (self.one(),), None), make_analysis())

    def do_source(self):
        self.session.set_source_state(self.one(), self.rng.choice(list(SourceState)))

    def do_experiment(self):
        self.session.set_experiment(self.some(), self.rng.choice(list(Experiment)))

    def do_undo(self):
        if self.done:
            change = self.done.pop()
            self.session.apply(change.inverse())
            if self.rng.random() < 0.5:
                self.session.apply(change)
                self.done.append(change)

    def do_filter(self):
        self.listing.set_filters(
            self.rng.choice(
                [
                    Filters(),
                    Filters(words=(self.rng.choice([*HOSTILE, "a", "h"]),)),
                    Filters(flags=frozenset({self.rng.choice(list(Flag))})),
                    Filters(conditions=frozenset({self.rng.choice(list(Condition))})),
                ]
            )
        )

    def do_order(self):
        self.listing.set_order(self.rng.choice(list(Order)), self.rng.random() < 0.5)

    def do_grouped(self):
        self.listing.set_grouped(self.rng.random() < 0.7)

    def do_collapse(self):
        if self.session.samples:
            self.listing.set_collapsed([self.sample() or 0], self.rng.random() < 0.6)

    def do_edit(self):
        if self.model.rowCount():
            row = self.rng.randrange(self.model.rowCount())
            self.model.setData(self.model.index(row, 0), self.rng.choice(HOSTILE))

    def do_hold(self):
        with self.model.held():
            self.do_flag()
            self.do_rename()


@pytest.mark.parametrize("seed", range(6))
def test_rows_follow_whatever_happens(qapp, qtbot, seed):
    model = ListingModel(Listing(Session()))
    model.tester = QAbstractItemModelTester(
        model, QAbstractItemModelTester.FailureReportingMode.Fatal
    )
    view, monkey = View(model), Monkey(random.Random(seed), model)  # noqa: S311
    for _ in range(STEPS):
        name = monkey.act()
        if monkey.rng.random() < 0.3:
            model.relist_now()
        assert view.rows == view.read() == list(model.listing.keys), name
        for row in range(model.rowCount()):
            for role in (0, 2, 3, 11, *map(int, Role)):
                model.index(row, 0).data(role)
    model.relist_now()
    shown = {key for key in view.rows if key > 0}
    assert shown <= {item.id for item in monkey.session.items}
    monkey.listing.set_filters(Filters())
    monkey.listing.set_grouped(False)
    model.relist_now()
    assert sorted(view.rows) == sorted(item.id for item in monkey.session.items)
