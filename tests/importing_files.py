"""Network files for the tests of the import: genuine ones made with Keras, and bent ones."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import keras
import numpy as np
from keras import layers

from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec, card_to_json
from nmrcam_qt.core.spectrum import Experiment
from nmrcam_qt.ml.weights import save_weights

SHAPE = (24, 32, 1)


def sequential() -> keras.Model:
    return keras.Sequential(
        [
            layers.Input(SHAPE),
            layers.Conv2D(4, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Conv2D(5, (3, 2), strides=2, padding="same"),
            layers.BatchNormalization(),
            layers.LeakyReLU(negative_slope=0.2),
            layers.Dropout(0.3),
            layers.Flatten(),
            layers.Dense(3, activation="softmax"),
        ]
    )


def deferred() -> keras.Model:
    """A Sequential without an input layer, built by its first call."""
    model = keras.Sequential(
        [layers.Conv2D(3, 3), layers.Flatten(), layers.Dense(2, activation="sigmoid")]
    )
    model(np.zeros((1, *SHAPE), dtype=np.float32))
    return model


def nested() -> keras.Model:
    inner = keras.Sequential([layers.Input(SHAPE), layers.Conv2D(4, 3), layers.ReLU(max_value=6.0)])
    return keras.Sequential(
        [
            layers.Input(SHAPE),
            layers.RandomFlip(),
            layers.RandomRotation(0.1),
            layers.RandomTranslation(0.1, 0.1),
            layers.RandomZoom(0.1),
            layers.GaussianNoise(0.1),
            layers.Rescaling(2.0, offset=-0.5),
            inner,
            layers.Flatten(),
            layers.Dense(4),
            layers.Softmax(),
        ]
    )


def _backbone(name: str, frozen: bool = False) -> keras.Model:
    x = keras.Input(SHAPE, name="pixels")
    y = layers.Conv2D(4, 3, name="conv")(x)
    y = layers.BatchNormalization(name="norm")(y)
    y = layers.Activation("elu", name="elu")(y)
    y = layers.Conv2D(4, 3, name="conv2", use_bias=False)(y)
    y = layers.BatchNormalization(name="norm2", scale=False)(y)
    model = keras.Model(x, y, name=name)
    if frozen:
        model.get_layer("norm").trainable = False
    return model


def functional_nested(frozen: str = "") -> keras.Model:
    """A nested functional model with batch norms; `frozen`: nothing, a layer, or all."""
    backbone = _backbone("backbone", frozen == "layer")
    backbone.trainable = frozen != "all"
    if frozen == "layer":
        backbone.get_layer("norm").trainable = False
    x = keras.Input(SHAPE, name="hmbc")
    y = backbone(x)
    y = layers.GlobalAveragePooling2D()(y)
    return keras.Model(x, layers.Dense(3, activation="softmax")(y))


def shared() -> keras.Model:
    """Two inputs through one column: a layer and a nested model that are called twice."""
    column = _backbone("column")
    conv = layers.Conv2D(2, 3, name="again")
    one, two = keras.Input(SHAPE, name="hsqc"), keras.Input(SHAPE, name="hmbc")
    a, b = conv(column(one)), conv(column(two))
    joined = layers.Concatenate()([layers.Flatten()(a), layers.Flatten()(b)])
    return keras.Model([one, two], layers.Dense(3, activation="softmax")(joined))


def two_inputs() -> keras.Model:
    one, two = keras.Input(SHAPE, name="hsqc"), keras.Input((20, 30, 1), name="hmbc")
    a = layers.Flatten()(layers.Conv2D(2, 3)(one))
    b = layers.Flatten()(layers.Conv2D(3, 3)(two))
    hidden = layers.Dense(6, activation="tanh")(layers.Concatenate()([a, b]))
    return keras.Model([one, two], layers.Dense(2, activation="sigmoid")(hidden))


def many_layers() -> keras.Model:
    x = keras.Input((24, 32, 3), name="in")
    a = layers.SeparableConv2D(4, 3, padding="same", depth_multiplier=2, activation="gelu")(x)
    b = layers.DepthwiseConv2D(3, padding="same", depth_multiplier=2)(x)
    b = layers.Conv2D(4, 1, groups=2, dilation_rate=2, activation="silu")(b)
    b = layers.ELU(alpha=0.7)(b)
    c = layers.Add()([a, b])
    d = layers.Maximum()([c, layers.Multiply()([a, b]), layers.Average()([a, b])])
    d = layers.Concatenate()([d, layers.Minimum()([a, c])])
    d = layers.LayerNormalization()(d)
    d = layers.ZeroPadding2D(((1, 2), (3, 0)))(d)
    d = layers.Cropping2D((1, 2))(d)
    d = layers.AveragePooling2D(3, strides=2, padding="same")(d)
    d = layers.UpSampling2D(2, interpolation="bilinear")(d)
    d = layers.Permute((2, 1, 3))(d)
    d = layers.Reshape((-1, 4, 8))(d)
    d = layers.ReLU(negative_slope=0.1, threshold=0.2)(d)
    d = layers.GlobalMaxPooling2D()(d)
    d = layers.Dense(5, activation="mish")(d)
    return keras.Model(x, layers.Activation("sigmoid")(layers.Dense(3)(d)))


def linear() -> keras.Model:
    x = keras.Input(SHAPE, name="hsqc")
    y = layers.GlobalAveragePooling2D()(layers.Conv2D(4, 3, activation="relu")(x))
    return keras.Model(x, layers.Dense(3)(y))


MODELS: dict[str, Callable[[], keras.Model]] = {
    "sequential": sequential,
    "deferred": deferred,
    "nested": nested,
    "functional_nested": functional_nested,
    "frozen_layer": lambda: functional_nested("layer"),
    "frozen_all": lambda: functional_nested("all"),
    "shared": shared,
    "two_inputs": two_inputs,
    "many_layers": many_layers,
}


def randomise(model: keras.Model, seed: int = 0) -> keras.Model:
    """Weights that are all different, so that no exchange goes unseen."""
    rng = np.random.default_rng(seed)
    for variable in model.weights:
        if "seed" not in variable.path:
            variable.assign(rng.uniform(0.05, 0.5, variable.shape) * rng.choice([-1, 1]))
    for layer in model._flatten_layers():
        if isinstance(layer, layers.BatchNormalization):
            layer.moving_variance.assign(rng.uniform(0.5, 2, layer.moving_variance.shape))
    return model


def inputs_for(model: keras.Model, n: int = 3) -> list[np.ndarray]:
    rng = np.random.default_rng(1)
    return [rng.random((n, *t.shape[1:]), dtype=np.float32) for t in model.inputs]


def save(model: keras.Model, path: Path) -> Path:
    model.save(path)
    return path


def keras_config(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("config.json"))


def write_keras(
    path: Path,
    config: object,
    weights: bytes = b"",
    extra: dict[str, bytes] | None = None,
    compression: int = zipfile.ZIP_DEFLATED,
) -> Path:
    """A ``.keras`` archive with any content; `config` may be text."""
    text = config if isinstance(config, str) else json.dumps(config)
    if not weights:
        buffer = io.BytesIO()
        with h5py.File(buffer, "w") as file:
            file.create_group("layers")
        weights = buffer.getvalue()
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("metadata.json", "{}")
        archive.writestr("config.json", text)
        archive.writestr("model.weights.h5", weights)
        for name, content in (extra or {}).items():
            archive.writestr(name, content)
    return path


def bend(source: Path, target: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """A genuine ``.keras`` file with a changed configuration."""
    with zipfile.ZipFile(source) as archive:
        config = json.loads(archive.read("config.json"))
        weights = archive.read("model.weights.h5")
    change(config)
    return write_keras(target, config, weights)


def bend_weights(source: Path, target: Path, change: Callable[[h5py.File], None]) -> Path:
    """A genuine ``.keras`` file with changed weights."""
    with zipfile.ZipFile(source) as archive:
        config = archive.read("config.json").decode()
        buffer = io.BytesIO(archive.read("model.weights.h5"))
    with h5py.File(buffer, "r+") as file:
        change(file)
    return write_keras(target, config, buffer.getvalue())


def keras2_config() -> dict[str, Any]:
    """Written by hand as TensorFlow 2.4 saved it: lists as links, nested Sequential twice."""

    def conv(name: str, filters: int, **more: Any) -> dict[str, Any]:
        config = {
            "name": name,
            "trainable": True,
            "dtype": "float32",
            "filters": filters,
            "kernel_size": [3, 3],
            "strides": [1, 1],
            "padding": "valid",
            "data_format": "channels_last",
            "dilation_rate": [1, 1],
            "groups": 1,
            "activation": "relu",
            "use_bias": True,
            "kernel_initializer": {"class_name": "GlorotUniform", "config": {"seed": None}},
            "bias_initializer": {"class_name": "Zeros", "config": {}},
            "kernel_regularizer": {"class_name": "L2", "config": {"l2": 0.01}},
            "bias_regularizer": None,
            "activity_regularizer": None,
            "kernel_constraint": None,
            "bias_constraint": None,
        }
        return {"class_name": "Conv2D", "config": config | more}

    def entry(layer: dict[str, Any], *nodes: Any) -> dict[str, Any]:
        return {**layer, "name": layer["config"]["name"], "inbound_nodes": list(nodes)}

    def inp(name: str) -> dict[str, Any]:
        config = {
            "batch_input_shape": [None, 24, 32, 1],
            "dtype": "float32",
            "sparse": False,
            "ragged": False,
            "name": name,
        }
        return {"class_name": "InputLayer", "config": config}

    column = {
        "class_name": "Sequential",
        "config": {
            "name": "column",
            "layers": [
                inp("conv_input"),
                conv("conv", 4, batch_input_shape=[None, 24, 32, 1]),
                {
                    "class_name": "BatchNormalization",
                    "config": {
                        "name": "norm",
                        "trainable": True,
                        "dtype": "float32",
                        "axis": [3],
                        "momentum": 0.99,
                        "epsilon": 0.001,
                        "center": True,
                        "scale": True,
                        "beta_initializer": {"class_name": "Zeros", "config": {}},
                        "moving_variance_initializer": {"class_name": "Ones", "config": {}},
                    },
                },
                {
                    "class_name": "LeakyReLU",
                    "config": {"name": "leaky", "dtype": "float32", "alpha": 0.1},
                },
                {
                    "class_name": "Dropout",
                    "config": {"name": "drop", "rate": 0.5, "noise_shape": None, "seed": None},
                },
            ],
        },
    }
    flat = {"class_name": "Flatten", "config": {"name": "flat", "data_format": "channels_last"}}
    join = {"class_name": "Concatenate", "config": {"name": "join", "axis": -1}}
    dense = {
        "class_name": "Dense",
        "config": {"name": "out", "units": 3, "activation": "softmax", "use_bias": True},
    }
    config = {
        "name": "model",
        "layers": [
            entry(inp("a")),
            entry(inp("b")),
            entry(column, [["a", 0, 0, {}]], [["b", 0, 0, {"training": False}]]),
            entry(flat, [["column", 1, 0, {}]], [["column", 2, 0, {}]]),
            entry(join, [["flat", 0, 0, {}], ["flat", 1, 0, {}]]),
            entry(dense, [["join", 0, 0, {}]]),
        ],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["out", 0, 0]],
    }
    return {"class_name": "Functional", "config": config}


def write_keras2(path: Path) -> dict[str, np.ndarray]:
    """The hand-written model as ``.h5``; returns its weights by name."""
    rng = np.random.default_rng(3)
    shapes = {
        "conv/kernel:0": (3, 3, 1, 4),
        "conv/bias:0": (4,),
        "norm/gamma:0": (4,),
        "norm/beta:0": (4,),
        "norm/moving_mean:0": (4,),
        "norm/moving_variance:0": (4,),
        "out/kernel:0": (2 * 22 * 30 * 4, 3),
        "out/bias:0": (3,),
    }
    weights = {n: rng.uniform(0.1, 0.6, s).astype(np.float32) for n, s in shapes.items()}
    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = b"2.4.0"
        file.attrs["backend"] = b"tensorflow"
        file.attrs["model_config"] = json.dumps(keras2_config()).encode()
        group = file.create_group("model_weights")
        names = ["a", "b", "column", "flat", "join", "out"]
        group.attrs["layer_names"] = np.array([n.encode() for n in names])
        for name in names:
            own = {"column": ("conv", "norm"), "out": ("out",)}.get(name, ())
            mine = [w for w in weights if w.split("/")[0] in own]
            layer = group.create_group(name)
            layer.attrs["weight_names"] = np.array([w.encode() for w in mine], dtype="S")
            for weight in mine:
                layer.create_dataset(weight, data=weights[weight])
    return weights


def write_small(
    folder: Path, experiments: tuple[Experiment, ...] = (Experiment.HSQC, Experiment.HMBC)
) -> keras.Model:
    """A small network with two inputs in a folder, as `nmrcam train` would write it."""
    folder.mkdir(parents=True)
    tensors = [keras.Input(SHAPE, name=e.value) for e in experiments]
    maps = [
        keras.layers.Conv2D(i + 2, 3, activation="relu", name=f"conv_{t.name}")(t)
        for i, t in enumerate(tensors)
    ]
    flat = [keras.layers.Flatten(name=f"flat_{i}")(m) for i, m in enumerate(maps)]
    joined = keras.layers.Concatenate(name="join")(flat) if len(flat) > 1 else flat[0]
    model = keras.Model(tensors, keras.layers.Dense(2, name="logits")(joined))
    (folder / "architecture.json").write_text(json.dumps(model.get_config()))
    card = Card(
        id=folder.name,
        title="Test",
        inputs=tuple(InputSpec(e.value, e, SHAPE, (0.0, 200.0), (10.0, 0.0)) for e in experiments),
        classes=(ClassSpec("a", "A", "", "#e69f00"), ClassSpec("b", "B", "", "#56b4e9")),
        head="softmax",
        thresholds=(0.5, 0.5),
        layers=tuple(f"conv_{e.value}" for e in experiments),
        default_layer=f"conv_{experiments[0].value}",
        trained_on_mixtures=False,
        sha256=save_weights(model, folder / "weights.npz", "float32"),
    )
    (folder / "card.json").write_text(card_to_json(card))
    return model
