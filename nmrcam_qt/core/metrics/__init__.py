"""Figures of merit: classification, and where a map lies; one module for each."""
