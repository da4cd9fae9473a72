"""The desk: one request of a person, decided and written in one transaction.

Nothing here talks to the world; messages leave later, from the outbox.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import count
from typing import TYPE_CHECKING, Final

from cases import evidence, interview_of_the_last
from cases.bearers import unchecked
from cases.numbering import Numbering
from cases.unit_of_work import OpenCase, UnitOfWork, by_rules_in_force
from states.command import Command, Facts, Rules
from states.commitments import is_commitment
from states.decision import decide
from states.errors import BadData, Conflict, GuardRefused, NotFound, Sentence
from states.evolve import evolve, fold
from states.guards.condition import day
from states.sealing import FIRST, canonical, seal
from states.vocabulary import Act, Confidentiality, Role
from store import case_lists, cases, idempotency, named_units, numbering, organisation, personal_data, unit_posts
from store import events as stored_events

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session

    from states.case import Actor, Case, Event
    from store.idempotency import IdempotencyKey
    from store.visibility import Reader

_FUTURE: Final = Sentence(
    "日期{on}在将来（今天是{today}），只能录入已经发生的事项。",
    "The date {on} is in the future (today is {today}); only what has happened can be entered.",
)
_OPENED_BEFORE: Final = Sentence("这个问题已登记为{number}。", "This finding is registered already, as {number}.")
_NUMBER_TAKEN: Final = Sentence("案件编号“{number}”已存在。", "The case number “{number}” exists already.")


class _Rehearsed(Exception):  # noqa: N818  # rolls a rehearsal back; never leaves the desk
    pass


@dataclass(frozen=True, slots=True)
class Done:
    """What an act came to: the event with its place in the history of all cases, the case after it, and remarks.

    `remarks` say what could not be checked.
    """

    event: Event
    seq: int
    prev_hash: str
    hash: str
    case: Case
    remarks: tuple[Sentence, ...] = ()


class Desk:
    """Where people's acts are entered."""

    def __init__(self, unit_of_work: UnitOfWork, series: str) -> None:
        """Sit down at this unit of work.

        `series` is the organ's code in case numbers, such as 临法治督案; its documents are numbered 临法治督.
        """
        self.unit_of_work = unit_of_work
        self.database = unit_of_work.database
        self.numbering = Numbering(series)

    # --- acts of people ------------------------------------------------------------------------------------------

    @by_rules_in_force
    def open(  # what, when, known by what, asked for how often, and whether the unit is new
        self,
        command: Command,
        now: datetime,
        *,
        fingerprint: str | None = None,
        once: IdempotencyKey | None = None,
        new_unit: bool = False,
        reader: Reader | None = None,
    ) -> Done:
        """Open a case by its first act, and return it with its number. With `once`, asking again does nothing.

        The unit may be written as its aliases or earlier names. `new_unit`: a person has said that it is none of the
        known ones, however near its name is to theirs. With a `reader`, it is one of the units that this person sees.

        Raises:
            Refused: the rules do not allow it, or a field is missing.
            NotPermitted: the `reader` does not see this unit, or there is none.
            UnknownUnit: the unit is not known, and its name looks like another writing of one that is.
        """
        with self.database.transaction() as session:
            before = self.done_before(session, once)
            if before is not None:
                return before
            work = self._opened(session, command, now, fingerprint, new_unit=new_unit, reader=reader)
            return self._written(session, [work], now, once)

    @by_rules_in_force
    def open_in(  # in which transaction, what, when, known by what, and within whose sight
        self,
        session: Session,
        command: Command,
        now: datetime,
        *,
        once: IdempotencyKey | None = None,
        reader: Reader | None = None,
    ) -> Done:
        """Open a case as `open` does, in a transaction of the caller's that holds more than the case.

        Raises:
            Refused: the rules do not allow it, or a field is missing.
        """
        return self._written(session, [self._opened(session, command, now, None, reader=reader)], now, once)

    def open_and_do(
        self,
        first: Command,
        then: Sequence[Command],
        now: datetime,
        *,
        fingerprint: str | None = None,
        new_unit: bool = False,
        is_cited: bool = True,
        reader: Reader | None = None,
    ) -> Done:
        """Open a case as `open` does and enter further acts, all together or not at all.

        `is_cited` says that somebody has named the duty for this finding. One that was filled in for a ledger that
        names none is not refused where it does not fit: a remark asks for the right one (ADR 0045).
        """
        with self.database.transaction() as session:
            work = self._opened(session, first, now, fingerprint, new_unit=new_unit, is_cited=is_cited, reader=reader)
            for command in then:
                self.enter(session, work, command, now)
            return self._written(session, [work], now)

    def rehearse(
        self,
        first: Command,
        then: Sequence[Command],
        now: datetime,
        *,
        new_unit: bool = False,
        is_cited: bool = True,
        reader: Reader | None = None,
    ) -> tuple[Case, tuple[Sentence, ...]]:
        """Open a case and enter further acts as `open_and_do` would, and write nothing.

        Returns:
            The case that it would be, and what could not be checked.

        Raises:
            Refused: it would be refused.
        """
        case: Case | None = None
        remarks: tuple[Sentence, ...] = ()
        with suppress(_Rehearsed), self.database.transaction() as session:
            work = self._opened(session, first, now, None, new_unit=new_unit, is_cited=is_cited, reader=reader)
            for command in then:
                self.enter(session, work, command, now)
            case, remarks = work.now.case, tuple(work.remarks)
            raise _Rehearsed
        if case is None:
            raise AssertionError("a rehearsal ends by rolling back, with the case as it would be")
        return case, remarks

    @by_rules_in_force
    def do(
        self, command: Command, now: datetime, *, once: IdempotencyKey | None = None, reader: Reader | None = None
    ) -> Done:
        """Do what is asked to the case, or change nothing. With `once`, asking again does nothing.

        With `reader`, a case that this person may not see does not exist; it is looked up in the same transaction.

        Raises:
            Refused: the rules do not allow it; the sentence is fit to show.
            NotFound: there is no such case.
            Conflict: the case has changed since `command.seen`, or while this was being written.
        """
        with self.database.transaction() as session:
            if reader is not None:
                case_lists.require_visible(session, reader, command.case_id)
            before = self.done_before(session, once)
            if before is not None:
                return before
            stored = cases.get(session, command.case_id, to_change=True)
            if command.seen is not None and command.seen != stored.case.version:
                raise Conflict(cases.CHANGED)
            work = self.unit_of_work.begin(session, stored)
            if command.act is Act.TRANSFER and command.data.get("partial"):
                return self._written(session, self._split(session, work, command, now), now, once)
            self.enter(session, work, command, now)
            return self._written(session, [work], now, once)

    def try_out(self, command: Command, now: datetime) -> None:
        """Do what is asked as `do` would, and write nothing.

        Raises:
            Refused: it would be refused.
            NotFound: there is no such case.
            Conflict: the case has changed since `command.seen`.
        """
        with suppress(_Rehearsed), self.database.transaction() as session:
            stored = cases.get(session, command.case_id, to_change=True)
            if command.seen is not None and command.seen != stored.case.version:
                raise Conflict(cases.CHANGED)
            work = self.unit_of_work.begin(session, stored)
            if command.act is Act.TRANSFER and command.data.get("partial"):
                works = self._split(session, work, command, now)
            else:
                self.enter(session, work, command, now)
                works = [work]
            self._written(session, works, now)
            raise _Rehearsed

    def asked_before(self, once: IdempotencyKey | None) -> Done | None:
        """Return what the same request came to before, if it was asked already."""
        with self.database.reading() as session:
            return self.done_before(session, once)

    def done_before(self, session: Session, once: IdempotencyKey | None) -> Done | None:
        """Return what the same request came to before, as it was then."""
        found = idempotency.known(session, once) if once is not None else None
        if found is None:
            return None
        case_id, case_seq = found
        history = stored_events.history(session, case_id)[:case_seq]
        case = fold(recorded.event for recorded in history)
        if case is None:
            raise AssertionError(f"request {once} came to an event that is not there")
        seen = personal_data.shown_history(session, history[-1:])[0]
        return Done(seen.event, seen.seq, seen.prev_hash, seen.hash, personal_data.shown(session, case))

    def _opened(
        self,
        session: Session,
        command: Command,
        now: datetime,
        fingerprint: str | None,
        *,
        split: bool = False,
        new_unit: bool = False,
        is_cited: bool = True,
        reader: Reader | None = None,
    ) -> OpenCase:
        self._check_day(command, now)
        self.unit_of_work.rulebook.keep(session, now)
        data = dict(command.data)
        office_id = self.unit_of_work.office_id(session)
        case_id = numbering.new_id(session)
        if isinstance(data.get("unit"), str) and isinstance(data.get("post"), str):
            if data["unit"].strip():
                data["unit"] = named_units.settled(session, data["unit"], is_new=new_unit, reader=reader)
            unit_kind = data.get("unit_kind") or organisation.kind_of(data["unit"])
            number = data.get("number") or self.numbering.next_case_number(session, command.on)
            data |= {"unit_kind": unit_kind, "number": number}
        rules = Rules(
            policy=self.unit_of_work.rulebook.policy,
            calendar=self.unit_of_work.rulebook.calendar,
            zone=self.unit_of_work.zone,
        )
        facts = Facts(entered_at=now, ranking=interview_of_the_last.hindrance(session, command))
        event = decide(None, replace(command, data=data, case_id=case_id), facts, rules, now)
        remarks = [] if split else unchecked(session, command, event, is_cited=is_cited)
        if cases.known(session, event.data["number"], None):
            raise BadData(_NUMBER_TAKEN.fill(number=event.data["number"]))
        self.numbering.use(session, event.data["number"])
        # Behind the number, where openings queue up: of two imports of one ledger at once, the second sees the first.
        before = cases.known(session, None, fingerprint)
        if before is not None:
            raise BadData(_OPENED_BEFORE.fill(number=before))
        unit = organisation.ensure_unit(session, event.data["unit"], event.data["unit_kind"])
        post = unit_posts.ensure_post(session, unit.id, event.data["post"], "head")
        unit_posts.ensure_post(session, unit.id, event.data.get("liaison") or f"{unit.name}联络员", "liaison")
        evidence.cite(session, event)
        kept: list[personal_data.Content] = []
        said, event = event, self.unit_of_work.without_personal(session, event, rules.policy, kept, is_new=True)
        case = evolve(None, event)
        data_text = canonical(event.data)
        seal_ = seal(event, data_text, FIRST, self.unit_of_work.algorithm_of(session))
        stored = cases.Stored(case=case, unit_id=unit.id, post_id=post.id, head_hash=seal_)
        work = OpenCase(before=stored, now=stored, rules=rules, fingerprint=fingerprint, is_new=True)
        work.personal, work.said, work.remarks = kept, said, remarks
        work.events.append(stored_events.Sealed(event=event, data=data_text, prev_hash=FIRST, hash=seal_))
        self.unit_of_work.owe(work, event, unit_posts.posts_of(session, [unit.id], office_id), now)
        if split or fingerprint is not None:
            # Of a part that is handed over its transfer tells, and whoever imports a ledger has its rows in his hands.
            work.owed = [message for message in work.owed if message.notice != "registered"]
        return work

    def enter(self, session: Session, work: OpenCase, command: Command, now: datetime) -> None:
        """Enter an act into a case that is being worked on, and written in the same transaction.

        Raises:
            Refused: the rules do not allow it; nothing of the transaction may then be kept.
        """
        self._check_day(command, now)
        command = self.numbering.numbered(session, command)
        case = work.now.case
        if any(map(is_commitment, case.helpers)) or case.unsigned is not None:
            # A guard compares who verifies with who has helped, and a signature repeats what was entered before it.
            case = personal_data.shown(session, case)
        event = decide(case, command, self._facts(session, command, now), work.rules, now)
        evidence.cite(session, event)
        number = event.data.get("document_number", "")
        if number and self.numbering.use(session, number):
            work.documents.append((number, event))
        said, policy = event, work.rules.policy
        event = self.unit_of_work.without_personal(session, event, policy, work.personal, is_new=work.is_new)
        self.unit_of_work.apply(
            work, event, unit_posts.posts_of(session, [work.now.unit_id], self.unit_of_work.office_id(session)), now
        )
        # Whoever entered it is answered with the event as it was sealed, with what was noted while it was applied.
        work.said = said._replace(data={**work.events[-1].event.data, **said.data})

    def _split(self, session: Session, work: OpenCase, command: Command, now: datetime) -> list[OpenCase]:
        """Transfer a part: what is handed over becomes a sealed child case, and the parent keeps only its number.

        Returns the parent and the child, still to be written.
        """
        case = work.now.case
        data = dict(command.data)
        part = data.pop("part", None) or personal_data.shown(session, case).finding
        number = next(
            name for n in count(1) if cases.known(session, name := f"{case.number}-移{n}", fingerprint=None) is None
        )
        self.enter(session, work, replace(command, data=data | {"child": number}), now)
        finding = {
            "unit": case.unit,
            "unit_kind": case.unit_kind,
            "post": case.post,
            "duty": case.duty or "art9-4",
            "inspection": case.inspection or "special",
            "finding": part,
            "number": number,
            "source": f"部分移送自{case.number}",
        }
        if case.confidentiality is not Confidentiality.INTERNAL:
            finding["confidentiality"] = case.confidentiality.value
        # Who hands a part over registers it as the director does, whoever of the two it is.
        registrar = replace(command.actor, role=Role.DIRECTOR)
        child = self._opened(
            session,
            Command(act=Act.REGISTER_FINDING, actor=registrar, on=command.on, data=finding),
            now,
            None,
            split=True,  # it cites what its parent cites; nothing new is charged
        )
        receiver = {"receiver": data.get("receiver")}
        self.enter(session, child, Command(act=Act.TRANSFER, actor=command.actor, on=command.on, data=receiver), now)
        return [work, child]

    def _facts(self, session: Session, command: Command, now: datetime) -> Facts:
        target = command.data.get("target")
        if command.act is not Act.MERGE_INTO or not isinstance(target, str):
            return Facts(entered_at=now)
        try:
            other = cases.get(session, cases.find(session, target)).case
        except NotFound:
            return Facts(entered_at=now)
        return Facts(target_number=other.number, target_unit=other.unit, target_is_open=other.is_open, entered_at=now)

    def _check_day(self, command: Command, now: datetime) -> None:
        today = now.astimezone(self.unit_of_work.zone).date()
        if command.on > today:
            shown = {"on": day(command.on), "today": day(today)}
            raise GuardRefused(_FUTURE.fill(**shown))

    # --- what is written down of a case without touching it -----------------------------------------------------------

    @by_rules_in_force
    def looked(self, case_id: int, who: Actor, how: str, now: datetime) -> None:
        """Write down that somebody has read a restricted case, and at which door (`how`)."""
        with self.database.transaction() as session:
            work = self.unit_of_work.begin(session, cases.get(session, case_id, to_change=True))
            data = {"who": who.user, "role": who.role.value, "how": how}
            self.unit_of_work.note(session, work, Act.CASE_VIEWED, data, now)
            self.unit_of_work.write(session, [work], now)

    def _written(
        self, session: Session, works: Sequence[OpenCase], now: datetime, once: IdempotencyKey | None = None
    ) -> Done:
        """Write the cases, note what the request came to if it has a key, and return the first as a person reads it."""
        self.unit_of_work.write(session, works, now)
        work = works[0]
        last, case = work.events[-1], personal_data.shown(session, work.now.case)
        if once is not None:
            idempotency.keep(session, once, last.event.case_id, last.event.case_seq, now)
        return Done(work.said or last.event, work.last_seq, last.prev_hash, last.hash, case, tuple(work.remarks))
