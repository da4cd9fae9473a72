"""Documents broken into pages on the screen: no page has more lines than paper, and no word is lost."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as some

from documents.sheet import SheetLine, SheetPlace, SheetWords
from documents.sheet_pages import height, pages_of
from documents.standard import CHARACTERS, LINES


def paragraph(length: int) -> SheetLine:
    return SheetLine(SheetPlace.TEXT, (SheetWords("字" * length),))


def words_of(lines: list[SheetLine]) -> str:
    return "".join(one.text for line in lines for one in line.words)


def test_what_fills_a_page_to_the_last_line_stays_on_it_and_one_more_line_begins_the_next() -> None:
    full = [paragraph(CHARACTERS - 2) for _ in range(LINES)]
    assert len(pages_of(full)) == 1
    first, second = pages_of([*full, paragraph(1)])
    assert (len(first), len(second)) == (LINES, 1)


def test_a_long_paragraph_goes_on_without_an_indent() -> None:
    pages = pages_of([paragraph(CHARACTERS * (LINES + 3))])
    assert [line.goes_on for page in pages for line in page] == [False, True]
    assert height(pages[0][0]) == LINES


def test_a_title_is_not_torn_from_one_page_to_the_next() -> None:
    title = SheetLine(SheetPlace.TITLE, (SheetWords("关于表扬临溪市水务局的通报"),))
    first, second = pages_of([*(paragraph(CHARACTERS - 2) for _ in range(LINES - 1)), title])
    assert (len(first), second) == (LINES - 1, (title,))


def test_a_table_is_broken_between_rows_and_a_row_taller_than_a_page_stands_alone() -> None:
    row = ((SheetWords("事实"),), (SheetWords("标准"),))
    tall = ((SheetWords("字" * CHARACTERS * LINES),),)
    table = SheetLine(SheetPlace.TABLE, rows=(*(row for _ in range(LINES)), tall, row))
    pages = pages_of([table])
    assert [len(line.rows) for page in pages for line in page] == [LINES, 1, 1]


def test_no_signature_stands_on_a_page_without_text() -> None:
    signer, date = (
        SheetLine(SheetPlace.SIGNER, (SheetWords("办公室"),)),
        SheetLine(SheetPlace.DATE, (SheetWords("日"),)),
    )
    first, second = pages_of([*(paragraph(CHARACTERS - 2) for _ in range(LINES - 1)), signer, date])
    assert (len(first), [line.place for line in second]) == (
        LINES - 2,
        [SheetPlace.TEXT, SheetPlace.SIGNER, SheetPlace.DATE],
    )


@given(some.lists(some.integers(0, 900), max_size=30))
def test_no_page_is_too_long_and_no_character_is_lost(lengths: list[int]) -> None:
    lines = [paragraph(length) for length in lengths]
    pages = pages_of(lines)
    assert all(sum(map(height, page)) <= LINES for page in pages)
    assert words_of([line for page in pages for line in page]) == words_of(lines)
