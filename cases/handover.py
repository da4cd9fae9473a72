"""Heads change: who knew of a case by which day, and what whoever takes a post over finds in it.

A message goes to a post. Who held it when it was sent is noted with it, so that June's notice stays with June's holder
and July's goes to July's, whatever is entered of appointments later.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import case_lists, cases, message_holders, organisation, personal_data, visibility
from store.message_holders import HeldPost, KnownNotice

if TYPE_CHECKING:
    from datetime import date, tzinfo

    from states.case import Case
    from store.database import Database
    from store.visibility import Reader


@dataclass(frozen=True, slots=True, kw_only=True)
class PostHandover:
    """A post with everybody who held it, and the cases that are open in it on the day of handing over."""

    unit: str
    post: str
    on: date
    holders: tuple[HeldPost, ...]
    cases: tuple[Case, ...]

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


def handover(database: Database, post_id: int, on: date, reader: Reader | None = None) -> PostHandover:
    """Return what whoever takes a post over on a day finds in it; `reader` is nobody at the console.

    Raises:
        NotFound: there is no such post.
    """
    with database.reading() as session:
        post = organisation.post_by_id(session, post_id, on)
        stored = [one for one in cases.of_units(session, [post.unit]) if one.post_id == post_id and one.case.is_open]
        if reader is not None:
            seen = visibility.seen_among(session, reader, [one.case.id for one in stored])
            stored = [one for one in stored if one.case.id in seen]
        return PostHandover(
            unit=post.unit,
            post=post.name,
            on=on,
            holders=tuple(message_holders.history_of_post(session, post_id)),
            cases=tuple(one.case for one in personal_data.shown_all(session, stored)),
        )


def post_named(database: Database, unit: str, post: str) -> int:
    """Return the id of a post by the name of its unit and its own name or role.

    Raises:
        NotFound: the unit has no such post.
    """
    with database.reading() as session:
        return organisation.find_post(session, unit, post)


def case_named(database: Database, which: str) -> int:
    """Return the id of the case with this id or number.

    Raises:
        NotFound: there is none.
    """
    with database.reading() as session:
        return cases.find(session, which)


__all__ = ["HeldPost", "KnownNotice", "PostHandover", "case_named", "handover", "post_named", "who_knew"]
