"""The numbers of cases and documents: which comes next, and that none is given twice."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final

from store import (
    cases,
    documents,
    numbering,
)

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session

    from states.command import Command

AUTO: Final = "auto"
"""In the place of a document number: the next one of the series."""
_BRACKETS: Final = str.maketrans("﹝﹞[]［］", "〔〕〔〕〔〕")


class Numbering:
    """The series of one office: of its cases (such as 临法治督案), and of its documents (临法治督)."""

    def __init__(self, series: str) -> None:
        """Number the cases with this series; documents go by the same without its last 案."""
        self.series = series
        self.documents = series.removesuffix("案")

    def next_case_number(self, session: Session, on: date) -> str:
        """Return the next case number of this year."""
        while True:
            number = f"{self.series}〔{on.year}〕{numbering.next_in_series(session, f'{self.series}/{on.year}')}号"
            if cases.known(session, number, None) is None:
                return number

    def next_document(self, session: Session, on: date) -> str:
        """Return the next document number of this year; whoever takes it uses it or makes it void."""
        while True:
            place = numbering.next_in_series(session, f"{self.documents}/{on.year}")
            number = f"{self.documents}〔{on.year}〕{place}号"
            if not documents.known(session, number):
                return number

    def use(self, session: Session, number: str) -> bool:
        """Let a series of ours go on behind a number that was given elsewhere; say whether it is one of ours."""
        head, _, tail = number.partition("〔")
        year, _, place = tail.partition("〕")
        digits = place.removesuffix("号")
        ours = head in (self.series, self.documents) and (year + digits).isascii() and year.isdigit()
        if ours and digits.isdigit():
            numbering.raise_series(session, f"{head}/{year}", int(digits))
            return True
        return False

    def numbered(self, session: Session, command: Command) -> Command:
        """Return the request with its document number as it is kept: the next one if `auto`, in one kind of brackets.

        Raises:
            BadData: the number belongs to another case, or is void.
        """
        number = command.data.get("document_number")
        if not isinstance(number, str):
            return command
        written = number.strip().translate(_BRACKETS)
        if written == AUTO:
            written = self.next_document(session, command.on)
        return replace(command, data={**command.data, "document_number": written})
