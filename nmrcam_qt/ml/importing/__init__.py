"""Foreign network files, which are hostile until checked."""
