"""One process of the product under faults: the web, the sweep or the delivery, as its flows run them; or Prefect's.

Started by path (`python worker.py web 8080`, `python worker.py prefect server start`), with the settings in the
environment. A round that fails says so and is
repeated, as the schedule would repeat it.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time
import traceback

import uvicorn

from notifications import delivery
from states.errors import Problem
from web.app import make_app
from wiring import now, office

PAUSE = 0.15
SMALL = 10


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _end_with(parent: int) -> None:
    """End as soon as the test run does, however that ended."""
    while os.getppid() == parent:
        time.sleep(1)
    os.killpg(os.getpgrp(), signal.SIGKILL)  # a group of its own, with whatever it has started


def _round(what: str) -> None:
    with office() as here:
        if what == "sweep":
            tally = here.rounds.sweep(now())
            if tally.failed or tally.skipped:
                _say(f"sweep {tally}")
        else:
            here.rounds.deliver(now())


def main() -> None:
    what, port = sys.argv[1:3]
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    if what == "prefect":
        sys.argv = sys.argv[1:]
        runpy.run_module("prefect", run_name="__main__", alter_sys=True)
    if what == "web":
        uvicorn.run(make_app(), host="127.0.0.1", port=int(port), log_level="warning", timeout_keep_alive=1)
        return
    delivery.BATCH = SMALL  # type: ignore[misc]  # small bites, so that several deliverers share what is owed
    while True:
        try:
            _round(what)
        except Problem as problem:
            _say(f"PROBLEM {problem.sentence.en.splitlines()[0]}")
        except Exception:  # noqa: BLE001  # what nobody foresaw is the finding that the harness looks for
            _say(f"DEFECT {traceback.format_exc()}")
        time.sleep(PAUSE)


if __name__ == "__main__":
    main()
