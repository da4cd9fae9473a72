"""What the administrators do: permission, change and log of every act in one transaction.

The system administrator makes and asks, the security administrator decides, the audit administrator reads what both
did (GB/T 22239, separation of the three administrators). Whatever lets somebody in, changes what a person may do or
see, shuts a person out or moves a unit takes two people: one asks, another decides (`accounts.requests`). No page and
no command decides any of this; they pass on what was typed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts import login, requests
from accounts.decisions import NOT_YOUR_OWN, decide, require_another_administrator
from accounts.operators import (
    CONSOLE,
    LONGEST,
    NEEDED,
    PEOPLE,
    SECURITY,
    SYSTEM,
    Operator,
    asked,
    did,
    id_of,
    note,
    require,
    role_of,
    text_of,
)
from accounts.requests import OF_ACCOUNTS, PendingRequest, RequestKind
from states.errors import BadData, NotFound, NotPermitted, Sentence
from store import accounts, admin_log, login_attempts, organisation, second_factors, sessions, tokens

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from states.vocabulary import Role
    from store.database import Database

_USERNAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
_BAD_USERNAME: Final = Sentence(
    "用户名须以字母或数字开头，由字母、数字、点、横线组成，最多64位。",
    "A user name begins with a letter or digit and has at most 64 letters, digits, dots and dashes.",
)
_RESERVED: Final = frozenset({"system", CONSOLE.username})
_RESERVED_NAME: Final = Sentence(
    "用户名“{name}”由系统保留，请另取。", "The user name “{name}” is the system's own; choose another."
)
_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
_SAME_UNIT: Final = Sentence("用户“{name}”已在该单位。", "The user “{name}” belongs to that unit already.")
_GONE: Final = Sentence("用户“{name}”已停用。", "The user “{name}” is disabled.")
_ADDED: Final = Sentence(
    "已添加 {name}；一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用。",
    "Added {name}; one-time password (shown only now): {password}. The security administrator must confirm it first.",
)
_PASSWORD: Final = Sentence(
    "{name} 的一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用。",
    "One-time password of {name} (shown only now): {password}. The security administrator must confirm it first.",
)
_ENABLED: Final = Sentence(
    "已恢复 {name}；一次性口令（只显示这一次）：{password}。须经安全管理员确认后才能使用，原有令牌仍然无效。",
    "{name} is back; one-time password (shown only now): {password}. The security administrator must confirm it first;"
    " old tokens stay revoked.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountShown:
    """An account as the page of accounts shows it, with what waits about it, and until when an address is held up."""

    account: accounts.Account
    requests: tuple[PendingRequest, ...]
    held_until: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Everybody:
    """What the page of accounts shows: those that wait first."""

    accounts: tuple[AccountShown, ...]
    live_tokens: tuple[tokens.Token, ...]
    units: tuple[organisation.OrganisationUnit, ...]
    has_security: bool


def everybody(database: Database, at: datetime) -> Everybody:
    """Return all accounts, those about which something waits first, and all tokens that open something."""
    with database.reading() as session:
        found = accounts.accounts(session)
        waiting = requests.waiting(session)
        held = login_attempts.held_until(session, [one.person.username for one in found], at)
        live = tuple(token for token in tokens.of(session) if token.is_live(at))
        units = tuple(organisation.unit_tree(session))
    shown = [
        AccountShown(
            account=one,
            requests=tuple(
                waits for waits in waiting if waits.about == one.person.username and waits.kind in OF_ACCOUNTS
            ),
            held_until=max(
                (until for until in (one.locked_until, held.get(one.person.username)) if until), default=None
            ),
        )
        for one in found
    ]
    return Everybody(
        accounts=tuple(sorted(shown, key=lambda one: not one.requests)),
        live_tokens=live,
        units=units,
        has_security=any(one.person.role in SECURITY and one.confirmed and not one.person.disabled for one in found),
    )


def log(database: Database, *, before: int = 0, who: str = "", limit: int = 100) -> list[admin_log.AdminLogEntry]:
    """Return the latest entries of the log below id `before` (0: the very latest), newest first."""
    with database.reading() as session:
        return admin_log.read(session, before=before, who=who, limit=limit)


def change_account(database: Database, who: Operator, what: str, form: Mapping[str, str], at: datetime) -> Sentence:
    """Do one thing to one account, and write it down; return what to say of it.

    `form` holds what was typed: `username`, and beside it `name`, `role`, `unit`, the `id` of a token, or the number
    `request` of what is decided.

    Raises:
        NotPermitted: it is for another role to do, or it is one's own account.
        BadData: something is missing or makes no sense, or the last administrator of a kind would go.
        NotFound: there is no such account, role or unit.
        Conflict: what was decided has changed since it was shown.
    """
    if what in ("grant", "refuse"):
        return decide(database, who, form, at)
    roles, act = _ACCOUNT_ACTS.get(what, ((), None))
    if act is None:
        raise BadData(_NO_SUCH)
    require(who, what, roles)
    username = text_of(form, "username", "用户名", "user name")
    if username == who.username:
        raise NotPermitted(NOT_YOUR_OWN)
    # Before the transaction, because hashing takes time and nobody else can write meanwhile.
    one_time = login.one_time_password() if what in _WITH_PASSWORD else ("", "")
    with database.transaction() as session:
        return act(session, who, username, form, at, one_time)


def require_username(username: str) -> None:
    """Do nothing if somebody can be called so.

    Raises:
        BadData: it is no user name, or the one by which histories call the system or the console.
    """
    if not _USERNAME.fullmatch(username):
        raise BadData(_BAD_USERNAME)
    if username.lower() in _RESERVED:
        raise BadData(_RESERVED_NAME.fill(name=username))


def _add(  # as all account acts
    session: Session, who: Operator, username: str, form: Mapping[str, str], at: datetime, one_time: tuple[str, str]
) -> Sentence:
    require_username(username)
    called, role, unit = text_of(form, "name", "姓名", "name"), role_of(form), form.get("unit", "").strip()
    if unit not in {one.name for one in organisation.unit_tree(session)}:
        raise BadData(NEEDED.fill(what=Sentence("单位", "unit"), most=LONGEST))
    unit_id = organisation.unit_by_name(session, unit).id
    accounts.add_person(session, username, called, role, unit_id, confirmed=who.role is None)
    return _with_password(session, who, "add", username, at, one_time, _ADDED, f"{role.value} {unit}")


def _give_password(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, one_time: tuple[str, str]
) -> Sentence:
    return _with_password(session, who, "give_password", username, at, one_time, _PASSWORD)


def _enable(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, one_time: tuple[str, str]
) -> Sentence:
    accounts.enable(session, username)
    # The old password is nobody's any more: whoever comes back begins as one who is new.
    role = accounts.role_of(session, username)
    return _with_password(session, who, "enable", username, at, one_time, _ENABLED, role.value)


def _with_password(  # whose, by whom, as what it is logged, and how it is said
    session: Session,
    who: Operator,
    what: str,
    username: str,
    at: datetime,
    one_time: tuple[str, str],
    said: Sentence,
    detail: str = "",
) -> Sentence:
    """Give a one-time password to an account that can be used when the security administrator has confirmed it.

    Whoever could set a password and use it would be whoever he or she likes. At the console nobody confirms.
    """
    password, password_hash = one_time
    login.replace_password(session, username, password_hash, at, must_change=True)
    requests.drop(session, username, who.username, at)
    if who.role is not None:
        require_another_administrator(session, accounts.account(session, username))
        accounts.withhold(session, username)
        seen = requests.state_of(session, RequestKind.ACCOUNT, username)
        requests.ask(session, RequestKind.ACCOUNT, username, None, seen, who.username, SECURITY[0], at)
    note(session, who, what, username, at, detail)
    return said.fill(name=username, password=password)


def _want_role(  # as all account acts
    session: Session, who: Operator, username: str, form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    role = role_of(form)
    if accounts.person(session, username).role is not role:
        require_another_administrator(session, accounts.account(session, username))
    seen = requests.state_of(session, RequestKind.ROLE, username)
    requests.ask(session, RequestKind.ROLE, username, role.value, seen, who.username, SECURITY[0], at)
    note(session, who, "want_role", username, at, role.value)
    return asked("want_role", SECURITY[0])


def _want_unit(  # as all account acts
    session: Session, who: Operator, username: str, form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    person = accounts.person(session, username)
    unit = organisation.unit_by_name(session, text_of(form, "unit", "单位", "unit"))
    if unit.id == person.unit_id:
        raise BadData(_SAME_UNIT.fill(name=username))
    seen = requests.state_of(session, RequestKind.UNIT, username)
    requests.ask(session, RequestKind.UNIT, username, unit.id, seen, who.username, SECURITY[0], at, to_text=unit.name)
    note(session, who, "want_unit", username, at, unit.name)
    return asked("want_unit", SECURITY[0])


def _want_disable(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    account = accounts.account(session, username)
    if account.person.disabled:
        raise NotFound(_GONE.fill(name=username))
    require_another_administrator(session, account)
    approver = SECURITY[0] if who.role in SYSTEM else SYSTEM[0]
    seen = requests.state_of(session, RequestKind.DISABLING, username)
    requests.ask(session, RequestKind.DISABLING, username, None, seen, who.username, approver, at)
    note(session, who, "want_disable", username, at)
    return asked("want_disable", approver)


def _unlock(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    accounts.unlock(session, username)
    login_attempts.forget(session, username)
    return did(session, who, "unlock", username, at)


def _end_sessions(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    accounts.person_id(session, username)
    sessions.end_all(session, username)
    return did(session, who, "end_sessions", username, at)


def _drop_factor(  # as all account acts
    session: Session, who: Operator, username: str, _form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    second_factors.forget(session, username)
    sessions.end_all(session, username)
    return did(session, who, "drop_factor", username, at)


def _revoke_token(  # as all account acts
    session: Session, who: Operator, username: str, form: Mapping[str, str], at: datetime, _one_time: tuple[str, str]
) -> Sentence:
    tokens.revoke(session, id_of(form, "id"), username, at)
    return did(session, who, "revoke_token", username, at, str(id_of(form, "id")))


if TYPE_CHECKING:
    _AccountAct = Callable[[Session, Operator, str, Mapping[str, str], datetime, tuple[str, str]], Sentence]

_ACCOUNT_ACTS: Final[dict[str, tuple[tuple[Role, ...], _AccountAct]]] = {
    "add": (SYSTEM, _add),
    "enable": (SYSTEM, _enable),
    "give_password": (SYSTEM, _give_password),
    "want_role": (SYSTEM, _want_role),
    "want_unit": (SYSTEM, _want_unit),
    "want_disable": (PEOPLE, _want_disable),
    "unlock": (SECURITY, _unlock),
    "end_sessions": (SECURITY, _end_sessions),
    "drop_factor": (SECURITY, _drop_factor),
    "revoke_token": (SECURITY, _revoke_token),
}
"""Who does what to an account; what changes what it may do is only asked for here."""
_WITH_PASSWORD: Final = frozenset({"add", "enable", "give_password"})
