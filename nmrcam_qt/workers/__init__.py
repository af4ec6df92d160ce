"""Jobs, the thread that runs them, and the inference process."""
