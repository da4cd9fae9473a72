"""Verification: the whole history against its hashes and checkpoints, and the current rows against the history."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import chain
from typing import TYPE_CHECKING

from audit.coverage import NOT_COVERED
from audit.history import check_history
from audit.notes import BadNote, Checkpoint, Key, opened
from audit.rows import (
    differing,
    evidence_wrong,
    messages_wrong,
    rulebooks_wrong,
    sealed_rows_wrong,
    tallies_wrong,
)
from store import checkpoints as proofs
from store import triggers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy.orm import Session

    from states.case import Case
    from states.errors import Sentence
    from states.timers import Timer


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether everything fits. `first_wrong` names the first place that does not, and what is wrong there.

    `events` are those of cases, `records` those outside cases; `not_covered` says what was not looked at.
    """

    ok: bool
    events: int
    first_wrong: str | None
    checkpoints: int = 0
    records: int = 0
    not_covered: tuple[Sentence, ...] = field(default=NOT_COVERED)


def verify(
    session: Session,
    outside: Iterable[Checkpoint] = (),
    keys: Sequence[Key] = (),
    *,
    home: Path | None = None,
    timers_of: Callable[[Case], tuple[Timer, ...] | None] | None = None,
) -> Verdict:
    """Check every event, every checkpoint and every row; stop at the first that does not fit.

    `outside` are checkpoints that were kept away from the office: they find a history that was cut off or swapped as
    a whole together with the checkpoints beside it. `keys` are public keys that the auditor trusts; without them,
    those kept in the database. `home` is where the files of evidence are, which are not looked at without it, and
    `timers_of` gives the timers that a case must have.
    """
    must, wrong = _checkpoints(session, keys)
    for checkpoint in outside:
        must.setdefault(checkpoint.size, []).append(checkpoint.root)
    stated = sum(map(len, must.values()))
    if wrong is not None:
        return Verdict(ok=False, events=0, first_wrong=wrong, checkpoints=stated)
    read = check_history(session, must)
    checks = {
        "rows outside cases": sealed_rows_wrong(session),
        "cases": differing(session, timers_of),
        "messages": messages_wrong(session),
        "policies and calendars": rulebooks_wrong(session, read),
        "evidence": evidence_wrong(session, home) if home is not None else (),
        "tallies": tallies_wrong(session),
        "triggers": triggers.faults(session),
    }
    wrong = read.wrong or next(chain.from_iterable(map(_readable, checks, checks.values())), None)
    return Verdict(wrong is None, read.events, wrong, stated, read.others)


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


def _checkpoints(session: Session, keys: Sequence[Key]) -> tuple[dict[int, list[bytes]], str | None]:
    """Return the roots that the kept checkpoints state by size, and the first checkpoint that is not valid."""
    must: dict[int, list[bytes]] = {}
    trusted, bad = keys_of(session)
    if bad:
        return must, f"key “{bad[0]}”: cannot be read"
    trusted = list(keys) or trusted
    for kept in proofs.checkpoints(session):
        try:
            checkpoint = Checkpoint.parse(opened(kept.note, trusted))
        except BadNote as bad:
            return must, f"checkpoint {kept.size}: {bad.sentence.text('en')}"
        if (checkpoint.size, checkpoint.root.hex()) != (kept.size, kept.root):
            return must, f"checkpoint {kept.size}: its note speaks of another history"
        must.setdefault(kept.size, []).append(checkpoint.root)
    return must, None
