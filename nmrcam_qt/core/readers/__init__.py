"""From files to spectra: one module per family of formats."""
