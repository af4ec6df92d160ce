"""Bruker data: parameter files, processed spectra (2rr), raw data (ser), folders."""
