"""Giving a commendation: the leader's decision, the row and the messages that it owes, in one transaction.

Source: regulation, article 9(5); docs/domain.md §4.2 row 33 and §4.6 (who hears of it).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.commendation import CommendationAct, commendation_moved
from states.errors import BadData, Sentence
from states.terms import date_text
from store import commendations, organisation, outbox_messages, unit_posts

if TYPE_CHECKING:
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from states.vocabulary import Role
    from store.commendations import Commendation

TOLD: Final = ("liaison", "head", "office", "leader", "superior", "organization")
"""Who hears that somebody was commended (docs/domain.md §4.6)."""
NOTICE: Final = "commendation"
_DAY: Final = Sentence("日期{on}不对：须在{since}至{today}之间。", "The day {on} must lie between {since} and {today}.")


def give(  # which one, under which number, from which day on, decided by whom in which role
    session: Session, found: Commendation, number: str, on: date, who: str, role: Role, now: datetime, today: date
) -> Commendation:
    """Commend: write the decision down, and owe its messages to those whom it concerns.

    Raises:
        NoSuchAct: it was decided before.
        NotPermitted: only the leader commends.
        BadData: the day is before the proposal or after `today`.
    """
    state = commendation_moved(found.state, CommendationAct.COMMEND, role)
    require_day(on, found.proposed_on, today)
    given = commendations.decide(session, found.id, state, on, who, now, number=number, reason="")
    outbox_messages.owe(session, _owed(session, given, now))
    return given


def require_day(on: date, since: date, today: date) -> None:
    """Do nothing if the day lies between these, both inclusive.

    Raises:
        BadData: it does not.
    """
    if not since <= on <= today:
        said = {key: _day(value) for key, value in (("on", on), ("since", since), ("today", today))}
        raise BadData(_DAY.fill(**said))


def _owed(session: Session, given: Commendation, now: datetime) -> list[outbox_messages.OutboxMessage]:
    unit = organisation.unit_named(session, given.unit)
    if unit is None:  # it has another name since; its people read of it in the file
        return []
    posts = unit_posts.posts_of(session, [unit.id], unit_posts.office_id(session))
    told: dict[int, None] = {}
    for party in TOLD:
        found = posts.by_role.get((unit.id, "head"), ()) if party == "head" else posts.of(party, unit.id, 0)
        told |= dict.fromkeys(found)
    return [
        outbox_messages.OutboxMessage(
            case_id=0,
            case_seq=1,
            notice=NOTICE,
            post_id=post_id,
            number=given.document_number,
            due_on=None,
            urgent=False,
            created_at=now,
            about=f"commendations/{given.id}",
        )
        for post_id in told
    ]


def _day(on: date) -> Sentence:
    return Sentence(date_text(on, "zh-CN"), date_text(on, "en"))
