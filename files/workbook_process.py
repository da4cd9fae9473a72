"""The process that opens one file of an office, and ends with it: `python -m files.workbook_process FILE`.

What comes from outside is opened here and nowhere else. The process limits its own memory and processor time first, so
that whatever is in the file, the program that asked goes on, and has an answer soon. It prints one JSON document: the
values of the sheets, or the key of the sentence that refuses the file.

Values come from `python-calamine` (ADR 0031), which reads xlsx, xlsm, xlsb, xls and ods; CSV is read by the standard
library. What kind of file it is, its first bytes say, not its name.
"""

from __future__ import annotations

import csv
import io
import json
import sys
import zipfile
from contextlib import suppress
from dataclasses import asdict
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from python_calamine import (
    CalamineError,
    CalamineSheet,
    CalamineWorkbook,
    PasswordError,
    SheetTypeEnum,
    SheetVisibleEnum,
    ZipError,
)

from files.workbook_survey import (
    MOST_CELLS,
    MOST_COLUMNS,
    MOST_ROWS,
    MOST_SHEETS,
    SheetSurvey,
    Unreadable,
    check_package,
    survey,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

MEMORY: Final = 256 * 1024 * 1024
"""Bytes of address space; the libraries take some 40 MiB of it."""
SECONDS: Final = 4
"""Of processor time."""
_MOST_TEXT: Final = 16 * 1024 * 1024
"""Characters of all values together."""
_COMPOUND: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_ENCRYPTED: Final = ("EncryptedPackage".encode("utf-16-le"), "EncryptionInfo".encode("utf-16-le"))
_MARKS: Final = ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16"))
_ENCODINGS: Final = ("utf-8", "gb18030")
_DELIMITERS: Final = ",\t;，"


def limit() -> None:
    """Bound what this process may use; on systems without such limits its caller's clock is the only bound."""
    with suppress(ImportError, ValueError, OSError):
        import resource  # noqa: PLC0415  # not there on Windows

        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS + 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def read(path: Path) -> dict[str, Any]:
    """Return the sheets of the file with their values.

    Raises:
        Unreadable: it is refused, with the key of the sentence.
    """
    with path.open("rb") as file:
        head = file.read(4096)
    if not head:
        raise Unreadable("empty")
    if head.startswith(b"PK"):
        return _package(path)
    if head.startswith(_COMPOUND):
        content = path.read_bytes()
        if any(word in content for word in _ENCRYPTED):
            raise Unreadable("locked")
        try:
            return _calamine(io.BytesIO(content), "xls", {})
        except Unreadable as error:
            # A compound file that no reader understands is mostly one that is locked by a password or by its owner.
            raise Unreadable("compound") if error.why in {"other", "damaged"} else error from error
    return _text(path, head)


def _package(path: Path) -> dict[str, Any]:
    try:
        with zipfile.ZipFile(path) as archive:
            check_package(archive)
            names = set(archive.namelist())
            opened = "mimetype" in names and archive.read("mimetype")[:100].startswith(b"application/vnd.oasis")
            if not opened and "[Content_Types].xml" not in names:
                raise Unreadable("other")
            binary = any(name.lower().endswith("workbook.bin") for name in names)
            looked, from_1904 = ({}, False) if opened or binary else survey(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, RuntimeError) as error:
        raise Unreadable("damaged") from error
    kind = "ods" if opened else "xlsb" if binary else "xlsx"
    return _calamine(io.BytesIO(path.read_bytes()), kind, looked) | {"from_1904": from_1904}


def _calamine(content: io.BytesIO, kind: str, looked: dict[str, SheetSurvey]) -> dict[str, Any]:
    try:
        with CalamineWorkbook.from_filelike(content) as book:
            sheets = [meta for meta in book.sheets_metadata if meta.typ is SheetTypeEnum.WorkSheet]
            others = [meta.name for meta in book.sheets_metadata if meta.typ is not SheetTypeEnum.WorkSheet]
            if len(sheets) > MOST_SHEETS:
                raise Unreadable("sheets", most=MOST_SHEETS)
            budget = _Budget()
            return {
                "kind": kind,
                "others": others,
                "sheets": [
                    _sheet(
                        book.get_sheet_by_name(meta.name),
                        looked.get(meta.name),
                        budget,
                        visible=meta.visible is SheetVisibleEnum.Visible,
                    )
                    for meta in sheets
                ],
            }
    except PasswordError as error:
        raise Unreadable("locked") from error
    except ZipError as error:
        raise Unreadable("damaged") from error
    except CalamineError as error:
        raise Unreadable("other" if "Cannot detect" in str(error) else "damaged") from error


class _Budget:
    """What may still be handed on."""

    def __init__(self) -> None:
        self.cells, self.text = MOST_CELLS, _MOST_TEXT

    def take(self, value: object) -> None:
        self.cells -= 1
        if self.cells < 0:
            raise Unreadable("cells", sheet="", most=MOST_CELLS)
        if isinstance(value, str):
            self.text -= len(value)
            if self.text < 0:
                raise Unreadable("text", most=_MOST_TEXT // (1024 * 1024))


def _sheet(sheet: CalamineSheet, looked: SheetSurvey | None, budget: _Budget, *, visible: bool) -> dict[str, Any]:
    # The reader begins its rows with the first of the sheet, and its columns with the first that is filled.
    top, left = 0, (sheet.start or (0, 0))[1]
    filled = {(row, column) for row, column, _ in looked.errors} if looked else set()
    filled |= set(looked.uncached) if looked else set()
    rows = _rows(sheet.name, sheet.iter_rows(), top, left, budget, filled)
    return {
        "name": sheet.name,
        "visible": visible,
        "rows": rows,
        **_looked(looked or SheetSurvey(merged=[(*first, *last) for first, last in sheet.merged_cell_ranges or ()])),
    }


def _looked(looked: SheetSurvey) -> dict[str, Any]:
    """Return what the look through the sheet found beside its values; `rows` are told by the values themselves."""
    found = asdict(looked) | {"hidden_rows": sorted(looked.hidden_rows)}
    del found["rows"]
    return found


def _rows(
    name: str, rows: Iterable[list[Any]], top: int, left: int, budget: _Budget, odd: set[tuple[int, int]]
) -> list[tuple[int, list[tuple[int, Any]]]]:
    """Return the rows with something in them; cells that hold an error or no result are told apart by the survey."""
    found: list[tuple[int, list[tuple[int, Any]]]] = []
    for place, row in enumerate(rows, top):
        cells: list[tuple[int, Any]] = []
        for column, value in enumerate(row, left):
            if value == "" or (odd and (place, column) in odd):
                continue
            budget.take(value)
            if column >= MOST_COLUMNS:
                raise Unreadable("columns", sheet=name, most=MOST_COLUMNS)
            cells.append((column, _plain(value)))
        if cells:
            found.append((place, cells))
            if len(found) > MOST_ROWS:
                raise Unreadable("rows", sheet=name, most=MOST_ROWS)
    return found


def _plain(value: Any) -> Any:  # noqa: ANN401  # whatever a cell holds
    if isinstance(value, datetime):
        return {"moment": value.isoformat()}
    if isinstance(value, date):
        return {"day": value.isoformat()}
    if isinstance(value, (time, timedelta)):
        return {"clock": str(value)}
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:  # noqa: PLR2004  # exact in a double
        return int(value)
    return value


def _text(path: Path, head: bytes) -> dict[str, Any]:
    lowered = head.lower().lstrip()
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise Unreadable("other")
    if lowered.startswith((b"<html", b"<!doctype", b"<table", b"<meta", b"<head", b"\xef\xbb\xbf<")):
        raise Unreadable("web")
    if lowered.startswith((b"<?xml", b"<workbook")):
        raise Unreadable("web")
    if lowered.startswith((b"%pdf", b"{\\rtf", b"\x89png", b"\xff\xd8")):
        raise Unreadable("other")
    content = path.read_bytes()
    for encoding in [name for mark, name in _MARKS if head.startswith(mark)] or _ENCODINGS:
        with suppress(UnicodeDecodeError):
            return _csv(content.decode(encoding))
    raise Unreadable("encoding")


def _csv(content: str) -> dict[str, Any]:
    first = next((line for line in content.splitlines() if line.strip()), "")
    delimiter = max(_DELIMITERS, key=first.count)
    if delimiter not in first:
        raise Unreadable("other")
    budget = _Budget()
    csv.field_size_limit(1 << 20)
    try:
        lines = csv.reader(io.StringIO(content, newline=""), delimiter=delimiter)
        rows = _rows("CSV", lines, 0, 0, budget, set())
    except csv.Error as error:
        raise Unreadable("damaged") from error
    return {
        "kind": "csv",
        "others": [],
        "sheets": [{"name": "CSV", "visible": True, "rows": rows, **_looked(SheetSurvey())}],
    }


def main() -> None:
    """Read the file named on the command line and print what is in it."""
    limit()
    try:
        answer = read(Path(sys.argv[1]))
    except Unreadable as refused:
        answer = {"refused": refused.why, **refused.particulars}
    except MemoryError:
        answer = {"refused": "memory"}
    except BaseException as error:
        # What the Rust reader says when a damaged file breaks an assumption of its own; it is no `Exception`.
        if type(error).__name__ != "PanicException":
            raise
        answer = {"refused": "damaged"}
    sys.stdout.buffer.write(json.dumps(answer, ensure_ascii=False).encode("utf-8", "surrogatepass"))


if __name__ == "__main__":
    main()
