"""The first day of an installation: a one-time code, whoever has it, and the three administrators.

Whoever has the code sits at the machine or was told it by who does, and may do what the console may, until the set-up
is finished or a week is over. The code is used once; its session is a secret of its own. Both stand in the database as
hashes only.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from hmac import compare_digest
from typing import TYPE_CHECKING, Final

from accounts import login
from accounts.administration import require_username
from accounts.operators import CONSOLE, LONGEST, NEEDED, note
from notifications.addresses import masked
from states.errors import BadData, Refused, Sentence
from states.vocabulary import Role
from states.vocabulary import name as name_of
from store import accounts, contacts, installation, unit_posts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from store.database import Database

CODE, SESSION, UNTIL, DONE = "setup_code", "setup_session", "setup_until", "setup_done"
VALID: Final = timedelta(days=7)
ADMINISTRATORS: Final = (Role.ADMINISTRATOR, Role.SECURITY_ADMINISTRATOR, Role.AUDIT_ADMINISTRATOR)
OFFICE_REACHED: Final = (Role.HANDLER.value, Role.DIRECTOR.value)
"""Whose posts of the office a robot of the first day reaches."""
MOST_LOGINS: Final = 20
"""So many people of the office get a password on the first day; the others get theirs at the page of accounts."""
_WRONG_CODE: Final = Sentence(
    "设置码不对，或者已经用过、已经过期。请看启动时打印的地址；已有系统管理员的，请直接登录。",
    "The set-up code is wrong, used or over. See the address printed at the start; who has an account logs in.",
)
_SAME_NAME: Final = Sentence(
    "三个用户名不能相同：三员由三人担任。", "The three need three user names: they are three people."
)
_DONE_BEFORE: Final = Sentence("三员账号已经设置过。", "The three administrators are there already.")


class SetupStep(StrEnum):
    """The steps of the first day, in their order."""

    OFFICE = "office"
    ADMINISTRATORS = "administrators"
    CHANNELS = "channels"
    PEOPLE = "people"
    LEDGER = "ledger"
    CALENDAR = "calendar"


@dataclass(frozen=True, slots=True, kw_only=True)
class NewLogin:
    """An account with its one-time password, to be shown once."""

    username: str
    name: str
    role: Role
    password: str


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()


def begin(database: Database, at: datetime) -> str:
    """Make the one-time code of a new installation; return it, for whoever sits at the machine."""
    code = secrets.token_urlsafe(18)
    with database.transaction() as session:
        known = {CODE: _hashed(code), SESSION: "", UNTIL: (at + VALID).isoformat(), DONE: ""}
        installation.adopt(session, known)
        note(session, CONSOLE, "begin_setup", "—", at)
    return code


def require_code(database: Database, code: str, at: datetime) -> None:
    """Do nothing if this code would be taken now; it is not used up by being shown.

    Raises:
        Refused: it is wrong, used, or over.
    """
    with database.reading() as session:
        _require_code(installation.settings_of(session), code, at)


def _require_code(known: dict[str, str], code: str, at: datetime) -> None:
    if not known.get(CODE) or not _is_in_time(known, at) or not compare_digest(known[CODE], _hashed(code)):
        raise Refused(_WRONG_CODE)


def redeem(database: Database, code: str, at: datetime) -> str:
    """Take the code, once; return the secret of the session that it opens.

    Raises:
        Refused: it is wrong, used, or over.
    """
    token = secrets.token_urlsafe(24)
    with database.transaction() as session:
        _require_code(installation.settings_of(session, to_change=True), code, at)
        installation.adopt(session, {CODE: "", SESSION: _hashed(token)})
    return token


def is_open(database: Database, token: str, at: datetime) -> bool:
    """Say whether this is the session that the code opened, and it is not over."""
    if not token:
        return False
    with database.reading() as session:
        known = installation.settings_of(session)
    kept = known.get(SESSION, "")
    return bool(kept) and _is_in_time(known, at) and compare_digest(kept, _hashed(token))


def _is_in_time(known: dict[str, str], at: datetime) -> bool:
    return bool(known.get(UNTIL)) and at <= datetime.fromisoformat(known[UNTIL])


def steps_done(database: Database) -> frozenset[SetupStep]:
    """Return which steps were done, or left out by who did the others."""
    with database.reading() as session:
        return _steps(session)


def _steps(session: Session) -> frozenset[SetupStep]:
    return frozenset(map(SetupStep, installation.settings_of(session).get(DONE, "").split()))


def mark(database: Database, step: SetupStep) -> None:
    """Note that a step is done, or was left out."""
    with database.transaction() as session:
        mark_in(session, step)


def mark_in(session: Session, step: SetupStep) -> None:
    """Note the same in a transaction of the caller's."""
    done = [one.value for one in SetupStep if one in {*_steps(session), step}]
    installation.adopt(session, {DONE: " ".join(done)})


def reach_office(database: Database, office: str, way: tuple[str, str], at: datetime) -> None:
    """Let the posts of the office that work on cases be reached by this robot or address too, behind what they have."""
    with database.transaction() as session:
        office_id = unit_posts.ensure_office(session, office)
        posts = unit_posts.posts_of(session, [], office_id)
        for role in OFFICE_REACHED:
            for post_id in posts.of(role, office_id, 0):
                known = list(unit_posts.post_by_id(session, post_id, at.date()).ways)
                if way not in known:
                    contacts.set_contacts(session, post_id, [*known, way])
        note(session, CONSOLE, "set_contacts", office, at, f"{way[0]}:{masked(way[1])}")


def finish(database: Database, at: datetime) -> None:
    """End the session of the code: from now on whoever does something logs in."""
    with database.transaction() as session:
        installation.adopt(session, {CODE: "", SESSION: ""})
        note(session, CONSOLE, "finish_setup", "—", at)


def make_administrators(
    database: Database, office: str, wanted: Sequence[tuple[Role, str, str]], at: datetime
) -> list[NewLogin]:
    """Make the three administrators, each with a one-time password; the first start's own account is disabled.

    `wanted` is role, user name and name of each.

    Raises:
        BadData: a name is missing, taken or no user name, two are the same, or they are there already.
    """
    usernames = [username for _role, username, _name in wanted]
    for role, username, called in wanted:
        if not username or not called or len(called) > LONGEST:
            raise BadData(NEEDED.fill(what=name_of(role), most=LONGEST))
        require_username(username)
    if len({username.lower() for username in usernames}) != len(usernames):
        raise BadData(_SAME_NAME)
    passwords = [login.one_time_password() for _ in wanted]
    with database.transaction() as session:
        installation.settings_of(session, to_change=True)  # a second visitor waits here, and then sees the first's
        if SetupStep.ADMINISTRATORS in _steps(session):
            raise BadData(_DONE_BEFORE)
        office_id = unit_posts.ensure_office(session, office)
        for (role, username, called), (_password, hash_) in zip(wanted, passwords, strict=True):
            accounts.add_person(session, username, called, role, office_id)
            login.replace_password(session, username, hash_, at, must_change=True)
            note(session, CONSOLE, "add", username, at, role.value)
        first = [one for one in accounts.accounts(session) if one.person.username == login.FIRST_USER]
        # Whoever logged in with it already goes on with the account, which then is one more system administrator's.
        if first and first[0].person.must_change and login.FIRST_USER not in usernames:
            accounts.disable(session, login.FIRST_USER, at)
            note(session, CONSOLE, "disable", login.FIRST_USER, at)
        mark_in(session, SetupStep.ADMINISTRATORS)
    made = zip(wanted, passwords, strict=True)
    return [
        NewLogin(username=username, name=called, role=role, password=password)
        for (role, username, called), (password, _hash) in made
    ]


def give_passwords(database: Database, roles: frozenset[Role], at: datetime) -> list[NewLogin]:
    """Give everybody in these roles who has no password yet a one-time one, up to `MOST_LOGINS`; return them."""
    with database.reading() as session:
        waiting = [
            one.person
            for one in accounts.accounts(session)
            if one.person.role in roles and not one.has_password and not one.person.disabled
        ][:MOST_LOGINS]
    made = []
    for person in waiting:
        password, hash_ = login.one_time_password()
        with database.transaction() as session:
            login.replace_password(session, person.username, hash_, at, must_change=True)
            note(session, CONSOLE, "give_password", person.username, at)
        made.append(NewLogin(username=person.username, name=person.name, role=person.role, password=password))
    return made
