"""The main job on real input, in under a minute: `make demo`.

A fresh home, the shipped ledger, a real mail server on this machine, and the year 2026 passing day by day through the
same desk, sweep and delivery that production uses. Only the clock is simulated. Nobody answers, except one unit that
complies; and in every second case the office does what its rungs owe, so that both kinds of office can be compared.
The home is left behind in `var-demo`, so that the year can be opened and looked at.
"""

from __future__ import annotations

import shutil
import socket
import sys
import time as stopwatch
from collections import Counter
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

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
from store import cases, contacts, outbox, unit_posts
from wiring import Office, now

if TYPE_CHECKING:
    from aiosmtpd.smtp import SMTP, Envelope, Session

    from states.case import Case

ROOT: Final = Path(__file__).parent.parent
COMPLIES: Final = "临法治督案〔2026〕7号"
SHOWN: Final = "临法治督案〔2026〕9号"
HOME: Final = ROOT / "var-demo"
OUTCOMES: Final = {"opened": "立案 opened", "skipped": "略过 skipped", "failed": "未导入 failed"}
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
            post = unit_posts.find_post(session, line["unit"], line["post"])
            contacts.set_contacts(session, post, [("mail", f"post{n}@example.invalid")])


def pass_the_year(office: Office, progress: Progress) -> Counter[str]:
    """Let every day of the year pass: import what has been found by then, act, sweep, deliver."""
    done: Counter[str] = Counter()
    settings = office.settings
    task = progress.add_task("2026", total=(LAST - FIRST).days + 1)
    with office.database.reading() as session:
        found = cases.listed(session)
    day = FIRST
    while day <= LAST:
        morning = at(settings, day, 9)
        tally = office.rounds.sweep(morning, morning)
        done.update(tally.by_act)
        for item in found:
            act_for(office, item.case.id, item.case.number, day)
        office.rounds.deliver(at(settings, day, 9, 30))
        office.rounds.deliver(at(settings, day, 16))
        progress.update(task, advance=1, description=f"{day:%m-%d}")
        day += timedelta(days=1)
    return done


REPORT: Final = {"note": "已完成整改", "signed_by": "局长"}
COMPLYING: Final[dict[date, tuple[Act, Role, dict[str, Any]]]] = {
    date(2026, 2, 13): (Act.SUBMIT_PLAN, Role.LIAISON, {}),
    date(2026, 2, 25): (Act.ACCEPT_PLAN, Role.HANDLER, {}),
    date(2026, 3, 4): (Act.SUBMIT_REPORT, Role.LIAISON, REPORT),
    date(2026, 3, 11): (Act.VERIFY_PASS, Role.INSPECTOR, {}),
    date(2026, 3, 13): (Act.APPROVE_CLOSURE, Role.DIRECTOR, {}),
    date(2026, 6, 8): (Act.LOOK_BACK_PASS, Role.INSPECTOR, {}),
}


def office_acts(case_id: int) -> bool:
    """Say whether the office does its acts in this case: in every second one, so that both can be compared."""
    return case_id % 2 == 1


def act_for(office: Office, case_id: int, number: str, day: date) -> None:
    """Do what people do that day: one unit complies, and in every second case the office does what its rungs owe."""
    if number == COMPLIES and day in COMPLYING:
        act, role, data = COMPLYING[day]
        enter(office, case_id, act, role, day, data)
    if not office_acts(case_id) or not office.rulebook.calendar.works(day):
        return
    with office.database.reading() as session:
        case = cases.get(session, case_id).case
    for act, role, days, waits in owed(case):
        if waits and day - case.entered_on >= timedelta(days=days):
            enter(office, case_id, act, role, day, {})
            return


def owed(case: Case) -> list[tuple[Act, Role, int, bool]]:
    """Return what the office owes this case now: the act, who does it, after how many days, and whether it waits."""
    criticized, interviewed = case.state is State.CRITICIZED, case.state is State.INTERVIEWED
    published, to_be_held = case.criticized_on is not None, interviewed and case.interviewed_on is None
    approved = case.approved == State.INTERVIEWED
    return [
        (Act.APPROVE_CRITICISM, Role.LEADER, 2, criticized and not published and not case.approved),
        (Act.PUBLISH_CRITICISM, Role.HANDLER, 4, criticized and not published and bool(case.approved)),
        (Act.RECORD_HELP, Role.HANDLER, 8, criticized and published and not case.helps),
        (Act.APPROVE_INTERVIEW, Role.LEADER, 3, to_be_held and not approved),
        (Act.SERVE_INTERVIEW_NOTICE, Role.HANDLER, 4, to_be_held and approved and case.notice_on is None),
        (Act.HOLD_INTERVIEW, Role.LEADER, 11, to_be_held and case.notice_on is not None),
        (Act.ISSUE_MINUTES, Role.DIRECTOR, 13, interviewed and not to_be_held and case.minutes_on is None),
    ]


def enter(office: Office, case_id: int, act: Act, role: Role, day: date, data: dict[str, Any]) -> None:
    moment = at(office.settings, day, 15)
    actor = Actor(user=f"demo/{role}", role=role)
    done = office.desk.do(Command(act=act, actor=actor, on=day, data=data, case_id=case_id), moment)
    if done.case.unsigned is not None:
        second = Actor(user=f"demo/second-{role}", role=role)
        office.desk.do(Command(act=Act.COUNTERSIGN, actor=second, on=day, data={}, case_id=case_id), moment)


def let_the_ladder_act(office: Office, now_: datetime) -> int:
    """Decide on every case of the ledger, which was entered long after its days, that the ladder acts from its days."""
    with office.database.reading() as session:
        late = [item.case for item in cases.listed(session) if item.case.late_entry]
    director = Actor(user="demo/director", role=Role.DIRECTOR)
    for case in late:
        command = Command(
            act=Act.DECIDE_LATE_ENTRY, actor=director, on=case.last_on, data={"choice": "ladder"}, case_id=case.id
        )
        office.desk.do(command, now_)
    return len(late)


def compare(office: Office, console: Console) -> None:
    """Show what became of the cases whose office did its acts, beside those whose office did not."""
    with office.database.reading() as session:
        found = [item.case for item in cases.listed(session)]
    table = Table(
        "机构",
        "停在 stands at",
        "阶段 phase",
        "件 cases",
        title="履行与不履行 an office that acts, and one that does not",
    )
    counted = Counter((office_acts(case.id), case.state, case.phase) for case in found)
    for (acts, state, phase), count in sorted(counted.items(), key=lambda line: (not line[0][0], line[0][1])):
        table.add_row("履行 acts" if acts else "不履行 does not", name(state).zh, name(phase).zh, str(count))
    console.print(table)


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
    compare(office, console)
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
        shutil.rmtree(HOME, ignore_errors=True)
        HOME.mkdir(mode=0o700)
        settings = Settings(home=HOME, smtp_host="127.0.0.1", smtp_port=port)
        office = Office(settings)
        prepare(office)
        ledger = ROOT / "examples" / "ledger.xlsx"
        end = at(settings, LAST, 8)
        imported = import_ledger(office.desk, ledger, duty_ids(), end, user="demo/handler", served=True)
        outcomes = Counter(row.outcome for row in imported.rows)
        console.print("、".join(f"{OUTCOMES[kind]} {count}件" for kind, count in outcomes.items()))
        late = let_the_ladder_act(office, end)
        console.print(f"补录待核 entered late: {late}件，由负责人决定按原期限处理 (a named person lets the ladder act)")
        give_addresses(office)
        with Progress(console=console) as progress:
            done = pass_the_year(office, progress)
        fired = "、".join(f"{name(Act(act)).zh} {count}" for act, count in done.items())
        console.print(f"时间触发 fired by time alone: {fired}")
        report(office, mailbox, console)
        office.close()
    finally:
        mails.stop()
    console.print(f"{stopwatch.monotonic() - began:.0f} s")
    console.print("打开这一年 open this year: DUBAN_HOME=var-demo make run")


if __name__ == "__main__":
    main()
