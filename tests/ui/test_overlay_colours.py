"""Spectra of an overlay are told apart on both papers, by colour-blind eyes, too."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from nmrcam_qt.session.overlaying import MAX_OVERLAID
from nmrcam_qt.ui.overlay_colours import ON_DARK, ON_LIGHT, overlay_colour, signed_pair
from nmrcam_qt.ui.theme import DARK, LIGHT, contrast

SIGHT = {
    "normal": np.eye(3),
    "no red cones": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "no green cones": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "no blue cones": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
"""Machado, Oliveira, Fernandes, IEEE Trans. Vis. Comput. Graph. 15 (2009) 1291, severity 1."""


def seen_lab(colour, sight):
    """CIE Lab of a colour as it is seen."""
    part = np.array([int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)])
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    linear = np.clip(np.asarray(sight) @ linear, 0, 1)
    xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]] @ linear
    t = xyz / [0.9505, 1.0, 1.089]
    f = np.where(t > 0.008856, np.cbrt(t), 7.787 * t + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("named, palette", [(LIGHT, ON_LIGHT), (DARK, ON_DARK)])
@pytest.mark.parametrize("sight", SIGHT)
def test_all_colours_and_the_ink_are_far_apart(named, palette, sight):
    labs = {colour: seen_lab(colour, SIGHT[sight]) for colour in (named.ink, *palette)}
    for one, other in combinations(labs, 2):
        assert np.linalg.norm(labs[one] - labs[other]) > 20, (one, other)


@pytest.mark.parametrize("named", [LIGHT, DARK])
def test_colours_stand_out_from_the_paper_and_negative_ones_are_paler(named):
    for place in range(MAX_OVERLAID):
        positive, negative = signed_pair(overlay_colour(place, named), named.paper)
        assert contrast(positive, named.paper) >= 3
        assert 1.3 < contrast(negative, named.paper) < contrast(positive, named.paper)


def test_there_is_a_colour_for_each():
    assert len(ON_LIGHT) == len(ON_DARK) == len(set(ON_LIGHT)) == len(set(ON_DARK))
    assert len(ON_LIGHT) >= MAX_OVERLAID
