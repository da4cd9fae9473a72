"""The desk: one request, decided and written in one transaction; and time, which asks like anybody else.

State, event, timers and messages commit together, or nothing does. Nothing here talks to the world.
"""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import count
from math import inf
from secrets import token_hex
from time import monotonic
from typing import TYPE_CHECKING, Any, Final, Protocol

from notifications.plan import URGENT, notices
from states.case import Actor, Case, Event
from states.command import NO_FACTS
from states.commitments import LOOKS_LIKE_ONE, SALT_BYTES, commitment, committed, is_commitment
from states.errors import BadData, Conflict, GuardRefused, NotFound, Sentence, Unavailable
from states.evolve import evolve, fold
from states.guards import GuardFailed
from states.lifecycle import Command, Facts, Rules, allowed, decide
from states.policy import Mode
from states.recount import How, migrated, redated, redating_data
from states.sealing import FIRST, canonical, seal
from states.terms import Term, date_text, due
from states.timers import Timer, timers
from states.vocabulary import Act, Confidentiality, Role, State, is_evidence
from store import (
    cases,
    counters,
    documents,
    evidence,
    idempotency,
    number_search,
    numbering,
    organisation,
    outbox,
    personal_data,
)
from store import events as event_rows
from store import timers as timer_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import date, datetime, tzinfo

    from sqlalchemy.orm import Session

    from states.policy import Policy
    from states.recount import Moved
    from states.working_days import Calendar
    from store.cases import Stored
    from store.database import Database
    from store.events import Sealed
    from store.idempotency import Once
    from store.organisation import Posts
    from store.timers import Due

_FUTURE: Final = Sentence(
    "日期{on}在将来（今天是{today}），只能录入已经发生的事项。",
    "The date {on} is in the future (today is {today}); only what has happened can be entered.",
)
_NO_EVIDENCE: Final = Sentence(
    "佐证材料“{hash}”不是已存文件的 SHA-256，请先上传。",
    "The evidence “{hash}” is not the SHA-256 of a kept file; upload it first.",
)
_NUMBER_TAKEN: Final = Sentence("案件编号“{number}”已存在。", "The case number “{number}” exists already.")
SYSTEM: Final = Actor(user="system", role=Role.SYSTEM)
AUTO: Final = "auto"
"""In the place of a document number: the next one of the series."""
_BRACKETS: Final = str.maketrans("﹝﹞[]［］", "〔〕〔〕〔〕")
SET_ASIDE: Final = (timedelta(minutes=5), timedelta(hours=1), timedelta(hours=6))
"""How long a timer that could not be fired is put aside, the first, second and every later time."""


FEWEST_BY_TURNS: Final = 2
_SLOW: Final = "firing this case took longer than {seconds} s"
SLOWEST: Final = 10.0
"""After how many seconds a case that is still being fired is set aside; most take less than a thousandth of one."""


SHORTEST_BATCH: Final = 20
FIRST_BATCH: Final = 125
LOCKED_FOR: Final = 0.5
"""About how many seconds a batch may take: so long others wait for its cases, and so much a killed worker loses."""


class _Rehearsed(Exception):  # noqa: N818  # rolls a rehearsal back; never leaves the desk
    pass


class Archive(Protocol):
    """Where policies and calendars are kept: those in force now, and each old one by its hash."""

    @property
    def policy(self) -> Policy:
        """The policy for new cases."""

    @property
    def calendar(self) -> Calendar:
        """The calendar as it is known now."""

    def policy_of(self, session: Session, hash_: str) -> Policy:
        """Return the policy with this hash."""

    def keep(self, session: Session, now: datetime) -> None:
        """Keep the policy and the calendar in force under their hashes, once."""


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to: the event as sealed, and the case after it."""

    event: Event
    hash: str
    case: Case


@dataclass(slots=True)
class Tally:
    """What one sweep did. `late_max_seconds` is how long the latest of the fired timers had been due.

    `handed_over`: its time was over before its work was, and the next sweep goes on.
    """

    fired: int = 0
    skipped: int = 0
    blocked: int = 0
    failed: int = 0
    late_max_seconds: int = 0
    by_act: Counter[str] = field(default_factory=Counter)
    handed_over: bool = False

    def add(self, other: Tally) -> None:
        """Add what a part of the sweep did."""
        self.fired += other.fired
        self.skipped += other.skipped
        self.blocked += other.blocked
        self.failed += other.failed
        self.late_max_seconds = max(self.late_max_seconds, other.late_max_seconds)
        self.by_act += other.by_act


@dataclass(slots=True)
class _Turns:
    """How many timers of each unit are asked for when units take turns: about twice as many as fill a batch."""

    each: int = 4

    def learn(self, units: set[int | None], wanted: int) -> None:
        """Ask for as many of each next time as the units that had something make necessary."""
        self.each = min(wanted, max(1, 2 * wanted // max(1, len(units))))


@dataclass(slots=True)
class Pace:
    """How large the next batch of a sweep is: begun small, at most `most`, and no larger than takes `LOCKED_FOR`."""

    most: int
    size: int = 0

    def __post_init__(self) -> None:
        """Begin small: a worker that is killed soon has then done something."""
        self.size = min(self.most, FIRST_BATCH)

    def learn(self, seconds: float) -> None:
        """Make the next batch as much larger or smaller as this one's time says, and never over twice as large."""
        wanted = min(2 * self.size, int(self.size * LOCKED_FOR / max(seconds, 0.001)))
        self.size = min(self.most, max(SHORTEST_BATCH, wanted))


@dataclass(slots=True)
class Recount:
    """What counting all deadlines again came to: cases looked at, cases changed, deadlines that got another day."""

    looked_at: int = 0
    changed: int = 0
    moved: int = 0


Progress = Callable[[int, int], None]
"""Told after each batch how many cases were looked at, and of how many."""


@dataclass(slots=True)
class _Open:
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
    owed: list[outbox.Owed] = field(default_factory=list)
    documents: list[tuple[str, Event]] = field(default_factory=list)
    personal: list[personal_data.Content] = field(default_factory=list)  # what has to be kept apart from the events
    said: Event | None = None  # the latest event as it was entered, with what is personal in it


class Desk:
    """Where acts are entered, by people and by time."""

    def __init__(
        self,
        database: Database,
        archive: Archive,
        zone: tzinfo,
        office_name: str,
        series: str,
    ) -> None:
        """Sit down at this database.

        `series` is the organ's code in case numbers, such as 临法治督案; its documents are numbered 临法治督.
        """
        self.database = database
        self.archive = archive
        self.zone = zone
        self.office_name = office_name
        self.series = series
        self.documents = series.removesuffix("案")
        self.slowest = SLOWEST
        self._office = 0
        self._algorithm = ""

    def trace(self) -> str | None:
        """Return where the act at hand is traced, as W3C's traceparent, for the messages that it owes."""
        return None

    # --- acts of people ------------------------------------------------------------------------------------------

    def open(
        self, command: Command, now: datetime, *, fingerprint: str | None = None, once: Once | None = None
    ) -> Done:
        """Open a case by its first act, and return it with its number. With `once`, asking again does nothing.

        Raises:
            Refused: the rules do not allow it, or a field is missing.
        """
        with self.database.transaction() as session:
            before = self._done_before(session, once)
            if before is not None:
                return before
            done = self._written(session, self._opened(session, command, now, fingerprint), now)
            return self._remembered(session, once, done, now)

    def open_and_do(
        self, first: Command, then: Sequence[Command], now: datetime, *, fingerprint: str | None = None
    ) -> Done:
        """Open a case and enter further acts, all together or not at all."""
        with self.database.transaction() as session:
            work = self._opened(session, first, now, fingerprint)
            for command in then:
                self._enter(session, work, command, now)
            return self._written(session, work, now)

    def rehearse(self, first: Command, then: Sequence[Command], now: datetime) -> None:
        """Open a case and enter further acts as `open_and_do` would, and write nothing.

        Raises:
            Refused: it would be refused.
        """
        with suppress(_Rehearsed), self.database.transaction() as session:
            work = self._opened(session, first, now, None)
            for command in then:
                self._enter(session, work, command, now)
            raise _Rehearsed

    def do(self, command: Command, now: datetime, *, once: Once | None = None) -> Done:
        """Do what is asked to the case, or change nothing. With `once`, asking again does nothing.

        Raises:
            Refused: the rules do not allow it; the sentence is fit to show.
            NotFound: there is no such case.
            Conflict: the case has changed since `command.seen`, or while this was being written.
        """
        with self.database.transaction() as session:
            before = self._done_before(session, once)
            if before is not None:
                return before
            stored = cases.get(session, command.case_id, to_change=True)
            if command.seen is not None and command.seen != stored.case.version:
                raise Conflict(cases.CHANGED)
            work = self._begin(session, stored)
            if command.act is Act.TRANSFER and command.data.get("partial"):
                return self._remembered(session, once, self._split(session, work, command, now), now)
            self._enter(session, work, command, now)
            return self._remembered(session, once, self._written(session, work, now), now)

    def try_out(self, command: Command, now: datetime) -> None:
        """Do what is asked as `do` would, and write nothing.

        Raises:
            Refused: it would be refused.
            NotFound: there is no such case.
            Conflict: the case has changed since `command.seen`.
        """
        with suppress(_Rehearsed), self.database.transaction() as session:
            stored = cases.get(session, command.case_id, to_change=True)
            if command.seen is not None and command.seen != stored.case.version:
                raise Conflict(cases.CHANGED)
            work = self._begin(session, stored)
            if command.act is Act.TRANSFER and command.data.get("partial"):
                self._split(session, work, command, now)
            else:
                self._enter(session, work, command, now)
                self._written(session, work, now)
            raise _Rehearsed

    def _done_before(self, session: Session, once: Once | None) -> Done | None:
        """Return what the same request came to before, as it was then."""
        found = idempotency.known(session, once) if once is not None else None
        if found is None:
            return None
        case_id, case_seq = found
        history = event_rows.history(session, case_id)[:case_seq]
        case = fold(recorded.event for recorded in history)
        if case is None:
            raise AssertionError(f"request {once} came to an event that is not there")
        seen = personal_data.shown_history(session, history[-1:])[0]
        return Done(seen.event, seen.hash, personal_data.shown(session, case))

    def _remembered(self, session: Session, once: Once | None, done: Done, now: datetime) -> Done:
        if once is not None:
            idempotency.keep(session, once, done.event.case_id, done.event.case_seq, now)
        return done

    def allowed(self, case_id: int, asker: Command) -> tuple[dict[Act, Role], dict[Act, Sentence]]:
        """Return what may be done to the case on the asker's day, and for each other act why not."""
        with self.database.reading() as session:
            stored = cases.get(session, case_id)
            return allowed(stored.case, asker, self.rules_of(session, stored.case))

    def rules_of(self, session: Session, case: Case) -> Rules:
        """Return the rules that the case goes by: the policy it was opened under, the calendar as known now."""
        policy = self.archive.policy_of(session, case.policy_hash)
        return Rules(policy=policy, calendar=self.archive.calendar, zone=self.zone)

    def _opened(self, session: Session, command: Command, now: datetime, fingerprint: str | None) -> _Open:
        self._check_day(command, now)
        self.archive.keep(session, now)
        data = dict(command.data)
        office_id = self._office_id(session)
        case_id = numbering.new_id(session)
        if isinstance(data.get("unit"), str) and isinstance(data.get("post"), str):
            unit_kind = data.get("unit_kind") or organisation.kind_of(data["unit"])
            number = data.get("number") or self._next_number(session, command.on)
            data |= {"unit_kind": unit_kind, "number": number}
        rules = Rules(policy=self.archive.policy, calendar=self.archive.calendar, zone=self.zone)
        event = decide(None, replace(command, data=data, case_id=case_id), NO_FACTS, rules, now)
        if cases.known(session, event.data["number"], None):
            raise BadData(_NUMBER_TAKEN.fill(number=event.data["number"]))
        self._use_number(session, event.data["number"])
        unit = organisation.ensure_unit(session, event.data["unit"], event.data["unit_kind"])
        post = organisation.ensure_post(session, unit.id, event.data["post"], "head")
        organisation.ensure_post(session, unit.id, event.data.get("liaison") or f"{unit.name}联络员", "liaison")
        self._check_evidence(session, event)
        kept: list[personal_data.Content] = []
        said, event = event, self._without_personal(session, event, rules.policy, {}, kept)
        case = evolve(None, event)
        data_text = canonical(event.data)
        seal_ = seal(event, data_text, FIRST, self._algorithm_of(session))
        stored = cases.Stored(case=case, unit_id=unit.id, post_id=post.id, head_hash=seal_)
        work = _Open(before=stored, now=stored, rules=rules, fingerprint=fingerprint, is_new=True)
        work.personal, work.said = kept, said
        work.events.append(event_rows.Sealed(event=event, data=data_text, prev_hash=FIRST, hash=seal_))
        self._owe(work, event, organisation.posts_of(session, [unit.id], office_id), now)
        return work

    def _office_id(self, session: Session) -> int:
        """Return the id of the office's unit; remembered once it was read, because it never changes."""
        if not self._office:
            self._office = organisation.office_id(session)
        return self._office or organisation.ensure_office(session, self.office_name)

    def _next_number(self, session: Session, on: date) -> str:
        while True:
            number = f"{self.series}〔{on.year}〕{numbering.next_in_series(session, f'{self.series}/{on.year}')}号"
            if cases.known(session, number, None) is None:
                return number

    def next_document(self, session: Session, on: date) -> str:
        """Return the next document number of this year; whoever takes it uses it or makes it void."""
        while True:
            place = numbering.next_in_series(session, f"{self.documents}/{on.year}")
            number = f"{self.documents}〔{on.year}〕{place}号"
            if not documents.known(session, number):
                return number

    def _use_number(self, session: Session, number: str) -> bool:
        """Let a series of ours go on behind a number that was given elsewhere; say whether it is one of ours."""
        head, _, tail = number.partition("〔")
        year, _, place = tail.partition("〕")
        digits = place.removesuffix("号")
        ours = head in (self.series, self.documents) and (year + digits).isascii() and year.isdigit()
        if ours and digits.isdigit():
            numbering.raise_series(session, f"{head}/{year}", int(digits))
            return True
        return False

    def _numbered(self, session: Session, command: Command) -> Command:
        """Return the request with its document number as it is kept: the next one if `auto`, in one kind of brackets.

        Raises:
            BadData: the number belongs to another case, or is void.
        """
        number = command.data.get("document_number")
        if not isinstance(number, str):
            return command
        written = number.strip().translate(_BRACKETS)
        if written == AUTO:
            written = self.next_document(session, command.on)
        return replace(command, data={**command.data, "document_number": written})

    def _begin(self, session: Session, stored: Stored) -> _Open:
        self._algorithm_of(session)
        return _Open(before=stored, now=stored, rules=self.rules_of(session, stored.case))

    def _enter(self, session: Session, work: _Open, command: Command, now: datetime) -> None:
        self._check_day(command, now)
        command = self._numbered(session, command)
        case = work.now.case
        if any(map(is_commitment, case.helpers)):
            case = personal_data.shown(session, case)  # a guard compares who verifies with who has helped
        event = decide(case, command, self._facts(session, command), work.rules, now)
        self._check_evidence(session, event)
        number = event.data.get("document_number", "")
        if number and self._use_number(session, number):
            work.documents.append((number, event))
        known = {content.value: content.token for content in work.personal}
        work.said = event
        event = self._without_personal(session, event, work.rules.policy, known, work.personal)
        self._apply(work, event, organisation.posts_of(session, [work.now.unit_id], self._office_id(session)), now)

    def _without_personal(  # which event, by which policy, what is kept already, where to note what is new
        self, session: Session, event: Event, policy: Policy, known: dict[str, str], kept: list[personal_data.Content]
    ) -> Event:
        """Return the event as it is sealed: a commitment in the place of whatever the policy calls personal.

        The same text has the same commitment throughout a case, so that the rules can still compare.

        Raises:
            BadData: a field was filled with something that looks like a commitment.
        """
        for name_, value in event.data.items():
            if any(map(is_commitment, value if isinstance(value, list) else [value])):
                raise BadData(LOOKS_LIKE_ONE.fill(name=name_))
        if not policy.personal & event.data.keys():
            return event
        algorithm = self._algorithm_of(session)
        known |= {content.value: content.token for content in personal_data.of_case(session, event.case_id)}

        def commit(value: str) -> str:
            token = known.get(value)
            if token is None:
                salt = token_hex(SALT_BYTES)
                token = known[value] = commitment(algorithm, salt, value)
                kept.append(personal_data.Content(token, event.case_id, salt, value))
            return token

        return event._replace(data=committed(event.data, policy.personal, commit))

    def _algorithm_of(self, session: Session) -> str:
        """Return the hash function of the history; remembered, because it never changes once something is sealed."""
        if not self._algorithm:
            self._algorithm = event_rows.algorithm(session)
        return self._algorithm

    def _split(self, session: Session, work: _Open, command: Command, now: datetime) -> Done:
        """Transfer a part: what is handed over becomes a sealed child case, and the parent keeps only its number."""
        case = work.now.case
        data = dict(command.data)
        part = data.pop("part", None) or personal_data.shown(session, case).finding
        number = next(
            name for n in count(1) if cases.known(session, name := f"{case.number}-移{n}", fingerprint=None) is None
        )
        self._enter(session, work, replace(command, data=data | {"child": number}), now)
        finding = {
            "unit": case.unit,
            "unit_kind": case.unit_kind,
            "post": case.post,
            "duty": case.duty or "art9-4",
            "inspection": case.inspection or "special",
            "finding": part,
            "number": number,
            "source": f"部分移送自{case.number}",
        }
        if case.confidentiality is not Confidentiality.INTERNAL:
            finding["confidentiality"] = case.confidentiality.value
        # Who hands a part over registers it as the director does, whoever of the two it is.
        registrar = replace(command.actor, role=Role.DIRECTOR)
        child = self._opened(
            session, Command(act=Act.REGISTER_FINDING, actor=registrar, on=command.on, data=finding), now, None
        )
        receiver = {"receiver": data.get("receiver")}
        self._enter(session, child, Command(act=Act.TRANSFER, actor=command.actor, on=command.on, data=receiver), now)
        self._write(session, [work, child], now)
        return self._done(session, work)

    def _facts(self, session: Session, command: Command) -> Facts:
        target = command.data.get("target")
        if command.act is not Act.MERGE_INTO or not isinstance(target, str):
            return NO_FACTS
        try:
            other = cases.get(session, cases.find(session, target)).case
        except NotFound:
            return NO_FACTS
        return Facts(target_number=other.number, target_unit=other.unit, target_is_open=other.is_open)

    def _check_day(self, command: Command, now: datetime) -> None:
        today = now.astimezone(self.zone).date()
        if command.on > today:
            shown = {"on": _day(command.on), "today": _day(today)}
            raise GuardRefused(_FUTURE.fill(**shown))

    def _check_evidence(self, session: Session, event: Event) -> None:
        for hash_ in event.data.get("evidence", ()):
            if not is_evidence(hash_) or not evidence.has_evidence(session, hash_):
                raise BadData(_NO_EVIDENCE.fill(hash=hash_))

    # --- what is written down of a case without touching it -----------------------------------------------------------

    def looked(self, case_id: int, who: Actor, how: str, now: datetime) -> None:
        """Write down that somebody has read a restricted case, and at which door (`how`)."""
        with self.database.transaction() as session:
            work = self._begin(session, cases.get(session, case_id, to_change=True))
            data = {"who": who.user, "role": who.role.value, "how": how}
            self._note(session, work, Act.CASE_VIEWED, data, now)
            self._write(session, [work], now)

    def erase(
        self, session: Session, contents: Iterable[personal_data.Content], who: Actor, reason: str, now: datetime
    ) -> None:
        """Take this content away for good, and write down in each case that it was done, by whom and why.

        The events stay as they are, and so does every proof: they hold commitments.
        """
        by_case: dict[int, list[str]] = {}
        for content in contents:
            by_case.setdefault(content.case_id, []).append(content.token)
        works = []
        for case_id, tokens in sorted(by_case.items()):
            work = self._begin(session, cases.get(session, case_id, to_change=True))
            data = {"erased": sorted(tokens), "who": who.user, "role": who.role.value, "reason": reason}
            self._note(session, work, Act.PERSONAL_DATA_ERASED, data, now)
            personal_data.erase(session, tokens)
            works.append(work)
        self._write(session, works, now)

    def _note(self, session: Session, work: _Open, act: Act, data: Mapping[str, Any], now: datetime) -> None:
        today = now.astimezone(self.zone).date()
        command = Command(act=act, actor=SYSTEM, on=today, data=data, case_id=work.now.case.id)
        event = decide(work.now.case, command, NO_FACTS, work.rules, now)
        self._apply(work, event, organisation.posts_of(session, [work.now.unit_id], self._office_id(session)), now)

    # --- writing -------------------------------------------------------------------------------------------------

    def _apply(self, work: _Open, event: Event, posts: Posts, now: datetime) -> None:
        """Fold the event into the case at hand, seal it, and note who is owed what."""
        case = evolve(work.now.case, event)
        data = canonical(event.data)
        hash_ = seal(event, data, work.now.head_hash, self._algorithm)
        work.events.append(event_rows.Sealed(event=event, data=data, prev_hash=work.now.head_hash, hash=hash_))
        work.now = replace(work.now, case=case, head_hash=hash_)
        self._owe(work, event, posts, now)

    def _owe(self, work: _Open, event: Event, posts: Posts, now: datetime) -> None:
        case, trace = work.now.case, self.trace()
        for notice in notices(event, case, work.rules.policy):
            told: dict[int, None] = {}
            for party in notice.parties:
                told |= dict.fromkeys(posts.of(party, work.now.unit_id, work.now.post_id))
            work.owed.extend(
                outbox.Owed(
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

    def _written(self, session: Session, work: _Open, now: datetime) -> Done:
        self._write(session, [work], now)
        return self._done(session, work)

    def _done(self, session: Session, work: _Open) -> Done:
        """Return what was done as a person reads it."""
        event = work.said or work.events[-1].event
        return Done(event, work.events[-1].hash, personal_data.shown(session, work.now.case))

    def _write(self, session: Session, works: Iterable[_Open], now: datetime) -> None:
        """Write rows, timers, messages and, last, events: the history is locked for no longer than its append."""
        done = [work for work in works if work.events]
        if not done:
            return
        self.archive.keep(session, now)
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
        timer_rows.replace(
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
        outbox.owe(session, [item for work in done for item in work.owed])
        changes = self._tallied(session, done)
        event_rows.append(session, [sealed for work in done for sealed in work.events])
        # Behind the append, where writers queue up anyway: the lines of busy units are changed by nearly every act.
        counters.add(session, changes)

    def _tallied(self, session: Session, done: Iterable[_Open]) -> Counter[counters.Line]:
        changes: Counter[counters.Line] = Counter()
        for work in done:
            unit, mark, events = work.now.unit_id, counters.hidden(work.now.case), [item.event for item in work.events]
            was = None if work.is_new else work.before.case
            if was is not None:
                changes.subtract(counters.standing(was, unit))
                if counters.hidden(was) != mark:
                    # All that ever happened to the case is counted under another mark from now on.
                    past = [item.event for item in event_rows.history(session, was.id)][: was.version]
                    changes.subtract(counters.happened(past, unit, counters.hidden(was)))
                    events = [*past, *events]
            changes.update(counters.standing(work.now.case, unit))
            changes.update(counters.happened(events, unit, mark))
        return changes

    # --- when calendars and policies change ----------------------------------------------------------------------

    def redate(self, now: datetime, *, batch: int = 200, progress: Progress | None = None) -> Recount:
        """Count every running deadline again by the calendar as it is known now, and write all timers anew.

        Stopping anywhere and beginning again is harmless: a case that was counted again does not move a second time.
        """
        today = now.astimezone(self.zone).date()

        def changes(session: Session, stored: Stored) -> tuple[Rules, tuple[Moved, ...], dict[str, Any]]:
            rules = self.rules_of(session, stored.case)
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
        today = now.astimezone(self.zone).date()

        def changes(session: Session, stored: Stored) -> tuple[Rules, tuple[Moved, ...], dict[str, Any]] | None:
            case = stored.case
            if not case.is_open or case.policy_hash == to.hash:
                return None
            old = self.archive.policy_of(session, case.policy_hash)
            moves = migrated(case, old, to, self.archive.calendar, today, how)
            more = {"old_policy": old.hash, "new_policy": to.hash, "how": how.value}
            more |= {"proposed_by": proposed_by, "approved_by": approved_by}
            return Rules(policy=to, calendar=self.archive.calendar, zone=self.zone), moves, more

        return self._recount_all(changes, now, batch, progress)

    def preview(
        self, session: Session, case: Case, today: date, to: Policy | None = None, how: How = How.RECOMPUTE
    ) -> tuple[Moved, ...]:
        """Return what `redate`, or with `to` what `migrate_policy`, would move in this case; nothing is written."""
        if to is None:
            rules = self.rules_of(session, case)
            return redated(case, rules.calendar, today, starts=self._extended_from(session, case, rules))
        old = self.archive.policy_of(session, case.policy_hash)
        return migrated(case, old, to, self.archive.calendar, today, how)

    def _recount_all(
        self,
        changes: Callable[[Session, Stored], tuple[Rules, tuple[Moved, ...], dict[str, Any]] | None],
        now: datetime,
        batch: int,
        progress: Progress | None,
    ) -> Recount:
        total = Recount()
        after = 0
        with self.database.reading() as session:
            waiting = cases.count_with_deadlines(session)
        while True:
            with self.database.transaction() as session:
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
        today = now.astimezone(self.zone).date()
        posts = organisation.posts_of(session, {item.unit_id for item in stored.values()}, self._office_id(session))
        self._algorithm_of(session)
        works: list[_Open] = []
        anew: dict[int, Sequence[Timer]] = {}
        for case_id, item in stored.items():
            change = changes(session, item)
            if change is None:
                continue
            rules, moves, more = change
            work = _Open(before=item, now=item, rules=rules, renewed=True)
            if moves or more:
                data = more | redating_data(item.case, moves, rules.calendar, today)
                command = Command(act=Act.DEADLINE_REDATED, actor=SYSTEM, on=today, data=data, case_id=case_id)
                self._apply(work, decide(item.case, command, NO_FACTS, rules, now), posts, now)
                works.append(work)
                total.changed += 1
                total.moved += sum(moved.old.due_on != moved.new.due_on for moved in moves)
            else:
                anew[case_id] = timers(item.case, rules)
        timer_rows.clear(session, [*anew, *(work.now.case.id for work in works)])
        timer_rows.replace(session, [(id_, stored[id_].unit_id, (), must) for id_, must in anew.items()])
        self._write(session, works, now)

    def _extended_from(self, session: Session, case: Case, rules: Rules) -> dict[str, date]:
        """Return from which day an extension counts by this calendar: the day on which the term would have ended."""
        if not case.extensions:
            return {}
        before: Case | None = None
        for recorded in event_rows.history(session, case.id):
            event = recorded.event
            if event.act is Act.APPROVE_EXTENSION and before is not None:
                line, longer = before.deadline("rectification"), case.deadline("rectification")
                if line is not None and longer is not None and longer.started_on == line.due_on:
                    return {"rectification": due(line.started_on, Term.parse(line.term), rules.calendar).due_on}
            before = evolve(before, event)
        return {}

    # --- time ----------------------------------------------------------------------------------------------------

    def sweep(
        self,
        as_of: datetime,
        now: datetime,
        *,
        batch: int = 500,
        on_failure: Callable[[Due, Exception], None] | None = None,
        within: timedelta | None = None,
    ) -> Tally:
        """Fire every timer that is due at `as_of`, the oldest first, in batches of one transaction each.

        A batch is at most `batch` timers, and fewer where those take longer than `LOCKED_FOR`. Where more is due than
        fits one, half of each goes round the units in turn (PostgreSQL), so that the burst of one holds up no other. A
        sweep that has worked for `within` leaves the rest to the next one. Several sweeps
        at once share the work.

        Repeating is harmless: what has fired is no longer there. A case that cannot be moved is set aside with its
        reason and tried again later; the others go on. After an outage everything is worked off in order; reminders
        that later steps have overtaken are recorded as skipped and not sent.
        """
        tally = Tally()
        until = monotonic() + within.total_seconds() if within is not None else inf
        with self.database.transaction() as session:
            timer_rows.release(session, as_of)
        bad: set[int] = set()
        turns, pace = _Turns(), Pace(batch)
        while True:
            began = monotonic()
            if began >= until:
                tally.handed_over = True
                return tally
            failures: list[tuple[Due, Exception]] = []
            waiting: list[Due] = []
            own = Tally()
            try:
                with _uncollected(), self.database.transaction() as session:
                    waiting += self._due(session, as_of, pace.size, bad, turns)
                    if not waiting:
                        return tally
                    self._fire(session, waiting, as_of, now, own, failures)
            except Unavailable:
                raise
            except Exception:
                if not waiting:
                    raise
                # Something that only the database could see: who it is comes out when each is tried alone.
                own, failures = self._fire_each(waiting, as_of, now)
            tally.add(own)
            pace.learn(monotonic() - began)
            for timer, error in failures:
                bad.add(timer.case_id)
                tally.failed += 1
                wait = SET_ASIDE[min(timer.failures, len(SET_ASIDE) - 1)]
                with self.database.transaction() as session:
                    timer_rows.set_aside(session, timer, f"{type(error).__name__}: {error}", as_of, as_of + wait)
                if on_failure is not None:
                    on_failure(timer, error)

    def _due(self, session: Session, as_of: datetime, batch: int, bad: set[int], turns: _Turns) -> list[Due]:
        """Return the next batch: what is due, if it fits; else half of it the oldest, and half by turns."""
        if self.database.is_sqlite or batch < FEWEST_BY_TURNS:
            return timer_rows.due(session, as_of, batch, skip=bad)
        half = batch // 2
        oldest = timer_rows.due(session, as_of, half, skip=bad)
        if len(oldest) < half:
            return oldest
        fair = timer_rows.due_by_turns(session, as_of, batch - half, turns.each, oldest[-1], skip=bad)
        turns.learn({timer.unit_id for timer in fair}, half)
        return oldest + fair

    def _fire_each(
        self, waiting: Sequence[Due], as_of: datetime, now: datetime
    ) -> tuple[Tally, list[tuple[Due, Exception]]]:
        """Fire the due timers of each case in a transaction of its own; return what was done, and what failed."""
        tally = Tally()
        failures: list[tuple[Due, Exception]] = []
        for timer in {timer.case_id: timer for timer in reversed(waiting)}.values():
            own = Tally()
            try:
                with self.database.transaction() as session:
                    self._fire(session, [timer], as_of, now, own, failures)
            except Unavailable:
                raise
            except Exception as error:  # noqa: BLE001  # one bad case must not hold up the rest; it is set aside
                failures.append((timer, error))
                continue
            tally.add(own)
        return tally, failures

    def _fire(  # one batch, with where its results go
        self,
        session: Session,
        waiting: Sequence[Due],
        as_of: datetime,
        now: datetime,
        tally: Tally,
        failures: list[tuple[Due, Exception]],
    ) -> None:
        """Fire one batch of due timers, each case on its own, and write them all."""
        by_case: dict[int, list[Due]] = {}
        for timer in waiting:
            by_case.setdefault(timer.case_id, []).append(timer)
        stored = cases.many(session, by_case, to_change=True)
        office_id = self._office_id(session)
        posts = organisation.posts_of(session, {item.unit_id for item in stored.values()}, office_id)
        works: list[_Open] = []
        counted: list[Tally] = []
        for case_id, mine in by_case.items():
            own = Tally()
            try:
                work = self._begin(session, stored[case_id])
                self._fire_case(work, posts, as_of, now, own)
            except Exception as error:  # noqa: BLE001  # one bad case must not hold up the rest; it is set aside
                failures.append((mine[0], error))
                continue
            if not work.events:
                # The row was left over from a case that has moved on; the case itself says which timers it has.
                timer_rows.rewrite(session, case_id, work.now.unit_id, timers(work.now.case, work.rules))
            works.append(work)
            counted.append(own)
        self._write(session, works, now)
        for own in counted:
            tally.add(own)

    def _fire_case(  # one case, with what it is fired with
        self, work: _Open, posts: Posts, as_of: datetime, now: datetime, tally: Tally
    ) -> None:
        """Fire the due timers of one case in their order, as far as the case still has them."""
        on = as_of.astimezone(self.zone).date()
        began = monotonic()
        while True:
            if monotonic() - began > self.slowest:
                raise TimeoutError(_SLOW.format(seconds=self.slowest))
            work.has = timers(work.now.case, work.rules)
            if work.had is None:
                work.had = work.has
            ready = [timer for timer in work.has if timer.due_at <= as_of]
            if not ready:
                return
            timer, later = ready[0], ready[1:]
            late = int((as_of - timer.due_at).total_seconds())
            command = _ask(work, timer, later, on, late)
            try:
                event = decide(work.now.case, command, NO_FACTS, work.rules, now)
            except GuardFailed as refused:
                command = _blocked(command, refused)
                event = decide(work.now.case, command, NO_FACTS, work.rules, now)
                tally.blocked += 1
            self._apply(work, event, posts, now)
            tally.by_act[event.act.value] += 1
            if event.data.get("skipped"):
                tally.skipped += 1
            elif event.act is not Act.ESCALATION_BLOCKED:
                tally.fired += 1
                tally.late_max_seconds = max(tally.late_max_seconds, late)


@contextmanager
def _uncollected() -> Iterator[None]:
    """Let the collector of cycles rest while a batch is worked on.

    A batch makes a bounded number of objects and hardly a cycle; walking through all of them again and again, as their
    number makes the collector do, took a sixth of the time. It goes to work as soon as the batch is over.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _ask(work: _Open, timer: Timer, later: Sequence[Timer], on: date, late: int) -> Command:
    """Return what time asks of the case when this timer fires; `later` are the case's other timers that are due."""
    case, policy = work.now.case, work.rules.policy
    kind = timer.key.split(".")[1]
    line = case.deadline(kind)
    data: dict[str, Any] = {"key": timer.key, "deadline": kind, "due_on": line.due_on.isoformat() if line else ""}
    if late:
        data["late_seconds"] = late
    match timer.kind:
        case "reminder":
            before = int(timer.key.rpartition("T-")[2])
            data["days_before"] = before
            light = next((r.light for r in policy.rungs[case.state].reminders if r.days_before == before), None)
            if light is not None:
                data["light"] = light.value
            act = Act.REMINDER_DUE
            overtaken = bool(later)
        case "yellow":
            act, overtaken = Act.MARKED_YELLOW, any(timer.kind == "red" for timer in later)
        case "red":
            act, overtaken = Act.MARKED_RED, False
        case "missed":
            rule = policy.rungs[case.state].on_missed
            if rule is None:
                raise AssertionError(f"{timer.key} follows a rung that nothing follows")
            data["move"] = rule.move.value
            act, overtaken = Act.ESCALATED, False
            if rule.mode is Mode.PROPOSE:
                act = Act.ESCALATION_PROPOSED
                data["approvers"] = [role.value for role in rule.approvers]
        case _:
            act, overtaken = Act.CLUE_RAISED, False
    if overtaken:
        data["skipped"] = True
    return Command(act=act, actor=SYSTEM, on=on, data=data, case_id=case.id)


def _blocked(command: Command, refused: GuardFailed) -> Command:
    """Return the record that a guard has kept an escalation back: a task for the office, never a silent skip."""
    data: Mapping[str, Any] = {
        **command.data,
        "guard": refused.code,
        "reason": refused.sentence.text("zh-CN"),
        "reason_en": refused.sentence.text("en"),
    }
    return replace(command, act=Act.ESCALATION_BLOCKED, data=data)


def _day(on: date) -> Sentence:
    return Sentence(date_text(on, "zh-CN"), date_text(on, "en"))


__all__ = ["Archive", "Command", "Desk", "Done", "State", "Tally"]
