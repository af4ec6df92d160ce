"""Units of work in processes of their own: each leaves its file in ``OUT/work``.

A unit is Python and TensorFlow in turns, so that one process keeps little more than one core busy.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

from nmrcam_qt.core.errors import NmrCamError
from nmrcam_qt.core.progress import Progress
from nmrcam_qt.ml.study.plan import StudySettings

POLL_SECONDS = 1.0


def do_apart(asked: StudySettings, names: Sequence[str], progress: Progress) -> None:
    """Do units side by side, ``asked.jobs`` at a time.

    Parameters
    ----------
    asked : StudySettings
        What is asked for.
    names : sequence of str
        Of the units, in the order in which they are begun.
    progress : Progress
        Counts units; cancelling raises, ends the processes, and loses no finished unit.

    Raises
    ------
    NmrCamError
        If a unit fails, or its process ends (for example for want of memory).
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    threads = max(1, (os.cpu_count() or 1) // asked.jobs)
    pool = ProcessPoolExecutor(asked.jobs, context, initializer=_begin, initargs=(threads,))
    try:
        _watch({pool.submit(_do, asked, name) for name in names}, progress)
    except BrokenProcessPool:
        raise NmrCamError(
            "a process that measured a part of the study ended (out of memory?); --jobs 1 needs "
            "less"
        ) from None
    except BaseException:
        pool.shutdown(wait=False, cancel_futures=True)
        for child in set(multiprocessing.active_children()) - before:
            child.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def _watch(open_: set[Future[str]], progress: Progress) -> None:
    """Wait for all, saying how far it is."""
    total = len(open_)
    while open_:
        progress.step(total - len(open_), total, "units in processes of their own")
        done, open_ = wait(open_, POLL_SECONDS, FIRST_COMPLETED)
        for future in done:
            said = future.result()
            if said:
                raise NmrCamError(said)


def _begin(threads: int) -> None:
    """In a new process: as many threads as its share of the cores."""
    for name in ("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(name, str(threads))
    from nmrcam_qt.ml.quiet import load_quietly

    load_quietly()


def _do(asked: StudySettings, name: str) -> str:
    """One unit; why it could not be done, empty where it was. Errors need not be picklable."""
    from nmrcam_qt.ml.study.run import Study

    try:
        Study(asked).do(name)
    except NmrCamError as error:
        return str(error)
    return ""
