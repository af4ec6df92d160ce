"""Words for where networks are computed; importable at no cost."""

AUTO, CPU, GPU = "auto", "cpu", "gpu"
"""A GPU where there is one; never one; nowhere else."""
CHOICES = (AUTO, CPU, GPU)
