"""What waits for a decision or a signature of somebody: proposals, extensions, late entries, held escalations."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from states.guards.entries import countersigners, same_account
from states.lifecycle import TABLE
from states.vocabulary import Act
from store import case_counts, case_filters, case_lists, cases, proposals

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import date

    from sqlalchemy.orm import Session

    from states.case import Actor, Case
    from states.vocabulary import Role
    from store.cases import Stored
    from store.database import Database
    from store.proposals import Proposal
    from store.visibility import Reader


class Waits(StrEnum):
    """Of what kind it is that waits."""

    ESCALATION = "escalation"
    EXTENSION = "extension"
    TOLERANCE_REQUEST = "tolerance_request"
    TOLERANCE = "tolerance"
    LATE_ENTRY = "late_entry"
    HELD = "held"
    COUNTERSIGNATURE = "countersignature"


DECIDED_BY: Final[Mapping[Waits, Act]] = {
    Waits.ESCALATION: Act.APPROVE_ESCALATION,
    Waits.EXTENSION: Act.APPROVE_EXTENSION,
    Waits.TOLERANCE_REQUEST: Act.ACCEPT_TOLERANCE,
    Waits.TOLERANCE: Act.DECIDE_TOLERANCE,
    Waits.LATE_ENTRY: Act.DECIDE_LATE_ENTRY,
    Waits.HELD: Act.RELEASE_ESCALATION,
    Waits.COUNTERSIGNATURE: Act.COUNTERSIGN,
}
"""The act that decides what waits."""
_ATTENTION: Final = {
    Waits.EXTENSION: "extension_pending",
    Waits.TOLERANCE_REQUEST: "tolerance_requested",
    Waits.TOLERANCE: "tolerance_accepted",
    Waits.LATE_ENTRY: "late_entry",
    Waits.HELD: "clock_gap",
    Waits.COUNTERSIGNATURE: "unsigned",
}
"""The word of `Case.attention` by which it is looked for. What the clock held says why it is blocked, and no more."""
LOOKED_AT: Final = 100
"""So many second signatures are looked at for those that are somebody's."""
MOST: Final = 200
"""Of each kind, so many are shown; the list of cases has the others."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """One case in which something waits; `since` is the day from which on it does, where the case tells."""

    kind: Waits
    stored: Stored
    since: date | None

    @property
    def case(self) -> Case:
        """Return the case."""
        return self.stored.case


def decides(kind: Waits, role: Role) -> bool:
    """Say whether the table has a row by which this role decides such things."""
    return any(row.act is DECIDED_BY[kind] and role in row.roles for row in TABLE)


@dataclass(frozen=True, slots=True, kw_only=True)
class AllWaiting:
    """What waits for somebody, the first of each kind, and how many there are of each kind in all."""

    items: tuple[Waiting, ...]
    counts: Mapping[Waits, int]
    for_office: tuple[Proposal, ...] = ()
    """What was proposed for the whole office, such as another policy for all open cases."""

    @property
    def total(self) -> int:
        """Return how many things wait."""
        return case_counts.total([*self.counts.values(), len(self.for_office)])


def waits_in(case: Case) -> tuple[Waits, ...]:
    """Return of which kinds something waits in a case, whoever decides it."""
    found = [Waits.ESCALATION] if case.proposal else []
    return tuple(found + [kind for kind, word in _ATTENTION.items() if word in case.attention])


def waiting_for(  # for whom, of which kinds, how many of each, and which of them are shown
    database: Database,
    reader: Reader,
    actor: Actor,
    kinds: tuple[Waits, ...] = (),
    *,
    most: int = MOST,
    only: Collection[Waits] = frozenset(Waits),
    in_all: int | None = None,
) -> AllWaiting:
    """Return what waits for this person, by kind, the nearest due day first; of all kinds, or of these.

    All kinds are counted; items come only of those in `only`, and no more than `in_all` where that is said.

    Of each kind `most` come; of second signatures `LOOKED_AT` are looked at, because not all of them are for everybody.

    Whether the rules allow the decision today is for the desk to say when it is made.
    """
    wanted = [kind for kind in kinds or tuple(Waits) if decides(kind, actor.role)]
    filters = [_filter(kind, actor.role) for kind in wanted]
    counts: dict[Waits, int] = {}
    with database.reading() as session:
        limits = [max(LOOKED_AT, most) if kind is Waits.COUNTERSIGNATURE else most for kind in wanted]
        found = case_lists.ids_by_due(session, reader, filters, limits) if filters else []
        shown: list[tuple[Waits, int]] = []
        for kind, part, one, limit in zip(wanted, found, filters, limits, strict=True):
            mine = _for(session, part, actor) if kind is Waits.COUNTERSIGNATURE else part
            counts[kind] = len(mine) if len(part) < limit else case_counts.counted(session, reader, one)
            shown += [(kind, case_id) for case_id in mine[:most]] if kind in only else []
        shown = shown[:in_all]
        read = case_lists.whole_by_id(session, {case_id for _kind, case_id in shown})
        of_all = () if kinds else proposals.waiting(session, (proposals.MIGRATION,))
    items = [Waiting(kind=kind, stored=read[id_], since=_since(kind, read[id_].case)) for kind, id_ in shown]
    mine_of_all = tuple(one for one in of_all if one.approver == actor.role.value)
    return AllWaiting(items=tuple(items), counts=counts, for_office=mine_of_all)


def _for(session: Session, case_ids: Sequence[int], actor: Actor) -> list[int]:
    """Return those of these cases whose second signature is this person's.

    It is neither for all roles nor for who entered the act.
    """
    acts = cases.unsigned_acts(session, case_ids)
    return [
        case_id
        for case_id in case_ids
        if case_id not in acts
        or (actor.role in countersigners(acts[case_id][0]) and not same_account(actor.user, acts[case_id][1]))
    ]


def _filter(kind: Waits, role: Role) -> case_filters.Filter:
    if kind is Waits.ESCALATION:
        return case_filters.Filter(approver=role)
    return case_filters.Filter(attention=_ATTENTION[kind])


def _since(kind: Waits, case: Case) -> date | None:
    if kind is Waits.ESCALATION:
        return case.proposed_on
    if kind is Waits.HELD:
        return case.blocked_on
    if kind is Waits.COUNTERSIGNATURE:
        return case.unsigned.taken_on if case.unsigned is not None else None
    if kind is Waits.LATE_ENTRY:
        return case.opened_on
    answer = case.deadline("extension_answer" if kind is Waits.EXTENSION else "tolerance_decision")
    return answer.started_on if answer is not None else None
