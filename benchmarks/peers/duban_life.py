"""Duban: the real desk and the real sweep. Time moves a case five times: yellow, red, escalated, and in its next term
yellow and red again, each with its event in the history.

The policy is the shipped one without what the peers' lives have not: no reminders between the steps, and no further
escalation on the day of the last. Hashes, messages owed and new terms in working days are part of it all the same.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "benchmarks")]

from measure import STEPS, idle, latency, report  # noqa: E402  # after the path
from run import SERVED, finding, moment, order  # noqa: E402  # after the path

from config.settings import Settings  # noqa: E402  # after the path
from states.vocabulary import Act  # noqa: E402  # after the path
from wiring import Office, now  # noqa: E402  # after the path, now

COUNTED = (Act.MARKED_YELLOW.value, Act.MARKED_RED.value, Act.ESCALATED.value)
DAYS = 64
"""From the day of service to 10 April, the working day on which the second term's red light comes."""


def live(office: Office, batch: int, days: Iterable[int] = range(DAYS)) -> Counter[int]:
    """Sweep on each of these days; return how many of the counted transitions happened on each that had any."""
    moved: Counter[int] = Counter()
    for day in days:
        at = moment(SERVED) + timedelta(days=day)
        tally = office.sweeps.sweep(at, at, batch=batch)
        moved[day] += sum(tally.by_act[act] for act in COUNTED)
    return +moved


def opened(url: str, folder: Path) -> Office:
    shipped = (ROOT / "config" / "policies" / "sichuan-2017.toml").read_text("utf-8")
    text = re.sub(r"^reminders = .*$", "reminders = []", shipped, flags=re.MULTILINE)
    # What the office owes is marked as well, days later; the peers' lives have nothing of the kind.
    text = re.sub(r"^office_yellow = \d+", "office_yellow = 249", text, flags=re.MULTILINE)
    text = re.sub(r"^office_red = \d+", "office_red = 250", text, flags=re.MULTILINE)
    policy = folder / "five-steps.toml"
    policy.write_text(
        text.replace('after = "5wd", move = "interviewed"', 'after = "6wd", move = "interviewed"'), "utf-8"
    )
    office = Office(Settings(home=folder, database_url=url, policy=str(policy)))
    office.installation.prepare(now())
    return office


def main() -> None:
    url, cases, batch = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    with tempfile.TemporaryDirectory() as name:
        office = opened(url, Path(name))

        def alone(number: int) -> None:
            office.desk.open_and_do(finding(number), [order()], moment(SERVED))
            if live(office, 1, days).total() != len(STEPS):
                raise AssertionError("the life of a case has changed")

        office.desk.open_and_do(finding(1), [order()], moment(SERVED))
        days = list(live(office, 1))  # from here on, only those on which something happens
        slow = latency(lambda n: alone(n + 2), 5)
        for n in range(20, 20 + cases):
            office.desk.open_and_do(finding(n), [order()], moment(SERVED))
        began, cpu = time.perf_counter(), time.process_time()
        audited = live(office, batch, days).total()
        seconds, cpu = time.perf_counter() - began, time.process_time() - cpu
        last = moment(SERVED) + timedelta(days=DAYS)
        began_cpu, before = time.process_time(), idle("self")
        office.sweeps.sweep(last, last)
        busy = (time.process_time() - began_cpu) / 60 * 100
        report(cases, audited, seconds, slow, cpu, **{"idle %": before + busy, "waiting": cases})
        office.close()
    os._exit(0)


if __name__ == "__main__":
    main()
