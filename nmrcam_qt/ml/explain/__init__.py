"""Class activation maps: one method per module, one forward pass for all."""
