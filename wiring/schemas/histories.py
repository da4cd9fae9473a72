"""The JSON of events, of histories, and of the feed."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from states.case import Event
    from store.events import Recorded


class ActorDocument(TypedDict):
    """Who acted; without the name where the caller may not know it."""

    user: str
    role: str
    unit: str


class EventDocument(TypedDict):
    """An event, with the hash that seals it; `seq` is its place in the history of the office."""

    seq: int
    case_id: int
    case_seq: int
    act: Annotated[str, Field(examples=["serve_order"])]
    occurred_on: Annotated[str, Field(examples=["2026-02-06"])]
    recorded_at: str
    actor: ActorDocument
    data: dict[str, Any]
    from_state: str | None
    to_state: str
    policy_hash: str
    calendar_hash: str
    prev_hash: str
    hash: str


class HistoryDocument(TypedDict):
    """Events in their order."""

    events: list[EventDocument]


class FeedDocument(HistoryDocument):
    """Events in the order of the history; go on from `next`."""

    next: int


def event_json(event: Event, *, seq: int, prev_hash: str, hash_: str) -> EventDocument:
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


def recorded_json(recorded: Recorded) -> EventDocument:
    """Return an event that was read back as programs read it."""
    return event_json(recorded.event, seq=recorded.seq, prev_hash=recorded.prev_hash, hash_=recorded.hash)
