"""Make models/*/prior.npz: where each class usually has its signals, from the training compounds.

    python scripts/class_priors.py --data shared/data --cache DIR [NETWORK …]

DIR holds the simulated signals of a training (`nmrcam train hsqc-mix --out …`: its `cache/`); they
are simulated anew where it is empty. To be run after kuhn-* or paired-mix were trained
anew (`nmrcam train *-mix` writes its own). Weights are not touched.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

from nmrcam_qt.core.cards import PRIOR_NAME, read_card  # noqa: E402
from nmrcam_qt.core.datasets import open_dataset  # noqa: E402
from nmrcam_qt.ml.mix_data import load_mix_data  # noqa: E402
from nmrcam_qt.ml.mix_recipes import MIX_RECIPES  # noqa: E402
from nmrcam_qt.ml.prior_making import (  # noqa: E402
    MIX_FROM,
    STUDY_FROM,
    mix_means,
    study_means,
    write_priors,
)


def main() -> None:
    """Write the files and print their sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("networks", nargs="*", metavar="NETWORK", help="all of models/ by default")
    parser.add_argument("--data", type=Path, required=True, help="folder of the data sets")
    parser.add_argument("--cache", type=Path, required=True, help="of simulated signals")
    arguments = parser.parse_args()
    folders = sorted(path.parent for path in (ROOT / "models").glob("*/card.json"))
    data = {}
    for folder in folders:
        card = read_card(folder)
        if arguments.networks and card.id not in arguments.networks:
            continue
        if card.trained_on_mixtures:
            for recipe in MIX_RECIPES.values():
                if recipe.experiment in card.experiments and recipe.experiment not in data:
                    data[recipe.experiment] = load_mix_data(recipe, arguments.data, arguments.cache)
            means, made_from = mix_means(card, data), MIX_FROM
        else:
            means = study_means(card, open_dataset(arguments.data / "kuhn2021"))
            made_from = STUDY_FROM
        write_priors(folder, means, made_from)
        print(f"{card.id}: {(folder / PRIOR_NAME).stat().st_size / 1024:.0f} KiB", flush=True)


if __name__ == "__main__":
    main()
