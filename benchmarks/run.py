"""The benchmarks: ratios in one run, on this machine, written to results.json and printed as a table.

Floors are bare `sqlite3` doing the same writes in the same batches in the same run, so that a slow disk slows both.
"""

from __future__ import annotations

import json
import resource
import sqlite3
import statistics
import sys
import tempfile
import time
from datetime import date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from store import events

sys.path.insert(0, str(Path(__file__).parent.parent))

from audit.checkpoints import tree_of
from audit.history import check_history
from config.settings import Settings
from states.case import Actor, Case
from states.command import Command
from states.evolve import fold
from states.sealing import canonical, seal
from states.timers import timers
from states.vocabulary import Act, Role
from store import cases, leaves
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.timers import TimerRow
from wiring import Office, now

ZONE = ZoneInfo("Asia/Shanghai")
FOUND, SERVED = date(2026, 1, 28), date(2026, 2, 6)
MISSED = datetime(2026, 3, 13, 9, tzinfo=ZONE)
"""The moment at which an order of 15 working days served on 6 February, missed, moves the case: 6 days after its end."""
BATCH = 500
ROUNDS = 5
RESULTS = Path(__file__).parent / "results.json"


def moment(on: date, hour: int = 9) -> datetime:
    return datetime(on.year, on.month, on.day, hour, tzinfo=ZONE)


def an_office(folder: Path) -> Office:
    """Open an office whose policy lets nothing but the escalation fall on its day, so that it is measured alone.

    Under the shipped policy the red light comes at the same moment; that pair is measured as well.
    """
    shipped = Path(__file__).parent.parent / "config" / "policies" / "sichuan-2017.toml"
    policy = folder / "policy.toml"
    policy.write_text(shipped.read_text("utf-8").replace('after = "5wd"', 'after = "6wd"'), "utf-8")
    office = Office(Settings(home=folder, database_url=f"sqlite:///{folder / 'bench.db'}", policy=str(policy)))
    office.installation.prepare(now())
    return office


def finding(n: int) -> Command:
    unit = f"第{n % 200}局"
    data = {
        "unit": unit,
        "post": f"{unit}局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": "年度工作计划未列入法治建设内容，与业务工作“两张皮”。",
        "number": f"基准〔2026〕{n}号",
    }
    return Command(act=Act.REGISTER_FINDING, actor=Actor(user="bench", role=Role.HANDLER), on=FOUND, data=data)


def order() -> Command:
    return Command(act=Act.SERVE_ORDER, actor=Actor(user="bench", role=Role.DIRECTOR), on=SERVED, data={"term": "15wd"})


def open_by_hand(office: Office, count: int) -> float:
    """Open `count` cases through the desk, two acts each in a transaction; return acts per second of the second half."""
    began = time.perf_counter()
    for n in range(1, count + 1):
        office.desk.open_and_do(finding(n), [order()], moment(SERVED))
    return 2 * count / (time.perf_counter() - began)


def one_act_each(office: Office, first: int, count: int) -> float:
    """Acknowledge in one transaction per act; return acts per second."""
    began = time.perf_counter()
    for case_id in range(first, first + count):
        command = Command(
            act=Act.SUBMIT_PLAN, actor=Actor(user="u", role=Role.LIAISON), on=SERVED, data={}, case_id=case_id
        )
        office.desk.do(command, moment(SERVED, 11))
    return count / (time.perf_counter() - began)


def proof_in_an_act(office: Office, acts_per_second: float, count: int) -> float:
    """Return which part of an act the proof takes: sealing its event, and its place in the history of the office."""
    with office.database.reading() as session:
        history = events.history(session, 1)
    began = time.perf_counter()
    for _ in range(count):
        for recorded in history[-1:]:
            seal(recorded.event, canonical(recorded.event.data), recorded.prev_hash)
    with office.database.transaction() as session:
        for _ in range(count):
            events.append(session, [])
    return (time.perf_counter() - began) / count * acts_per_second


def escalate(office: Office) -> tuple[int, float]:
    """Let all orders be missed: sweep up to the red day; return how many cases moved, and per second."""
    day = SERVED
    while (at := moment(day)) < MISSED:
        office.sweeps.sweep(at, at, batch=BATCH)
        day += timedelta(days=1)
    began = time.perf_counter()
    tally = office.sweeps.sweep(MISSED, MISSED, batch=BATCH)
    spent = time.perf_counter() - began
    return tally.by_act[Act.ESCALATED.value], tally.by_act[Act.ESCALATED.value] / spent


def floor(folder: Path, count: int) -> tuple[float, dict[str, float]]:
    """Write with bare sqlite3 what the sweep wrote for `count` escalations, in the same batches; return cases per second.

    The rows are the sweep's own, read back from its database; the same columns, indexes and triggers.
    """
    source = sqlite3.connect(folder / "bench.db")
    copy = sqlite3.connect(folder / "floor.db", isolation_level=None)
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-65536"):
        copy.execute(f"PRAGMA {pragma}")
    for (sql,) in source.execute(
        "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY rootpage = 0, rowid"
    ).fetchall():
        if not sql.startswith("CREATE TABLE sqlite_"):
            copy.execute(sql)
    moved = [
        row[0] for row in source.execute("SELECT id FROM cases WHERE state = 'publicly_criticized' LIMIT ?", (count,))
    ]
    tables = {
        name: [row[1] for row in source.execute(f"PRAGMA table_info({name})")]
        for name in ("cases", "case_events", "outbox", "timers")
    }
    written: dict[str, float] = {}

    def rows(name: str, where: str, case_id: int) -> list[tuple[Any, ...]]:
        return source.execute(f"SELECT * FROM {name} WHERE case_id = ? AND {where}", (case_id,)).fetchall()  # noqa: S608  # our own names

    work = []
    for case_id in moved:
        escalated = source.execute(
            "SELECT case_seq FROM case_events WHERE case_id = ? AND act = 'escalated'", (case_id,)
        ).fetchone()[0]
        since = f"case_seq >= {escalated}"
        work.append(
            (
                source.execute("SELECT * FROM cases WHERE id = ?", (case_id,)).fetchone(),
                rows("case_events", since, case_id),
                rows("outbox", since, case_id),
                rows("timers", "1", case_id),
            )
        )
    for name in ("units", "posts", "policies"):
        width = len(source.execute(f"PRAGMA table_info({name})").fetchall())
        everything = source.execute(f"SELECT * FROM {name}").fetchall()  # noqa: S608  # our own names
        copy.executemany(f"INSERT INTO {name} VALUES ({','.join('?' * width)})", everything)  # noqa: S608  # our own names
    insert = {name: f"INSERT INTO {name} VALUES ({','.join('?' * len(columns))})" for name, columns in tables.items()}  # noqa: S608  # our own names
    copy.execute("BEGIN")
    copy.executemany(insert["cases"], [item[0] for item in work])
    unit = tables["cases"].index("unit_id")
    stale = [
        (10_000_000 + 2 * n + k, item[0][0], f"old{k}", "red", "2026-03-12", None, 0, None, item[0][unit])
        for n, item in enumerate(work)
        for k in (0, 1)
    ]
    copy.executemany(insert["timers"], stale)
    copy.execute("COMMIT")
    columns = ("state", "phase", "light", "next_due_on", "waiting_for", "policy_hash", "version", "head_hash", "body")
    places = [tables["cases"].index(column) for column in columns]
    change = f"UPDATE cases SET {','.join(f'{column}=?' for column in columns)} WHERE id=? AND version=?"  # noqa: S608  # our own names
    began = time.perf_counter()
    for start in range(0, len(work), BATCH):
        part = work[start : start + BATCH]
        copy.execute("BEGIN IMMEDIATE")
        for item in part:
            copy.execute("SELECT body, unit_id FROM cases WHERE id = ?", (item[0][0],)).fetchone()
        version = tables["cases"].index("version")
        copy.executemany(
            change, [(*(item[0][place] for place in places), item[0][0], item[0][version]) for item in part]
        )
        copy.executemany(
            "DELETE FROM timers WHERE case_id=? AND key=?", [(item[0][0], f"old{k}") for item in part for k in (0,)]
        )
        copy.executemany(insert["timers"], [row for item in part for row in item[3]])
        copy.executemany(insert["outbox"], [row for item in part for row in item[2]])
        copy.executemany(insert["case_events"], [row for item in part for row in item[1]])
        copy.execute("COMMIT")
    spent = time.perf_counter() - began
    written["events"] = sum(len(item[1]) for item in work) / len(work)
    written["messages"] = sum(len(item[2]) for item in work) / len(work)
    written["timers"] = sum(len(item[3]) for item in work) / len(work)
    copy.close()
    source.close()
    return len(work) / spent, written


def replay_speed(office: Office) -> float:
    """Read the whole stored history and fold every case; return events per second."""
    began = time.perf_counter()
    count = 0
    with office.database.reading() as session:
        for _row, history in cases.by_case(session):
            fold(recorded.event for recorded in history)
            count += len(history)
    return count / (time.perf_counter() - began)


def proof_speed(office: Office, path: Path) -> dict[str, float]:
    """Verify the history; read the same rows with bare `sqlite3` and hash their stored bytes; give proofs."""
    count = 0
    took: dict[str, list[float]] = {"ours": [], "bare": []}
    for _ in range(ROUNDS):  # by turns, and the median of each, because a collection of garbage may fall into any
        with office.database.reading() as session:
            began = time.perf_counter()
            read = check_history(session, {})
            count, wrong = read.events, read.wrong
            took["ours"].append(time.perf_counter() - began)
        if wrong is not None:
            raise AssertionError(wrong)
        bare = sqlite3.connect(path)
        began = time.perf_counter()
        for row in bare.execute("SELECT * FROM case_events ORDER BY seq"):
            sha256("|".join(map(str, row)).encode()).hexdigest()
        took["bare"].append(time.perf_counter() - began)
        bare.close()
    spent, floor_spent = statistics.median(took["ours"]), statistics.median(took["bare"])
    began = time.perf_counter()
    whole = office.proofs.verify()
    whole_spent = time.perf_counter() - began
    if not whole.ok:
        raise AssertionError(whole.first_wrong)
    began = time.perf_counter()
    made = office.signing.checkpoint(moment(date(2026, 6, 1)))
    made_spent = time.perf_counter() - began
    if made is None:
        raise AssertionError("nothing was signed")
    proofs = []
    with office.database.reading() as session:
        for seq in range(1, count + 1, max(1, count // 100)):
            began = time.perf_counter()
            steps = tree_of(session).inclusion(leaves.place_of(session, seq) - 1, made.checkpoint.size)
            proofs.append((time.perf_counter() - began, len(steps)))
    return {
        "verification of the history, events/s": count / spent,
        "verification as share of a bare hash loop": floor_spent / spent,
        "verification with all rows folded, events/s": count / whole_spent,
        "first checkpoint of the history, s": made_spent,
        "inclusion proof, ms (median)": sorted(took for took, _ in proofs)[len(proofs) // 2] * 1000,
        "inclusion proof, steps at most": max(steps for _, steps in proofs),
    }


def idle_sweep(folder: Path, count: int) -> float:
    """Return how long a sweep takes that finds nothing due among `count` open cases, in milliseconds: the median of 50."""
    office = an_office(folder)
    done = office.desk.open_and_do(finding(1), [order()], moment(SERVED))
    with office.database.reading() as session:
        stored = cases.get(session, done.case.id)
        rules = office.desk.unit_of_work.rulebook.rules_of(session, stored.case)
    waiting = timers(stored.case, rules)
    columns = {c.name for c in table_of(CaseRow).columns}
    fill(folder / "bench.db", stored.case, count, len(columns), waiting)
    at = moment(SERVED, 12)
    spent = []
    for _ in range(50):
        began = time.perf_counter()
        tally = office.sweeps.sweep(at, at)
        spent.append(time.perf_counter() - began)
        if tally.fired:
            raise AssertionError("nothing was due")
    office.close()
    return sorted(spent)[len(spent) // 2] * 1000


def fill(path: Path, case: Case, count: int, width: int, waiting: tuple[Any, ...]) -> None:
    """Copy one open case `count` times with its timers, as rows; only the sweep's cost is measured, not how they came."""
    database = sqlite3.connect(path)
    row = list(database.execute("SELECT * FROM cases WHERE id = ?", (case.id,)).fetchone())
    names = [info[1] for info in database.execute("PRAGMA table_info(cases)")]
    at, number = names.index("id"), names.index("number")
    database.execute("PRAGMA synchronous=OFF")

    def copies() -> Any:
        for n in range(2, count + 1):
            row[at], row[number] = n, f"n{n}"
            yield tuple(row)

    database.executemany(f"INSERT INTO cases VALUES ({','.join('?' * width)})", copies())  # noqa: S608  # our own names
    insert = "INSERT INTO timers (case_id, key, kind, due_at) VALUES (?,?,?,?)"
    stamps = [(t.key, t.kind, t.due_at.strftime("%Y-%m-%d %H:%M:%S.%f")) for t in waiting]
    database.executemany(insert, ((n, *stamp) for n in range(2, count + 1) for stamp in stamps))
    database.commit()
    database.close()
    if table_of(TimerRow).name != "timers":
        raise AssertionError("the timers moved")


def main() -> None:
    quick = "--quick" in sys.argv
    count = 2_000 if quick else 10_000
    large = 100_000 if quick else 1_000_000
    found: dict[str, Any] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main").mkdir()
        office = an_office(folder / "main")
        found["open and order, acts/s"] = open_by_hand(office, count)
        found["one act per transaction, acts/s"] = one_act_each(office, 1, min(count, 2_000))
        found["proof as share of an act"] = proof_in_an_act(office, found["one act per transaction, acts/s"], 2_000)
        found["cases escalated"], found["escalations/s in a sweep"] = escalate(office)
        found["bare sqlite3 floor, cases/s"], found["rows per escalation"] = floor(folder / "main", count)
        found["escalations as share of the floor"] = (
            found["escalations/s in a sweep"] / found["bare sqlite3 floor, cases/s"]
        )
        found["replay of stored history, events/s"] = replay_speed(office)
        found |= proof_speed(office, folder / "main" / "bench.db")
        office.close()
        for size in (1_000, large):
            place = folder / f"idle{size}"
            place.mkdir()
            found[f"idle sweep over {size} open cases, ms"] = idle_sweep(place, size)
        small, big = found["idle sweep over 1000 open cases, ms"], found[f"idle sweep over {large} open cases, ms"]
        found["idle sweep, large over small"] = big / small
    found["peak memory, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    RESULTS.write_text(json.dumps(found, indent=2, ensure_ascii=False) + "\n", "utf-8")
    for key, value in found.items():
        print(f"{key:<48} {value if isinstance(value, dict) else format(value, ',.2f')}")


if __name__ == "__main__":
    main()
