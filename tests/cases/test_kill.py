"""`kill -9` at any moment of a sweep or a delivery loses nothing and doubles nothing."""

from __future__ import annotations

import random
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from notifications.delivery import THREADS
from states.vocabulary import Act, State
from store import contacts, outbox, unit_posts
from tests.support.mailboxes import mail_server
from tests.support.offices import Bench, at
from tests.support.runs import FULL

if TYPE_CHECKING:
    from pathlib import Path

ROUNDS = 100 if FULL else 4
CASES = 25
MISSED = at("03-12", 9)
CHILD = """
import sys
from pathlib import Path
from config.settings import Settings
from wiring import Office
from datetime import datetime
url, home, what, moment, port = sys.argv[1:]
office = Office(Settings(home=Path(home), database_url=url, smtp_host="127.0.0.1", smtp_port=int(port)))
office.database.require_current()
print("ready", flush=True)
sys.stdin.readline()
at = datetime.fromisoformat(moment)
if what == "sweep":
    office.sweeps.sweep(at, at, batch=3)
else:
    office.rounds.deliver(at)
print("done", flush=True)
"""


def _killed(url: str, home: Path, what: str, moment: str, wait: float, port: int = 1) -> None:
    """Start the work in a process of its own, and kill it after `wait` seconds of working."""
    command = [sys.executable, "-c", CHILD, url, str(home), what, moment, str(port)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        assert child.stdin is not None
        assert child.stdout.readline() == "ready\n"
        child.stdin.write("go\n")
        child.stdin.flush()
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.kill()


def test_a_sweep_that_is_killed_and_run_again_escalates_each_case_exactly_once(
    database_url: str, tmp_path: Path
) -> None:
    dice = random.Random(1)
    with Bench(database_url, tmp_path) as bench:
        for _ in range(ROUNDS):
            opened = [bench.ordered() for _ in range(CASES)]
            _killed(database_url, tmp_path, "sweep", MISSED.isoformat(), dice.uniform(0.0, 0.25))
            bench.sweeps.sweep(MISSED, MISSED)
            for case in opened:
                assert bench.state(case) is State.CRITICIZED
                assert Counter(act for _day, act in bench.acts(case))[Act.ESCALATED] == 1
        rebuilt = bench.office.rounds.rebuild(MISSED)
        assert rebuilt.differing == ()
        assert bench.office.proofs.verify().ok


def test_a_delivery_that_is_killed_and_run_again_sends_everything_and_repeats_only_what_was_in_flight(
    database_url: str, tmp_path: Path
) -> None:
    dice = random.Random(2)
    with mail_server() as mails, Bench(database_url, tmp_path, smtp_host="127.0.0.1", smtp_port=mails.port) as bench:
        for round_ in range(ROUNDS):
            for n in range(CASES):
                bench.ordered(unit=f"第{round_}-{n}局")
            _give_addresses(bench)
            first = at("02-09", 10) + timedelta(days=0)
            _killed(database_url, tmp_path, "deliver", first.isoformat(), dice.uniform(0.0, 0.4), mails.port)
            before = mails.repeats()
            # The lease of whoever was killed has to run out before another takes the letters.
            bench.office.rounds.deliver(first + outbox.LEASE + timedelta(minutes=1))
            with bench.office.database.reading() as session:
                assert set(outbox.summary(session)) <= {"sent", "waiting"}
                owed = outbox.due(session, first + timedelta(hours=2))
            assert owed == 0
            assert mails.repeats() - before <= THREADS
            assert mails.most_repeats() <= 2
        # Nobody but the liaisons and the heads of these units is written to once each: the office gets digests.
        assert len(mails.recipients()) >= 2 * CASES * ROUNDS


def _give_addresses(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        for line in contacts.posts_without_contact(session):
            post = unit_posts.find_post(session, line["unit"], line["post"])
            contacts.set_contacts(session, post, [("mail", f"p{post}@example.invalid")])
