"""An existing Dask cluster as the engine of a batch (extra ``[distributed]``).

The client reads and prepares; workers get what the network eats, compressed, and send scores
and maps back as frames (`nmrcam_qt.ml.cluster_worker`). A worker that has not got a network
says so, and it is sent to all that lack it, by sha256; not by tasks that are bound to a worker,
because Dask (2026.8) forgets such a task when its worker is lost together with all others.
A lost worker's requests go to another one; Dask's scheduler does that, and gives a request up
after some lost workers (its setting ``distributed.scheduler.allowed-failures``). Whose fault
that was is found out by asking for each spectrum of such a request alone, with nothing else
under way.
"""

from __future__ import annotations

import time
import uuid
import warnings
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING

from nmrcam_qt.core.card_store import find_network
from nmrcam_qt.core.errors import EngineLost, NetworkError, NmrCamError
from nmrcam_qt.core.preprocessing import Prepared
from nmrcam_qt.core.results import Analysis
from nmrcam_qt.core.wire import Frame, WireError
from nmrcam_qt.core.wire_results import analyse_request, failure, read_analyses
from nmrcam_qt.ml import cluster_worker
from nmrcam_qt.ml.cluster_parcel import Parcel, pack

if TYPE_CHECKING:
    from distributed import Client, Future

BATCH_SIZE = 8
"""Spectra per request: small, so that many are under way within bounded memory, and a lost
worker costs little; a request costs a few milliseconds of its own."""
CONNECT_S = 10.0
PATIENCE_S = 120.0
"""How long the cluster may be without any worker; they may be on their way."""
PER_WORKER = 2
"""Requests under way per worker: one that is computed and one that waits there."""
LOOK_S = 2.0
POLL_S = 0.1
MAX_MISSING = 6
"""How often a request may come to workers that lack its network: they are lost and replaced."""
SINGLE_HINT = (
    "workers have several threads each, of which one computes; more workers of one thread "
    "(dask worker --nworkers N --nthreads 1) would be faster"
)
INSTALL_HINT = "pip install 'nmrcam[distributed]'"


class WorkersLost(NetworkError):  # noqa: N818 - what happened, as `EngineLost`
    """Workers were lost over a request."""


@dataclass(eq=False)
class ClusterAnswer:
    """A request that is under way; see `nmrcam_qt.ml.batch_types.Answer`."""

    engine: ClusterEngine
    network: str
    asked: tuple[Sequence[Prepared], Sequence[str], Sequence[str] | None, str | None]
    future: Future | None = None
    result: list[Analysis] | NmrCamError | None = None
    missed: list[str] = field(default_factory=list)
    """Workers that had not got the network."""

    def done(self) -> bool:
        """Whether the answer, or what went wrong, is here."""
        self.engine.look()
        return self.result is not None

    def take(self, timeout_s: float) -> list[Analysis] | None:
        """The analyses, None if they are not there in time; raises what went wrong."""
        self.engine.wait(self, timeout_s)
        if isinstance(self.result, NmrCamError):
            raise self.result
        return self.result

    def drop(self) -> None:
        """Cancel it; a worker that is at it finishes for nobody."""
        self.engine.forget(self)


@dataclass
class ClusterEngine:
    """Computes on a Dask cluster; use it in a ``with`` block, from one thread.

    Parameters
    ----------
    address : str
        Of the scheduler, as ``dask scheduler`` prints it: ``tcp://host:8786``.
    connect_s : float
        How long to try to reach it.
    patience_s : float
        How long the cluster may be without workers.

    Raises
    ------
    EngineLost
        If Dask is not installed or nobody answers at the address.
    """

    address: str
    connect_s: float = CONNECT_S
    patience_s: float = PATIENCE_S
    installed: list[tuple[str, str]] = field(default_factory=list)
    """Which network (sha256) was sent to which worker, in order."""
    _under_way: list[ClusterAnswer] = field(default_factory=list)
    _parcels: dict[str, Parcel] = field(default_factory=dict)
    _unlike: dict[str, None] = field(default_factory=dict)
    _workers: tuple[str, ...] = ()
    _looked: float = -LOOK_S
    _alone_since: float | None = None

    def __post_init__(self) -> None:
        self._client = _connected(self.address, self.connect_s)

    def __enter__(self) -> ClusterEngine:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Cancel what is under way and leave the cluster; it lives on."""
        for answer in list(self._under_way):
            self.forget(answer)
        self._client.close()

    @property
    def notices(self) -> tuple[str, ...]:
        """One sentence for each way in which the workers are not as they might be."""
        return tuple(self._unlike)

    def room(self) -> int:
        """Requests that may be under way: two per worker; see `StreamEngine`."""
        self._count_workers()
        return max(1, PER_WORKER * len(self._workers))

    def submit(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> ClusterAnswer:
        """Ask; see `StreamEngine`."""
        answer = ClusterAnswer(self, network, (tuple(prepared), methods, classes, layer))
        try:
            self._send(answer)
        except NetworkError as error:
            answer.result = error
        else:
            self._under_way.append(answer)
        return answer

    def analyse(
        self,
        network: str,
        prepared: Sequence[Prepared],
        methods: Sequence[str],
        classes: Sequence[str] | None,
        layer: str | None,
    ) -> list[Analysis]:
        """Ask when nothing else is under way, and wait; see `StreamEngine`."""
        for other in list(self._under_way):
            while not other.done():
                self.wait(other, POLL_S)
        answer = self.submit(network, prepared, methods, classes, layer)
        try:
            while (made := answer.take(POLL_S)) is None:
                pass
        finally:
            answer.drop()
        return made

    # Requests that are under way

    def wait(self, answer: ClusterAnswer, timeout_s: float) -> None:
        """Until the answer is here, or not much longer than `timeout_s`."""
        from distributed import wait

        self.look()
        if answer.result is None and answer.future is not None:
            try:
                with self._client.as_current():
                    wait([answer.future], timeout=timeout_s)
            except TimeoutError:
                self._count_workers()
                return
            self.look()

    def look(self) -> None:
        """Take what has arrived; send networks to workers that lack them."""
        for answer in list(self._under_way):
            if answer.future is None or not answer.future.done():
                continue
            try:
                reply = self._reply(answer)
                if reply.header.get(cluster_worker.MISSING):
                    self._install(answer, str(reply.header.get("worker")))
                    continue
                answer.result = _analyses(reply, len(answer.asked[0]))
            except NmrCamError as error:
                answer.result = error
            self._let_go(answer)

    def forget(self, answer: ClusterAnswer) -> None:
        """Nobody waits for it any more."""
        if answer.future is not None:
            answer.future.cancel()
        self._let_go(answer)

    def _let_go(self, answer: ClusterAnswer) -> None:
        answer.future = None  # Dask forgets what nobody holds
        if answer in self._under_way:
            self._under_way.remove(answer)

    def _send(self, answer: ClusterAnswer) -> None:
        """Submit it, to whichever worker."""
        if self._client.status not in ("running", "connecting"):
            raise EngineLost(f"the Dask scheduler at {self.address} is gone")
        prepared, methods, classes, layer = answer.asked
        sha256 = self._parcel(answer.network).sha256
        request = analyse_request(sha256, prepared, methods, classes, layer)
        blob = cluster_worker.packed(request)
        name = f"nmrcam-{uuid.uuid4().hex}"
        answer.future = self._client.submit(cluster_worker.run, blob, key=name, pure=False)

    def _install(self, answer: ClusterAnswer, worker: str) -> None:
        """Send the network to all workers that lack it, once, and the request again."""
        parcel = self._parcel(answer.network)
        again = worker in answer.missed
        answer.missed.append(worker)
        if len(answer.missed) > MAX_MISSING:
            raise WorkersLost(f"{MAX_MISSING} workers were replaced while they worked on it")
        # Others may have said "missing" before what they caused to be sent was there.
        if again or (parcel.sha256, worker) not in self.installed:
            self._count_workers(at_once=True)
            wanted = {w for w in self._workers if (parcel.sha256, w) not in self.installed}
            self._broadcast(parcel, sorted({*wanted, worker} & set(self._workers)))
        self._send(answer)

    def _broadcast(self, parcel: Parcel, workers: list[str]) -> None:
        """Through the scheduler, at the same time; a worker that is lost meanwhile is no error."""
        if not workers:
            return
        send = partial(self._client.run, workers=workers, on_error="return")
        try:
            said = send(cluster_worker.install, parcel.sha256, parcel.blob)
        except (OSError, TimeoutError, RuntimeError) as error:
            raise EngineLost(f"the Dask scheduler at {self.address} is gone ({error})") from None
        for worker, found in said.items():
            if found == "":
                self.installed.append((parcel.sha256, worker))
            elif isinstance(found, str):
                raise EngineLost(f"the worker {worker}: {found}")

    def _parcel(self, network: str) -> Parcel:
        if network not in self._parcels:
            self._parcels[network] = pack(find_network(Path(network)).folder)
        return self._parcels[network]

    def _reply(self, answer: ClusterAnswer) -> Frame:
        """The frame that came back, or the error that Dask has for us."""
        if answer.future is None:
            raise EngineLost("a request was given up")
        if answer.future.status != "finished":
            raise _dask_error(answer.future, self.address)
        try:
            reply = cluster_worker.unpacked(answer.future.result(timeout=self.patience_s))
        except (OSError, TimeoutError) as error:
            raise EngineLost(f"an answer of the cluster cannot be had ({error})") from None
        self._compare(reply.header.get("versions"))
        return reply

    def _compare(self, found: object) -> None:
        """Refuse workers of another nmrcam; note other libraries."""
        if not isinstance(found, dict):
            return
        for name, own in cluster_worker.versions().items():
            theirs = str(found.get(name))
            if theirs == own:
                continue
            if name == "nmrcam":
                raise EngineLost(f"a worker has nmrcam {theirs}; expected {own}, as here")
            said = f"workers have {name} {theirs}, this machine {own}: last digits may differ"
            self._unlike[said] = None

    def _count_workers(self, at_once: bool = False) -> None:
        """Which workers there are, at most every `LOOK_S`; none for too long is the end."""
        now = time.monotonic()
        if now - self._looked < LOOK_S and not at_once:
            return
        try:
            threads = self._client.nthreads()
        except (OSError, TimeoutError, RuntimeError) as error:
            raise EngineLost(f"the Dask scheduler at {self.address} is gone ({error})") from None
        self._looked, self._workers = now, tuple(threads)
        if max(threads.values(), default=1) > 1:
            self._unlike[SINGLE_HINT] = None
        if self._workers:
            self._alone_since = None
            return
        self._alone_since = now if self._alone_since is None else self._alone_since
        if now - self._alone_since > self.patience_s:
            raise EngineLost(
                f"the Dask cluster at {self.address} has had no worker for "
                f"{self.patience_s:.0f} s; start workers and run the command again"
            )


def _connected(address: str, connect_s: float) -> Client:
    """A client of the scheduler, or one sentence."""
    try:
        from distributed import Client
    except ImportError:
        raise EngineLost(
            f"a Dask cluster needs packages that are not installed; install them: {INSTALL_HINT}"
        ) from None
    try:
        _check_address(address)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # versions are compared by us
            return Client(address, timeout=connect_s, set_as_default=False, name="nmrcam")
    # AssertionError: Dask's own thread did not start within ten seconds (a starved machine).
    except (OSError, TimeoutError, ValueError, TypeError, ImportError, AssertionError) as error:
        last = str(error).strip().splitlines()[-1:] or [type(error).__name__]
        raise EngineLost(
            f"no Dask scheduler answers at {address!r} within {connect_s:g} s ({last[0]}); "
            "expected the address that 'dask scheduler' prints, like tcp://127.0.0.1:8786"
        ) from None


def _check_address(address: str) -> None:
    """Refuse what can be no address before Dask starts a thread for it (`ValueError`)."""
    from distributed.comm.addressing import get_address_host_port, parse_address
    from distributed.comm.registry import get_backend

    scheme, location = parse_address(address)
    get_backend(scheme)
    _, port = get_address_host_port(f"{scheme}://{location}", strict=True)
    if not 0 < port < 1 << 16:
        raise ValueError(f"{port} is no port")


def _dask_error(future: Future, address: str) -> NmrCamError:
    """What became of a request that has not finished well."""
    from distributed import KilledWorker

    if future.status != "error":
        return EngineLost(f"the Dask scheduler at {address} is gone, and with it the requests")
    error = future.exception()
    if isinstance(error, KilledWorker):
        lost = int(error.allowed_failures) + 1
        return WorkersLost(f"{lost} workers of the cluster were lost over it, one after the other")
    if isinstance(error, ImportError):
        return EngineLost(f"a worker of {address} cannot load nmrcam ({error}); install it there")
    if isinstance(error, NmrCamError):
        return error
    return NetworkError(f"the cluster failed ({type(error).__name__}: {error})")


def _analyses(reply: Frame, expected: int) -> list[Analysis]:
    """The analyses of a reply; raises what it says went wrong."""
    wrong = failure(reply)
    if wrong is not None:
        kind, message = wrong
        raise (kind or NetworkError)(message or "a worker failed without saying why")
    made = read_analyses(reply)
    if len(made) != expected:
        raise WireError(f"a worker gave {len(made)} results; expected {expected}")
    return made
