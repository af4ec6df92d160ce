"""Weights on disk: what is loaded is what was saved, and nothing else is loaded."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import keras
import numpy as np
import pytest

from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.ml.weights import load_weights, save_weights, weight_arrays


def model():
    x = keras.Input((6, 8, 1), name="x")
    y = keras.layers.Conv2D(2, 3, name="conv")(x)
    return keras.Model(x, keras.layers.Dense(3, name="out")(keras.layers.Flatten(name="f")(y)))


def npy(array, **more):
    buffer = io.BytesIO()
    np.lib.format.write_array(buffer, array, **more)
    return buffer.getvalue()


def archive(path, change=None, source=None):
    """The model's weights as an archive with changed members."""
    members = {f"{n}.npy": npy(a) for n, a in weight_arrays(source or model()).items()}
    if change:
        change(members)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as out:
        for name, blob in members.items():
            out.writestr(name, blob)
    return path


@pytest.mark.parametrize(("dtype", "tolerance"), [("float16", 1e-3), ("float32", 0.0)])
def test_round_trip(tmp_path, dtype, tolerance):
    source, target = model(), model()
    digest = save_weights(source, tmp_path / "w.npz", dtype)
    assert load_weights(target, tmp_path / "w.npz") == digest
    assert digest == hashlib.sha256((tmp_path / "w.npz").read_bytes()).hexdigest()
    assert save_weights(source, tmp_path / "again.npz", dtype) == digest
    for a, b in zip(source.get_weights(), target.get_weights(), strict=True):
        assert np.abs(a - b).max() <= tolerance
    assert sorted(p.name for p in tmp_path.iterdir()) == ["again.npz", "w.npz"]


def test_fortran_order_is_read_as_it_is_meant(tmp_path):
    source, target = model(), model()

    def change(members):
        kernel = weight_arrays(source)["out/kernel"]
        members["out/kernel.npy"] = npy(np.asfortranarray(kernel))

    load_weights(target, archive(tmp_path / "w.npz", change, source))
    assert np.array_equal(target.get_layer("out").kernel, source.get_layer("out").kernel)


def test_numbers_that_float16_cannot(tmp_path):
    source = model()
    source.get_layer("out").bias.assign([1e6, 0, 0])
    with pytest.raises(NetworkError, match="out/bias holds a weight that float16 cannot"):
        save_weights(source, tmp_path / "w.npz")
    save_weights(source, tmp_path / "w.npz", "float32")
    source.get_layer("out").bias.assign([np.nan, 0, 0])
    with pytest.raises(NetworkError, match="float32 cannot"):
        save_weights(source, tmp_path / "w.npz", "float32")


def lying_header(shape, dtype="<f4"):
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(
        buffer, {"descr": dtype, "fortran_order": False, "shape": shape}
    )
    return buffer.getvalue()


class Evil:
    ran = False

    def __reduce__(self):
        return setattr, (Evil, "ran", True)


@pytest.mark.parametrize(
    ("blob", "message"),
    [
        (npy(np.zeros(4, "f4")), "expected float"),
        (npy(np.zeros(3, "i4")), "expected float"),
        (npy(np.array([Evil(), None, None]), allow_pickle=True), "expected float"),
        (npy(np.array([0, np.nan, 1], "f4")), "not finite"),
        (npy(np.array([0, 1e300, 1])), "not finite"),
        (npy(np.zeros(5000, "f4")), "larger than its shape"),
        (lying_header((10**12,)), "expected float"),
        (lying_header((3,)), "broken weights"),
        (lying_header((3,), "O"), "expected float"),
        (b"\x93NUMPY\x01\x00\x10\x00" + b"(" * 16, "broken weights"),
        (b"\x93NUMPY\x03\x00", "unknown version"),
        (b"", "broken weights"),
        (b"\x80\x04.", "broken weights"),
    ],
)
def test_hostile_arrays(tmp_path, blob, message):
    path = archive(tmp_path / "w.npz", lambda m: m.update({"out/bias.npy": blob}))
    with (
        np.errstate(over="ignore"),
        pytest.raises(NetworkError, match=message) as caught,
    ):
        load_weights(model(), path)
    assert "\n" not in str(caught.value)
    assert Evil.ran is False


def test_names_must_be_those_of_the_model(tmp_path):
    for change in (
        lambda m: m.pop("out/bias.npy"),
        lambda m: m.update({"../evil.npy": npy(np.zeros(1))}),
        lambda m: m.update({"out/bias": m.pop("out/bias.npy")}),
    ):
        with pytest.raises(NetworkError):
            load_weights(model(), archive(tmp_path / "w.npz", change))


def test_files_that_are_no_archive(tmp_path):
    with pytest.raises(NetworkError, match="broken weights"):
        load_weights(model(), tmp_path / "none.npz")
    path = tmp_path / "w.npz"
    save_weights(model(), path)
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for _ in range(60):
        bent = bytearray(whole[: rng.integers(len(whole) // 2, len(whole) + 1)])
        for place in rng.integers(0, len(bent), 4):
            bent[place] = rng.integers(0, 256)
        path.write_bytes(bent)
        try:
            load_weights(model(), path)
        except NetworkError as error:
            assert str(error)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no devices here")
def test_a_device_is_no_weights_file(tmp_path):
    """It says that it is empty and never ends."""
    path = tmp_path / "weights.npz"
    path.symlink_to("/dev/zero")
    with pytest.raises(NetworkError, match="no regular file"):
        load_weights(model(), path)
