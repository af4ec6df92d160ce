"""The open project: spectra, results, view settings."""
