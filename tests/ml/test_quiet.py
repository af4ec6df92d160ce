"""What a library writes straight to file descriptor 2 is swallowed, unless it fails."""

from __future__ import annotations

import os

import pytest

from nmrcam_qt.ml.quiet import quiet_stderr


def test_it_is_swallowed_and_the_stream_comes_back(capfd: pytest.CaptureFixture[str]) -> None:
    with quiet_stderr():
        os.write(2, b"oneDNN custom operations are on\n")
    os.write(2, b"after\n")
    assert capfd.readouterr().err == "after\n"


def test_it_is_shown_when_the_block_fails(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ImportError), quiet_stderr():
        os.write(2, b"the reason\n")
        raise ImportError
    assert capfd.readouterr().err == "the reason\n"


def test_no_descriptor_is_leaked() -> None:
    def lowest_free() -> int:
        number = os.dup(0)
        os.close(number)
        return number

    before = lowest_free()
    for _ in range(3):
        with quiet_stderr():
            pass
    assert lowest_free() == before
