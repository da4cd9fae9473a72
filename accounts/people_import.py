"""Units, posts, people, appointments, addresses and deputies from one workbook; the same again changes nothing.

Rows do not depend on each other: one that is wrong is told with its cells and stops nothing; what of it is right, such
as a post whose holder is in doubt, is entered. A role or a unit that an
account has already is never changed here, because each such change is asked for and decided by itself (ADR 0034).
"""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Final

from accounts.administration import require_username
from accounts.operators import LONGEST, Operator, note
from accounts.people_report import PeopleReport, PeopleRowOutcome
from accounts.people_words import HOLDING_BY_WORD, KINDS, ROLES, YES, several, way_of
from notifications.channels import check_address
from states.errors import BadData, BadLedger, Sentence
from states.vocabulary import Role
from store import unit_posts
from store.named_units import NameKind
from store.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from accounts.people_workbook import WrittenPeople, WrittenRow
    from notifications.channels import Channels
    from store.database import Database
    from store.schema.accounts import PersonRow
    from store.schema.organisation import UnitRow
    from store.schema.posts import AppointmentRow, PostRow

_MISSING: Final = Sentence("{cell} 请填写{what}。", "{cell}: fill in the {what}.")
_LONG: Final = Sentence("{cell} 太长（最多{most}字）。", "{cell} is too long (at most {most} characters).")
_UNIT: Final = Sentence("单位", "unit")
_POST: Final = Sentence("职务", "post")
_NO_UNIT: Final = Sentence("{cell} 没有“{name}”这个单位，请先在单位表登记。", "{cell}: there is no unit “{name}”.")
_NEAR: Final = Sentence(
    "{cell} “{name}”与已有的“{near}”相近：同一单位请改用已有名称或写入其别名；确是新单位，请在“确认新单位”填“是”。",
    "{cell}: “{name}” is like “{near}”: use that name, or enter this one as its alias; if it is new, confirm it.",
)
_CODE: Final = Sentence(
    "{cell} 代码“{code}”属于“{name}”：改名请把旧名写入曾用名。",
    "{cell}: the code “{code}” is that of “{name}”; after a renaming enter the old name as an earlier one.",
)
_NAME_TAKEN: Final = Sentence("{cell} 名称“{name}”属于“{unit}”。", "{cell}: the name “{name}” is that of “{unit}”.")
_ROUND: Final = Sentence("{cell} 上级单位不能是本单位或其下级。", "{cell}: a unit cannot stand below itself.")
_KIND: Final = Sentence("{cell} 没有“{text}”这种{what}。", "{cell}: there is no {what} “{text}”.")
_KIND_OF_UNIT: Final = Sentence("单位类别", "kind of unit")
_ROLE: Final = Sentence("角色", "role")
_HELD: Final = Sentence("任职方式", "way of holding a post")
_NAMESAKES: Final = Sentence(
    "{cell} 本单位有多人叫“{name}”，请填写用户名。",
    "{cell}: several people of the unit are called “{name}”; give a user name.",
)
_OTHER_PERSON: Final = Sentence(
    "{cell} 用户名“{username}”已属于{name}。", "{cell}: the user name “{username}” is that of {name}."
)
_STAYS: Final = Sentence(
    "账号“{username}”的{what}没有更改，请在账号页面申请。",
    "The {what} of “{username}” was not changed; ask for it at the accounts.",
)
_IS_HELD: Final = Sentence(
    "{cell} 该职务在此期间已由{name}担任，请核对日期。", "{cell}: {name} holds the post in that time; check the days."
)
_ORDER: Final = Sentence("{cell} 离任日期早于任职日期。", "{cell}: it ends before it begins.")
_NO_DEPUTY: Final = Sentence("{cell} 找不到代办人“{name}”。", "{cell}: there is no “{name}” to stand in.")
_MANY_UNITS: Final = Sentence(
    "单位表有{n}行，一次最多导入{most}行，请拆分后分别导入。",
    "The sheet of units has {n} rows; one import takes {most} at most. Split it.",
)
MOST_UNITS: Final = 3_000
"""So many rows of units are read at once: each new name is compared with all others."""
_NO_PERSON: Final = Sentence("{cell} 填了任职情况，但没有姓名。", "{cell}: how it is held is given, but not by whom.")


class _Previewed(Exception):  # noqa: N818  # rolls a preview back; never leaves this module
    pass


def import_people(  # what, by whom, how it is checked, on which day and when
    database: Database,
    written: WrittenPeople,
    who: Operator,
    channels: Channels,
    office: str,
    today: date,
    at: datetime,
    *,
    dry_run: bool,
) -> PeopleReport:
    """Enter what the workbook says, all rows that are right in one transaction; `dry_run` writes nothing.

    `office` is the name of the supervisory office's own unit; `today` begins appointments without a day.
    """
    report: PeopleReport | None = None
    with suppress(_Previewed), database.transaction() as session:
        report = entered(session, written, channels, office, today)
        if dry_run:
            raise _Previewed
        note_import(session, who, report, at)
    if report is None:
        raise AssertionError("a preview ends by rolling back, with its report")
    return report


def entered(session: Session, written: WrittenPeople, channels: Channels, office: str, today: date) -> PeopleReport:
    """Enter what the workbook says in a transaction of the caller's, as `import_people` does.

    Raises:
        BadLedger: it has more units than one import takes.
    """
    if len(written.units) > MOST_UNITS:
        raise BadLedger(_MANY_UNITS.fill(n=len(written.units), most=MOST_UNITS))
    unit_posts.ensure_office(session, office)
    return _PeopleImport(Registry.of(session), channels, today).report(written)


def note_import(session: Session, who: Operator, report: PeopleReport, at: datetime) -> None:
    """Write into the log of administration what an import has made."""
    made = " ".join(f"{what}={n}" for what, n in report.made.items() if n)
    note(session, who, "import_people", report.name, at, made)


class _PeopleImport:
    """One import: first the units, then posts and people, then what joins them; ids are there after each step."""

    def __init__(self, registry: Registry, channels: Channels, today: date) -> None:
        self.registry, self.channels, self.today = registry, channels, today
        self.made = dict.fromkeys(("units", "posts", "people", "appointments", "ways", "deputies"), 0)
        self.doubts: dict[tuple[str, int], list[Sentence]] = {}
        self.remarks: dict[tuple[str, int], list[Sentence]] = {}
        self.changed: set[tuple[str, int]] = set()

    def report(self, written: WrittenPeople) -> PeopleReport:
        """Do everything, and return what became of each row."""
        for row in (*written.units, *written.people):
            for doubt in row.doubts:
                self._doubt(row, doubt)
        self._units(written.units)
        self._people(written.people)
        rows = [
            *(self._outcome(row, row.text("unit")) for row in written.units),
            *(self._outcome(row, " ".join(map(row.text, ("unit", "post", "name"))).strip()) for row in written.people),
        ]
        return PeopleReport(name=written.name, rows=tuple(rows), made=self.made, ignored=written.ignored)

    def _outcome(self, row: WrittenRow, shown: str) -> PeopleRowOutcome:
        key = (row.sheet, row.row)
        doubts = self.doubts.get(key, [])
        outcome = "failed" if doubts else "new" if key in self.changed else "known"
        reasons = (*doubts, *self.remarks.get(key, ()))
        return PeopleRowOutcome(sheet=row.sheet, row=row.row, outcome=outcome, shown=shown, reasons=reasons)

    def _doubt(self, row: WrittenRow, sentence: Sentence) -> None:
        self.doubts.setdefault((row.sheet, row.row), []).append(sentence)

    def _say(self, row: WrittenRow, sentence: Sentence) -> None:
        self.remarks.setdefault((row.sheet, row.row), []).append(sentence)

    def _did(self, row: WrittenRow, what: str) -> None:
        self.made[what] += 1
        self.changed.add((row.sheet, row.row))

    def _is_right(self, row: WrittenRow) -> bool:
        return (row.sheet, row.row) not in self.doubts

    # --- units -------------------------------------------------------------------------------------------------------

    def _units(self, rows: Iterable[WrittenRow]) -> None:
        found = [(row, unit) for row in rows if (unit := self._unit(row)) is not None]
        self.registry.session.flush()
        for row, unit in found:
            self._place(row, unit)
            self._name(row, unit)
        self.registry.session.flush()

    def _unit(self, row: WrittenRow) -> UnitRow | None:
        name, registry = row.text("unit"), self.registry
        if not name or len(name) > LONGEST:
            said = _LONG.fill(most=LONGEST) if name else _MISSING.fill(what=_UNIT)
            self._doubt(row, said.fill(cell=row.cell("unit")))
            return None
        kind = row.text("kind")
        if kind and kind not in KINDS:
            self._doubt(row, _KIND.fill(cell=row.cell("kind"), text=kind, what=_KIND_OF_UNIT))
        unit = registry.unit(name)
        by_code = registry.codes.get(row.text("code"))
        if unit is None and by_code is not None and by_code.name not in several(row.text("earlier")):
            self._doubt(row, _CODE.fill(cell=row.cell("code"), code=row.text("code"), name=by_code.name))
        if unit is None and row.text("confirmed").lower() not in YES:
            own = {row.text("unit"), *several(row.text("earlier"))}
            near = [known for known in registry.writings_of(name) if known not in own]
            if near:
                self._doubt(row, _NEAR.fill(cell=row.cell("unit"), name=name, near="、".join(near[:3])))
        if not self._is_right(row):
            return None
        if unit is None:
            try:
                unit = registry.add_unit(name, KINDS.get(kind, ""))
            except BadData as problem:
                self._doubt(row, problem.sentence)
                return None
            self._did(row, "units")
        return unit

    def _place(self, row: WrittenRow, unit: UnitRow) -> None:
        above = row.text("parent")
        if not above:
            return
        parent = self.registry.unit(above)
        if parent is None:
            self._doubt(row, _NO_UNIT.fill(cell=row.cell("parent"), name=above))
        elif unit.parent_id != parent.id:
            if self.registry.is_below(parent, unit):
                self._doubt(row, _ROUND.fill(cell=row.cell("parent")))
                return
            unit.parent_id = parent.id
            self.changed.add((row.sheet, row.row))

    def _name(self, row: WrittenRow, unit: UnitRow) -> None:
        registry = self.registry
        registry.name_unit(unit, NameKind.REGISTERED, unit.name)
        names = [(NameKind.ALIAS, name) for name in several(row.text("aliases"))]
        names += [(NameKind.EARLIER, name) for name in several(row.text("earlier"))]
        for kind, name in names:
            owner = registry.unit(name)
            if owner is None:
                registry.name_unit(unit, kind, name)
                self.changed.add((row.sheet, row.row))
            elif owner is not unit and kind is NameKind.EARLIER and not registry.is_below(unit, owner):
                # Two units that are one: the old one's cases stay in its record, and are seen from the one above it.
                registry.name_unit(unit, NameKind.MERGED, owner.name)
                owner.parent_id = unit.id
                self.changed.add((row.sheet, row.row))
            elif owner is not unit:
                self._doubt(row, _NAME_TAKEN.fill(cell=row.cell("aliases"), name=name, unit=owner.name))
        code = row.text("code")
        if code and registry.codes.get(code) is not unit:
            if code in registry.codes and registry.codes[code].name not in several(row.text("earlier")):
                self._doubt(row, _CODE.fill(cell=row.cell("code"), code=code, name=registry.codes[code].name))
            elif registry.name_unit(unit, NameKind.CODE, code):
                self.changed.add((row.sheet, row.row))

    # --- posts and people --------------------------------------------------------------------------------------------

    def _people(self, rows: Iterable[WrittenRow]) -> None:
        right = [row for row in rows if self._is_right(row)]
        units = {id(row): unit for row in right if (unit := self._unit_of(row)) is not None}
        roles = {id(row): self._role(row) for row in right if id(row) in units}
        ways = {id(row): self._ways(row) for row in right if id(row) in units}
        right = [row for row in right if id(row) in units and self._is_right(row)]
        posts = {
            id(row): post for row in right if (post := self._post(row, units[id(row)], roles[id(row)])) is not None
        }
        self.registry.session.flush()
        right = [row for row in right if id(row) in posts]
        persons = {
            id(row): person
            for row in right
            if row.text("name") and (person := self._person(row, units[id(row)], posts[id(row)])) is not None
        }
        self.registry.session.flush()
        held: list[tuple[AppointmentRow, str]] = []
        for row in right:
            post, person = posts[id(row)], persons.get(id(row))
            own, theirs = ways[id(row)]
            if self.registry.reach("post", post.id, own):
                self._did(row, "ways")
            if person is not None:
                if self.registry.reach("person", person.id, theirs):
                    self._did(row, "ways")
                held += self._appointment(row, post, person)
        self.registry.session.flush()
        self.registry.hold_as(held)
        for row in right:
            if row.text("deputy") and id(row) in persons:
                self._deputy(row, units[id(row)], persons[id(row)])

    def _unit_of(self, row: WrittenRow) -> UnitRow | None:
        name = row.text("unit")
        unit = self.registry.unit(name) if name else None
        if unit is None:
            said = _NO_UNIT.fill(name=name) if name else _MISSING.fill(what=_UNIT)
            self._doubt(row, said.fill(cell=row.cell("unit")))
        if not row.text("post"):
            self._doubt(row, _MISSING.fill(cell=row.cell("post"), what=_POST))
        if row.text("held") not in HOLDING_BY_WORD:
            self._doubt(row, _KIND.fill(cell=row.cell("held"), text=row.text("held"), what=_HELD))
        if not row.text("name") and (row.text("username") or row.text("held") or row.days):
            self._doubt(row, _NO_PERSON.fill(cell=row.cell("name")))
        if any(len(row.text(field)) > LONGEST for field in ("post", "name", "username")):
            self._doubt(row, _LONG.fill(cell=row.cell("post"), most=LONGEST))
        return unit

    def _role(self, row: WrittenRow) -> Role | None:
        text = row.text("role")
        if not text:
            return Role.LIAISON if "联络员" in row.text("post") else Role.HEAD
        if text not in ROLES:
            self._doubt(row, _KIND.fill(cell=row.cell("role"), text=text, what=_ROLE))
        return ROLES.get(text)

    def _ways(self, row: WrittenRow) -> tuple[list[tuple[str, str]], list[tuple[str, str]]]:
        found: list[list[tuple[str, str]]] = []
        for field in ("post_ways", "ways"):
            ways = []
            for text in several(row.text(field), "；;\n"):
                kind, address = way_of(text)
                try:
                    check_address(kind, address)
                    # Within the transaction no name is looked up: one that leads inside is refused when it is used.
                    self.channels.require_outside(kind, address, looks_up=False)
                except BadData as problem:
                    cell = row.cell(field)
                    self._doubt(row, Sentence("{cell} {said}", "{cell}: {said}").fill(cell=cell, said=problem.sentence))
                else:
                    ways.append((kind, address))
            found.append(ways)
        return found[0], found[1]

    def _post(self, row: WrittenRow, unit: UnitRow, role: Role | None) -> PostRow | None:
        post = self.registry.post(unit, row.text("post"))
        if post is not None or role is None:
            return post
        try:
            post = self.registry.add_post(unit, row.text("post"), role.value)
        except BadData as problem:
            self._doubt(row, problem.sentence)
            return None
        self._did(row, "posts")
        return post

    def _person(self, row: WrittenRow, unit: UnitRow, post: PostRow) -> PersonRow | None:
        name, username = row.text("name"), row.text("username")
        role = ROLES[row.text("role")] if row.text("role") else Role(post.role)
        registry = self.registry
        if username:
            known = registry.people.get(username.lower())
            if known is not None and known.name != name:
                cell = row.cell("username")
                self._doubt(row, _OTHER_PERSON.fill(cell=cell, username=username, name=known.name))
                return None
        else:
            namesakes = registry.namesakes(name, unit)
            if len(namesakes) > 1:
                self._doubt(row, _NAMESAKES.fill(cell=row.cell("name"), name=name))
                return None
            known = next(iter(namesakes), None)
        if known is not None:
            for is_other, what in ((known.role != role.value, _ROLE), (known.unit_id != unit.id, _UNIT)):
                if is_other:
                    self._say(row, _STAYS.fill(username=known.username, what=what))
            return known
        try:
            if username:
                require_username(username)
            person = registry.add_person(username or registry.free_username(), name, role.value, unit)
        except BadData as problem:
            self._doubt(row, problem.sentence)
            return None
        self._did(row, "people")
        return person

    def _appointment(self, row: WrittenRow, post: PostRow, person: PersonRow) -> list[tuple[AppointmentRow, str]]:
        from_on, until_on = row.days.get("from_on", self.today), row.days.get("until_on")
        if until_on is not None and until_on < from_on:
            self._doubt(row, _ORDER.fill(cell=row.cell("until_on")))
            return []
        appointment, other = self.registry.appoint(post, person, from_on, until_on)
        if other:
            holder = self.registry.name_of(other)
            self._doubt(row, _IS_HELD.fill(cell=row.cell("from_on"), name=holder))
        if appointment is None:
            return []
        self._did(row, "appointments")
        return [(appointment, HOLDING_BY_WORD[row.text("held")])]

    def _deputy(self, row: WrittenRow, unit: UnitRow, person: PersonRow) -> None:
        text = row.text("deputy")
        deputy = self.registry.people.get(text.lower())
        if deputy is None:
            namesakes = self.registry.namesakes(text, unit)
            deputy = namesakes[0] if len(namesakes) == 1 else None
        if deputy is None or deputy is person:
            self._doubt(row, _NO_DEPUTY.fill(cell=row.cell("deputy"), name=text))
        elif self.registry.let_stand_in(person, deputy, row.days.get("from_on", self.today)):
            self._did(row, "deputies")
