"""What other rooms of the year give to files and reports; a room that is not there gives nothing, and is left out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import date

    from sqlalchemy.orm import Session


@dataclass(frozen=True, slots=True, kw_only=True)
class DutyOfYear:
    """One recurring duty of a unit as it stood on a day: the clause, its day, and whether it was met in time.

    `met` is empty while it is open; `said` is one sentence in the words of the office.
    """

    duty: str
    due_on: date
    met: bool | None
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Commended:
    """One commendation of a head: its day, the document's number, and for what."""

    on: date
    document_number: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """One line of an approved ranking; the score as it was approved, in words."""

    place: int
    unit: str
    group: str
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class YearRooms:
    """The rooms beside: each asked within the transaction that reads the file or the report.

    `duties` and `commendations` take the unit or the post, and the first and last day, both inclusive, whose facts are
    told as they stood at the end of the last; `ranking` takes a year and a day, and gives None where none was approved
    by then.
    """

    duties: Callable[[Session, int, date, date], Sequence[DutyOfYear]] | None = None
    commendations: Callable[[Session, int, date, date], Sequence[Commended]] | None = None
    ranking: Callable[[Session, int, date], Sequence[Ranked] | None] | None = None
