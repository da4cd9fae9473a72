"""Who is told of a ranking: each ranked unit of its own place alone, and the office of what a unit objects to.

The message says that there is something to read and by when; place and points stand on the unit's own page, which
nobody else opens (ADR 0006, ADR 0056).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.errors import Sentence
from store import organisation, outbox_messages, unit_posts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from store.rankings import Ranking

ANNOUNCED: Final = "ranking_announced"
APPROVED: Final = "ranking_approved"
RETURNED: Final = "ranking_returned"
OBJECTED: Final = "ranking_objected"
ANSWERED: Final = "ranking_answered"
PARTIES: Final = ("head", "liaison")
OFFICE_PARTIES: Final = ("handler", "director")
_NUMBER: Final = Sentence("{year}年度排序", "ranking of {year}")


def own_page(year: int) -> str:
    """Return the address, without the first slash, where a unit reads its own place and parts."""
    return f"ranking/{year}/own"


def objection_page(year: int) -> str:
    """Return the address where the office answers objections."""
    return f"ranking?year={year}"


def tell_units(  # of which ranking, what, by when, at which moment; which units, and which of several such notices
    session: Session,
    found: Ranking,
    notice: str,
    now: datetime,
    *,
    until: date | None = None,
    units: Collection[str] = (),
    place: int = 0,
) -> None:
    """Owe the notice to head and liaison of these units, or of all that are ranked, each about its own page."""
    wanted = set(units) or {row.unit for row in found.rows}
    ids = {unit.id for unit in organisation.unit_tree(session) if unit.name in wanted}
    if not ids:
        return
    posts = unit_posts.posts_of(session, ids, unit_posts.office_id(session))
    told = dict.fromkeys(post for id_ in sorted(ids) for role in PARTIES for post in posts.by_role.get((id_, role), ()))
    _owe(session, found.year, place or found.id, notice, told, now, own_page(found.year), until)


def tell_office(session: Session, found: Ranking, objection_id: int, now: datetime) -> None:
    """Owe the office's handlers and directors the news that a unit objects."""
    office = unit_posts.office_id(session)
    posts = unit_posts.posts_of(session, (), office)
    told = dict.fromkeys(post for role in OFFICE_PARTIES for post in posts.by_role.get((office, role), ()))
    _owe(session, found.year, objection_id, OBJECTED, told, now, objection_page(found.year), None)


def _owe(  # about which year, which of its notices, to whom, and on which page they read on
    session: Session,
    year: int,
    place: int,
    notice: str,
    told: Iterable[int],
    now: datetime,
    about: str,
    until: date | None,
) -> None:
    outbox_messages.owe(
        session,
        [
            outbox_messages.OutboxMessage(
                case_id=0,
                case_seq=place,
                notice=notice,
                post_id=post_id,
                number=_NUMBER.fill(year=year).text(),
                due_on=until,
                urgent=False,
                created_at=now,
                about=about,
            )
            for post_id in told
        ],
    )
