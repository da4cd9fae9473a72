"""What cases are found by: their numbers, from the beginning and from each group of figures on.

A contained piece cannot be looked up in an index; the beginning of a word can. People look for `12号`, `〔2026〕12`
or the whole number, so the number is kept from its beginning and from each group of figures on, and what is looked
for must begin there (ADR 0027).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from store import bulk
from store.tables import CaseRow, CaseWordRow, table_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

_WORDS: Final = table_of(CaseWordRow)
_PLACES: Final = re.compile(r"^|(?<!\d)(?=\d)")
_LAST: Final = "\U0010ffff"


def words(number: str) -> list[str]:
    """Return the number from its beginning and from each group of figures on, in small letters."""
    low = number.casefold()
    return list(dict.fromkeys(low[place.start() :] for place in _PLACES.finditer(low)))


def keep(session: Session, cases: Iterable[tuple[int, str]]) -> None:
    """Let the cases, each given as id and number, be found."""
    bulk.insert(session, _WORDS, [{"case_id": id_, "word": word} for id_, number in cases for word in words(number)])


def found(session: Session, looked_for: str, most: int) -> list[int]:
    """Return the ids of up to `most` cases of whose number a kept part begins with what is looked for."""
    low = looked_for.casefold().lstrip("〔[(（【〕])）】 -")
    if not low:
        return []
    statement = select(_WORDS.c.case_id).where(_WORDS.c.word >= low, _WORDS.c.word < low + _LAST).limit(most)
    return list(dict.fromkeys(session.scalars(statement)))


def refill(session: Session, batch: int = 20_000) -> None:
    """Write the words of all cases anew."""
    session.execute(delete(_WORDS))
    after = 0
    while some := session.execute(
        select(CaseRow.id, CaseRow.number).where(CaseRow.id > after).order_by(CaseRow.id).limit(batch)
    ).all():
        keep(session, [(row.id, row.number) for row in some])
        after = some[-1].id
