"""What people read of cases through the HTTP interface and the pages: each method is one question to the database.

Whoever asks sees the cases that `store.visibility` lets him or her see; what is not seen does not exist.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from cases.case_view import counted_deadlines, with_policy_names
from cases.event_visibility import visible_event
from states.case import Case, is_restricted_for, sealed_for
from states.command import Command
from states.decision import allowed
from states.vocabulary import Act
from store import case_lists, cases
from store.visibility import reader_of

if TYPE_CHECKING:
    from datetime import date, datetime

    from cases.case_view import CaseWithPolicy, CountedDeadline
    from cases.desk import Desk
    from config.rulebook import Rulebook
    from states.errors import Sentence
    from states.vocabulary import Role
    from store.accounts import Person
    from store.case_filters import Filter
    from store.events import Recorded


class CaseQueries:
    """Answers what people ask about cases."""

    def __init__(self, desk: Desk, rulebook: Rulebook) -> None:
        """Read from the desk's database; names and days come from the rulebook."""
        self.desk = desk
        self.database = desk.database
        self.rulebook = rulebook

    def case(self, person: Person, case_id: int) -> Case:
        """Return the case, if the person may see it; nothing of its content is to be shown to him or her.

        Raises:
            NotFound: there is none, as far as the person is concerned.
        """
        with self.database.reading() as session:
            return case_lists.case(session, reader_of(person), case_id).case

    def read(self, person: Person, case_id: int, door: str, now: datetime) -> Case:
        """Return the case for reading its content; reading a restricted one is written down first, with the door.

        Raises:
            NotFound: there is none, as far as the person is concerned.
        """
        case = self.case(person, case_id)
        if not is_restricted_for(case, person.role):
            return case
        self.desk.looked(case_id, person.actor(), door, now)
        return self.case(person, case_id)

    def policy_name(self, case: Case) -> str:
        """Return the name of the policy that the case goes by."""
        policy = self.rulebook.known_policy(case.policy_hash)
        if policy is None:
            with self.database.reading() as session:
                policy = self.rulebook.policy_of(session, case.policy_hash)
        return policy.name

    def allowed(self, person: Person, case_id: int, on: date) -> tuple[dict[Act, Role], dict[Act, Sentence]]:
        """Return what the person may do to the case on this day, and for each other act why not.

        Raises:
            NotFound: there is no such case, as far as the person is concerned.
        """
        with self.database.reading() as session:
            case = case_lists.case(session, reader_of(person), case_id).case
            asker = Command(act=Act.ACKNOWLEDGE, actor=person.actor(), on=on, data={})
            return allowed(case, asker, self.rulebook.rules_of(session, case))

    def page(self, person: Person, wanted: Filter, *, after: int, limit: int) -> list[CaseWithPolicy]:
        """Return the first cases above id `after` that the person may see and that fit, as any list shows them."""
        with self.database.reading() as session:
            found = case_lists.listed(session, reader_of(person), wanted, after=after, limit=limit)
            return with_policy_names(session, self.rulebook, [sealed_for(item.case, None) for item in found])

    def history(self, person: Person, case: Case) -> list[Recorded]:
        """Return the events of a case that the person was found to see, as he or she may read them."""
        with self.database.reading() as session:
            history = case_lists.history_of(session, case.id)
        return [recorded._replace(event=visible_event(recorded.event, case, person.role)) for recorded in history]

    def feed(self, person: Person, *, after: int, limit: int) -> list[Recorded]:
        """Return the events behind place `after` of all cases that the person may see, as read in bulk."""
        with self.database.reading() as session:
            found = case_lists.events(session, reader_of(person), after=after, limit=limit)
            known = cases.many(session, {recorded.event.case_id for recorded in found})
        return [
            recorded._replace(
                event=visible_event(recorded.event, known[recorded.event.case_id].case, person.role, in_bulk=True)
            )
            for recorded in found
        ]

    def deadlines(self, person: Person, case_id: int) -> list[CountedDeadline]:
        """Return the running deadlines of a case that the person may see, each with its day-by-day count.

        Raises:
            NotFound: there is none, as far as the person is concerned.
        """
        with self.database.reading() as session:
            case = case_lists.case(session, reader_of(person), case_id).case
            return counted_deadlines(session, self.rulebook, case)
