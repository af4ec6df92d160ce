"""A file whose spectrum is treated as the user wants when its turn comes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from nmrcam_qt.core.readers import read_spectrum
from nmrcam_qt.core.readers.options import ReadOptions
from nmrcam_qt.core.spectrum import Spectrum
from nmrcam_qt.core.treatment import Treatment, treated


@dataclass(frozen=True, slots=True)
class TreatedFile:
    """A source of the batch engine (`nmrcam_qt.ml.batch_types.Source`).

    Parameters
    ----------
    file : Path
        What is read.
    options : ReadOptions
        What the user has said about it.
    treatment : Treatment
        What is done to its spectrum.
    """

    file: Path
    options: ReadOptions
    treatment: Treatment

    @property
    def path(self) -> str:
        """The file as the user named it."""
        return str(self.file)

    def open(self) -> Spectrum:
        """Read and treat.

        Raises
        ------
        NmrCamError
            If it cannot be read.
        """
        return treated(read_spectrum(self.file, self.options), self.treatment)
