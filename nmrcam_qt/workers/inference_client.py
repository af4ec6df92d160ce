"""The window's end of the inference process. No Qt, no TensorFlow."""

from __future__ import annotations

import enum
import queue
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.cards import Card
from nmrcam_qt.core.errors import Cancelled
from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.wire import Frame, WireError
from nmrcam_qt.core.wire_results import analyse_request, failure, read_analyses
from nmrcam_qt.workers.child import Child, python_module
from nmrcam_qt.workers.errors import JobError

if TYPE_CHECKING:
    from nmrcam_qt.core.painting import Painting, Row

T = TypeVar("T")
POLL_S = 0.05
START_TIMEOUT_S = 180.0
REQUEST_TIMEOUT_S = 120.0
PER_SPECTRUM_S = 30.0
PER_CHECKED_S = 120.0
"""For one map of the network and of each random network besides."""
PER_PAINTED_S = 10.0
"""Without maps, and the network is loaded already."""


class ServerState(enum.StrEnum):
    """What the window shows about the inference process."""

    STOPPED = "stopped"
    STARTING = "starting"
    READY = "ready"
    BUSY = "busy"


@dataclass(frozen=True, slots=True)
class ServerStatus:
    """State of the inference process.

    Parameters
    ----------
    state : ServerState
        Whether it runs.
    device : str
        "CPU", "GPU" or empty before it is known.
    detail : str
        Name of the GPU, or why the process stopped.
    versions : mapping
        Of Python, TensorFlow and Keras.
    note : str
        Why no GPU is used where one is there; a sentence.
    """

    state: ServerState
    device: str = ""
    detail: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    note: str = ""


def _nobody_listens(_status: ServerStatus) -> None:
    pass


def _never() -> bool:
    return False


def _placed(status: ServerStatus, reply: Frame) -> ServerStatus:
    """The status with what an answer says of the device, where it says so."""
    said = {name: str(reply.header.get(name, "")) for name in ("device", "device_name", "note")}
    if not said["device"]:
        return status
    return replace(status, device=said["device"], detail=said["device_name"], note=said["note"])


class InferenceClient:
    """Starts the inference process when it is needed and asks it.

    Requests are answered one at a time; two threads may ask, and `close` may come from a third.

    Parameters
    ----------
    command : sequence of str, optional
        What to start; the inference process of this package by default.
    on_status : callable, optional
        Called with a `ServerStatus` at every change, in the asking thread.
    request_timeout_s, start_timeout_s : float
        After this time without an answer the process counts as hung and is killed; what waits
        behind another request does not count.
    """

    def __init__(
        self,
        command: Sequence[str] | None = None,
        on_status: Callable[[ServerStatus], None] | None = None,
        request_timeout_s: float = REQUEST_TIMEOUT_S,
        start_timeout_s: float = START_TIMEOUT_S,
    ) -> None:
        self._command = list(command or python_module("nmrcam_qt.ml.server"))
        self.on_status = on_status or _nobody_listens
        self._request_timeout_s = request_timeout_s
        self._start_timeout_s = start_timeout_s
        self._child: Child | None = None
        self._lock = threading.Lock()
        self._closed = False
        self._count = 0
        self._status = ServerStatus(ServerState.STOPPED)

    @property
    def status(self) -> ServerStatus:
        """What is known about the process."""
        return self._status

    @property
    def pid(self) -> int | None:
        """Process id of the running process."""
        child = self._child
        return child.pid if child is not None else None

    def start(self, cancelled: Callable[[], bool] = _never) -> ServerStatus:
        """Start the process unless it runs, and wait until it knows its device.

        Raises
        ------
        JobError
            If it cannot be started.
        Cancelled
            If `cancelled` said so; the process goes on starting.
        """
        child = self._child
        if child is not None and child.alive and self._status.device:
            return self._status
        child = self._running_child()
        self._say(ServerStatus(ServerState.STARTING))
        try:
            reply = self._ask(child, Frame({"op": "hello"}), self._start_timeout_s, cancelled)
        except JobError:
            if self._child is child:
                self._drop("it could not start")
            raise
        self._say(
            _placed(
                ServerStatus(ServerState.READY, versions=dict(reply.header.get("versions", {}))),
                reply,
            )
        )
        return self._status

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None = None,
        layer: str | None = None,
        cancelled: Callable[[], bool] = _never,
    ) -> list[Analysis]:
        """Scores and maps of prepared spectra.

        Parameters
        ----------
        network : str
            Network id.
        prepared : sequence of Prepared
            One per spectrum or pair.
        methods : sequence of str
            Ids of methods.
        classes : sequence of str or None
            None for all.
        layer : str or None
            None for the card's default.
        cancelled : callable
            Polled while waiting.

        Raises
        ------
        NmrCamError
            The known error of the engine.
        JobError
            If the process crashed, hung or failed; the next request starts a new one.
        Cancelled
            If `cancelled` said so.
        """
        request = analyse_request(network, prepared, methods, classes, layer)
        reply = self.request(request, PER_SPECTRUM_S * (len(prepared) - 1), cancelled)
        analyses = _read(lambda: read_analyses(reply))
        if len(analyses) != len(prepared):
            raise JobError(
                f"The inference process gave {len(analyses)} results; expected {len(prepared)}."
            )
        return analyses

    def painted(
        self,
        card: Card,
        painting: Painting,
        rows: Sequence[Row],
        cancelled: Callable[[], bool] = _never,
    ) -> NDArray[np.float64]:
        """Logits of painted examples, float64 ``(n_rows, n_classes)``.

        Parameters
        ----------
        card : Card
            Of the network.
        painting : Painting
            The inputs and whose each sample is.
        rows : sequence of Row
            What is painted.
        cancelled : callable
            Polled while waiting.

        Raises
        ------
        NmrCamError, JobError, Cancelled
            As `analyse`.
        """
        # not for the first paint
        from nmrcam_qt.core.wire_contributions import painted_request, read_logits

        frame = painted_request(card.id, painting, rows)
        reply = self.request(frame, PER_PAINTED_S * len(rows), cancelled)
        return _read(lambda: read_logits(reply, (len(rows), len(card.classes))))

    def check(
        self,
        network: str,
        prepared: Prepared,
        asked: MapsAsked,
        cancelled: Callable[[], bool] = _never,
    ) -> tuple[MapCheck, ...]:
        """Whether maps of one spectrum depend on the network and on the right peaks.

        Parameters
        ----------
        network : str
            Network id.
        prepared : Prepared
            The spectrum or pair.
        asked : MapsAsked
            Which maps.
        cancelled : callable
            Polled while waiting.

        Raises
        ------
        NmrCamError, JobError, Cancelled
            As `analyse`.
        """
        from nmrcam_qt.core.wire_checks import check_request, read_checks

        frame = check_request(network, prepared, asked)
        n_maps = len(asked.methods) * len(asked.classes)
        reply = self.request(frame, PER_CHECKED_S * n_maps, cancelled)
        return _read(lambda: read_checks(reply))

    def request(
        self, frame: Frame, extra_s: float = 0.0, cancelled: Callable[[], bool] = _never
    ) -> Frame:
        """Start the process unless it runs, ask it, and say meanwhile that it is busy.

        Parameters
        ----------
        frame : Frame
            ``op`` and what belongs to it.
        extra_s : float
            Time that the request may take beyond that of a single spectrum.
        cancelled : callable
            Polled while waiting.

        Raises
        ------
        NmrCamError
            The known error of the engine.
        JobError
            If the process crashed, hung or failed; the next request starts a new one.
        Cancelled
            If `cancelled` said so.
        """
        ready = self.start(cancelled)
        child = self._running_child()
        self._say(replace(ready, state=ServerState.BUSY))
        try:
            reply = _read(
                lambda: self._ask(child, frame, self._request_timeout_s + extra_s, cancelled)
            )
            ready = _placed(ready, reply)  # a GPU may have been lost
            return reply
        finally:
            if self._child is child:
                self._say(ready)

    def close(self) -> None:
        """Kill the process; whoever waits gets a `JobError`. Nothing starts after this."""
        with self._lock:
            self._closed = True
        self._drop("closed")

    def _running_child(self) -> Child:
        """The process, started anew where it is missing or dead."""
        child = self._child
        if child is not None and child.alive:
            return child
        self._drop("it ended")
        with self._lock:
            if self._closed:
                raise JobError("The inference process was closed.")
            if self._child is not None and self._child.alive:
                return self._child  # another thread was quicker
            self._child = _read(lambda: Child(self._command))
            return self._child

    def _ask(
        self, child: Child, frame: Frame, timeout_s: float, cancelled: Callable[[], bool]
    ) -> Frame:
        """Send a request and poll for its answer; one that is cancelled is taken back."""
        with self._lock:  # an export asks from a thread of its own
            self._count += 1
            number = self._count
        waiting = child.send(Frame({**frame.header, "id": number}, frame.arrays), timeout_s)
        while True:
            try:
                reply = waiting.get(timeout=POLL_S)
            except queue.Empty:
                if cancelled():
                    # The process lives on and answers soon; nobody looks at what it says.
                    child.drop(waiting, Frame({"op": "cancel", "id": number}))
                    raise Cancelled from None
                if (limit_s := child.overdue) is not None:
                    self._drop("it hung")
                    raise JobError(
                        f"The inference process gave no answer for {limit_s:.0f} s and was "
                        "ended; the next analysis starts a new one."
                    ) from None
                continue
            if isinstance(reply, WireError):
                raise self._crashed(child, reply)
            return _checked(reply, number)

    def _crashed(self, child: Child, reason: WireError) -> JobError:
        self._drop("it crashed")
        said = f" It said: {child.last_words}" if child.last_words else ""
        closed = self._closed
        return JobError(
            "The inference process was closed."
            if closed
            else f"The inference process ended unexpectedly ({reason}); the next analysis "
            f"starts a new one.{said}"
        )

    def _drop(self, why: str) -> None:
        with self._lock:
            child, self._child = self._child, None
        if child is not None:
            child.close()
            self._say(ServerStatus(ServerState.STOPPED, detail=why))

    def _say(self, status: ServerStatus) -> None:
        self._status = status
        self.on_status(status)


def _read(make: Callable[[], T]) -> T:
    """What comes over the pipe; a broken frame is the failure of the process."""
    try:
        return make()
    except WireError as error:
        raise JobError(f"The inference process: {error}.") from None


def _checked(reply: Frame, number: int) -> Frame:
    """The reply, or the error it carries."""
    if reply.header.get("id") != number:
        raise JobError("The inference process answered another question.")
    wrong = failure(reply)
    if wrong is None:
        return reply
    kind, message = wrong
    raise (kind or JobError)(message or "the inference process failed without saying why")
