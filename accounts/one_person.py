"""One person on one form: account, appointments, addresses and who stands in (ADR 0054).

What lets somebody in, or changes what a person may do or see, is asked for here and decided by another administrator:
the account of somebody new cannot be used before, and changes take effect then. The name and the addresses, which grant
nothing, are entered at once, as the addresses of posts are.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts import login, requests, ways
from accounts.administration import require_username
from accounts.decisions import NOT_YOUR_OWN
from accounts.operators import LONGEST, NEEDED, SECURITY, SYSTEM, THREE, Operator, asked, did, note, require
from accounts.person_changes import WAYS_OF_HOLDING, ChangeRefused, NewAppointment, PersonChanges, carry_out, unit_id
from accounts.requests import PendingRequest, RequestKind
from states.errors import BadData, BadTerm, NotFound, NotPermitted, Sentence
from states.terms import parse_date
from states.vocabulary import Role
from store import accounts, organisation, person_record, unit_posts
from store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from notifications.channels import Channels
    from store.database import Database

ROLES: Final = tuple(role for role in Role if role not in THREE and role is not Role.SYSTEM)
"""The roles that the form knows; the three administrators are made at the page of accounts."""
_GIVEN: Final = Sentence("一次性口令（只显示这一次）：{password}。", "One-time password (shown only now): {password}.")
_SAVED_TOO: Final = Sentence("姓名、联系方式已保存。", "The name and the addresses are saved.")
_NOTHING: Final = Sentence("没有改动。", "Nothing was changed.")
_NO_WAY: Final = Sentence("请先保存联系方式。", "Save an address first.")
_A_DAY: Final = Sentence("请选择任职日期。", "Choose the day from which it is held.")
_A_ROLE: Final = Sentence("请选择角色。", "Choose a role.")
_TOGETHER: Final = Sentence("{first}{second}", "{first} {second}")


class _Tried(Exception):  # noqa: N818  # rolls a trial back; never leaves this module
    pass


class FormRefused(BadData):
    """What was typed cannot be taken; `fields` says by field what is wrong, the first of them is the sentence."""

    def __init__(self, wrong: Mapping[str, Sentence]) -> None:
        """Say what is wrong, by field."""
        super().__init__(next(iter(wrong.values())))
        self.fields = dict(wrong)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnePerson:
    """Everything that the form of a person shows."""

    account: accounts.Account
    appointments: tuple[person_record.AppointmentHeld, ...]
    ways: tuple[tuple[str, str], ...]
    deputies: tuple[tuple[str, str], ...]
    messages: tuple[person_record.MessageToPerson, ...]
    requests: tuple[PendingRequest, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a form offers while one types: units with their other names, posts, people."""

    units: tuple[str, ...]
    posts: tuple[tuple[str, str], ...]
    people: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Typed:
    """What a form brings: `known` is the person as it was, `one_time` a password and its hash for somebody new."""

    name: str
    ways: list[tuple[str, str]]
    changes: PersonChanges
    known: OnePerson | None
    one_time: tuple[str, str]


def one_person(database: Database, username: str, today: date) -> OnePerson:
    """Return everything of one person.

    Raises:
        NotFound: there is no such account.
    """
    with database.reading() as session:
        account = accounts.account(session, username)
        id_ = accounts.person_id(session, username)
        return OnePerson(
            account=account,
            appointments=tuple(person_record.appointments_of(session, id_)),
            ways=tuple(person_record.ways_of(session, id_)),
            deputies=tuple(person_record.deputies_of(session, id_, today)),
            messages=tuple(person_record.messages_of(session, id_, today)),
            requests=tuple(
                one for one in requests.waiting(session) if one.kind is RequestKind.PERSON and one.about == username
            ),
        )


def posts_of_all(database: Database, today: date) -> dict[str, list[tuple[int, str, str]]]:
    """Return the posts that people hold today, each with its id, unit and name, by user names."""
    with database.reading() as session:
        return person_record.posts_held(session, today)


def choices(database: Database, today: date) -> Choices:
    """Return what there is to choose from."""
    with database.reading() as session:
        return Choices(
            units=tuple(unit.name for unit in organisation.unit_tree(session)),
            posts=tuple(dict.fromkeys((post.name, post.unit) for post in unit_posts.posts_listed(session, today))),
            people=tuple((one.username, one.name) for one in accounts.people(session) if not one.disabled),
        )


def enter(  # what was typed, of whom, by whom, when
    database: Database,
    who: Operator,
    username: str,
    form: Mapping[str, str],
    channels: Channels,
    today: date,
    at: datetime,
) -> tuple[str, Sentence]:
    """Enter somebody new (`username` empty) or change somebody; return the user name and what to say.

    Of a form: `name`, `username` of somebody new, `role`, `unit`; `held.0.unit`, `.post`, `.from_on`, `.until_on`,
    `.kind`, `.new` of new appointments; `ended.ID` of those that there are; `way.0.kind` and `.address`; `deputy`.

    Raises:
        NotPermitted: it is for the system administrator, or it is one's own account.
        FormRefused: something cannot be taken; nothing is changed then.
        NotFound: there is no such account.
    """
    require(who, "want_person", SYSTEM)
    if username and username == who.username:
        raise NotPermitted(NOT_YOUR_OWN)
    known = one_person(database, username, today) if username else None
    wrong: dict[str, Sentence] = {}
    name = form.get("name", "").strip()
    if not name or len(name) > LONGEST:
        wrong["name"] = NEEDED.fill(what=Sentence("姓名", "name"), most=LONGEST)
    found_ways = _ways(database, form, known.ways if known is not None else (), channels, wrong)
    changes = _changes(form, known, wrong)
    login_name = username or form.get("username", "").strip()
    one_time = ("", "") if username else login.one_time_password()
    if not username:
        try:
            require_username(login_name)
        except BadData as problem:
            wrong["username"] = problem.sentence
    if wrong:
        raise FormRefused(wrong)
    try:
        _try(database, login_name, name, changes, today, is_new=known is None)
        with database.transaction() as session:
            typed = _Typed(name=name, ways=found_ways, changes=changes, known=known, one_time=one_time)
            return login_name, _written(session, who, login_name, typed, today, at)
    except ChangeRefused as refused:
        raise FormRefused({refused.field: refused.sentence}) from refused


def _changes(form: Mapping[str, str], known: OnePerson | None, wrong: dict[str, Sentence]) -> PersonChanges:
    """Return what of the form must be asked for; what cannot be read of it goes into `wrong`."""
    role, unit = form.get("role", ""), form.get("unit", "").strip()
    person = known.account.person if known is not None else None
    if person is not None and person.role not in ROLES:
        role = ""  # an administrator's role is changed at the page of accounts
    elif role not in ROLES:
        wrong["role"] = _A_ROLE
    if not unit and person is None:
        wrong["unit"] = NEEDED.fill(what=Sentence("单位", "unit"), most=LONGEST)
    held = [one for place in range(ways.MOST_ROWS) if (one := _appointment(form, place, wrong)) is not None]
    ended = []
    for there in known.appointments if known is not None else ():
        text = form.get(f"ended.{there.id}")
        if text is not None and text != (there.until_on.isoformat() if there.until_on else ""):
            if text and _day(text) is None:
                wrong[f"ended.{there.id}"] = _A_DAY
            ended.append((there.id, text))
    deputies = tuple(dict.fromkeys(part for part in form.get("deputy", "").replace("、", " ").split() if part))
    standing = tuple(username for username, _name in known.deputies) if known is not None else ()
    return PersonChanges(
        confirm=person is None,
        role="" if person is not None and role == person.role else role,
        unit="" if person is not None and unit in ("", person.unit) else unit,
        appointments=tuple(held),
        ended=tuple(ended),
        deputies=None if "deputy" not in form or deputies == standing else deputies,
    )


def _appointment(form: Mapping[str, str], place: int, wrong: dict[str, Sentence]) -> NewAppointment | None:
    unit, post, from_on, until_on, kind = (
        form.get(f"held.{place}.{part}", "").strip() for part in ("unit", "post", "from_on", "until_on", "kind")
    )
    if not post and not until_on:
        return None  # a row that nobody filled in; unit and day are offered in it
    for part, text, needed in (("from_on", from_on, True), ("until_on", until_on, False)):
        if (text or needed) and _day(text) is None:
            wrong[f"held.{place}.{part}"] = _A_DAY
    return NewAppointment(
        unit=unit,
        post=post,
        from_on=from_on,
        until_on=until_on,
        kind=kind if kind in WAYS_OF_HOLDING else "",
        is_new_post=form.get(f"held.{place}.new", "") == "1",
    )


def _day(text: str) -> date | None:
    try:
        return parse_date(text)
    except BadTerm:
        return None


def _ways(
    database: Database,
    form: Mapping[str, str],
    known: tuple[tuple[str, str], ...],
    channels: Channels,
    wrong: dict[str, Sentence],
) -> list[tuple[str, str]]:
    """Return the addresses of the form, each judged by itself so that each complaint stands at its own row."""
    found = {place: way for place, way in enumerate(ways.taken_over(ways.of_form(form), known)) if way is not None}
    for place, way in found.items():
        try:
            ways.require_usable(database, [way, *(other for at, other in found.items() if at != place)], channels)
        except BadData as problem:
            try:
                ways.require_usable(database, [way], channels)
            except BadData:
                wrong[f"way.{place}"] = problem.sentence
    return list(found.values())


def _try(database: Database, username: str, name: str, changes: PersonChanges, today: date, *, is_new: bool) -> None:
    """Do everything as if it were granted, and take it back: who asks hears at once what would be refused later."""
    with suppress(_Tried), database.transaction() as session:
        if is_new:
            added = unit_id(Registry.of(session), "unit", changes.unit)
            try:
                accounts.add_person(session, username, name, Role(changes.role), added, confirmed=False)
            except BadData as problem:
                raise ChangeRefused("username", problem.sentence) from problem
        carry_out(session, username, changes, today)
        raise _Tried


def _written(  # in whose transaction, by whom, of whom, what, on which day and when
    session: Session, who: Operator, username: str, typed: _Typed, today: date, at: datetime
) -> Sentence:
    said: Sentence | None = None
    changes, known = typed.changes, typed.known
    if known is None:
        unit = unit_id(Registry.of(session), "unit", changes.unit)
        accounts.add_person(session, username, typed.name, Role(changes.role), unit, confirmed=False)
        login.replace_password(session, username, typed.one_time[1], at, must_change=True)
    id_ = accounts.person_id(session, username)
    renamed = person_record.rename(session, id_, typed.name)
    if person_record.set_ways(session, id_, typed.ways) or renamed:
        did(session, who, "set_person", username, at, f"{len(typed.ways)}")
        said = _SAVED_TOO
    if changes:
        seen = requests.state_of(session, RequestKind.PERSON, username)
        content = {**changes.to_json(), "on": today.isoformat()}
        text = _summary(changes)
        requests.ask(session, RequestKind.PERSON, username, content, seen, who.username, SECURITY[0], at, to_text=text)
        note(session, who, "want_person", username, at, text)
        waits = asked("want_person", SECURITY[0])
        said = waits if said is None or known is None else _TOGETHER.fill(first=said, second=waits)
    if known is None:
        said = _TOGETHER.fill(first=said or _NOTHING, second=_GIVEN.fill(password=typed.one_time[0]))
    return said or _NOTHING


def _summary(changes: PersonChanges) -> str:
    """Return what is asked for in one line, for lists and the log; without any name."""
    parts = [changes.role, changes.unit]
    parts += [f"{one.unit} {one.post} {one.from_on}" for one in changes.appointments]
    parts += [f"#{id_} –{until}" for id_, until in changes.ended]
    return "；".join(part for part in parts if part)[:LONGEST]


def send_test(  # whose, by which of the ways, by whom, when
    database: Database, who: Operator, username: str, which: int, channels: Channels, today: date, at: datetime
) -> Sentence:
    """Send a message without any matter of a case to one address of a person.

    Raises:
        NotPermitted: it is for the system administrator.
        NotFound: there is no such account, or no such address.
        BadData: the message was not taken; the sentence says why.
    """
    require(who, "test_contact", SYSTEM)
    known = one_person(database, username, today)
    if not 0 <= which < len(known.ways):
        raise NotFound(_NO_WAY)
    return ways.send_test(database, who, username, known.ways[which], channels, at)
