"""What an installation proves of its history: verified, replayed, compared with its rules, and as a bundle."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from audit.bundle import Sources, write_bundle
from audit.checkpoints import tree_of
from audit.conformance import of_office
from audit.merkle import hash_leaf
from audit.notes import Key
from audit.replay import replay, steps
from audit.rows import differing
from audit.timestamps import roots_in
from audit.verify import NOTHING, Brought, verify
from config.policy_meaning import meaning
from states.errors import NotFound, Problem, Sentence
from states.timers import timers
from store import (
    accounts,
    case_lists,
    cases,
    checkpoints,
    event_search,
    events,
    evidence,
    health,
    leaves,
    outbox_messages,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from pathlib import Path

    from sqlalchemy.orm import Session

    from audit.conformance import Departure
    from audit.replay import Replay, ReplayStep
    from audit.verify import Verdict
    from config.rulebook import Rulebook
    from states.case import Case
    from states.timers import Timer
    from states.working_days import Calendar
    from store.cases import Stored
    from store.checkpoints import Kept
    from store.database import Database
    from store.events import Recorded
    from store.outbox_messages import MessageStatus
    from store.visibility import Reader


_NO_PROOF: Final = Sentence("第{seq}号事件还没有被检查点覆盖。", "No checkpoint covers event {seq} yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """What the page of the log shows: signed states and keys, events, and the cases that they are of, by their ids."""

    checkpoints: list[Kept]
    keys: list[str]
    found: event_search.Page
    known: dict[int, Stored]
    histories: dict[int, list[Recorded]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Walked:
    """A case after each of its first events, with what was told of it, and the names of those who acted."""

    history: list[Recorded]
    told: list[MessageStatus]
    step: int
    since: int
    passed: list[ReplayStep]
    calendars: dict[str, Calendar]
    names: dict[str, str]


class Proofs:
    """Answers what a history proves."""

    def __init__(
        self,
        database: Database,
        rulebook: Rulebook,
        home: Path,
        tsa_roots: str = "",
        altered_document: Callable[[], Sentence | None] = lambda: None,
    ) -> None:
        """Read this database; `home` holds the files of evidence, `tsa_roots` the authority's root certificates.

        `altered_document` says which official document's file is not what was issued, if one is.
        """
        self.tsa_roots = tsa_roots
        self.database = database
        self.rulebook = rulebook
        self.home = home
        self.altered_document = altered_document

    def timers_of(self, session: Session, case: Case) -> tuple[Timer, ...]:
        """Return the timers that the case must have."""
        return timers(case, self.rulebook.rules_of(session, case))

    def differing(self) -> list[str]:
        """Return which cases are not what their events make; nothing is noted."""
        with self.database.reading(unhurried=True) as session:
            self.rulebook.refresh(session)
            return list(differing(session, lambda case: self.timers_of(session, case)))

    def verify(self, outside: Iterable[str] = (), keys: Iterable[str] = (), witnesses: Iterable[str] = ()) -> Verdict:
        """Check the whole history against its hashes and checkpoints, and the rows against the history.

        `outside` are notes that were kept away from the office; `keys` the public keys that the auditor trusts,
        without which those kept in the database are taken; `witnesses` the keys of those who must have cosigned.

        Raises:
            BadNote: a note or a key that was brought along is not valid.
            BadData: the root certificates of the timestamp authority cannot be read.
        """
        brought = Brought(
            notes=list(outside),
            keys=[Key.parse(text) for text in keys],
            witnesses=[Key.parse(text) for text in witnesses],
            roots=roots_in(self.tsa_roots),
        )
        with self.database.reading(unhurried=True) as session:
            verdict = self.verified(session, brought)
        altered = self.altered_document() if verdict.ok else None
        return verdict if altered is None else replace(verdict, ok=False, first_wrong=str(altered))

    def verified(self, session: Session, brought: Brought = NOTHING) -> Verdict:
        """Check the history as `verify` does, as this session sees it."""
        try:
            self.rulebook.refresh(session)
            current = health.detail(session, "redating") == self.rulebook.calendar.hash
        except Problem:
            current = False  # verification itself says what is wrong with the rules that are in force

        def timers_of(case: Case) -> tuple[Timer, ...] | None:
            # Between a new calendar or release and the sweep that counts again, timers are still those of the old one.
            return self.timers_of(session, case) if current else None

        return verify(session, brought, home=self.home, timers_of=timers_of)

    def missing_evidence(self) -> list[str]:
        """Return the names of the evidence that was noted and whose files are not in the home."""
        with self.database.reading() as session:
            return evidence.missing(session, self.home)

    def checkpoints(self) -> tuple[list[Kept], list[str]]:
        """Return all signed states of the history, and the keys that signed them."""
        with self.database.reading() as session:
            return checkpoints.checkpoints(session), checkpoints.keys(session)

    def logged(self, reader: Reader, wanted: event_search.Wanted, *, before: int, most: int, longest: int) -> Logged:
        """Return the newest events that the reader may see and that fit, behind those before the place `before`.

        Of each case its history comes with them, if it has at most `longest` events.
        """
        with self.database.reading() as session:
            found = event_search.newest(session, reader, wanted, before=before, limit=most)
            ids = {recorded.event.case_id for recorded in found.events}
            return Logged(
                checkpoints=checkpoints.checkpoints(session),
                keys=checkpoints.keys(session),
                found=found,
                known=cases.many(session, ids),
                histories=event_search.histories(session, ids, longest),
            )

    def inclusion(self, seq: int, old: int = 0) -> dict[str, Any]:
        """Return the proof that the event stands in the history of the newest checkpoint, as programs read it.

        With `old`, also the proof that this checkpoint goes on from one of that length.

        Raises:
            NotFound: no checkpoint covers the event yet.
        """
        with self.database.reading() as session:
            kept = checkpoints.latest(session)
            place = leaves.place_of(session, seq)
            if seq > events.size(session) or kept is None or kept.size < place:
                raise NotFound(_NO_PROOF.fill(seq=seq))
            tree = tree_of(session)
            document = {
                "leaf_index": place - 1,
                "tree_size": kept.size,
                "leaf_hash": hash_leaf(leaves.hashes(session, place - 1, 1)[0], tree.algorithm).hex(),
                "hash": tree.algorithm,
                "root": kept.root,
                "proof": [step.hex() for step in tree.inclusion(place - 1, kept.size)],
                "checkpoint": kept.note,
            }
            if old:
                document["consistency"] = [step.hex() for step in tree.consistency(old, kept.size)]
            return document

    def walked(self, case_id: int, step: int, since: int) -> Walked:
        """Return the case event by event, up to the later one of two steps of its history, counted from one.

        A step beyond the history is its last one, as is the step 0; `since` 0 is none.
        """
        with self.database.reading() as session:
            history = case_lists.history_of(session, case_id)
            step, since = min(step, len(history)) or len(history), min(since, len(history))
            passed = list(
                steps(history[: max(step, since)], lambda recorded: self.rulebook.rules_at(session, recorded))
            )
            hashes = {line.calendar_hash for line in passed[step - 1].case.deadlines}
            return Walked(
                history=history,
                told=outbox_messages.told(session, case_id),
                step=step,
                since=since,
                passed=passed,
                calendars={hash_: self.rulebook.calendar_of(session, hash_) for hash_ in hashes},
                names=accounts.names_of(session, {recorded.event.actor.user for recorded in history}),
            )

    def newest_checkpoint(self) -> Kept | None:
        """Return the newest signed state of the history; nothing if none was signed yet."""
        with self.database.reading() as session:
            return checkpoints.latest(session)

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
            policy_meaning=lambda session, hash_: meaning(self.rulebook.policy_of(session, hash_)),
            policy_text=self.rulebook.text_of,
            calendar_text=lambda session, hash_: self.rulebook.calendar_of(session, hash_).to_json(),
            evidence=evidence_of,
            zone=str(self.rulebook.zone),
        )
        with self.database.reading() as session:
            return write_bundle(session, case_id, sources)

    def replay(self, case_id: int, at: datetime | None, now: datetime, known_at: datetime | None = None) -> Replay:
        """Return the case as it stood at a moment, `now` if none is given, from its events alone.

        By all that is known now, or by what had been recorded up to `known_at`.
        """
        with self.database.reading() as session:
            return replay(session, case_id, self.rulebook.rules_at, now, at=at, known_at=known_at)
