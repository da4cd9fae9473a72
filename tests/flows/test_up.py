"""`duban up` as a whole: a real Prefect server, real flow runs, children killed, one signal that ends it all."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from functools import partial
from typing import TYPE_CHECKING

from accounts import login
from config.home import FIRST_PASSWORD
from config.settings import Settings
from operations import prefect_server
from tests.support.processes import ROOT, ask, free_port, processes, until
from wiring import now, office

if TYPE_CHECKING:
    from pathlib import Path


def successors(home: Path, part: str, victim: int) -> list[int]:
    """Return the processes that do what the killed one did."""
    return [pid for pid, command in processes(home).items() if part in command and pid != victim]


def test_the_tree_runs_sweeps_survives_kills_and_ends_whole(tmp_path: Path) -> None:
    home, web, prefect = tmp_path / "home", free_port(), free_port()
    home.mkdir()
    settings = {"DUBAN_HOME": str(home), "DUBAN_WEB_PORT": str(web), "DUBAN_PREFECT_PORT": str(prefect)}
    environment = dict(os.environ) | settings  # noqa: TID251  # for a child
    with (tmp_path / "up.log").open("wb") as log:
        up = subprocess.Popen(
            [sys.executable, "-m", "cli.main", "up"], cwd=ROOT, env=environment, stdout=log, stderr=log
        )
    try:
        assert until(lambda: ask(f"http://127.0.0.1:{web}/health/ready"), 60)["ready"]
        again = subprocess.run(
            [sys.executable, "-m", "cli.main", "up"],
            cwd=ROOT,
            env=environment,
            check=False,
            capture_output=True,
            text=True,
        )
        assert (again.returncode, "duban up" in again.stderr) == (1, True)
        api = f"http://127.0.0.1:{prefect}/api"

        def finished() -> list[str]:
            wanted = {"flow_runs": {"state": {"type": {"any_": ["COMPLETED"]}}}, "limit": 50}
            runs = ask(f"{api}/flow_runs/filter", wanted, login=prefect_server.login(Settings(home=home)))
            return [run["state"]["message"] for run in runs if run["name"].startswith("sweep")]

        assert re.match(r"fired \d+, at most \d+ s late", until(finished)[0])
        for part in ("prefect server start", "web.app", "flows.serve"):
            victim = next(pid for pid, command in processes(home).items() if part in command)
            os.kill(victim, signal.SIGKILL)
            until(partial(successors, home, part, victim))
        assert until(lambda: ask(f"http://127.0.0.1:{web}/health/ready"), 60)["ready"]
    finally:
        up.send_signal(signal.SIGTERM)
        up.wait(30)
    assert up.returncode == 0
    printed = (tmp_path / "up.log").read_text("utf-8")
    # Nobody sat at a terminal: what is printed is kept by whoever keeps logs.
    assert re.fullmatch(r"\S{16}\n", (home / FIRST_PASSWORD).read_text("utf-8"))
    assert not re.search(r"一次性口令 \S{16}", printed)
    assert "____" not in printed  # the banners of the children go to their own files
    assert until(lambda: not processes(home), 15)
    with office(Settings(home=home)) as here:
        assert login.first_administrator(here.database, here.settings.office, now()) is None
