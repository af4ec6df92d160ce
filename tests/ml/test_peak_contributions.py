"""Contributions per peak: exact on networks that can be computed by hand."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from builders import list_spectrum
from explain_toys import network, spec
from peak_questions import contributions, pair_drops, question_of, selection_scores

from nmrcam_qt.core.contributing import Question
from nmrcam_qt.core.contributing import contributions as contributions_of
from nmrcam_qt.core.contribution_pairs import Meaning, pair_lines
from nmrcam_qt.core.contributions import PeakPlaces
from nmrcam_qt.core.errors import Cancelled, NetworkError
from nmrcam_qt.core.painting import EMPTY, Painting, Row, contribution_rows
from nmrcam_qt.core.preprocessing import Prepared, fed_ink, feed, ink_on_grid, prepare_inputs
from nmrcam_qt.core.regions import REST
from nmrcam_qt.ml.contributions import NetworkEngine, painted_logits
from nmrcam_qt.ml.explain import memory

POINTS = [(8.0, 30.0), (5.0, 100.0), (4.6, 108.0), (2.0, 160.0)]
SHAPE = (41, 60, 1)


def places(points, first_id=10):
    h, c = np.array(points, float).reshape(-1, 2).T
    return PeakPlaces(first_id + np.arange(len(h)), h, c)


def weights_of(where, classes=2, seed=3):
    rng = np.random.default_rng(seed)
    return rng.normal(0, 1, (*where.shape[:2], classes)).astype(np.float32)


def linear(where, weights, background=0, bias=(0.5, -2.0)):
    """Logits are weights · input + bias: a network additive over cells."""
    shape = where.shape
    start = keras.Input(shape, name=where.name)
    x = keras.layers.Conv2D(1, 1, use_bias=False, name="conv1")(start)
    x = keras.layers.Flatten()(x)
    model = keras.Model(start, keras.layers.Dense(weights.shape[2], name="logits")(x))
    model.get_layer("conv1").set_weights([np.ones((1, 1, 1, 1), np.float32)])
    kernel = weights.reshape(-1, weights.shape[2])
    model.get_layer("logits").set_weights([kernel, np.array(bias, np.float32)])
    return network(model, [where])


def with_background(where, background):
    from dataclasses import replace

    return replace(where, background=background)


@pytest.fixture(params=[("f1", 0), ("f1", 1), ("f2", 0)])
def case(request):
    rows, background = request.param
    shape = SHAPE if rows == "f1" else (SHAPE[1], SHAPE[0], 1)
    where = with_background(spec(shape, rows=rows), background)
    net = linear(where, weights_of(np.zeros(shape)))
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS)])
    return net, where, prepared


def test_drops_of_a_linear_network_are_weight_times_ink(case):
    net, where, prepared = case
    found = contributions(net, prepared, [places(POINTS)])
    kernel = np.asarray(net.model.get_layer("logits").get_weights()[0]).reshape(*where.shape[:2], 2)
    (example,) = prepared.examples
    ink = fed_ink(example, where)
    painting = Painting.of_peaks(net.card, prepared, [places(POINTS)])
    labels = painting.regions[0].labels
    if where.rows == "f2":
        kernel = kernel.transpose(1, 0, 2)
    sign = -1 if where.background else 1
    for i in range(len(POINTS)):
        mine = labels == i
        expected = sign * (kernel[mine] * ink[mine][:, None]).sum(axis=0)
        np.testing.assert_allclose(found.inputs[0].drop[i], expected, atol=1e-4)
        assert found.inputs[0].cells[i] == mine.sum() > 0
    assert found.classes == ("a", "b") and found.network_sha256 == "0" * 64


def test_additive_networks_drops_rest_and_empty_sum_to_the_logit(case):
    net, where, prepared = case
    known = POINTS[1:3]  # the others are ink of no peak
    found = contributions(net, prepared, [places(known)])
    (own,) = found.inputs
    assert np.abs(own.rest).max() > 0
    total = own.drop.sum(axis=0) + own.rest + found.empty_logits
    np.testing.assert_allclose(total, found.logits, atol=1e-4)
    blank = np.full(where.shape, where.background, np.float32)
    np.testing.assert_allclose(found.empty_logits, net.logits([blank[None]])[0], atol=1e-3)


def test_unseen_peaks_drop_nothing_and_keep_their_place():
    where = spec(SHAPE)
    net = linear(where, weights_of(np.zeros(SHAPE)))
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS[:1])])
    found = contributions(net, prepared, [places([(11.5, 30.0), POINTS[0], (6.0, 120.0)])])
    assert found.inputs[0].cells.tolist()[0] == 0 == found.inputs[0].cells.tolist()[2]
    assert not found.inputs[0].drop[[0, 2]].any() and found.inputs[0].drop[1].any()
    none = contributions(net, prepared, [places([])])
    assert none.inputs[0].drop.shape == (0, 2)
    np.testing.assert_allclose(none.inputs[0].rest + none.empty_logits, none.logits, atol=1e-5)


def test_additive_peaks_do_not_interact_and_a_product_does():
    where = spec(SHAPE)
    prepared = prepare_inputs(
        linear(where, weights_of(np.zeros(SHAPE))).card, [list_spectrum(POINTS)]
    )
    net = linear(where, weights_of(np.zeros(SHAPE)))
    here = [places(POINTS)]
    added = pair_drops(net, prepared, here, [(0, 10), (0, 13), (0, 11)])
    np.testing.assert_allclose(added.interaction, np.zeros((3, 2)), atol=1e-4)
    np.testing.assert_allclose(added.whole, added.alone.sum(axis=0), atol=1e-4)
    # relu(left + right - 1) with left = right = 1: needs both; 1 - 0 - (1 - 0) - (1 - 0) = -1.
    start = keras.Input(SHAPE, name="hsqc")
    x = keras.layers.Conv2D(1, 1, use_bias=False, name="conv1")(start)
    x = keras.layers.Flatten()(x)
    x = keras.layers.Dense(1, activation="relu", name="both")(x)
    model = keras.Model(start, keras.layers.Dense(2, use_bias=False, name="logits")(x))
    model.get_layer("conv1").set_weights([np.ones((1, 1, 1, 1), np.float32)])
    kernel = np.zeros(SHAPE, np.float32)
    for h, c in (POINTS[0], POINTS[3]):
        kernel[where.f1.cell(c), where.f2.cell(h)] = 1
    model.get_layer("both").set_weights([kernel.reshape(-1, 1), np.array([-1], np.float32)])
    model.get_layer("logits").set_weights([np.array([[1, -3]], np.float32)])
    found = pair_drops(network(model, [where]), prepared, here, [(0, 10), (0, 13)])
    np.testing.assert_allclose(found.interaction, [[-1, 3]], atol=1e-5)
    np.testing.assert_allclose(found.alone, [[1, -3]] * 2, atol=1e-5)
    np.testing.assert_allclose([found.whole], found.together, atol=1e-5)
    assert [line.meaning for c in "ab" for line in pair_lines(found, c)] == [
        Meaning.BOTH,
        Meaning.BOTH,  # the same against b
    ]
    # min(left + right, 1), which is its argument minus relu(left + right - 1): either suffices.
    model.get_layer("logits").set_weights([np.array([[-1, 0]], np.float32)])
    over = pair_drops(network(model, [where]), prepared, here, [(0, 10), (0, 13)])
    assert over.interaction[0, 0] == pytest.approx(1, abs=1e-5)
    for wrong in ([(0, 10), (0, 10)], [(0, 10), (1, 10)], [(0, 10)] * 65):
        with pytest.raises(NetworkError):
            pair_drops(net, prepared, here, wrong)
    assert pair_drops(net, prepared, here, []).interaction.shape == (0, 2)


def two_inputs(seed=0):
    specs = [spec(SHAPE, "hsqc"), spec(SHAPE, "hmbc")]
    starts = [keras.Input(SHAPE, name=s.name) for s in specs]
    made = [
        keras.layers.Flatten()(keras.layers.Conv2D(1, 1, name=f"{s.name}_conv")(start))
        for s, start in zip(specs, starts, strict=True)
    ]
    model = keras.Model(
        starts, keras.layers.Dense(2, name="logits")(keras.layers.Concatenate()(made))
    )
    rng = np.random.default_rng(seed)
    for variable in model.trainable_weights:
        variable.assign(rng.normal(0, 1, variable.shape))
    return network(model, specs, default_layer="hsqc_conv")


def test_pairs_have_peaks_on_both_inputs():
    from nmrcam_qt.core.spectrum import Experiment

    net = two_inputs()
    spectra = [list_spectrum(POINTS[:2], Experiment.HSQC), list_spectrum(POINTS, Experiment.HMBC)]
    prepared = prepare_inputs(net.card, spectra)
    peaks = [places(POINTS[:2]), places(POINTS)]
    found = contributions(net, prepared, peaks, ("hirescam",))
    assert [i.input_name for i in found.inputs] == ["hsqc", "hmbc"]
    total = sum(i.drop.sum(axis=0) + i.rest for i in found.inputs) + found.empty_logits
    np.testing.assert_allclose(total, found.logits, atol=1e-3)
    ranks = np.concatenate(found.ranks())
    assert sorted(ranks[:, 0]) == [1, 2, 3, 4, 5, 6]
    only = selection_scores(net, prepared, peaks, [[10], []])
    drop = found.inputs[0].drop[0]
    np.testing.assert_allclose(only.without_logits, found.logits - drop, atol=1e-3)
    np.testing.assert_allclose(only.only_logits, found.empty_logits + drop, atol=1e-3)
    for share in (i.heat["hirescam"] for i in found.inputs):
        assert (share >= 0).all() and (share.sum(axis=0) <= 1 + 1e-6).all()


def test_selections_leave_the_rest_out_of_only_and_in_without(case):
    net, _, prepared = case
    known = places(POINTS[:2])
    found = contributions(net, prepared, [known])
    (own,) = found.inputs
    said = selection_scores(net, prepared, [known], [[11, 11]])
    np.testing.assert_allclose(said.logits, found.logits, atol=1e-5)
    np.testing.assert_allclose(said.only_logits, found.empty_logits + own.drop[1], atol=1e-4)
    np.testing.assert_allclose(
        said.without_logits, found.empty_logits + own.drop[0] + own.rest, atol=1e-4
    )
    np.testing.assert_allclose(said.scores.sum(), 1, atol=1e-12)
    assert (said.selected, said.unseen) == (1, 0)
    nothing = selection_scores(net, prepared, [known], [[]])
    np.testing.assert_allclose(nothing.only_logits, found.empty_logits, atol=1e-5)
    np.testing.assert_allclose(nothing.without_logits, found.logits, atol=1e-5)
    with pytest.raises(NetworkError):
        selection_scores(net, prepared, [known], [[99]])
    with pytest.raises(NetworkError):
        selection_scores(net, prepared, [known], [[11], []])


def test_heat_is_shared_by_ppm():
    """A map of one cell per sample: the share is the heat on the region over all heat."""
    where = spec(SHAPE)
    weights = np.abs(weights_of(np.zeros(SHAPE)))
    net = linear(where, weights)
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS)])
    found = contributions(net, prepared, [places(POINTS)], ("hirescam", "cam"))
    share = found.inputs[0].heat["hirescam"]
    # Of positive weights heat is the drop, and all of it lies on peaks.
    np.testing.assert_allclose(share.sum(axis=0), 1, atol=1e-5)
    drop = found.inputs[0].drop
    np.testing.assert_allclose(share, drop / drop.sum(axis=0), atol=1e-4)
    assert "cam" not in found.inputs[0].heat
    empty = linear(where, -weights)
    found = contributions(empty, prepared, [places(POINTS)], ("hirescam",))
    assert not found.inputs[0].heat["hirescam"].any()


def test_painting_keeps_everything_else_to_the_bit():
    where = with_background(spec(SHAPE), 1)
    grid = ink_on_grid(list_spectrum(POINTS), where)
    prepared = Prepared((feed(grid, where),), ())
    net = linear(where, weights_of(np.zeros(SHAPE)))
    painting = Painting.of_peaks(net.card, prepared, [places(POINTS[:2])])
    labels = painting.regions[0].labels
    rows = [Row(((0, 1),)), EMPTY, Row(((0, 1), (0, REST)), only=True)]
    (batch,) = painting.batch(rows)
    whole = prepared.examples[0][:, :, 0]
    np.testing.assert_array_equal(batch[0, :, :, 0], np.where(labels == 1, 1, whole))
    np.testing.assert_array_equal(batch[1], 1)
    kept = (labels == 1) | (labels == REST)
    np.testing.assert_array_equal(batch[2, :, :, 0], np.where(kept, whole, 1))


def test_it_can_be_cancelled_between_parts():
    where = spec(SHAPE)
    net = linear(where, weights_of(np.zeros(SHAPE)))
    rng = np.random.default_rng(1)
    points = list(zip(rng.uniform(0, 10, 90), rng.uniform(0, 200, 90), strict=True))
    prepared = prepare_inputs(net.card, [list_spectrum(points)])
    told = []

    class Impatient:
        def step(self, done, total, text=""):
            told.append((done, total))
            if done:
                raise Cancelled

    with pytest.raises(Cancelled):
        contributions(net, prepared, [places(points)], progress=Impatient())
    assert len(told) == 2 and told[1][0] < told[1][1]


def test_what_does_not_fit_is_refused():
    where = spec(SHAPE)
    net = linear(where, weights_of(np.zeros(SHAPE)))
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS)])
    with pytest.raises(NetworkError, match="expected 1 of each"):
        contributions(net, prepared, [places(POINTS), places(POINTS)])
    with pytest.raises(NetworkError, match="shape"):
        contributions(net, Prepared((np.zeros((3, 3, 1), np.float32),), ()), [places(POINTS)])


def test_the_batch_is_what_single_forwards_give():
    where = spec(SHAPE)
    net = linear(where, weights_of(np.zeros(SHAPE)))
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS)])
    question = question_of(net, prepared, [places(POINTS)])
    assert isinstance(question, Question)
    painting = question.painting()
    found = contributions_of(NetworkEngine(net), question)
    rows = contribution_rows(painting)
    assert len(rows) == 2 + len(POINTS)
    one = [NetworkEngine(net).painted("", painting, [row])[0] for row in rows]
    drops = one[0] - np.array(one[2:])
    np.testing.assert_allclose(found.inputs[0].drop, drops, atol=1e-5)


def test_large_examples_are_painted_a_few_at_a_time(monkeypatch):
    """What a stranger's network eats may be large: rows are painted in parts, and can be left."""
    where = spec(SHAPE)
    net = linear(where, weights_of(np.zeros(SHAPE)))
    prepared = prepare_inputs(net.card, [list_spectrum(POINTS)])
    painting = question_of(net, prepared, [places(POINTS)]).painting()
    rows = contribution_rows(painting)
    whole, made, batch = painted_logits(net, painting, rows), [], Painting.batch
    monkeypatch.setattr(memory, "NUMBERS_PER_PASS", 5 * SHAPE[0] * SHAPE[1])

    def watched(self, some):
        made.append(len(some))
        return batch(self, some)

    monkeypatch.setattr(Painting, "batch", watched)
    np.testing.assert_allclose(painted_logits(net, painting, rows), whole, atol=1e-5)
    assert sum(made) == len(rows) and max(made) <= 5 and len(made) > 1

    class Second:
        def step(self, done, total, _text=""):
            if done:
                raise Cancelled

    made.clear()
    with pytest.raises(Cancelled):
        painted_logits(net, painting, rows, Second())
    assert len(made) == 1
