"""The inference process: ``python -m nmrcam_qt.ml.server``. No Qt, no pickle.

It reads frames (`nmrcam_qt.core.wire`) from stdin and answers on stdout; a ``cancel`` has no
answer of its own, it ends the work on the request that it names. File descriptor 1
is turned to stderr before TensorFlow is imported, so that no print of a library can corrupt
the answers. TensorFlow is imported at the first ``hello`` or ``analyse``; matplotlib,
scikit-learn and others, which Keras would import, are refused. The process ends when stdin closes.
"""

from __future__ import annotations

import argparse
import importlib.abc
import importlib.machinery
import os
import queue
import sys
import threading
import traceback
from collections.abc import Callable, Mapping, Sequence
from types import ModuleType
from typing import Any, BinaryIO, Protocol

import numpy as np
from numpy.typing import NDArray

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.child_process import lower_priority
from nmrcam_qt.core.device_words import AUTO, CHOICES
from nmrcam_qt.core.errors import Cancelled, NmrCamError
from nmrcam_qt.core.map_check import MapCheck, MapsAsked
from nmrcam_qt.core.painting import Painting, Row
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.progress import SILENT, Progress
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.wire import Frame, WireError, encode, read_frame
from nmrcam_qt.core.wire_checks import checks_reply, read_asked
from nmrcam_qt.core.wire_contributions import logits_reply, read_painted
from nmrcam_qt.core.wire_results import analyses_reply, read_prepared
from nmrcam_qt.ml.devices import Devices
from nmrcam_qt.ml.local_engine import LocalEngine

BLOCKED = ("matplotlib", "sklearn", "pandas", "pydot", "IPython")
GRACE_S = 5.0
"""How long a request may go on after the window has gone."""


Inbox = queue.Queue[Frame | WireError | None]


class Engine(Protocol):
    """What does the work; replaced in tests. Work that takes long steps the progress."""

    def hello(self) -> Mapping[str, Any]:
        """Versions and device: ``{"device": "CPU" | "GPU", "device_name", "note", "versions"}``;
        the note says why no GPU is used where one is there."""

    def place(self) -> Mapping[str, Any]:
        """Where it computes now, as in `hello`; what is not in it is as it was said there."""

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
        progress: Progress,
    ) -> list[Analysis]:
        """Scores and maps; see `nmrcam_qt.ml.inference.analyse_prepared`."""

    def painted(
        self, network: str, painting: Painting, rows: Sequence[Row], progress: Progress
    ) -> NDArray[np.float64]:
        """Logits of painted examples; see `nmrcam_qt.ml.contributions.painted_logits`."""

    def check(
        self, network: str, prepared: Prepared, asked: MapsAsked, progress: Progress
    ) -> tuple[MapCheck, ...]:
        """Checks of the maps of one spectrum; see `nmrcam_qt.ml.map_check.check_maps`."""


class Waiting:
    """Progress of the request in hand: ends the work when the window has cancelled it.

    The window sends one request after the other, so that the last cancelled one is all that has
    to be known. A number is written by the thread that reads and looked at by the one that works.
    """

    def __init__(self) -> None:
        self._gone: object = None
        self._current: object = None

    def work_on(self, number: object) -> None:
        """From now on this request is in hand."""
        self._current = number

    def cancel(self, number: object) -> None:
        """Nobody waits for the answer to this request any more."""
        self._gone = number

    def step(self, _done: int, _total: int, _text: str = "") -> None:
        """Raise `Cancelled` where nobody waits."""
        if self._current is not None and self._current == self._gone:
            raise Cancelled


class KerasEngine(LocalEngine):
    """The real engine; the registry keeps loaded networks."""

    def __init__(self, device: str = AUTO, devices: Devices | None = None) -> None:
        super().__init__(device, devices)
        self._versions: dict[str, str] = {}

    def hello(self) -> Mapping[str, Any]:
        """Import TensorFlow, set up the device and say what there is."""
        self.start()
        return {**self.place(), "versions": self._versions}

    def place(self) -> Mapping[str, Any]:
        """Where it computes now."""
        place = self.accelerator.place
        return {"device": place.device, "device_name": place.name, "note": place.note}

    def check(
        self, network: str, prepared: Prepared, asked: MapsAsked, progress: Progress = SILENT
    ) -> tuple[MapCheck, ...]:
        """Checks of the maps of one spectrum, its peaks the maxima of the ink."""
        self.start()
        from nmrcam_qt.ml.map_check import check_maps
        from nmrcam_qt.ml.registry import load

        return self.accelerator.whole(
            lambda: check_maps(load(network), prepared, None, asked, progress)
        )

    def set_up(self) -> None:
        """One intra-op thread, memory growth, and what device there is."""
        self._versions = start_tensorflow()
        self.accelerator.set_up()

    def tell(self, note: str) -> None:
        """The window reads it in the next answer; where there is none, its log does."""
        sys.stderr.write(f"{note}\n")


class _Refuse(importlib.abc.MetaPathFinder):
    """Makes packages look as if they were not installed."""

    def find_spec(
        self, fullname: str, path: object = None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Refuse the blocked packages, leave the rest to others."""
        if fullname.partition(".")[0] in BLOCKED:
            raise ModuleNotFoundError(f"{fullname} is blocked here", name=fullname)
        return None


def block_imports() -> None:
    """Refuse what Keras would import where it is installed: 4 CPU seconds that nobody needs."""
    sys.meta_path.insert(0, _Refuse())


def start_tensorflow() -> dict[str, str]:
    """Import TensorFlow with one intra-op thread; what versions there are."""
    import keras
    import tensorflow as tf

    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    return {
        "python": sys.version.split()[0],
        "tensorflow": str(tf.__version__),
        "keras": str(keras.__version__),
    }


def answer(frame: Frame, engine: Engine, progress: Progress = SILENT) -> Frame:
    """Do what a request asks; a failure becomes an answer too.

    Parameters
    ----------
    frame : Frame
        The request.
    engine : Engine
        What does the work.
    progress : Progress
        Cancels it.

    Returns
    -------
    Frame
        ``{"id", "ok": True, ...}`` or ``{"id", "ok": False, "error": {"type", "message"}}``.
        A bug's traceback goes to stderr.
    """
    number = frame.header.get("id")
    try:
        reply = _dispatch(frame, engine, progress)
        return Frame({**engine.place(), **reply.header, "id": number, "ok": True}, reply.arrays)
    except NmrCamError as error:
        kind, message = type(error).__name__, str(error)
    except MemoryError:
        kind, message = "NetworkError", "the inference process ran out of memory"
    except Exception as error:
        traceback.print_exc(file=sys.stderr)
        kind, message = "Bug", f"the inference process failed ({type(error).__name__}: {error})"
    return Frame({"id": number, "ok": False, "error": {"type": kind, "message": message}})


def _dispatch(frame: Frame, engine: Engine, progress: Progress) -> Frame:
    header = frame.header
    match header.get("op"):
        case "hello":
            return Frame(dict(engine.hello()))
        case "analyse":
            prepared = read_prepared(frame)
            classes, layer = header.get("classes"), header.get("layer")
            network, methods = str(header["network"]), [str(m) for m in header["methods"]]
            return analyses_reply(
                engine.analyse(network, prepared, methods, classes, layer, progress)
            )
        case "painted":
            network = str(header["network"])
            painting, rows = read_painted(frame, find_network(network).card.inputs)
            return logits_reply(engine.painted(network, painting, rows, progress))
        case "check":
            found = read_prepared(frame)
            if len(found) != 1:
                raise WireError(f"{len(found)} spectra to check; expected one")
            asked = read_asked(frame)
            return checks_reply(engine.check(str(header["network"]), found[0], asked, progress))
        case op:
            raise WireError(f"unknown request {op!r}")


def serve(requests: BinaryIO, replies: BinaryIO, engine: Engine) -> int:
    """Answer frames until ``quit``, the end of the stream, or a broken stream.

    Requests are read in a thread, so that the end of the stream is noticed during work:
    a request that goes on for longer than `GRACE_S` after it is abandoned.

    Returns
    -------
    int
        0 after ``quit`` or the end of the stream, 1 after a broken one.
    """
    inbox: Inbox = queue.Queue()
    over, waiting = threading.Event(), Waiting()
    reader = threading.Thread(
        target=_read_requests, args=(requests, inbox, over, waiting), name="requests", daemon=True
    )
    reader.start()
    try:
        return _answer_all(inbox, replies, engine, waiting)
    finally:
        over.set()


def _answer_all(inbox: Inbox, replies: BinaryIO, engine: Engine, waiting: Waiting) -> int:
    """Answer what is in the inbox until it says that there is no more."""
    while True:
        frame = inbox.get()
        try:
            if isinstance(frame, WireError):
                sys.stderr.write(f"{frame}\n")
                return 1
            if frame is None or frame.header.get("op") == "quit":
                return 0
            waiting.work_on(frame.header.get("id"))
            replies.write(encode(answer(frame, engine, waiting)))
            replies.flush()
        except (BrokenPipeError, ValueError):
            return 0
        finally:
            inbox.task_done()


def _read_requests(stream: BinaryIO, inbox: Inbox, over: threading.Event, waiting: Waiting) -> None:
    """Fill the inbox; end the process when the window has gone and work does not end."""
    while True:
        try:
            frame = read_frame(stream)
        except WireError as error:
            inbox.put(error)
            return
        if frame is None:
            break
        if frame.header.get("op") == "cancel":
            waiting.cancel(frame.header.get("id"))
        else:
            inbox.put(frame)
    with inbox.all_tasks_done:
        inbox.all_tasks_done.wait_for(
            lambda: over.is_set() or not inbox.unfinished_tasks, timeout=GRACE_S
        )
        hangs = inbox.unfinished_tasks > 0 and not over.is_set()
    if hangs:
        os._exit(0)
    inbox.put(None)


def take_streams() -> tuple[BinaryIO, BinaryIO]:
    """Own stdin and stdout; what others print goes to stderr, what they read is empty.

    Returns
    -------
    requests, replies : binary streams
        On descriptors of their own.
    """
    requests = os.fdopen(os.dup(0), "rb")
    replies = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    sys.stdout = sys.stderr
    return requests, replies


def main(make_engine: Callable[[], Engine] | None = None) -> int:
    """Run the inference process on this process's stdin and stdout."""
    parser = argparse.ArgumentParser(prog="python -m nmrcam_qt.ml.server")
    parser.add_argument("--device", choices=CHOICES, default=AUTO)
    device = AUTO if make_engine is not None else parser.parse_args().device
    requests, replies = take_streams()
    lower_priority()
    block_imports()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("KERAS_BACKEND", "tensorflow")
    engine = make_engine() if make_engine is not None else KerasEngine(device)
    return serve(requests, replies, engine)


if __name__ == "__main__":
    raise SystemExit(main())
