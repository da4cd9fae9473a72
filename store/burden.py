"""How often units were called on: what was asked of them in writing, and what was sent to them, by month."""

from __future__ import annotations

from datetime import MAXYEAR, MINYEAR, date, datetime, time
from typing import TYPE_CHECKING, Final

from sqlalchemy import case as case_when
from sqlalchemy import func, select, text

from store.schema.cases import CaseRow
from store.schema.events import REQUESTED, CaseEventRow
from store.schema.outbox import OutboxRow
from store.schema.posts import PostRow
from store.visibility import scope

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import tzinfo

    from sqlalchemy.orm import Session

    from store.visibility import Reader

_MONTHS: Final = 12


def request_days(
    session: Session, unit_ids: Collection[int], year: int, reader: Reader | None = None
) -> dict[int, list[date]]:
    """Return the days of the year on which something was asked of each unit, each day once; of cases in sight only."""
    statement = (
        select(CaseRow.unit_id, CaseEventRow.occurred_on)
        .join(CaseRow, CaseRow.id == CaseEventRow.case_id)
        .where(
            CaseRow.unit_id.in_(unit_ids),
            text(REQUESTED),
            CaseEventRow.occurred_on.between(date(year, 1, 1), date(year, 12, 31)),
        )
        .distinct()
        .order_by(CaseRow.unit_id, CaseEventRow.occurred_on)
    )
    if reader is not None:
        statement = statement.where(scope(reader))
    found: dict[int, list[date]] = {}
    for unit_id, on in session.execute(statement):
        found.setdefault(unit_id, []).append(on)
    return found


def messages_sent(session: Session, unit_ids: Collection[int], year: int, zone: tzinfo) -> dict[int, dict[int, int]]:
    """Return how many messages were sent to the posts of each unit, by month of the year in the office's zone."""
    if not MINYEAR < year < MAXYEAR:
        return {}  # the ends of time have no moments in every zone, and nothing was sent there
    begins = [datetime.combine(date(year, month, 1), time(), zone) for month in range(1, _MONTHS + 1)]
    ends = [*begins[1:], datetime.combine(date(year + 1, 1, 1), time(), zone)]
    month = case_when(*((OutboxRow.sent_at < end, place) for place, end in enumerate(ends, 1)), else_=0)
    statement = (
        select(PostRow.unit_id, month.label("month"), func.count())
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .where(
            PostRow.unit_id.in_(unit_ids),
            OutboxRow.sent_at >= begins[0],  # only what was sent has a moment of sending
            OutboxRow.sent_at < ends[-1],
        )
        .group_by(PostRow.unit_id, month)
    )
    found: dict[int, dict[int, int]] = {}
    for unit_id, which, count in session.execute(statement):
        found.setdefault(unit_id, {})[which] = count
    return found
