"""Prefect by itself: one flow run a case, one task a transition, on a server of its own with SQLite.

Cases are lived one after the other in one process, which spares Prefect the process that a runner starts for each run.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from measure import AUDIT, PRAGMAS, STEPS, cpu_of, idle, latency, memory_of, report

LONGEST = 90


def serve(folder: Path) -> subprocess.Popen[bytes]:
    """Start a server in `folder`; return when it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    os.environ |= {  # noqa: TID251  # Prefect reads its settings there
        "PREFECT_HOME": str(folder),
        "PREFECT_API_URL": f"http://127.0.0.1:{port}/api",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_LOGGING_LEVEL": "ERROR",
        "PREFECT_LOGGING_SERVER_LEVEL": "ERROR",
    }
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    deadline = time.monotonic() + LONGEST
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=1):
            return server
        time.sleep(0.2)
    server.kill()
    raise TimeoutError("Prefect's server did not answer")


def main() -> None:
    cases = int(sys.argv[2])
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        server = serve(folder)
        try:
            live(folder, cases, server.pid)
        finally:
            server.terminate()
            server.wait(20)


def live(folder: Path, cases: int, server: int) -> None:
    from prefect import flow, task  # noqa: PLC0415  # reads its settings when it is imported

    database = sqlite3.connect(folder / "audit.db", isolation_level=None, check_same_thread=False)
    for pragma in PRAGMAS:
        database.execute(f"PRAGMA {pragma}")
    database.execute(AUDIT)

    @task
    def step(case_id: str, number: int, name: str) -> None:
        database.execute("INSERT INTO audit VALUES (?, ?, ?)", (case_id, number, name))

    @flow
    def life(case_id: str) -> None:
        for number, name in enumerate(STEPS):
            step(case_id, number, name)

    life("warm")
    slow = latency(lambda n: life(f"alone {n}"), 2)
    began, cpu = time.perf_counter(), time.process_time() + cpu_of(server)
    for n in range(cases):
        life(f"case {n}")
    seconds, cpu = time.perf_counter() - began, time.process_time() + cpu_of(server) - cpu
    audited = database.execute("SELECT count(*) FROM audit WHERE case_id LIKE 'case %'").fetchone()[0]
    memory = memory_of() + memory_of(server)
    report(cases, audited, seconds, slow, cpu, **{"memory MiB": memory, "idle %": idle("self", server), "waiting": 0})


if __name__ == "__main__":
    main()
