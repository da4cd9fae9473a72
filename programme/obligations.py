"""Obligations of the year (年度职责): generated from the rules, handed in, signed for, excused, read.

What the rules of the day said (day, number, receivers, profile) is frozen in each obligation. A later rule changes only
obligations of years that have not begun (ADR 0044).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.errors import BadData, NotFound, NotPermitted, Problem, Sentence
from states.obligation import (
    FIRST_YEAR,
    GENERATE,
    WAITING,
    ObligationState,
    ObligationStep,
    Standing,
    is_by_reference,
    moved,
    require_day,
    require_receiver,
)
from states.obligation_times import looks, next_look
from states.secrecy import refuse_secrets
from states.vocabulary import Role, name
from store import evidence, obligations
from store.obligations import StepTaken
from store.schema.obligations import ObligationRow

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date, datetime, tzinfo

    from sqlalchemy.orm import Session

    from config.obligations import YearlyRules
    from config.rulebook import Rulebook
    from states.case import Actor
    from states.obligation import RecurringClause, UnitPlace
    from store.database import Database
    from store.obligations import Asked, Obligation
    from store.visibility import Reader

UNITS_AT_ONCE: Final = 100
FURTHEST: Final = 3
"""So many years ahead obligations can be generated."""
LONGEST: Final = 2000
_NO_YEAR: Final = Sentence("年度应在{first}年到{last}年之间。", "The year must be one from {first} to {last}.")
_NOT_GENERATING: Final = Sentence("生成年度职责须由{roles}办理。", "Generating the obligations is for {roles}.")
_NO_UNIT: Final = Sentence("没有名为“{name}”的单位。", "There is no unit “{name}”.")
_NOT_YOUR_UNIT: Final = Sentence("只能登记本单位的年度职责。", "You enter the obligations of your own unit only.")
_NO_EVIDENCE: Final = Sentence(
    "这项职责没有收文单位签收，凭材料认定：请写明做了什么、凭什么材料，或者附上文件。",
    "Nobody signs for this obligation, it is judged by evidence: say what was done and what shows it, or add a file.",
)
_NOT_KEPT: Final = Sentence(
    "附件没有存入，或者不是您存入的，请先上传。", "The file is not kept, or you did not bring it; upload it first."
)
_LONG: Final = Sentence("说明不能超过{most}字。", "No more than {most} characters, please.")
_ONE_WRONG: Final = Sentence("{where}：{why} 没有写入任何内容。", "{where}: {why} Nothing was entered.")
_NO_REASON: Final = Sentence("同意不办须写明理由。", "Say why the obligation is excused.")


@dataclass(frozen=True, slots=True)
class Generated:
    """What generating did: new obligations, those that were there, changed ones of a year ahead, those taken back."""

    new: int = 0
    kept: int = 0
    changed: int = 0
    removed: int = 0

    def __add__(self, other: Generated) -> Generated:
        """Return the sum of two parts."""
        return Generated(
            self.new + other.new,
            self.kept + other.kept,
            self.changed + other.changed,
            self.removed + other.removed,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """Something to be entered of an obligation: a receipt where a receiver is named, else what was done once."""

    obligation_id: int
    on: date
    receiver: str = ""
    note: str = ""
    file: str | None = None

    def is_as(self, step: StepTaken) -> bool:
        """Say whether this step is the same: of the same receiver, or saying the same, on the same day."""
        kind = ObligationStep.RECEIVE if self.receiver else ObligationStep.SUBMIT
        same = step.receiver == self.receiver if self.receiver else step.note == self.note.strip()
        return step.step is kind and step.day == self.on and same


@dataclass(frozen=True, slots=True)
class _Generating:
    """For which year, on which day, at which moment, and which days are left out."""

    year: int
    today: date
    now: datetime
    due_from: date | None


class YearlyObligations:
    """The obligations of one office."""

    def __init__(self, database: Database, rulebook: Rulebook, zone: tzinfo, rules: Callable[[], YearlyRules]) -> None:
        """Keep them in this database; `rules` reads what recurs each year when it is wanted."""
        self.database = database
        self.rulebook = rulebook
        self.zone = zone
        self._rules = rules

    @property
    def rules(self) -> YearlyRules:
        """Return what recurs each year by the rules in force.

        Raises:
            BadObligations: the office's own file makes no sense.
        """
        return self._rules()

    def generate(
        self, year: int, actor: Actor, now: datetime, *, unit: str = "", due_from: date | None = None
    ) -> Generated:
        """Write down what recurs in a year for every unit, or one, that it binds. Repeating it doubles nothing.

        What is due before `due_from` (inclusive from that day on) is left out: an office that begins in the middle of
        the year asks for no past. Obligations of a year that has not begun are brought to the rules of today.

        Raises:
            NotPermitted: this role generates none.
            BadData: the year is too far away, or before the Measures.
            NotFound: there is no such unit.
        """
        today = now.astimezone(self.zone).date()
        if actor.role not in GENERATE:
            roles = Sentence("、".join(name(r).zh for r in GENERATE), " or ".join(name(r).en for r in GENERATE))
            raise NotPermitted(_NOT_GENERATING.fill(roles=roles))
        if not FIRST_YEAR <= year <= today.year + FURTHEST:
            raise BadData(_NO_YEAR.fill(first=FIRST_YEAR, last=today.year + FURTHEST))
        rules = self.rules
        with self.database.reading() as session:
            self.rulebook.refresh(session)
            places = obligations.places(session)
        if unit:
            places = {id_: place for id_, place in places.items() if place.name == unit}
            if not places:
                raise NotFound(_NO_UNIT.fill(name=unit))
        asked = _Generating(year, today, now, due_from)
        ids = list(places)
        done = Generated()
        for first in range(0, len(ids), UNITS_AT_ONCE):
            some = {id_: places[id_] for id_ in ids[first : first + UNITS_AT_ONCE]}
            with self.database.transaction() as session:
                done += self._generate(session, rules, some, asked)
        return done

    def _generate(
        self, session: Session, rules: YearlyRules, places: dict[int, UnitPlace], asked: _Generating
    ) -> Generated:
        there = obligations.of_year(session, asked.year, list(places))
        ahead = asked.year > asked.today.year
        new = kept = changed = 0
        for unit_id, place in places.items():
            for clause in rules.of(place):
                due_on = clause.due.last_day(asked.year)
                row = there.pop((unit_id, clause.id), None)
                if row is not None:
                    moved_ = ahead and self._bring(row, clause, rules.profile, due_on)
                    changed, kept = changed + moved_, kept + (not moved_)
                elif asked.due_from is None or due_on >= asked.due_from:
                    session.add(self._row(unit_id, place, clause, rules.profile, asked))
                    new += 1
        gone = [row for row in there.values() if ahead and row.state == ObligationState.OPEN.value]
        for row in gone:
            session.delete(row)
        return Generated(new, kept + len(there) - len(gone), changed, len(gone))

    def _row(
        self, unit_id: int, place: UnitPlace, clause: RecurringClause, profile: str, asked: _Generating
    ) -> ObligationRow:
        due_on = clause.due.last_day(asked.year)
        return ObligationRow(
            unit_id=unit_id,
            clause=clause.id,
            duty=clause.duty,
            year=asked.year,
            profile=profile,
            due_on=due_on,
            day_in_rule=clause.day_in_rule,
            times=clause.times,
            receivers="\n".join(clause.receivers),
            by_reference=is_by_reference(place),
            state=ObligationState.OPEN.value,
            generated_at=asked.now,
            told_until=None,
            next_at=self.next_at(due_on, asked.year, None),
            held_until=None,
            clue_id=None,
        )

    def _bring(self, row: ObligationRow, clause: RecurringClause, profile: str, due_on: date) -> bool:
        """Bring an obligation of a year that has not begun to the rules of today; say whether that changed it."""
        wanted = {
            "profile": profile,
            "due_on": due_on,
            "day_in_rule": clause.day_in_rule,
            "times": clause.times,
            "receivers": "\n".join(clause.receivers),
        }
        if row.state != ObligationState.OPEN.value or all(getattr(row, key) == to for key, to in wanted.items()):
            return False
        for key, to in wanted.items():
            setattr(row, key, to)
        row.next_at = self.next_at(due_on, row.year, row.told_until)
        return True

    def next_at(self, due_on: date, year: int, told_until: datetime | None) -> datetime | None:
        """Return when time looks next at an obligation, by the calendar in force."""
        rulebook = self.rulebook
        return next_look(looks(due_on, year, rulebook.calendar, rulebook.policy.fire_at, self.zone), told_until)

    def submit(  # which, on which day, with what, by whom, seen by whom
        self,
        obligation_id: int,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        note: str = "",
        file: str | None = None,
        reader: Reader | None = None,
    ) -> Obligation:
        """Write down that it was done on a day, with what shows it; the last of several times fulfils it.

        `file` is the hash of a kept file that the actor brought. What comes after the day is kept, and fulfils nothing.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: it is of another unit, or this role enters nothing.
            NoSuchAct: it was excused.
            BadData: the day cannot be, or nothing shows what was done.
        """
        with self.database.transaction() as session:
            return self._submit(session, Entry(obligation_id, on, note=note, file=file), actor, now, reader)

    def _submit(self, session: Session, entry: Entry, actor: Actor, now: datetime, reader: Reader | None) -> Obligation:
        text, on, file = _text(entry.note), entry.on, entry.file
        found = self._own(session, entry.obligation_id, reader)
        require_day(on, found.year, now.astimezone(self.zone).date())
        if not (found.receivers or text or file):
            raise BadData(_NO_EVIDENCE)
        if file is not None and not _may_cite(session, file, actor.user):
            raise BadData(_NOT_KEPT)
        standing = _with(found, done_on=(*found.done_on, on))
        taken = StepTaken(step=ObligationStep.SUBMIT, day=on, who=actor.user, noted_at=now, note=text, file=file)
        return self._move(session, found, taken, actor, standing)

    def receive(  # which, who signed, on which day, by whom, seen by whom
        self,
        obligation_id: int,
        receiver: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        note: str = "",
        file: str | None = None,
        reader: Reader | None = None,
    ) -> Obligation:
        """Write down that one of the receivers has signed on a day; the last one fulfils the obligation.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: this role enters no receipts.
            NoSuchAct: it was fulfilled or excused.
            BadData: the day cannot be, or this is no receiver, or it has signed already.
        """
        with self.database.transaction() as session:
            entry = Entry(obligation_id, on, receiver.strip(), note, file)
            return self._receive(session, entry, actor, now, reader)

    def _receive(
        self, session: Session, entry: Entry, actor: Actor, now: datetime, reader: Reader | None
    ) -> Obligation:
        text, who, on, file = _text(entry.note), entry.receiver, entry.on, entry.file
        found = self._own(session, entry.obligation_id, reader)
        require_receiver(who, found.receivers, found.received)
        require_day(on, found.year, now.astimezone(self.zone).date())
        if file is not None and not _may_cite(session, file, actor.user):
            raise BadData(_NOT_KEPT)
        standing = _with(found, received={**found.received, who: on})
        taken = StepTaken(
            step=ObligationStep.RECEIVE, day=on, who=actor.user, noted_at=now, receiver=who, note=text, file=file
        )
        return self._move(session, found, taken, actor, standing)

    def excuse(  # which, why, on which day, by whom, seen by whom
        self,
        obligation_id: int,
        reason: str,
        on: date,
        actor: Actor,
        now: datetime,
        *,
        reader: Reader | None = None,
    ) -> Obligation:
        """Let a unit off this obligation, with the reason; not after the day was missed.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: this role excuses nobody.
            NoSuchAct: it is over.
            BadData: no reason is given, or the day has not come.
        """
        text = _text(reason)
        if not text:
            raise BadData(_NO_REASON)
        with self.database.transaction() as session:
            found = self._own(session, obligation_id, reader)
            require_day(on, min(found.year, on.year), now.astimezone(self.zone).date())
            taken = StepTaken(step=ObligationStep.EXCUSE, day=on, who=actor.user, noted_at=now, note=text)
            return self._move(session, found, taken, actor, found.standing)

    def enter(
        self, entries: Sequence[tuple[str, Entry]], actor: Actor, now: datetime, reader: Reader | None = None
    ) -> int:
        """Enter all of these, each named by where it stands, or none; return how many were new.

        What is entered already with the same day is passed over, so that the same list twice enters it once.

        Raises:
            BadData: one of them is refused; the sentence names it and says why.
        """
        new = 0
        with self.database.transaction() as session:
            for where, entry in entries:
                try:
                    found = obligations.get(session, entry.obligation_id, reader)
                    if any(entry.is_as(step) for step in found.steps):
                        continue
                    (self._receive if entry.receiver else self._submit)(session, entry, actor, now, reader)
                except Problem as problem:
                    raise BadData(_ONE_WRONG.fill(where=where, why=problem.sentence)) from problem
                new += 1
        return new

    def _own(self, session: Session, obligation_id: int, reader: Reader | None) -> Obligation:
        """Return the obligation, locked, as one whom the reader may enter something of.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: the reader is of another unit.
        """
        obligations.get(session, obligation_id, reader)
        obligations.lock(session, obligation_id)
        found = obligations.get(session, obligation_id, reader)
        if reader is not None and reader.role in (Role.LIAISON, Role.HEAD) and reader.unit_id != found.unit_id:
            raise NotPermitted(_NOT_YOUR_UNIT)
        return found

    @staticmethod
    def _move(session: Session, found: Obligation, taken: StepTaken, actor: Actor, standing: Standing) -> Obligation:
        """Take the step, after which this is the standing; return the obligation as it is then."""
        state = moved(found.state, taken.step, actor.role, whole=standing.is_whole)
        row = obligations.lock(session, found.id)
        row.state = state.value
        if state not in WAITING:
            row.next_at = None
        obligations.take(session, found.id, taken, actor.role)
        return obligations.get(session, found.id)

    def listed(self, asked: Asked, reader: Reader | None = None) -> list[Obligation]:
        """Return the obligations that are asked for and that this person may see; nobody in particular sees all."""
        with self.database.reading() as session:
            return obligations.listed(session, asked, reader)

    def one(self, obligation_id: int, reader: Reader | None = None) -> Obligation:
        """Return one obligation.

        Raises:
            NotFound: there is none, or this person does not see it.
        """
        with self.database.reading() as session:
            return obligations.get(session, obligation_id, reader)


def _text(given: str) -> str:
    """Return what was typed.

    Raises:
        BadData: it is too long, or bears the mark of a state secret.
    """
    refuse_secrets(given)
    if len(given) > LONGEST:
        raise BadData(_LONG.fill(most=LONGEST))
    return given.strip()


def _with(
    found: Obligation, *, done_on: tuple[date, ...] | None = None, received: dict[str, date] | None = None
) -> Standing:
    """Return what is entered of the obligation once this is entered as well."""
    return Standing(
        due_on=found.due_on,
        times=found.times,
        receivers=found.receivers,
        done_on=found.done_on if done_on is None else done_on,
        received=found.received if received is None else received,
    )


def _may_cite(session: Session, file: str, user: str) -> bool:
    """Say whether this person may name the file: a hash is no key to somebody else's evidence (CWE-639)."""
    if not evidence.is_kept(session, file):
        return False
    return user.startswith("console/") or evidence.name_given_by(session, file, user) is not None
