"""DBOS: one workflow a case; each transition a durable sleep, then a transaction that writes the row of audit.

Given what is best for it: WAL for SQLite, all workflows started at once, the audit row in the same transaction as the
step's own record (its SQLAlchemy datasource). SQLite forbids a second writer, so few threads are enough there.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from dbos import DBOS, DBOSConfig, SQLAlchemyDatasource
from measure import AUDIT, PRAGMAS, STEPS, idle, latency, report

FIRES = 0.0
WAITING = 50
NEVER = 3600.0


def engine_of(url: str) -> sa.Engine:
    """Open the database as our own is opened: WAL and full durability for SQLite."""
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_size=20, max_overflow=20)
    engine = sa.create_engine(url, pool_size=20, max_overflow=20)

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = "IMMEDIATE"
        for pragma in ("busy_timeout=30000", *PRAGMAS):
            connection.execute(f"PRAGMA {pragma}")

    return engine


def main() -> None:
    url, cases = sys.argv[1], int(sys.argv[2])
    engine = engine_of(url)
    config: DBOSConfig = {
        "name": "peers",
        "system_database_url": url,
        "system_database_engine": engine,
        "log_level": "ERROR",
    }
    DBOS(config=config)
    with engine.begin() as connection:
        connection.execute(sa.text(AUDIT))
    source = SQLAlchemyDatasource.create(url, engine=engine)

    @source.transaction(name="step")
    def step(case_id: str, number: int, name: str) -> None:
        source.sql_session().execute(
            sa.text("INSERT INTO audit VALUES (:c, :n, :s)"), {"c": case_id, "n": number, "s": name}
        )

    @DBOS.workflow()
    def life(case_id: str) -> None:
        for number, name in enumerate(STEPS):
            DBOS.sleep(FIRES)
            step(case_id, number, name)

    @DBOS.workflow()
    def waits(_case_id: str) -> None:
        DBOS.sleep(NEVER)

    DBOS.launch()
    life("warm")
    slow = latency(lambda n: life(f"alone {n}"), 10)
    began, cpu = time.perf_counter(), time.process_time()
    handles = [DBOS.start_workflow(life, f"case {n}") for n in range(cases)]
    for handle in handles:
        handle.get_result()
    seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
    with engine.begin() as connection:
        count = sa.text("SELECT count(*) FROM audit WHERE case_id LIKE 'case %'")
        audited = int(connection.execute(count).scalar_one())
    for n in range(WAITING):
        DBOS.start_workflow(waits, f"waits {n}")
    time.sleep(1)
    report(cases, audited, seconds, slow, cpu, **{"idle %": idle("self"), "waiting": WAITING})
    os._exit(0)  # its sleeping workflows would keep the process for an hour


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(Path(folder))
        main()
