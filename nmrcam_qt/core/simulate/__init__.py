"""Simulated HSQC and HMBC signals: from assigned shifts to pictures of mixtures."""
