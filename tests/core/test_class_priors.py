"""Class priors beside a network: what is written is read back, what a stranger wrote is refused."""

from __future__ import annotations

import hashlib
import io
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from window_builders import make_card

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import installed_networks
from nmrcam_qt.core.cards import PRIOR_NAME, CardError, card_from_json, card_to_json
from nmrcam_qt.core.class_priors import (
    coarsened,
    prior_axes,
    prior_bytes,
    read_priors,
)
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.metrics.class_prior import METHOD

CARD = make_card()
SPEC = CARD.inputs[0]
SHAPE = (SPEC.f1.size, SPEC.f2.size)


def means():
    """Fatty acids left of 5 ppm, indoles at one sample, no steroid."""
    fatty, indole = np.zeros((2, *SHAPE), np.float32)
    fatty[:, : SHAPE[1] // 2] = 0.25
    indole[100, 150] = 1
    return [[fatty, indole, None]]


def written(folder: Path, blob: bytes, card=CARD):
    folder.mkdir(exist_ok=True)
    (folder / PRIOR_NAME).write_bytes(blob)
    return replace(card, prior_sha256=hashlib.sha256(blob).hexdigest(), prior_from="made up")


def test_what_is_written_is_read_back(tmp_path):
    card = written(tmp_path / "net", prior_bytes(CARD, means()))
    found = read_priors(tmp_path / "net", card)
    assert set(found) == {("spectrum", "fatty_acid"), ("spectrum", "indole")}
    fatty, indole = found["spectrum", "fatty_acid"], found["spectrum", "indole"]
    assert fatty.method == METHOD and fatty.network == CARD.id
    assert (fatty.f1, fatty.f2) == prior_axes(SPEC) and fatty.f1.size == fatty.f2.size == 100
    assert fatty.f1.edges == (0.0, 200.0) and fatty.f2.edges == pytest.approx((10.0, 0.0))
    assert np.allclose(fatty.evidence[:, :50], 0.25, atol=1e-3) and not fatty.evidence[:, 50:].any()
    # By ppm: the cell that holds most of the sample is the highest.
    row, column = np.unravel_index(indole.evidence.argmax(), indole.evidence.shape)
    assert abs(indole.f1.ppm(row) - SPEC.f1.ppm(100)) <= 1
    assert abs(indole.f2.ppm(column) - SPEC.f2.ppm(150)) <= 0.05
    assert prior_bytes(CARD, means()) == prior_bytes(CARD, means())


def test_coarser_cells_hold_the_mean_by_overlap():
    image = np.array([[1.0, 2.0, 3.0], [3.0, 4.0, 5.0]], np.float32)
    # Two of three columns: (1 + 2/2) / 1.5 and (2/2 + 3) / 1.5; one row: the mean of both.
    assert np.allclose(coarsened(image, 1, 2), [[(4 / 3 + 10 / 3) / 2, (8 / 3 + 14 / 3) / 2]])
    assert np.array_equal(coarsened(image, 2, 3), image)
    rng = np.random.default_rng(0)
    fine = rng.random((205, 300)).astype(np.float32)
    assert coarsened(fine, 100, 100).mean() == pytest.approx(float(fine.mean()), rel=1e-5)


def test_axes_that_run_the_other_way_keep_their_direction():
    spec = replace(SPEC, f1_window_ppm=(224.0, 0.0), f2_window_ppm=(-1.0, 12.0))
    f1, f2 = prior_axes(spec)
    assert (f1.edges, f1.size) == ((224.0, 0.0), 112)
    assert f2.edges == pytest.approx((-1.0, 12.0)) and f2.size == 130
    assert prior_axes(replace(SPEC, shape=(20, 30, 1))) == (
        Axis.from_edges("13C", 0.0, 200.0, 20),
        Axis.from_edges("1H", 10.0, 0.0, 30),
    )  # never finer than the input


def test_a_network_without_priors_has_none(tmp_path):
    assert read_priors(tmp_path, CARD) == {}


def test_the_card_names_them():
    card = replace(CARD, prior_sha256="ab" * 32, prior_from="what they are made of")
    assert card_from_json(card_to_json(card)) == card
    assert "prior" not in card_to_json(CARD)
    with pytest.raises(CardError, match="prior_sha256 is not 64"):
        card_from_json(card_to_json(replace(card, prior_sha256="../x")))
    with pytest.raises(CardError, match="prior_from holds characters"):
        card_from_json(card_to_json(replace(card, prior_from="a\x1b[2J")))


def archive(**arrays) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def bomb() -> bytes:
    """A member that says it is small and inflates to much more."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("prior0.npy", b"\0" * (64 << 20))
    return buffer.getvalue()


FITTING = np.zeros((3, 100, 100), np.float16)


@pytest.mark.parametrize(
    ("blob", "said"),
    [
        (b"", "broken class priors"),
        (b"PK\x03\x04 and nothing more", "broken class priors"),
        (archive(prior0=FITTING[:2]), "expected float"),
        (archive(prior0=FITTING.astype(np.int16)), "expected float"),
        (archive(prior0=np.array([None])), "expected float"),
        (archive(prior0=FITTING + np.float16(np.nan)), "not finite"),
        (archive(prior0=FITTING + np.float16(np.inf)), "not finite"),
        (archive(prior0=FITTING.astype(np.float64) + 1e300), "not finite"),
        (archive(prior0=FITTING - np.float16(0.5)), "expected mean ink 0 to 1"),
        (archive(prior0=FITTING + np.float16(2)), "is 0 to 2, expected mean ink 0 to 1"),
        (archive(prior1=FITTING), "do not match"),
        (archive(prior0=FITTING, more=FITTING), "do not match"),
        (bomb(), "larger than its shape"),
        (b"\0" * (5 << 20), "too large"),
    ],
)
def test_files_of_strangers_are_refused_in_one_sentence(tmp_path, blob, said):
    card = written(tmp_path / "net", blob)
    with pytest.raises(NetworkError, match=said) as caught:
        read_priors(tmp_path / "net", card)
    assert str(caught.value).startswith("net/prior.npz: ") and "\n" not in str(caught.value)


def test_another_file_or_none_is_refused(tmp_path):
    card = written(tmp_path / "net", prior_bytes(CARD, means()))
    (tmp_path / "net" / PRIOR_NAME).write_bytes(prior_bytes(CARD, [[None] * 3]))
    with pytest.raises(NetworkError, match="its sha256 differs"):
        read_priors(tmp_path / "net", card)
    (tmp_path / "net" / PRIOR_NAME).unlink()
    with pytest.raises(NetworkError, match="broken class priors"):
        read_priors(tmp_path / "net", card)


def test_too_many_classes_on_too_fine_a_grid_are_refused_unread(tmp_path):
    spec = replace(SPEC, shape=(4096, 4096, 1), f1_window_ppm=(0, 8192), f2_window_ppm=(410, 0))
    card = replace(CARD, inputs=(spec,), prior_sha256="ab" * 32)
    with pytest.raises(NetworkError, match="too many"):
        read_priors(tmp_path, card)


@pytest.mark.parametrize("entry", installed_networks(), ids=lambda entry: entry.card.id)
def test_every_shipped_network_has_priors_of_all_its_classes(entry):
    if not entry.shipped:
        pytest.skip("not ours")
    card = entry.card
    found = read_priors(entry.folder, card)
    assert set(found) == {(spec.name, c) for spec in card.inputs for c in card.class_ids}
    assert (entry.folder / PRIOR_NAME).stat().st_size < 200_000
    assert "mean ink of" in card.prior_from
    for prior in found.values():
        assert 0 < prior.evidence.max() <= 1 and prior.evidence.min() >= 0
    for spec in card.inputs:  # chains, not rings
        assert aromatic(found[spec.name, "indole"]) > 2 * aromatic(found[spec.name, "fatty_acid"])


def aromatic(prior) -> float:
    """Share of the ink of a prior between 100 and 150 ppm."""
    ppm = prior.f1.centres
    return float(prior.evidence[(ppm > 100) & (ppm < 150)].sum() / prior.evidence.sum())
