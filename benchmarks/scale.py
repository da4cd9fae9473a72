"""The engine on one PostgreSQL under many workers: due escalations worked off, each once, while workers are killed.

    python benchmarks/scale.py escalate --cases 200000 --workers 4 --kill-every 1
    python benchmarks/scale.py escalate --cases 20000 --workers 1
    python benchmarks/scale.py burst --open 1000000 --due 100000 [--spread 600]
    python benchmarks/scale.py mail --letters 10000 [--dead-first]

Each prints one line of JSON. The server is the one of the tests, with fsync and full pages switched on again unless
`--unsafe` is said. Cases are real ones, opened through the desk and moved by sweeps, then copied: each copy is sealed
anew under its own id and number, so that `verify` holds over the whole history.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import sys
import tempfile
import time
from bisect import bisect
from dataclasses import replace
from datetime import date, datetime, timedelta
from hashlib import sha256
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from zoneinfo import ZoneInfo

import psycopg

from store import events as event_rows

sys.path.insert(0, str(Path(__file__).parent.parent))

from config.settings import Settings
from states.case import Actor
from states.command import Command
from states.commitments import commitment
from states.sealing import FIRST, sealed_text
from states.vocabulary import Act, Role
from store import cases, counters, number_search, personal_data, text_search
from store.schema.base import table_of
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from tests.support.databases import Databases
from tests.support.mailboxes import mail_server
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from multiprocessing.context import ForkServerContext, ForkServerProcess

ZONE: Final = ZoneInfo("Asia/Shanghai")
FOUND, SERVED = date(2026, 1, 28), date(2026, 2, 6)
MISSED: Final = datetime(2026, 3, 13, 9, tzinfo=ZONE)
"""When an order of 15 working days, served on 6 February and missed, moves the case under the policy used here."""
UNITS: Final = 200
DURABLE: Final = (
    "ALTER SYSTEM SET fsync = on",
    "ALTER SYSTEM SET full_page_writes = on",
    "ALTER SYSTEM SET synchronous_commit = on",
    "ALTER SYSTEM SET autovacuum = on",
    "ALTER SYSTEM SET max_wal_size = '4GB'",
    "SELECT pg_reload_conf()",
)
_POLICY: Final = Path(__file__).parent.parent / "config" / "policies" / "sichuan-2017.toml"


def settings(url: str, home: Path, **more: Any) -> Settings:  # whatever a setting holds
    """Return an installation whose policy lets nothing but the escalation fall on its day, so that it stands alone."""
    policy = home / "policy.toml"
    if not policy.exists():
        policy.write_text(_POLICY.read_text("utf-8").replace('after = "5wd"', 'after = "6wd"'), "utf-8")
    return Settings(home=home, database_url=url, policy=str(policy), **more)


def moment(on: date, hour: int = 9) -> datetime:
    """Return the hour of the day, in the office's zone."""
    return datetime(on.year, on.month, on.day, hour, tzinfo=ZONE)


def open_one(office: Office, n: int) -> int:
    """Open a case with an order of 15 working days in a unit of its own; return its id."""
    unit = f"第{n}局"
    data = {
        "unit": unit,
        "post": f"{unit}局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": "未列入年度计划",
    }
    clerk = Actor(user="bench", role=Role.DIRECTOR)
    first = Command(act=Act.REGISTER_FINDING, actor=clerk, on=FOUND, data={**data, "number": f"原〔2026〕{n}号"})
    order = Command(act=Act.SERVE_ORDER, actor=clerk, on=SERVED, data={"term": "15wd"})
    return office.desk.open_and_do(first, [order], moment(SERVED)).case.id


def models(office: Office, units: int, until: datetime) -> list[int]:
    """Open one case in each unit, and let time pass until just before `until`; return their ids."""
    ids = [open_one(office, n) for n in range(1, units + 1)]
    on = moment(SERVED)
    while on < until:
        office.sweeps.sweep(on, on)
        on += timedelta(days=1)
    return ids


# Words that stand for what differs from copy to copy; none of them occurs in a case otherwise.
_ID: Final = 2_109_876_543
_NUMBER: Final = f"副〔2026〕{_ID}号"
_BEFORE: Final = "b" * 64
_SALT: Final = "5" * 32
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "cases": tuple(column.name for column in table_of(CaseRow).columns),
    "personal_data": ("case_id", "salt", "value", "token"),
    "timers": ("case_id", "key", "kind", "due_at", "failures", "unit_id"),
    "case_events": tuple(column.name for column in table_of(CaseEventRow).columns),
}


def line(values: Iterable[Any]) -> str:  # whatever a column holds
    """Return a row as PostgreSQL's COPY reads it."""
    return "\t".join("\\N" if value is None else str(value).translate(_ESCAPES) for value in values) + "\n"


class Mould:
    """A case of which copies are cast: each with its own id, number, commitments and hashes, so that `verify` holds."""

    def __init__(self, office: Office, case_id: int) -> None:
        """Take the mould of this case."""
        with office.database.reading() as session:
            stored = cases.many(session, [case_id])[case_id]
            history = event_rows.history(session, case_id)
            self.contents = [(content.value, content.token) for content in personal_data.of_case(session, case_id)]
            waiting = office.proofs.timers_of(session, stored.case)
        number = stored.case.number
        columns = cases._columns(replace(stored, case=replace(stored.case, id=_ID), head_hash=_BEFORE))  # noqa: SLF001  # rows exactly as the store writes them
        row = line(({**columns, "id": _ID, "fingerprint": None})[name] for name in _TABLES["cases"])
        self.case = row.replace(number, _NUMBER)
        self.timers = "".join(line([_ID, t.key, t.kind, t.due_at, 0, stored.unit_id]) for t in waiting)
        self.events: list[tuple[str, str]] = []
        for recorded in history:
            event, data = recorded.event._replace(case_id=_ID), recorded.data.replace(number, _NUMBER)
            sealed = event_rows.Sealed(event=event, data=data, prev_hash=_BEFORE, hash="")
            columns = event_rows._event_columns(0, sealed)  # noqa: SLF001  # the same
            middle = [columns[name] for name in _TABLES["case_events"][1:-2]]
            self.events.append((line(middle)[:-1], sealed_text(event, data, _BEFORE)))

    def cast(self, case_id: int, seq: int) -> tuple[str, str, str, list[str]]:
        """Return the rows of a copy: of `cases`, `personal_data`, `timers`, and of its events behind place `seq`."""
        id_, salt = str(case_id), f"{case_id:032x}"
        tokens = [(old, commitment("sha256", salt, value)) for value, old in self.contents]
        kept = "".join(line([id_, salt, value, new[1]]) for (value, _), new in zip(self.contents, tokens, strict=True))
        events, head = [], FIRST
        for middle, text in self.events:
            for old, new in tokens:
                middle, text = middle.replace(old, new), text.replace(old, new)  # noqa: PLW2901  # of this copy
            before = head
            text = text.replace(str(_ID), id_).replace(_BEFORE, before)  # noqa: PLW2901  # the same
            head = sha256(text.encode()).hexdigest()
            seq += 1
            events.append(f"{seq}\t{middle.replace(str(_ID), id_)}\t{before}\t{head}\n")
        case = self.case.replace(str(_ID), id_).replace(_BEFORE, head)
        for old, new in tokens:
            case = case.replace(old, new)
        return case, kept, self.timers.replace(str(_ID), id_), events


def copy_cases(office: Office, url: str, ids: Sequence[int], count: int) -> None:
    """Copy these cases `count` times in turn, with events, timers and no messages: what was owed was sent long ago."""
    with office.database.reading() as session:
        seq = event_rows.size(session)
    moulds, last_id = [Mould(office, case_id) for case_id in ids], max(ids)
    half = count // 2 if count > AT_ONCE else count
    middle = seq + sum(len(moulds[made % len(moulds)].events) for made in range(1, half + 1))
    last = middle + sum(len(moulds[made % len(moulds)].events) for made in range(half + 1, count + 1))
    parts = [(url, moulds, last_id, 0, half, seq), (url, moulds, last_id, half, count, middle)]
    if half < count:
        children = [forked().Process(target=pour, args=part) for part in parts]
        for child in children:
            child.start()
        for child in children:
            child.join()
            if child.exitcode:
                raise RuntimeError("the copies could not be made")
    else:
        pour(*parts[0])
    with office.database.transaction() as session:
        counters.refill(session)
        number_search.refill(session)
        text_search.refill(session)
    say("tallied")
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("UPDATE log_head SET size = %s", (last,))
        connection.execute("UPDATE series SET last = %s WHERE name = 'cases'", (last_id + count,))
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    say("settled")


AT_ONCE: Final = 20_000
"""How many copies are kept in memory until they are written."""


def pour(  # where, of what, behind which id, from which copy to which, and behind which event
    url: str, moulds: Sequence[Mould], last_id: int, made: int, until: int, seq: int
) -> None:
    """Write copies behind number `made` up to number `until`."""
    first = made
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection, connection.cursor() as cursor:
        # What the rows point to is there; asking for it again would only make the preparation longer.
        connection.execute("SET session_replication_role = replica")
        connection.execute("SET synchronous_commit = off")
        while made < until:
            rows: dict[str, list[str]] = {name: [] for name in _TABLES}
            for _ in range(min(AT_ONCE, until - made)):
                made += 1
                case, kept, timers, events = moulds[made % len(moulds)].cast(last_id + made, seq)
                seq += len(events)
                rows["cases"].append(case)
                rows["personal_data"].append(kept)
                rows["timers"].append(timers)
                rows["case_events"] += events
            for name, columns in _TABLES.items():
                with cursor.copy(f"COPY {name} ({', '.join(columns)}) FROM STDIN".encode()) as copying:
                    copying.write("".join(rows[name]))
            say(f"copied {first + 1} to {made} of {until}")


def say(what: str) -> None:
    """Say on the error output how far the preparation is, and when."""
    print(f"{time.strftime('%H:%M:%S')}  {what}", file=sys.stderr, flush=True)


# --- workers -----------------------------------------------------------------------------------------------------


def work(url: str, home: Path, as_of: datetime, batch: int) -> None:
    """Sweep until the parent ends this process."""
    office = Office(settings(url, home))
    while True:
        tally = office.sweeps.sweep(as_of, as_of, batch=batch)
        time.sleep(0.02 if tally.fired else 0.2)


def empty_sweeps(url: str, home: Path, as_of: datetime, times: int, said: Path) -> None:
    """Sweep while nothing is due, and write down how many milliseconds each took."""
    office = Office(settings(url, home))
    office.sweeps.sweep(as_of, as_of)
    took: list[float] = []
    for _ in range(times):
        began = time.perf_counter()
        office.sweeps.sweep(as_of, as_of)
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(0.02)
    office.close()
    said.write_text(json.dumps(sorted(took)), "utf-8")


def memory_of(pid: int | None) -> int:
    """Return the peak of memory of a process in MiB, as the kernel counts it; 0 if it is gone."""
    with contextlib.suppress(OSError):
        for text in Path(f"/proc/{pid}/status").read_text("utf-8").splitlines():
            if text.startswith("VmHWM:"):
                return int(text.split()[1]) // 1024
    return 0


class Crew:
    """Workers as processes of their own; one is killed when told.

    They are forked from a server that has imported everything: starting Python anew each second would take more of
    the machine than the work, and is not what is measured.
    """

    def __init__(self, url: str, home: Path, workers: int, as_of: datetime, batch: int) -> None:
        """Prepare; the workers start with the block."""
        self.work = (url, home, as_of, batch)
        self.wanted, self.killed, self.memory_mib = workers, 0, 0
        self.context = forked()
        self.running: list[ForkServerProcess] = []
        self.dice = random.Random(6)  # noqa: S311  # whom to kill

    def __enter__(self) -> Self:
        """Start the workers."""
        for _ in range(self.wanted):
            self._start()
        return self

    def __exit__(self, *_exception: object) -> None:
        """End them all."""
        for child in self.running:
            child.terminate()
            child.join()

    def _start(self) -> None:
        child = self.context.Process(target=work, args=self.work, daemon=True)
        child.start()
        self.running.append(child)

    def kill_one(self) -> None:
        """`kill -9` one of the workers, and start another in its place."""
        child = self.running.pop(self.dice.randrange(len(self.running)))
        child.kill()
        child.join()
        self.killed += 1
        self._start()

    def died(self) -> list[int]:
        """Return the exit codes of those workers that ended by themselves, which none should."""
        return [child.exitcode for child in self.running if child.exitcode is not None]

    def look(self) -> None:
        """Note the largest peak of memory of any worker so far."""
        self.memory_mib = max(self.memory_mib, *(memory_of(child.pid) for child in self.running))


def forked() -> ForkServerContext:
    """Return the way to start processes that have imported everything and done nothing yet."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["wiring", "psycopg", "benchmarks.scale"])
    return context


_LEFT: Final = "SELECT 1 FROM timers WHERE held_until IS NULL AND due_at <= %s LIMIT 1"


def worked_off(  # where, by how many, how often one is killed and how often at most, and what is due
    url: str,
    home: Path,
    *,
    workers: int,
    kill_every: float,
    batch: int,
    as_of: datetime = MISSED,
    kills: int = sys.maxsize,
    each_time: Callable[[psycopg.Connection[Any]], None] | None = None,
) -> dict[str, Any]:
    """Let workers work off what is due at `as_of` while one is killed now and then; return how it went.

    The time runs from the first commit of a worker, because starting Python is no part of the rate, to the last.
    `each_time` is called whenever the parent looks, about ten times a second.
    """
    seconds, first, kills_at, server_mib = 0.0, 0.0, time.monotonic() + kill_every, 0
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as watch:

        def size() -> int:
            row = watch.execute("SELECT size FROM log_head").fetchone()
            return int(row[0]) if row else 0

        before = seen = at_first = size()
        give_up = time.monotonic() + 3600
        with Crew(url, home, workers, as_of, batch) as crew:
            while time.monotonic() < give_up:
                time.sleep(0.1)
                if (now_ := size()) != seen:
                    seen, seconds = now_, time.monotonic()
                    if not first:
                        first, at_first = seconds, now_
                if kill_every and crew.killed < kills and time.monotonic() >= kills_at:
                    crew.kill_one()
                    kills_at += kill_every
                crew.look()
                if each_time is not None:
                    each_time(watch)
                if watch.execute(_LEFT, (as_of,)).fetchone() is None:
                    break
                if crew.died():
                    raise RuntimeError(f"a worker ended by itself: {crew.died()}")
            for (pid,) in watch.execute("SELECT pid FROM pg_stat_activity WHERE backend_type = 'client backend'"):
                server_mib = max(server_mib, memory_of(pid))
        spent = seconds - first
    return {
        "workers": workers,
        "killed": crew.killed,
        "events": seen - before,
        "seconds": round(spent, 2),
        "events_per_second": round((seen - at_first) / spent) if spent else None,
        "memory_mib": crew.memory_mib,
        "server_process_mib": server_mib,
    }


def escalated(url: str) -> dict[str, int]:
    """Count from the events alone: cases escalated, and those that were so more than once."""
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute(
            "SELECT count(*), count(*) FILTER (WHERE n > 1) FROM"
            " (SELECT case_id, count(*) AS n FROM case_events WHERE act = 'escalated' GROUP BY case_id) AS per_case"
        ).fetchone()
        gaps = connection.execute("SELECT max(seq) - count(*) FROM case_events").fetchone()
    if row is None or gaps is None:
        raise RuntimeError("the database says nothing")
    return {"escalated": row[0], "doubled": row[1], "gaps": gaps[0]}


@contextlib.contextmanager
def a_province(folder: Path, *, unsafe: bool, **more: Any) -> Iterator[tuple[Office, str]]:  # settings
    """Give an office on a fresh PostgreSQL."""
    with Databases(folder.parent) as databases:
        url = databases.fresh("postgresql")
        if not unsafe:
            with psycopg.connect(databases.postgres, autocommit=True) as connection:
                for statement in DURABLE:
                    connection.execute(statement.encode())
        office = Office(settings(url, folder, **more))
        office.installation.prepare(now())
        try:
            yield office, url
        finally:
            office.close()


def escalate(folder: Path, found: argparse.Namespace) -> dict[str, Any]:
    """Work off many due escalations by several workers."""
    with a_province(folder, unsafe=found.unsafe) as (office, url):
        units = min(UNITS, found.cases)
        ids = models(office, units, MISSED)
        copy_cases(office, url, ids, found.cases - units)
        say("the work begins")
        result = worked_off(url, folder, workers=found.workers, kill_every=found.kill_every, batch=found.batch)
        say("the work is over")
        result |= {"cases": found.cases, **escalated(url)}
        if found.verify:
            verdict, rebuilt = office.proofs.verify(), office.rounds.rebuild(MISSED)
            result |= {"verified": verdict.ok, "differing": len(rebuilt.differing)}
            if rebuilt.differing or not verdict.ok:
                print(verdict, rebuilt.differing[:2], file=sys.stderr)
        return result


def burst(folder: Path, found: argparse.Namespace) -> dict[str, Any]:
    """Let a tenth of very many open cases be due at one instant, and some cases that are not late beside them."""
    with a_province(folder, unsafe=found.unsafe) as (office, url):
        ids = models(office, UNITS, MISSED)
        copy_cases(office, url, ids, found.open - UNITS)
        # Whoever is not among the first `due` cases has his escalation an hour later.
        with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
            later = (MISSED + timedelta(hours=1), MISSED, found.due)
            connection.execute("UPDATE timers SET due_at = %s WHERE due_at <= %s AND case_id > %s", later)
            if found.spread:
                # Due one after the other within some minutes, in an order that is not that of the cases.
                spread = "UPDATE timers SET due_at = due_at - (case_id * 7919 %% %s) * interval '1 s' WHERE due_at = %s"
                connection.execute(spread.encode(), (found.spread, MISSED))
            connection.execute("VACUUM ANALYZE")
            connection.execute("CHECKPOINT")
        say("the burst is prepared")
        result = {
            "open": found.open,
            "due": found.due,
            "empty_sweep_ms": _empty(url, folder, MISSED - timedelta(days=1)),
        }
        # The youngest timers of all: reminders, due at the very instant of the burst, of cases that are not late. Half
        # of them are in units of their own, half in units that are in the middle of the burst.
        others = [not_late(office, n, UNITS + n) for n in range(1, 51)]
        others += [not_late(office, UNITS + n, n) for n in range(1, 51)]
        before, began, told = _events(url), time.monotonic(), {}

        def watch(connection: psycopg.Connection[Any]) -> None:
            for name, ids in (("own", others[:50]), ("busy", others[50:])):
                waits = "SELECT 1 FROM timers WHERE case_id = ANY(%s) AND due_at <= %s LIMIT 1"
                if name not in told and connection.execute(waits, (ids, MISSED)).fetchone() is None:
                    told[name] = round(time.monotonic() - began, 1)

        say("the burst begins")
        result |= worked_off(
            url, folder, workers=found.workers, kill_every=found.kill_every, batch=found.batch, each_time=watch
        )
        say("the burst is over")
        result["empty_sweep_after_ms"] = _empty(url, folder, MISSED)
        result |= escalated(url) | _order(url, before, found.spread)
        result |= {f"not_late_in_{name}_units_seconds": seconds for name, seconds in told.items()}
        return result


def not_late(office: Office, n: int, unit: int) -> int:
    """Open a case that is in time and has a reminder at the instant of the burst; return its id."""
    on = date(2026, 3, 11)
    data = {"unit": f"第{unit}局", "post": f"第{unit}局局长", "number": f"早〔2026〕{n}号"}
    data |= {"duty": "art7-1a", "inspection": "regular", "finding": "未列入年度计划"}
    clerk = Actor(user="bench", role=Role.DIRECTOR)
    first = Command(act=Act.REGISTER_FINDING, actor=clerk, on=on, data=data)
    order = Command(act=Act.SERVE_ORDER, actor=clerk, on=on, data={"term": "5wd"})
    return office.desk.open_and_do(first, [order], moment(on)).case.id


def _empty(url: str, folder: Path, as_of: datetime) -> dict[str, float]:
    """Let a fresh process sweep while nothing is due; return how long a sweep takes, in milliseconds."""
    said = folder / "empty.json"
    child = forked().Process(target=empty_sweeps, args=(url, folder, as_of, 200, said))
    child.start()
    child.join()
    took = json.loads(said.read_text("utf-8"))
    return {"median": round(took[100], 1), "p95": round(took[190], 1), "max": round(took[-1], 1)}


def _order(url: str, after: int, spread: int) -> dict[str, Any]:
    """Say how far the burst was worked off in another order than that of due time, and of age within one instant.

    For each escalation: how many that were due later came before it, in its own unit and in the whole office.
    """
    events = "SELECT e.case_id, c.unit_id FROM case_events e JOIN cases c ON c.id = e.case_id WHERE e.seq > %s AND e.act = 'escalated' ORDER BY e.seq"
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        order = connection.execute(events.encode(), (after,)).fetchall()
    came: dict[int, list[tuple[int, int]]] = {}
    office: list[tuple[int, int]] = []
    in_unit, in_office = [0], [0]
    for case_id, unit_id in order:
        due = (-(case_id * 7919 % spread) if spread else 0, case_id)
        for earlier, ahead in ((came.setdefault(unit_id, []), in_unit), (office, in_office)):
            place = bisect(earlier, due)
            ahead.append(len(earlier) - place)
            earlier.insert(place, due)
    return {"most_ahead_in_a_unit": max(in_unit), "most_ahead_in_the_office": max(in_office)}


def _events(url: str) -> int:
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        row = connection.execute("SELECT size FROM log_head").fetchone()
    return int(row[0]) if row else 0


def mail(folder: Path, found: argparse.Namespace) -> dict[str, Any]:
    """Send many letters to a real mail server by one deliverer; with `--dead-first`, after it has been away."""
    at = datetime(2026, 2, 9, 10, tzinfo=ZONE)
    with mail_server() as mails:
        more = {"smtp_host": "127.0.0.1", "smtp_port": mails.port}
        with a_province(folder, unsafe=found.unsafe, **more) as (office, url):
            case_id = open_one(office, 1)
            with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
                connection.execute("DELETE FROM outbox")
                unit = "INSERT INTO posts (unit_id, name, role) SELECT min(id), 'p' || n, 'head' FROM units, generate_series(1, %s) n GROUP BY n"
                connection.execute(unit, (found.letters,))
                way = "INSERT INTO contacts (post_id, kind, address, position) SELECT id, 'mail', name || '@example.invalid', 0 FROM posts WHERE name ~ '^p[0-9]+$'"
                connection.execute(way)
                owe = "INSERT INTO outbox (case_id, case_seq, notice, post_id, number, urgent, created_at, not_before, state) SELECT %s, 2, 'order_served', id, '1', false, %s, %s, 'waiting' FROM posts WHERE name ~ '^p[0-9]+$'"
                connection.execute(owe, (case_id, at, at))
                connection.execute("ANALYZE")
            refused = 0
            if found.dead_first:
                mails.refuses = "451 4.3.0 not now"
                refused = office.rounds.deliver(at).failed
                mails.refuses = ""
                at += timedelta(hours=1)
            began = time.perf_counter()
            tally = office.rounds.deliver(at)
            spent = time.perf_counter() - began
            return {
                "letters": found.letters,
                "refused_first": refused,
                "sent": tally.sent,
                "seconds": round(spent, 1),
                "per_second": round(tally.sent / spent),
                "arrived": len(mails.arrived),
                "repeats": mails.repeats(),
                "recipients": len(mails.recipients()),
            }


def main(arguments: Sequence[str]) -> None:
    """Run what is asked for."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parts = parser.add_subparsers(required=True)
    one = parts.add_parser("escalate")
    one.add_argument("--cases", type=int, default=200_000)
    one.add_argument("--workers", type=int, default=4)
    one.add_argument("--kill-every", type=float, default=0.0)
    one.add_argument("--verify", action="store_true")
    one.set_defaults(run=escalate)
    two = parts.add_parser("burst")
    two.add_argument("--open", type=int, default=1_000_000)
    two.add_argument("--due", type=int, default=100_000)
    two.add_argument("--workers", type=int, default=2)
    two.add_argument("--kill-every", type=float, default=0.0)
    two.add_argument("--spread", type=int, default=0, help="due within so many seconds instead of at one instant")
    two.set_defaults(run=burst)
    three = parts.add_parser("mail")
    three.add_argument("--letters", type=int, default=10_000)
    three.add_argument("--dead-first", action="store_true")
    three.set_defaults(run=mail)
    for part in (one, two, three):
        part.add_argument("--batch", type=int, default=500)
        part.add_argument("--unsafe", action="store_true", help="no fsync, as in the tests")
    found = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="duban-scale-") as folder:
        # PostgreSQL refuses to run as root, so the folder must let its user pass; a home lets nobody pass, so it lies
        # beside the server's folder.
        Path(folder).chmod(0o755)
        home = Path(folder) / "home"
        home.mkdir()
        print(json.dumps(found.run(home, found)))


if __name__ == "__main__":
    main(sys.argv[1:])
