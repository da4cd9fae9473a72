"""The posts of the units: who is asked for which role, who holds them, and the posts of the office itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, or_, select

from states.errors import BadData, NotFound, Sentence
from store import bulk
from store.organisation import UNIT_TABLE, ensure_unit, require_plain
from store.schema.accounts import PersonRow
from store.schema.base import table_of
from store.schema.organisation import UnitRow
from store.schema.posts import AppointmentRow, ContactRow, PostRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session


_POST: Final = table_of(PostRow)


OFFICE_POSTS: Final = (
    ("handler", "承办人"),
    ("director", "督查机构负责人"),
    ("leader", "上级党委主要负责人"),
    ("discipline", "纪检监察机关"),
    ("organization", "组织部门"),
    ("archivist", "档案管理员"),
)
"""The posts on the side of the office, by role; they exist from the beginning, so that messages have addressees."""


_NO_POST_ID: Final = Sentence("没有编号为{id}的职务。", "There is no post with the id {id}.")


_LATER_HOLDER: Final = Sentence(
    "该职务自{day}起已有人担任，任职日期不能早于这一天。",
    "Somebody holds the post from {day} on; the appointment may not begin before that day.",
)


_NO_POST: Final = Sentence("“{unit}”没有职务“{post}”。", "{unit} has no post “{post}”.")


_CALLED: Final = select(PostRow).where(PostRow.unit_id == bindparam("of_unit"), PostRow.name == bindparam("called"))


def ensure_post(session: Session, unit_id: int, name: str, role: str) -> PostRow:
    """Return the post of this name in the unit, made if it is new."""
    wanted = {"of_unit": unit_id, "called": name}
    row = session.scalar(_CALLED, wanted)
    if row is None:
        require_plain(name)
        insert_once(session, PostRow, {"unit_id": unit_id, "name": name, "role": role})
        row = session.scalars(_CALLED, wanted).one()
    return row


def ensure_office(session: Session, name: str) -> int:
    """Return the id of the supervisory office's unit, made with its posts if it is new."""
    row = session.scalar(select(UnitRow).where(UnitRow.kind == "office").order_by(UnitRow.id).limit(1))
    if row is None:
        row = ensure_unit(session, name, "office")
        for role, post in OFFICE_POSTS:
            ensure_post(session, row.id, post, role)
    return row.id


def office_id(session: Session) -> int:
    """Return the id of the supervisory office's unit; 0 before the first case."""
    return session.scalar(select(UnitRow.id).where(UnitRow.kind == "office").order_by(UnitRow.id).limit(1)) or 0


@dataclass(frozen=True, slots=True)
class Posts:
    """The posts of some units by role, for finding who is to hear what."""

    by_role: dict[tuple[int, str], tuple[int, ...]]
    parents: dict[int, int | None]
    office_id: int

    def of(self, party: str, unit_id: int, head_id: int) -> tuple[int, ...]:
        """Return the posts that a party of the audience means for a case of this unit and this head."""
        match party:
            case "head":
                return (head_id,)
            case "liaison":
                return self.by_role.get((unit_id, "liaison"), ())
            case "office":
                return self.of("handler", unit_id, head_id) + self.of("director", unit_id, head_id)
            case "superior":
                parent = self.parents.get(unit_id)
                return self.by_role.get((parent, "head"), ()) if parent is not None else ()
            case _:
                return self.by_role.get((self.office_id, party), ())


_POSTS: Final = bulk.Among(
    select(_POST.c.id, _POST.c.unit_id, _POST.c.role, UNIT_TABLE.c.parent_id)
    .join(UNIT_TABLE, UNIT_TABLE.c.id == _POST.c.unit_id)
    .order_by(_POST.c.id),
    _POST.c.unit_id,
)


def posts_of(session: Session, unit_ids: Iterable[int], office_id: int) -> Posts:
    """Return the posts of these units, of the units above them, and of the office."""
    found: dict[tuple[int, str], tuple[int, ...]] = {}
    parents: dict[int, int | None] = {}
    wanted = {*unit_ids, office_id}
    while wanted:
        for post_id, unit_id, role, parent_id in _POSTS.execute(session, wanted):
            found[unit_id, role] = (*found.get((unit_id, role), ()), post_id)
            parents[unit_id] = parent_id
        above = {parent for unit, parent in parents.items() if parent is not None and unit in wanted}
        wanted = above - parents.keys()
    return Posts(found, parents, office_id)


def post_names(session: Session, post_ids: Iterable[int]) -> dict[int, tuple[str, str]]:
    """Return the unit and the name of these posts."""
    statement = (
        select(PostRow.id, UnitRow.name.label("unit"), PostRow.name)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(PostRow.id.in_(set(post_ids)))
    )
    return {row.id: (row.unit, row.name) for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class Post:
    """A post with who holds it and how it is reached."""

    id: int
    unit_id: int
    unit: str
    name: str
    role: str
    holder: str
    since: date | None
    ways: tuple[tuple[str, str], ...]


def head_posts(session: Session, unit: str) -> list[str]:
    """Return the names of the posts that answer for a unit, in the order in which they were made."""
    statement = (
        select(PostRow.name)
        .join(UnitRow, PostRow.unit_id == UnitRow.id)
        .where(UnitRow.name == unit, PostRow.role == "head")
        .order_by(PostRow.id)
    )
    return list(session.scalars(statement))


def posts_listed(session: Session, today: date, post_id: int = 0) -> list[Post]:
    """Return all posts, or one, by unit and name, with who holds them today and how they are reached."""
    statement = select(PostRow, UnitRow.name).join(UnitRow, UnitRow.id == PostRow.unit_id)
    contacts = select(ContactRow).where(ContactRow.post_id.is_not(None)).order_by(ContactRow.position)
    if post_id:
        statement, contacts = statement.where(PostRow.id == post_id), contacts.where(ContactRow.post_id == post_id)
    held = {
        row.post_id: (row.username, row.from_on)
        for row in session.execute(
            select(AppointmentRow.post_id, PersonRow.username, AppointmentRow.from_on)
            .join(PersonRow, PersonRow.id == AppointmentRow.person_id)
            .where(
                AppointmentRow.from_on <= today,
                or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= today),
            )
            .order_by(AppointmentRow.from_on, AppointmentRow.id)
        )
    }
    ways: dict[int | None, list[tuple[str, str]]] = {}
    for contact in session.scalars(contacts):
        ways.setdefault(contact.post_id, []).append((contact.kind, contact.address))
    return [
        Post(row.id, row.unit_id, unit, row.name, row.role, *held.get(row.id, ("", None)), tuple(ways.get(row.id, ())))
        for row, unit in session.execute(statement.order_by(UnitRow.name, PostRow.name))
    ]


def post_by_id(session: Session, post_id: int, today: date) -> Post:
    """Return one post.

    Raises:
        NotFound: there is none.
    """
    found = posts_listed(session, today, post_id) if post_id else []
    if not found:
        raise no_such_post(post_id)
    return found[0]


def no_such_post(post_id: int) -> NotFound:
    """Return the refusal of a post that is not there, or not for who asks: both are answered alike."""
    return NotFound(_NO_POST_ID.fill(id=post_id))


def appoint(session: Session, post_id: int, person_id: int, from_on: date) -> None:
    """Let the person hold the post from this day on; who held it before holds it until the day before.

    Whoever was to hold it from the same day never did.

    Raises:
        BadData: somebody holds it from a later day on; ending that would end it long before it began.
    """
    later = select(AppointmentRow.from_on).where(
        AppointmentRow.post_id == post_id, AppointmentRow.until_on.is_(None), AppointmentRow.from_on > from_on
    )
    begun = session.scalar(later.limit(1))
    if begun is not None:
        raise BadData(_LATER_HOLDER.fill(day=begun.isoformat()))
    holders = select(AppointmentRow).where(AppointmentRow.post_id == post_id, AppointmentRow.until_on.is_(None))
    for row in session.scalars(holders):
        row.until_on = from_on.fromordinal(from_on.toordinal() - 1)
    session.add(AppointmentRow(post_id=post_id, person_id=person_id, from_on=from_on, until_on=None))


def find_post(session: Session, unit: str, post: str) -> int:
    """Return the id of a post by the names of its unit and its own, or by its role.

    Raises:
        NotFound: the unit has no such post.
    """
    statement = (
        select(PostRow.id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(UnitRow.name == unit, or_(PostRow.name == post, PostRow.role == post))
        .order_by(PostRow.id)
        .limit(1)
    )
    found = session.scalar(statement)
    if found is None:
        raise NotFound(_NO_POST.fill(unit=unit, post=post))
    return found
