"""Time looks at obligations: reminders, and the miss, which is a clue and never a case by itself."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Final

from cases.sweep import SweepResult
from cases.unit_of_work import SYSTEM
from states.clue import ClueSource
from states.clue import moved as clue_moved
from states.errors import Sentence, Unavailable
from states.obligation import ObligationState, ObligationStep, missing, moved
from states.obligation_times import due_look, looks, next_look
from states.terms import date_text
from states.vocabulary import Act, Role
from store import clues, obligations, outbox_messages, unit_posts
from store.obligations import StepTaken

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from programme.obligations import YearlyObligations
    from states.obligation_times import Look
    from store.schema.obligations import ObligationRow
    from store.unit_posts import Posts

BATCH: Final = 200
PUT_ASIDE: Final = timedelta(hours=1)
"""How long an obligation that could not be looked at is left alone."""
PARTIES: Final = ("liaison", "head")
NUMBER: Final = Sentence("年度职责〔{year}〕{id}号", "obligation {year}/{id}")
_CLUE: Final = Sentence(
    "{year}年度职责“{title}”{reference}，应当在{day}24时前完成：{what}。",
    "Obligation of {year}, “{title}”{reference}, due until the end of {day}: {what}.",
)
_BY_REFERENCE: Final = Sentence("（参照执行）", " (by reference)")


def number_of(year: int, obligation_id: int) -> str:
    """Return what messages call an obligation: it says nothing of what is owed."""
    return NUMBER.fill(year=year, id=obligation_id).text()


class ObligationSweeps:
    """Looks at the obligations at which it is time to look."""

    def __init__(self, obligations_: YearlyObligations) -> None:
        """Look at these."""
        self.obligations = obligations_
        self.database = obligations_.database

    def sweep(self, as_of: datetime, now: datetime, *, within: timedelta | None = None) -> SweepResult:
        """Take the latest look that is due at every obligation; those that it overtakes are counted as skipped.

        Each batch is one transaction: states, steps, clues and messages commit together, so that a crash or a second
        sweep repeats nothing. One that fails is put aside for an hour, and the others go on. At least one batch is
        done; what is left when `within` is over is the next sweep's.

        Raises:
            Unavailable: the database does not answer.
        """
        tally = SweepResult()
        began = monotonic()
        while True:
            try:
                with self.database.transaction() as session:
                    done = self._batch(session, as_of, now, BATCH)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001  # one bad obligation must not hold up the rest: each is tried alone
                done = self._one_by_one(as_of, now)
            if done is None:
                return tally
            tally.add(done)
            if within is not None and monotonic() - began >= within.total_seconds():
                tally.handed_over = True
                return tally

    def _one_by_one(self, as_of: datetime, now: datetime) -> SweepResult | None:
        """Take the oldest batch one by one, each in a transaction of its own; put aside what fails."""
        tally: SweepResult | None = None
        for _ in range(BATCH):
            try:
                with self.database.transaction() as session:
                    done = self._batch(session, as_of, now, 1)
            except Unavailable:
                raise
            except Exception:  # noqa: BLE001  # whatever is wrong with it, it is put aside and counted
                done = SweepResult(failed=1)
                with self.database.transaction() as session:
                    for row, _unit in obligations.due(session, as_of, 1):
                        row.held_until = as_of + PUT_ASIDE
            if done is None:
                return tally
            tally = tally or SweepResult()
            tally.add(done)
        return tally

    def recount(self) -> int:
        """Count again when time looks, by the calendar in force; return how many looks have moved."""
        after = changed = 0
        while True:
            with self.database.transaction() as session:
                rows = obligations.waiting(session, after, 500)
                for row in rows:
                    at = self.obligations.next_at(row.due_on, row.year, row.told_until)
                    if at != row.next_at:
                        row.next_at = at
                        changed += 1
            if not rows:
                return changed
            after = rows[-1].id

    def _batch(self, session: Session, as_of: datetime, now: datetime, most: int) -> SweepResult | None:
        rows = obligations.due(session, as_of, most)
        if not rows:
            return None
        posts = unit_posts.posts_of(session, {row.unit_id for row, _unit in rows}, unit_posts.office_id(session))
        tally = SweepResult()
        owed: list[outbox_messages.OutboxMessage] = []
        for row, unit in rows:
            own = self.obligations
            known = looks(row.due_on, row.year, own.rulebook.calendar, own.rulebook.policy.fire_at, own.zone)
            look = due_look(known, row.told_until, as_of)
            if look is not None:
                skipped = sum(row.told_until is None or one.at > row.told_until for one in known if one.at < look.at)
                tally.skipped += skipped
                tally.fired += 1
                tally.by_act += Counter({f"obligation_{look.kind}": 1})
                tally.late_max_seconds = max(tally.late_max_seconds, int((as_of - look.at).total_seconds()))
                row.told_until = look.at
                if look.kind == "missed":
                    self._miss(session, row, unit, as_of, now)
                else:
                    owed += _messages(row, look, posts, now)
            row.held_until = None
            row.next_at = None if look is not None and look.kind == "missed" else next_look(known, row.told_until)
        outbox_messages.owe(session, owed)
        return tally

    def _miss(self, session: Session, row: ObligationRow, unit: str, as_of: datetime, now: datetime) -> None:
        """Write down that the day has passed, and raise one clue that says what was missing; no case is opened."""
        found = obligations.value_of(session, row, unit)
        on = as_of.astimezone(self.obligations.zone).date()
        row.state = moved(ObligationState(row.state), ObligationStep.MISS, SYSTEM.role).value
        what = missing(found.standing).text()
        clue_moved(None, Act.RAISE_CLUE, Role.SYSTEM)
        clause = self.obligations.rules.clause(row.clause)
        text = _CLUE.fill(
            year=row.year,
            title=clause.title if clause is not None else row.clause,
            reference=_BY_REFERENCE if row.by_reference else "",
            day=date_text(row.due_on),
            what=what,
        ).text()
        clue = clues.add(session, ClueSource.MISSED_DUTY, unit, row.duty, text, on, SYSTEM.user, now)
        row.clue_id = clue.id
        taken = StepTaken(step=ObligationStep.MISS, day=on, who=SYSTEM.user, noted_at=now, note=what)
        obligations.take(session, row.id, taken, SYSTEM.role)


def _messages(row: ObligationRow, look: Look, posts: Posts, now: datetime) -> list[outbox_messages.OutboxMessage]:
    """Return what the unit's liaison and head are told; on the last day it waits for no digest."""
    told = dict.fromkeys(post for role in PARTIES for post in posts.by_role.get((row.unit_id, role), ()))
    return [
        outbox_messages.OutboxMessage(
            case_id=0,
            case_seq=look.place,
            notice=f"obligation_{look.kind}",
            post_id=post_id,
            number=number_of(row.year, row.id),
            due_on=row.due_on,
            urgent=look.kind == "due_today",
            created_at=now,
            about=f"obligations/{row.id}",
        )
        for post_id in told
    ]
