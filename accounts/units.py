"""Units, posts and how posts are reached: what the system administrator asks for or does to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from accounts import requests, ways
from accounts.decisions import decide
from accounts.operators import (
    SECURITY,
    SYSTEM,
    UNIT_KINDS,
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
from notifications.addresses import masked
from states.errors import BadData, NotFound, Sentence
from store import accounts, contacts, message_holders, named_units, organisation, unit_posts
from store.named_units import NameKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from notifications.channels import Channels
    from store.database import Database
    from store.message_holders import DeliveryAttempt

_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")
_SAME_PLACE: Final = Sentence("“{name}”的上级单位没有变化。", "“{name}” stands there already.")
_SAME_UNIT: Final = Sentence("请选择两个不同的单位。", "Choose two units.")
_NO_WAY: Final = Sentence("请先保存联系方式。", "Save a contact first.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Organisation:
    """What the page of units shows."""

    units: tuple[organisation.OrganisationUnit, ...]
    posts: tuple[unit_posts.Post, ...]
    requests: tuple[PendingRequest, ...]
    names: Mapping[int, tuple[tuple[str, str], ...]]
    """The other names of units, each with its kind, by the ids of the units."""
    people: Mapping[str, str]
    """What the people are called, by their user names."""


def tree(database: Database, today: date) -> Organisation:
    """Return all units and posts, and what waits about them."""
    with database.reading() as session:
        return Organisation(
            units=tuple(organisation.unit_tree(session)),
            posts=tuple(unit_posts.posts_listed(session, today)),
            requests=tuple(
                one for one in requests.waiting(session) if one.kind not in {*OF_ACCOUNTS, RequestKind.PEOPLE}
            ),
            names=named_units.others_of(session),
            people={one.person.username: one.person.name for one in accounts.accounts(session)},
        )


def post(database: Database, post_id: int, today: date) -> tuple[unit_posts.Post, list[accounts.Person]]:
    """Return one post, and who could hold it.

    Raises:
        NotFound: there is no such post.
    """
    with database.reading() as session:
        found = unit_posts.post_by_id(session, post_id, today)
        return found, [one.person for one in accounts.accounts(session) if not one.person.disabled]


def attempts(database: Database, post_id: int) -> list[DeliveryAttempt]:
    """Return the latest attempts to reach a post, the newest first."""
    with database.reading() as session:
        return message_holders.attempts_of_post(session, post_id)


def change_unit(database: Database, who: Operator, what: str, form: Mapping[str, str], at: datetime) -> Sentence:
    """Ask for a new unit or another place of one, add a post, or decide what was asked for; write it down.

    Raises:
        NotPermitted, GuardRefused, Conflict: as `decide`.
        BadData: something is missing or makes no sense.
        NotFound: there is no such unit.
    """
    if what in ("grant", "refuse"):
        return decide(database, who, form, at)
    if what not in ("want_add_unit", "want_place_unit", "want_merge_unit", "name_unit", "add_post"):
        raise BadData(_NO_SUCH)
    require(who, what, SYSTEM)
    with database.transaction() as session:
        if what == "add_post":
            role, name = role_of(form), text_of(form, "name", "职务名称", "name of the post")
            unit = organisation.unit_by_id(session, id_of(form, "unit"))
            unit_posts.ensure_post(session, unit.id, name, role.value)
            return did(session, who, what, f"{unit.name} {name}", at)
        if what == "name_unit":
            return _name(session, who, form, at)
        if what == "want_merge_unit":
            return _want_merging(session, who, form, at)
        above = organisation.unit_by_id(session, id_of(form, "parent")) if id_of(form, "parent") else None
        to: Any
        above_id, above_name = (above.id, above.name) if above is not None else (None, "—")
        if what == "want_add_unit":
            about, kind = text_of(form, "name", "单位名称", "name of the unit"), form.get("kind", "")
            wanted, to = RequestKind.NEW_UNIT, {"kind": kind if kind in UNIT_KINDS else "", "parent": above_id}
            organisation.require_new(session, about)
        else:
            unit = organisation.unit_by_id(session, id_of(form, "unit"))
            about, wanted, to = unit.name, RequestKind.PLACING, above_id
            organisation.require_place(session, unit.id, above_id)
            if unit.parent_id == above_id:
                raise BadData(_SAME_PLACE.fill(name=about))
        seen = requests.state_of(session, wanted, about)
        requests.ask(session, wanted, about, to, seen, who.username, SECURITY[0], at, to_text=above_name)
        note(session, who, what, about, at, above_name)
    return asked(what, SECURITY[0])


def _name(session: Session, who: Operator, form: Mapping[str, str], at: datetime) -> Sentence:
    """Let a unit be known by an alias or an earlier name too."""
    name = text_of(form, "name", "别名或曾用名", "other name")
    unit = organisation.unit_by_id(session, id_of(form, "unit"))
    is_earlier = form.get("kind", "") == NameKind.EARLIER
    named_units.note(session, unit.id, NameKind.EARLIER if is_earlier else NameKind.ALIAS, name)
    return did(session, who, "name_unit", unit.name, at, name)


def _want_merging(session: Session, who: Operator, form: Mapping[str, str], at: datetime) -> Sentence:
    """Ask that a unit be one with another: its names mean the other, and its cases are seen from there."""
    unit = organisation.unit_by_id(session, id_of(form, "unit"))
    into = organisation.unit_by_id(session, id_of(form, "parent"))
    if unit.id == into.id:
        raise BadData(_SAME_UNIT)
    organisation.require_place(session, unit.id, into.id)
    wanted = RequestKind.MERGING
    seen = requests.state_of(session, wanted, unit.name)
    requests.ask(session, wanted, unit.name, into.id, seen, who.username, SECURITY[0], at, to_text=into.name)
    note(session, who, "want_merge_unit", unit.name, at, into.name)
    return asked("want_merge_unit", SECURITY[0])


def want_appointment(  # who, which post, whom, from which day, when
    database: Database, who: Operator, post_id: int, username: str, on: date, at: datetime
) -> Sentence:
    """Ask that somebody hold a post from this day on, inclusive; who held it before holds it until the day before.

    Raises:
        NotPermitted: it is for the system administrator.
        NotFound: there is no such post, or no such person who may act.
    """
    require(who, "want_appoint", SYSTEM)
    with database.transaction() as session:
        held = unit_posts.post_by_id(session, post_id, on)
        person = accounts.person(session, username)
        about, text = f"{held.unit} {held.name}", f"{person.username} {on.isoformat()}"
        to = {"post": held.id, "username": person.username, "on": on.isoformat()}
        requests.ask(session, RequestKind.APPOINTMENT, about, to, None, who.username, SECURITY[0], at, to_text=text)
        note(session, who, "want_appoint", about, at, text)
    return asked("want_appoint", SECURITY[0])


def set_contacts(  # who, which post, how it is reached, when
    database: Database,
    who: Operator,
    post_id: int,
    typed_ways: Sequence[str],
    channels: Channels,
    today: date,
    at: datetime,
) -> Sentence:
    """Say how a post is reached, as `mail:name@host`, in the order in which the ways are tried.

    Raises:
        NotPermitted: it is for the system administrator.
        BadData: an address is none, or leads into this machine.
        NotFound: there is no such post.
    """
    require(who, "set_contacts", SYSTEM)
    with database.reading() as session:
        known = unit_posts.post_by_id(session, post_id, today).ways
    found = [way for way in ways.taken_over(typed_ways, known) if way is not None]
    ways.require_usable(database, found, channels)
    with database.transaction() as session:
        held = unit_posts.post_by_id(session, post_id, today)
        contacts.set_contacts(session, held.id, found)
        told = " ".join(f"{kind}:{masked(to)}" for kind, to in found)
        return did(session, who, "set_contacts", f"{held.unit} {held.name}", at, told)


def send_test(  # who, to which post, by which of its ways, when
    database: Database, who: Operator, post_id: int, which: int, channels: Channels, today: date, at: datetime
) -> Sentence:
    """Send a message without any matter of a case to one address of a post.

    Raises:
        NotPermitted: it is for the system administrator.
        NotFound: there is no such post, or it has no such way.
        BadData: the message was not taken; the sentence says why.
    """
    require(who, "test_contact", SYSTEM)
    with database.reading() as session:
        held = unit_posts.post_by_id(session, post_id, today)
    if not 0 <= which < len(held.ways):
        raise NotFound(_NO_WAY)
    return ways.send_test(database, who, f"{held.unit} {held.name}", held.ways[which], channels, at)


def note_calendar(database: Database, who: Operator, name: str, hash_: str, at: datetime) -> None:
    """Write down that a notice was imported."""
    with database.transaction() as session:
        note(session, who, "import_calendar", name, at, hash_)
