"""Measured data as a chemist works with them, in the real window on a virtual screen.

A folder with an HSQC, an HMBC (JCAMP-DX) and an edited HSQC (raw Bruker data) is dropped on
the window; peaks are picked, added, undone and exported, one spectrum is referenced, solvent
signals are excluded, two spectra overlaid; the window is closed, and opened again everything
is there. Once with the samples, once with data that are made here.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from bruker_builders import SF_C, SF_H, time_signals, write_raw
from jcamp_builders import jcamp_2d

from nmrcam_qt.core.processing import Scheme
from nmrcam_qt.core.readers import read_spectrum

SAVED = "str(window.session.project.status.state) == 'saved'"
IDLE = f"not window.workbench.runner.running and {SAVED}"
CURRENT = "window.session.current"
PICKED = "window.session.picked(window.session.current.id)"
PEAKS = f"[[p.id, p.h_ppm, p.c_ppm, p.height] for p in {PICKED}.peaks]"
KEPT = (
    "[[i.id, i.name, str(i.experiment), i.sample, repr(i.packed.f1), repr(i.packed.f2),"
    " [[m.name, m.excluded] for m in i.packed.masks], i.record.contour_base,"
    " repr(window.session.picked(i.id))] for i in window.session.items]"
)
BASE = f"{CURRENT}.record.contour_base"
ROW = "window.sidebar.list.visualRect(window.sidebar.list.model().index({}, 0))"
DIALOG = "window.commands.reference_dialog"
TABLE = "window.page.peak_panel.table"
MOVED = 3.79, 55.25
"""Shifts that the strongest peak is given, ppm."""


def copied_samples(samples, folder):
    """The three measured spectra among the samples."""
    (folder / "estragole").mkdir(parents=True)
    for name in ("hsqc", "hmbc"):
        file = f"estragole_{name}.dx"
        shutil.copy(samples / "instrument" / "jcamp" / file, folder / "estragole" / file)
    shutil.copytree(samples / "instrument" / "bruker_raw" / "exam2d_HC", folder / "exam2d_HC")


def plane(peaks, shape=(128, 512)):
    """Integers: Lorentzian lines and noise; axes are those of `write_jcamp`."""
    made = np.random.default_rng(4).normal(0, 400, shape)
    c = np.linspace(160, 10, shape[0])[:, None]
    h = np.linspace(9.5, 0.5, shape[1])[None, :]
    for h_ppm, c_ppm, height in peaks:
        made += height / (1 + ((h - h_ppm) / 0.02) ** 2) / (1 + ((c - c_ppm) / 0.8) ** 2)
    return np.rint(made).astype(int)


def write_jcamp(path, peaks, program):
    """A JCAMP-DX file as TopSpin writes it."""
    extra = f"##.OBSERVE FREQUENCY= {SF_H}\n##.PULSE SEQUENCE= {program}\n##.SOLVENT NAME= CDCl3\n"
    text = jcamp_2d(plane(peaks), f1=(160.0, 10.0), f2=(9.5, 0.5), units="PPM", extra=extra)
    path.write_text(text, encoding="ascii")


def made_data(folder):
    """The same kinds of data as the samples, made here."""
    (folder / "estragole").mkdir(parents=True)
    bonds = [(7.1, 129.5, 9e4), (6.8, 113.9, 8e4), (3.8, 55.3, 4e5), (3.3, 39.4, 6e4)]
    far = [(3.8, 158.0, 3e5), (3.3, 129.5, 9e4), (7.1, 158.0, 8e4), (6.8, 132.0, 7e4)]
    write_jcamp(folder / "estragole" / "estragole_hsqc.dx", bonds, "hsqcetgp")
    write_jcamp(folder / "estragole" / "estragole_hmbc.dx", far, "hmbcgplpndqf")
    hz = [(20.0 * SF_C, 1.5 * SF_H, 1e5), (-15.0 * SF_C, -1.5 * SF_H, -8e4)]
    fid = time_signals(hz, Scheme.ECHO_ANTIECHO, (128, 256), (20000.0, 5000.0))
    write_raw(folder / "exam2d_HC" / "3", fid, Scheme.ECHO_ANTIECHO, program="hsqcedetgpsp.3")


def test_measured_data_that_are_made_here(user, tmp_path):
    folder = tmp_path / "spectra"
    made_data(folder)
    work(user, folder, tmp_path)


def test_measured_data_of_the_samples(user, samples_dir, tmp_path):
    folder = tmp_path / "Messdaten für März"
    copied_samples(samples_dir, folder)
    work(user, folder, tmp_path)


def work(user, folder, tmp_path):
    """The whole story."""
    project = tmp_path / "work.nmrcam"
    robot = user("--new")
    open_and_save(robot, folder, project)
    pick_and_edit(robot)
    reference_and_undo(robot)
    written = export(robot, tmp_path / "peaks.csv")
    look(robot)
    mask(robot)
    robot.wait(IDLE)
    before, view = robot.ask(KEPT), robot.ask("repr(window.session.view)")
    assert robot.ask("[p.text for p in window.session.problems]") == []
    assert robot.close() == 0
    again = user(project)
    again.wait("len(window.session) == 3")
    again.wait(IDLE)
    assert again.ask(KEPT) == before
    assert again.ask("repr(window.session.view)") == view
    show(again, "hsqc")
    again.wait(f"len({PEAKS}) == {written}")
    again.wait(f"{TABLE}.model().rowCount() == {written}")
    assert again.close() == 0
    assert [line for line in robot.words + again.words if "Qt" in line or "Trace" in line] == []


def show(robot, name):
    """Click the row of a spectrum; wait until its contours are painted."""
    model = "window.sidebar.list.model()"
    rows = robot.ask(f"[{model}.index(k, 0).data() for k in range({model}.rowCount())]")
    (row,) = (number for number, text in enumerate(rows) if text.endswith(name))
    robot.click("window.sidebar.list", rect=ROW.format(row))
    robot.wait(f"{CURRENT}.name.endswith({name!r})")
    robot.wait("window.view.signals_.contours.drawing('own') is not None")


def open_and_save(robot, folder, project):
    """The folder comes from another program; the project gets a file."""
    robot.wait("window.session.project is not None")
    robot.drop_files([folder], "window.centralWidget()", "len(window.session)")
    robot.wait("len(window.session) == 3")
    robot.wait(IDLE)
    kinds = robot.ask("sorted(str(i.experiment) for i in window.session.items)")
    samples = robot.ask("[i.sample for i in window.session.items if 'estragole' in i.name]")
    assert kinds == ["hmbc", "hsqc", "hsqc"]
    assert samples[0] == samples[1] is not None
    robot.key("ctrl+shift+s")
    robot.answer_file_dialog(project)
    robot.wait(f"str(window.session.project.path) == {str(project)!r}")


def pick_and_edit(robot):
    """Pick; a mark and its row are selected together; a peak added by hand is undone."""
    show(robot, "estragole_hsqc")
    robot.key("shift+p")
    robot.wait(f"{PICKED} is not None and {PICKED}.peaks")
    robot.wait(IDLE)
    peaks = robot.ask(PEAKS)
    strongest = max(peaks, key=lambda peak: peak[3])
    assert len(peaks) >= 4
    robot.wait(f"{TABLE}.model().rowCount() == {len(peaks)}")
    robot.do("mousemove", *robot.ask(f"spot(window.view, {strongest[1]}, {strongest[2]})"))
    robot.do("click", 1)
    robot.wait(f"sorted(window.page.peaks.selected) == [{strongest[0]}]")
    robot.wait(f"len({TABLE}.selectionModel().selectedRows()) == 1")
    robot.key("e")
    robot.wait("window.actions_['edit_peaks'].isChecked()")
    robot.do("mousemove", *robot.ask("spot(window.view, 2.0, 100.0)"))
    robot.do("keydown", "shift", "click", 1, "keyup", "shift")
    robot.wait(f"len({PEAKS}) == {len(peaks) + 1}")
    (added,) = (p for p in robot.ask(PEAKS) if p[0] not in {peak[0] for peak in peaks})
    assert added[1:3] == pytest.approx([2.0, 100.0], rel=0.02)
    robot.key("Escape", "ctrl+z")
    robot.wait(f"{PEAKS} == {peaks}")


def reference_and_undo(robot):
    """The strongest signal is given other shifts; undone, and done again."""
    before = robot.ask(PEAKS)
    strongest = max(before, key=lambda peak: peak[3])
    robot.do("mousemove", *robot.ask(f"spot(window.view, {strongest[1]}, {strongest[2]})"))
    robot.do("click", 1)
    robot.wait(f"sorted(window.page.peaks.selected) == [{strongest[0]}]")
    robot.key("shift+r")
    robot.wait(f"{DIALOG} is not None and {DIALOG}.place is not None")
    robot.focus(DIALOG)
    for box, ppm in (("h_ppm", MOVED[0]), ("c_ppm", MOVED[1])):
        robot.click(f"{DIALOG}.{box}")
        robot.key("ctrl+a")
        robot.type(f"{ppm}\t")
    robot.wait(f"{DIALOG}.buttons.buttons()[0].isEnabled()")
    robot.click(f"[b for b in {DIALOG}.buttons.buttons() if b.text() == 'Reference'][0]")
    robot.wait(f"{DIALOG} is None")
    robot.focus()
    moved = f"[p for p in {PEAKS} if p[0] == {strongest[0]}][0]"
    robot.wait(f"abs({moved}[1] - {MOVED[0]}) < 1e-3 and abs({moved}[2] - {MOVED[1]}) < 1e-2")
    after = robot.ask(PEAKS)
    steps = {
        (round(b[1] - a[1], 3), round(b[2] - a[2], 2)) for a, b in zip(before, after, strict=True)
    }
    assert len(steps) == 1, "every peak moves by the same"
    robot.key("ctrl+z")
    robot.wait(f"{PEAKS} == {before}")
    robot.key("ctrl+shift+z")
    robot.wait(f"{PEAKS} == {after}")


def export(robot, path):
    """The peaks as a table that our own reader reads at the same shifts; their number."""
    robot.key("ctrl+shift+e")
    robot.answer_file_dialog(path)
    robot.wait(f"__import__('pathlib').Path({str(path)!r}).is_file()")
    robot.wait(IDLE)
    peaks = sorted(peak[1:3] for peak in robot.ask(PEAKS))
    read = read_spectrum(Path(path)).peaks
    assert sorted(zip(read.h_ppm, read.c_ppm, strict=True)) == [
        pytest.approx(p, abs=2e-3) for p in peaks
    ]
    return len(peaks)


def look(robot):
    """HMBC over the HSQC, skylines, traces; contours lower by the wheel."""
    show(robot, "estragole_hmbc")
    model = "window.sidebar.list.model()"
    rows = robot.ask(f"[{model}.index(k, 0).data() for k in range({model}.rowCount())]")
    robot.do("keydown", "ctrl")
    robot.click("window.sidebar.list", rect=ROW.format(rows.index("estragole_hsqc")))
    robot.do("keyup", "ctrl")
    robot.wait("len(window.sidebar.selected_ids()) == 2")
    robot.key("v", "j", "l")
    robot.wait("len(window.session.view.overlays) == 2")
    robot.wait("window.session.view.projections and window.session.view.traces")
    robot.wait("len(window.page.panes.display.entries) == 2")
    base = robot.ask(BASE)
    robot.do("keydown", "shift")
    robot.wheel(robot.middle("window.view.plot.viewport()"), 2)
    robot.do("keyup", "shift")
    robot.wait(f"{BASE} != {base}")
    robot.key("w")
    robot.wait("window.session.view.network_view")
    robot.key("w")
    robot.wait("not window.session.view.network_view")


def mask(robot):
    """The solvent of the HSQC is excluded with one key."""
    show(robot, "estragole_hsqc")
    assert robot.ask(f"[m.excluded for m in {CURRENT}.packed.masks]").count(True) == 0
    robot.key("shift+x")
    robot.wait(f"{CURRENT}.packed.masks and all(m.excluded for m in {CURRENT}.packed.masks)")
