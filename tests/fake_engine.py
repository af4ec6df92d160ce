"""Networks that are cards only, and an engine that computes nothing: for fast tests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from PIL import Image

from nmrcam_qt.core.axis import Axis
from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.cards import Card, ClassSpec, InputSpec, card_to_json
from nmrcam_qt.core.errors import NetworkError
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis, Explanation, Prediction
from nmrcam_qt.core.spectrum import Experiment

CLASSES = ("fatty_acid", "indole")
F1, F2 = Axis("13C", 20.0, 180.0, 5), Axis("1H", 9.0, 1.0, 9)


def write_networks(folder: Path, threshold: float = 0.5) -> None:
    """Cards of an HSQC, an HMBC and a combined network."""
    for name, experiments in {
        "net-hsqc": [Experiment.HSQC],
        "net-hmbc": [Experiment.HMBC],
        "net-both": [Experiment.HSQC, Experiment.HMBC],
    }.items():
        card = Card(
            id=name,
            title=name,
            inputs=tuple(
                InputSpec(e.value, e, (41, 60, 1), (0.0, 200.0), (10.0, 0.0)) for e in experiments
            ),
            classes=tuple(ClassSpec(c, c.title(), "rule", "#112233") for c in CLASSES),
            head="softmax",
            thresholds=(threshold, threshold),
            layers=("conv",),
            default_layer="conv",
            trained_on_mixtures=False,
            sha256="ab" * 32,
        )
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "card.json").write_text(card_to_json(card), encoding="utf-8")


def write_picture(path: Path, peaks: int = 1) -> Path:
    """A white picture with black squares; more squares, more ink."""
    pixels = np.full((82, 120), 255, dtype=np.uint8)
    for i in range(peaks):
        pixels[10 + 6 * i : 14 + 6 * i, 20:24] = 0
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(path)
    return path


@dataclass
class FakeEngine:
    """The score of "indole" grows with the ink; "cam" is never available.

    A spectrum without ink makes the whole batch fail, as a broken network would.
    """

    calls: list[int] = field(default_factory=list)

    def place(self) -> dict[str, str]:
        """Nowhere that is worth telling."""
        return {}

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
        progress: Progress = SILENT,
    ) -> list[Analysis]:
        self.calls.append(len(prepared))
        card = find_network(network).card
        if layer not in (None, "conv"):
            raise NetworkError(f"{card.id}: no layer {layer!r}; expected conv")
        wanted = [card.class_spec(c).id for c in classes or CLASSES]
        if any(not p.examples[0].any() for p in prepared):
            raise NetworkError(f"{card.id}: no ink")
        return [self._one(card, p, methods, wanted) for p in prepared]

    def painted(
        self,
        network: str,
        painting: Painting,
        rows: Sequence[Row],
        progress: Progress = SILENT,
    ) -> np.ndarray:
        """Logits of painted inputs: the same arithmetic."""
        ink = sum(x.sum(axis=(1, 2, 3), dtype=np.float64) for x in painting.batch(rows))
        return np.stack([np.full(len(rows), 10.0), ink], axis=1)

    def _one(
        self, card: Card, prepared: Prepared, methods: Sequence[str], classes: Sequence[str]
    ) -> Analysis:
        ink = float(sum(e.sum() for e in prepared.examples))
        logits = np.array([10.0, ink])
        scores = np.exp(logits - logits.max())
        scores /= scores.sum()
        top = CLASSES[int(np.argmax(scores))]
        present = (top,) if scores.max() >= card.threshold(top) else ()
        prediction = Prediction(
            card.id, card.sha256, CLASSES, logits, scores, present, prepared.warnings
        )
        maps = tuple(
            Explanation(
                np.full((5, 9), 1.0 if c == top else -1.0, dtype=np.float32),
                F1, F2, i.name, c, m, "conv", card.id, card.sha256,
            )
            for c in classes for m in methods if m != "cam" for i in card.inputs
        )  # fmt: skip
        reason = "the head is not linear"
        return Analysis(prediction, maps, (("cam", reason),) if "cam" in methods else ())
