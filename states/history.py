"""What is sealed: the canonical form of an event, and its hash.

The canonical form is JSON as RFC 8785 writes it: keys in order, no white space, no escapes but the necessary ones.
Data holds no fractions, so that no two programs can write one event in two ways.
"""

from __future__ import annotations

from datetime import UTC
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from datetime import datetime

    from states.case import Event

FIRST: Final = "0" * 64
"""What stands in the place of the previous hash in the first event of a case."""


def canonical(value: Any) -> str:  # noqa: ANN401  # whatever JSON can hold
    """Return `value` in canonical JSON. Fractions are not allowed; keys must be ASCII or sort alike in UTF-16."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def instant(moment: datetime) -> str:
    """Return the instant as it stands in the canonical form: UTC, microseconds, `Z`."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def sealed_text(event: Event, data: str, prev_hash: str) -> str:
    """Return the canonical form of the event; `data` is its data in canonical JSON already."""
    actor = event.actor
    from_state = f'"{event.from_state.value}"' if event.from_state is not None else "null"
    return (
        f'{{"act":"{event.act.value}"'
        f',"actor":{{"role":"{actor.role.value}","unit":{canonical(actor.unit)},"user":{canonical(actor.user)}}}'
        f',"calendar_hash":"{event.calendar_hash}"'
        f',"case_id":{event.case_id},"case_seq":{event.case_seq}'
        f',"data":{data},"from_state":{from_state}'
        f',"occurred_on":"{event.occurred_on.isoformat()}"'
        f',"policy_hash":"{event.policy_hash}","prev_hash":"{prev_hash}"'
        f',"recorded_at":"{instant(event.recorded_at)}"'
        f',"to_state":"{event.to_state.value}"}}'
    )


def seal(event: Event, data: str, prev_hash: str) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal: the next event of the case carries it."""
    return sha256(sealed_text(event, data, prev_hash).encode()).hexdigest()
