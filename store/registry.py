"""Units, posts, people and who holds what, read whole and written in bulk: what an import of people works on.

Everything is read once into tables by name; what is new is added to them and to the session, so that thousands of rows
ask the database nothing. The caller holds the one transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from states.names import is_another_writing, name_key
from store.named_units import NameKind
from store.organisation import kind_of, require_plain
from store.schema.accounts import PersonRow
from store.schema.organisation import UnitNameRow, UnitRow
from store.schema.posts import AppointmentKindRow, AppointmentRow, ContactRow, DeputyRow, PostRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

HELD_IN_FULL: Final = ""


@dataclass(slots=True)
class Registry:
    """All units, posts, people, appointments, addresses and deputies of an installation, as far as an import goes."""

    session: Session
    units: dict[str, UnitRow] = field(default_factory=dict)
    """By the key of every name that they are known by."""
    codes: dict[str, UnitRow] = field(default_factory=dict)
    posts: dict[tuple[int, str], PostRow] = field(default_factory=dict)
    people: dict[str, PersonRow] = field(default_factory=dict)
    called: dict[tuple[str, int], list[PersonRow]] = field(default_factory=dict)
    held: dict[int, list[AppointmentRow]] = field(default_factory=dict)
    ways: dict[tuple[str, int], list[tuple[str, str]]] = field(default_factory=dict)
    deputies: set[tuple[int, int]] = field(default_factory=set)
    _names: set[tuple[str, str]] = field(default_factory=set)
    _by_end: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, session: Session) -> Registry:
        """Read all of it. Whoever else wants to write units waits until the transaction ends."""
        found = cls(session)
        rows = list(session.scalars(select(UnitRow).order_by(UnitRow.id).with_for_update()))
        by_id = {row.id: row for row in rows}
        for row in rows:
            found._know(row, row.name)
        for name in session.scalars(select(UnitNameRow)):
            found._names.add((name.kind, name.name))
            unit = by_id[name.unit_id]
            if name.kind == NameKind.CODE:
                found.codes[name.name] = unit
            elif name.kind != NameKind.REGISTERED:
                found.units[name_key(name.name)] = unit
        for post in session.scalars(select(PostRow)):
            found.posts[post.unit_id, name_key(post.name)] = post
        for person in session.scalars(select(PersonRow)):
            found._know_person(person)
        for appointment in session.scalars(select(AppointmentRow).order_by(AppointmentRow.from_on, AppointmentRow.id)):
            found.held.setdefault(appointment.post_id, []).append(appointment)
        for contact in session.scalars(select(ContactRow).order_by(ContactRow.position)):
            whose = ("post", contact.post_id) if contact.post_id is not None else ("person", contact.person_id or 0)
            found.ways.setdefault(whose, []).append((contact.kind, contact.address))
        found.deputies = {(row.person_id, row.deputy_id) for row in session.scalars(select(DeputyRow))}
        return found

    def _know(self, unit: UnitRow, name: str) -> None:
        key = name_key(name)
        self.units.setdefault(key, unit)
        self._by_end.setdefault(key[-1:], []).append(name)

    def _know_person(self, person: PersonRow) -> None:
        self.people[person.username.lower()] = person
        self.called.setdefault((person.name, person.unit_id or 0), []).append(person)

    def name_of(self, person_id: int) -> str:
        """Return the name of the person with this id."""
        return self.session.get_one(PersonRow, person_id).name

    # --- units -------------------------------------------------------------------------------------------------------

    def unit(self, name: str) -> UnitRow | None:
        """Return the unit that is known by this name."""
        return self.units.get(name_key(name))

    def writings_of(self, name: str) -> list[str]:
        """Return the names of known units of which this looks like another writing."""
        return [known for known in self._by_end.get(name_key(name)[-1:], ()) if is_another_writing(name, known)]

    def add_unit(self, name: str, kind: str) -> UnitRow:
        """Add a unit at the top. It has an id after the next `flush`.

        Raises:
            BadData: the name has characters that nobody sees.
        """
        require_plain(name)
        row = UnitRow(name=name, kind=kind or kind_of(name), parent_id=None)
        self.session.add(row)
        self._know(row, name)
        return row

    def name_unit(self, unit: UnitRow, kind: NameKind, name: str) -> bool:
        """Let a unit be known by a name too; say whether that is new, or nothing if another unit has the name."""
        if (kind, name) in self._names:
            return False
        self._names.add((kind, name))
        self.session.add(UnitNameRow(unit_id=unit.id, kind=kind, name=name))
        if kind == NameKind.CODE:
            self.codes[name] = unit
        elif kind != NameKind.REGISTERED:
            self.units[name_key(name)] = unit
        return True

    def is_below(self, unit: UnitRow, other: UnitRow) -> bool:
        """Say whether a unit is another one, or stands below it."""
        by_id = {row.id: row for row in self.units.values()}
        above: UnitRow | None = unit
        while above is not None:
            if above is other:
                return True
            above = by_id.get(above.parent_id or 0)
        return False

    # --- posts, people -----------------------------------------------------------------------------------------------

    def post(self, unit: UnitRow, name: str) -> PostRow | None:
        """Return the post of this name in the unit."""
        return self.posts.get((unit.id, name_key(name)))

    def add_post(self, unit: UnitRow, name: str, role: str) -> PostRow:
        """Add a post. It has an id after the next `flush`.

        Raises:
            BadData: the name has characters that nobody sees.
        """
        require_plain(name)
        row = PostRow(unit_id=unit.id, name=name, role=role)
        self.session.add(row)
        self.posts[unit.id, name_key(name)] = row
        return row

    def namesakes(self, name: str, unit: UnitRow) -> Sequence[PersonRow]:
        """Return the people of the unit who are called so."""
        return self.called.get((name, unit.id), ())

    def add_person(self, username: str, name: str, role: str, unit: UnitRow) -> PersonRow:
        """Add somebody who may act, without a password. The person has an id after the next `flush`.

        Raises:
            BadData: a name has characters that nobody sees.
        """
        require_plain(username)
        require_plain(name)
        row = PersonRow(username=username, name=name, role=role, unit_id=unit.id, confirmed=True)
        self.session.add(row)
        self._know_person(row)
        return row

    def free_username(self) -> str:
        """Return a user name that nobody has: u00001 and so on."""
        number = len(self.people) + 1
        while f"u{number:05d}" in self.people:
            number += 1
        return f"u{number:05d}"

    # --- who holds what, and how it is reached -----------------------------------------------------------------------

    def appoint(
        self, post: PostRow, person: PersonRow, from_on: date, until_on: date | None
    ) -> tuple[AppointmentRow | None, int]:
        """Let somebody hold a post; return the appointment, or none and the id of who holds it in that time.

        Whoever holds it without an end, and began before, holds it until the day before. The same again does nothing:
        then neither is returned.
        """
        held = self.held.setdefault(post.id, [])
        for row in held:
            same = row.person_id == person.id and row.from_on == from_on
            if same or (row.person_id == person.id and row.until_on is None and until_on is None):
                return None, 0
        ending = [row for row in held if row.until_on is None and row.from_on < from_on]
        for row in held:
            ends_before = row.until_on is not None and row.until_on < from_on
            begins_after = until_on is not None and row.from_on > until_on
            if not ends_before and not begins_after and row not in ending:
                return None, row.person_id
        for row in ending:
            row.until_on = from_on.fromordinal(from_on.toordinal() - 1)
        new = AppointmentRow(post_id=post.id, person_id=person.id, from_on=from_on, until_on=until_on)
        self.session.add(new)
        held.append(new)
        return new, 0

    def hold_as(self, appointments: Iterable[tuple[AppointmentRow, str]]) -> None:
        """Note how posts are held that are not held in full; the appointments have ids."""
        self.session.add_all(
            AppointmentKindRow(appointment_id=row.id, kind=kind) for row, kind in appointments if kind != HELD_IN_FULL
        )

    def reach(self, of: str, id_: int, ways: Sequence[tuple[str, str]]) -> bool:
        """Add the ways by which a `post` or `person` is not reached yet, behind the others; say whether any was new."""
        known = self.ways.setdefault((of, id_), [])
        new = [way for way in dict.fromkeys(ways) if way not in known]
        for kind, address in new:
            post_id, person_id = (id_, None) if of == "post" else (None, id_)
            self.session.add(
                ContactRow(post_id=post_id, person_id=person_id, kind=kind, address=address, position=len(known))
            )
            known.append((kind, address))
        return bool(new)

    def let_stand_in(self, person: PersonRow, deputy: PersonRow, from_on: date) -> bool:
        """Let somebody stand in for another from this day on; say whether that is new."""
        if (person.id, deputy.id) in self.deputies:
            return False
        self.deputies.add((person.id, deputy.id))
        self.session.add(DeputyRow(person_id=person.id, deputy_id=deputy.id, from_on=from_on, until_on=None))
        return True


__all__ = ["HELD_IN_FULL", "Registry"]
