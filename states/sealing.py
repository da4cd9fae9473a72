"""What is sealed: the canonical form of an event, and its hash.

The canonical form is JSON as RFC 8785 writes it: keys in order, no white space, no escapes but the necessary ones.
Data holds no fractions, so that no two programs can write one event in two ways.
"""

from __future__ import annotations

from datetime import UTC
from functools import lru_cache, partial
from hashlib import new, sha256
from typing import TYPE_CHECKING, Any, Final

import orjson

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from hashlib import _Hash as Hash

    from states.case import Event

SHA256: Final = "sha256"
SM3: Final = "sm3"
ALGORITHMS: Final = (SHA256, SM3)
"""The hash functions that a history can be sealed with: SHA-256, or SM3 (GB/T 32905) where commercial cryptography is
required. One history keeps to one; an event that names none is sealed with SHA-256."""

FIRST: Final = "0" * 64
"""What stands in the place of the previous hash in the first event of a case."""


def canonical(value: Any) -> str:  # noqa: ANN401  # whatever JSON can hold
    """Return `value` in canonical JSON. Fractions are not allowed; keys must be ASCII or sort alike in UTF-16."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS).decode()


def instant(moment: datetime) -> str:
    """Return the instant as it stands in the canonical form: UTC, microseconds, `Z`."""
    return _instant(moment)


# The events of one batch are recorded at one instant. Equal instants of two zones are one key, and have one text.
@lru_cache(maxsize=1024)
def _instant(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="microseconds")[:-6] + "Z"


def sealed_text(event: Event, data: str, prev_hash: str, algorithm: str = SHA256) -> str:
    """Return the canonical form of the event; `data` is its data in canonical JSON already."""
    actor = event.actor
    from_state = f'"{event.from_state.value}"' if event.from_state is not None else "null"
    return (
        f'{{"act":"{event.act.value}"'
        f',"actor":{{"role":"{actor.role.value}","unit":{canonical(actor.unit)},"user":{canonical(actor.user)}}}'
        f"{named(algorithm)}"
        f',"calendar_hash":"{event.calendar_hash}"'
        f',"case_id":{event.case_id},"case_seq":{event.case_seq}'
        f',"data":{data},"from_state":{from_state}'
        f',"occurred_on":"{event.occurred_on.isoformat()}"'
        f',"policy_hash":"{event.policy_hash}","prev_hash":"{prev_hash}"'
        f',"recorded_at":"{instant(event.recorded_at)}"'
        f',"to_state":"{event.to_state.value}"}}'
    )


def named(algorithm: str) -> str:
    """Return how the canonical form names the hash function."""
    return "" if algorithm == SHA256 else f',"algorithm":"{algorithm}"'


def digest(algorithm: str) -> Callable[[bytes], Hash]:
    """Return what hashes bytes with this function."""
    return sha256 if algorithm == SHA256 else partial(new, algorithm)


def seal(event: Event, data: str, prev_hash: str, algorithm: str = SHA256) -> str:
    """Return the hash of the canonical form, in hexadecimal: the next event of the case carries it."""
    text = sealed_text(event, data, prev_hash, algorithm).encode()
    return digest(algorithm)(text).hexdigest()
