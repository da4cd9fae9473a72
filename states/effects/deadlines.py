"""How an effect starts and stops deadlines; they stand whole in the event, frozen with the hash of the calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import Deadline, deadline_data
from states.policy import Limit
from states.terms import Term, due

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from states.command import Situation
    from states.vocabulary import State


Data = dict[str, Any]


def counted_deadline(s: Situation, kind: str, party: str, start: date, term: Term, basis: str) -> Deadline:
    """Return a deadline that starts on this day, counted by the calendar of the situation."""
    reckoned = due(start, term, s.rules.calendar, basis)
    return Deadline(
        kind=kind,
        party=party,
        due_on=reckoned.due_on,
        started_on=start,
        term=str(term),
        basis=basis,
        provisional=reckoned.provisional,
        calendar_hash=reckoned.calendar_hash,
        has_lights=party != "right",
    )


def limit_deadline(
    s: Situation, kind: str, party: str = "office", *, limit: str = "", start: date | None = None
) -> Data:
    """Return a deadline outside the ladder, with the term that the policy gives it."""
    rule = s.rules.policy.limits.get(limit or kind) or LATER_LIMITS[limit or kind]
    return deadline_data(counted_deadline(s, kind, party, start or s.command.on, rule.term, rule.basis))


LATER_LIMITS: Final[Mapping[str, Limit]] = {
    "service": Limit(term=Term.parse("5wd"), basis="惯例：批准后送达责令整改通知"),
    "transfer_letter": Limit(term=Term.parse("5wd"), basis="惯例：批准后送出移送函"),
    "transfer_answer": Limit(term=Term.parse("3m"), basis="《中国共产党党内监督条例》第四十二条"),
    "countersignature": Limit(term=Term.parse("3wd"), basis="惯例：第二人会签"),
}
"""What holds where a policy of a release before this one says nothing of a limit that came later."""


def office_term(s: Situation, kind: str) -> list[Data]:
    """Return the office's deadline for an act that it owes, unless that is running already."""
    return [] if s.case.deadline(kind) is not None else [limit_deadline(s, kind)]


def rectification_deadline(s: Situation, rung: State, term: str = "") -> Data:
    """Return the unit's term on this rung: as the act says, else as the policy says."""
    rule = s.rules.policy.rungs[rung]
    chosen = Term.parse(term) if term else rule.term
    return deadline_data(counted_deadline(s, "rectification", "unit", s.command.on, chosen, rule.basis))


def nothing(_s: Situation) -> Data:
    """Bring nothing about."""
    return {}


def stop(*kinds: str) -> Callable[[Situation], Data]:
    """End these deadlines."""
    return lambda _s: {"stops": list(kinds)}


def stop_all(_s: Situation) -> Data:
    """End all deadlines: the case is over."""
    return {"stops": ["*"]}
