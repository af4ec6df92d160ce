"""Cell positions: by arithmetic, and by perturbing one pixel and seeing which cells move."""

from __future__ import annotations

import keras
import numpy as np
import pytest
from explain_toys import chain, kuhn, randomise, spec

from nmrcam_qt.core.errors import MethodError, NetworkError
from nmrcam_qt.ml.cells import Ladder, layer_cells
from nmrcam_qt.ml.graph import Graph
from nmrcam_qt.ml.recipes import RECIPES

layers = keras.layers

SEED = {  # layer: (start, step, receptive field, rows, columns), by hand
    "conv1": (1.0, 1.0, 3, 203, 298),
    "conv2": (3.5, 2.0, 8, 99, 147),
    "conv3": (8.5, 4.0, 18, 47, 71),
    "conv4": (18.5, 8.0, 38, 21, 33),
}


@pytest.mark.parametrize("recipe", RECIPES)
@pytest.mark.parametrize("layer", SEED)
def test_seed_network_by_hand(recipe, layer):
    inputs = RECIPES[recipe].inputs
    graph = Graph(kuhn(inputs))
    for one in inputs:
        name = f"{one.name}_{layer}" if len(inputs) > 1 else layer
        cells = layer_cells(graph, name)
        start, step, field, rows, columns = SEED[layer]
        assert cells.input_name == one.name
        assert cells.rows == Ladder(start, step, field, rows)
        assert cells.columns == Ladder(start, step, field, columns)


def test_seed_network_last_map_in_pixels_and_ppm():
    (one,) = RECIPES["kuhn-hmbc"].inputs
    cells = layer_cells(Graph(kuhn([one])), "conv4")
    assert (cells.columns.centres[0], cells.columns.centres[-1]) == (18.5, 274.5)
    assert (cells.rows.centres[0], cells.rows.centres[-1]) == (18.5, 178.5)
    f1, f2 = cells.axes(one)
    assert f2.first_ppm == pytest.approx(10 - 19 * 10 / 300, abs=1e-12)
    assert f2.last_ppm == pytest.approx(10 - 275 * 10 / 300, abs=1e-12)
    assert f1.first_ppm == pytest.approx(19 * 200 / 205, abs=1e-12)
    assert f1.last_ppm == pytest.approx(179 * 200 / 205, abs=1e-12)
    assert (f1.nucleus, f1.size, f2.nucleus, f2.size) == ("13C", 21, "1H", 33)


def moved(model, names, example, pixels, size=1000.0):
    """For each layer: which cells ``(pixel, h, w)`` of it move when one pixel is perturbed."""
    outputs = [model.get_layer(name).output for name in names]
    probe = keras.Model(model.inputs, outputs)
    found = {name: [] for name in names}
    for place in [None, *pixels]:
        fed = [x.copy() for x in example]
        if place is not None:
            which, row, column = place
            fed[which][0, row, column, :] += size
        values = probe(fed, training=False)
        for name, value in zip(names, values if len(names) > 1 else [values], strict=True):
            found[name].append(np.asarray(value).reshape(value.shape))
    return {
        name: np.stack([(v[0] != values[0][0]).any(axis=-1) for v in values[1:]])
        for name, values in found.items()
    }


def expected(cells, place):
    """Cells whose receptive field holds a pixel."""
    _, row, column = place
    rows = np.abs(cells.rows.centres - row) <= (cells.rows.field - 1) / 2
    columns = np.abs(cells.columns.centres - column) <= (cells.columns.field - 1) / 2
    return rows[:, None] & columns[None, :]


@pytest.mark.parametrize("recipe", RECIPES)
def test_perturbation_every_layer_of_the_study(recipe):
    inputs = RECIPES[recipe].inputs
    model = kuhn(inputs, positive=True, seed=3)
    graph = Graph(model)
    rng = np.random.default_rng(1)
    example = [rng.random((1, *one.shape), dtype=np.float32) for one in inputs]
    spots = [(0, 0), (18, 18), (37, 38), (101, 149), (102, 151), (203, 297), (204, 299)]
    pixels = [(which, *spot) for which in range(len(inputs)) for spot in spots]
    names = [x.name for x in model.layers if isinstance(x, layers.Conv2D)]
    assert len(names) == 4 * len(inputs)
    found = moved(model, names, example, pixels)
    for name in names:
        cells = layer_cells(graph, name)
        for number, place in enumerate(pixels):
            own = inputs[place[0]].name == cells.input_name
            wanted = expected(cells, place) if own else np.zeros(found[name][number].shape, bool)
            np.testing.assert_array_equal(found[name][number], wanted, f"{name} {place}")


TOYS = {
    "strides": lambda: [
        layers.Conv2D(3, 3, strides=2, name="a"),
        layers.Conv2D(2, (5, 2), strides=(1, 3), name="b"),
    ],
    "same": lambda: [
        layers.Conv2D(3, 3, padding="same", name="a"),
        layers.Conv2D(3, 4, strides=2, padding="same", name="b"),
        layers.Conv2D(2, 3, strides=3, padding="same", name="c"),
    ],
    "dilated": lambda: [
        layers.Conv2D(3, 3, dilation_rate=(2, 3), name="a"),
        layers.Conv2D(2, 2, dilation_rate=2, padding="same", name="b"),
    ],
    "pools": lambda: [
        layers.Conv2D(3, 3, name="a"),
        layers.MaxPooling2D(3, strides=2, padding="same", name="b"),
        layers.AveragePooling2D((2, 3), name="c"),
        layers.Conv2D(2, 2, name="d"),
    ],
    "padded": lambda: [
        layers.ZeroPadding2D(((1, 2), (3, 0)), name="a"),
        layers.Conv2D(3, 3, name="b"),
        layers.BatchNormalization(name="c"),
        layers.ReLU(name="d"),
        layers.Cropping2D(((1, 0), (2, 1)), name="e"),
        layers.DepthwiseConv2D(3, strides=2, name="f"),
        layers.SeparableConv2D(2, 3, name="g"),
    ],
}


@pytest.mark.parametrize("toy", TOYS)
@pytest.mark.parametrize("shape", [(31, 40, 1), (30, 37, 1)])
def test_perturbation_of_other_layers(toy, shape):
    made = TOYS[toy]()
    model = randomise(chain(shape, *made), seed=2, positive=True)
    graph = Graph(model)
    example = [np.random.default_rng(0).random((1, *shape), dtype=np.float32)]
    h, w = shape[:2]
    spots = [(0, 0), (1, 2), (h // 2, w // 2), (h // 2 + 1, w // 2), (h - 2, w - 3), (h - 1, w - 1)]
    pixels = [(0, *spot) for spot in spots]
    names = [layer.name for layer in made]
    found = moved(model, names, example, pixels)
    for name in names:
        cells = layer_cells(graph, name)
        for number, place in enumerate(pixels):
            wanted = expected(cells, place)
            got = found[name][number]
            # A dilated kernel leaves holes: nothing outside the field moves, its ends do.
            if toy == "dilated":
                assert not (got & ~wanted).any()
                assert extent(got) == extent(wanted & got)
            else:
                np.testing.assert_array_equal(got, wanted, f"{name} {place}")


def extent(mask):
    rows, columns = np.nonzero(mask)
    return (rows.min(), rows.max(), columns.min(), columns.max()) if len(rows) else None


def test_strides_by_hand():
    cells = layer_cells(Graph(chain((31, 40, 1), *TOYS["strides"]())), "b")
    # a: 15x19 cells from 1 by 2; b: 5 rows reach 2 cells of 2 px; 2 columns reach 0.5 cells.
    assert cells.rows == Ladder(1 + 2 * 2.0, 2.0, 3 + 4 * 2, 11)
    assert cells.columns == Ladder(1 + 2 * 0.5, 6.0, 3 + 1 * 2, 6)


def test_same_padding_by_hand():
    graph = Graph(chain((31, 40, 1), *TOYS["same"]()))
    assert layer_cells(graph, "a").rows == Ladder(0.0, 1.0, 3, 31)
    # 31 rows, kernel 4, stride 2: 16 cells need 34 rows, 1 before and 2 after.
    assert layer_cells(graph, "b").rows == Ladder(0.5, 2.0, 6, 16)
    # 40 columns: 20 cells need 42, 1 before and 1 after.
    assert layer_cells(graph, "b").columns == Ladder(0.5, 2.0, 6, 20)
    # 16 rows of step 2, kernel 3, stride 3: 6 cells need 18, 1 before.
    assert layer_cells(graph, "c").rows == Ladder(0.5, 6.0, 10, 6)
    # 20 columns: 7 cells need 21, 0 before.
    assert layer_cells(graph, "c").columns == Ladder(2.5, 6.0, 10, 7)


def test_dilation_by_hand():
    cells = layer_cells(Graph(chain((31, 40, 1), *TOYS["dilated"]())), "a")
    assert cells.rows == Ladder(2.0, 1.0, 5, 27)
    assert cells.columns == Ladder(3.0, 1.0, 7, 34)


def test_normalising_over_channels_moves_nothing():
    model = chain((8, 9, 1), layers.Conv2D(2, 3), layers.LayerNormalization(name="n"))
    assert layer_cells(Graph(model), "n").columns == Ladder(1.0, 1.0, 3, 7)


def test_transposed_input_swaps_the_axes():
    model = chain((60, 41, 1), layers.Conv2D(2, 3, name="a"))
    upright, turned = spec((60, 41, 1)), spec((60, 41, 1), rows="f2")
    cells = layer_cells(Graph(model), "a")
    f1, f2 = cells.axes(turned)
    assert (f1.nucleus, f1.size, f2.nucleus, f2.size) == ("13C", 39, "1H", 58)
    assert f2.first_ppm == pytest.approx(10 - 1.5 * 10 / 60)
    assert f1.first_ppm == pytest.approx(1.5 * 200 / 41)
    assert cells.axes(upright)[0].size == 58


def two_columns(join):
    one = keras.Input((12, 12, 1), name="hsqc")
    other = keras.Input((12, 12, 1), name="hmbc")
    joined = join([layers.Conv2D(2, 3)(one), layers.Conv2D(2, 3)(other)])
    return keras.Model([one, other], layers.Conv2D(1, 3, name="after")(joined))


def skip_model(second_padding):
    start = keras.Input((12, 12, 1), name="hsqc")
    left = layers.Conv2D(2, 3, padding="same", activation="relu", name="left")(start)
    right = layers.Conv2D(2, 5, padding=second_padding, name="right")(start)
    return keras.Model(start, layers.Add(name="sum")([left, right]))


def test_equal_branches_join_with_the_larger_field():
    cells = layer_cells(Graph(skip_model("same")), "sum")
    assert cells.rows == Ladder(0.0, 1.0, 5, 12)


def joined_apart():
    start = keras.Input((12, 12, 1), name="hsqc")
    left = layers.Conv2D(2, 3, name="left")(layers.Cropping2D(((2, 0), (0, 0)))(start))
    right = layers.Conv2D(2, 3, name="right")(layers.Cropping2D(((0, 2), (0, 0)))(start))
    return keras.Model(start, layers.Add(name="sum")([left, right]))


@pytest.mark.parametrize(
    ("model", "name", "reason"),
    [
        (lambda: two_columns(layers.Concatenate()), "after", "fed by both inputs"),
        (joined_apart, "sum", "different positions"),
        (
            lambda: chain((8, 8, 1), layers.Conv2DTranspose(2, 3, name="up")),
            "up",
            "cannot be followed through 'up' .Conv2DTranspose.",
        ),
        (
            lambda: chain((8, 8, 1), layers.LayerNormalization(axis=[1, 2, 3], name="all")),
            "all",
            "cannot be followed through 'all' .LayerNormalization.",
        ),
        (
            lambda: chain((8, 8, 1), layers.Conv2D(2, 3), layers.Flatten(name="flat")),
            "flat",
            "not a map",
        ),
    ],
)
def test_unknown_geometry_is_refused_with_the_reason(model, name, reason):
    with pytest.raises(MethodError, match=reason):
        layer_cells(Graph(model()), name)


def test_cells_of_upsampled_maps_by_perturbation():
    ink = keras.Input((16, 16, 1), name="in")
    x = keras.layers.MaxPooling2D(4)(ink)
    fine = keras.layers.UpSampling2D((2, 4), name="fine")(x)
    model = keras.Model(ink, keras.layers.Flatten()(fine))
    cells = layer_cells(Graph(model), "fine")
    assert (cells.rows.size, cells.columns.size) == (8, 16)
    probe = keras.Model(ink, fine)
    for row in range(16):
        x = np.zeros((1, 16, 16, 1), np.float32)
        x[0, row, row] = 1
        lit = np.argwhere(np.asarray(probe(x))[0, ..., 0] > 0)
        # The parts of a coarse cell lie around its middle, which is 4·(row // 4) + 1.5.
        assert cells.rows.centres[lit[:, 0]].mean() == pytest.approx(4 * (row // 4) + 1.5)
        assert cells.columns.centres[lit[:, 1]].mean() == pytest.approx(4 * (row // 4) + 1.5)


def test_unknown_layer_names_the_known_ones():
    with pytest.raises(NetworkError, match="no layer 'x'; expected one of a, b"):
        layer_cells(Graph(chain((31, 40, 1), *TOYS["strides"]())), "x")


def test_a_layer_used_twice_is_refused():
    shared = layers.Conv2D(1, 3, padding="same", name="twice")
    with pytest.raises(MethodError, match="'twice' is used twice"):
        Graph(chain((8, 8, 1), shared, shared))
