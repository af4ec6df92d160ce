"""Peaks to files: the spectra themselves are never written over."""

from __future__ import annotations

import pytest
from test_pick_job import Context

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.core.writers.peak_files import PeakFormat
from nmrcam_qt.session.packing import pack
from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.peak_files_job import PeakFile, PeakFilesJob

LIST = "1H,13C\n3.78,55.2\n6.84,113.8\n"


def test_the_list_that_was_opened_is_never_overwritten(tmp_path):
    source = tmp_path / "list.csv"
    source.write_text(LIST)
    link = tmp_path / "other.csv"
    link.symlink_to(source)
    session = Session()
    (number,) = session.add([pack(read_spectrum(source, ReadOptions(experiment=Experiment.HSQC)))])
    item = session.find(number)
    for path in (source, link):
        with pytest.raises(NmrCamError, match="the spectrum itself, which is never overwritten"):
            PeakFilesJob([PeakFile(path, item)], PeakFormat.CSV).run(Context())
    assert source.read_text() == LIST
    assert PeakFilesJob([PeakFile(tmp_path / "new.csv", item)], PeakFormat.CSV).run(Context()) == 1
