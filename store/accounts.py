"""Units, posts, people, appointments and contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from states.commitments import ERASED as FORGOTTEN
from states.errors import BadData, NotFound, Sentence
from states.vocabulary import Role
from store.organisation import unit_names
from store.tables import (
    ApiTokenRow,
    AppointmentRow,
    ContactRow,
    DeliveryRow,
    EvidenceRow,
    PersonRow,
    RecoveryCodeRow,
    SessionRow,
    UnitRow,
)

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import Select
    from sqlalchemy.orm import Session


_NO_PERSON: Final = Sentence(
    "没有名为“{name}”的用户；请先用 duban user add 添加，或用角色名（如 director）。",
    "There is no user “{name}”; add one with `duban user add`, or give a role such as director.",
)
_DISABLED: Final = Sentence("用户“{name}”已停用。", "The user “{name}” is disabled.")
_UNCONFIRMED: Final = Sentence(
    "用户“{name}”尚未经安全管理员确认。", "The user “{name}” is not confirmed by the security administrator yet."
)
_TAKEN: Final = Sentence("用户名“{name}”已存在。", "The user name “{name}” is taken.")
_NOT_DISABLED: Final = Sentence("用户“{name}”没有停用。", "The user “{name}” is not disabled.")
_FORGOTTEN: Final = Sentence(
    "用户“{name}”的个人信息已依法删除，不能恢复；请添加新账号。",
    "The personal data of “{name}” were erased as the law demands; add a new account instead.",
)
_NO_UNIT_NAME: Final = Sentence("没有名为“{name}”的单位，请先添加。", "There is no unit “{name}”; add it first.")
_SAME_UNIT: Final = Sentence("用户“{name}”已在该单位。", "The user “{name}” belongs to that unit already.")


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
