"""Words for the classes that are explained of a spectrum; importable at no cost."""

ALL, PRESENT, TOP = "all", "present", "top"
"""All that the network has; those that it says are there; the best of these, else of all."""
CLASS_WORDS = (ALL, PRESENT, TOP)
