"""The main job on real input, in under a minute: `make demo`.

A fresh home, the shipped ledger, a real mail server on this machine, and the year 2026 passing day by day through the
same desk, sweep and delivery that production uses. Only the clock is simulated. Nobody answers, except one unit that
complies, and the office, which helps once a case was criticized.
"""

from __future__ import annotations

import socket
import sys
import tempfile
import time as stopwatch
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from aiosmtpd.controller import Controller
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cases.ledger_import import import_ledger
from config.duties import duty_ids
from config.home import keep_private
from config.settings import Settings
from notifications.wording import NOTICES
from states.case import Actor
from states.command import Command
from states.terms import date_text
from states.vocabulary import Act, Role, State, name
from store import cases, contacts, organisation, outbox
from wiring import Office, now

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

ROOT: Final = Path(__file__).parent.parent
COMPLIES: Final = "临法治督案〔2026〕7号"
SHOWN: Final = "临法治督案〔2026〕9号"
FIRST, LAST = date(2026, 1, 13), date(2026, 12, 31)


class Mailbox:
    """A mail server that keeps what arrives."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.ids: Counter[str] = Counter()

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802  # aiosmtpd's
        """Take a mail."""
        from email import message_from_bytes, policy  # noqa: PLC0415  # only here

        content = envelope.content
        mail = message_from_bytes(content if isinstance(content, bytes) else b"", policy=policy.default)
        self.subjects.append(str(mail["Subject"]))
        self.ids[str(mail["Message-ID"])] += 1
        return "250 OK"


def at(settings: Settings, day: date, hour: int, minute: int = 0) -> datetime:
    return datetime.combine(day, time(hour, minute), settings.tz)


def prepare(office: Office) -> None:
    """Make the office's posts, and let every post of the ledger be reached by mail."""
    office.installation.prepare(now())


def give_addresses(office: Office) -> None:
    with office.database.transaction() as session:
        for n, line in enumerate(contacts.posts_without_contact(session)):
            post = organisation.find_post(session, line["unit"], line["post"])
            contacts.set_contacts(session, post, [("mail", f"post{n}@example.invalid")])


def pass_the_year(office: Office, progress: Progress) -> Counter[str]:
    """Let every day of the year pass: import what has been found by then, act, sweep, deliver."""
    done: Counter[str] = Counter()
    settings = office.settings
    task = progress.add_task("2026", total=(LAST - FIRST).days + 1)
    with office.database.reading() as session:
        found = cases.listed(session)
    helped: set[int] = set()
    day = FIRST
    while day <= LAST:
        morning = at(settings, day, 9)
        tally = office.rounds.sweep(morning, morning)
        done.update(tally.by_act)
        for item in found:
            act_for(office, item.case.id, item.case.number, day, helped)
        office.rounds.deliver(at(settings, day, 9, 30))
        office.rounds.deliver(at(settings, day, 16))
        progress.update(task, advance=1, description=f"{day:%m-%d}")
        day += timedelta(days=1)
    return done


COMPLYING: Final = {
    date(2026, 2, 13): (Act.SUBMIT_PLAN, Role.LIAISON),
    date(2026, 2, 25): (Act.ACCEPT_PLAN, Role.HANDLER),
    date(2026, 3, 4): (Act.SUBMIT_REPORT, Role.LIAISON),
    date(2026, 3, 11): (Act.VERIFY_PASS, Role.INSPECTOR),
    date(2026, 3, 13): (Act.APPROVE_CLOSURE, Role.DIRECTOR),
    date(2026, 6, 8): (Act.LOOK_BACK_PASS, Role.INSPECTOR),
}


def act_for(office: Office, case_id: int, number: str, day: date, helped: set[int]) -> None:
    """Second act of the demo: one unit complies. And the office helps whoever was criticized, once, ten days after."""
    if number == COMPLIES and day in COMPLYING:
        act, role = COMPLYING[day]
        enter(office, case_id, act, role, day)
    if case_id in helped or day.weekday() != 1:
        return
    with office.database.reading() as session:
        case = cases.get(session, case_id).case
    if case.state is State.CRITICIZED and day - case.entered_on >= timedelta(days=10):
        helped.add(case_id)
        enter(office, case_id, Act.RECORD_HELP, Role.HANDLER, day)


def enter(office: Office, case_id: int, act: Act, role: Role, day: date) -> None:
    actor = Actor(user=f"demo/{role}", role=role)
    office.desk.do(Command(act=act, actor=actor, on=day, data={}, case_id=case_id), at(office.settings, day, 15))


def report(office: Office, mailbox: Mailbox, console: Console) -> None:
    with office.database.reading() as session:
        counts = cases.counts(session)
        kinds = outbox.kinds_sent(session)
        waiting = outbox.summary(session)
        shown = cases.find(session, SHOWN)
    table = Table("状态 state", "件 cases", title="年末案件 cases at the end of 2026")
    for state, count in counts.items():
        if count:
            table.add_row(f"{name(state).zh} {state}", str(count))
    console.print(table)
    table = Table("通知 notice", "份 owed and sent", title=f"通知 messages: {len(mailbox.subjects)} mails arrived")
    for kind, count in sorted(kinds.items(), key=lambda line: -line[1]):
        table.add_row(f"{NOTICES[kind][0]} {kind}", str(count))
    console.print(table)
    console.print(
        f"发件箱 outbox: {waiting}; 重复到达 mails that arrived twice: {sum(n - 1 for n in mailbox.ids.values())}"
    )
    found = office.proofs.replay(shown, None, now())
    console.rule(f"重建 replay of {found.case.number}, {found.case.unit}")
    for recorded in found.events:
        event = recorded.event
        console.print(
            f"{event.case_seq:>3}  {date_text(event.occurred_on)}  {name(event.act).zh} → {name(event.to_state).zh}"
        )
    console.print(f"与数据库现状一致 row equals replay: {not found.differs}")
    verdict = office.proofs.verify()
    console.print(f"全部历史校验 history verified: {verdict.ok}, {verdict.events} events")
    if found.differs or not verdict.ok or not counts[State.CLOSED]:
        sys.exit(1)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def main() -> None:
    keep_private()
    console = Console(width=100)
    began = stopwatch.monotonic()
    mailbox = Mailbox()
    port = free_port()
    mails = Controller(mailbox, hostname="127.0.0.1", port=port)
    mails.start()
    try:
        with tempfile.TemporaryDirectory(prefix="duban-demo-") as folder:
            settings = Settings(home=Path(folder), smtp_host="127.0.0.1", smtp_port=port)
            office = Office(settings)
            prepare(office)
            ledger = ROOT / "examples" / "ledger.xlsx"
            end = at(settings, LAST, 8)
            imported = import_ledger(office.desk, ledger, duty_ids(), end, user="demo/handler", served=True)
            console.print(f"{ledger.name}: {Counter(row.outcome for row in imported.rows)}")
            give_addresses(office)
            with Progress(console=console) as progress:
                done = pass_the_year(office, progress)
            console.print(f"时间触发 fired by time alone: {dict(done)}")
            report(office, mailbox, console)
            office.close()
    finally:
        mails.stop()
    console.print(f"{stopwatch.monotonic() - began:.0f} s")


if __name__ == "__main__":
    main()
