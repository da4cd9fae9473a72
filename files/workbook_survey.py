"""A look through an Office Open XML package before anything opens it: how much is in it, and what values do not show.

Everything is read as a stream and counted against a bound, so that the cost of a hostile file is known beforehand. The
same pass notes what the reader of values leaves out: hidden rows and columns, struck-out text, formulas without a
result, error values, text of headers printed on the page, comments.

This module runs in the reading process (`files.workbook_process`) and knows only the standard library.
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
MOST_TAGS: Final = 3_000_000
"""Tags of all parts that are looked through, empty cells included: what a pass over the file costs."""
MOST_GRID: Final = 2_000_000
"""Cells of the smallest rectangle around everything in a sheet: what the reader of values sets aside memory for."""
MOST_STYLES: Final = 65_536
"""Cell formats; no office program writes more."""
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


def survey(archive: zipfile.ZipFile) -> tuple[dict[str, SheetSurvey], bool]:
    """Return what each worksheet holds beside its values, by name, and whether days are counted from 1904.

    Raises:
        Unreadable: a bound is passed, or the package is damaged.
    """
    try:
        package = _Package(archive)
        parts, from_1904 = _sheet_parts(package)
        if len(parts) > MOST_SHEETS:
            raise Unreadable("sheets", most=MOST_SHEETS)
        struck_styles = _struck_styles(package)
        struck_strings = _struck_strings(package)
        found: dict[str, SheetSurvey] = {}
        for name, part in parts.items():
            found[name] = _Sheet(name, package, struck_styles, struck_strings).read(part)
            found[name].comments = _comments(package, part)
    except (ExpatError, KeyError, UnicodeDecodeError, ValueError) as error:
        raise Unreadable("damaged") from error
    return found, from_1904


class _Package:
    """The parts of a package, each looked through as a stream, against one bound for all of them."""

    def __init__(self, archive: zipfile.ZipFile) -> None:
        self.rulebook = archive
        self.names = frozenset(archive.namelist())
        self.tags, self.cells = MOST_TAGS, MOST_CELLS

    def parse(
        self,
        part: str,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None] | None = None,
        text: Callable[[str], None] | None = None,
    ) -> None:
        """Go through one part. A declaration of entities is refused: no office program writes one."""
        parser = ParserCreate()
        parser.buffer_text = True

        def entity(*_: object) -> None:
            raise Unreadable("entities")

        parser.EntityDeclHandler = entity
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.CharacterDataHandler = text
        with self.rulebook.open(part) as stream:
            while piece := stream.read(_CHUNK):
                # Tags are counted before the parser meets them, which costs next to nothing.
                self.tags -= piece.count(b"<")
                if self.tags < 0:
                    raise Unreadable("tags", most=MOST_TAGS)
                parser.Parse(piece)
        parser.Parse(b"", True)  # noqa: FBT003  # expat takes it by place only


def _local(tag: str) -> str:
    """Return the name without its prefix; the prefixes of a workbook are its own affair."""
    return tag.rpartition(":")[2]


def _attributes(attributes: dict[str, str]) -> dict[str, str]:
    return {_local(key): value for key, value in attributes.items()}


def _relations(package: _Package, part: str) -> dict[str, tuple[str, str]]:
    """Return what a part points to: by id, the kind of the relation and the part it leads to."""
    folder, name = posixpath.split(part)
    place = posixpath.join(folder, "_rels", f"{name}.rels")
    found: dict[str, tuple[str, str]] = {}
    if place not in package.names:
        return found

    def start(tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "Relationship" and attributes.get("TargetMode") != "External":
            target = attributes.get("Target", "")
            whole = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
            found[attributes.get("Id", "")] = (attributes.get("Type", "").rpartition("/")[2], whole)

    package.parse(place, start)
    return found


def _sheet_parts(package: _Package) -> tuple[dict[str, str], bool]:
    """Return the part of each worksheet, by name, in the workbook's order, and whether its days count from 1904."""
    book = next((part for kind, part in _relations(package, "").values() if kind == "officeDocument"), "")
    if book not in package.names:
        raise Unreadable("damaged")
    relations = _relations(package, book)
    parts: dict[str, str] = {}
    from_1904 = False

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal from_1904
        from_1904 = from_1904 or attributes.get("date1904", "0") in {"1", "true"}
        if _local(tag) == "sheet":
            plain = _attributes(attributes)
            kind, part = relations.get(plain.get("id", ""), ("", ""))
            if kind == "worksheet" and part in package.names:
                parts[plain.get("name", "")] = part

    package.parse(book, start)
    return parts, from_1904


def _part(package: _Package, name: str) -> str | None:
    """Return the part with this last name beside the workbook, whatever its folder is called."""
    return next((part for part in sorted(package.names) if posixpath.basename(part).lower() == name.lower()), None)


def _on(attributes: dict[str, str]) -> bool:
    return attributes.get("val", "1") not in {"0", "false"}


def _struck_styles(package: _Package) -> frozenset[int]:
    """Return the numbers of the cell formats whose font is struck through."""
    part = _part(package, "styles.xml")
    if part is None:
        return frozenset()
    struck_fonts: set[int] = set()
    styles: list[int] = []
    inside: list[str] = []
    fonts = -1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal fonts
        tag = _local(tag)
        if tag == "font" and inside[-1:] == ["fonts"]:
            fonts += 1
        elif tag == "strike" and inside[-1:] == ["font"] and "fonts" in inside and _on(attributes):
            struck_fonts.add(fonts)
        elif tag == "xf" and inside[-1:] == ["cellXfs"]:
            styles.append(int(attributes.get("fontId", "0")))
            if len(styles) > MOST_STYLES:
                raise Unreadable("tags", most=MOST_STYLES)
        inside.append(tag)

    def end(_: str) -> None:
        inside.pop()

    package.parse(part, start, end)
    return frozenset(place for place, font in enumerate(styles) if font in struck_fonts)


def _struck_strings(package: _Package) -> frozenset[int]:
    """Return the numbers of the shared texts that are struck through in part or in whole."""
    part = _part(package, "sharedStrings.xml")
    if part is None:
        return frozenset()
    struck: set[int] = set()
    place = -1

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal place
        tag = _local(tag)
        if tag == "si":
            place += 1
        elif tag == "strike" and _on(attributes):
            struck.add(place)

    package.parse(part, start)
    return frozenset(struck)


def _comments(package: _Package, part: str) -> list[tuple[int, int, str]]:
    """Return the comments of a sheet, each with its cell."""
    found: list[tuple[int, int, str]] = []
    for kind, place in _relations(package, part).values():
        if kind == "comments" and place in package.names:
            comments = _Comments(found)
            package.parse(place, comments.start, comments.end, comments.text)
    return found


class _Comments:
    """One pass over the comments of a sheet."""

    def __init__(self, found: list[tuple[int, int, str]]) -> None:
        self.found = found
        self.place, self.texts, self.inside = (0, 0), list[str](), False

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        if _local(tag) == "comment":
            self.place, self.texts = place_of(attributes.get("ref", "")) or (0, 0), []
        self.inside = _local(tag) == "t"

    def end(self, tag: str) -> None:
        self.inside = False
        if _local(tag) == "comment":
            self.found.append((*self.place, "".join(self.texts)[:1000]))

    def text(self, piece: str) -> None:
        if self.inside:
            self.texts.append(piece)


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
    """One pass over the XML of one worksheet. What an empty cell costs decides how long a hostile file takes."""

    def __init__(
        self, name: str, package: _Package, struck_styles: frozenset[int], struck_strings: frozenset[int]
    ) -> None:
        self.name, self.package = name, package
        self.struck_styles, self.struck_strings = struck_styles, struck_strings
        self.found = SheetSurvey()
        self.row, self.column = -1, -1
        self.top, self.bottom, self.left, self.right = 1 << 30, -1, 1 << 30, -1
        self.counted_row = -1
        self.cell: dict[str, str] | None = None
        self.is_wanted = False
        self.texts: list[str] = []
        self.has_formula, self.is_struck = False, False

    def read(self, part: str) -> SheetSurvey:
        self.package.parse(part, self.start, self.end, self.text)
        self._check_grid()
        return self.found

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        name = _local(tag) if ":" in tag else tag
        if name == "c":
            self.cell, self.texts = attributes, []
            self.has_formula = self.is_struck = False
            self.column += 1
        elif self.cell is not None:
            self.is_wanted = name in {"v", "t"}
            self.has_formula = self.has_formula or name == "f"
            self.is_struck = self.is_struck or (name == "strike" and _on(attributes))
        elif name == "row":
            number = attributes.get("r", "")
            self.row = int(number) - 1 if number.isascii() and number.isdigit() else self.row + 1
            self.column = -1
            if attributes.get("hidden", "0") in {"1", "true"}:
                self.found.hidden_rows.add(self.row)
        elif name == "mergeCell":
            self._merge(attributes.get("ref", ""))
        elif name == "col" and attributes.get("hidden", "0") in {"1", "true"}:
            self.found.hidden_columns.append((int(attributes["min"]) - 1, int(attributes["max"]) - 1))
        elif name.endswith(("Header", "Footer")) and name != "headerFooter":
            self.is_wanted, self.texts = True, []

    def text(self, piece: str) -> None:
        if self.is_wanted:
            self.texts.append(piece)

    def end(self, tag: str) -> None:
        name = _local(tag) if ":" in tag else tag
        if name == "c":
            if self.texts or self.has_formula:
                self._cell("".join(self.texts).strip())
            elif self.cell is not None and "r" in self.cell:
                self.column = (place_of(self.cell["r"]) or (0, self.column))[1]
            self.cell = None
        elif name in {"v", "t"}:
            self.is_wanted = False
        elif self.is_wanted and self.cell is None:
            printed = "".join(self.texts).strip()
            if printed:
                self.found.printed.append(printed[:500])
            self.is_wanted = False

    def _cell(self, value: str) -> None:
        attributes = self.cell or {}
        self.row, self.column = place = place_of(attributes.get("r", "")) or (self.row, self.column)
        kind, style = attributes.get("t", "n"), attributes.get("s", "0")
        if not value:
            if kind == "str":
                return  # the formula was worked out, and its result is an empty text
            self.found.uncached.append(place)
        self.package.cells -= 1
        if self.package.cells < 0:
            raise Unreadable("cells", sheet=self.name, most=MOST_CELLS)
        if self.row != self.counted_row:
            self.counted_row = self.row
            self.found.rows += 1
            if self.found.rows > MOST_ROWS:
                raise Unreadable("rows", sheet=self.name, most=MOST_ROWS)
        if kind == "e":
            self.found.errors.append((*place, value[:20]))
        shared = kind == "s" and value.isascii() and value.isdigit() and int(value) in self.struck_strings
        if shared or self.is_struck or (style.isascii() and style.isdigit() and int(style) in self.struck_styles):
            self.found.struck.append(place)
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
