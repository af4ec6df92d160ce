"""A float32 array compressed without loss: pictures by grey level, measured data by plane."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.errors import ProjectError
from nmrcam_qt.core.spectrum import Image

PLAIN, PLANES = 0, 1
"""`Block.levels` of arrays that are no 8-bit pictures: values as they are, or the first bytes
of all values, the second bytes of all, and so on."""
SIGNED = 2
"""`Block.levels` of 8-bit pictures with signs are so many times those without: after the codes
comes one bit for each, set where it is negative."""
LEVELS = (PLAIN, PLANES, 255, -255, SIGNED * 255, SIGNED * -255)
"""All kinds of blocks that there are."""
_LEVEL = 1
_MOSTLY = 0.5
_LOOKED_AT = 65_536


@dataclass(frozen=True, slots=True)
class Block:
    """A float32 array, compressed without loss.

    Parameters
    ----------
    blob : bytes
        zlib stream.
    shape : (int, int)
        Of the array.
    levels : int
        One of `LEVELS`; ±255 for 8-bit pictures, ±510 for those with signs.
    """

    blob: bytes
    shape: tuple[int, int]
    levels: int

    @classmethod
    def pack(cls, image: Image) -> Block:
        """Compress a float32 array.

        Measured data are noise in three of four bytes of every value: looking for repeats in
        them takes long and finds nothing. By planes the bytes of sign and exponent lie together
        and are halved, and only runs are looked for; where most values are 0 (drawn peak lists)
        repeats are worth looking for.
        """
        shape = (int(image.shape[0]), int(image.shape[1]))
        if image.size and float(image.min()) >= -1 and float(image.max()) <= 1:
            made = _coded(image)
            if made is not None:
                return cls(zlib.compress(made[0], _LEVEL), shape, made[1])
        values = np.ascontiguousarray(image, dtype="<f4")
        if _mostly_empty(values):
            return cls(zlib.compress(values.tobytes(), _LEVEL), shape, PLAIN)
        planes = np.ascontiguousarray(values.view(np.uint8).reshape(-1, 4).T)
        machine = zlib.compressobj(_LEVEL, zlib.DEFLATED, zlib.MAX_WBITS, 9, zlib.Z_RLE)
        return cls(machine.compress(planes.tobytes()) + machine.flush(), shape, PLANES)

    def unpack(self) -> Image:
        """The array as it was, float32 ``shape``.

        Raises
        ------
        ProjectError
            If the bytes, which may come from a project of a stranger, hold anything else.
        """
        points = self.shape[0] * self.shape[1]
        if abs(self.levels) == 255:
            codes = np.frombuffer(self._inflated(points), dtype=np.uint8).reshape(self.shape)
            return _from_codes(codes, self.levels)
        if abs(self.levels) == SIGNED * 255:
            raw = np.frombuffer(self._inflated(points + (points + 7) // 8), dtype=np.uint8)
            made = _from_codes(raw[:points].reshape(self.shape), self.levels // SIGNED)
            negative = np.unpackbits(raw[points:], count=points).reshape(self.shape)
            return np.negative(made, out=made, where=negative.astype(bool))
        raw = np.frombuffer(self._inflated(4 * points), dtype=np.uint8)
        if self.levels == PLANES:
            raw = np.ascontiguousarray(raw.reshape(4, -1).T)
        values = raw.reshape(-1).view("<f4").reshape(self.shape)
        if not np.isfinite(values).all():
            raise ProjectError("a spectrum's points are broken: some are no numbers")
        return values

    def _inflated(self, size: int) -> bytes:
        """Exactly the declared bytes: a few kilobytes can hold a gigabyte of zeros."""
        machine = zlib.decompressobj()
        try:
            raw = machine.decompress(self.blob, size + 1)
        except zlib.error as error:
            raise ProjectError(f"a spectrum's points are broken ({error})") from None
        if len(raw) != size or not machine.eof:
            raise ProjectError("a spectrum's points are broken: another number than declared")
        return raw


def _coded(image: Image) -> tuple[bytes, int] | None:
    """An array within -1..1 as 8-bit codes (and signs), with its levels; None if it has others."""
    size = np.abs(image)
    codes = np.rint(size * np.float32(255)).astype(np.uint8)
    negative = np.signbit(image)
    for levels in (255, -255):
        if np.array_equal(_from_codes(codes, levels), size):
            if not negative.any():
                return codes.tobytes(), levels
            return codes.tobytes() + np.packbits(negative).tobytes(), SIGNED * levels
    return None


def _from_codes(codes: NDArray[np.uint8], levels: int) -> Image:
    """Ink of 8-bit codes; negative levels: as ``1 - luminance``, which rounds differently."""
    if levels > 0:
        return codes.astype(np.float32) / np.float32(255)
    return np.float32(1) - (255 - codes).astype(np.float32) / np.float32(255)


def _mostly_empty(values: Image) -> bool:
    """Whether most values are 0, judged by some of them."""
    some = values.reshape(-1)[:: max(1, values.size // _LOOKED_AT)]
    return bool(np.count_nonzero(some == 0) > _MOSTLY * some.size)
