"""One user and one private screen for every test of the real window."""

from __future__ import annotations

import pytest
from robot import Robot, Screen


@pytest.fixture
def screen():
    screen = Screen()
    yield screen
    screen.close()


@pytest.fixture
def user(screen, tmp_path):
    """Starts windows of one user."""
    started = []
    home = tmp_path / "home"
    home.mkdir()

    def start(*arguments):
        started.append(Robot(screen, home, *arguments))
        return started[-1]

    yield start
    for robot in started:
        robot.kill()
