"""What each role may read of an event (docs/domain.md, who may see what)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from states.case import SEES_TRANSFERRED, Actor, Case, held_the_part, is_sealed_for
from states.field_values import Kind
from states.fields import FIELDS
from states.vocabulary import SYSTEM_ACTS, Act, Role

if TYPE_CHECKING:
    from states.case import Event

MASKED: Final = "＊＊＊"
"""What the auditor reads in the place of where a finding came from."""

_INTERNAL_FIELDS: Final = frozenset(
    {"source", "verifiers", "helpers", "inspection_plan", "note", "views", "recorders", "handler", "deputy"}
)
"""What the unit does not read: who inspected, who handles it, where the finding came from, internal opinions."""

_READS_DECISIONS: Final = frozenset({Role.LEADER, Role.DISCIPLINE, Role.ARCHIVIST, Role.HEAD})
"""Who reads the accountability decision itself; everybody else of the office reads its number, the liaison nothing."""

_HELD_THE_PART: Final = frozenset({"items", "criteria", "measures", "answers", "verdicts", "progress"})
"""Beside the finding, the fields in which the text of a part that was handed over may stand."""

_SAYS_NO_FACT: Final = frozenset(
    {
        *("unit", "unit_kind", "post", "liaison", "number", "document_number", "signed_by", "receiver", "confirmed_by"),
        *("verifiers", "helpers", "handler", "deputy", "target", "child", "organ", "inspection"),
        *("inspection_plan", "interviewee", "convenor", "recorders", "evidence", "reason_en", "source"),
    }
)
"""Fields of plain text that name people, papers and places; every other one is prose, and may tell what was found."""

_UNIT_SIDE: Final = frozenset({Role.LIAISON, Role.HEAD})


def visible_event(event: Event, case: Case, role: Role, *, in_bulk: bool = False) -> Event:
    """Return the event as this role may read it; `case` is its case as it stands now.

    In bulk nobody reads what is sealed: who may do so asks for the case, and that is written down.
    """
    if is_sealed_for(case, None if in_bulk else role):
        return event._replace(data={}, actor=Actor(user="", role=event.actor.role))
    data = dict(event.data)
    if in_bulk or role not in SEES_TRANSFERRED:
        data = dict(without_sealed_part(event, case).data)
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


def without_sealed_part(event: Event, case: Case) -> Event:
    """Return the event without what may tell of a part that was handed over since: every prose of before.

    Nobody can say of a note or a reason whether it speaks of the part. What time has written says nothing of it.
    """
    if not held_the_part(event.case_seq, case):
        return event
    kept = {key: value for key, value in event.data.items() if key not in _HELD_THE_PART}
    if event.act not in SYSTEM_ACTS:
        act = Act(kept["signed_act"]) if "signed_act" in kept else event.act
        kept = {key: value for key, value in kept.items() if not _is_prose(act, key) or key == "finding"}
    if "finding" in kept:
        kept["finding"] = case.finding
    return event._replace(data=kept)


def _is_prose(act: Act, key: str) -> bool:
    field = FIELDS[act].get(key)
    return (
        field is not None
        and field.kind in (Kind.TEXT, Kind.TEXTS, Kind.RECORDS, Kind.ACCOUNT)
        and key not in _SAYS_NO_FACT
    )
