"""Finds each layer's weights in a network file, in the way of the format. No Keras."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing.config import Layer, Model
from nmrcam_qt.ml.importing.hdf5 import Shape, open_checked, read_array, read_texts
from nmrcam_qt.ml.importing.reader import ForeignFile
from nmrcam_qt.ml.importing.values import show

Source = tuple[str, ...]
Arrays = tuple[NDArray[np.float32], ...]


def read_weights(
    file: ForeignFile, tree: Model, wanted: Mapping[Source, tuple[Sequence[Shape], int]]
) -> dict[Source, Arrays]:
    """Weights of layers, each of the expected shape and finite.

    Parameters
    ----------
    file : ForeignFile
        From `read_file`.
    tree : Model
        Its layers as they are nested.
    wanted : mapping
        For each layer with weights, named from the outermost model inwards: the shapes
        in Keras's order, and how many of the last are running means.

    Returns
    -------
    dict
        Arrays float32 for each key of `wanted`.

    Raises
    ------
    NetworkError
        If weights are missing, too many, of another shape, or not finite.
    """
    try:
        with open_checked(file.weights) as opened:
            if file.format == "keras":
                return _from_keras(opened, tree, wanted)
            return _from_h5(opened["model_weights"], tree, wanted)
    except NetworkError as error:
        raise NetworkError(f"{file.name}: {error}") from None


def _from_keras(
    file: Any, tree: Model, wanted: Mapping[Source, tuple[Sequence[Shape], int]]
) -> dict[Source, Arrays]:
    """Keras 3: ``layers/conv2d_1/vars/0``; numbered per class in the order of the layers."""
    places: dict[Source, str] = {}
    container = "layers" if "layers" in file else "_layer_checkpoint_dependencies"
    _places(tree, (), "", container, places)
    arrays: dict[Source, Arrays] = {}
    for source, (shapes, _) in wanted.items():
        group = file.get(f"{places[source]}/vars")
        if not isinstance(group, h5py.Group):
            raise NetworkError(f"the weights of the layer {show(source[-1])} are missing")
        if len(group) != len(shapes):
            raise NetworkError(
                f"the layer {show(source[-1])} has {len(group)} weights; expected {len(shapes)}"
            )
        arrays[source] = tuple(read_array(group, str(n), s) for n, s in enumerate(shapes))
    return arrays


def _places(
    model: Model, path: Source, prefix: str, container: str, places: dict[Source, str]
) -> None:
    used: dict[str, int] = {}
    for layer in model.layers:
        base = _snake(layer.class_name)
        count = used.get(base, 0)
        used[base] = count + 1
        place = f"{prefix}{container}/{base}" + (f"_{count}" if count else "")
        source = (*path, layer.name)
        places[source] = place
        if layer.model is not None:
            _places(layer.model, source, place + "/", container, places)


def _snake(name: str) -> str:
    """``MaxPooling2D`` → ``max_pooling2d``, as Keras does."""
    name = re.sub(r"(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()


def _from_h5(
    file: Any, tree: Model, wanted: Mapping[Source, tuple[Sequence[Shape], int]]
) -> dict[Source, Arrays]:
    """Whole-model HDF5: a group per outer layer, weights in the order of ``weight_names``."""
    if not isinstance(file, h5py.Group):
        raise NetworkError("model_weights is no group")
    names = set(read_texts(file, "layer_names"))
    arrays: dict[Source, Arrays] = {}
    for layer in tree.layers:
        order = _order(layer, (layer.name,), wanted)
        if not order:
            continue
        group = file.get(layer.name) if layer.name in names else None
        if not isinstance(group, h5py.Group):
            raise NetworkError(f"the weights of the layer {show(layer.name)} are missing")
        weights = read_texts(group, "weight_names")
        if len(weights) != len(order):
            raise NetworkError(
                f"the layer {show(layer.name)} has {len(weights)} weights; expected {len(order)}"
            )
        found: dict[Source, dict[int, NDArray[np.float32]]] = {}
        for name, (source, number) in zip(weights, order, strict=True):
            shape = wanted[source][0][number]
            found.setdefault(source, {})[number] = read_array(group, name, shape)
        for source, values in found.items():
            arrays[source] = tuple(values[n] for n in sorted(values))
    missing = [source for source in wanted if source not in arrays]
    if missing:
        raise NetworkError(f"the weights of the layer {show(missing[0][-1])} are missing")
    return arrays


def _order(
    layer: Layer, path: Source, wanted: Mapping[Source, tuple[Sequence[Shape], int]]
) -> list[tuple[Source, int]]:
    """Order of the weights in the group of an outer layer: trained ones first.

    A frozen outer layer keeps them in the order of the layers.
    """
    everything = list(_weights(layer, path, wanted))
    if not layer.trainable:
        return [(source, number) for source, number, _ in everything]
    trained = [(source, number) for source, number, trains in everything if trains]
    return trained + [(source, number) for source, number, trains in everything if not trains]


def _weights(
    layer: Layer, path: Source, wanted: Mapping[Source, tuple[Sequence[Shape], int]]
) -> Iterator[tuple[Source, int, bool]]:
    """Every weight of a layer or nested model: where, which, whether it is trained."""
    if layer.model is not None:
        for inner in layer.model.layers:
            yield from _weights(inner, (*path, inner.name), wanted)
    elif path in wanted:
        shapes, statistics = wanted[path]
        for number in range(len(shapes)):
            yield path, number, layer.trainable and number < len(shapes) - statistics
