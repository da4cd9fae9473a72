"""Verification: the whole history against its hashes and checkpoints, and the current rows against the history."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING, Final

from audit.coverage import NOT_COVERED
from audit.history import check_history
from audit.notes import BadNote, Checkpoint, Key, opened, text_of
from audit.rows import (
    days_wrong,
    differing,
    evidence_wrong,
    messages_wrong,
    rulebooks_wrong,
    sealed_rows_wrong,
    tallies_wrong,
    texts_wrong,
)
from audit.timestamps import stamped_at
from audit.witness import seen_by
from states.errors import BadData
from states.sealing import ALGORITHMS
from store import checkpoints as proofs
from store import events as event_rows
from store import triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime
    from pathlib import Path

    from cryptography.x509 import Certificate
    from sqlalchemy.orm import Session

    from states.case import Case
    from states.errors import Sentence
    from states.timers import Timer


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything fits. `first_wrong` names the first place that does not, and what is wrong there.

    `events` are those of cases, `records` those outside cases; `not_covered` says what was not looked at; `witnessed`
    how far each witness that was asked for has cosigned, and when.
    """

    ok: bool
    events: int
    first_wrong: str | None
    checkpoints: int = 0
    records: int = 0
    not_covered: tuple[Sentence, ...] = field(default=NOT_COVERED)
    witnessed: tuple[Witnessed, ...] = ()


@dataclass(frozen=True, slots=True)
class Witnessed:
    """Up to which place a witness has cosigned the history, and when it saw it."""

    name: str
    size: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Brought:
    """What an auditor brings along: checkpoints kept elsewhere, and the keys and certificates that he or she trusts.

    `notes`, or `checkpoints` that were opened already, find a history that was cut off or swapped as a whole together
    with the checkpoints beside it. Without `keys`, those kept in the database are taken. Each of `witnesses` must have
    cosigned a checkpoint. Timestamps are looked at only with `roots`.
    """

    notes: Sequence[str] = ()
    checkpoints: Sequence[Checkpoint] = ()
    keys: Sequence[Key] = ()
    witnesses: Sequence[Key] = ()
    roots: Sequence[Certificate] = ()


NOTHING: Final = Brought()


def verify(
    session: Session,
    brought: Brought = NOTHING,
    *,
    home: Path | None = None,
    timers_of: Callable[[Case], tuple[Timer, ...] | None] | None = None,
) -> Verdict:
    """Check every event, every checkpoint and every row; stop at the first that does not fit.

    `home` is where the files of evidence are, which are not looked at without it, and `timers_of` gives the timers that
    a case must have.

    Raises:
        BadNote: a checkpoint that was brought along is not valid.
    """
    must, wrong = _checkpoints(session, brought)
    known = brought.keys or keys_of(session)[0]
    for checkpoint in [*brought.checkpoints, *(Checkpoint.parse(opened(note, known)) for note in brought.notes)]:
        must.setdefault(checkpoint.size, []).append(checkpoint.root)
    witnessed, unseen = _witnessed([*brought.notes, *(kept.note for kept in proofs.checkpoints(session))], brought)
    wrong = wrong or unseen
    stated = sum(map(len, must.values()))
    if wrong is not None:
        return Verdict(ok=False, events=0, first_wrong=wrong, checkpoints=stated)
    if event_rows.algorithm(session) not in ALGORITHMS:
        return Verdict(ok=False, events=0, first_wrong="the head of the log names no known hash function")
    try:
        read = check_history(session, must)
    except (ValueError, LookupError, TypeError) as error:
        unread = f"the history: something cannot be read ({type(error).__name__}: {error})"
        return Verdict(ok=False, events=0, first_wrong=unread, checkpoints=stated)
    checks = {
        "rows outside cases": sealed_rows_wrong(session),
        "cases": differing(session, timers_of),
        "messages": messages_wrong(session),
        "policies and calendars": rulebooks_wrong(session, read),
        "evidence": evidence_wrong(session, home) if home is not None else (),
        "tallies": tallies_wrong(session),
        "search": texts_wrong(session),
        "calendar": days_wrong(session),
        "triggers": triggers.faults(session),
    }
    wrong = read.wrong or next(chain.from_iterable(map(_readable, checks, checks.values())), None)
    return Verdict(wrong is None, read.events, wrong, stated, read.others, witnessed=witnessed)


def _witnessed(notes: Sequence[str], brought: Brought) -> tuple[tuple[Witnessed, ...], str | None]:
    """Return how far each witness has cosigned, and the first of them that has cosigned nothing, or not this."""
    found: dict[str, Witnessed] = {}
    for key in brought.witnesses:
        for note in notes:
            try:
                at = seen_by(note, key)
                size = Checkpoint.parse(text_of(note)).size
            except BadNote as bad:
                return (), f"witness {key.name}: {bad.sentence.text('en')}"
            if at is not None and (key.name not in found or found[key.name].size < size):
                found[key.name] = Witnessed(key.name, size, at)
        if key.name not in found:
            return (), f"witness {key.name}: has cosigned no checkpoint of this history"
    return tuple(found.values()), None


def keys_of(session: Session) -> tuple[list[Key], list[str]]:
    """Return the public keys that the database holds, and those there that are none."""
    found, bad = [], []
    for text in proofs.keys(session):
        try:
            found.append(Key.parse(text))
        except BadNote:
            bad.append(text)
    return found, bad


def _readable(what: str, found: Iterable[str]) -> Iterator[str]:
    """Yield what was found; a row that cannot even be read is found as well."""
    try:
        yield from found
    except (ValueError, LookupError, TypeError, AttributeError, ArithmeticError) as error:
        yield f"{what}: something cannot be read ({type(error).__name__}: {error})"


def _checkpoints(session: Session, brought: Brought) -> tuple[dict[int, list[bytes]], str | None]:
    """Return the roots that the kept checkpoints state by size, and the first checkpoint that is not valid."""
    must: dict[int, list[bytes]] = {}
    trusted, unreadable = keys_of(session)
    if unreadable:
        return must, f"key “{unreadable[0]}”: cannot be read"
    trusted = list(brought.keys) or trusted
    for kept in proofs.checkpoints(session):
        try:
            checkpoint = Checkpoint.parse(opened(kept.note, trusted))
        except BadNote as bad:
            return must, f"checkpoint {kept.size}: {bad.sentence.text('en')}"
        if (checkpoint.size, checkpoint.root.hex()) != (kept.size, kept.root):
            return must, f"checkpoint {kept.size}: its note speaks of another history"
        try:
            if kept.timestamp is not None and brought.roots:
                stamped_at(base64.b64decode(kept.timestamp), text_of(kept.note), brought.roots)
        except (BadData, binascii.Error) as bad_stamp:
            return must, f"checkpoint {kept.size}: its timestamp is not valid ({bad_stamp})"
        must.setdefault(kept.size, []).append(checkpoint.root)
    return must, None
