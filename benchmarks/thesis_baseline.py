"""What one spectrum costs by the procedure of the thesis, written by us from its description.

The network stands on disk once as a Keras ``.h5`` with its softmax. For each spectrum the
file is loaded four times: once for one `predict`, and once for each of the three classes
for a Grad-CAM with its own tape, scaled up to the picture.
"""

from __future__ import annotations

from pathlib import Path

import absl.logging
import keras
import numpy as np
import tensorflow as tf
from PIL import Image

from nmrcam_qt.ml.network import Network

PICTURE = (410, 600)
absl.logging.set_verbosity(absl.logging.ERROR)  # on files without an optimizer
tf.get_logger().setLevel("ERROR")


def save_h5(network: Network, path: Path, *, optimizer: bool) -> None:
    """The whole network with its softmax as one ``.h5``.

    Parameters
    ----------
    network : Network
        With one input.
    path : Path
        Where to.
    optimizer : bool
        With Adam's state, as `model.save` leaves it after training; else weights alone.
    """
    scores = keras.layers.Activation("softmax", name="scores")(network.model.output)
    model = keras.Model(network.model.inputs[0], scores)
    if optimizer:
        model.compile("adam", "sparse_categorical_crossentropy")
        model.optimizer.build(model.trainable_variables)
    model.save(path)


def as_jpeg(path: Path, out: Path) -> None:
    """The same picture as a colour JPEG, as those of the study are."""
    with Image.open(path) as image:
        image.convert("RGB").save(out, quality=90)


def program(path: Path, picture: Path, shape: tuple[int, ...], layer: str, n_classes: int) -> None:
    """One picture from its file to the maps: read once, scaled down, then `analyse`."""
    with Image.open(picture) as image:
        grey = image.convert("L").resize((shape[1], shape[0]))
    example = 1 - np.asarray(grey, np.float32)[..., np.newaxis] / 255
    analyse(path, example, layer, n_classes)


def analyse(path: Path, example: np.ndarray, layer: str, n_classes: int) -> list[np.ndarray]:
    """Scores, then one Grad-CAM for each class, each with a freshly loaded network.

    Parameters
    ----------
    path : Path
        From `save_h5`.
    example : float32 (H, W, C)
    layer : str
        The last convolution.
    n_classes : int

    Returns
    -------
    list of float32 (410, 600)
        One map for each class, 0..1.
    """
    fed = example[np.newaxis]
    model = keras.models.load_model(path)
    model.predict(fed, verbose=0)
    return [_gradcam(path, fed, layer, number) for number in range(n_classes)]


def _gradcam(path: Path, fed: np.ndarray, layer: str, number: int) -> np.ndarray:
    model = keras.models.load_model(path)
    both = keras.Model(model.inputs, [model.get_layer(layer).output, model.output])
    with tf.GradientTape() as tape:
        maps, scores = both([tf.constant(fed)])
        wanted = scores[:, number]
    weights = tf.reduce_mean(tape.gradient(wanted, maps), axis=(0, 1, 2))
    heat = tf.nn.relu(tf.reduce_sum(maps[0] * weights, axis=-1))
    heat /= tf.reduce_max(heat) + 1e-8
    return tf.image.resize(heat[..., tf.newaxis], PICTURE)[..., 0].numpy()
