"""The index by which the release before this one finds case numbers (ADR 0027); it is kept while that may still run.

The end of each number is kept several times: from its first letter, and from the first digit of each group of digits
in it. This release finds numbers as it finds all texts (`store.text_search`).
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, select

from store import bulk
from store.schema.base import table_of
from store.schema.cases import CaseRow, NumberSearchRow

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.orm import Session

_SEARCH: Final = table_of(NumberSearchRow)
_STARTS: Final = re.compile(r"^|(?<!\d)(?=\d)")


def search_keys(number: str) -> list[str]:
    """Return the texts under which a number is found, in lower case.

    `临法督〔2026〕17号` gives `临法督〔2026〕17号`, `2026〕17号` and `17号`.
    """
    lower = number.casefold()
    return list(dict.fromkeys(lower[start.start() :] for start in _STARTS.finditer(lower)))


def keep(session: Session, cases: Iterable[tuple[int, str]]) -> None:
    """Add new cases, each given as id and number, to the index."""
    rows = [{"case_id": case_id, "word": key} for case_id, number in cases for key in search_keys(number)]
    bulk.insert(session, _SEARCH, rows)


def between(session: Session, first: int, last: int) -> dict[int, set[str]]:
    """Return what the cases with ids from `first` to `last`, both inclusive, are found by."""
    kept: dict[int, set[str]] = {}
    for row in session.execute(select(_SEARCH.c.case_id, _SEARCH.c.word).where(_SEARCH.c.case_id.between(first, last))):
        kept.setdefault(row.case_id, set()).add(row.word)
    return kept


def refill(session: Session, batch: int = 20_000) -> None:
    """Build the index again from all cases."""
    session.execute(delete(_SEARCH))
    after = 0
    while batch_of_cases := session.execute(
        select(CaseRow.id, CaseRow.number).where(CaseRow.id > after).order_by(CaseRow.id).limit(batch)
    ).all():
        keep(session, [(row.id, row.number) for row in batch_of_cases])
        after = batch_of_cases[-1].id
