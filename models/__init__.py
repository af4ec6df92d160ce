"""Shipped networks, one folder each."""
