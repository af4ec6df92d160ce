"""An inference process without TensorFlow: the real server, a made-up engine.

`python fake_server.py`; the network id says what happens.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

import numpy as np

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.errors import MethodError
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.ml import server

CLASSES = ("fatty_acid", "indole", "steroid")
F1 = Axis("13C", 18.5 * 200 / 205, 178.5 * 200 / 205, 21)
F2 = Axis("1H", 10 - 19 / 30, 10 - 275 / 30, 33)


def fake_analysis(total: float, methods, network: str, layer: str | None) -> Analysis:
    logits = np.array([0.0, 2.0, 1.0])
    scores = np.exp(logits) / np.exp(logits).sum()
    prediction = Prediction(network, "f" * 64, CLASSES, logits, scores, ("indole",), ("Made up.",))
    maps = []
    for method in methods:
        if method == "cam":
            continue
        for number, class_id in enumerate(CLASSES):
            evidence = np.zeros((21, 33), dtype=np.float32)
            if class_id != "steroid":
                evidence[5 + number, 7] = 1 + number + total
            maps.append(
                Explanation(
                    evidence,
                    F1,
                    F2,
                    "spectrum",
                    class_id,
                    method,
                    layer or "conv4",
                    network,
                    "f" * 64,
                )
            )
    return Analysis(
        prediction, tuple(maps), tuple((m, "no pooling head") for m in methods if m == "cam")
    )


class FakeEngine:
    def hello(self):
        time.sleep(float(os.environ.get("FAKE_START_S", "0")))
        if "FAKE_NO_TENSORFLOW" in os.environ:
            raise ModuleNotFoundError("No module named 'tensorflow'")
        return {"device": "CPU", "device_name": "", "versions": {"tensorflow": "none"}}

    def place(self):
        return {}

    def analyse(self, network, prepared, methods, classes, layer, progress):
        print("a library prints to stdout")
        os.write(1, b"and another one to the descriptor\n")
        with Path(os.environ.get("FAKE_LOG", os.devnull)).open("a") as log:
            log.write(f"{network}\n")
        trouble = Path(os.environ.get("FAKE_TROUBLE", "/nonexistent"))
        if trouble.exists():
            what = trouble.read_text()
            trouble.unlink()
            if what == "crash":
                sys.stderr.write("Segmentation fault, made up\n")
                sys.stderr.flush()
                os._exit(139)
            if what == "hang":
                time.sleep(3600)
            if what == "known":
                raise MethodError("cam: this head has no global pooling")
            if what == "bug":
                raise KeyError("a bug")
            if what == "slow":
                time.sleep(1.5)
            go = trouble.with_suffix(".go")
            while what == "held" and not go.exists():
                time.sleep(0.01)
            for step in range(3000 if what == "long" else 0):
                progress.step(step, 3000)
                time.sleep(0.01)
        return [
            fake_analysis(float(sum(e.sum() for e in p.examples)), methods, network, layer)
            for p in prepared
        ]


if __name__ == "__main__":
    raise SystemExit(server.main(FakeEngine))
