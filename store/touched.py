"""What a transaction has written of which the log has to speak when it commits (`store.sealed_rows`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

Key: TypeAlias = int | str | tuple[int | str, ...]
"""What tells a row of a table from the others: the value of its key, or several where the key has several columns."""

SAYS_WHAT: Final = "says_what_it_writes"
"""The execution option of a statement whose writer tells the log by itself which rows it has written."""
TOUCHED: Final = "touched"
"""Under which name a session keeps the rows that were written, each as its table and key."""
OWED: Final = "owed"
"""Under which name a session keeps the messages that are owed."""


def key_of(values: Sequence[Any]) -> Key:
    """Return the key of a row whose key columns hold these values."""
    return tuple(values) if len(values) > 1 else values[0]


def touch(session: Session, table: str, key: Key) -> None:
    """Note that this row was written, so that the log says what stands in it at the end of the transaction."""
    session.info.setdefault(TOUCHED, {})[table, key] = None
