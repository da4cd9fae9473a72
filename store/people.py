"""Units, posts, people, appointments and contacts."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, or_, select, update

from states.acts import Role
from states.errors import BadData, NotFound, Sentence
from states.personal import ERASED as FORGOTTEN
from store import rows
from store.tables import (
    ApiTokenRow,
    AppointmentRow,
    ContactRow,
    DeliveryRow,
    EvidenceRow,
    PersonRow,
    PostRow,
    RecoveryCodeRow,
    SessionRow,
    UnitRow,
    insert_once,
    table_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy import Select
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

_NO_PERSON: Final = Sentence(
    "没有名为“{name}”的用户；请先用 duban user add 添加，或用角色名（如 director）。",
    "There is no user “{name}”; add one with `duban user add`, or give a role such as director.",
)
_DISABLED: Final = Sentence("用户“{name}”已停用。", "The user “{name}” is disabled.")
_UNCONFIRMED: Final = Sentence(
    "用户“{name}”尚未经安全管理员确认。", "The user “{name}” is not confirmed by the security administrator yet."
)
_NO_UNIT: Final = Sentence("没有编号为{id}的单位。", "There is no unit with the id {id}.")
_NO_POST_ID: Final = Sentence("没有编号为{id}的职务。", "There is no post with the id {id}.")
_ROUND: Final = Sentence("上级单位不能是本单位或其下级。", "A unit cannot be placed below itself.")
_TAKEN: Final = Sentence("用户名“{name}”已存在。", "The user name “{name}” is taken.")
_NOT_DISABLED: Final = Sentence("用户“{name}”没有停用。", "The user “{name}” is not disabled.")
_FORGOTTEN: Final = Sentence(
    "用户“{name}”的个人信息已依法删除，不能恢复；请添加新账号。",
    "The personal data of “{name}” were erased as the law demands; add a new account instead.",
)
_NO_UNIT_NAME: Final = Sentence("没有名为“{name}”的单位，请先添加。", "There is no unit “{name}”; add it first.")
_SAME_UNIT: Final = Sentence("用户“{name}”已在该单位。", "The user “{name}” belongs to that unit already.")
_NO_POST: Final = Sentence("“{unit}”没有职务“{post}”。", "{unit} has no post “{post}”.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who may act."""

    username: str
    name: str
    role: Role
    unit: str
    disabled: bool
    unit_id: int = 0
    must_change: bool = False
    territory: int = 0
    """The unit over whose tree the supervising side looks (`_territory`); 0 for all units."""


_PARTY: Final = re.compile(r"(?:县|区|市|镇|乡|街道|州)(?:党)?委(?:员会)?$")


def kind_of(name: str) -> str:
    """Return the kind of a unit as its name tells it; the office may say otherwise.

    A lower Party committee or government must be known as such: an order to it needs the consent of the Party
    committee or government above (DOMAIN §0.7).
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


def ensure_unit(session: Session, name: str, kind: str = "", parent_id: int | None = None) -> UnitRow:
    """Return the unit of this name, made if it is new."""
    statement = select(UnitRow).where(UnitRow.name == name)
    row = session.scalar(statement)
    if row is None:
        insert_once(session, UnitRow, {"name": name, "kind": kind or kind_of(name), "parent_id": parent_id})
        row = session.scalars(statement).one()
    return row


def ensure_post(session: Session, unit_id: int, name: str, role: str) -> PostRow:
    """Return the post of this name in the unit, made if it is new."""
    statement = select(PostRow).where(PostRow.unit_id == unit_id, PostRow.name == name)
    row = session.scalar(statement)
    if row is None:
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


_POSTS: Final = rows.Among(
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


def unit_names(session: Session, unit_ids: Iterable[int]) -> dict[int, str]:
    """Return the names of these units."""
    statement = select(UnitRow.id, UnitRow.name).where(UnitRow.id.in_(set(unit_ids)))
    return {row.id: row.name for row in session.execute(statement)}


def add_person(  # the five are what a person is
    session: Session, username: str, name: str, role: Role, unit_id: int | None, *, confirmed: bool = True
) -> PersonRow:
    """Add somebody who may act, at once or when the security administrator has confirmed it.

    Raises:
        BadData: the user name is taken.
    """
    if session.scalar(select(PersonRow.id).where(PersonRow.username == username)) is not None:
        raise BadData(_TAKEN.fill(name=username))
    row = PersonRow(username=username, name=name, role=role.value, unit_id=unit_id, confirmed=confirmed)
    session.add(row)
    session.flush()  # its id is needed at once
    return row


def has_anybody(session: Session) -> bool:
    """Say whether anybody may act at all; nobody may in a new installation."""
    return session.scalar(select(PersonRow.id).limit(1)) is not None


def set_password(session: Session, username: str, password_hash: str, *, must_change: bool) -> None:
    """Keep the hash of a password; `must_change` lets it be used once, to choose another.

    Raises:
        NotFound: there is no such user, or he or she is disabled.
    """
    row = _row(session, username)
    if row.disabled_at is not None:
        raise NotFound(_DISABLED.fill(name=username))
    row.password_hash = password_hash
    row.must_change = must_change


def person(session: Session, username: str) -> Person:
    """Return the person with this user name.

    Raises:
        NotFound: there is none, or he or she is disabled or not confirmed.
    """
    row = _row(session, username)
    if row.disabled_at is not None:
        raise NotFound(_DISABLED.fill(name=username))
    if not row.confirmed:
        raise NotFound(_UNCONFIRMED.fill(name=username))
    return _person(session, row)


def _row(session: Session, username: str) -> PersonRow:
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    return row


def person_id(session: Session, username: str) -> int:
    """Return the id of the person with this user name, whether or not he or she may act.

    Raises:
        NotFound: there is none.
    """
    return _row(session, username).id


def role_of(session: Session, username: str) -> Role:
    """Return the role of a person, whether or not he or she may act.

    Raises:
        NotFound: there is none.
    """
    return Role(_row(session, username).role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account as administrators see it."""

    person: Person
    confirmed: bool
    wanted_role: Role | None
    wanted_unit: str
    locked_until: datetime | None
    has_second_factor: bool
    has_password: bool


def accounts(session: Session) -> list[Account]:
    """Return all accounts by user name; those that wait for the security administrator first."""
    rows = session.scalars(select(PersonRow).order_by(PersonRow.username)).all()
    named = {id_ for row in rows for id_ in (row.unit_id, row.wanted_unit_id) if id_ is not None}
    units = unit_names(session, named)
    found = [
        Account(
            person=Person(
                username=row.username,
                name=row.name,
                role=Role(row.role),
                unit=units.get(row.unit_id or 0, ""),
                disabled=row.disabled_at is not None,
                unit_id=row.unit_id or 0,
                must_change=row.must_change,
            ),
            confirmed=row.confirmed,
            wanted_role=Role(row.wanted_role) if row.wanted_role else None,
            wanted_unit=units.get(row.wanted_unit_id or 0, ""),
            locked_until=row.locked_until,
            has_second_factor=row.totp_secret is not None,
            has_password=row.password_hash is not None,
        )
        for row in rows
    ]
    return sorted(found, key=lambda one: one.confirmed and one.wanted_role is None and not one.wanted_unit)


def withhold(session: Session, username: str) -> None:
    """Let an account do nothing until the security administrator has confirmed it; its sessions end."""
    row = _row(session, username)
    row.confirmed = False
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))


def confirm(session: Session, username: str) -> bool:
    """Release an account; say whether it waited for that."""
    row = _row(session, username)
    waited, row.confirmed = not row.confirmed, True
    return waited


def want_role(session: Session, username: str, role: Role) -> None:
    """Note the role that somebody is to have; it is not his or hers before it is decided."""
    person(session, username)
    _row(session, username).wanted_role = role.value


def decide_role(session: Session, username: str, *, grant: bool) -> Role | None:
    """Give somebody the role that was asked for, or drop it; return that role, if there was one. Sessions end."""
    row = _row(session, username)
    wanted, row.wanted_role = row.wanted_role, None
    if wanted is None:
        return None
    if grant:
        row.role = wanted
        session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))
    return Role(wanted)


def want_unit(session: Session, username: str, unit: str) -> None:
    """Note the unit to which somebody is to move; he or she belongs to the old one before it is decided.

    Raises:
        NotFound: there is no such user who may act, or no such unit.
        BadData: he or she belongs to it already.
    """
    person(session, username)
    row = _row(session, username)
    id_ = session.scalar(select(UnitRow.id).where(UnitRow.name == unit))
    if id_ is None:
        raise NotFound(_NO_UNIT_NAME.fill(name=unit))
    if id_ == row.unit_id:
        raise BadData(_SAME_UNIT.fill(name=username))
    row.wanted_unit_id = id_


def decide_unit(session: Session, username: str, *, grant: bool) -> str | None:
    """Move somebody to the unit that was asked for, or drop it; return that unit, if there was one. Sessions end.

    Posts are held on: who holds which is said by appointments.
    """
    row = _row(session, username)
    wanted, row.wanted_unit_id = row.wanted_unit_id, None
    if wanted is None:
        return None
    if grant:
        row.unit_id = wanted
        session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))
    return unit_names(session, [wanted]).get(wanted, "")


def enable(session: Session, username: str) -> None:
    """Let a disabled account wait for the security administrator again, like a new one.

    What was asked for before is dropped, and tokens stay revoked.

    Raises:
        NotFound: there is no such user.
        BadData: the account is not disabled, or its person was forgotten.
    """
    row = _row(session, username)
    if row.disabled_at is None:
        raise BadData(_NOT_DISABLED.fill(name=username))
    if row.name == FORGOTTEN.zh:
        raise BadData(_FORGOTTEN.fill(name=username))
    row.disabled_at, row.confirmed, row.wanted_role, row.wanted_unit_id = None, False, None, None
    row.failures, row.locked_until = 0, None


def unlock(session: Session, username: str) -> None:
    """Let an account in again that too many wrong passwords have locked."""
    row = _row(session, username)
    row.failures, row.locked_until = 0, None


@dataclass(frozen=True, slots=True)
class Unit:
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


def unit_tree(session: Session) -> list[Unit]:
    """Return all units, each below the one that it belongs to."""
    rows = list(session.scalars(select(UnitRow).order_by(UnitRow.name)))
    below: dict[int | None, list[UnitRow]] = {}
    for row in rows:
        below.setdefault(row.parent_id, []).append(row)
    found: list[Unit] = []
    left = [(row, 0) for row in reversed(below.get(None, []))]
    while left:
        row, depth = left.pop()
        found.append(Unit(row.id, row.name, row.kind, row.parent_id, depth))
        left += [(child, depth + 1) for child in reversed(below.get(row.id, []))]
    return found


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
        raise NotFound(_NO_POST_ID.fill(id=post_id))
    return found[0]


def place_unit(session: Session, unit_id: int, parent_id: int | None) -> str:
    """Put a unit below another, or at the top; return its name.

    Raises:
        NotFound: there is no such unit.
        BadData: the unit would stand below itself.
    """
    row = session.get(UnitRow, unit_id)
    if row is None:
        raise NotFound(_NO_UNIT.fill(id=unit_id))
    above = parent_id
    while above is not None:
        parent = session.get(UnitRow, above)
        if parent is None:
            raise NotFound(_NO_UNIT.fill(id=above))
        if parent.id == unit_id:
            raise BadData(_ROUND)
        above = parent.parent_id
    row.parent_id = parent_id
    return row.name


def people(session: Session) -> list[Person]:
    """Return everybody, by user name."""
    return [_person(session, row) for row in session.scalars(select(PersonRow).order_by(PersonRow.username))]


def _territory(unit: UnitRow | None) -> int:
    """Return the unit whose tree somebody of the supervising side in this unit looks over; 0 for all units.

    An office looks over the unit that it belongs to, anybody else over the own unit. Whoever belongs to no unit, or to
    one at the top of the tree, looks over all: in a small office nobody has drawn a tree.
    """
    if unit is None or unit.parent_id is None:
        return 0
    return unit.parent_id if unit.kind == "office" else unit.id


def _person(session: Session, row: PersonRow) -> Person:
    unit = session.get(UnitRow, row.unit_id) if row.unit_id is not None else None
    return Person(
        username=row.username,
        name=row.name,
        role=Role(row.role),
        unit=unit.name if unit is not None else "",
        disabled=row.disabled_at is not None,
        unit_id=row.unit_id or 0,
        must_change=row.must_change,
        territory=_territory(unit),
    )


def disable(session: Session, username: str, now: datetime) -> None:
    """Let somebody act no longer; what he or she did stays.

    Raises:
        NotFound: there is no such user.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    row.disabled_at = now
    row.token_hash = None
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))
    _revoke_all(session, row.id, now)


def _revoke_all(session: Session, id_: int, now: datetime) -> None:
    session.execute(
        update(ApiTokenRow)
        .where(ApiTokenRow.person_id == id_, ApiTokenRow.revoked_at.is_(None))
        .values(revoked_at=now)
        .execution_options(synchronize_session=False)
    )


def give_token(session: Session, username: str, token_hash: str) -> None:
    """Keep the hash of a token that its maker knows; it is for everything and has no end.

    Raises:
        NotFound: there is no such user, or he or she may not act.
    """
    person(session, username)
    id_ = person_id(session, username)
    session.add(ApiTokenRow(person_id=id_, name="", token_hash=token_hash, scopes="act audit read"))


def appoint(session: Session, post_id: int, person_id: int, from_on: date) -> None:
    """Let the person hold the post from this day on; who held it before holds it until the day before."""
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


def set_contacts(session: Session, post_id: int, contacts: list[tuple[str, str]], lang: str = "zh-CN") -> None:
    """Replace the ways to reach a post, in the order in which they are to be tried."""
    session.execute(delete(ContactRow).where(ContactRow.post_id == post_id))
    session.add_all(
        ContactRow(post_id=post_id, person_id=None, kind=kind, address=address, position=position, lang=lang)
        for position, (kind, address) in enumerate(contacts)
    )


def posts_without_contact(session: Session) -> list[dict[str, Any]]:
    """Return the posts that no message can reach, by unit and name."""
    reached = select(ContactRow.post_id).where(ContactRow.post_id.is_not(None))
    statement = (
        select(UnitRow.name.label("unit"), PostRow.name.label("post"))
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(PostRow.id.not_in(reached))
        .order_by(UnitRow.name, PostRow.name)
    )
    return [{"unit": row.unit, "post": row.post} for row in session.execute(statement)]


def words_for(session: Session, username: str) -> list[str]:
    """Return the words that point to a person: the name, and the addresses of the posts that nobody has held since.

    Raises:
        NotFound: there is no such user.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    posts = _last_held(row.id)
    addresses = session.scalars(select(ContactRow.address).where(ContactRow.post_id.in_(posts)))
    return [word for word in dict.fromkeys([row.name, *addresses]) if word and word != FORGOTTEN.zh]


def _last_held(person_id: int) -> Select[int]:
    """Select the posts that this person holds, or was the last to hold."""
    latest = (
        select(AppointmentRow.post_id, func.max(AppointmentRow.from_on).label("from_on"))
        .group_by(AppointmentRow.post_id)
        .subquery()
    )
    return (
        select(AppointmentRow.post_id)
        .join(latest, (latest.c.post_id == AppointmentRow.post_id) & (latest.c.from_on == AppointmentRow.from_on))
        .where(AppointmentRow.person_id == person_id)
    )


def forget(session: Session, username: str, words: Sequence[str], masks: Sequence[str], now: datetime) -> None:
    """Erase a person's name, account and addresses; the user name stays as what the history calls the person.

    `words` are also looked for in the names of evidence files; `masks` are the addresses as delivery attempts note
    them.

    Raises:
        NotFound: there is no such user.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    row.name, row.disabled_at = FORGOTTEN.zh, row.disabled_at or now
    row.token_hash = row.password_hash = row.totp_secret = None
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == row.id))
    session.execute(delete(ApiTokenRow).where(ApiTokenRow.person_id == row.id))
    session.execute(delete(ContactRow).where(ContactRow.post_id.in_(_last_held(row.id))))
    forget_words(session, words, masks)


def forget_words(session: Session, words: Sequence[str], masks: Sequence[str]) -> None:
    """Erase addresses, masked addresses and the names of evidence files in which these words stand."""
    for word in words:
        session.execute(delete(ContactRow).where(ContactRow.address.contains(word, autoescape=True)))
        session.execute(
            update(EvidenceRow)
            .where(EvidenceRow.name.contains(word, autoescape=True))
            .values(name=FORGOTTEN.zh)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.address.in_(masks))
        .values(address="")
        .execution_options(synchronize_session=False)
    )
