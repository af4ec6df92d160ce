"""Where networks are computed: on a GPU as long as that goes well, else on the CPU.

Memory is given as it is needed; how many examples go through at once follows from what a small
batch took (`Sizes`). Where memory does not suffice the number is halved, down to one; where one
does not fit, or the GPU is lost, everything goes on on the CPU and one sentence says why.
What TensorFlow knows is asked through `Devices`, so that all of it can be tried without a GPU.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Hashable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Protocol, TypeVar

from nmrcam_qt.core.device_words import AUTO, CHOICES, CPU, GPU
from nmrcam_qt.core.errors import EngineLost

PROBE = 2
"""Examples of the batch whose memory is measured."""
MARGIN = 0.8
"""Share of the free memory that a batch may take: what is there is never of one piece."""
MOST = 256
"""Examples that go through at once, however much memory there is."""

Item = TypeVar("Item")
Made = TypeVar("Made")


class DeviceError(EngineLost):
    """The wanted device cannot be used: nothing is computed; one sentence."""


class Trouble(enum.Enum):
    """What an error of TensorFlow means for a GPU."""

    MEMORY = "memory"
    LOST = "lost"


class Devices(Protocol):
    """What there is to compute with; `tensorflow_devices.TensorFlowDevices`, or a double."""

    def gpus(self) -> int:
        """How many GPUs can be used."""

    def unusable(self) -> str:
        """Why a GPU that is there cannot be used; empty where there is none."""

    def name(self) -> str:
        """Name of the first GPU."""

    def grow(self) -> None:
        """Let every GPU give memory as it is needed; before anything is computed.

        Raises
        ------
        DeviceError
            If a GPU cannot be set up.
        """

    def hide(self) -> None:
        """Compute on the CPU, before anything is computed."""

    def limit(self) -> int | None:
        """Bytes that the first GPU can give altogether; None where that is not known."""

    def used(self) -> int:
        """Bytes that are in use on the first GPU."""

    def peak(self) -> int:
        """Most bytes that were in use since `forget_peak`."""

    def forget_peak(self) -> None:
        """Begin to measure anew."""

    def errors(self) -> tuple[type[Exception], ...]:
        """Errors that may be the GPU's."""

    def trouble(self, error: Exception) -> Trouble | None:
        """What an error means; None where it is not the GPU's."""

    def leave(self) -> None:
        """Forget what lies on the GPU: networks are loaded anew, where `on_cpu` holds."""

    def on_cpu(self) -> AbstractContextManager[object]:
        """What is computed inside is computed on the CPU."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where networks are computed.

    Parameters
    ----------
    device : str
        "CPU" or "GPU".
    name : str
        Name of the GPU.
    note : str
        Why not on a GPU that is there; empty where nothing needs to be said.
    """

    device: str
    name: str = ""
    note: str = ""


class Sizes:
    """How many examples go through at once, by what is asked of them.

    Parameters
    ----------
    devices : Devices
        Whose memory is measured.
    """

    def __init__(self, devices: Devices) -> None:
        self._devices = devices
        self._known: dict[Hashable, int] = {}

    def of(self, key: Hashable) -> int:
        """The number for this kind of work; `PROBE` until it was measured."""
        return self._known.get(key, PROBE)

    def measured(self, key: Hashable) -> bool:
        """Whether the number is known."""
        return key in self._known

    def measure(self, key: Hashable, before: int, examples: int) -> None:
        """Learn from a batch that has just been computed.

        Parameters
        ----------
        key : hashable
            Kind of work.
        before : int
            Bytes in use before it.
        examples : int
            How many there were.
        """
        limit = self._devices.limit()
        each = max(self._devices.peak() - before, 0) / examples
        if limit is None or each <= 0:
            self._known[key] = MOST  # halved when it proves to be too much
            return
        fitting = int(MARGIN * max(limit - self._devices.used(), 0) / each)
        self._known[key] = min(max(fitting, 1), MOST)

    def halve(self, key: Hashable, tried: int) -> None:
        """So many were too many."""
        self._known[key] = max(tried // 2, 1)


class Accelerator:
    """Runs work where it goes best.

    Parameters
    ----------
    devices : Devices
        What there is.
    wanted : str
        One of `CHOICES`.
    say : callable
        Told once, in one sentence, why the CPU takes the place of a GPU.

    Raises
    ------
    ValueError
        If there is no such choice.
    """

    def __init__(
        self,
        devices: Devices,
        wanted: str = AUTO,
        say: Callable[[str], None] = lambda _text: None,
    ) -> None:
        if wanted not in CHOICES:
            raise ValueError(f"no device is called {wanted!r}; expected one of {CHOICES}")
        self._devices, self._wanted, self._say = devices, wanted, say
        self._sizes = Sizes(devices)
        self._left = False
        self.place = Place("CPU")

    def set_up(self) -> Place:
        """Choose the device and set it up; before anything is computed.

        Raises
        ------
        DeviceError
            If a GPU is wanted and there is none that can be used.
        """
        devices = self._devices
        if self._wanted == CPU:
            devices.hide()
            return self.place
        try:
            note = "" if devices.gpus() else devices.unusable()
            if devices.gpus():
                devices.grow()
                self.place = Place("GPU", devices.name())
                return self.place
        except DeviceError as error:
            note = str(error)
            devices.hide()
        if self._wanted == GPU:
            raise DeviceError(note or "There is no GPU that TensorFlow can see.")
        if note:
            self._tell(f"{note} Networks are computed on the CPU.")
        return self.place

    def all(
        self, key: Hashable, items: Sequence[Item], work: Callable[[Sequence[Item]], list[Made]]
    ) -> list[Made]:
        """`work` on all items, on a GPU in parts that fit into its memory, in order.

        Parameters
        ----------
        key : hashable
            What is asked; kinds that need the same memory per item.
        items : sequence
            The examples.
        work : callable
            Gives one result per item; may be asked again for items that failed.
        """
        made: list[Made] = []
        while len(made) < len(items) and self.place.device == "GPU":
            made += self._part(key, items[len(made) :], work)
        rest = items[len(made) :]
        return made + self.whole(lambda: work(rest)) if rest else made

    def whole(self, work: Callable[[], Made]) -> Made:
        """`work` as it is; on the CPU where the GPU has not the memory, or is lost."""
        if self.place.device == "GPU":
            try:
                return work()
            except self._devices.errors() as error:
                trouble = self._devices.trouble(error)
                if trouble is None:
                    raise
                self._leave(trouble)
        if not self._left:
            return work()
        with self._devices.on_cpu():
            return work()

    def _part(
        self, key: Hashable, items: Sequence[Item], work: Callable[[Sequence[Item]], list[Made]]
    ) -> list[Made]:
        """The first of the items: as many as fit; none where that was too many."""
        part = items[: self._sizes.of(key)]
        before = self._devices.used()
        self._devices.forget_peak()
        try:
            found = work(part)
        except self._devices.errors() as error:
            trouble = self._devices.trouble(error)
            if trouble is None:
                raise
            if trouble is Trouble.MEMORY and len(part) > 1:
                self._sizes.halve(key, len(part))
            else:
                self._leave(trouble)
            return []
        if not self._sizes.measured(key):
            self._sizes.measure(key, before, len(part))
        return found

    def _leave(self, trouble: Trouble) -> None:
        """From now on on the CPU."""
        name = self.place.name or "without a name"
        why = (
            f"The GPU ({name}) has too little memory for this network."
            if trouble is Trouble.MEMORY
            else f"The GPU ({name}) does not answer any more."
        )
        self._devices.leave()
        self._left = True
        self.place = Place("CPU")
        self._tell(f"{why} Networks are computed on the CPU from now on.")

    def _tell(self, note: str) -> None:
        self.place = Place("CPU", note=note)
        self._say(note)
