"""Requests that may be repeated: what each came to, kept in the transaction that carried it out."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from sqlalchemy import select

from states.errors import Conflict, Sentence
from states.sealing import canonical
from store.schema.operations import IdempotencyKeyRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_ANOTHER = Sentence(
    "Idempotency-Key“{key}”已用于另一个请求，请换一个。",
    "The Idempotency-Key “{key}” was used for another request; choose another.",
)


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A request by whom, under which key; `digest` is the SHA-256 of what was asked."""

    who: str
    key: str
    digest: str


def key_of(who: str, key: str | None, asked: object) -> IdempotencyKey | None:
    """Return the request as it may be repeated, if its sender gave it a key."""
    if not key:
        return None
    try:
        text = canonical(asked)
    except TypeError:
        # A number beyond 64 bits, or half of a character: whether it is refused is for the act to say.
        text = json.dumps(asked, sort_keys=True)
    return IdempotencyKey(who, key, sha256(text.encode()).hexdigest())


def known(session: Session, once: IdempotencyKey) -> tuple[int, int] | None:
    """Return the case and the version that the request came to before, if it was carried out.

    Raises:
        Conflict: the key was used for another request.
    """
    row = session.scalar(
        select(IdempotencyKeyRow).where(IdempotencyKeyRow.who == once.who, IdempotencyKeyRow.key == once.key)
    )
    if row is None:
        return None
    if row.digest != once.digest:
        raise Conflict(_ANOTHER.fill(key=once.key))
    return row.case_id, row.case_seq


def keep(session: Session, once: IdempotencyKey, case_id: int, case_seq: int, at: datetime) -> None:
    """Remember what the request came to; two at the same moment cannot both, because the key is unique."""
    session.add(
        IdempotencyKeyRow(who=once.who, key=once.key, digest=once.digest, case_id=case_id, case_seq=case_seq, at=at)
    )
    session.flush()
