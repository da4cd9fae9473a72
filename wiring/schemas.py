"""The JSON shapes that callers rely on: names that do not change. Nothing here decides anything."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from audit.replay import Replay
    from cases.ledger_import import RowOutcome
    from states.case import Case, Deadline, Event
    from states.errors import Sentence
    from states.terms import TraceLine
    from states.vocabulary import Act
    from store.events import Recorded
    from store.outbox import Told


def case_shape(case: Case, policy_name: str) -> dict[str, Any]:
    """Return a case as programs read it."""
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state.value,
        "phase": case.phase.value,
        "light": case.light.value,
        "overlays": list(case.overlays),
        "unit": case.unit,
        "post": case.post,
        "duty": case.duty,
        "inspection": case.inspection,
        "finding": case.finding,
        "opened_on": case.opened_on.isoformat(),
        "deadlines": [deadline_shape(line) for line in case.deadlines],
        "version": case.version,
        "confidentiality": case.confidentiality.value,
        "policy": {"name": policy_name, "hash": case.policy_hash},
        "proposal": case.proposal or None,
        "blocked": case.blocked or None,
    }


def deadline_shape(line: Deadline) -> dict[str, Any]:
    """Return a deadline as programs read it."""
    return {
        "kind": line.kind,
        "due_on": line.due_on.isoformat(),
        "provisional": line.provisional,
        "basis": line.basis,
        "term": line.term,
        "started_on": line.started_on.isoformat(),
        "party": line.party,
    }


def event_shape(event: Event, *, seq: int | None, prev_hash: str | None, hash_: str) -> dict[str, Any]:
    """Return an event as programs read it."""
    return {
        "seq": seq,
        "case_id": event.case_id,
        "case_seq": event.case_seq,
        "act": event.act.value,
        "occurred_on": event.occurred_on.isoformat(),
        "recorded_at": event.recorded_at.astimezone(UTC).isoformat(),
        "actor": {"user": event.actor.user, "role": event.actor.role.value, "unit": event.actor.unit},
        "data": dict(event.data),
        "from_state": event.from_state.value if event.from_state is not None else None,
        "to_state": event.to_state.value,
        "policy_hash": event.policy_hash,
        "calendar_hash": event.calendar_hash,
        "prev_hash": prev_hash,
        "hash": hash_,
    }


def recorded_shape(recorded: Recorded) -> dict[str, Any]:
    """Return an event that was read back as programs read it."""
    return event_shape(recorded.event, seq=recorded.seq, prev_hash=recorded.prev_hash, hash_=recorded.hash)


def trace_shape(line: TraceLine, lang: str) -> dict[str, Any]:
    """Return one day of a count as programs read it."""
    return {
        "day": line.day.isoformat(),
        "counted": line.counted,
        "number": line.number,
        "kind": line.kind.value,
        "note": line.note.text(lang),
    }


def refused_shape(refused: Mapping[Act, Sentence], lang: str) -> list[dict[str, str]]:
    """Return the acts that are refused, each with its reason."""
    return [{"act": act.value, "reason": reason.text(lang)} for act, reason in refused.items()]


def told_shape(told: Told) -> dict[str, Any]:
    """Return one message as programs read it."""
    return {
        "case_seq": told.case_seq,
        "notice": told.notice,
        "unit": told.unit,
        "post": told.post,
        "due_on": told.due_on.isoformat() if told.due_on else None,
        "state": told.state,
        "created_at": told.created_at.isoformat(),
        "sent_at": told.sent_at.isoformat() if told.sent_at else None,
        "attempts": told.attempts,
        "reason": told.reason,
    }


def replay_shape(found: Replay, policy_name: str, lang: str) -> dict[str, Any]:
    """Return a replayed case as programs read it."""
    return {
        "case": case_shape(found.case, policy_name),
        "events": [recorded_shape(recorded) for recorded in found.events],
        "allowed": [act.value for act in found.allowed],
        "refused": refused_shape(found.refused, lang),
        "told": [told_shape(told) for told in found.told],
        "row_differs": found.differs,
    }


def row_shape(row: RowOutcome, lang: str) -> dict[str, Any]:
    """Return what became of a ledger row as programs read it."""
    return {
        "row": row.row,
        "cell": row.cell,
        "outcome": row.outcome,
        "number": row.number,
        "reason": row.reason.text(lang),
    }
