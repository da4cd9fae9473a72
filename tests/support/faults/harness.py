"""The fault harness: an office of several processes under load, broken on purpose by a seeded plan, then judged.

`World` runs web, sweep and delivery processes against one database, and clients that repeat each act under its
Idempotency-Key until it is answered. On PostgreSQL a real Prefect server and a worker of its pool take part, and its
flow runs sweep and deliver beside the others. `World.calm` is the time before the first fault, in which no letter may
come twice at all. `World.suffer` injects faults. `World.settle` lets everything come to rest, and `judge` checks, from
the events alone, that nothing was lost and nothing done twice.
"""

from __future__ import annotations

import http.client
import json
import os
import random
import secrets
import shutil
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import text

from config.settings import Settings
from notifications.delivery import THREADS
from notifications.plan import notices
from notifications.signatures import CALL, UNSIGNED
from states.case import Actor
from states.command import Command
from states.evolve import evolve
from states.timers import timers
from states.vocabulary import Act, Role
from store import accounts, cases, contacts, organisation, unit_posts
from store import events as event_rows
from store import timers as timer_rows
from store.database import Database
from tests.support.faults.scheduler import Scheduler
from tests.support.faults.servers import MOODS, Mailbox, Postgres, Proxy
from tests.support.offices import ZONE
from tests.support.processes import ROOT, free_port
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from states.case import Case, Event

HERE: Final = Path(__file__).parent
BEGINNING: Final = datetime(2026, 3, 2, 9, 30, tzinfo=ZONE)
JUMP: Final = timedelta(days=60)
UNITS: Final = tuple(f"临溪市{name}局" for name in ("教育", "财政", "民政", "司法", "水利", "商务"))
CLIENTS: Final = 3
# What a client tries next, after so many acts of its own on a case; a case that it leaves alone is escalated by time.
STEPS: Final[tuple[tuple[str, str, dict[str, Any]], ...]] = (
    ("director", "serve_order", {"term": "15wd"}),
    ("liaison", "submit_plan", {}),
    ("liaison", "submit_report", {"note": "已整改", "signed_by": "局长"}),
    ("officer", "verify_pass", {"verifiers": ["甲", "乙"]}),
    ("colleague", "countersign", {}),
    ("director", "approve_closure", {}),
)


# What became of a letter owes the next one; the judge here reads only what events owe.
_OWED_BY_NO_EVENT: Final = frozenset({"delivery_failed", UNSIGNED, CALL})


def compiled_shim(folder: Path) -> Path | None:
    """Return the compiled shim; None where there is no C compiler."""
    compiler = shutil.which("cc")
    if compiler is None or sys.platform != "linux":
        return None
    made = folder / "shim.so"
    subprocess.run([compiler, "-O2", "-shared", "-fPIC", "-o", str(made), str(HERE / "shim.c"), "-ldl"], check=True)
    return made


class Switches:
    """What the shim of one process reads: the clock's offset, and whether the disk is full or fsync fails."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.write_bytes(bytes(24))

    def set(self, place: int, value: int) -> None:
        with self.path.open("r+b") as file:
            file.seek(8 * place)
            file.write(struct.pack("<q", value))


@dataclass(slots=True)
class Worker:
    """A process that must be running; whoever dies is started again at once."""

    name: str
    command: list[str]
    environment: dict[str, str]
    log: Path
    switches: Switches
    may_start: Callable[[], bool] = lambda: True
    process: subprocess.Popen[bytes] | None = None
    starts: int = 0

    def tend(self) -> None:
        if (self.process is None or self.process.poll() is not None) and self.may_start():
            with self.log.open("ab") as log:
                # A session of its own: what it has started dies with it when the whole group is killed.
                self.process = subprocess.Popen(
                    self.command,
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    cwd=ROOT,
                    start_new_session=True,
                )
            self.starts += 1

    def kill(self) -> None:
        """Kill the process and all that it has started in its group."""
        if self.process is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()


@dataclass(slots=True)
class Acknowledged:
    """What the office said it has done: the place in the case's history, and the event's hash."""

    key: str
    case_id: int
    case_seq: int
    hash: str
    act: str


@dataclass(slots=True)
class Report:
    """What a run did and found."""

    faults: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    figures: dict[str, int] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        return "\n".join(
            f"{name}: {dict(sorted(found.items())) if isinstance(found, dict) else found}"
            for name, found in (
                ("faults", self.faults),
                ("answers", self.answers),
                ("figures", self.figures),
                ("broken", self.broken),
            )
        )


class World:
    """Processes, clients and faults over one database; `postgres` is None for SQLite."""

    def __init__(self, folder: Path, url: str, shim: Path, seed: int, postgres: Postgres | None) -> None:
        self.folder, self.direct, self.shim, self.postgres = folder, url, shim, postgres
        self.dice = random.Random(seed)
        self.mail = Mailbox()
        self.proxy = Proxy(postgres.socket) if postgres is not None else None
        self.report = Report()
        self.acknowledged: list[Acknowledged] = []
        self.tokens: dict[str, str] = {}
        self.day = BEGINNING
        self.jumped: dict[str, timedelta] = {}
        self.in_flight = 0  # letters that may have been in flight when something happened
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._clients: list[threading.Thread] = []
        self.settings = Settings(home=folder, database_url=url)
        self.database = Database(url)  # itself, not through the proxy
        self._prepare()
        self.ports = [free_port() for _ in range(2)]
        self.workers = [
            *(self._worker("web", n, port) for n, port in enumerate(self.ports)),
            *(self._worker(what, n) for what in ("sweep", "deliver") for n in range(2)),
        ]
        self.deliverers = 2
        self.pause = 0.1 if postgres is None else 0.4  # Prefect needs a processor for itself
        self.scheduler: Scheduler | None = None
        if postgres is not None:
            self.scheduler = Scheduler(folder)
            self.deliverers += self.scheduler.parallel
            server = self._worker("prefect", 0, more=self.scheduler.environment)
            server.command = self.scheduler.server
            runs = self._worker("flows", 0, more=self.scheduler.environment)
            runs.command, runs.may_start = self.scheduler.worker, self.scheduler.is_planned
            self.scheduler.processes = [server, runs]
            self.workers += self.scheduler.processes
        for worker in self.workers:
            if worker.name.startswith("deliver"):
                worker.may_start = self._is_time_for_others
        self._turn_clocks()

    # --- making ------------------------------------------------------------------------------------------------------

    def _prepare(self) -> None:
        """Give the office its people, its units and their addresses."""
        with _closing(self.settings) as here:
            here.database.migrate()
            if self.postgres is not None:
                self._hide_the_clock_of_the_server()
            with here.database.transaction() as session:
                unit_posts.ensure_office(session, self.settings.office)
            self._served(here, UNITS)
            roles = {"officer": Role.HANDLER, "colleague": Role.HANDLER, "director": Role.DIRECTOR}
            with here.database.transaction() as session:
                for name in (*roles, *(f"liaison{n}" for n in range(len(UNITS)))):
                    unit = self.settings.office if name in roles else UNITS[int(name.removeprefix("liaison"))]
                    row = organisation.ensure_unit(session, unit)
                    accounts.add_person(session, name, name, roles.get(name, Role.LIAISON), row.id)
                    self.tokens[name] = secrets.token_urlsafe(12)
                    accounts.give_token(session, name, sha256(self.tokens[name].encode()).hexdigest())
            self._reachable(here)

    def _hide_the_clock_of_the_server(self) -> None:
        """Let the server name no time: the processes live in the harness's days, and would refuse to sweep for that."""
        with self.database.transaction() as session:
            nothing = "RETURNS timestamptz LANGUAGE sql AS 'SELECT NULL::timestamptz'"
            session.execute(text(f"CREATE FUNCTION public.clock_timestamp() {nothing}"))
            session.execute(text("ALTER DATABASE postgres SET search_path = public, pg_catalog"))

    def _served(self, here: Office, units: Sequence[str]) -> None:
        """Register a finding against each unit and serve the order, which owes letters to its people."""
        actor = Actor(user="first", role=Role.DIRECTOR, unit="")
        for unit in units:
            data = {"unit": unit, "post": f"{unit}局长", "duty": "art7-1a", "inspection": "regular", "finding": "始"}
            first = Command(act=Act.REGISTER_FINDING, actor=actor, on=BEGINNING.date(), data=data)
            then = Command(act=Act.SERVE_ORDER, actor=actor, on=BEGINNING.date(), data={"term": "15wd"})
            here.desk.open_and_do(first, [then], BEGINNING)

    def _reachable(self, here: Office) -> None:
        with here.database.transaction() as session:
            for line in contacts.posts_without_contact(session):
                post = unit_posts.find_post(session, line["unit"], line["post"])
                contacts.set_contacts(session, post, [("mail", f"p{post}@example.invalid")])

    def _worker(self, what: str, n: int, port: int = 0, more: dict[str, str] | None = None) -> Worker:
        name = f"{what}{n}"
        switches = Switches(self.folder / f"{name}.faults")
        url = self.direct
        if self.proxy is not None:
            url = f"postgresql+psycopg://postgres@127.0.0.1:{self.proxy.port}/postgres?sslmode=disable"
        environment = {
            "PATH": os.defpath,
            "PYTHONPATH": str(ROOT),
            "LD_PRELOAD": str(self.shim),
            "FAULTS_FILE": str(switches.path),
            "DUBAN_HOME": str(self.folder),
            "DUBAN_DATABASE_URL": url,
            "DUBAN_SMTP_HOST": "127.0.0.1",
            "DUBAN_SMTP_PORT": str(self.mail.port),
            "DUBAN_SMTP_FROM": f"{name}@duban.invalid",  # tells who sent a letter
            **(more or {}),
        }
        command = [sys.executable, str(HERE / "worker.py"), what, str(port)]
        return Worker(name, command, environment, self.folder / f"{name}.log", switches)

    def _is_time_for_others(self) -> bool:
        """Say whether the deliverers that are always there may begin: they would leave nothing to the first run."""
        return self.scheduler is None or "flows0" in self.mail.present

    def _turn_clocks(self) -> None:
        for worker in self.workers:
            there = self.day + self.jumped.get(worker.name, timedelta())
            worker.switches.set(0, int((there - now()).total_seconds() * 1e9))

    def _interrupted(self, deliverers: int = 0) -> None:
        """Note that letters of so many deliverers, or of all, may have been in flight when something happened."""
        self.in_flight += (deliverers or self.deliverers) * THREADS

    def next_day(self) -> None:
        """Let the night pass, for every process at once."""
        self.day = self.day.replace(hour=9, minute=30) + timedelta(days=1)
        while self.day.weekday() > 4:
            self.day += timedelta(days=1)
        self._interrupted()  # a lease that lasts minutes may end while its letter is being sent
        self._turn_clocks()

    # --- running -----------------------------------------------------------------------------------------------------

    def start(self) -> None:
        self._tend()
        if self.scheduler is not None:
            self.scheduler.plan()
            self.scheduler.deliver()
        for port in self.ports:
            until = time.monotonic() + 300
            while self._ask(port, "GET", "/health/ready", "officer", None, "")[0] != 200:
                if time.monotonic() > until:
                    raise TimeoutError(self.said())
                self._rest(0.3)

    def load(self) -> None:
        """Let the clients begin, and flow runs come one after the other."""
        if self.scheduler is not None:
            threading.Thread(target=self.scheduler.keep_busy, args=(self._stop,), daemon=True).start()
        for n in range(CLIENTS):
            client = threading.Thread(target=self._client, args=(n,), daemon=True)
            self._clients.append(client)
            client.start()

    def calm(self, seconds: float) -> None:
        """Without any fault, let every kind of deliverer have letters in flight at once: nothing comes twice.

        The mail server holds every letter until each of them has come with one.
        """
        until = time.monotonic() + seconds
        wanted = {"deliver0", "deliver1"} | ({"flows0"} if self.scheduler is not None else set())
        self._owe_more("第一批")
        more = True
        while not wanted <= self.mail.present:
            if more and self._is_time_for_others():
                self._owe_more("第二批")
                more = False
            if time.monotonic() > until:
                raise TimeoutError(f"letters only from {self.mail.present}\n{self.said()}")
            self._rest(0.1)
        self.mail.open.set()
        while self._is_busy():
            if time.monotonic() > until:
                raise TimeoutError(self.said())
            self._rest(0.2)
        arrived = self.mail.arrived
        self.report.figures["letters before the first fault"] = len(arrived)
        if twice := [letter for letter, n in arrived.items() if n > 1]:
            self.report.broken.append(f"letters came twice without any fault: {twice[:4]}")

    def _owe_more(self, name: str) -> None:
        with _closing(self.settings) as here:
            self._served(here, [f"临溪市{name}第{n}局" for n in range(20)])
            self._reachable(here)

    def _tend(self) -> None:
        for worker in self.workers:
            worker.tend()

    def _ask(self, port: int, method: str, path: str, who: str, body: object, key: str) -> tuple[int, Any]:
        """Return the answer; 0 where none came, or none that could be read."""
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
        headers = {"Authorization": f"Bearer {self.tokens[who]}", "Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        try:
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            answer = connection.getresponse()
            return answer.status, json.loads(answer.read() or b"null")
        except (OSError, http.client.HTTPException, ValueError):
            return 0, None
        finally:
            connection.close()

    def _until_answered(self, dice: random.Random, path: str, who: str, body: object) -> tuple[int, Any]:
        """Repeat a request under one key, at whichever web process, until something answers for good."""
        key = f"{dice.getrandbits(64):x}"
        while True:
            status, answer = self._ask(dice.choice(self.ports), "POST", path, who, body, key)
            with self._lock:
                self.report.answers[str(status)] += 1
                if status in (200, 201):
                    event = answer["event"]
                    seq = int(event["case_seq"])
                    said = Acknowledged(key, int(event["case_id"]), seq, event["hash"], event["act"])
                    self.acknowledged.append(said)
            if 200 <= status < 500:
                return status, answer
            time.sleep(dice.uniform(0.05, 0.3))

    def _client(self, number: int) -> None:
        dice = random.Random(f"{number} {self.dice.random()}")
        mine: list[list[Any]] = []
        while not self._stop.is_set():
            time.sleep(dice.uniform(0.0, self.pause))
            if len(mine) < 5 or dice.random() < 0.3:
                unit = dice.randrange(len(UNITS))
                name = UNITS[unit]
                body = {"unit": name, "post": f"{name}局长", "duty": "art7-1a", "inspection": "regular"}
                body["finding"] = f"问题{dice.getrandbits(64):x}"
                status, answer = self._until_answered(dice, "/api/v1/cases", "officer", body)
                if status == 201:
                    mine.append([answer["id"], unit, 0])
                continue
            case = dice.choice(mine[-40:])
            who, act, data = STEPS[case[2]]
            who = f"liaison{case[1]}" if who == "liaison" else who
            path = f"/api/v1/cases/{case[0]}/acts"
            status, _answer = self._until_answered(dice, path, who, {"act": act, "data": data})
            case[2] += status == 200
            if case[2] == len(STEPS):
                mine.remove(case)

    # --- breaking ----------------------------------------------------------------------------------------------------

    def suffer(self, seconds: float, a_day: float) -> None:
        """Inject faults for so long; every `a_day` seconds a night passes."""
        kinds = [self._kill, self._mood, self._jump]
        if self.proxy is not None:
            kinds += [self._crash, self._cut, self._delay, self._shut_out]
            kinds += [self._kill_prefect, self._kill_flows, self._kill_run, self._lose_power]
        else:
            kinds += [self._full, self._no_fsync]
        until = time.monotonic() + seconds
        dawn = time.monotonic() + a_day
        deck: list[Any] = []
        while time.monotonic() < until:
            if not deck:
                # Killing is cheap and the likeliest to find something; every kind comes before any comes again.
                deck = [*kinds, self._kill, self._kill]
                self.dice.shuffle(deck)
                # Prefect takes its time to come back: in a short run it must go down early to be seen to go on.
                deck.sort(key=lambda kind: kind == self._lose_power)
            self._wait_for_a_web(15)
            deck.pop()()
            self._rest(self.dice.uniform(0.2, 1.2))
            if time.monotonic() > dawn:
                self.next_day()
                dawn = time.monotonic() + a_day

    def _wait_for_a_web(self, seconds: float) -> None:
        """Wait until one web process listens: where nobody is served, a fault finds nothing to break."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for port in self.ports:
                with socket.socket() as probe:
                    if probe.connect_ex(("127.0.0.1", port)) == 0:
                        return
            self._rest(0.2)

    def _rest(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            self._tend()
            time.sleep(0.05)

    def _kill(self) -> None:
        worker = self.dice.choice([worker for worker in self.workers if worker.name not in ("prefect0", "flows0")])
        worker.kill()
        self.report.faults[f"kill -9 {worker.name[:-1]}"] += 1
        if worker.name.startswith("deliver"):
            self._interrupted(1)

    def _kill_prefect(self) -> None:
        """Kill Prefect's server; its runs go on, cannot say so, and the server is started again."""
        if self.scheduler is not None and self.scheduler.may_be_hit():
            self.scheduler.processes[0].kill()
            self.report.faults["Prefect server killed and restarted"] += 1

    def _kill_flows(self) -> None:
        """Kill Prefect's worker together with its flow runs, as when their machine loses its power."""
        if self.scheduler is not None and self.scheduler.may_be_hit():
            ended = self.scheduler.kill_runs()
            self.scheduler.processes[1].kill()
            ended += self.scheduler.kill_runs()  # those that it had just begun
            self._interrupted(self.scheduler.parallel)
            self.report.faults["Prefect worker killed and restarted"] += 1
            self.report.faults["flow runs killed with their worker"] += ended

    def _lose_power(self) -> None:
        """Kill Prefect's server, its worker and its runs at once, as when they share the machine that fails."""
        if self.scheduler is not None and self.scheduler.may_be_hit():
            self.scheduler.kill_runs()
            for process in self.scheduler.processes:
                process.kill()
            self.scheduler.kill_runs()
            self._interrupted(self.scheduler.parallel)
            self.report.faults["Prefect server, worker and runs killed at once"] += 1

    def _kill_run(self) -> None:
        """Kill one flow run, wherever it is in its work."""
        if self.scheduler is not None and self.scheduler.may_be_hit() and self.scheduler.kill_runs(1):
            self._interrupted(1)
            self.report.faults["flow run killed alone"] += 1

    def _crash(self) -> None:
        if self.postgres is not None:
            self.postgres.crash()
            self._rest(self.dice.uniform(0.0, 0.5))
            self.postgres.start()
            self._database_failed("PostgreSQL crashed and restarted")

    def _database_failed(self, kind: str) -> None:
        self.report.faults[kind] += 1
        self._interrupted()  # what was sent could not be recorded

    def _cut(self) -> None:
        if self.proxy is not None:
            dropped = self.proxy.drop(lambda: self.dice.random() < 0.6)
            self._database_failed("connections cut (occasions)")
            self.report.faults["connections cut (single)"] += dropped

    def _delay(self) -> None:
        if self.proxy is not None:
            self.proxy.delay = self.dice.uniform(0.02, 0.2)
            self._rest(1.0)
            self.proxy.delay = 0.0
            self.report.faults["connections delayed"] += 1

    def _shut_out(self) -> None:
        if self.proxy is not None:
            self.proxy.closed = True
            self.proxy.drop(lambda: True)
            self._rest(self.dice.uniform(0.1, 0.8))
            self.proxy.closed = False
            self._database_failed("no connection to the database")

    def _mood(self) -> None:
        mood = self.dice.choice(MOODS)
        self.mail.mood = mood
        self._rest(self.dice.uniform(0.5, 1.5))
        self.mail.mood = "ok"
        self.report.faults[f"mail server: {mood}"] += 1

    def _jump(self) -> None:
        """Set the clock of one process, or of all, 60 days ahead, and back.

        Not Prefect's: after 60 days ahead it has its next runs planned, and plans none until they have passed; what
        that means is in docs/operations.md. Its clock goes with the days, like everybody's.
        """
        ours = [worker for worker in self.workers if worker.name not in ("prefect0", "flows0")]
        chosen = [self.dice.choice(ours)] if self.dice.random() < 0.7 else ours
        self.jumped = {worker.name: JUMP for worker in chosen}
        self._interrupted()
        self._turn_clocks()
        self._rest(self.dice.uniform(0.3, 1.0))
        self.jumped = {}
        self._turn_clocks()
        self.report.faults["clock 60 days ahead and back"] += 1

    def _full(self) -> None:
        self._bad_disk(1, "disk full")

    def _no_fsync(self) -> None:
        self._bad_disk(2, "fsync fails")

    def _bad_disk(self, place: int, kind: str) -> None:
        for worker in self.workers:
            worker.switches.set(place, 1)
        self._rest(self.dice.uniform(0.2, 0.8))
        for worker in self.workers:
            worker.switches.set(place, 0)
        self._database_failed(kind)

    # --- ending ------------------------------------------------------------------------------------------------------

    def settle(self, days: int = 90) -> None:
        """Let the clients come to their end, heal everything, and let days pass until nothing waits to be sent."""
        self._stop.set()
        for client in self._clients:
            while client.is_alive():
                self._tend()
                client.join(0.1)
        if self.scheduler is not None:
            self.report.figures |= self.scheduler.goes_on(self._rest, self.report.broken)
            # The days until nothing is owed are left to the others: a flow run takes seconds to start.
            self.workers = [worker for worker in self.workers if worker not in self.scheduler.processes]
            self._end(self.scheduler.processes)
        # Leases and pauses that were taken with a clock that was ahead end after it.
        self.day += JUMP + timedelta(days=5)
        for _ in range(days):
            self.next_day()
            until = time.monotonic() + 8
            while self._is_busy() and time.monotonic() < until:
                self._rest(0.2)
            if not self._waiting("1=1"):
                break
        self._end(self.workers)

    def _end(self, workers: Sequence[Worker]) -> None:
        for worker in workers:
            worker.kill()
        if self.scheduler is not None:
            self.scheduler.kill_runs()

    def _is_busy(self) -> bool:
        moment = self.day.astimezone(ZONE) + timedelta(minutes=1)
        with self.database.reading() as session:
            due = counted(session, "SELECT count(*) FROM timers WHERE due_at <= :at", at=_bound(session, moment))
            owed = counted(
                session,
                "SELECT count(*) FROM outbox WHERE state = 'waiting' AND not_before <= :at",
                at=_bound(session, moment),
            )
        return bool(due or owed)

    def _waiting(self, where: str) -> int:
        with self.database.reading() as session:
            return counted(session, f"SELECT count(*) FROM outbox WHERE state = 'waiting' AND {where}")

    def said(self) -> str:
        """Return the last words of every process."""
        return "\n".join(f"{w.name}: {w.log.read_text('utf-8', 'replace')[-1500:]}" for w in self.workers)

    def defects(self) -> Counter[str]:
        """Return what processes failed of that nobody foresaw, by its last line."""
        found: Counter[str] = Counter()
        for worker in self.workers:
            lines = worker.log.read_text("utf-8", "replace").splitlines()
            inside = False
            last = ""
            for line in [*lines, "end"]:
                if line.startswith(("DEFECT", "ERROR:")):
                    inside, last = True, line
                elif inside and line and not line.startswith((" ", "Traceback", "During", "The above", "[SQL", "(")):
                    last = line
                    if not line.startswith(("+", "|")) and "Error" in line.split(":")[0]:
                        found[f"{worker.name[:-1]} {last[:160]}"] += 1
                        inside = False
        if self.scheduler is not None:
            found += self.scheduler.defects
        return found

    def close(self) -> None:
        self._stop.set()
        self._end(self.workers)
        if self.proxy is not None:
            self.proxy.close()
        self.mail.close()
        self.database.close()


class _closing:  # noqa: N801  # a block, as `contextlib.closing` is
    """An office on the database itself, not through the proxy."""

    def __init__(self, settings: Settings) -> None:
        self.office = Office(settings)

    def __enter__(self) -> Office:
        return self.office

    def __exit__(self, *_: object) -> None:
        self.office.close()


def counted(session: Any, statement: str, **values: object) -> int:
    return int(session.execute(text(statement), values).scalar_one())


def _bound(session: Any, moment: datetime) -> object:
    if session.get_bind().dialect.name == "sqlite":
        return moment.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "microseconds")
    return moment


# --- judging ---------------------------------------------------------------------------------------------------------


def judge(world: World) -> Report:
    """Check every invariant from the events; whatever is broken is a sentence in `Report.broken`."""
    report = world.report
    broken = report.broken
    with _closing(world.settings) as here:
        with here.database.reading() as session:
            everything = [recorded for batch in event_rows.everything(session) for recorded in batch]
            size = event_rows.size(session)
            if [recorded.seq for recorded in everything] != list(range(1, size + 1)):
                broken.append(f"seq has gaps or repeats: {len(everything)} events, head {size}")
            _acknowledged(world, session, everything)
            owed = _folded(world, here, session, everything)
            _letters(world, session, owed)
        verdict = here.proofs.verify()
        if not verdict.ok:
            broken.append(f"verify: {verdict.first_wrong}")
        differing = here.rounds.rebuild(world.day).differing
        if differing:
            broken.append(f"rows or timers are not the fold of their events: {differing[:5]}")
    command = [sys.executable, "-m", "cli.main", "verify"]
    environment = {
        "PATH": os.defpath,
        "PYTHONPATH": str(ROOT),
        "DUBAN_HOME": str(world.folder),
        "DUBAN_DATABASE_URL": world.direct,
    }
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        broken.append(f"duban verify: {done.stdout} {done.stderr}")
    return report


def _acknowledged(world: World, session: Any, everything: Sequence[Any]) -> None:
    """Each acknowledged act is in the history exactly once, and no act of a client's is there unacknowledged."""
    report = world.report
    mine = Counter(
        (r.event.case_id, r.event.case_seq, r.hash) for r in everything if r.event.actor.user in world.tokens
    )
    said = Counter((a.case_id, a.case_seq, a.hash) for a in world.acknowledged)
    for what, found in (("lost", said - mine), ("done twice, or without a word", mine - said)):
        if found:
            report.broken.append(f"acknowledged acts {what}: {list(found)[:5]}")
    kept = counted(session, "SELECT count(*) FROM requests")
    if kept != len(world.acknowledged):
        report.broken.append(f"{kept} requests are kept, {len(world.acknowledged)} were acknowledged")
    report.figures |= {"acknowledged acts": len(said), "events": len(everything)}


def _folded(world: World, here: Office, session: Any, everything: Sequence[Any]) -> set[tuple[int, int, int, str]]:
    """Fold every case; check rows, timers and firings; return what is owed by the events: case, place, post, notice."""
    report = world.report
    folded: dict[int, Case] = {}
    fired: Counter[tuple[int, int, str]] = Counter()
    missed: Counter[tuple[int, str, object]] = Counter()
    events: list[tuple[Event, Case]] = []
    for recorded in everything:
        event = recorded.event
        case = folded.get(event.case_id)
        if "key" in event.data and case is not None:
            fired[event.case_id, case.cycle, event.data["key"]] += 1
        if event.act is Act.ESCALATED and case is not None:
            line = case.deadline("rectification")
            missed[event.case_id, case.state.value, line.due_on if line else None] += 1
            if line is None or line.due_on >= event.occurred_on:
                report.broken.append(f"case {event.case_id} was escalated before its term was over")
        folded[event.case_id] = evolve(case, event)
        events.append((event, folded[event.case_id]))
    for name, tally in (("timer", fired), ("escalation", missed)):
        if twice := [what for what, n in tally.items() if n > 1]:
            report.broken.append(f"{name} fired twice: {twice[:5]}")
    _rows(world, here, session, folded)
    report.figures |= {"cases": len(folded), "escalations": sum(missed.values()), "timers fired": sum(fired.values())}
    return _owed(here, session, events)


def _rows(world: World, here: Office, session: Any, folded: dict[int, Case]) -> None:
    """Check that each row is the fold of its events, and that exactly the timers wait that the case must have."""
    report = world.report
    stored = cases.many(session, folded)
    must_wait = {
        (case.id, timer.key, timer.kind, timer.due_at)
        for case in folded.values()
        for timer in timers(case, here.desk.unit_of_work.rulebook.rules_of(session, case))
    }
    waiting = timer_rows.of_cases(session, min(folded), max(folded))
    wait = {(case_id, *row) for case_id, rows in waiting.items() for row in rows}
    if wait != must_wait:
        report.broken.append(f"timers differ: {sorted(map(str, wait ^ must_wait))[:4]}")
    for case_id, case in folded.items():
        if stored[case_id].case != case:
            report.broken.append(f"case {case_id} is not the fold of its events")


def _owed(here: Office, session: Any, events: Sequence[tuple[Event, Case]]) -> set[tuple[int, int, int, str]]:
    stored = cases.many(session, {event.case_id for event, _after in events})
    office_id = unit_posts.office_id(session)
    posts = unit_posts.posts_of(session, {item.unit_id for item in stored.values()}, office_id)
    owed = set()
    for event, after in events:
        row = stored[event.case_id]
        for notice in notices(event, after, here.rulebook.policy_of(session, after.policy_hash)):
            for party in notice.parties:
                for post in posts.of(party, row.unit_id, row.post_id):
                    owed.add((event.case_id, event.case_seq, post, notice.kind))
    return owed


def _letters(world: World, session: Any, owed: set[tuple[int, int, int, str]]) -> None:
    """Everything owed by the events was sent and arrived; letters came twice only where a crash allows it."""
    report = world.report
    rows = session.execute(
        text("SELECT case_id, case_seq, post_id, notice, state, message_id, reason FROM outbox")
    ).all()
    found = {tuple(row[:4]) for row in rows if row.notice not in _OWED_BY_NO_EVENT}
    if found != owed:
        report.broken.append(f"the outbox is not what the events owe: {sorted(map(str, found ^ owed))[:4]}")
    states = Counter(row.state for row in rows)
    if states["waiting"]:
        report.broken.append(f"{states['waiting']} messages were never sent")
    arrived = world.mail.arrived
    sent = {f"<{row.message_id}@duban>" for row in rows if row.state == "sent"}
    if lost := sent - world.mail.confirmed.keys():
        report.broken.append(f"letters marked as sent that never arrived: {sorted(lost)[:4]}")
    digests = {key for key in arrived if key.startswith("<weekly.")}
    if unknown := arrived.keys() - sent - digests - {f"<{row.message_id}@duban>" for row in rows}:
        report.broken.append(f"letters that nobody owed: {sorted(unknown)[:4]}")
    repeats = sum(n - 1 for n in arrived.values())
    mute = world.mail.unconfirmed.total()
    if repeats > world.in_flight + mute:
        report.broken.append(f"{repeats} letters came again; {world.in_flight} were in flight, {mute} unanswered")
    report.figures |= {
        "messages owed": len(owed),
        "messages sent": states["sent"],
        "messages given up": states["failed"],
        "letters": len(arrived),
        "letters that came again": repeats,
        "of them unanswered by the server": mute,
        "at most in flight at faults": world.in_flight,
    }
    for sender, n in world.mail.senders.items():
        report.figures[f"letters from {sender}"] = n
