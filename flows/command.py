"""Prefect's own commands with this installation's login: `python -m flows.command server start …`.

The login stands in the home, which all hosts of an installation share, and nowhere else: no file that is kept with the
code, no command line and no picture of one has it. A worker's command also looks after runs whose process is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

from config import home as private
from config.settings import read_settings
from operations.prefect_server import environment
from operations.runs import LOOK_EVERY, Keeper, note_stuck
from states.errors import Problem
from wiring import now, office

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from types import FrameType

    from config.settings import Settings


def main(arguments: Sequence[str]) -> int:
    """Run Prefect's command with these arguments; return its exit code.

    Raises:
        Unavailable: the home cannot be written.
    """
    private.keep_private()
    settings = read_settings()
    private.made(settings.home)
    inherited = os.environ  # noqa: TID251  # handed on to the child
    seen = dict(inherited) | environment(settings, inherited)
    command = [sys.executable, "-m", "prefect", *arguments]
    if arguments[:1] != ["worker"]:
        os.execve(sys.executable, command, seen)  # noqa: S606  # Prefect's command takes this process's place
    return _watched(command, seen, settings)


def _watched(command: Sequence[str], seen: Mapping[str, str], settings: Settings) -> int:
    """Run a worker as a child, and end runs whose process is gone as long as it lives."""
    child = subprocess.Popen(command, env=seen)  # noqa: S603  # Prefect's own command

    def hand_on(number: int, _frame: FrameType | None) -> None:
        child.send_signal(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, hand_on)
    keeper, noted = Keeper(settings, seen), False
    while True:
        try:
            return child.wait(LOOK_EVERY)
        except subprocess.TimeoutExpired:
            noted = _look(keeper, settings, noted=noted)


def _look(keeper: Keeper, settings: Settings, *, noted: bool) -> bool:
    """End runs whose process is gone; say whether there were any. What is away now may be back at the next look."""
    try:
        stuck = keeper.look(now())
        if stuck or noted:
            with office(settings) as here:
                note_stuck(here.database, stuck, now())
    except (OSError, Problem) as error:
        sys.stderr.write(f"runs: {error}\n")
        return noted
    return bool(stuck)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
