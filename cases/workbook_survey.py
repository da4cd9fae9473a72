"""A look through an Office Open XML package before anything opens it: how much is in it, and what values do not show.

Everything is read as a stream and counted against a bound, so that the cost of a hostile file is known beforehand. The
same pass notes what the reader of values leaves out: hidden rows and columns, struck-out text, formulas without a
result, error values, text of headers printed on the page, comments.

This module runs in the reading process (`cases.workbook_process`) and knows only the standard library.
"""

from __future__ import annotations

import posixpath
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from xml.parsers.expat import ExpatError, ParserCreate

if TYPE_CHECKING:
    from collections.abc import Callable

MOST_ENTRIES: Final = 2_000
MOST_INFLATED: Final = 96 * 1024 * 1024
"""Bytes of all parts together, unpacked; a ledger of 20,000 rows has about 20 MiB."""
MOST_ROWS: Final = 20_000
"""Rows with something in them, in one sheet."""
MOST_COLUMNS: Final = 512
"""Up to the last column with something in it."""
MOST_CELLS: Final = 400_000
"""Cells with something in them, in the whole file."""
MOST_ELEMENTS: Final = 1_500_000
"""Row and cell elements, empty or not, in the whole file: what a pass over the file costs."""
MOST_GRID: Final = 2_000_000
"""Cells of the smallest rectangle around everything in a sheet: what the reader of values sets aside memory for."""
MOST_MERGED: Final = 20_000
"""Merged areas in one sheet; how large they are does not matter, because they are never spread out."""
MOST_SHEETS: Final = 100
_CHUNK: Final = 1 << 16
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_LETTERS: Final = 26


class Unreadable(Exception):  # noqa: N818  # not a fault of the program: a file that is refused
    """The file is refused. `why` is the key of a sentence; `particulars` fill its places."""

    def __init__(self, why: str, **particulars: Any) -> None:  # noqa: ANN401  # whatever can be printed
        """Carry the key of the sentence."""
        super().__init__(why)
        self.why, self.particulars = why, particulars


@dataclass(slots=True)
class SheetSurvey:
    """What one sheet holds beside its values. Rows and columns count from 0."""

    rows: int = 0
    hidden_rows: set[int] = field(default_factory=set)
    hidden_columns: list[tuple[int, int]] = field(default_factory=list)
    struck: list[tuple[int, int]] = field(default_factory=list)
    uncached: list[tuple[int, int]] = field(default_factory=list)
    errors: list[tuple[int, int, str]] = field(default_factory=list)
    merged: list[tuple[int, int, int, int]] = field(default_factory=list)
    printed: list[str] = field(default_factory=list)
    comments: list[tuple[int, int, str]] = field(default_factory=list)


@dataclass(slots=True)
class Budget:
    """What may still be read of the file."""

    elements: int = MOST_ELEMENTS
    cells: int = MOST_CELLS


def check_package(archive: zipfile.ZipFile) -> None:
    """Refuse a package that is locked, oddly packed, too large, or whose parts are not what the directory says.

    Every part is unpacked once and its checksum compared: no later reader can meet more bytes than were counted here.

    Raises:
        Unreadable: it is refused.
    """
    entries = archive.infolist()
    if len(entries) > MOST_ENTRIES:
        raise Unreadable("entries", most=MOST_ENTRIES)
    if any(entry.flag_bits & 0x1 for entry in entries):
        raise Unreadable("locked")
    if any(entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for entry in entries):
        raise Unreadable("packing")
    if sum(entry.file_size for entry in entries) > MOST_INFLATED:
        raise Unreadable("inflated", most=MOST_INFLATED // (1024 * 1024))
    try:
        for entry in entries:
            with archive.open(entry) as part:
                while part.read(_CHUNK):
                    pass
    except (zipfile.BadZipFile, EOFError, zlib.error, OSError, ValueError) as error:
        raise Unreadable("damaged") from error


def survey(archive: zipfile.ZipFile) -> dict[str, SheetSurvey]:
    """Return what each worksheet of the package holds beside its values, by the sheet's name.

    Raises:
        Unreadable: a bound is passed, or the package is damaged.
    """
    try:
        parts = _sheet_parts(archive)
        if len(parts) > MOST_SHEETS:
            raise Unreadable("sheets", most=MOST_SHEETS)
        struck_styles = _struck_styles(archive)
        struck_strings = _struck_strings(archive)
        budget = Budget()
        found: dict[str, SheetSurvey] = {}
        for name, part in parts.items():
            found[name] = _Sheet(name, budget, struck_styles, struck_strings).read(archive, part)
            found[name].comments = _comments(archive, part)
    except (ExpatError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("damaged") from error
    return found


def _parse(archive: zipfile.ZipFile, part: str, start: Callable[..., None], **handlers: Callable[..., None]) -> None:
    """Let a stream parser go through one part. A declaration of entities is refused: no office program writes one."""
    parser = ParserCreate(namespace_separator="}")
    parser.buffer_text = True

    def entity(*_: object) -> None:
        raise Unreadable("entities")

    parser.EntityDeclHandler = entity
    parser.StartElementHandler = start
    parser.EndElementHandler = handlers.get("end")
    parser.CharacterDataHandler = handlers.get("text")
    with archive.open(part) as stream:
        while piece := stream.read(_CHUNK):
            parser.Parse(piece)
    parser.Parse(b"", True)  # noqa: FBT003  # expat takes it by place only


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _attributes(attributes: dict[str, str]) -> dict[str, str]:
    return {_local(key): value for key, value in attributes.items()}


def _relations(archive: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part points to: by id, the kind of the relation and the part it leads to."""
    folder, name = posixpath.split(part)
    place = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if place not in archive.namelist():
        return found

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], whole)

    _parse(archive, place, start)
    return found


def _sheet_parts(archive: zipfile.ZipFile) -> dict[str, str]:
    """Return the part of each worksheet, by name, in the order of the workbook."""
    book = next((part for kind, part in _relations(archive, "").values() if kind == "officeDocument"), "")
    if book not in archive.namelist():
        raise Unreadable("damaged")
    relations = _relations(archive, book)
    parts: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "sheet":
            plain = _attributes(attributes)
            kind, part = relations.get(plain.get("id", ""), ("", ""))
            if kind == "worksheet" and part in archive.namelist():
                parts[plain.get("name", "")] = part

    _parse(archive, book, start)
    return parts


def _part(archive: zipfile.ZipFile, name: str) -> str | None:
    """Return the part with this last name beside the workbook, whatever its folder is called."""
    return next((part for part in archive.namelist() if posixpath.basename(part).lower() == name.lower()), None)


def _on(attributes: dict[str, str]) -> bool:
    return attributes.get("val", "1") not in {"0", "false"}


def _struck_styles(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return the numbers of the cell formats whose font is struck through."""
    part = _part(archive, "styles.xml")
    if part is None:
        return frozenset()
    struck_fonts: set[int] = set()
    styles: list[int] = []
    inside: list[str] = []
    fonts = -1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal fonts
        local = _local(tag)
        if local == "font" and inside[-1:] == ["fonts"]:
            fonts += 1
        elif local == "strike" and inside[-1:] == ["font"] and "fonts" in inside and _on(attributes):
            struck_fonts.add(fonts)
        elif local == "xf" and inside[-1:] == ["cellXfs"]:
            styles.append(int(attributes.get("fontId", "0")))
        inside.append(local)

    def end(_: str) -> None:
        inside.pop()

    _parse(archive, part, start, end=end)
    return frozenset(place for place, font in enumerate(styles) if font in struck_fonts)


def _struck_strings(archive: zipfile.ZipFile) -> frozenset[int]:
    """Return the numbers of the shared texts that are struck through in part or in whole."""
    part = _part(archive, "sharedStrings.xml")
    if part is None:
        return frozenset()
    struck: set[int] = set()
    place = -1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal place
        local = _local(tag)
        if local == "si":
            place += 1
        elif local == "strike" and _on(attributes):
            struck.add(place)

    _parse(archive, part, start)
    return frozenset(struck)


def _comments(archive: zipfile.ZipFile, part: str) -> list[tuple[int, int, str]]:
    """Return the comments of a sheet, each with its cell."""
    found: list[tuple[int, int, str]] = []
    for kind, place in _relations(archive, part).values():
        if kind != "comments" or place not in archive.namelist():
            continue
        at = (0, 0)
        texts: list[str] = []
        inside = False

        def start(tag: str, attributes: dict[str, str]) -> None:
            nonlocal at, inside
            local = _local(tag)
            if local == "comment":
                at = place_of(attributes.get("ref", "")) or (0, 0)
                texts.clear()
            inside = local == "t"

        def end(tag: str) -> None:
            nonlocal inside
            inside = False
            if _local(tag) == "comment":  # noqa: B023  # called while this loop's turn lasts
                found.append((*at, "".join(texts)[:1000]))

        def text(piece: str) -> None:
            if inside:
                texts.append(piece)

        _parse(archive, place, start, end=end, text=text)
    return found


def place_of(reference: str) -> tuple[int, int] | None:
    """Return row and column, from 0, of a reference such as `B4`; None if it is none."""
    found = _CELL.fullmatch(reference.replace("$", ""))
    if found is None:
        return None
    column = 0
    for letter in found[1]:
        column = column * _LETTERS + ord(letter) - ord("A") + 1
    return int(found[2]) - 1, column - 1


class _Sheet:
    """One pass over the XML of one worksheet."""

    def __init__(
        self, name: str, budget: Budget, struck_styles: frozenset[int], struck_strings: frozenset[int]
    ) -> None:
        self.name, self.budget = name, budget
        self.struck_styles, self.struck_strings = struck_styles, struck_strings
        self.found = SheetSurvey()
        self.row, self.column = -1, -1
        self.top, self.bottom, self.left, self.right = 1 << 30, -1, 1 << 30, -1
        self.row_filled = False
        self.in_cell, self.in_text, self.in_printed = False, False, False
        self.kind, self.style = "", 0
        self.value: list[str] = []
        self.length = 0
        self.has_formula, self.is_struck = False, False

    def read(self, archive: zipfile.ZipFile, part: str) -> SheetSurvey:
        _parse(archive, part, self.start, end=self.end, text=self.text)
        self._check_grid()
        return self.found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        local = _local(tag)
        if local == "c":
            self._count()
            place = place_of(attributes.get("r", ""))
            self.row, self.column = place or (self.row, self.column + 1)
            self.kind = attributes.get("t", "n")
            style = attributes.get("s", "0")
            self.style = int(style) if style.isascii() and style.isdigit() else 0
            self.in_cell, self.value, self.length = True, [], 0
            self.has_formula = self.is_struck = False
        elif local == "row":
            self._count()
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isascii() and number.isdigit() else self.row + 1
            self.column, self.row_filled = -1, False
            if attributes.get("hidden", "0") in {"1", "true"}:
                self.found.hidden_rows.add(self.row)
        elif self.in_cell:
            self.in_text = local in {"v", "t"}
            self.has_formula = self.has_formula or local == "f"
            self.is_struck = self.is_struck or (local == "strike" and _on(attributes))
        elif local == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif local == "col" and attributes.get("hidden", "0") in {"1", "true"}:
            self.found.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
        elif local.endswith(("Header", "Footer")) and local != "headerFooter":
            self.in_printed = True
            self.value = []

    def _count(self) -> None:
        self.budget.elements -= 1
        if self.budget.elements < 0:
            raise Unreadable("elements", sheet=self.name, most=MOST_ELEMENTS)

    def text(self, piece: str) -> None:
        if (self.in_cell and self.in_text) or self.in_printed:
            # Only whether something is there, and its beginning, are of interest here.
            if self.length < 100:  # noqa: PLR2004
                self.value.append(piece)
            self.length += len(piece)

    def end(self, tag: str) -> None:
        local = _local(tag)
        if local in {"v", "t"}:
            self.in_text = False
        elif local == "c":
            self._cell("".join(self.value).strip())
            self.in_cell = False
        elif self.in_printed:
            printed = "".join(self.value).strip()
            if printed:
                self.found.printed.append(printed[:500])
            self.in_printed, self.length = False, 0

    def _cell(self, value: str) -> None:
        at = (self.row, self.column)
        if not value:
            if self.has_formula:
                self.found.uncached.append(at)
            else:
                return
        self.budget.cells -= 1
        if self.budget.cells < 0:
            raise Unreadable("cells", sheet=self.name, most=MOST_CELLS)
        if not self.row_filled:
            self.row_filled = True
            self.found.rows += 1
            if self.found.rows > MOST_ROWS:
                raise Unreadable("rows", sheet=self.name, most=MOST_ROWS)
        if self.kind == "e":
            self.found.errors.append((*at, value[:20]))
        shared = self.kind == "s" and value.isascii() and value.isdigit() and int(value) in self.struck_strings
        if self.style in self.struck_styles or self.is_struck or shared:
            self.found.struck.append(at)
        self.top, self.bottom = min(self.top, self.row), max(self.bottom, self.row)
        self.left, self.right = min(self.left, self.column), max(self.right, self.column)

    def _merge(self, reference: str) -> None:
        first, _, last = reference.partition(":")
        begin, end = place_of(first), place_of(last or first)
        if begin is None or end is None:
            return
        if len(self.found.merged) >= MOST_MERGED:
            raise Unreadable("merged", sheet=self.name, most=MOST_MERGED)
        self.found.merged.append((*begin, *end))

    def _check_grid(self) -> None:
        if self.right >= MOST_COLUMNS:
            raise Unreadable("columns", sheet=self.name, most=MOST_COLUMNS)
        if self.bottom >= 0 and (self.bottom - self.top + 1) * (self.right - self.left + 1) > MOST_GRID:
            raise Unreadable("grid", sheet=self.name, row=self.bottom + 1)
