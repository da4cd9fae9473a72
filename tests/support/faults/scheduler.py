"""A real Prefect server and a worker of its pool under faults: they are killed at any moment and must go on."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from flows.deploy import POOL
from flows.serve import PARALLEL
from tests.support.processes import ROOT, ask, free_port, processes, until

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable

    from tests.support.faults.harness import Worker

BOTH: Final = ("sweep-deadlines", "deliver-outbox")
RUNS_AT_ONCE: Final = 2
NIGHTLY: Final = 20
RUN: Final = ("prefect.engine", "_workspace_supervisor")
FORESEEN: Final = ("Unavailable", "Conflict")
"""What a flow run may fail of while its database is being broken; anything else is a defect."""


class Scheduler:
    """Prefect, planned by `flows.deploy` and started by its own commands; runs are asked for without a pause."""

    parallel: Final = PARALLEL

    def __init__(self, home: Path) -> None:
        self.home = home
        self.port = free_port()
        self.api = f"http://127.0.0.1:{self.port}/api"
        self.environment = {
            "PREFECT_HOME": str(home / "prefect"),
            "PREFECT_API_URL": self.api,
            "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
            "PREFECT_SERVER_CONCURRENCY_LEASE_STORAGE": "prefect.server.concurrency.lease_storage.filesystem",
            "PREFECT_LOGGING_LEVEL": "WARNING",
            "PREFECT_LOGGING_SERVER_LEVEL": "WARNING",
            "PREFECT_CLI_PROMPT": "false",
            "PREFECT_WORKER_QUERY_SECONDS": "1",
            "TMPDIR": str(home),  # what killed runs leave behind goes with the test
            "DO_NOT_TRACK": "1",
        }
        python = [sys.executable, str(Path(__file__).parent / "worker.py"), "prefect"]
        self.server = [*python, "server", "start", "--host", "127.0.0.1", "--port", str(self.port)]
        self.worker = [*python, "worker", "start", "--pool", POOL, "--type", "process", "--limit", str(RUNS_AT_ONCE)]
        self.processes: list[Worker] = []
        self.defects: Counter[str] = Counter()
        self._ids: dict[str, str] = {}
        self._ended, self._hit_at = 0, time.monotonic()

    def is_planned(self) -> bool:
        return bool(self._ids)

    def plan(self) -> None:
        """Plan the flows on the pool, as an operator does, once the server answers."""

        def answers() -> object:
            self.processes[0].tend()
            return ask(f"{self.api}/health")

        until(answers, 120)
        environment = self.processes[1].environment
        log = self.processes[1].log
        with log.open("ab") as out:
            command = [sys.executable, "-m", "flows.deploy"]
            subprocess.run(command, cwd=ROOT, env=environment, check=True, stdout=out, stderr=out)
        # A server that has just begun may answer that its database is busy, and is asked again.
        found = until(lambda: ask(f"{self.api}/deployments/filter", {}))
        flows = {flow["id"]: flow["name"] for flow in until(lambda: ask(f"{self.api}/flows/filter", {}))}
        for item in found:
            # A night passes every few seconds here, and each would make an hour's worth of runs late.
            until(partial(self._pause, item["id"]))
        self._ids = {flows[item["flow_id"]]: item["id"] for item in found}

    def deliver(self) -> None:
        """Ask for one delivery."""
        until(lambda: self._request(BOTH[1]))

    def keep_busy(self, stop: threading.Event) -> None:
        """Ask for a sweep and a delivery whenever none is waiting, and now and then for the runs of the night."""
        turn = 0
        while not stop.wait(1.0):
            with suppress(OSError):
                if not self._runs("SCHEDULED"):
                    turn += 1
                    for name in self._ids if turn % NIGHTLY == 0 else BOTH:
                        self._request(name)

    def _pause(self, deployment: str) -> bool:
        ask(f"{self.api}/deployments/{deployment}/pause_deployment", {})
        return True

    def _request(self, name: str) -> str:
        path = f"{self.api}/deployments/{self._ids[name]}/create_flow_run"
        return str(ask(path, {"state": {"type": "SCHEDULED"}})["id"])

    def _runs(self, *states: str) -> list[dict[str, Any]]:
        """Return the runs that are in one of these states."""
        found: list[dict[str, Any]] = []
        while True:
            wanted = {"flow_runs": {"state": {"type": {"any_": list(states)}}}, "limit": 200, "offset": len(found)}
            page = ask(f"{self.api}/flow_runs/filter", wanted)
            found += page
            if len(page) < 200:
                return found

    def may_be_hit(self) -> bool:
        """Say whether a run has come to its end since this was last true: else nothing would ever be seen to go on.

        The log tells, because a server that is down cannot. Who waits for two minutes has waited long enough.
        """
        log = self.processes[1].log
        ended = log.read_bytes().count(b" INFO ") if log.exists() else 0
        if ended == self._ended and time.monotonic() < self._hit_at + 120:
            return False
        self._ended, self._hit_at = ended, time.monotonic()
        return True

    def running(self) -> list[int]:
        """Return the processes in which flow runs are at work, or about to be."""
        return [pid for pid, command in processes(self.home).items() if any(part in command for part in RUN)]

    def kill_runs(self, most: int | None = None) -> int:
        """Kill so many flow runs, or all; return how many there were."""
        found = self.running()[:most]
        for pid in found:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return len(found)

    def goes_on(self, rest: Callable[[float], None], broken: list[str]) -> dict[str, int]:
        """See that, after all that was done to it, a new sweep and a new delivery come to their end; count the runs."""
        asked: dict[str, list[str]] = {name: [] for name in BOTH}
        deadline = time.monotonic() + 600
        while asked and time.monotonic() < deadline:
            rest(1.0)
            for name, runs in list(asked.items()):
                with suppress(OSError):
                    # A run that finds its places taken gives way: another is asked for, as the plan would do.
                    states = [ask(f"{self.api}/flow_runs/{run}")["state_type"] for run in runs]
                    if "COMPLETED" in states:
                        del asked[name]
                    elif all(state in ("CANCELLED", "FAILED", "CRASHED") for state in states):
                        runs.append(self._request(name))
        broken += [f"Prefect does not go on: no run of {name} has come to its end" for name in asked]
        ended = until(lambda: self._runs("COMPLETED", "FAILED", "CRASHED", "CANCELLED"))
        for run in ended:
            said = str(run["state"]["message"])
            if run["state_type"] == "FAILED" and not any(word in said for word in (*FORESEEN, "set aside")):
                self.defects[f"flow run {said[:200]}"] += 1
        return {f"flow runs {state.lower()}": n for state, n in Counter(run["state_type"] for run in ended).items()}
