"""Spectra that are not copied into the project: read from their file whenever needed."""

from __future__ import annotations

from pathlib import Path

from nmrcam_qt.core.errors import ProjectError, ReadError
from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.session.packing import Payload, pack
from nmrcam_qt.session.project.light import Light


def read_source(light: Light) -> Payload:
    """Read a spectrum from its source.

    Parameters
    ----------
    light : Light
        Where it lies, how it was read, what it must be.

    Raises
    ------
    NmrCamError
        If it was moved, cannot be read, or is no longer the file that was opened.
    """
    path = Path(light.path)
    try:
        if not path.exists():
            raise ProjectError(
                f"{light.name}: {light.path} was moved or deleted, and the project holds no copy"
            )
        packed = pack(read_spectrum(path, light.options))
    except (OSError, ValueError) as error:
        raise ReadError(path, f"cannot be read ({error})") from None
    payload = packed.payload.get()
    if light.sha256 and packed.provenance.sha256 != light.sha256:
        raise ProjectError(
            f"{light.name}: {light.path} was changed since it was opened, and the project "
            "holds no copy"
        )
    shapes = (payload.full.shape, (payload.display or payload.full).shape)
    if shapes != (light.shape, light.display_shape) or packed.n_peaks != light.n_peaks:
        raise ProjectError(f"{light.name}: {light.path} is read differently than before")
    return payload
