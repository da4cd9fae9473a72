"""What doors show of a case beside the case itself: the name of its policy, and how its deadlines were counted."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from states.terms import Term, trace

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from config.rulebook import Rulebook
    from states.case import Case, Deadline
    from states.terms import TraceLine


@dataclass(frozen=True, slots=True)
class CaseWithPolicy:
    """A case as a person reads it, with the name of the policy that it goes by."""

    case: Case
    policy_name: str


@dataclass(frozen=True, slots=True)
class CountedDeadline:
    """A running deadline with its day-by-day count."""

    deadline: Deadline
    trace: tuple[TraceLine, ...]


def counted_deadlines(session: Session, rulebook: Rulebook, case: Case) -> list[CountedDeadline]:
    """Return the running deadlines of the case, each counted by the calendar by which it was counted first."""
    return [
        CountedDeadline(
            deadline,
            trace(
                deadline.started_on,
                Term.parse(deadline.term),
                rulebook.calendar_of(session, deadline.calendar_hash),
            ),
        )
        for deadline in case.deadlines
    ]


def with_policy_names(session: Session, rulebook: Rulebook, found: Sequence[Case]) -> list[CaseWithPolicy]:
    """Return the cases with the names of their policies, which are looked up together."""
    names = rulebook.policy_names(session, {case.policy_hash for case in found})
    return [CaseWithPolicy(case, names[case.policy_hash]) for case in found]
