"""Damaged HDF5 files, and a reader of them that may crash: run as a program of its own."""

from __future__ import annotations

import io
import json
import random
import signal
import sys

import h5py
import numpy as np

LOOPING_S = 3.0


def small_h5() -> bytes:
    """A whole-model file of the smallest kind, with packed and with plain arrays."""
    config = {"class_name": "Sequential", "config": {"layers": []}}
    buffer = io.BytesIO()
    with h5py.File(buffer, "w") as file:
        file.attrs["model_config"] = json.dumps(config)
        group = file.create_group("model_weights/dense")
        group.parent.attrs["layer_names"] = ["dense"]
        group.attrs["weight_names"] = ["kernel"]
        group.create_dataset("kernel", data=np.arange(12, dtype="f4").reshape(3, 4))
        packed = np.arange(400, dtype="f4")
        group.create_dataset("packed", data=packed, compression="gzip", chunks=(100,))
    return buffer.getvalue()


def damage(blob: bytes, seed: int) -> bytes:
    """The same bytes for the same seed."""
    rng = random.Random(seed)  # noqa: S311
    bent = bytearray(blob)
    for _ in range(rng.randint(1, 6)):
        bent[rng.randrange(8, len(bent))] = rng.choice([0, 1, 0x7F, 0xFF, rng.randrange(256)])
    return bytes(bent[: rng.choice([len(bent), rng.randrange(9, len(bent))])])


def read_everything(blob: bytes) -> None:
    """All that the import does with an HDF5 file."""
    from nmrcam_qt.ml.importing.hdf5 import open_checked, read_array, read_texts

    with open_checked(blob) as file:
        names = read_texts(file["model_weights"], "layer_names")
        group = file["model_weights"][names[0]]
        read_array(group, read_texts(group, "weight_names")[0], (3, 4))
        file.visititems(lambda _, item: item[()] if isinstance(item, h5py.Dataset) else None)


def main(first: int, last: int) -> None:
    from nmrcam_qt.core.errors import NetworkError

    blob = small_h5()
    read_everything(blob)
    for seed in range(first, last):
        print(seed, flush=True)
        # What loops for ever is ended by the system, in seconds of its own, not of the clock.
        signal.setitimer(signal.ITIMER_PROF, LOOPING_S)
        try:
            read_everything(damage(blob, seed))
            print("fine", flush=True)
        except NetworkError as error:
            if "\n" in str(error):
                raise
            print("refused", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]))
