"""nmrcam: which peaks of a 2D NMR spectrum made a neural network say "indole"."""

__version__ = "0.1.0"
