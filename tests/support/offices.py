"""An office for tests: the product's own parts, with a clock that the test turns."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

from accounts import console, login
from cases import evidence
from config.settings import Settings
from states.case import Actor, Case
from states.command import Command
from states.evolve import fold
from states.lifecycle import default_role
from states.vocabulary import Act, Role, State
from store import cases, contacts, events, organisation, outbox_messages, personal_data, unit_posts
from store.organisation import kind_of
from store.visibility import Reader
from tests.support.days import UNIT, ZONE, at, day
from wiring import Office, now

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from fastapi import FastAPI
    from sqlalchemy.orm import Session

    from audit.verify import Verdict
    from cases.desk import Done
    from cases.sweep import SweepResult
    from store.events import Recorded
    from store.outbox_messages import MessageStatus

__all__ = ["UNIT", "ZONE", "Bench", "at", "day"]

DUTY_OF = {
    "department": "art7-1a",
    "government": "art6-2a",
    "party_committee": "art5-4b",
    "township": "art6-2a",
    "village": "art5-7b",
}
"""A duty that binds a unit of each kind, for findings whose duty does not matter."""


class Bench:
    """An office, and short words for what tests do there."""

    def __init__(self, url: str, home: Path, policy: str = "sichuan-2017", **more: Any) -> None:
        self.settings = Settings(home=home, database_url=url, policy=policy, **more)
        self.office = Office(self.settings)
        self.desk = self.office.desk
        self.sweeps = self.office.sweeps

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.office.close()

    @cached_property
    def application(self) -> FastAPI:
        """The pages and the API over this office, once for all who come."""
        from tests.support.applications import over  # noqa: PLC0415  # most tests need no pages

        return over(self.office)

    def actor(self, role: Role, user: str = "") -> Actor:
        return Actor(user=user or role.value, role=role, unit="")

    def reader(self, role: Role, unit: str = "", username: str = "某人") -> Reader:
        """Return somebody of a unit, or of the office where none is named, as one who reads."""
        with self.office.database.reading() as session:
            unit_id = organisation.unit_by_name(session, unit).id if unit else unit_posts.office_id(session)
        return Reader(username, role, unit_id)

    def open(self, on: str = "01-28", *, unit: str = UNIT, **data: Any) -> int:
        """Register a finding; return the id of the case."""
        fields = {
            "unit": unit,
            "post": f"{unit}局长",
            "duty": DUTY_OF[kind_of(unit)],
            "inspection": "regular",
            "finding": "年度工作计划未列入法治建设内容",
        }
        actor = self.actor(Role.INSPECTOR)
        command = Command(act=Act.REGISTER_FINDING, actor=actor, on=day(on), data=fields | data)
        return self.desk.open(command, at(on)).case.id

    def act(
        self,
        case_id: int,
        act: Act,
        on: str,
        *,
        role: Role | None = None,
        user: str = "",
        hour: int = 10,
        signed: bool = True,
        **data: Any,
    ) -> Done:
        """Enter an act, in the role that does it by default; `signed`: a second account signs what needs it at once."""
        actor = self.actor(role or default_role(act, self.case(case_id).state), user)
        if act is Act.SUBMIT_REPORT:
            data = {"note": "已整改", "signed_by": "局长"} | data
        done = self.desk.do(Command(act=act, actor=actor, on=day(on), data=data, case_id=case_id), at(on, hour))
        if not signed or act in (Act.COUNTERSIGN, Act.REFUSE_COUNTERSIGN) or done.case.unsigned is None:
            return done
        second = Actor(user=f"second-{actor.user}", role=actor.role)
        return self.desk.do(
            Command(act=Act.COUNTERSIGN, actor=second, on=day(on), data={}, case_id=case_id), at(on, hour)
        )

    def ordered(self, served: str = "02-06", *, found: str = "01-28", term: str = "15wd", **data: Any) -> int:
        """Register a finding and serve the order; return the id of the case."""
        case_id = self.open(found, **data)
        self.act(case_id, Act.SERVE_ORDER, served, term=term)
        return case_id

    def reported(self) -> int:
        """Let a case be ordered and reported on with evidence, in words that try to be code; return its id."""
        case_id = self.ordered("02-06", finding='=HYPERLINK("http://x")<b>&"')
        kept = self.settings.home / "proof.txt"
        kept.write_text("现场照片说明", "utf-8")
        evidence = self.keep_evidence(kept, at("02-10"))
        self.act(case_id, Act.SUBMIT_REPORT, "02-10", evidence=[evidence], note="+1")
        return case_id

    def case(self, case_id: int) -> Case:
        with self.office.database.reading() as session:
            return cases.get(session, case_id).case

    def state(self, case_id: int) -> State:
        return self.case(case_id).state

    def history(self, case_id: int) -> list[Recorded]:
        with self.office.database.reading() as session:
            return personal_data.shown_history(session, events.history(session, case_id))

    def acts(self, case_id: int) -> list[tuple[str, str]]:
        """Return the day (without the year 2026) and the act of every event."""
        return [
            (event.occurred_on.isoformat().removeprefix("2026-"), event.act.value)
            for event in (recorded.event for recorded in self.history(case_id))
        ]

    def days_of(self, case_id: int, act: Act) -> list[str]:
        """Return the days on which this act happened, without the year 2026."""
        return [on for on, what in self.acts(case_id) if what == act.value]

    def due(self, case_id: int, kind: str = "rectification") -> str | None:
        """Return the due day of a running deadline, without the year 2026."""
        line = self.case(case_id).deadline(kind)
        return line.due_on.isoformat().removeprefix("2026-") if line else None

    def folded(self, case_id: int) -> Case | None:
        with self.office.database.reading() as session:
            return fold(recorded.event for recorded in events.history(session, case_id))

    def told(self, case_id: int) -> list[MessageStatus]:
        with self.office.database.reading() as session:
            return outbox_messages.told(session, case_id)

    def sweep(self, on: str, hour: int = 9, minute: int = 0) -> SweepResult:
        moment = at(on, hour, minute)
        return self.sweeps.sweep(moment, moment)

    def pass_days(self, first: str, last: str) -> None:
        """Let the days pass, both inclusive, with one sweep at nine in the morning of each."""
        on = day(first)
        while on <= day(last):
            moment = datetime.combine(on, time(9), ZONE)
            self.sweeps.sweep(moment, moment)
            on += timedelta(days=1)

    def verified(self, session: Session) -> Verdict:
        """Verify what this transaction sees, with all that `Office.verify` looks at."""
        return self.office.proofs.verified(session)

    def give_password(self, username: str) -> str:
        """Give somebody a one-time password, as at the console; return it."""
        return console.give_password(self.office.database, username, now())

    def log_in(self, username: str, password: str, moment: datetime, address: str = "") -> str:
        """Log somebody in at a moment, from an address; return the secret of the session."""
        return login.log_in(self.office.database, self.settings.second_factor_for, username, password, moment, address)

    def keep_evidence(self, source: Path, moment: datetime, by: str = "liaison") -> str:
        """Keep a file that somebody brings; return its hash."""
        return evidence.keep(self.office.database, self.settings.home, source, by, moment)

    def reach(self, unit: str, post: str, *ways: tuple[str, str]) -> None:
        """Say how a post is reached."""
        with self.office.database.transaction() as session:
            contacts.set_contacts(session, unit_posts.find_post(session, unit, post), list(ways))
