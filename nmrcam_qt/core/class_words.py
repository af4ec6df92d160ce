"""Words for classes: which are explained of a spectrum, what their scores are; importable at
no cost."""

ALL, PRESENT, TOP = "all", "present", "top"
"""All that the network has; those that it says are there; the best of these, else of all."""
CLASS_WORDS = (ALL, PRESENT, TOP)
HEADS = ("softmax", "sigmoid")
"""What ends a network: one class of several, or each for itself."""
