"""Keeps what TensorFlow's C++ part says while it loads off the user's terminal.

It writes "oneDNN custom operations are on" and the like straight to file descriptor 2,
before any log level counts. Imports nothing heavy itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator


@contextlib.contextmanager
def quiet_stderr() -> Iterator[None]:
    """Swallow everything written to file descriptor 2; if the block fails, show it after all.

    Where the process has no such descriptor, nothing is changed.
    """
    sys.stderr.flush()
    try:
        saved = os.dup(2)
    except OSError:
        yield
        return
    with tempfile.TemporaryFile() as kept:
        os.dup2(kept.fileno(), 2)
        try:
            yield
        except BaseException:
            os.dup2(saved, 2)
            kept.seek(0)
            os.write(2, kept.read())
            raise
        finally:
            sys.stderr.flush()
            os.dup2(saved, 2)
            os.close(saved)


def load_quietly() -> None:
    """Import Keras and its backend, so that the imports that follow say nothing."""
    with quiet_stderr():
        import keras  # noqa: F401
