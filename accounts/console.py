"""What is done at the console of the machine: nothing is forbidden there, and everything is written down."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from accounts import login, requests, units
from accounts.administration import require_username
from accounts.decisions import require_another_administrator
from accounts.operators import CONSOLE, note
from states.errors import BadData, Sentence
from states.vocabulary import Role
from states.vocabulary import name as name_of
from store import accounts, named_units, organisation, tokens, unit_posts

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from notifications.channels import Channels
    from store.database import Database

_OF_UNITS: Final = (Role.HEAD, Role.LIAISON)
_NO_UNIT: Final = Sentence(
    "“{role}”属于被检查单位，请写明单位（--unit）。", "A {role} belongs to a unit; name it (--unit)."
)


def add(  # whom, called what, in which role and unit, when
    database: Database, username: str, called: str, role: Role, unit: str, office: str, at: datetime
) -> None:
    """Add an account that can be used at once; a unit that is not there yet is made, at the top.

    Raises:
        BadData: the user name is taken or is none, or somebody of a unit would belong to the office.
        UnknownUnit: the unit is not known, and its name looks like another writing of one that is.
    """
    require_username(username)
    if not unit.strip() and role in _OF_UNITS:
        raise BadData(_NO_UNIT.fill(role=name_of(role)))
    with database.transaction() as session:
        unit_posts.ensure_office(session, office)
        row = organisation.ensure_unit(session, named_units.settled(session, unit, is_new=False) if unit else office)
        accounts.add_person(session, username, called or username, role, row.id)
        note(session, CONSOLE, "add", username, at, role.value)


def confirm(database: Database, username: str, at: datetime) -> None:
    """Release an account, where no security administrator can: the first one's own.

    Raises:
        NotFound: there is no such account.
    """
    with database.transaction() as session:
        accounts.confirm(session, username)
        requests.drop(session, username, CONSOLE.username, at)
        note(session, CONSOLE, "confirm", username, at)


def disable(database: Database, username: str, at: datetime) -> None:
    """Disable an account.

    Raises:
        NotFound: there is no such account.
        BadData: it is the last administrator's of its kind.
    """
    with database.transaction() as session:
        require_another_administrator(session, accounts.account(session, username))
        accounts.disable(session, username, at)
        requests.drop(session, username, CONSOLE.username, at)
        note(session, CONSOLE, "disable", username, at)


def give_password(database: Database, username: str, at: datetime) -> str:
    """Give somebody a one-time password and return it; whoever has it can use it at once.

    Raises:
        NotFound: there is no such account, or it is disabled.
    """
    password, password_hash = login.one_time_password()
    with database.transaction() as session:
        login.replace_password(session, username, password_hash, at, must_change=True)
        note(session, CONSOLE, "give_password", username, at)
    return password


def set_password(database: Database, username: str, password: str, at: datetime) -> None:
    """Let somebody log in with this password, and go on doing so: only in a sample, where nothing is to be guarded.

    Raises:
        NotFound: there is no such account, or it is disabled.
    """
    password_hash = login.hashed(password)
    with database.transaction() as session:
        login.replace_password(session, username, password_hash, at, must_change=False)
        note(session, CONSOLE, "give_password", username, at)


def give_token(  # whose, when, for what, for how long
    database: Database, username: str, at: datetime, *, name: str, scopes: Sequence[str], days: int
) -> str:
    """Make a token for somebody and return it.

    Raises:
        NotFound: there is no such account, or it may not act.
        BadData: a scope, the name or the number of days makes no sense, or there are too many tokens.
    """
    with database.transaction() as session:
        token = tokens.give(session, username, at, name=name, scopes=scopes, days=days)
        note(session, CONSOLE, "give_token", username, at, f"{' '.join(sorted(scopes))} {days} d")
    return token


def set_contacts(  # of which post, which ways, when
    database: Database, unit: str, post_name: str, ways: Sequence[str], channels: Channels, today: date, at: datetime
) -> int:
    """Say how a post is reached, each way as `mail:name@host`; return how many there are.

    Raises:
        NotFound: the unit has no such post.
        BadData: an address is none, or leads into this machine.
    """
    with database.reading() as session:
        post_id = unit_posts.find_post(session, unit, post_name)
    units.set_contacts(database, CONSOLE, post_id, ways, channels, today, at)
    return len(ways)


def everybody(database: Database) -> list[accounts.Person]:
    """Return everybody, by user name."""
    with database.reading() as session:
        return accounts.people(session)
