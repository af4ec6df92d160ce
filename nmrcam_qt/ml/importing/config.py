"""A foreign network's configuration (Keras 2 or 3) as a checked tree of layers. No Keras."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing.layers import (
    IDENTITY,
    LayerSpec,
    Shape,
    check_precision,
    layer_spec,
)
from nmrcam_qt.ml.importing.values import plain, show

MODELS = ("Sequential", "Functional", "Model")
_MODULES = frozenset(
    {
        *("keras", "keras.layers", "keras.models", "keras.initializers", "keras.regularizers"),
        *("keras.constraints", "keras.dtype_policies", "keras.mixed_precision"),
        *("keras.src.models.functional", "keras.src.models.sequential", "keras.src.models.model"),
        *("keras.src.engine.functional", "keras.src.engine.sequential", "keras.engine.functional"),
    }
)
_IGNORED = frozenset({"compile_config", "training_config"})
"""Never read and never handed on: how the network was trained."""


@dataclass(frozen=True, slots=True)
class Ref:
    """Output `tensor` of call `node` of the layer `layer`."""

    layer: str
    node: int
    tensor: int


@dataclass(frozen=True, slots=True)
class Layer:
    """A layer, an input or a nested model, with its calls.

    Parameters
    ----------
    name, class_name : str
        As in the file.
    spec : LayerSpec or None
        None for inputs, nested models and layers that only act while training.
    model : Model or None
        The nested model.
    shape : tuple of int, optional
        Of an input: one example, without the batch; None where the file gives none.
    calls : tuple of tuple of Ref
        What each call of the layer is fed with.
    trainable : bool
        Whether it was trained; old files order weights by it.
    """

    name: str
    class_name: str
    spec: LayerSpec | None
    model: Model | None
    shape: Shape | None
    calls: tuple[tuple[Ref, ...], ...]
    trainable: bool

    @property
    def is_input(self) -> bool:
        """Whether it is an input."""
        return self.class_name == "InputLayer"


@dataclass(frozen=True, slots=True)
class Model:
    """A network or a nested one: layers in the file's order, inputs and outputs.

    `legacy` says that the links are written as in Keras 2.
    """

    class_name: str
    layers: tuple[Layer, ...]
    inputs: tuple[Ref, ...]
    outputs: tuple[Ref, ...]
    legacy: bool = False


def parse_model(config: Any) -> Model:
    """Check a network's configuration and turn it into a tree.

    Parameters
    ----------
    config : object
        From JSON: ``{"class_name", "config"}`` or a bare functional configuration.

    Raises
    ------
    NetworkError
        If anything in it is not on the list of what is allowed.
    """
    _check_origins(config)
    if isinstance(config, dict) and "class_name" not in config and "layers" in config:
        config = {"class_name": "Functional", "config": config}
    if not isinstance(config, dict) or config.get("class_name") not in MODELS:
        found = config.get("class_name") if isinstance(config, dict) else config
        raise NetworkError(f"found {show(found)}; expected a Sequential or Functional network")
    return _model(config["class_name"], config.get("config"), 0)


def _check_origins(config: Any) -> None:
    """Refuse whatever names a Python module or a registered object that is not Keras's own."""
    waiting = [config]
    while waiting:
        value = waiting.pop()
        if isinstance(value, list):
            waiting.extend(value)
        if not isinstance(value, dict):
            continue
        module, registered = value.get("module"), value.get("registered_name")
        if module is not None and not (isinstance(module, str) and module in _MODULES):
            raise NetworkError(f"code of the module {show(module)} is not allowed")
        if registered is not None and not (
            value.get("class_name") in MODELS and registered == value["class_name"]
        ):
            raise NetworkError(f"the registered object {show(registered)} is not allowed")
        waiting.extend(v for k, v in value.items() if k not in _IGNORED)


def _model(class_name: str, config: Any, depth: int) -> Model:
    if depth > limits.MAX_NESTING:
        raise NetworkError(f"networks nested deeper than {limits.MAX_NESTING} levels")
    if isinstance(config, list):  # Sequential of the first Keras versions
        config = {"layers": config}
    if not isinstance(config, dict) or not isinstance(config.get("layers"), list):
        raise NetworkError("a network without a list of layers")
    entries = config["layers"]
    if not 1 <= len(entries) <= limits.MAX_LAYERS:
        raise NetworkError(f"{len(entries)} layers; expected 1 to {limits.MAX_LAYERS}")
    layers = [_layer(entry, depth) for entry in entries]
    if class_name == "Sequential":
        return _sequential(layers, config)
    _check_names(layers)
    if sum(len(layer.calls) for layer in layers) > limits.MAX_LAYERS:
        raise NetworkError(f"more than {limits.MAX_LAYERS} calls of layers")
    known = {layer.name: layer for layer in layers}
    return Model(
        "Functional",
        tuple(layers),
        _ends(config.get("input_layers"), known),
        _ends(config.get("output_layers"), known),
        legacy=any(_is_legacy(entry) for entry in entries),
    )


def _layer(entry: Any, depth: int) -> Layer:
    """Check one entry of the list of layers."""
    if not isinstance(entry, dict) or not isinstance(entry.get("class_name"), str):
        raise NetworkError("a layer without a class name")
    class_name = entry["class_name"]
    if entry.get("module") not in (None, "keras.layers") and class_name not in MODELS:
        raise NetworkError(f"code of the module {show(entry['module'])} is not allowed")
    config = entry.get("config")
    if class_name in MODELS:
        nested = _model(class_name, config, depth + 1)
        name = entry.get("name") or (config.get("name") if isinstance(config, dict) else None)
        calls = _calls(entry.get("inbound_nodes"))
        return Layer(_name(name), nested.class_name, None, nested, None, calls, _trains(config))
    if not isinstance(config, dict):
        raise NetworkError(f"a layer {show(class_name)} without a configuration")
    check_precision(config)
    known = class_name in IDENTITY or class_name == "InputLayer"
    spec = None if known else layer_spec(class_name, config)
    return Layer(
        name=_name(entry.get("name") or config.get("name")),
        class_name=class_name,
        spec=spec,
        model=None,
        shape=_input_shape(config),
        calls=_calls(entry.get("inbound_nodes")),
        trainable=_trains(config),
    )


def _is_legacy(entry: Mapping[str, Any]) -> bool:
    return any(isinstance(node, list) for node in entry.get("inbound_nodes") or ())


def _trains(config: Any) -> bool:
    return not (isinstance(config, dict) and config.get("trainable") is False)


def _name(name: Any) -> str:
    if not isinstance(name, str) or not 1 <= len(name) <= limits.MAX_NAME:
        raise NetworkError(f"a layer's name is {show(name)}; expected 1 to {limits.MAX_NAME} signs")
    return name


def _check_names(layers: list[Layer]) -> None:
    if len({layer.name for layer in layers}) != len(layers):
        raise NetworkError("two layers of one network share a name")


def _input_shape(config: Mapping[str, Any]) -> Shape | None:
    """Shape of one example where the configuration states it."""
    shape = plain(config.get("batch_shape", config.get("batch_input_shape")))
    if shape is None:
        return None
    if config.get("sparse") or config.get("ragged"):
        raise NetworkError("sparse and ragged inputs are not allowed")
    if not isinstance(shape, list) or not 2 <= len(shape) <= 5:
        raise NetworkError(f"an input of the shape {show(shape)}")
    sizes = []
    for size in shape[1:]:
        if size is None:
            raise NetworkError("the size of the input is not fixed in the file")
        if isinstance(size, bool) or not isinstance(size, int) or not 1 <= size <= 65536:
            raise NetworkError(f"an input of the size {show(size)}")
        sizes.append(size)
    return tuple(sizes)


def _sequential(layers: list[Layer], config: Mapping[str, Any]) -> Model:
    """Write a chain as a graph: an input, then each layer fed by the one before."""
    if not layers[0].is_input:
        shape = layers[0].shape
        if shape is None:
            built = plain(config.get("build_input_shape"))
            shape = _input_shape({"batch_shape": built}) if built is not None else None
        name = "input_of_" + layers[0].name[: limits.MAX_NAME - 9]
        layers = [Layer(name, "InputLayer", None, None, shape, (), True), *layers]
    _check_names(layers)
    linked = [layers[0]]
    for layer in layers[1:]:
        if layer.is_input:
            raise NetworkError("a second input in a Sequential network")
        before = Ref(linked[-1].name, 0, 0)
        linked.append(
            Layer(
                layer.name,
                layer.class_name,
                layer.spec,
                layer.model,
                layer.shape,
                ((before,),),
                layer.trainable,
            )
        )
    first, last = Ref(linked[0].name, 0, 0), Ref(linked[-1].name, 0, 0)
    return Model("Sequential", tuple(linked), (first,), (last,))


def _calls(nodes: Any) -> tuple[tuple[Ref, ...], ...]:
    """Calls of a layer: Keras 3 writes objects, Keras 2 lists."""
    if nodes is None:
        return ()
    if not isinstance(nodes, list) or len(nodes) > limits.MAX_LAYERS:
        raise NetworkError("a layer whose links are no list")
    return tuple(_call(node) for node in nodes)


def _call(node: Any) -> tuple[Ref, ...]:
    if isinstance(node, dict):
        _check_kwargs(node.get("kwargs"))
        args = plain(node.get("args"))
        if not isinstance(args, list) or any(a is not None for a in args[1:]) or not args:
            raise NetworkError("a layer that is called in an unknown way")
        tensors = args[0] if isinstance(args[0], list) else [args[0]]
        return tuple(_keras_tensor(t) for t in tensors[: limits.MAX_FED + 1])
    if not isinstance(node, list) or not node:
        raise NetworkError("a layer that is called in an unknown way")
    if isinstance(node[0], str):
        node = [node]
    return tuple(_ref(item) for item in node[: limits.MAX_FED + 1])


def _keras_tensor(tensor: Any) -> Ref:
    inner = tensor.get("config") if isinstance(tensor, dict) else None
    if not isinstance(inner, dict) or tensor.get("class_name") != "__keras_tensor__":
        raise NetworkError("a layer that is fed with something else than layers")
    return _ref(plain(inner.get("keras_history")))


def _ref(item: Any) -> Ref:
    """``[layer, node, tensor]`` or, in Keras 2, ``[layer, node, tensor, kwargs]``."""
    if not isinstance(item, list) or len(item) not in (3, 4) or not isinstance(item[0], str):
        raise NetworkError("a layer that is fed with something else than layers")
    if len(item) == 4:
        _check_kwargs(item[3])
    for number in item[1:3]:
        if isinstance(number, bool) or not isinstance(number, int) or not 0 <= number <= 10_000:
            raise NetworkError(f"a link with the number {show(number)}")
    return Ref(*item[:3])


def _check_kwargs(kwargs: Any) -> None:
    """`mask=None` and `training=False` change nothing; anything else would."""
    if kwargs is None or kwargs == {}:
        return
    if not isinstance(kwargs, dict):
        raise NetworkError("a layer that is called in an unknown way")
    for key, value in kwargs.items():
        if value is not None and not (key == "training" and value is False):
            raise NetworkError(f"a layer is called with {show(key)}, which is not allowed")


def _ends(ends: Any, layers: Mapping[str, Layer]) -> tuple[Ref, ...]:
    """Inputs or outputs of a functional model; Keras counts nested models' calls from 1."""
    ends = plain(ends)
    if isinstance(ends, list) and len(ends) == 3 and isinstance(ends[0], str):
        ends = [ends]
    if not isinstance(ends, list) or not 1 <= len(ends) <= 16:
        raise NetworkError("a network without a plain list of inputs and outputs")
    refs = [_ref(end) for end in ends]
    for ref in refs:
        if ref.layer not in layers:
            raise NetworkError(f"the layer {show(ref.layer)} is missing")
    return tuple(refs)
