"""The lines of a document broken into pages for the screen, by the measures of the paper: 22 lines of 28 characters.

An estimate: a word processor knows widths that a page on the screen does not. What is printed is the file.

Source: GB/T 9704-2012, 5.2.3; `documents.standard`.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from math import ceil
from typing import TYPE_CHECKING, Final

from documents.sheet import SheetLine, SheetPlace, SheetWords
from documents.standard import CHARACTERS, LINES

if TYPE_CHECKING:
    from collections.abc import Iterable

Page = tuple[SheetLine, ...]
TITLE_CHARACTERS: Final = 20
"""Characters of the title's size in a line."""
INDENT: Final = 2
_FIXED: Final = {SheetPlace.LETTERHEAD: 5, SheetPlace.NUMBER: 6, SheetPlace.SIGNER: 3, SheetPlace.DATE: 1}
"""Lines of the body that these take with the space around them."""
_AT_LEAST: Final = 2
"""Lines of a paragraph that stand on a page together."""


def pages_of(lines: Iterable[SheetLine]) -> tuple[Page, ...]:
    """Return the lines page by page; a paragraph or a table that does not fit goes on where the next page begins."""
    pages: list[list[SheetLine]] = [[]]
    left = LINES
    for line in lines:
        rest: SheetLine | None = line
        while rest is not None:
            here, rest = _fitting(rest, left, at_top=not pages[-1])
            if here is not None:
                pages[-1].append(here)
                left -= height(here)
            if rest is not None:
                pages.append([])
                left = LINES
    _keep_signature(pages)
    return tuple(tuple(page) for page in pages if page)


def _keep_signature(pages: list[list[SheetLine]]) -> None:
    """Let no signature stand on a page without text: the last paragraph goes along (GB/T 9704-2012, 7.3.5)."""
    for before, page in pairwise(pages):
        if not page or page[0].place is not SheetPlace.SIGNER or len(before) <= 1:
            continue
        if before[-1].place is SheetPlace.TEXT and sum(map(height, [before[-1], *page])) <= LINES:
            page.insert(0, before.pop())


def height(line: SheetLine) -> int:
    """Return how many lines of the body this takes on paper."""
    if line.place is SheetPlace.TABLE:
        return sum(_row_height(row) for row in line.rows)
    if line.place in _FIXED:
        return _FIXED[line.place]
    text = _text(line.words)
    if line.place is SheetPlace.TITLE:
        return 1 + ceil(1.15 * sum(max(1, ceil(len(part) / TITLE_CHARACTERS)) for part in text.split("\n")))
    return sum(max(1, ceil((len(part) + _indent(line)) / CHARACTERS)) for part in text.split("\n"))


def _fitting(line: SheetLine, left: int, *, at_top: bool) -> tuple[SheetLine | None, SheetLine | None]:
    """Return what of the line stands on a page with so many lines left, and what goes to the next one."""
    if height(line) <= left:
        return line, None
    if line.place is SheetPlace.TABLE:
        return _split_rows(line, left, at_top=at_top)
    if line.place is SheetPlace.TEXT and left >= _AT_LEAST and "\n" not in _text(line.words):
        before, after = _split_words(line.words, left * CHARACTERS - _indent(line))
        return replace(line, words=before), replace(line, words=after, goes_on=True)
    return (line, None) if at_top else (None, line)


def _split_rows(line: SheetLine, left: int, *, at_top: bool) -> tuple[SheetLine | None, SheetLine | None]:
    taken = 0
    for place, row in enumerate(line.rows):
        taken += _row_height(row)
        if taken > left:
            first = max(place, 1) if at_top else place  # a row that is taller than a page stands on one all the same
            here = replace(line, rows=line.rows[:first]) if first else None
            rest = replace(line, rows=line.rows[first:]) if first < len(line.rows) else None
            return here, rest
    return line, None


def _split_words(words: tuple[SheetWords, ...], most: int) -> tuple[tuple[SheetWords, ...], tuple[SheetWords, ...]]:
    before: list[SheetWords] = []
    for place, one in enumerate(words):
        if len(one.text) > most:
            cut, rest = replace(one, text=one.text[:most]), replace(one, text=one.text[most:])
            return (*before, *((cut,) if most else ())), (rest, *words[place + 1 :])
        before.append(one)
        most -= len(one.text)
    return tuple(before), ()


def _row_height(row: tuple[tuple[SheetWords, ...], ...]) -> int:
    wide = max(1, CHARACTERS // max(1, len(row)))
    return max((sum(max(1, ceil(len(part) / wide)) for part in _text(cell).split("\n")) for cell in row), default=1)


def _indent(line: SheetLine) -> int:
    return INDENT if line.place is SheetPlace.TEXT and not line.goes_on else 0


def _text(words: tuple[SheetWords, ...]) -> str:
    return "".join(one.text for one in words)
