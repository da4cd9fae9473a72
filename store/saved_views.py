"""Lists of cases that people keep under a name: the conditions of an address, for themselves or for the whole office.

A view holds no cases: whoever opens one that a colleague shares sees what is within his or her own sight.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, and_, delete, func, or_, select

from states.errors import BadData, NotFound, Sentence
from states.names import is_plain_name
from store.schema.accounts import PersonRow
from store.schema.views import SavedViewRow
from store.visibility import OFFICE_ROLES, is_everything

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.visibility import Reader

LONGEST_NAME: Final = 20
MOST: Final = 30
"""How many views one person may keep."""
MOST_SHARED: Final = 60
"""How many views of others are offered, the oldest first."""
_NO_NAME: Final = Sentence(
    "请给视图起一个名称，不超过{most}个字。", "Give the view a name of at most {most} characters."
)
_TOO_MANY: Final = Sentence(
    "每人最多保存{most}个视图，请先删除不再使用的。", "At most {most} views are kept for each person; delete one first."
)
_NO_VIEW: Final = Sentence("没有这个视图，或者不是您保存的。", "There is no such view, or it is not yours.")


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedView:
    """A view: its address without the page, and whether the reader keeps it or a colleague shares it."""

    id: int
    name: str
    query: str
    shared: bool
    is_own: bool


def open_to(session: Session, reader: Reader) -> list[SavedView]:
    """Return the reader's own views and, for people of the office, those that colleagues share, by their age.

    Who sees a part of the units is offered what people of the own unit share: the name of a view, and what it looks
    for, may say of cases elsewhere what the cases themselves would not.
    """
    own = SavedViewRow.owner == reader.username
    shared: ColumnElement[bool] = SavedViewRow.shared.is_(True)
    if not is_everything(reader):
        colleagues = select(PersonRow.username).where(PersonRow.unit_id == reader.unit_id)
        shared = and_(shared, SavedViewRow.owner.in_(colleagues))
    among = or_(own, shared) if reader.role in OFFICE_ROLES else own
    rows = session.scalars(select(SavedViewRow).where(among).order_by(SavedViewRow.id).limit(MOST + MOST_SHARED))
    return [
        SavedView(id=row.id, name=row.name, query=row.query, shared=row.shared, is_own=row.owner == reader.username)
        for row in rows
    ]


def keep(  # who keeps which conditions under which name, for whom, when
    session: Session, reader: Reader, name: str, query: str, at: datetime, *, shared: bool
) -> None:
    """Keep a view; one of the same person with the same name is replaced.

    Only people of the office share; who is not of it keeps the view alone.

    Raises:
        BadData: it has no name, or a long one, or the person keeps too many.
    """
    plain = " ".join(name.split())
    if not plain or len(plain) > LONGEST_NAME or not is_plain_name(plain):
        raise BadData(_NO_NAME.fill(most=LONGEST_NAME))
    shared = shared and reader.role in OFFICE_ROLES
    own = select(SavedViewRow).where(SavedViewRow.owner == reader.username)
    row = session.scalars(own.where(SavedViewRow.name == plain)).first()
    if row is not None:
        row.query, row.shared, row.made_at = query, shared, at
        return
    if int(session.scalar(select(func.count()).select_from(own.subquery())) or 0) >= MOST:
        raise BadData(_TOO_MANY.fill(most=MOST))
    session.add(SavedViewRow(owner=reader.username, name=plain, query=query, shared=shared, made_at=at))


def drop(session: Session, reader: Reader, view_id: int) -> None:
    """Delete one of the reader's own views.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    mine = (SavedViewRow.id == view_id, SavedViewRow.owner == reader.username)
    if session.scalar(select(SavedViewRow.id).where(*mine)) is None:
        raise NotFound(_NO_VIEW)
    session.execute(delete(SavedViewRow).where(*mine))
