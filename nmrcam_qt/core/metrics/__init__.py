"""Figures of merit of networks and maps (DESIGN §4), each checked by hand."""
