"""How long a database and its users wait for each other. Light to load: the settings are read by every command."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How long PostgreSQL and we wait for each other, in seconds (ADR 0032).

    A host that is cut off in the middle of a transaction holds its locks until the server gives it up: `idle`. Others
    wait longer than that for a lock (`lock`), so that none of them fails over it. `peer` is after how long an end gives
    up a connection whose packets are not acknowledged; longer than `idle`, so that what a client has given up cannot be
    committed later. A statement of a page or an act takes at most `statement`; proofs and migrations take their time.
    """

    idle: float = 20
    lock: float = 30
    statement: float = 60
    peer: float = 30
    connect: float = 5
