"""The current rows against the history: cases, and everything else of which the history speaks."""

from __future__ import annotations

from hashlib import sha256
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Final

import orjson

from config.policy import parse_policy
from states.case_codec import dump
from states.commitments import erased_in, opens, tokens_in
from states.errors import BadPolicy
from states.evolve import fold
from store import (
    cases,
    counters,
    deadline_days,
    evidence,
    installation,
    number_search,
    office_events,
    outbox_messages,
    personal_data,
    rulebooks,
    sealed_rows,
    text_search,
)
from store import events as event_rows
from store import timers as timer_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from audit.history import Read
    from states.case import Case
    from states.timers import Timer
    from store.cases import CaseRowView
    from store.events import Recorded
    from store.personal_data import Content

_AT_ONCE: Final = 500
"""So many messages are compared with one statement."""


class _Kept:
    """What is kept of a batch of cases beside their rows, and the names that units and posts have had."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.personal: dict[int, list[Content]] = {}
        self.words: dict[int, set[str]] = {}
        self.names = {"units": names_of(session, "units"), "posts": names_of(session, "posts")}

    def read(self, first: int, last: int) -> None:
        self.personal = {}
        for content in personal_data.between(self.session, first, last):
            self.personal.setdefault(content.case_id, []).append(content)
        self.words = number_search.between(self.session, first, last)


def names_of(session: Session, table: str) -> dict[str, set[str]]:
    """Return all names that the rows of this table have ever had by what the log says, by their subjects."""
    found: dict[str, set[str]] = {}
    for subject, data in office_events.said_of(session, table):
        said = orjson.loads(data)
        if said is not None:
            found.setdefault(subject, set()).add(said["name"])
    return found


def differing(session: Session, timers_of: Callable[[Case], tuple[Timer, ...] | None] | None = None) -> Iterator[str]:
    """Yield every case whose row, or what is kept beside it, is not what its events make.

    `timers_of` gives the timers that a case must have, or nothing where that cannot be said at present.
    """
    for case_id in cases.without_row(session):
        yield f"case {case_id}: has events but no row"
    for table in cases.orphans(session):
        yield f"{table}: holds something of a case that is not there"
    kept = _Kept(session)
    for row, history in cases.by_case(session, on_batch=kept.read):
        case = fold(recorded.event for recorded in history)
        if case is None:
            yield f"case {row.id}: has a row but no events"
            continue
        wrong = _row_wrong(kept, row, case, history)
        if not wrong and timers_of is not None:
            must = timers_of(case)
            if must is not None and {(t.key, t.kind, t.due_at) for t in must} != timer_rows.of_case(session, row.id):
                wrong = "its timers are not those of the case"
        if wrong:
            yield f"case {row.id} ({case.number}): {wrong}"


def _row_wrong(kept: _Kept, row: CaseRowView, case: Case, history: Sequence[Recorded]) -> str:
    if dump(case) != row.body or not cases.repeats(case, row.columns):
        return "its row is not the fold of its events"
    if history[-1].hash != row.head_hash:
        return "its row does not end where its history ends"
    if case.unit not in kept.names["units"].get(f"units/{row.unit_id}", ()):
        return "its row belongs to another unit than its events say"
    if case.post not in kept.names["posts"].get(f"posts/{row.post_id}", ()):
        return "its row belongs to another post than its events say"
    if kept.words.get(row.id, set()) != set(number_search.search_keys(case.number)):
        return "it is not found by its number alone"
    return _personal_wrong(history, kept.personal.get(row.id, ()))


def _personal_wrong(history: Sequence[Recorded], kept: Iterable[Content]) -> str:
    """Return what is wrong with the content kept apart from the events of a case; nothing if it is theirs."""
    committed = {token for recorded in history for token in tokens_in(recorded.data)}
    erased = erased_in(recorded.event for recorded in history)
    tokens = set()
    for content in kept:
        tokens.add(content.token)
        if content.token not in committed:
            return "keeps personal data that no event has committed"
        if not opens(content.token, content.salt, content.value):
            return "its personal data are not those that its events have committed"
    if tokens & erased:
        return "keeps personal data that an event says are erased"
    if committed - tokens - erased:
        return "personal data are missing, and no event says that they were erased"
    return ""


def sealed_rows_wrong(session: Session) -> Iterator[str]:
    """Yield every row outside cases that is not what the log has said of it last, is not in the log, or is missing."""
    algorithm = event_rows.algorithm(session)
    salts = 0
    for name, sealed in sealed_rows.TABLES.items():
        count = 0
        for rows in sealed_rows.batches(session, sealed):
            said = office_events.latest(session, [subject for subject, _row, _salt in rows])
            for subject, row, salt in rows:
                count += 1
                last = said.get(subject, office_events.GONE)
                if last == office_events.GONE:
                    yield f"{subject}: stands in the database, and the log knows of no such row"
                elif sealed.data(row, salt, algorithm) != last:
                    yield f"{subject}: is not what the log says of it"
        salts += count if sealed.committed else 0
        living = office_events.living(session, name)
        if len(living) != count:
            there = {subject for rows in sealed_rows.batches(session, sealed) for subject, _row, _salt in rows}
            for subject in living:
                if subject not in there:
                    yield f"{subject}: is missing, and the log knows of no removal"
    if sealed_rows.count_salts(session) != salts:
        yield "row_salts: a salt is missing, or belongs to no row"


def messages_wrong(session: Session) -> Iterator[str]:
    """Yield every message that is not what an act has owed, is missing, was owed by nobody, or was not taken."""
    total = 0
    every = (item for owed in office_events.owed(session) for item in owed)
    while some := list(islice(every, _AT_ONCE)):
        total += len(some)
        rows = outbox_messages.messages_of(session, ((item[0], item[1]) for item in some))
        known = map(outbox_messages.as_owed, rows)
        found = {tuple(message[:4]): message for message in known}
        for item in some:
            there = found.get((item[0], item[1], item[2], item[3]))
            if there != item:
                what = "is missing" if there is None else "is not what was owed"
                whose = f"case {item[0]}" if isinstance(item[0], int) else item[0]
                yield f"message “{item[2]}” of {whose}, event {item[1]}: {what}"
    count = 0
    for batch in outbox_messages.messages(session):
        count += len(batch)
        taken = outbox_messages.taken(session, (row.id for row in batch))
        for row in batch:
            at = taken.get(row.id, set())
            if row.state not in outbox_messages.STATES:
                yield f"message {row.id} (“{row.notice}” of {row.number}): is in no known state"
            is_sent = row.state == outbox_messages.SENT
            if is_sent != bool(at) or is_sent != (row.sent_at is not None) or (is_sent and row.sent_at not in at):
                yield f"message {row.id} (“{row.notice}” of {row.number}): by its attempts it is not {row.state}"
    if count != total:
        yield f"messages: {count} stand in the outbox, and {total} were owed"


def rulebooks_wrong(session: Session, read: Read) -> Iterator[str]:
    """Yield every policy and calendar that is not the one of its hash, or that an event names and nobody has kept."""
    known = set()
    for hash_, name, text in rulebooks.policies(session):
        known.add(hash_)
        try:
            policy = parse_policy(text, Path(name))
        except BadPolicy:
            policy = None
        if policy is None or (policy.hash, policy.name) != (hash_, name):
            yield f"policy {name} ({hash_[:12]}): its text is not the one of its hash"
    for missing in sorted((read.policies | {installation.in_force(session).policy} - {""}) - known):
        yield f"policy {missing[:12]}: is missing"
    known = set()
    for hash_, content in rulebooks.calendars(session):
        known.add(hash_)
        if sha256(content.encode()).hexdigest() != hash_:
            yield f"calendar {hash_[:12]}: its content is not the one of its hash"
    in_force = installation.in_force(session)
    for missing in sorted((read.calendars | {in_force.calendar} - {""}) - known):
        yield f"calendar {missing[:12]}: is missing"


def evidence_wrong(session: Session, home: Path) -> Iterator[str]:
    """Yield every piece of evidence whose file is missing or another, or that an event names and nobody has kept."""
    yield from evidence.faults(session, home)
    known, cited = evidence.all_hashes(session), set()
    for recorded in event_rows.with_evidence(session):
        for hash_ in recorded.event.data.get("evidence", ()):
            cited.add((hash_, recorded.event.case_id, recorded.event.act.value))
            if hash_ not in known:
                yield f"evidence {hash_}: event {recorded.seq} names it, and it was never kept"
    for hash_, case_id, act in sorted(cited ^ evidence.all_cited(session)):
        yield f"evidence {hash_}: whether “{act}” of case {case_id} cites it is not what its events say"


def tallies_wrong(session: Session) -> Iterator[str]:
    """Yield how many lines of the tallies are not what cases and events make."""
    lines = counters.wrong(session)
    if lines:
        yield f"tallies: {lines} line(s) are not what cases and events make"


def days_wrong(session: Session) -> Iterator[str]:
    """Yield how many days of the calendar are not those of the deadlines of cases."""
    astray = deadline_days.wrong(session)
    if astray:
        yield f"calendar: {astray} day(s) are not those of the deadlines of cases"


def texts_wrong(session: Session) -> Iterator[str]:
    """Yield how many cases are not found by what they say."""
    lost = text_search.wrong(session)
    if lost:
        yield f"search: {lost} case(s) are not found by what they say"
