"""Peak lists: one module per format family."""
