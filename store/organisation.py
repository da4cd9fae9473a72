"""Units, their posts, and who holds a post from when until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import or_, select

from states.errors import BadData, NotFound, Sentence
from states.names import is_plain_name, plain_name
from store import bulk, named_units
from store.schema.accounts import PersonRow
from store.schema.base import table_of
from store.schema.organisation import AppointmentRow, ContactRow, PostRow, UnitRow
from store.upsert import insert_once

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from sqlalchemy.orm import Session

_POST: Final = table_of(PostRow)


_UNIT: Final = table_of(UnitRow)


OFFICE_POSTS: Final = (
    ("handler", "承办人"),
    ("director", "督查机构负责人"),
    ("leader", "上级党委主要负责人"),
    ("discipline", "纪检监察机关"),
    ("organization", "组织部门"),
    ("archivist", "档案管理员"),
)
"""The posts on the side of the office, by role; they exist from the beginning, so that messages have addressees."""


_NO_UNIT: Final = Sentence("没有编号为{id}的单位。", "There is no unit with the id {id}.")


_NO_UNIT_NAME: Final = Sentence("没有名为“{name}”的单位，请先添加。", "There is no unit “{name}”; add it first.")


_NOT_PLAIN: Final = Sentence(
    "名称“{name}”含有控制、零宽、改变文字方向等看不见的字符，请重新输入。",
    "The name “{name}” has characters that nobody sees (control, zero width, bidirectional); type it again.",
)


_UNIT_TAKEN: Final = Sentence("单位“{name}”已存在。", "There is a unit “{name}” already.")


_NO_POST_ID: Final = Sentence("没有编号为{id}的职务。", "There is no post with the id {id}.")


_LATER_HOLDER: Final = Sentence(
    "该职务自{day}起已有人担任，任职日期不能早于这一天。",
    "Somebody holds the post from {day} on; the appointment may not begin before that day.",
)


_ROUND: Final = Sentence("上级单位不能是本单位或其下级。", "A unit cannot be placed below itself.")


_NO_POST: Final = Sentence("“{unit}”没有职务“{post}”。", "{unit} has no post “{post}”.")


_PARTY: Final = re.compile(r"(?:县|区|市|镇|乡|街道|州)(?:党)?委(?:员会)?$")


def kind_of(name: str) -> str:
    """Return the kind of a unit as its name tells it; the office may say otherwise.

    A lower Party committee or government must be known as such: an order to it needs the consent of the Party
    committee or government above (docs/domain.md §0.7).
    """
    if name.endswith(("人民政府", "县政府", "区政府", "市政府", "镇政府", "乡政府")):
        return "government"
    if _PARTY.search(name):
        return "party_committee"
    if name.endswith(("村", "社区", "村民委员会", "居民委员会")):
        return "village"
    if name.endswith(("街道办事处",)):
        return "township"
    return "department"


_TOLD: Final = re.compile(
    r"(?:局|委|委员会|办|办公室|部|厅|院|处|科|所|站|署|会|中心|[大支总]队|分局|街道办事处|村|社区|政府|管理所)$"
)


def known_kind(session: Session, name: str) -> str:
    """Return the kind of the unit as the office or its name says it; "" where neither does.

    A name that tells nothing is kept as a department; only where the office has made it something else is that known.
    """
    stored = session.scalar(select(UnitRow.kind).where(UnitRow.name == name))
    guessed = kind_of(name)
    if stored is not None and stored != guessed:
        return stored
    return guessed if guessed != "department" or _TOLD.search(name) else ""


def require_plain(name: str) -> None:
    """Do nothing if every character of a name can be seen; a name that is there already is left as it is.

    Raises:
        BadData: one cannot.
    """
    if not is_plain_name(name):
        raise BadData(_NOT_PLAIN.fill(name=plain_name(name)))


def ensure_unit(session: Session, name: str, kind: str = "", parent_id: int | None = None) -> UnitRow:
    """Return the unit of this name, made if it is new."""
    statement = select(UnitRow).where(UnitRow.name == name)
    row = session.scalar(statement)
    if row is None:
        require_plain(name)
        insert_once(session, UnitRow, {"name": name, "kind": kind or kind_of(name), "parent_id": parent_id})
        row = session.scalars(statement).one()
    return row


def ensure_post(session: Session, unit_id: int, name: str, role: str) -> PostRow:
    """Return the post of this name in the unit, made if it is new."""
    statement = select(PostRow).where(PostRow.unit_id == unit_id, PostRow.name == name)
    row = session.scalar(statement)
    if row is None:
        require_plain(name)
        insert_once(session, PostRow, {"unit_id": unit_id, "name": name, "role": role})
        row = session.scalars(statement).one()
    return row


def ensure_office(session: Session, name: str) -> int:
    """Return the id of the supervisory office's unit, made with its posts if it is new."""
    row = session.scalar(select(UnitRow).where(UnitRow.kind == "office").order_by(UnitRow.id).limit(1))
    if row is None:
        row = ensure_unit(session, name, "office")
        for role, post in OFFICE_POSTS:
            ensure_post(session, row.id, post, role)
    return row.id


def rename_office(session: Session, name: str) -> None:
    """Give the supervisory office's unit another name, before anything was entered under the old one.

    Raises:
        BadData: another unit has the name, or it has characters that nobody sees.
    """
    row = session.scalars(select(UnitRow).where(UnitRow.kind == "office").order_by(UnitRow.id).limit(1)).one()
    if row.name != name:
        require_plain(name)
        require_new(session, name)
        row.name = name


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
    select(_POST.c.id, _POST.c.unit_id, _POST.c.role, _UNIT.c.parent_id)
    .join(_UNIT, _UNIT.c.id == _POST.c.unit_id)
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


def unit_by_name(session: Session, name: str) -> OrganisationUnit:
    """Return the unit of this name, without its depth.

    Raises:
        NotFound: there is none.
    """
    found = unit_named(session, name)
    if found is None:
        raise NotFound(_NO_UNIT_NAME.fill(name=name))
    return found


def unit_named(session: Session, name: str) -> OrganisationUnit | None:
    """Return the unit that has this name now, without its depth; None if none has."""
    row = session.scalar(select(UnitRow).where(UnitRow.name == name))
    return OrganisationUnit(row.id, row.name, row.kind, row.parent_id, 0) if row is not None else None


def unit_by_id(session: Session, unit_id: int) -> OrganisationUnit:
    """Return the unit with this id, without its depth.

    Raises:
        NotFound: there is none.
    """
    row = session.get(UnitRow, unit_id)
    if row is None:
        raise NotFound(_NO_UNIT.fill(id=unit_id))
    return OrganisationUnit(row.id, row.name, row.kind, row.parent_id, 0)


def add_unit(session: Session, name: str, kind: str, parent_id: int | None) -> int:
    """Make a unit that is not there yet; return its id.

    Raises:
        BadData: the name is taken. Whoever “adds” a unit must not move one that is there.
        NotFound: there is no such unit above.
    """
    require_new(session, name)
    row = ensure_unit(session, name, kind)
    place_unit(session, row.id, parent_id)
    return row.id


def require_new(session: Session, name: str) -> None:
    """Do nothing if no unit has this name.

    Raises:
        BadData: one has.
    """
    if session.scalar(select(UnitRow.id).where(UnitRow.name == name)) is not None:
        raise BadData(_UNIT_TAKEN.fill(name=name))


def unit_names(session: Session, unit_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these units."""
    statement = select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(set(unit_ids)))
    return {row.id: row.name for row in session.execute(statement)}


@dataclass(frozen=True, slots=True)
class OrganisationUnit:
    """A unit in the tree, with how deep it stands."""

    id: int
    name: str
    kind: str
    parent_id: int | None
    depth: int


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


def unit_tree(session: Session) -> list[OrganisationUnit]:
    """Return all units, each below the one that it belongs to."""
    rows = list(session.scalars(select(UnitRow).order_by(UnitRow.name)))
    below: dict[int | None, list[UnitRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[OrganisationUnit] = []
    left = [(row, 0) for row in reversed(below.get(None, []))]
    while left:
        row, depth = left.pop()
        found.append(OrganisationUnit(row.id, row.name, row.kind, row.parent_id, depth))
        left += [(child, depth + 1) for child in reversed(below.get(row.id, []))]
    return found


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


def require_place(session: Session, unit_id: int, parent_id: int | None) -> None:
    """Do nothing if the unit can stand below the other, or at the top.

    Raises:
        NotFound: there is no such unit.
        BadData: the unit would stand below itself.
    """
    above = parent_id
    while above is not None:
        parent = session.get(UnitRow, above)
        if parent is None:
            raise NotFound(_NO_UNIT.fill(id=above))
        if parent.id == unit_id:
            raise BadData(_ROUND)
        above = parent.parent_id


def place_unit(session: Session, unit_id: int, parent_id: int | None) -> str:
    """Put a unit below another, or at the top; return its name.

    Raises:
        NotFound: there is no such unit.
        BadData: the unit would stand below itself.
    """
    # One at a time: of two units that are each put below the other, the second is refused.
    session.scalars(select(UnitRow.id).order_by(UnitRow.id).with_for_update()).all()
    row = session.get(UnitRow, unit_id, populate_existing=True)
    if row is None:
        raise NotFound(_NO_UNIT.fill(id=unit_id))
    require_place(session, unit_id, parent_id)
    row.parent_id = parent_id
    return row.name


def merge_unit(session: Session, unit_id: int, into_id: int) -> None:
    """Let a unit be one with another: its name means the other from now on, and it stands below it.

    Its cases keep their record and the name under which they were opened; who sees the other unit's sees them too.

    Raises:
        NotFound: there is no such unit.
        BadData: the other stands below it.
    """
    name = place_unit(session, unit_id, into_id)
    named_units.note(session, into_id, named_units.NameKind.MERGED, name)


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
