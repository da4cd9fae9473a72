"""Who may be named as the handler of a case."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from store import accounts

if TYPE_CHECKING:
    from store.accounts import Person
    from store.database import Database


def case_handlers(database: Database, by: Person) -> list[tuple[str, str]]:
    """Return whom this person may name as handlers of cases, by name: their accounts, and how they are told apart.

    Of two with one name each is told by the account beside it.
    """
    with database.reading() as session:
        found = accounts.handlers(session, by.territory)
    how_often = Counter(called for _account, called in found)
    return [(account, called if how_often[called] == 1 else f"{called}（{account}）") for account, called in found]
