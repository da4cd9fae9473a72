"""What the commitments in events stand for: kept apart, put back for readers, erased when the law says so."""

from __future__ import annotations

from dataclasses import dataclass
from dataclasses import replace as changed
from itertools import islice
from typing import TYPE_CHECKING, Final

from sqlalchemy import bindparam, delete, select

from states.commitments import MARK, shown_case, shown_event, tokens_in, tokens_of_case
from store import bulk
from store.schema.base import table_of
from store.schema.cases import PersonalDataRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy.orm import Session

    from states.case import Case
    from store.cases import Stored
    from store.events import Recorded

_PERSONAL: Final = table_of(PersonalDataRow)
MOST_AT_ONCE: Final = 500
"""How many commitments are looked up in one statement."""
_COLUMNS: Final = (_PERSONAL.c.token, _PERSONAL.c.case_id, _PERSONAL.c.salt, _PERSONAL.c.value)
_BETWEEN: Final = (
    select(*_COLUMNS)
    .where(_PERSONAL.c.case_id.between(bindparam("first"), bindparam("last")))
    .order_by(_PERSONAL.c.token)
)
_VALUES: Final = select(_PERSONAL.c.token, _PERSONAL.c.value).where(
    _PERSONAL.c.token.in_(bindparam("tokens", expanding=True))
)


@dataclass(frozen=True, slots=True)
class Content:
    """What one commitment of one case stands for."""

    token: str
    case_id: int
    salt: str
    value: str


def keep(session: Session, contents: Iterable[Content]) -> None:
    """Keep what commitments stand for; the cases must be there already."""
    new = [{"token": c.token, "case_id": c.case_id, "salt": c.salt, "value": c.value} for c in contents]
    bulk.insert(session, _PERSONAL, new)


def of_case(session: Session, case_id: int) -> list[Content]:
    """Return all content that is kept of the case."""
    return between(session, case_id, case_id)


def between(session: Session, first: int, last: int) -> list[Content]:
    """Return all content that is kept of the cases with ids from `first` to `last`, both inclusive."""
    return [Content(*row) for row in session.connection().execute(_BETWEEN, {"first": first, "last": last})]


def naming(session: Session, words: Sequence[str]) -> Iterator[Content]:
    """Yield all content in which one of these words stands, read through once."""
    for row in session.connection().execute(select(*_COLUMNS).order_by(_PERSONAL.c.case_id, _PERSONAL.c.token)):
        if any(word in row.value for word in words):
            yield Content(*row)


def erase(session: Session, tokens: Iterable[str]) -> None:
    """Take the content of these commitments away for good; the file is cleaned afterwards (`Database.scrub`)."""
    wanted = list(tokens)
    for first in range(0, len(wanted), MOST_AT_ONCE):
        session.connection().execute(
            delete(_PERSONAL).where(_PERSONAL.c.token.in_(wanted[first : first + MOST_AT_ONCE]))
        )


def values(session: Session, tokens: Iterable[str]) -> dict[str, str]:
    """Return what these commitments stand for; those that were erased are missing."""
    wanted = list(dict.fromkeys(tokens))
    found: dict[str, str] = {}
    for first in range(0, len(wanted), MOST_AT_ONCE):
        rows = session.connection().execute(_VALUES, {"tokens": wanted[first : first + MOST_AT_ONCE]})
        found.update((row.token, row.value) for row in rows)
    return found


def shown(session: Session, case: Case) -> Case:
    """Return the case as a person reads it."""
    tokens = tokens_of_case(case)
    return shown_case(case, values(session, tokens)) if tokens else case


def shown_all(session: Session, stored: Sequence[Stored]) -> list[Stored]:
    """Return the cases as a person reads them, with one look-up for all."""
    tokens = [token for item in stored for token in tokens_of_case(item.case)]
    if not tokens:
        return list(stored)
    known = values(session, tokens)
    return [changed(item, case=shown_case(item.case, known)) for item in stored]


def shown_histories(session: Session, histories: Sequence[Sequence[Recorded]]) -> list[list[Recorded]]:
    """Return the events of several cases as a person reads them, with one look-up for all."""
    every = iter(shown_history(session, [recorded for history in histories for recorded in history]))
    return [list(islice(every, len(history))) for history in histories]


def shown_history(session: Session, history: Sequence[Recorded]) -> list[Recorded]:
    """Return the events as a person reads them; their stored data and hashes stay as they are."""
    tokens = [token for recorded in history for token in tokens_in(recorded.data)]
    if not tokens:
        return list(history)
    known = values(session, tokens)
    # Most events are time's own and hold none: what holds none is as people read it.
    return [
        recorded._replace(event=shown_event(recorded.event, known)) if MARK in recorded.data else recorded
        for recorded in history
    ]
