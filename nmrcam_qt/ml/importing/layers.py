"""The layers a network file may hold, and for each the arguments we take from it.

A foreign configuration is never handed to Keras. `layer_spec` copies the arguments
named here, each checked, into plain data; what is named neither here nor among the keys
without meaning for inference is refused.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.importing import limits
from nmrcam_qt.ml.importing import values as v

Shape = tuple[int, ...]
"""Shape of one example, without the batch."""

_SPACE: Mapping[str, v.Check] = {"data_format": v.optional(v.one_of("channels_last"))}
_WINDOW: Mapping[str, v.Check] = {**_SPACE, "padding": v.one_of("valid", "same")}
_CONV: Mapping[str, v.Check] = {
    **_WINDOW,
    "kernel_size": v.pair(1, 1024),
    "strides": v.pair(1, 1024),
    "dilation_rate": v.pair(1, 1024),
    "activation": v.activation,
    "use_bias": v.flag,
}
_POOL: Mapping[str, v.Check] = {
    **_WINDOW,
    "pool_size": v.pair(1, 8192),
    "strides": v.optional(v.pair(1, 8192)),
}
_NORM: Mapping[str, v.Check] = {
    "axis": v.last_axis,
    "epsilon": v.real(0, 1),
    "center": v.flag,
    "scale": v.flag,
}

ALLOWED: Mapping[str, Mapping[str, v.Check]] = {
    "Conv2D": {**_CONV, "filters": v.whole(1), "groups": v.whole(1)},
    "DepthwiseConv2D": {**_CONV, "depth_multiplier": v.whole(1, 1024)},
    "SeparableConv2D": {**_CONV, "filters": v.whole(1), "depth_multiplier": v.whole(1, 1024)},
    "MaxPooling2D": _POOL,
    "AveragePooling2D": _POOL,
    "GlobalAveragePooling2D": {**_SPACE, "keepdims": v.flag},
    "GlobalMaxPooling2D": {**_SPACE, "keepdims": v.flag},
    "Flatten": _SPACE,
    "Dense": {"units": v.whole(1), "activation": v.activation, "use_bias": v.flag},
    "BatchNormalization": _NORM,
    "LayerNormalization": _NORM,
    "Activation": {"activation": v.activation},
    "ReLU": {
        "max_value": v.optional(v.real(0)),
        "negative_slope": v.real(0),
        "threshold": v.real(0),
    },
    "LeakyReLU": {"negative_slope": v.real(0)},
    "ELU": {"alpha": v.real(0)},
    "Softmax": {"axis": v.last_axis},
    "Add": {},
    "Multiply": {},
    "Average": {},
    "Maximum": {},
    "Minimum": {},
    "Concatenate": {"axis": v.whole(-4, 4)},
    "ZeroPadding2D": {**_SPACE, "padding": v.sides},
    "Cropping2D": {**_SPACE, "cropping": v.sides},
    "UpSampling2D": {
        **_SPACE,
        "size": v.pair(1, 64),
        "interpolation": v.one_of("nearest", "bilinear"),
    },
    "Reshape": {"target_shape": v.wholes(-1, 2**31 - 1, 4)},
    "Permute": {"dims": v.wholes(1, 4, 4)},
    "Rescaling": {"scale": v.real(), "offset": v.real()},
    "SignalPooling": {"sharpness": v.real(0.01, 100)},
    "InkBasins": {"count": v.whole(1, limits.MAX_TOKENS)},
    "InkTokens": {"count": v.whole(1, limits.MAX_TOKENS), "cycles": v.reals(0.01, 64, 16)},
    "InkedCells": {},
    "TokensToGrid": {"count": v.whole(1, limits.MAX_TOKENS)},
    "TokenAttention": {"heads": v.whole(1, limits.MAX_HEADS)},
    "TiedAttention": {
        "heads": v.whole(1, limits.MAX_HEADS),
        "widths": v.reals(0.01, limits.MAX_TIE_WIDTH, limits.MAX_TIES),
        "grid": v.pair(1, limits.MAX_SIDE),
    },
}
"""Layer class → argument → check. The last seven are ours (`ml.own_layers`), weightless."""

NEEDED: Mapping[str, tuple[str, ...]] = {
    "Conv2D": ("filters", "kernel_size"),
    "DepthwiseConv2D": ("kernel_size",),
    "SeparableConv2D": ("filters", "kernel_size"),
    "Dense": ("units",),
    "Activation": ("activation",),
    "Reshape": ("target_shape",),
    "Permute": ("dims",),
    "Rescaling": ("scale",),
    "InkBasins": ("count",),
    "InkTokens": ("count", "cycles"),
    "TokensToGrid": ("count",),
    "TokenAttention": ("heads",),
    "TiedAttention": ("heads", "widths", "grid"),
}

IDENTITY = frozenset(
    {
        "Dropout",
        "SpatialDropout2D",
        "AlphaDropout",
        "GaussianDropout",
        "GaussianNoise",
        "ActivityRegularization",
        "RandomFlip",
        "RandomRotation",
        "RandomTranslation",
        "RandomZoom",
    }
)
"""Layers that only act while training: left out."""

FED: Mapping[str, int] = {
    "SignalPooling": 2,
    "InkTokens": 2,
    "TokensToGrid": 2,
    "TokenAttention": 4,
    "TiedAttention": 5,
}
"""How many tensors feed those layers of ours that take several."""

ATTENTIONS = frozenset({"TokenAttention", "TiedAttention"})

MERGING = frozenset({"Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate", *FED})

SPATIAL = frozenset(
    {
        *("Conv2D", "DepthwiseConv2D", "SeparableConv2D", "MaxPooling2D", "AveragePooling2D"),
        *("BatchNormalization", "LayerNormalization", "Activation", "ReLU", "LeakyReLU", "ELU"),
        *("Add", "Multiply", "Average", "Maximum", "Minimum", "Concatenate"),
        *("ZeroPadding2D", "Cropping2D", "UpSampling2D", "Rescaling"),
        "SignalPooling",
    }
)
"""Layers whose output still has rows and columns that are ppm."""

CONVOLUTIONS = frozenset({"Conv2D", "DepthwiseConv2D", "SeparableConv2D"})

_RENAMED = {("LeakyReLU", "alpha"): "negative_slope"}
_MEANINGLESS = frozenset(
    {
        *("name", "trainable", "dtype", "batch_input_shape", "batch_shape", "input_shape"),
        *("momentum", "fused", "synchronized", "renorm_momentum", "seed"),
    }
)
_SUFFIXES = ("_initializer", "_regularizer", "_constraint")
_ONLY: Mapping[str, tuple[Any, ...]] = {"groups": (1,), "supports_masking": (True, False)}
_PRECISIONS = frozenset(
    {"float32", "float16", "bfloat16", "float64", "mixed_float16", "mixed_bfloat16"}
)


@dataclass(frozen=True, slots=True)
class LayerSpec:
    """One layer in our words.

    Parameters
    ----------
    kind : str
        Key of `ALLOWED`.
    args : mapping
        Checked plain arguments for the constructor of ``keras.layers.<kind>``.
    """

    kind: str
    args: Mapping[str, Any]

    @property
    def activation(self) -> str:
        """Name of the activation, "linear" where there is none."""
        if self.kind == "Softmax":
            return "softmax"
        return str(self.args.get("activation", "linear"))

    def linear(self) -> LayerSpec:
        """The same layer without its activation."""
        return replace(self, args={**self.args, "activation": "linear"})


def layer_spec(class_name: str, config: Mapping[str, Any]) -> LayerSpec:
    """Copy the allowed arguments of a foreign layer.

    Parameters
    ----------
    class_name : str
        As it stands in the file.
    config : mapping
        The layer's configuration, from JSON.

    Raises
    ------
    NetworkError
        If the layer, an argument or a value is not allowed.
    """
    if class_name not in ALLOWED:
        raise NetworkError(f"the layer type {v.show(class_name)} is not allowed")
    checks = ALLOWED[class_name]
    args: dict[str, Any] = {}
    for key, value in config.items():
        name = _RENAMED.get((class_name, key), key)
        if name in checks:
            try:
                args[name] = checks[name](v.plain(value))
            except ValueError as error:
                raise NetworkError(f"{class_name}, {name}: {error}") from None
        else:
            _check_unused(class_name, key, value)
    for key in NEEDED.get(class_name, ()):
        if key not in args:
            raise NetworkError(f"{class_name}: the argument {key} is missing")
    if "data_format" in checks:
        args["data_format"] = "channels_last"
    return LayerSpec(class_name, args)


def check_precision(config: Mapping[str, Any]) -> str:
    """Name of the number type a layer was trained with; quantised ones are refused."""
    dtype = config.get("dtype") or "float32"
    if isinstance(dtype, dict):
        inner = dtype.get("config")
        dtype = inner.get("name") if isinstance(inner, dict) else None
    if not isinstance(dtype, str) or dtype not in _PRECISIONS:
        raise NetworkError(f"the number type {v.show(dtype)} is not allowed")
    return dtype


def _check_unused(class_name: str, key: str, value: Any) -> None:
    """A key that we do not use must not change what the network computes."""
    if key in _MEANINGLESS or key.endswith(_SUFFIXES) or value is None or value is False:
        return
    if not isinstance(value, (dict, list)) and value in _ONLY.get(key, ()):
        return
    raise NetworkError(f"{class_name}: the argument {v.show(key)} is not allowed")


def weight_shapes(spec: LayerSpec, shape_in: Shape, shape_out: Shape) -> tuple[Shape, ...]:
    """Shapes of a layer's weights in the order in which Keras keeps them."""
    args = spec.args
    biased = bool(args.get("use_bias", True))
    if spec.kind == "Dense":
        kernels: list[Shape] = [(shape_in[-1], shape_out[-1])]
        return (*kernels, shape_out[-1:]) if biased else tuple(kernels)
    if spec.kind in CONVOLUTIONS:
        kernels = _kernels(spec, shape_in[-1], shape_out[-1])
        return (*kernels, shape_out[-1:]) if biased else tuple(kernels)
    if spec.kind in ("BatchNormalization", "LayerNormalization"):
        count = sum(bool(args.get(key, True)) for key in ("scale", "center"))
        count += 2 if spec.kind == "BatchNormalization" else 0
        return (shape_in[-1:],) * count
    return ()


def _kernels(spec: LayerSpec, channels: int, filters: int) -> list[Shape]:
    size = spec.args["kernel_size"]
    multiplier = int(spec.args.get("depth_multiplier", 1))
    if spec.kind == "DepthwiseConv2D":
        return [(*size, channels, multiplier)]
    if spec.kind == "SeparableConv2D":
        return [(*size, channels, multiplier), (1, 1, channels * multiplier, filters)]
    return [(*size, channels // int(spec.args.get("groups", 1)), filters)]


def multiplications(spec: LayerSpec, shapes: tuple[Shape, ...], shape_out: Shape) -> int:
    """Upper bound of the multiplications for one example; `shapes` are the weights'."""
    kernels = sum(math.prod(s) for s in shapes if len(s) > 1)
    if spec.kind in CONVOLUTIONS:
        places = math.prod(shape_out[:2])
        strides = spec.args.get("strides", (1, 1))
        return kernels * places * (math.prod(strides) if spec.kind == "SeparableConv2D" else 1)
    if spec.kind == "Dense":
        return kernels * math.prod(shape_out[:-1])
    if spec.kind in ATTENTIONS:
        count, width = shape_out
        heads, ties = int(spec.args["heads"]), 2 * len(spec.args.get("widths", ()))
        return count * count * (2 * width + heads + ties * (heads + 1))
    window = spec.args.get("pool_size", (1, 1))
    return int(math.prod(shape_out) * math.prod(window))
