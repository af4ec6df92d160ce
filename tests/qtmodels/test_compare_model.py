"""The compared maps as a table that can be sorted, and the matrix of agreement."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import Qt
from window_builders import CARDS, make_analysis, make_map, packed

from nmrcam_qt.core.map_comparison import MapFigures
from nmrcam_qt.qtmodels.compare_model import (
    AgreementModel,
    CompareModel,
    CompareProxy,
    CompareRole,
)
from nmrcam_qt.session.compare_table import TITLES, Column
from nmrcam_qt.session.comparing import AgreementTable, Compared
from nmrcam_qt.session.items import AnalysisKey
from nmrcam_qt.session.session import Session
from nmrcam_qt.session.shown import resolve

METHODS = ("layercam", "gradcam", "hirescam")
SHARES = {"layercam": 0.2, "gradcam": math.nan, "hirescam": 0.9}


@pytest.fixture
def rows():
    session = Session()
    session.add([packed()])
    session.select(1)
    session.set_view(class_id="indole")
    session.store(
        AnalysisKey("net-hsqc", (1,), None), make_analysis([make_map(method=m) for m in METHODS])
    )
    shown = resolve(session, CARDS)
    made = []
    for method in METHODS:
        share = SHARES[method]
        found = MapFigures("indole", method, False, share, 0.1, 1, math.nan, math.nan)
        pane = replace(shown, view=replace(shown.view, method=method))
        made.append(Compared(pane, found))
    return made


@pytest.fixture
def model(rows, qtmodeltester):
    made = CompareModel()
    made.show_rows(rows)
    qtmodeltester.check(made)
    return made


def order(proxy):
    return [proxy.index(row, 0).data(CompareRole.ROW).method for row in range(proxy.rowCount())]


def test_cells_titles_and_tips(model):
    assert model.rowCount() == 3
    assert model.columnCount() == len(Column)
    assert model.index(0, Column.ON_SIGNALS).data() == "20%"
    assert model.index(0, Column.METHOD).data() == "LayerCAM"
    assert "Costs" in model.index(0, Column.METHOD).data(Qt.ItemDataRole.ToolTipRole)
    head = [model.headerData(c, Qt.Orientation.Horizontal) for c in Column]
    assert head == [TITLES[c][0] for c in Column]
    assert model.headerData(0, Qt.Orientation.Horizontal, Qt.ItemDataRole.DecorationRole) is None
    assert model.index(0, 0).data(Qt.ItemDataRole.DecorationRole) is None


def test_what_is_not_known_comes_last_in_both_directions(model):
    proxy = CompareProxy(model)
    proxy.sort(Column.ON_SIGNALS, Qt.SortOrder.DescendingOrder)
    assert order(proxy) == ["hirescam", "layercam", "gradcam"]
    proxy.sort(Column.ON_SIGNALS, Qt.SortOrder.AscendingOrder)
    assert order(proxy) == ["layercam", "hirescam", "gradcam"]
    proxy.sort(Column.METHOD, Qt.SortOrder.AscendingOrder)
    assert order(proxy) == ["gradcam", "hirescam", "layercam"]


def test_new_figures_of_the_same_maps_are_no_reset(model, rows, qtbot):
    reset = []
    model.modelReset.connect(lambda: reset.append(1))
    with qtbot.waitSignal(model.dataChanged):
        model.show_rows([replace(row, figures=None) for row in rows])
    assert not reset
    assert model.index(0, Column.ON_SIGNALS).data() == "–"
    model.show_rows(rows[:1])
    assert reset
    assert model.rows == (rows[0],)


def test_the_matrix_of_agreement(qtmodeltester):
    model = AgreementModel()
    assert model.rowCount() == 0
    ranks = np.array([[1.0, -0.5], [-0.5, 1.0]])
    tops = np.array([[1.0, np.nan], [np.nan, 1.0]])
    model.show_table(AgreementTable(("gradcam", "hirescam"), ranks, tops))
    qtmodeltester.check(model)
    assert model.index(0, 1).data() == "−0.50"
    assert model.index(0, 1).data(CompareRole.SHARE) == -0.5
    assert model.index(1, 0).data() == "–"
    assert model.index(1, 0).data(CompareRole.SHARE) is None
    assert model.index(0, 0).data() is None
    assert model.headerData(1, Qt.Orientation.Vertical) == "HiResCAM"
    model.show_table(None)
    assert model.headerData(1, Qt.Orientation.Vertical) is None
