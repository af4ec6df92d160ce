"""A Bruker data set in the window: HSQC and HMBC as a pair, one sentence about the rest."""

from __future__ import annotations

import numpy as np
from bruker_builders import write_1d, write_processed, zipped

from nmrcam_qt.session.session import Session
from nmrcam_qt.workers.open_job import NotOpened, Opened, OpenJob, OpenRequest, PassedOver


class Context:
    """Keeps the parts of a job."""

    def __init__(self):
        self.parts = []

    def part(self, part):
        self.parts.append(part)

    def step(self, *_):
        pass


def test_a_data_set_becomes_one_sample_and_the_rest_one_sentence(tmp_path):
    root = tmp_path / "gossypol"
    image = np.random.default_rng(0).integers(-1000, 1000, (16, 32))
    write_1d(root / "1")
    write_processed(root / "3", image, program="hsqcedetgp")
    write_processed(root / "4", image, program="hmbcgplpndqf")
    context = Context()
    job = OpenJob([OpenRequest(root)])
    assert job.run(context) == ()
    session = Session()
    for part in context.parts:
        assert not isinstance(part, NotOpened)
        if isinstance(part, Opened):
            session.add(part.spectra, part.options)
        else:
            part.keep(session, "")
    assert [item.name for item in session.items] == [
        "gossypol 3 – hsqcedetgp",
        "gossypol 4 – hmbcgplpndqf",
    ]
    samples = {item.sample for item in session.items}
    assert len(samples) == 1 and None not in samples
    (problem,) = session.problems
    assert "1 – a 1D ¹H spectrum" in problem.text and problem.path == str(root)
    assert sum(isinstance(p, PassedOver) for p in context.parts) == 1
    assert job.remaining() is None, "what is passed over is not tried again"


def test_an_archive_of_a_data_set_is_opened_like_its_folder(tmp_path):
    root = tmp_path / "gossypol"
    image = np.random.default_rng(0).integers(-1000, 1000, (16, 32))
    write_1d(root / "1")
    write_processed(root / "3", image, program="hsqcedetgp")
    write_processed(root / "4", image, program="hmbcgplpndqf")
    path = zipped(root, tmp_path / "g.zip")
    context = Context()
    assert OpenJob([OpenRequest(path)]).run(context) == ()
    opened = [
        (s.name, o.part)
        for part in context.parts
        if isinstance(part, Opened)
        for s, o in zip(part.spectra, part.options, strict=True)
    ]
    assert opened == [
        ("gossypol 3 – hsqcedetgp", "gossypol/3/pdata/1"),
        ("gossypol 4 – hmbcgplpndqf", "gossypol/4/pdata/1"),
    ]
    (root / "peaks_hsqc.csv").write_text("1H,13C\n7.2,128\n")
    (question,) = OpenJob([OpenRequest(zipped(root, path))]).run(Context())
    assert question.option == "part" and len(question.choices) == 3
