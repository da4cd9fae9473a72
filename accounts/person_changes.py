"""What is asked for of one person, and carried out when another administrator grants it: one list, one transaction.

A list holds what lets somebody in, or widens or narrows what he or she may do or see: role, unit, appointments, who
stands in. It names people by user names only, because a request is kept for ever (ADR 0054).
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from states.errors import BadData, Problem, Sentence
from states.vocabulary import Role
from store import accounts, person_record
from store.registry import HELD_IN_FULL, Registry

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from accounts.requests import PendingRequest

WAYS_OF_HOLDING: Final = {
    HELD_IN_FULL: Sentence("任职", "in full"),
    "presiding": Sentence("主持", "presiding"),
    "acting": Sentence("代理", "acting"),
}
"""How a post is held: in full, 主持工作 or 代理 (`AppointmentKindRow`)."""
_NO_UNIT: Final = Sentence(
    "没有“{name}”这个单位，请从列表里选；新单位请先在“单位、职务”页面登记。",
    "There is no unit “{name}”; choose one of the list, or enter it at the units first.",
)
_NO_POST: Final = Sentence(
    "“{unit}”没有“{post}”这个职务，请从列表里选；确是新职务，请勾选“新职务”。",
    "“{unit}” has no post “{post}”; choose one, or tick that it is new.",
)
_HELD_BY: Final = Sentence(
    "该职务在此期间已由{name}担任，请核对日期。", "{name} holds the post in that time; check the days."
)
_ENDS_FIRST: Final = Sentence("离任日期早于任职日期。", "It ends before it begins.")
_NO_DEPUTY: Final = Sentence(
    "找不到代办人“{name}”，请写用户名。", "There is no “{name}” to stand in; give a user name."
)
_NOT_ONESELF: Final = Sentence("本人不能代办自己。", "Nobody stands in for himself or herself.")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAppointment:
    """An appointment to be made: days as ISO dates, `until_on` empty while it lasts; `is_new_post` makes the post."""

    unit: str
    post: str
    from_on: str
    until_on: str = ""
    kind: str = HELD_IN_FULL
    is_new_post: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonChanges:
    """What is asked for; what stays as it is, is empty.

    `ended` are the days on which appointments end, by their ids: an empty day lets one last on. `deputies` are the user
    names of all who stand in from now on; none at all leaves them as they are.
    """

    confirm: bool = False
    role: str = ""
    unit: str = ""
    appointments: tuple[NewAppointment, ...] = ()
    ended: tuple[tuple[int, str], ...] = ()
    deputies: tuple[str, ...] | None = None

    def __bool__(self) -> bool:
        """Say whether anything is asked for."""
        return self != PersonChanges()

    def to_json(self) -> dict[str, Any]:
        """Return it as a request keeps it."""
        return asdict(self)

    @classmethod
    def of_json(cls, kept: Mapping[str, Any]) -> PersonChanges:
        """Return what a request holds."""
        known = {one.name for one in fields(cls)}
        return cls(
            **{name: value for name, value in kept.items() if name in known - {"appointments", "ended", "deputies"}},
            appointments=tuple(NewAppointment(**one) for one in kept.get("appointments", ())),
            ended=tuple((int(id_), str(day)) for id_, day in kept.get("ended", ())),
            deputies=None if kept.get("deputies") is None else tuple(kept["deputies"]),
        )


class ChangeRefused(BadData):
    """Something that is asked for cannot be; `field` is where it stands on the form."""

    def __init__(self, field: str, sentence: Sentence) -> None:
        """Say what is wrong, and where."""
        super().__init__(sentence)
        self.field = field


def granted(session: Session, taken: PendingRequest) -> str:
    """Do what a request asks for that was granted; return what the log says of it."""
    carry_out(session, taken.about, PersonChanges.of_json(taken.to), date.fromisoformat(taken.to["on"]))
    return taken.to_text


def carry_out(session: Session, username: str, wanted: PersonChanges, today: date) -> None:
    """Do what is asked for.

    Raises:
        ChangeRefused: a unit, post or person is not there, or the days do not fit; nothing is to be kept then.
        NotFound: there is no such account.
    """
    person_id = accounts.person_id(session, username)
    registry = Registry.of(session)
    if wanted.confirm:
        accounts.confirm(session, username)
    if wanted.role:
        accounts.set_role(session, username, Role(wanted.role))
    if wanted.unit:
        accounts.set_unit(session, username, unit_id(registry, "unit", wanted.unit))
    for id_, until in wanted.ended:
        try:
            person_record.end_appointment(session, person_id, id_, date.fromisoformat(until) if until else None)
        except Problem as problem:
            raise ChangeRefused(f"ended.{id_}", problem.sentence) from problem
    session.flush()
    role = wanted.role or accounts.role_of(session, username).value
    for place, one in enumerate(wanted.appointments):
        _appoint(registry, username, one, role, place)
    if wanted.deputies is not None:
        ids = [deputy_id(registry, username, text) for text in wanted.deputies]
        person_record.set_deputies(session, person_id, ids, today)
    session.flush()


def unit_id(registry: Registry, field: str, name: str) -> int:
    """Return the id of the unit that is known by this name.

    Raises:
        ChangeRefused: there is none.
    """
    unit = registry.unit(name) if name else None
    if unit is None:
        raise ChangeRefused(field, _NO_UNIT.fill(name=name))
    return unit.id


def deputy_id(registry: Registry, username: str, text: str) -> int:
    """Return the id of who is called so by user name.

    Raises:
        ChangeRefused: there is nobody, or it is the person himself or herself.
    """
    deputy = registry.people.get(text.lower())
    if deputy is None or deputy.disabled_at is not None:
        raise ChangeRefused("deputy", _NO_DEPUTY.fill(name=text))
    if deputy.username == username:
        raise ChangeRefused("deputy", _NOT_ONESELF)
    return deputy.id


def _appoint(registry: Registry, username: str, one: NewAppointment, role: str, place: int) -> None:
    unit = registry.unit(one.unit) if one.unit else None
    if unit is None:
        raise ChangeRefused(f"held.{place}.unit", _NO_UNIT.fill(name=one.unit))
    post = registry.post(unit, one.post) if one.post else None
    if post is None:
        if not one.is_new_post or not one.post:
            raise ChangeRefused(f"held.{place}.post", _NO_POST.fill(unit=unit.name, post=one.post))
        post = registry.add_post(unit, one.post, role)
        registry.session.flush()
    person = registry.people[username.lower()]
    from_on = date.fromisoformat(one.from_on)
    until_on = date.fromisoformat(one.until_on) if one.until_on else None
    if until_on is not None and until_on < from_on:
        raise ChangeRefused(f"held.{place}.until_on", _ENDS_FIRST)
    made, other = registry.appoint(post, person, from_on, until_on)
    if other:
        holder = next(known.name for known in registry.people.values() if known.id == other)
        raise ChangeRefused(f"held.{place}.from_on", _HELD_BY.fill(name=holder))
    registry.session.flush()
    registry.hold_as([(made, one.kind)] if made is not None else [])
