"""What waits for somebody's decision: escalations in cases, and proposals for the whole office."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from states.errors import Conflict, GuardRefused, NotFound, Sentence
from store.schema.operations import ProposalRow

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from sqlalchemy.orm import Session

APPROVED: Final = "approved"
REJECTED: Final = "rejected"
SUPERSEDED: Final = "superseded"
MIGRATION: Final = "policy_migration"
"""All open cases are to go by another policy."""
_NO_PROPOSAL: Final = Sentence("没有编号为{id}的待决事项。", "There is no proposal {id}.")
_DECIDED: Final = Sentence(
    "待决事项{id}已由{who}决定（{outcome}）。", "The proposal {id} was decided by {who} already ({outcome})."
)
_SAME_PERSON: Final = Sentence(
    "须由第二人决定：{who}提出的事项不能由本人批准。",
    "A second person must decide: {who} proposed this and cannot approve it.",
)
_NOT_APPROVER: Final = Sentence("该事项须由{role}决定。", "This is for {role} to decide.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """Something proposed for the whole office. `approver` is the role that decides it."""

    id: int
    kind: str
    content: dict[str, Any]
    proposed_by: str
    proposed_at: datetime
    approver: str
    outcome: str
    decided_by: str


def propose(session: Session, kind: str, content: dict[str, Any], who: str, approver: str, now: datetime) -> int:
    """Write a proposal down; return its number."""
    row = ProposalRow(
        kind=kind,
        content=json.dumps(content, ensure_ascii=False, sort_keys=True),
        proposed_by=who,
        proposed_at=now,
        approver=approver,
    )
    session.add(row)
    session.flush()
    return row.id


def waiting(session: Session, kinds: Collection[str]) -> list[Proposal]:
    """Return the proposals of these kinds that nobody has decided, the oldest first."""
    statement = (
        select(ProposalRow).where(ProposalRow.outcome.is_(None), ProposalRow.kind.in_(kinds)).order_by(ProposalRow.id)
    )
    return [_proposal(row) for row in session.scalars(statement)]


def supersede(session: Session, id_: int, who: str, now: datetime) -> None:
    """Let a proposal that nobody has decided give way to a newer one on the same matter."""
    row = session.scalar(select(ProposalRow).where(ProposalRow.id == id_).with_for_update())
    if row is not None and row.outcome is None:
        row.outcome, row.decided_by, row.decided_at = SUPERSEDED, who, now


def get(session: Session, id_: int) -> Proposal:
    """Return one proposal, decided or not.

    Raises:
        NotFound: there is no such proposal.
    """
    row = session.get(ProposalRow, id_)
    if row is None:
        raise NotFound(_NO_PROPOSAL.fill(id=id_))
    return _proposal(row)


def decide(  # which, how, who, why, when
    session: Session,
    id_: int,
    outcome: str,
    who: str,
    role: str,
    reason: str,
    now: datetime,
    *,
    kinds: Collection[str] = (MIGRATION,),
) -> Proposal:
    """Write a decision down, once, by somebody else than who proposed it.

    Raises:
        NotFound: there is no such proposal of one of these kinds.
        Conflict: it was decided before.
        GuardRefused: the same person proposed it, or the role is not entitled.
    """
    row = session.scalar(select(ProposalRow).where(ProposalRow.id == id_).with_for_update())
    if row is None or row.kind not in kinds:
        raise NotFound(_NO_PROPOSAL.fill(id=id_))
    if row.outcome is not None:
        raise Conflict(_DECIDED.fill(id=id_, who=row.decided_by, outcome=row.outcome))
    if row.proposed_by == who and outcome == APPROVED:
        raise GuardRefused(_SAME_PERSON.fill(who=who))
    if role != row.approver:
        raise GuardRefused(_NOT_APPROVER.fill(role=row.approver))
    row.outcome, row.decided_by, row.decided_at, row.reason = outcome, who, now, reason
    return _proposal(row)


def latest_approved(session: Session, kind: str) -> Proposal | None:
    """Return the proposal of this kind that was approved last."""
    statement = (
        select(ProposalRow)
        .where(ProposalRow.kind == kind, ProposalRow.outcome == APPROVED)
        .order_by(ProposalRow.id.desc())
        .limit(1)
    )
    row = session.scalar(statement)
    return _proposal(row) if row is not None else None


def _proposal(row: ProposalRow) -> Proposal:
    return Proposal(
        id=row.id,
        kind=row.kind,
        content=json.loads(row.content),
        proposed_by=row.proposed_by,
        proposed_at=row.proposed_at,
        approver=row.approver,
        outcome=row.outcome or "",
        decided_by=row.decided_by or "",
    )
