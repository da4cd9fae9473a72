"""Cases as the console of the machine reads and moves them: all of them, by number or id.

Who sits at the console has the whole database anyway; therefore nothing is hidden there, and the history says
`console` and the role in which an act was entered.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.queries import CaseWithPolicy, CountedDeadline, counted_deadlines
from states.case import Actor, Case, sealed_for
from states.command import Command
from states.lifecycle import allowed, default_role
from states.vocabulary import Act, Role
from store import accounts, cases, documents, personal_data, proposals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Any

    from sqlalchemy.orm import Session

    from cases.desk import Desk, Done
    from config.rulebook import Rulebook
    from states.errors import Sentence
    from states.vocabulary import State
    from store.documents import Document
    from store.proposals import Proposal


class Allowed(NamedTuple):
    """What may be done, with the role that does it, and for every other act why not."""

    acts: Mapping[Act, Role]
    refused: Mapping[Act, Sentence]


class Console:
    """Answers the commands that read cases, and enters the acts of those that move one."""

    def __init__(self, desk: Desk, rulebook: Rulebook, office_name: str) -> None:
        """Work at this desk; `office_name` is the unit for which roles at the console act."""
        self.desk = desk
        self.database = desk.database
        self.rulebook = rulebook
        self.office_name = office_name

    def actor(self, user: str, role: Role) -> Actor:
        """Return who acts: the user named, the role named, or `role` if nothing is named.

        Raises:
            NotFound: there is no such user.
        """
        with self.database.reading() as session:
            return self._actor(session, user, role)

    def _actor(self, session: Session, user: str, role: Role) -> Actor:
        roles = {known.value: known for known in Role if known is not Role.SYSTEM}
        if user and user not in roles:
            return accounts.person(session, user).actor()
        acting = roles.get(user, role)
        return Actor(user=f"console/{acting.value}", role=acting, unit=self.office_name)

    def find(self, which: str) -> int:
        """Return the id of the case with this number or this id.

        Raises:
            NotFound: there is none.
        """
        with self.database.reading() as session:
            return cases.find(session, which)

    def _found(self, session: Session, which: str) -> Case:
        return cases.get(session, cases.find(session, which)).case

    def _with_policy(self, session: Session, case: Case) -> CaseWithPolicy:
        return CaseWithPolicy(case, self.rulebook.policy_of(session, case.policy_hash).name)

    def policy_name(self, case: Case) -> str:
        """Return the name of the policy that the case goes by."""
        with self.database.reading() as session:
            return self.rulebook.policy_of(session, case.policy_hash).name

    def read(self, which: str, user: str) -> CaseWithPolicy:
        """Return one case as the user or role named reads it, or as a list shows it if nobody is named."""
        with self.database.reading() as session:
            stored = cases.get(session, cases.find(session, which))
            case = personal_data.shown_all(session, [stored])[0].case
            role = self._actor(session, user, default_role(Act.ACKNOWLEDGE, case.state)).role if user else None
            return self._with_policy(session, sealed_for(case, role))

    def listed(
        self,
        *,
        state: State | None = None,
        light: str | None = None,
        unit: str | None = None,
        due_before: date | None = None,
    ) -> list[CaseWithPolicy]:
        """Return the cases that fit all filters given, by id; `due_before` excludes the day itself."""
        with self.database.reading() as session:
            found = cases.listed(session, state=state, light=light, unit=unit, due_before=due_before)
            return [
                self._with_policy(session, sealed_for(item.case, None))
                for item in personal_data.shown_all(session, found)
            ]

    def deadlines(self, which: str) -> tuple[str, list[CountedDeadline]]:
        """Return the case's number and its running deadlines, each with its day-by-day count."""
        with self.database.reading() as session:
            case = self._found(session, which)
            return case.number, counted_deadlines(session, self.rulebook, case)

    def allowed(self, which: str, user: str, on: date) -> Allowed:
        """Return what the user or role named, or anybody if none is, may do to the case on this day."""
        with self.database.reading() as session:
            case = self._found(session, which)
            actor = Actor(user="", role=Role.SYSTEM)
            if user:
                actor = self._actor(session, user, default_role(Act.ACKNOWLEDGE, case.state))
            asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=on, data={})
            return Allowed(*allowed(case, asker, self.rulebook.rules_of(session, case)))

    def open(self, user: str, on: date, data: Mapping[str, Any], now: datetime) -> Done:
        """Register a finding.

        Raises:
            Refused: the rules do not allow it, or a field is missing.
        """
        actor = self.actor(user, default_role(Act.REGISTER_FINDING, None))
        return self.desk.open(Command(act=Act.REGISTER_FINDING, actor=actor, on=on, data=data), now)

    def do(  # what is done to which case, by whom, when and how
        self, which: str, act: Act, user: str, on: date, data: Mapping[str, Any], now: datetime
    ) -> tuple[Done, str]:
        """Enter an act; return what it came to, and the name of the policy that the case goes by.

        Raises:
            NotFound: there is no such case or user.
            Refused: the rules do not allow it.
        """
        with self.database.reading() as session:
            case = self._found(session, which)
            actor = self._actor(session, user, default_role(act, case.state))
            policy = self.rulebook.policy_of(session, case.policy_hash).name
        return self.desk.do(Command(act=act, actor=actor, on=on, data=data, case_id=case.id), now), policy

    # --- what waits for a decision, and document numbers --------------------------------------------------------------

    def waiting(self) -> tuple[list[Case], list[Proposal]]:
        """Return the cases in which an escalation waits, and the proposals for the office that nobody has decided."""
        with self.database.reading() as session:
            found = [stored.case for stored in cases.waiting_for_decision(session)]
            return found, proposals.waiting(session)

    def documents(self, part: str) -> list[Document]:
        """Return the document numbers that contain `part`, voids among them, as they were given."""
        with self.database.reading() as session:
            return documents.listed(session, part)

    def next_document(self, on: date) -> str:
        """Take the next document number of this day's year."""
        with self.database.transaction() as session:
            return self.desk.numbering.next_document(session, on)

    def void_document(self, number: str, user: str, reason: str, now: datetime) -> None:
        """Keep a number that no document will carry, with the reason; the handler does it unless a user is named.

        Raises:
            Conflict: it belongs to an event.
        """
        with self.database.transaction() as session:
            actor = self._actor(session, user, Role.HANDLER)
            documents.void(session, number, actor.user, reason, now)
