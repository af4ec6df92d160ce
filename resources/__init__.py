"""Icons, style sheets and sample spectra."""
