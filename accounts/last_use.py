"""When sessions and tokens were last used, noted as well as can be: whoever reads never waits for a writer.

A session ends after half an hour without use, so that it was used has to be written down; but the write lock may be
held for seconds, and a page that is only read must not wait for it. One thread of its own writes what has come
together; what cannot be written is forgotten, and the next use is noted again.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from typing import TYPE_CHECKING

from states.errors import Problem
from store import sessions, tokens

if TYPE_CHECKING:
    from datetime import datetime

    from store.database import Database


class LastUse:
    """What is to be noted of one installation; it is closed before the database is, whose connection it uses."""

    def __init__(self, database: Database) -> None:
        """Begin with nothing to note; the thread starts with the first use."""
        self._database = database
        self._lock = Lock()
        self._sessions: dict[str, datetime] = {}
        self._tokens: dict[int, datetime] = {}
        self._writer = ThreadPoolExecutor(max_workers=1, thread_name_prefix="last-use")

    def of_session(self, secret: str, at: datetime) -> None:
        """Note soon that the session with this secret was used."""
        with self._lock:
            self._sessions[secret] = at
            self._begin()

    def of_token(self, token_id: int, at: datetime) -> None:
        """Note soon that this token was used."""
        with self._lock:
            self._tokens[token_id] = at
            self._begin()

    def _begin(self) -> None:
        if len(self._sessions) + len(self._tokens) == 1:  # else a round is coming that takes this one along
            self._writer.submit(self._write)

    def _write(self) -> None:
        with self._lock:
            used, self._sessions = self._sessions, {}
            held, self._tokens = self._tokens, {}
        try:
            with self._database.transaction() as session:
                for secret, at in used.items():
                    sessions.seen(session, secret, at)
                for token_id, at in held.items():
                    tokens.note_use(session, token_id, at)
        except Problem:
            return  # the database is busy or away; the next use says it again

    def settle(self) -> None:
        """Wait until everything that was used so far is noted, or was given up."""
        self._writer.submit(lambda: None).result()

    def close(self) -> None:
        """Note what is left, and end the thread."""
        self._writer.shutdown()
