"""The JSON of a replay: the case on a day, what had been told, and what could be done."""

from __future__ import annotations

from typing import TYPE_CHECKING

from typing_extensions import TypedDict

from wiring.schemas.cases import CaseDocument, RefusedDocument, case_json, refused_json
from wiring.schemas.histories import EventDocument, recorded_json

if TYPE_CHECKING:
    from audit.replay import Replay
    from store.outbox_messages import MessageStatus


class MessageDocument(TypedDict):
    """A message that an event owed to a post, and whether it has left."""

    case_seq: int
    notice: str
    unit: str
    post: str
    due_on: str | None
    state: str
    created_at: str
    sent_at: str | None
    attempts: int
    reason: str | None


class ReplayDocument(TypedDict):
    """The case as it stood: its events, what was allowed and refused then, who had been told what.

    `row_differs` says that the stored row is not what the whole history makes.
    """

    case: CaseDocument
    events: list[EventDocument]
    allowed: list[str]
    refused: list[RefusedDocument]
    told: list[MessageDocument]
    row_differs: bool


def message_json(told: MessageStatus) -> MessageDocument:
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


def replay_json(found: Replay, policy_name: str, lang: str) -> ReplayDocument:
    """Return a replayed case as programs read it."""
    return {
        "case": case_json(found.case, policy_name),
        "events": [recorded_json(recorded) for recorded in found.events],
        "allowed": [act.value for act in found.allowed],
        "refused": refused_json(found.refused, lang),
        "told": [message_json(told) for told in found.told],
        "row_differs": found.differs,
    }
