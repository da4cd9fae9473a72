"""Another policy for all open cases: proposed by one, approved by another, carried out from wherever it was stopped."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from states.errors import Conflict, NotFound, Sentence
from states.recount import How
from states.sealing import canonical
from states.vocabulary import Role
from store import cases, proposals, rulebooks

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from cases.recount import Progress, Recount, Recounts
    from config.rulebook import Rulebook
    from states.case import Actor
    from states.policy import Policy
    from store.database import Database
    from store.proposals import Proposal

_NONE: Final = Sentence("没有编号为{id}的待决事项。", "There is no proposal {id}.")
_CHANGED: Final = Sentence(
    "这项提议或者现行的政策、放假安排在您查看以后有了变动，请重新查看后再决定。",
    "The proposal, or the policy and calendar in force, has changed since you looked at it; look at it again.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenProposal:
    """A proposal for all open cases as somebody looks at it before deciding.

    `now` is the policy in force, `to` the proposed one; `concerned` counts the open cases that would go by it. `seen`
    stands for what was looked at: a decision that carries it is refused once anything of it has changed.
    """

    proposal: Proposal
    now: Policy
    to: Policy
    how: How
    concerned: int
    seen: str


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

    def proposed_policy(self, proposal: Proposal) -> Policy:
        """Return the policy that this proposal would bring all open cases to."""
        with self.database.reading() as session:
            return self.rulebook.policy_of(session, proposal.content["to"])

    def look(self, id_: int) -> OpenProposal:
        """Return a proposal that waits, with all that a decision on it is made over.

        Raises:
            NotFound: there is none, or it was decided.
        """
        with self.database.reading() as session:
            self.rulebook.refresh(session)
            found = proposals.get(session, id_)
            if found.kind != proposals.MIGRATION or found.outcome:
                raise NotFound(_NONE.fill(id=id_))
            return OpenProposal(
                proposal=found,
                now=self.rulebook.policy,
                to=self.rulebook.policy_of(session, found.content["to"]),
                how=How(found.content["how"]),
                concerned=cases.count_open_by_other(session, found.content["to"]),
                seen=self._seen(found),
            )

    def _seen(self, found: Proposal) -> str:
        rules = (self.rulebook.policy.hash, self.rulebook.calendar.hash)
        return sha256(
            canonical([found.id, found.content, found.proposed_by, found.outcome, *rules]).encode()
        ).hexdigest()

    def _require_seen(self, session: Session, id_: int, seen: str) -> None:
        self.rulebook.refresh(session)
        if seen != self._seen(proposals.get(session, id_)):
            raise Conflict(_CHANGED)

    def decide(  # which, how, who, why, when, having seen what
        self,
        id_: int,
        outcome: str,
        actor: Actor,
        reason: str,
        at: datetime,
        progress: Progress | None = None,
        *,
        seen: str | None = None,
    ) -> Recount | None:
        """Approve or reject what was proposed; what is approved is carried out at once.

        Raises:
            NotFound: there is no such proposal.
            Conflict: it was decided before, or is not any more what was `seen`.
            GuardRefused: it is not for this person to decide.
        """
        with self.database.transaction() as session:
            if seen is not None:
                self._require_seen(session, id_, seen)
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
