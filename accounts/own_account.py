"""What a person does to his or her own account: sessions, tokens for the interface, the second factor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from store import second_factors, sessions, tokens

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAccount:
    """What the page of one's own account shows; `tokens` each with whether it opens anything."""

    sessions: tuple[sessions.Open, ...]
    tokens: tuple[tuple[tokens.Token, bool], ...]
    has_factor: bool
    codes_left: int


def shown(database: Database, username: str, at: datetime) -> OwnAccount:
    """Return the sessions that have not ended, the tokens, and whether there is a second factor."""
    with database.reading() as session:
        return OwnAccount(
            sessions=tuple(sessions.opened_by(session, username, at)),
            tokens=tuple((token, token.is_live(at)) for token in tokens.of(session, username)),
            has_factor=bool(second_factors.secret_of(session, username)),
            codes_left=second_factors.codes_left(session, username),
        )


def give_token(  # to whom, when, for what, for how long
    database: Database, username: str, at: datetime, *, name: str, scopes: Iterable[str], days: int
) -> str:
    """Make a token and return it, the only time that it is seen.

    Raises:
        BadData: a scope, the name or the number of days makes no sense, or there are too many tokens.
    """
    with database.transaction() as session:
        return tokens.give(session, username, at, name=name, scopes=scopes, days=days)


def revoke_token(database: Database, username: str, token_id: int, at: datetime) -> None:
    """Make one of one's own tokens void.

    Raises:
        NotFound: the person holds no such token, or it is void already.
    """
    with database.transaction() as session:
        tokens.revoke(session, token_id, username, at)


def end_session(database: Database, username: str, key: str) -> None:
    """End one of one's own sessions; nothing happens if it is not one's own, or has ended."""
    with database.transaction() as session:
        sessions.end_own(session, username, key)


def end_other_sessions(database: Database, username: str, token: str) -> None:
    """End all of one's own sessions but the one with this secret."""
    with database.transaction() as session:
        sessions.end_others(session, username, sessions.key_of(token))
