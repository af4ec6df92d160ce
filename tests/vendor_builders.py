"""Files of NMRPipe, Sparky, Varian and JEOL for tests: by nmrglue, or byte by byte."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

import numpy as np


@dataclass
class Side:
    """One dimension: nucleus label, MHz, width in Hz, shift of the carrier (point N/2)."""

    label: str
    mhz: float
    width_hz: float
    carrier_ppm: float

    def ppm(self, index, size, middle=None):
        """Shift of a point, from the definition and not from nmrglue.

        The carrier is point N/2; for NMRPipe (and Fourier transforms) with odd N that before.
        """
        middle = size / 2 if middle is None else middle
        return self.carrier_ppm + (middle - index) * self.width_hz / size / self.mhz


H = Side("1H", 600.13, 6000.0, 4.7)
C = Side("13C", 150.9, 22635.0, 75.0)


def universal(shape, rows, columns):
    """nmrglue's universal dictionary of a processed 2D spectrum."""
    from nmrglue.fileio import fileiobase

    made = fileiobase.create_blank_udic(2)
    for at, (side, size) in enumerate(zip((rows, columns), shape, strict=True)):
        made[at].update(
            sw=side.width_hz, obs=side.mhz, car=side.carrier_ppm * side.mhz, size=size,
            label=side.label, complex=False, encoding="direct" if at else "states",
            time=False, freq=True,
        )  # fmt: skip
    return made


def write_nmrpipe(path, points, rows=C, columns=H, **header):
    from nmrglue.fileio import pipe

    made = pipe.create_dic(universal(points.shape, rows, columns))
    made.update(FDQUADFLAG=1.0, **header)
    pipe.write(str(path), made, np.asarray(points, np.float32), overwrite=True)
    return path


def write_sparky(path, points, rows=C, columns=H):
    from nmrglue.fileio import sparky

    made = sparky.create_dic(universal(points.shape, rows, columns))
    sparky.write(str(path), made, np.asarray(points, np.float32), overwrite=True)
    return path


def time_signals(peaks, rows, columns, shape, delay=0):
    """Cosine and sine planes ``(n_t1, n_t2)``: frequencies above the carrier turn positively."""
    n1, n2 = shape
    t1, t2 = np.arange(n1) / rows.width_hz, (np.arange(n2) - delay) / columns.width_hz
    cosine, sine = np.zeros(shape, complex), np.zeros(shape, complex)
    for h, c, height in peaks:
        nu2, nu1 = (h - columns.carrier_ppm) * columns.mhz, (c - rows.carrier_ppm) * rows.mhz
        along = np.where(t2 >= 0, np.exp(2j * np.pi * nu2 * t2 - 8 * t2), 0) * height
        decay = np.exp(-30 * t1)
        cosine += (np.cos(2 * np.pi * nu1 * t1) * decay)[:, None] * along
        sine += (np.sin(2 * np.pi * nu1 * t1) * decay)[:, None] * along
    return cosine, sine


def parameter(name, *values):
    """One entry of a procpar."""
    if isinstance(values[0], str):
        text = f"{name} 2 2 0 0 0 4 1 1 1 64\n{len(values)} " + "\n".join(f'"{v}"' for v in values)
        return text + "\n0\n"
    return f"{name} 1 1 1e18 -1e18 0 2 1 0 1 64\n{len(values)} {' '.join(map(repr, values))}\n0\n"


def procpar(rows=C, columns=H, **more):
    """Parameters of an HSQC; `more` replaces values, None leaves one out."""
    known = {
        "seqfil": "gHSQC", "pslabel": "gHSQC", "tn": "H1", "dn": "C13", "solvent": "cdcl3",
        "samplename": "made", "array": "phase", "phase": (1, 2), "mult": 2, "ni": 64,
        "sfrq": columns.mhz, "dfrq": rows.mhz, "sw": columns.width_hz, "sw1": rows.width_hz,
        "reffrq": columns.mhz / (1 + columns.carrier_ppm * 1e-6),
        "reffrq1": rows.mhz / (1 + rows.carrier_ppm * 1e-6),
    }  # fmt: skip
    known.update(more)
    text = ""
    for name, value in known.items():
        if value is not None:
            text += parameter(name, *(value if isinstance(value, tuple) else (value,)))
    return text


def write_varian(folder, traces, text):
    """A ``.fid`` folder of complex traces; floats, one trace a block."""
    folder.mkdir(exist_ok=True)
    (folder / "procpar").write_text(text, encoding="ascii")
    blocks, points = traces.shape
    body = struct.pack(
        ">6i2hi", blocks, 1, 2 * points, 4, 8 * points, 8 * points + 28, 0, 0x1 | 0x8 | 0x10, 1
    )
    for at, trace in enumerate(traces):
        body += struct.pack(">4h5f", 0, 0x19, at + 1, 0, 1, 0, 0, 0, 0)
        pairs = np.empty(2 * points, ">f4")
        pairs[0::2], pairs[1::2] = trace.real, trace.imag
        body += pairs.tobytes()
    (folder / "fid").write_bytes(body)
    return folder


REAL, COMPLEX, REAL_COMPLEX = 1, 3, 4
PPM, SECOND, HERTZ = 26, 28, 13


@dataclass
class Jdf:
    """A JEOL file; sections are ``(rows, columns)`` planes whose sides are multiples of 32."""

    sections: list
    types: tuple = (REAL, REAL)  # x, y
    units: tuple = (PPM, PPM)
    starts: tuple = (0.0, 0.0)
    stops: tuple = (1.0, 1.0)
    offsets: tuple | None = None  # ((x0, y0), (x1, y1))
    little: bool = True
    parameters: dict = field(default_factory=dict)
    edge: int = 32
    form: int = 2
    single: bool = False  # 32-bit points

    def header(self):
        rows, columns = self.sections[0].shape
        (x0, y0), (x1, y1) = self.offsets or ((0, 0), (columns - 1, rows - 1))
        made = bytearray(1360)
        made[0:8] = b"JEOL.NMR"
        made[8], made[9], made[12], made[13] = self.little, 1, 2, 0b11000000
        made[14] = self.form | (0x40 if self.single else 0)
        made[24:26] = bytes(self.types)
        for at, unit in enumerate(self.units):
            made[32 + 2 * at : 34 + 2 * at] = bytes((0x01, unit))
        made[48:52] = b"made"
        struct.pack_into(">8I", made, 176, columns, rows, *[1] * 6)
        struct.pack_into(">8I", made, 208, x0, y0, *[0] * 6)
        struct.pack_into(">8I", made, 240, x1, y1, *[0] * 6)
        struct.pack_into(">2d", made, 272, *self.starts)
        struct.pack_into(">2d", made, 336, *self.stops)
        return made

    def bytes(self):
        order = "<" if self.little else ">"
        block = struct.pack(order + "4I", 64, 0, len(self.parameters), 0)
        for name, value in self.parameters.items():
            block += bytes(4) + struct.pack(order + "h", 0) + bytes(10)
            if isinstance(value, str):
                block += value.encode().ljust(16, b"\0") + struct.pack(order + "i", 0)
            else:
                block += struct.pack(order + "d", value) + bytes(8) + struct.pack(order + "i", 2)
            block += name.encode().ljust(28, b"\0")
        made = self.header()
        struct.pack_into(">2I", made, 1212, 1360, len(block))
        struct.pack_into(">I", made, 1284, 1360 + len(block))
        return bytes(made) + block + b"".join(self.tiled(s, order) for s in self.sections)

    def tiled(self, plane, order):
        rows, columns = plane.shape
        tiles = plane.reshape(rows // self.edge, self.edge, columns // self.edge, self.edge)
        return tiles.swapaxes(1, 2).astype(order + ("f4" if self.single else "f8")).tobytes()


def jdf_parameters(rows=C, columns=H, **more):
    return {
        "X_DOMAIN": "Proton", "Y_DOMAIN": "Carbon13", "X_FREQ": columns.mhz * 1e6,
        "Y_FREQ": rows.mhz * 1e6, "X_SWEEP": columns.width_hz, "Y_SWEEP": rows.width_hz,
        "X_OFFSET": columns.carrier_ppm, "Y_OFFSET": rows.carrier_ppm,
        "EXPERIMENT": "hsqc_dec_phase", "SOLVENT": "CHLOROFORM-D", **more, "LAST": "unread",
    }  # fmt: skip
