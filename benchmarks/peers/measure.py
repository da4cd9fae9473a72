"""What all sides of the comparison share: standard library only, because each runs in an environment of its own.

A life of a case is five durable timed transitions, each with a row of audit. Nothing waits for a real deadline: every
timer is due at once, so that what is measured is the durable stepping and not the waiting.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

STEPS = ("yellow", "red", "escalated", "yellow again", "red again")
IDLE_SECONDS = 4.0
PRAGMAS = ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON")
AUDIT = "CREATE TABLE IF NOT EXISTS audit (case_id TEXT, step INTEGER, name TEXT, PRIMARY KEY (case_id, step))"


def cpu_of(pid: int | str = "self") -> float:
    """Return the seconds of processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def memory_of(pid: int | str = "self") -> float:
    """Return the most memory that a process has held, in MiB."""
    if pid == "self":
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = Path(f"/proc/{pid}/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmHWM")) / 1024


def idle(*pids: int | str) -> float:
    """Return how much of a processor these processes use while nothing is due, in percent."""
    before = sum(cpu_of(pid) for pid in pids)
    time.sleep(IDLE_SECONDS)
    return (sum(cpu_of(pid) for pid in pids) - before) / IDLE_SECONDS * 100


def latency(one_life: Callable[[int], object], count: int) -> float:
    """Live `count` lives one after the other; return milliseconds per transition, the median."""
    took = []
    for n in range(count):
        began = time.perf_counter()
        one_life(n)
        took.append((time.perf_counter() - began) / len(STEPS) * 1000)
    return statistics.median(took)


def report(cases: int, audited: int, seconds: float, latency_ms: float, cpu: float, **more: Any) -> None:
    """Print the one line that the comparison reads.

    `cpu` are the seconds of processor of this process, without a database server: of all the figures the one that a
    busy machine changes least.

    Raises:
        AssertionError: not every transition left its row of audit.
    """
    if audited != cases * len(STEPS):
        raise AssertionError(f"{audited} rows of audit for {cases} cases")
    rate = audited / seconds
    said = {
        "cases": cases,
        "transitions": audited,
        "transitions/s": rate,
        "latency ms": latency_ms,
        "cpu ms": cpu / audited * 1000,
    }
    print(json.dumps(said | {"memory MiB": memory_of()} | more))
    sys.stdout.flush()
