"""The unit of work: a case is loaded, acts are applied to it, and everything they made is written in one go.

Row, events, timers, messages and counters of an act commit together, or none of them does. The acts of people
(`cases.desk`), of time (`cases.sweep`) and of changed calendars and policies (`cases.recount`) all go this way.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from functools import wraps
from secrets import token_hex
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar

from notifications.plan import URGENT, notices
from states.case import Actor, Event
from states.command import NO_FACTS, Command
from states.commitments import LOOKS_LIKE_ONE, SALT_BYTES, commitment, committed, is_commitment
from states.decision import decide
from states.errors import BadData
from states.evolve import evolve
from states.sealing import canonical, seal
from states.timers import Timer, timers
from states.vocabulary import Act, Role
from store import (
    cases,
    counters,
    deadline_days,
    documents,
    number_search,
    outbox_messages,
    personal_data,
    text_search,
    unit_posts,
)
from store import events as stored_events
from store import timers as stored_timers
from store.installation import RulesChanged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from states.command import Rules
    from states.errors import Sentence
    from states.policy import Policy
    from store.cases import Stored
    from store.database import Database
    from store.events import Sealed
    from store.unit_posts import Posts

P = ParamSpec("P")
R = TypeVar("R")


def by_rules_in_force(act: Callable[P, R]) -> Callable[P, R]:
    """Let what opens a transaction of its own be worked out anew, once, if the rules were replaced meanwhile."""

    @wraps(act)
    def worked_out(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return act(*args, **kwargs)
        except RulesChanged:
            return act(*args, **kwargs)

    return worked_out


SYSTEM: Final = Actor(user="system", role=Role.SYSTEM)


@dataclass(slots=True)
class OpenCase:
    """A case while it is worked on: as it was read, as it stands, and what has to be written."""

    before: Stored
    now: Stored
    rules: Rules
    fingerprint: str | None = None
    is_new: bool = False
    renewed: bool = False  # its timers are written anew, because a calendar or policy behind them has changed
    had: tuple[Timer, ...] | None = None  # the timers before, and those now, if they have been worked out
    has: tuple[Timer, ...] | None = None
    events: list[Sealed] = field(default_factory=list)
    owed: list[outbox_messages.OutboxMessage] = field(default_factory=list)
    documents: list[tuple[str, Event]] = field(default_factory=list)
    personal: list[personal_data.Content] = field(default_factory=list)  # what has to be kept apart from the events
    remarks: list[Sentence] = field(default_factory=list)  # what a person should know of what was entered
    said: Event | None = None  # the latest event as it was entered, with what is personal in it
    last_seq: int = 0  # the place of the latest event in the history of all cases, once it is written


class UnitOfWork:
    """Loads cases, applies events to them and writes what came of it, for one installation."""

    def __init__(
        self,
        database: Database,
        rulebook: Rulebook,
        zone: tzinfo,
        office_name: str,
        trace: Callable[[], str | None] = lambda: None,
    ) -> None:
        """Work on this database, by the policies and calendars of the rulebook, in the office's zone.

        `trace` says where the act at hand is traced, as W3C's traceparent, for the messages that it owes.
        """
        self.database = database
        self.rulebook = rulebook
        self.zone = zone
        self.office_name = office_name
        self.trace = trace
        self._office = 0
        self._algorithm = ""

    def office_id(self, session: Session) -> int:
        """Return the id of the office's unit; remembered once it was read, because it never changes."""
        if not self._office:
            self._office = unit_posts.office_id(session)
        return self._office or unit_posts.ensure_office(session, self.office_name)

    def algorithm_of(self, session: Session) -> str:
        """Return the hash function of the history; remembered, because it never changes once something is sealed."""
        if not self._algorithm:
            self._algorithm = stored_events.algorithm(session)
        return self._algorithm

    def begin(self, session: Session, stored: Stored) -> OpenCase:
        """Return the case ready to be worked on, with the rules that it goes by."""
        self.algorithm_of(session)
        return OpenCase(before=stored, now=stored, rules=self.rulebook.rules_of(session, stored.case))

    def without_personal(  # which event, by which policy, where to note what is new, whether anything is kept
        self,
        session: Session,
        event: Event,
        policy: Policy,
        kept: list[personal_data.Content],
        *,
        is_new: bool,
    ) -> Event:
        """Return the event as it is sealed: a commitment in the place of whatever the policy calls personal.

        The same text has the same commitment throughout a case, so that the rules can still compare. `kept` is what
        this transaction keeps of the case; of a new case nothing else is kept.

        Raises:
            BadData: a field was filled with something that looks like a commitment.
        """
        for name_, value in event.data.items():
            if any(map(is_commitment, value if isinstance(value, list) else [value])):
                raise BadData(LOOKS_LIKE_ONE.fill(name=name_))
        if not policy.personal & event.data.keys():
            return event
        algorithm = self.algorithm_of(session)
        before = [] if is_new else personal_data.of_case(session, event.case_id)
        known = {content.value: content.token for content in (*kept, *before)}

        def commit(value: str) -> str:
            token = known.get(value)
            if token is None:
                salt = token_hex(SALT_BYTES)
                token = known[value] = commitment(algorithm, salt, value)
                kept.append(personal_data.Content(token, event.case_id, salt, value))
            return token

        return event._replace(data=committed(event.data, policy.personal, commit))

    def note(self, session: Session, work: OpenCase, act: Act, data: Mapping[str, Any], now: datetime) -> None:
        """Write down something that does not touch the case, such as that it was read."""
        today = now.astimezone(self.zone).date()
        command = Command(act=act, actor=SYSTEM, on=today, data=data, case_id=work.now.case.id)
        event = decide(work.now.case, command, NO_FACTS, work.rules, now)
        self.apply(work, event, unit_posts.posts_of(session, [work.now.unit_id], self.office_id(session)), now)

    # --- writing -------------------------------------------------------------------------------------------------

    def apply(self, work: OpenCase, event: Event, posts: Posts, now: datetime) -> None:
        """Fold the event into the case at hand, seal it, and note who is owed what.

        Of an event that the superior of the unit should hear of, the history says so if the unit has none.
        """
        case = evolve(work.now.case, event)
        told = notices(event, case, work.rules.policy)
        superior = posts.of("superior", work.now.unit_id, work.now.post_id)
        if not superior and any("superior" in notice.parties for notice in told):
            event = event._replace(data={**event.data, "no_superior": True})
        data = canonical(event.data)
        hash_ = seal(event, data, work.now.head_hash, self._algorithm)
        work.events.append(stored_events.Sealed(event=event, data=data, prev_hash=work.now.head_hash, hash=hash_))
        work.now = replace(work.now, case=case, head_hash=hash_)
        self.owe(work, event, posts, now)

    def owe(self, work: OpenCase, event: Event, posts: Posts, now: datetime) -> None:
        """Note the messages that the event owes, one to each post of the parties that the policy names."""
        case, trace = work.now.case, self.trace()
        for notice in notices(event, case, work.rules.policy):
            told: dict[int, None] = {}
            for party in notice.parties:
                told |= dict.fromkeys(posts.of(party, work.now.unit_id, work.now.post_id))
            work.owed.extend(
                outbox_messages.OutboxMessage(
                    case_id=case.id,
                    case_seq=event.case_seq,
                    notice=notice.kind,
                    post_id=post_id,
                    number=case.number,
                    due_on=notice.due_on,
                    urgent=notice.kind in URGENT,
                    created_at=now,
                    trace=trace,
                )
                for post_id in told
            )

    def write(self, session: Session, works: Iterable[OpenCase], now: datetime) -> None:
        """Write rows, timers, messages and, last, events: the history is locked for no longer than its append."""
        done = [work for work in works if work.events]
        if not done:
            return
        self.rulebook.keep(session, now)
        new = [work for work in done if work.is_new]
        if new:
            cases.insert_new(session, [work.now for work in new], [work.fingerprint for work in new])
            number_search.keep(session, [(work.now.case.id, work.now.case.number) for work in new])
        personal_data.keep(session, [content for work in done for content in work.personal])
        for work in done:
            for number, event in work.documents:
                documents.note(session, number, event.case_id, event.case_seq, event.act.value, now)
        changed = [(work.before.case.version, work.now) for work in done if not work.is_new]
        if changed:
            cases.save(session, changed)
        self._find(session, done)
        stored_timers.replace(
            session,
            [
                (
                    work.now.case.id,
                    work.now.unit_id,
                    () if work.is_new or work.renewed else work.had or timers(work.before.case, work.rules),
                    work.has if work.has is not None else timers(work.now.case, work.rules),
                )
                for work in done
            ],
        )
        outbox_messages.owe(session, [item for work in done for item in work.owed])
        changes = self._counted(session, done)
        sealed = [event for work in done for event in work.events]
        try:
            place = stored_events.append(session, sealed) - len(sealed)
        except RulesChanged:
            self.rulebook.refresh(session)  # whoever asks again asks by what is in force
            raise
        for work in done:
            place += len(work.events)
            work.last_seq = place
        # Behind the append, where writers queue up anyway: the lines of busy units are changed by nearly every act.
        counters.add(session, changes)

    def _find(self, session: Session, done: Iterable[OpenCase]) -> None:
        """Let the cases be found by what they say and owe now; what is personal and the rows are written already."""
        new = [work.now.case for work in done if work.is_new]
        other = [
            work.now.case
            for work in done
            if not work.is_new
            and text_search.is_changed(work.before.case, work.now.case, (sealed.event for sealed in work.events))
        ]
        if new or other:
            known = {content.token: content.value for work in done for content in work.personal}
            text_search.keep(session, new, other, known)
        moved = [(None if work.is_new else work.before.case, work.now.case) for work in done]
        deadline_days.keep(session, moved)

    def _counted(self, session: Session, done: Iterable[OpenCase]) -> Counter[counters.CounterKey]:
        changes: Counter[counters.CounterKey] = Counter()
        for work in done:
            unit, mark, events = work.now.unit_id, counters.hidden(work.now.case), [item.event for item in work.events]
            was = None if work.is_new else work.before.case
            if was is not None:
                changes.subtract(counters.standing(was, unit))
                if counters.hidden(was) != mark:
                    # All that ever happened to the case is counted under another mark from now on.
                    past = [item.event for item in stored_events.history(session, was.id)][: was.version]
                    changes.subtract(counters.happened(past, unit, counters.hidden(was)))
                    events = [*past, *events]
            changes.update(counters.standing(work.now.case, unit))
            changes.update(counters.happened(events, unit, mark))
        return changes
