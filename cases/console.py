"""Cases as the console of the machine reads them: all of them, by number or id.

Who sits at the console has the whole database anyway; therefore nothing is hidden there but what every list seals.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from cases.case_view import counted_deadlines, with_policy_names
from states.case import Actor, Case, sealed_for
from states.vocabulary import Role
from store import cases, personal_data

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from cases.case_view import CaseWithPolicy, CountedDeadline
    from config.rulebook import Rulebook
    from states.vocabulary import State
    from store.accounts import Person
    from store.database import Database
    from store.documents import Document
    from store.proposals import Proposal

_UNIT_SIDE: Final = (Role.HEAD, Role.LIAISON)


class Console:
    """Answers the commands that read cases."""

    def __init__(self, database: Database, rulebook: Rulebook, office_name: str) -> None:
        """Read this database; `office_name` is the unit for which roles at the console act."""
        self.database = database
        self.rulebook = rulebook
        self.office_name = office_name

    def actor(self, user: str, role: Role, unit: str = "") -> Actor:
        """Return who acts: the user named, the role named, or `role` if nothing is named.

        Where only a role is named and it is one of a unit's side, it acts for `unit`; every other acts for the office.

        Raises:
            NotFound: there is no such user.
        """
        with self.database.reading() as session:
            actor = self._actor(session, user, role)
        speaks_for_unit = bool(unit) and actor.user == f"console/{actor.role.value}" and actor.role in _UNIT_SIDE
        return replace(actor, unit=unit) if speaks_for_unit else actor

    def person(self, user: str) -> Person:
        """Return the person of this user name, as whom something is read.

        Raises:
            NotFound: there is no such user.
        """
        from store import accounts  # noqa: PLC0415  # lists need no people

        with self.database.reading() as session:
            return accounts.person(session, user)

    def _actor(self, session: Session, user: str, role: Role) -> Actor:
        roles = {known.value: known for known in Role if known is not Role.SYSTEM}
        if user and user not in roles:
            from store import accounts  # noqa: PLC0415  # lists need no people

            return accounts.person(session, user).actor()
        acting = roles.get(user, role)
        return Actor(user=f"console/{acting.value}", role=acting, unit=self.office_name)

    def needing(self, attention: str) -> list[Case]:
        """Return the cases of which this waits for the office (`Case.attention`), by their ids."""
        with self.database.reading() as session:
            found = cases.needing(session, attention)
            return [sealed_for(item.case, None) for item in personal_data.shown_all(session, found)]

    def find(self, which: str) -> int:
        """Return the id of the case with this number or this id.

        Raises:
            NotFound: there is none.
        """
        with self.database.reading() as session:
            return cases.find(session, which)

    def _found(self, session: Session, which: str) -> Case:
        return cases.get(session, cases.find(session, which)).case

    def policy_name(self, case: Case) -> str:
        """Return the name of the policy that the case goes by."""
        with self.database.reading() as session:
            return with_policy_names(session, self.rulebook, [case])[0].policy_name

    def read(self, which: str, user: str) -> CaseWithPolicy:
        """Return one case as the user or role named reads it, or as a list shows it if nobody is named."""
        with self.database.reading() as session:
            stored = cases.get(session, cases.find(session, which))
            case = personal_data.shown_all(session, [stored])[0].case
            role = self._actor(session, user, Role.SYSTEM).role if user else None
            return with_policy_names(session, self.rulebook, [sealed_for(case, role)])[0]

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
            listed = [sealed_for(item.case, None) for item in personal_data.shown_all(session, found)]
            return with_policy_names(session, self.rulebook, listed)

    def deadlines(self, which: str) -> tuple[str, list[CountedDeadline]]:
        """Return the case's number and its running deadlines, each with its day-by-day count."""
        with self.database.reading() as session:
            case = self._found(session, which)
            return case.number, counted_deadlines(session, self.rulebook, case)

    # --- what waits for a decision, and document numbers --------------------------------------------------------------

    def waiting(self) -> tuple[list[Case], list[Proposal]]:
        """Return the cases in which an escalation waits, and the proposals for the office that nobody has decided."""
        from store import proposals  # noqa: PLC0415  # lists need none

        with self.database.reading() as session:
            found = [stored.case for stored in cases.waiting_for_decision(session)]
            return found, proposals.waiting(session, (proposals.MIGRATION,))

    def documents(self, part: str) -> list[Document]:
        """Return the document numbers that contain `part`, voids among them, as they were given."""
        from store import documents  # noqa: PLC0415  # lists need none

        with self.database.reading() as session:
            return documents.listed(session, part)
