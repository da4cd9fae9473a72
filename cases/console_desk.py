"""Cases as the console of the machine moves them: in a role or for a user that is named.

The history says `console` and the role in which an act was entered, unless a user was named.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from cases.console import Console
from cases.evidence import claim_at_console
from states.case import Actor
from states.command import Command
from states.decision import allowed
from states.lifecycle import default_role
from states.vocabulary import Act, Role
from store import documents

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime
    from typing import Any

    from cases.desk import Desk, Done
    from config.rulebook import Rulebook
    from states.errors import Sentence


class Allowed(NamedTuple):
    """What may be done, with the role that does it, and for every other act why not."""

    acts: Mapping[Act, Role]
    refused: Mapping[Act, Sentence]


class ConsoleDesk(Console):
    """Enters what the commands of people enter."""

    def __init__(self, desk: Desk, rulebook: Rulebook, office_name: str) -> None:
        """Work at this desk; `office_name` is the unit for which roles at the console act."""
        super().__init__(desk.database, rulebook, office_name)
        self.desk = desk

    def allowed(self, which: str, user: str, on: date) -> Allowed:
        """Return what the user or role named, or anybody if none is, may do to the case on this day."""
        with self.database.reading() as session:
            case = self._found(session, which)
            actor = Actor(user="", role=Role.SYSTEM)
            if user:
                actor = self._actor(session, user, default_role(Act.ACKNOWLEDGE, case.state))
            asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=on, data={})
            return Allowed(*allowed(case, asker, self.rulebook.rules_of(session, case)))

    def open(  # by whom, on which day, what, when, and whether the unit is new
        self, user: str, on: date, data: Mapping[str, Any], now: datetime, *, new_unit: bool = False
    ) -> Done:
        """Register a finding; `new_unit` as `Desk.open`.

        Raises:
            Refused: the rules do not allow it, or a field is missing.
        """
        actor = self.actor(user, default_role(Act.REGISTER_FINDING, None))
        command = Command(act=Act.REGISTER_FINDING, actor=actor, on=on, data=data)
        return self.desk.open(command, now, new_unit=new_unit)

    def open_by_ranking(self, user: str, on: date, data: Mapping[str, Any], now: datetime) -> Done:
        """Start the interview of a unit that is among the last of an approved ranking; the leader does.

        Raises:
            Refused: no approved ranking lets it, or a field is missing.
        """
        actor = self.actor(user, default_role(Act.START_RANKING_INTERVIEW, None))
        return self.desk.open(Command(act=Act.START_RANKING_INTERVIEW, actor=actor, on=on, data=data), now)

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
        if isinstance(data.get("evidence"), list):
            claim_at_console(self.database, actor.user, data["evidence"], now)
        return self.desk.do(Command(act=act, actor=actor, on=on, data=data, case_id=case.id), now), policy

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
