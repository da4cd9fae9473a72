"""What an installation proves of its history: verified, replayed, compared with its rules, and as a bundle."""

from __future__ import annotations

from typing import TYPE_CHECKING

from audit.bundle import Sources, write_bundle
from audit.conformance import of_office
from audit.notes import Checkpoint, Key, opened
from audit.replay import replay
from audit.verify import differing, verify
from config.policy import meaning
from states.timers import timers
from store import checkpoints, evidence

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from audit.conformance import Departure
    from audit.replay import Replay
    from audit.verify import Verdict
    from config.rulebook import Rulebook
    from states.case import Case
    from states.timers import Timer
    from store.checkpoints import Kept
    from store.database import Database


class Proofs:
    """Answers what a history proves."""

    def __init__(self, database: Database, rulebook: Rulebook, home: Path) -> None:
        """Read this database; `home` holds the files of evidence."""
        self.database = database
        self.rulebook = rulebook
        self.home = home

    def timers_of(self, session: Session, case: Case) -> tuple[Timer, ...]:
        """Return the timers that the case must have."""
        return timers(case, self.rulebook.rules_of(session, case))

    def differing(self) -> list[str]:
        """Return which cases are not what their events make; nothing is noted."""
        with self.database.reading(unhurried=True) as session:
            self.rulebook.refresh(session)
            return list(differing(session, lambda case: self.timers_of(session, case)))

    def verify(self, outside: Iterable[str] = (), keys: Iterable[str] = ()) -> Verdict:
        """Check the whole history against its hashes and checkpoints, and the rows against the history.

        `outside` are notes that were kept away from the office; `keys` the public keys that the auditor trusts,
        without which those kept in the database are taken.

        Raises:
            BadNote: a note that was brought along is not valid.
        """
        trusted = [Key.parse(text) for text in keys]
        with self.database.reading(unhurried=True) as session:
            known = trusted or [Key.parse(text) for text in checkpoints.keys(session)]
            brought = [Checkpoint.parse(opened(note, known)) for note in outside]
            return verify(session, brought, trusted)

    def checkpoints(self) -> tuple[list[Kept], list[str]]:
        """Return all signed states of the history, and the keys that signed them."""
        with self.database.reading() as session:
            return checkpoints.checkpoints(session), checkpoints.keys(session)

    def conformance(self, case_id: int | None, at: datetime) -> list[Departure]:
        """Return where a case, or every case, left its policy: by the unit and by the office itself."""
        with self.database.reading(unhurried=True) as session:
            return of_office(session, case_id, self.rulebook.rules_at, at.astimezone(self.rulebook.zone).date())

    def bundle(self, case_id: int) -> bytes:
        """Return a case as one zip file that can be verified and replayed anywhere.

        Raises:
            NotFound: there is no such case, or no checkpoint covers it yet.
        """

        def evidence_of(hash_: str) -> bytes | None:
            place = evidence.place_of(self.home, hash_)
            return place.read_bytes() if place.is_file() else None

        sources = Sources(
            rules_at=self.rulebook.rules_at,
            policy_text=lambda session, hash_: meaning(self.rulebook.policy_of(session, hash_)),
            calendar_text=lambda session, hash_: self.rulebook.calendar_of(session, hash_).to_json(),
            evidence=evidence_of,
        )
        with self.database.reading() as session:
            return write_bundle(session, case_id, sources)

    def replay(self, case_id: int, at: datetime | None, now: datetime) -> Replay:
        """Return the case as it stood at a moment, `now` if none is given, from its events alone."""
        with self.database.reading() as session:
            return replay(session, case_id, self.rulebook.rules_at, at, now)
