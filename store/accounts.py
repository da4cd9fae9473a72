"""Units, posts, people, appointments and contacts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import delete, func, or_, select, update

from states.address_groups import group_of
from states.case import Actor
from states.commitments import ERASED as FORGOTTEN
from states.errors import BadData, NotFound, Sentence
from states.vocabulary import Role
from states.vocabulary import name as role_name
from store.organisation import require_plain, unit_names
from store.schema.accounts import ApiTokenRow, PersonRow, RecoveryCodeRow, SessionRow
from store.schema.evidence import EvidenceRow, EvidenceUploadRow
from store.schema.organisation import UnitRow
from store.schema.outbox import DeliveryRow
from store.schema.posts import AppointmentRow, ContactRow
from store.schema.views import SavedViewRow

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from sqlalchemy import Row, Select
    from sqlalchemy.orm import InstrumentedAttribute, Session


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
_ADMINISTRATORS: Final = frozenset({Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR})
_LAST_OF_ROLE: Final = Sentence(
    "“{name}”是最后一名在用的{role}，不能停用、变更角色或暂停使用；请先另设一名。",
    "“{name}” is the last {role} in use; appoint another before this account is disabled, changed or withheld.",
)


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

    def actor(self) -> Actor:
        """Return who acts, as the history names him or her."""
        return Actor(user=self.username, role=self.role, unit=self.unit)


def add_person(  # the five are what a person is
    session: Session, username: str, name: str, role: Role, unit_id: int | None, *, confirmed: bool = True
) -> PersonRow:
    """Add somebody who may act, at once or when the security administrator has confirmed it.

    Raises:
        BadData: the user name is taken.
    """
    require_plain(username)
    require_plain(name)
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


_HANDLING: Final = (Role.HANDLER.value, Role.DIRECTOR.value)
_HELD: Final = (
    PersonRow.username,
    PersonRow.name,
    PersonRow.role,
    PersonRow.unit_id,
    PersonRow.must_change,
    UnitRow.name.label("unit"),
    UnitRow.kind.label("unit_kind"),
    UnitRow.parent_id.label("unit_above"),
)


def held_by(owner: InstrumentedAttribute[int], *columns: InstrumentedAttribute[Any]) -> Select[Any]:
    """Return a statement of these columns with the person to whom they belong, if he or she may act.

    Every page and every call of the interface asks it, so that it reads all at once. `holder_in` reads its rows.
    """
    return (
        select(*columns, *_HELD)
        .join(PersonRow, PersonRow.id == owner)
        .outerjoin(UnitRow, UnitRow.id == PersonRow.unit_id)
        .where(PersonRow.disabled_at.is_(None), PersonRow.confirmed)
    )


def holder_in(row: Row[Any]) -> Person:
    """Return the person of a row of a statement of `held_by`."""
    return Person(
        username=row.username,
        name=row.name,
        role=Role(row.role),
        unit=row.unit or "",
        disabled=False,
        unit_id=row.unit_id or 0,
        must_change=row.must_change,
        territory=_territory(row.unit_id, row.unit_kind, row.unit_above),
    )


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
    locked_until: datetime | None
    """Until when no code of the second factor is taken; passwords are counted elsewhere (`store.login_attempts`)."""
    has_second_factor: bool
    has_password: bool


def accounts(session: Session) -> list[Account]:
    """Return all accounts by user name."""
    rows = session.scalars(select(PersonRow).order_by(PersonRow.username)).all()
    units = unit_names(session, {row.unit_id for row in rows if row.unit_id is not None})
    return [_account(row, units.get(row.unit_id or 0, "")) for row in rows]


def account(session: Session, username: str) -> Account:
    """Return one account, whether or not its person may act.

    Raises:
        NotFound: there is none.
    """
    row = _row(session, username)
    return _account(row, unit_names(session, [row.unit_id or 0]).get(row.unit_id or 0, ""))


def _account(row: PersonRow, unit: str) -> Account:
    return Account(
        person=Person(
            username=row.username,
            name=row.name,
            role=Role(row.role),
            unit=unit,
            disabled=row.disabled_at is not None,
            unit_id=row.unit_id or 0,
            must_change=row.must_change,
        ),
        confirmed=row.confirmed,
        locked_until=row.locked_until,
        has_second_factor=row.totp_secret is not None,
        has_password=row.password_hash is not None,
    )


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


def set_role(session: Session, username: str, role: Role) -> None:
    """Give somebody another role; sessions end."""
    row = _row(session, username)
    row.role = role.value
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))


def set_unit(session: Session, username: str, unit_id: int) -> None:
    """Move somebody to another unit; sessions end. Posts are held on: who holds which is said by appointments."""
    row = _row(session, username)
    row.unit_id = unit_id
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))


def require_another(session: Session, role: Role, username: str) -> None:
    """Do nothing if somebody else in this role may act. The rows are locked: two who go at once do not both go.

    Raises:
        BadData: nobody else is left.
    """
    held = (
        select(PersonRow)
        .where(PersonRow.role == role.value, PersonRow.disabled_at.is_(None), PersonRow.confirmed)
        .order_by(PersonRow.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    holders = [row.username for row in session.scalars(held)]
    if username in holders and len(holders) == 1:
        raise BadData(_LAST_OF_ROLE.fill(name=username, role=role_name(role)))


def enable(session: Session, username: str) -> None:
    """Let a disabled account wait for the security administrator again, like a new one.

    Tokens stay revoked.

    Raises:
        NotFound: there is no such user.
        BadData: the account is not disabled, or its person was forgotten.
    """
    row = _row(session, username)
    if row.disabled_at is None:
        raise BadData(_NOT_DISABLED.fill(name=username))
    if row.name == FORGOTTEN.zh:
        raise BadData(_FORGOTTEN.fill(name=username))
    row.disabled_at, row.confirmed = None, False
    row.failures, row.locked_until = 0, None


def unlock(session: Session, username: str) -> None:
    """Take codes of the second factor again, after too many wrong ones."""
    row = _row(session, username)
    row.failures, row.locked_until = 0, None


def people(session: Session) -> list[Person]:
    """Return everybody, by user name."""
    return [_person(session, row) for row in session.scalars(select(PersonRow).order_by(PersonRow.username))]


def names_of(session: Session, usernames: Collection[str]) -> dict[str, str]:
    """Return the names of these people by their accounts; who has no account has none."""
    statement = select(PersonRow.username, PersonRow.name).where(PersonRow.username.in_(usernames))
    return {row.username: row.name for row in session.execute(statement)}


def handlers(session: Session, territory: int) -> list[tuple[str, str]]:
    """Return who may handle cases where somebody of this territory assigns them: accounts and names, by name.

    Those of the same territory, and those who look over all units; whoever looks over all assigns to anybody.
    """
    statement = select(PersonRow).where(
        PersonRow.disabled_at.is_(None), PersonRow.confirmed, PersonRow.role.in_(_HANDLING)
    )
    people = [_person(session, row) for row in session.scalars(statement.order_by(PersonRow.name, PersonRow.username))]
    return [(one.username, one.name) for one in people if not territory or one.territory in (0, territory)]


def _territory(unit_id: int | None, kind: str | None, above: int | None) -> int:
    """Return the unit whose tree somebody of the supervising side in this unit looks over; 0 for all units.

    An office looks over the unit that it belongs to, anybody else over the own unit. Whoever belongs to no unit, or to
    one at the top of the tree, looks over all: in a small office nobody has drawn a tree.
    """
    if unit_id is None or above is None:
        return 0
    return above if kind == "office" else unit_id


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
        territory=_territory(unit.id, unit.kind, unit.parent_id) if unit is not None else 0,
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


def revoke_tokens(session: Session, username: str, now: datetime) -> None:
    """Make every token of a person void."""
    _revoke_all(session, _row(session, username).id, now)


def words_for(session: Session, username: str) -> list[str]:
    """Return the words that point to a person: the name, the own addresses, those of posts that nobody has held since.

    A group of addresses points to nobody, and stays.

    Raises:
        NotFound: there is no such user.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    posts = _last_held(row.id)
    own = or_(ContactRow.person_id == row.id, ContactRow.post_id.in_(posts))
    addresses = [one for one in session.scalars(select(ContactRow.address).where(own)) if not group_of(one)]
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
        BadData: it is the last administrator of a kind.
    """
    row = session.scalar(select(PersonRow).where(PersonRow.username == username))
    if row is None:
        raise NotFound(_NO_PERSON.fill(name=username))
    if Role(row.role) in _ADMINISTRATORS:
        require_another(session, Role(row.role), username)
    row.name, row.disabled_at = FORGOTTEN.zh, row.disabled_at or now
    row.token_hash = row.password_hash = row.totp_secret = None
    session.execute(delete(SessionRow).where(SessionRow.person_id == row.id))
    session.execute(delete(RecoveryCodeRow).where(RecoveryCodeRow.person_id == row.id))
    session.execute(delete(ApiTokenRow).where(ApiTokenRow.person_id == row.id))
    session.execute(delete(SavedViewRow).where(SavedViewRow.owner == username))
    own = or_(ContactRow.person_id == row.id, ContactRow.post_id.in_(_last_held(row.id)))
    session.execute(delete(ContactRow).where(own))
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
            update(EvidenceUploadRow)
            .where(EvidenceUploadRow.name.contains(word, autoescape=True))
            .values(name=FORGOTTEN.zh)
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(DeliveryRow)
        .where(DeliveryRow.address.in_(masks))
        .values(address="")
        .execution_options(synchronize_session=False)
    )
