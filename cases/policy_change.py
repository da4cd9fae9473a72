"""Another policy for all open cases: proposed by one, approved by another, carried out from wherever it was stopped."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.recount import How
from states.vocabulary import Role
from store import proposals, rulebooks

if TYPE_CHECKING:
    from datetime import datetime

    from cases.recount import Progress, Recount, Recounts
    from config.rulebook import Rulebook
    from states.case import Actor
    from states.policy import Policy
    from store.database import Database


class PolicyChange:
    """Brings open cases to another policy."""

    def __init__(self, database: Database, rulebook: Rulebook, recounts: Recounts) -> None:
        """Work on this installation."""
        self.database = database
        self.rulebook = rulebook
        self.recounts = recounts

    def propose(self, to: Policy, text: str, how: How, who: str, at: datetime) -> int:
        """Propose that all open cases go by another policy; return the number under which it waits for the leader."""
        with self.database.transaction() as session:
            rulebooks.keep_policy(session, to.hash, to.name, text, at)
            content = {"to": to.hash, "name": to.name, "how": how.value}
            return proposals.propose(session, proposals.MIGRATION, content, who, Role.LEADER.value, at)

    def decide(  # which, how, who, why, when
        self, id_: int, outcome: str, actor: Actor, reason: str, at: datetime, progress: Progress | None = None
    ) -> Recount | None:
        """Approve or reject what was proposed; what is approved is carried out at once.

        Raises:
            NotFound: there is no such proposal.
            Conflict: it was decided before.
            GuardRefused: it is not for this person to decide.
        """
        with self.database.transaction() as session:
            proposals.decide(session, id_, outcome, actor.user, actor.role.value, reason, at)
        return self.carry_out(at, progress) if outcome == proposals.APPROVED else None

    def carry_out(self, at: datetime, progress: Progress | None = None) -> Recount | None:
        """Bring all open cases to the policy that was approved last, from wherever an earlier run was stopped."""
        with self.database.reading() as session:
            self.rulebook.refresh(session)
            found = proposals.latest_approved(session, proposals.MIGRATION)
            to = self.rulebook.policy_of(session, found.content["to"]) if found is not None else None
        if found is None or to is None:
            return None
        return self.recounts.migrate_policy(
            to,
            How(found.content["how"]),
            at,
            proposed_by=found.proposed_by,
            approved_by=found.decided_by,
            progress=progress,
        )
