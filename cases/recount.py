"""Counting running deadlines again, when a calendar or a policy changes: in small transactions."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from cases.unit_of_work import SYSTEM, OpenCase, UnitOfWork
from states.command import NO_FACTS, Command, Rules
from states.decision import decide
from states.recount import How, Moved, extended_from, migrated, redated, redating_data
from states.timers import Timer, timers
from states.vocabulary import Act
from store import cases, unit_posts
from store import events as stored_events
from store import timers as stored_timers

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from states.case import Case
    from states.policy import Policy
    from store.cases import Stored


@dataclass(slots=True)
class Recount:
    """What counting all deadlines again came to: cases looked at, cases changed, deadlines that got another day."""

    looked_at: int = 0
    changed: int = 0
    moved: int = 0


Progress = Callable[[int, int], None]
"""Told after each batch how many cases were looked at, and of how many."""


class Recounts:
    """Counts the deadlines of all cases again."""

    def __init__(self, unit_of_work: UnitOfWork) -> None:
        """Count again what this unit of work loads and writes."""
        self.unit_of_work = unit_of_work

    def redate(self, now: datetime, *, batch: int = 200, progress: Progress | None = None) -> Recount:
        """Count every running deadline again by the calendar as it is known now, and write all timers anew.

        Stopping anywhere and beginning again is harmless: a case that was counted again does not move a second time.
        """
        today = now.astimezone(self.unit_of_work.zone).date()

        def changes(session: Session, stored: Stored) -> tuple[Rules, tuple[Moved, ...], dict[str, Any]]:
            rules = self.unit_of_work.rulebook.rules_of(session, stored.case)
            moves = redated(stored.case, rules.calendar, today, starts=self._extended_from(session, stored.case, rules))
            return rules, moves, {}

        return self._recount_all(changes, now, batch, progress)

    def migrate_policy(  # what, for whom, how
        self,
        to: Policy,
        how: How,
        now: datetime,
        *,
        proposed_by: str,
        approved_by: str,
        batch: int = 200,
        progress: Progress | None = None,
    ) -> Recount:
        """Let every open case go by another policy, each in one event that carries both hashes.

        A case that goes by it already is passed over, so the run may stop anywhere and begin again.
        """
        today = now.astimezone(self.unit_of_work.zone).date()

        def changes(session: Session, stored: Stored) -> tuple[Rules, tuple[Moved, ...], dict[str, Any]] | None:
            case = stored.case
            if not case.is_open or case.policy_hash == to.hash:
                return None
            old = self.unit_of_work.rulebook.policy_of(session, case.policy_hash)
            moves = migrated(case, old, to, self.unit_of_work.rulebook.calendar, today, how)
            more = {"old_policy": old.hash, "new_policy": to.hash, "how": how.value}
            more |= {"proposed_by": proposed_by, "approved_by": approved_by}
            return (
                Rules(policy=to, calendar=self.unit_of_work.rulebook.calendar, zone=self.unit_of_work.zone),
                moves,
                more,
            )

        return self._recount_all(changes, now, batch, progress)

    def preview(
        self, session: Session, case: Case, today: date, to: Policy | None = None, how: How = How.RECOMPUTE
    ) -> tuple[Moved, ...]:
        """Return what `redate`, or with `to` what `migrate_policy`, would move in this case; nothing is written."""
        if to is None:
            rules = self.unit_of_work.rulebook.rules_of(session, case)
            return redated(case, rules.calendar, today, starts=self._extended_from(session, case, rules))
        old = self.unit_of_work.rulebook.policy_of(session, case.policy_hash)
        return migrated(case, old, to, self.unit_of_work.rulebook.calendar, today, how)

    def _recount_all(
        self,
        changes: Callable[[Session, Stored], tuple[Rules, tuple[Moved, ...], dict[str, Any]] | None],
        now: datetime,
        batch: int,
        progress: Progress | None,
    ) -> Recount:
        total = Recount()
        after = 0
        with self.unit_of_work.database.reading() as session:
            waiting = cases.count_with_deadlines(session)
        while True:
            with self.unit_of_work.database.transaction() as session:
                ids = cases.ids_with_deadlines(session, after, batch)
                if not ids:
                    return total
                after = ids[-1]
                self._recount(session, cases.many(session, ids, to_change=True), changes, now, total)
            total.looked_at += len(ids)
            if progress is not None:
                progress(total.looked_at, waiting)

    def _recount(
        self,
        session: Session,
        stored: Mapping[int, Stored],
        changes: Callable[[Session, Stored], tuple[Rules, tuple[Moved, ...], dict[str, Any]] | None],
        now: datetime,
        total: Recount,
    ) -> None:
        today = now.astimezone(self.unit_of_work.zone).date()
        posts = unit_posts.posts_of(
            session, {item.unit_id for item in stored.values()}, self.unit_of_work.office_id(session)
        )
        self.unit_of_work.algorithm_of(session)
        works: list[OpenCase] = []
        anew: dict[int, Sequence[Timer]] = {}
        for case_id, item in stored.items():
            change = changes(session, item)
            if change is None:
                continue
            rules, moves, more = change
            work = OpenCase(before=item, now=item, rules=rules, renewed=True)
            if moves or more:
                data = more | redating_data(item.case, moves, rules.calendar, today)
                command = Command(act=Act.DEADLINE_REDATED, actor=SYSTEM, on=today, data=data, case_id=case_id)
                self.unit_of_work.apply(work, decide(item.case, command, NO_FACTS, rules, now), posts, now)
                works.append(work)
                total.changed += 1
                total.moved += sum(moved.old.due_on != moved.new.due_on for moved in moves)
            else:
                anew[case_id] = timers(item.case, rules)
        stored_timers.clear(session, [*anew, *(work.now.case.id for work in works)])
        stored_timers.replace(session, [(id_, stored[id_].unit_id, (), must) for id_, must in anew.items()])
        self.unit_of_work.write(session, works, now)

    def _extended_from(self, session: Session, case: Case, rules: Rules) -> dict[str, date]:
        """Return from which day an extension counts by the calendar of these rules; the history is read if need be."""
        if not case.extensions:
            return {}
        history = stored_events.history(session, case.id)
        return extended_from((recorded.event for recorded in history), case, rules.calendar)
