"""Obligations of the year (年度职责): generated from the rules, handed in, signed for, excused, read.

What the rules of the day said (day, number, receivers, profile) is frozen in each obligation. A later rule changes only
obligations of years that have not begun (ADR 0044).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from programme.obligation_generating import YearGeneration
from states.clue import ClueState
from states.clue import moved as clue_moved
from states.errors import BadData, GuardRefused, NotPermitted, Problem, Sentence
from states.guards.entries import same_account
from states.obligation import (
    WAITING,
    ObligationState,
    ObligationStep,
    Standing,
    missing,
    moved,
    require_day,
    require_receiver,
)
from states.secrecy import refuse_secrets
from states.vocabulary import Act, Role, State
from store import cases, clues, evidence, obligations
from store.obligations import StepTaken

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from states.case import Actor
    from store.obligations import Asked, Obligation
    from store.visibility import Reader

LONGEST: Final = 2000
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
_NO_MATTER_ANY_MORE: Final = frozenset({State.UNFOUNDED, State.WITHDRAWN})
_CLAIMED: Final = Sentence("已有人提请更正，等另一人确认。", "Somebody has asked already; another person confirms it.")
_NOT_CLAIMED: Final = Sentence("还没有人提请更正。", "Nobody has asked to correct it.")
_SAME_PERSON: Final = Sentence(
    "须由第二人确认：提请更正的人不能自己确认。", "A second person confirms it: whoever asked may not."
)
_STILL_MISSING: Final = Sentence(
    "按已登记的日期，到期时{what}，不能更正；请先补登期限内的报送和回执。",
    "By the days that are entered, on the last day {what}; enter what was there in time first.",
)
_IS_A_CASE: Final = Sentence(
    "线索{id}已经立案，请先在案件中处理（查否或者撤销登记），再更正。",
    "Clue {id} became a case; decide on the case first (groundless, or withdrawn), then correct this.",
)
_NO_REASON: Final = Sentence("同意不办须写明理由。", "Say why the obligation is excused.")


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


class YearlyObligations(YearGeneration):
    """The obligations of one office: generated, entered, read."""

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
        once: bool = False,
    ) -> Obligation:
        """Write down that it was done on a day, with what shows it; the last of several times fulfils it.

        `once`: the same again from the same person (day, words, file) is no second time, so that a form that is sent
        twice counts once. `file` is the hash of a kept file that the actor brought. What comes after the day is kept,
        and fulfils nothing.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: it is of another unit, or this role enters nothing.
            NoSuchAct: it was excused.
            BadData: the day cannot be, or nothing shows what was done.
        """
        with self.database.transaction() as session:
            entry = Entry(obligation_id, on, note=note, file=file)
            if once:
                found = self._own(session, obligation_id, reader)
                mine = [step for step in found.steps if same_account(step.who, actor.user)]
                if any(entry.is_as(step) and step.file == file for step in mine):
                    return found
            return self._submit(session, entry, actor, now, reader)

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
            # Agreed before the year began or in it: only a day to come is none.
            require_day(on, on.year, now.astimezone(self.zone).date())
            taken = StepTaken(step=ObligationStep.EXCUSE, day=on, who=actor.user, noted_at=now, note=text)
            return self._move(session, found, taken, actor, found.standing)

    def claim(  # which, why, by whom, seen by whom
        self, obligation_id: int, reason: str, actor: Actor, now: datetime, *, reader: Reader | None = None
    ) -> Obligation:
        """Ask to take a miss back, because all of it was there by its day and only entered afterwards.

        Nothing changes before another person confirms it (`correct`).

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: this role enters no receipts.
            NoSuchAct: it was not missed.
            GuardRefused: by the days that are entered, something is still missing; or somebody has asked already.
            BadData: no reason is given.
        """
        text = _text(reason)
        if not text:
            raise BadData(_NO_REASON)
        with self.database.transaction() as session:
            found = self._own(session, obligation_id, reader)
            self._require_whole(found)
            if found.claimed is not None:
                raise GuardRefused(_CLAIMED)
            today = now.astimezone(self.zone).date()
            taken = StepTaken(step=ObligationStep.CLAIM, day=today, who=actor.user, noted_at=now, note=text)
            return self._move(session, found, taken, actor, found.standing)

    def correct(self, obligation_id: int, actor: Actor, now: datetime, *, reader: Reader | None = None) -> Obligation:
        """Take a miss back, as the second person: the obligation is fulfilled, and its open clue is dismissed.

        Raises:
            NotFound: there is none, or this person does not see it.
            NotPermitted: only the director of the office does.
            NoSuchAct: it was not missed.
            GuardRefused: nobody has asked, the same person has, something is missing, or the clue became a case.
        """
        with self.database.transaction() as session:
            found = self._own(session, obligation_id, reader)
            self._require_whole(found)
            claim = found.claimed
            if claim is None:
                moved(found.state, ObligationStep.CORRECT, actor.role, whole=True)  # what was not missed says so
                raise GuardRefused(_NOT_CLAIMED)
            if same_account(claim.who, actor.user):
                raise GuardRefused(_SAME_PERSON)
            today = now.astimezone(self.zone).date()
            taken = StepTaken(step=ObligationStep.CORRECT, day=today, who=actor.user, noted_at=now, note=claim.note)
            done = self._move(session, found, taken, actor, found.standing)
            if found.clue_id is not None:
                _take_back(session, found.clue_id, claim.note, today, actor)
            return done

    @staticmethod
    def _require_whole(found: Obligation) -> None:
        """Refuse what by the days that are entered was missed indeed; what was not missed the table refuses."""
        if found.state is ObligationState.MISSED and not found.standing.is_whole:
            raise GuardRefused(_STILL_MISSING.fill(what=missing(found.standing)))

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


def _take_back(session: Session, clue_id: int, reason: str, on: date, actor: Actor) -> None:
    """Dismiss the clue of a miss that was none; what somebody has dismissed already stays so.

    Raises:
        GuardRefused: a case was made of it, which is decided on first.
    """
    clue = clues.get(session, clue_id)
    if clue.case_id is not None and cases.get(session, clue.case_id).case.state not in _NO_MATTER_ANY_MORE:
        raise GuardRefused(_IS_A_CASE.fill(id=clue_id))
    if clue.state is ClueState.OPEN:
        state = clue_moved(clue.state, Act.DISMISS_CLUE, actor.role)
        clues.decide(session, clue_id, state, on, actor.user, reason=reason)


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
