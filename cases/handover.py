"""Heads change: who knew of a case by which day, and what whoever takes a post over finds in it.

A message goes to a post. Who held it when it was sent is noted with it, so that June's notice stays with June's holder
and July's goes to July's, whatever is entered of appointments later.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from cases.waiting import Waits, waits_in
from notifications.signatures import TO_BE_SIGNED
from states.case import sealed_for
from states.obligation import WAITING, ObligationState
from store import case_lists, cases, message_holders, obligations, personal_data, unit_posts, visibility
from store.message_holders import HeldPost, KnownNotice
from store.obligations import Asked

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sqlalchemy.orm import Session

    from states.case import Case
    from store.database import Database
    from store.obligations import Obligation
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedCase:
    """An open case of a post: in whose record it stands, and what waits in it for a decision."""

    case: Case
    record: HeldPost | None
    """Who held the post when the finding was registered; nobody where the post was vacant."""
    waits: tuple[Waits, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedNotice:
    """A message of an open case that was sent to the post: who held it then, and whether a signature is still owed."""

    case_id: int
    number: str
    notice: str
    sent_at: datetime
    holders: tuple[tuple[str, str], ...]
    is_unsigned: bool
    is_signed: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHandover:
    """What is handed over with a post on a day: open cases, messages of them, and the unit's duties that are due."""

    unit: str
    unit_id: int
    post: str
    post_id: int
    on: date
    holders: tuple[HeldPost, ...]
    open_cases: tuple[HandedCase, ...]
    notices: tuple[HandedNotice, ...]
    obligations: tuple[Obligation, ...]

    @property
    def cases(self) -> tuple[Case, ...]:
        """The open cases alone."""
        return tuple(one.case for one in self.open_cases)

    @property
    def unsigned(self) -> tuple[HandedNotice, ...]:
        """The messages for which a signature is still owed."""
        return tuple(one for one in self.notices if one.is_unsigned)

    @property
    def holder(self) -> HeldPost | None:
        """Who holds the post on the day."""
        held = [
            one for one in self.holders if one.from_on <= self.on and (one.until_on is None or one.until_on >= self.on)
        ]
        return held[-1] if held else None

    @property
    def before(self) -> HeldPost | None:
        """Who held it last before whoever holds it on the day."""
        earlier = [one for one in self.holders if one.until_on is not None and one.until_on < self.on]
        return earlier[-1] if earlier else None


def who_knew(  # of which case, until the end of which day, in which zone, and who asks
    database: Database, case_id: int, on: date, zone: tzinfo, reader: Reader | None = None
) -> tuple[KnownNotice, ...]:
    """Return the messages of a case that were sent until the end of a day, each with who held its post then.

    `reader` is nobody at the console.

    Raises:
        NotFound: there is no such case, as far as the reader is concerned.
    """
    with database.reading() as session:
        if reader is not None:
            case_lists.require_visible(session, reader, case_id)
        sent = [
            (row, unit, post, row.sent_at)
            for row, unit, post in message_holders.sent_of_case(session, case_id)
            if row.sent_at is not None and row.sent_at.astimezone(zone).date() <= on
        ]
        noted = message_holders.frozen(session, [row.id for row, *_ in sent])
        held = {
            row.id: noted.get(row.id)
            or message_holders.holders_on(session, [row.post_id], at.astimezone(zone).date()).get(row.post_id, ())
            for row, _unit, _post, at in sent
        }
        people = message_holders.people_of(session, {id_ for ids in held.values() for id_ in ids})
        return tuple(
            KnownNotice(
                notice=row.notice,
                case_seq=row.case_seq,
                unit=unit,
                post=post,
                post_id=row.post_id,
                sent_at=at,
                holders=tuple(people[id_] for id_ in held[row.id] if id_ in people),
                is_frozen=row.id in noted,
            )
            for row, unit, post, at in sent
        )


def handover(  # of which post, on which day, in which zone, and who asks
    database: Database, post_id: int, on: date, zone: tzinfo, reader: Reader | None = None
) -> PostHandover:
    """Return what whoever takes a post over on a day finds in it; `reader` is nobody at the console.

    Raises:
        NotFound: there is no such post, as far as the reader is concerned.
    """
    with database.reading() as session:
        post = unit_posts.post_by_id(session, post_id, on)
        if reader is not None and not visibility.sees_unit(session, reader, post.unit_id):
            raise unit_posts.no_such_post(post_id)
        stored = cases.open_of_post(session, post_id)
        if reader is not None:
            seen = visibility.seen_among(session, reader, [one.case.id for one in stored])
            stored = [one for one in stored if one.case.id in seen]
        found = [sealed_for(one.case, None) for one in personal_data.shown_all(session, stored)]
        holders = message_holders.history_of_post(session, post_id)
        wanted = Asked(
            unit_id=post.unit_id, states=frozenset({*WAITING, ObligationState.MISSED}), due_until=date(on.year, 12, 31)
        )
        return PostHandover(
            unit=post.unit,
            unit_id=post.unit_id,
            post=post.name,
            post_id=post_id,
            on=on,
            holders=tuple(holders),
            open_cases=tuple(
                HandedCase(case=case, record=_holder_on(holders, case.opened_on), waits=waits_in(case))
                for case in sorted(found, key=lambda case: (case.next_due_on or date.max, case.id))
            ),
            notices=_notices(session, post_id, {case.id: case for case in found}, zone),
            obligations=tuple(obligations.listed(session, wanted, reader)),
        )


def _holder_on(holders: list[HeldPost], on: date) -> HeldPost | None:
    """Return who held the post on a day: of several the one who was appointed last."""
    held = [one for one in holders if one.from_on <= on and (one.until_on is None or on <= one.until_on)]
    return held[-1] if held else None


def _notices(session: Session, post_id: int, known: dict[int, Case], zone: tzinfo) -> tuple[HandedNotice, ...]:
    """Return the messages of these cases that were sent to the post, the latest first."""
    sent = [
        (row, case, row.sent_at)
        for row in message_holders.sent_to_post_of(session, post_id, known)
        if (case := known.get(row.case_id or 0)) is not None and row.sent_at is not None
    ]
    noted = message_holders.frozen(session, [row.id for row, *_rest in sent])
    found = []
    for row, case, moment in sent:
        ids = noted.get(row.id) or message_holders.holders_on(session, [post_id], moment.astimezone(zone).date()).get(
            post_id, ()
        )
        people = message_holders.people_of(session, ids)
        found.append(
            HandedNotice(
                case_id=case.id,
                number=case.number,
                notice=row.notice,
                sent_at=moment,
                holders=tuple(people[id_] for id_ in ids if id_ in people),
                is_unsigned=row.notice in TO_BE_SIGNED and row.case_seq not in case.acknowledged,
                is_signed=row.case_seq in case.acknowledged,
            )
        )
    return tuple(found)


def post_named(database: Database, unit: str, post: str) -> int:
    """Return the id of a post by the name of its unit and its own name or role.

    Raises:
        NotFound: the unit has no such post.
    """
    with database.reading() as session:
        return unit_posts.find_post(session, unit, post)


def case_named(database: Database, which: str) -> int:
    """Return the id of the case with this id or number.

    Raises:
        NotFound: there is none.
    """
    with database.reading() as session:
        return cases.find(session, which)


__all__ = [
    "HandedCase",
    "HandedNotice",
    "HeldPost",
    "KnownNotice",
    "PostHandover",
    "case_named",
    "handover",
    "post_named",
    "who_knew",
]
