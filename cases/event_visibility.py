"""What each role may read of an event (docs/domain.md, who may see what)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import SEES_TRANSFERRED, Actor, Case, sealed_for
from states.vocabulary import Act, Role

if TYPE_CHECKING:
    from states.case import Event

MASKED: Final = "＊＊＊"
"""What the auditor reads in the place of where a finding came from."""

_INTERNAL_FIELDS: Final = frozenset({"source", "verifiers", "helpers", "inspection_plan", "note", "views", "recorders"})
"""What the unit does not read: who inspected, where the finding came from, internal opinions."""

_READS_DECISIONS: Final = frozenset({Role.LEADER, Role.DISCIPLINE, Role.ARCHIVIST, Role.HEAD})
"""Who reads the accountability decision itself; everybody else of the office reads its number, the liaison nothing."""

_HELD_THE_PART: Final = frozenset({"items", "criteria", "measures", "answers", "verdicts", "progress"})
"""Beside the finding, the fields in which the text of a part that was handed over may stand."""

_UNIT_SIDE: Final = frozenset({Role.LIAISON, Role.HEAD})


def visible_event(event: Event, case: Case, role: Role, *, in_bulk: bool = False) -> Event:
    """Return the event as this role may read it; `case` is its case as it stands now.

    In bulk nobody reads what is sealed: who may do so asks for the case, and that is written down.
    """
    if sealed_for(case, None if in_bulk else role) is not case:
        return event._replace(data={}, actor=Actor(user="", role=event.actor.role))
    data = dict(event.data)
    if case.partly_transferred and (in_bulk or role not in SEES_TRANSFERRED):
        data = _without_sealed_part(data, case)
    if role in _UNIT_SIDE:
        # A part that was handed over as a clue is not told to the unit: neither to whom, nor as which case.
        kept = () if event.act is Act.TRANSFER else data.items()
        data = {key: value for key, value in kept if key not in _INTERNAL_FIELDS}
        if event.actor.role in (Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR):
            event = event._replace(actor=Actor(user="", role=event.actor.role, unit=event.actor.unit))
    if role is Role.AUDITOR and "source" in data:
        data["source"] = MASKED
    if event.act is Act.RECORD_ACCOUNTABILITY and role not in _READS_DECISIONS:
        data = {} if role is Role.LIAISON else {"document_number": data.get("document_number")}
    return event._replace(data=data)


def _without_sealed_part(data: dict[str, Any], case: Case) -> dict[str, Any]:
    """Return an event's data without the text of the part that was handed over, whenever the event happened."""
    kept = {key: value for key, value in data.items() if key not in _HELD_THE_PART}
    if "finding" in kept:
        kept["finding"] = case.finding
    return kept
