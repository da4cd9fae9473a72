"""Who is in the sample: units as a tree, accounts, posts with their holders, and addresses that lead nowhere."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from accounts import console, requests, units
from accounts.operators import Operator
from states.case import Actor
from states.vocabulary import Role
from store import organisation, unit_posts

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from wiring.container import Office
    from wiring.sample.script import Member, Script

ASKS: Final = Operator("admin", Role.ADMINISTRATOR)
GRANTS: Final = Operator("security", Role.SECURITY_ADMINISTRATOR)
"""Who asks for units and appointments, and who grants them, as in a real office."""
_LIAISON, _HEAD = Role.LIAISON, Role.HEAD


@dataclass(frozen=True, slots=True)
class Login:
    """How somebody of the sample logs in."""

    username: str
    name: str
    role: Role
    unit: str
    password: str


class Staff:
    """The people of the sample, as those who act."""

    def __init__(self, office: Office, script: Script) -> None:
        """Find people by the words of the script."""
        self._office, self._script = office, script
        self._members: Mapping[str, Member] = {member.username: member for member in script.people}

    def actor(self, who: str, unit: str) -> Actor:
        """Return who acts: somebody of the office by user name, or the `head` or `liaison` of this unit."""
        if who in (_HEAD.value, _LIAISON.value):
            return Actor(user=self.username_of(unit, who), role=Role(who), unit=self._script.units[unit].name)
        member = self._members[who]
        return Actor(user=who, role=Role(member.role), unit=self._office.settings.office)

    def username_of(self, unit: str, role: str) -> str:
        """Return the user name of the head or liaison of a unit."""
        for member in self._script.people:
            if (member.unit, member.role) == (unit, role):
                return member.username
        return f"{unit}.{role}"


def employ(office: Office, script: Script, at: datetime) -> list[Login]:
    """Let units, accounts, posts and addresses be there; return the logins, whose passwords nothing keeps."""
    logins = [_hire(office, member, script, at) for member in script.people if not member.unit]
    for unit in script.units.values():
        above = script.units[unit.parent].name if unit.parent else ""
        _found_unit(office, unit.name, unit.kind, above, at)
        for post, role in ((unit.head, _HEAD), (unit.liaison, _LIAISON)):
            with office.database.reading() as session:
                id_ = organisation.unit_by_name(session, unit.name).id
            form = {"unit": str(id_), "name": post, "role": role.value}
            units.change_unit(office.database, ASKS, "add_post", form, at)
    logins += [_hire(office, member, script, at) for member in script.people if member.unit]
    _give_posts(office, script, at)
    return logins


def _hire(office: Office, member: Member, script: Script, at: datetime) -> Login:
    """Add an account with a password that can be used at once."""
    unit = script.units[member.unit].name if member.unit else office.settings.office
    console.add(office.database, member.username, member.name, Role(member.role), unit, office.settings.office, at)
    # Three kinds of letters, as a password has to have, and 48 random bits.
    password = f"Duban-{secrets.token_hex(6)}"
    console.set_password(office.database, member.username, password, at)
    return Login(member.username, member.name, Role(member.role), unit, password)


def _found_unit(office: Office, name: str, kind: str, above: str, at: datetime) -> None:
    with office.database.reading() as session:
        parent = organisation.unit_by_name(session, above).id if above else 0
    form = {"name": name, "kind": kind, "parent": str(parent or "")}
    units.change_unit(office.database, ASKS, "want_add_unit", form, at)
    _grant_all(office, at)


def leave_a_request(office: Office, script: Script, at: datetime) -> None:
    """Ask for something that nobody has granted yet, so that administrators have something to decide."""
    with office.database.reading() as session:
        above = organisation.unit_by_name(session, script.units[script.asked["above"]].name).id
    form = {"name": script.asked["unit"], "kind": script.asked["kind"], "parent": str(above)}
    units.change_unit(office.database, ASKS, "want_add_unit", form, at)


def _grant_all(office: Office, at: datetime) -> None:
    with office.database.reading() as session:
        waiting = requests.waiting(session)
    for request in waiting:
        form = {"request": str(request.id), "do": "grant"}
        units.change_unit(office.database, GRANTS, "grant", form, at)


def _give_posts(office: Office, script: Script, at: datetime) -> None:
    """Appoint the holder of every post that has one, and say how each post is reached."""
    staff = Staff(office, script)
    today = office.today(at)
    held = {
        (office.settings.office, member.holds): member.username
        for member in script.people
        if member.holds and not member.unit
    }
    for unit in script.units.values():
        for role, called in ((_HEAD, unit.head), (_LIAISON, unit.liaison)):
            username = staff.username_of(unit.key, role.value)
            if username not in {member.username for member in script.people}:
                console.add(office.database, username, called, role, unit.name, office.settings.office, at)
            held[unit.name, role.value] = username
    with office.database.reading() as session:
        posts = unit_posts.posts_listed(session, today)
    for post in posts:
        username = held.get((post.unit, post.role), "")
        if username:
            units.want_appointment(office.database, ASKS, post.id, username, today, at)
            _grant_all(office, at)
        way = f"mail:{script.contact.format(post=username or f'office-{post.role}')}"
        units.set_contacts(office.database, ASKS, post.id, [way], office.channels, today, at)


__all__ = ["Login", "Staff", "employ", "leave_a_request"]
