"""Files that would cost an office its afternoon: each is answered soon, in little memory, with a sentence."""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING, Final

import pytest

from files.workbook import Workbook, address, letters, open_workbook
from states.errors import BadLedger
from tests.support.ledgers import FILES, ROOT, asked, read, taken

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

BASE: Final = FILES / "01-base.xlsx"
SHEET: Final = "xl/worksheets/sheet1.xml"
SECONDS: Final = 5
"""Of processor time: tests run beside others, so that the clock on the wall says little."""
MEMORY: Final = 300 * 1024 * 1024
END: Final = b"</sheetData>"


def altered(path: Path, part: str, change: Callable[[bytes], bytes]) -> Path:
    """Write the office's form with one part changed."""
    with zipfile.ZipFile(BASE) as source, zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            content = source.read(entry)
            target.writestr(entry.filename, change(content) if entry.filename == part else content)
    return path


def before_the_end(more: bytes) -> Callable[[bytes], bytes]:
    return lambda content: content.replace(END, more + END)


def _row(number: int) -> bytes:
    texts = (
        f"测法督案〔2026〕{number}号",
        "专项督查",
        "2026-03-04",
        f"第{number % 97}局",
        "局长",
        f"问题{number}",
        "art6-2a",
    )
    cells = "".join(
        f'<c r="{letters(place)}{number}" t="inlineStr"><is><t>{text}</t></is></c>' for place, text in enumerate(texts)
    )
    return f'<row r="{number}">{cells}</row>'.encode()


def _lying(path: Path) -> Path:
    """Write a package whose directory says that its largest part is small."""
    altered(path, SHEET, before_the_end(b" " * (113 << 20)))
    content = bytearray(path.read_bytes())
    place = content.find(b"PK\x01\x02")
    while place >= 0:
        if content[place + 46 :].startswith(SHEET.encode()):
            content[place + 24 : place + 28] = (2400).to_bytes(4, "little")
        place = content.find(b"PK\x01\x02", place + 4)
    path.write_bytes(content)
    return path


def _sheets(path: Path, table: str) -> Path:
    """Write an OpenDocument sheet with this table."""
    names = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet", zipfile.ZIP_STORED)
        target.writestr(
            "META-INF/manifest.xml",
            f'<manifest:manifest xmlns:manifest="{names}:manifest:1.0"><manifest:file-entry manifest:full-path="/" '
            'manifest:media-type="application/vnd.oasis.opendocument.spreadsheet"/></manifest:manifest>',
        )
        target.writestr(
            "content.xml",
            f'<office:document-content xmlns:office="{names}:office:1.0" xmlns:table="{names}:table:1.0" '
            f'xmlns:text="{names}:text:1.0"><office:body><office:spreadsheet><table:table table:name="S">{table}'
            "</table:table></office:spreadsheet></office:body></office:document-content>",
        )
    return path


def _many(path: Path, count: int) -> Path:
    return altered(path, SHEET, before_the_end(b"".join(_row(number) for number in range(5, 5 + count))))


FAR: Final = b'<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
CELL: Final = "<table:table-cell office:value-type='string'{}><text:p>x</text:p></table:table-cell>"
BOMBS: Final[dict[str, tuple[Callable[[Path], Path], str]]] = {
    "113 MiB of XML in 120 kB": (lambda p: altered(p, SHEET, before_the_end(b" " * (113 << 20))), "解压后超过"),
    "the same, and a directory that lies": (_lying, "已损坏"),
    "ten million empty cells": (
        lambda p: altered(p, SHEET, before_the_end(b'<row r="9">' + b"<c/>" * 10_000_000 + b"</row>")),
        "单元格和格式过多",
    ),
    "a million elements inside each other": (
        lambda p: altered(p, SHEET, before_the_end(b"<a>" * 1_000_000)),
        "过多|内存|损坏",
    ),
    "100,000 rows": (lambda p: _many(p, 100_000), "超过20000行"),
    "a cell in the last row": (lambda p: altered(p, SHEET, before_the_end(FAR)), "1048576行"),
    "a cell in the last column": (
        lambda p: altered(p, SHEET, before_the_end(b'<row r="9"><c r="XFD9"><v>1</v></c></row>')),
        "超出第512列",
    ),
    "a row number beyond all rows": (
        lambda p: altered(p, SHEET, before_the_end(b'<row r="99999999999999999999"><c><v>1</v></c></row>')),
        "还有内容|损坏",
    ),
    "half a million merged areas": (
        lambda p: altered(
            p,
            SHEET,
            lambda c: c.replace(
                END, END + b"<mergeCells>" + b'<mergeCell ref="A1:XFD9"/>' * 500_000 + b"</mergeCells>"
            ),
        ),
        "合并单元格过多",
    ),
    "three million cell formats": (
        lambda p: altered(
            p, "xl/styles.xml", lambda c: c.replace(b"</cellXfs>", b'<xf fontId="0"/>' * 3_000_000 + b"</cellXfs>")
        ),
        "单元格和格式过多",
    ),
    "one text of 60 MiB": (
        lambda p: altered(
            p,
            SHEET,
            before_the_end(b'<row r="9"><c r="A9" t="inlineStr"><is><t>' + b"A" * (60 << 20) + b"</t></is></c></row>"),
        ),
        "文字过多",
    ),
    "entities that unfold": (
        lambda p: altered(
            p,
            SHEET,
            lambda c: c.replace(
                b"<worksheet", b'<!DOCTYPE x [<!ENTITY a "AAAAAAAAAA"><!ENTITY b "&a;&a;&a;&a;&a;">]><worksheet', 1
            ),
        ),
        "实体声明",
    ),
    "a shared text that is not there": (
        lambda p: altered(p, SHEET, before_the_end(b'<row r="9"><c r="A9" t="s"><v>99999</v></c></row>')),
        "已损坏",
    ),
    "an OpenDocument sheet of 16 thousand million cells": (
        lambda p: _sheets(
            p,
            "<table:table-row table:number-rows-repeated='1048576'>"
            + CELL.format(" table:number-columns-repeated='16384'")
            + "</table:table-row>",
        ),
        "不是可读的工作簿|内存",
    ),
    "an OpenDocument sheet of a million rows": (
        lambda p: _sheets(
            p, "<table:table-row table:number-rows-repeated='1048576'>" + CELL.format("") + "</table:table-row>"
        ),
        "超过20000行|内存",
    ),
}


def _asked(path: Path) -> tuple[str, float, int]:
    """Read the file in a process of its own; return its sentence, the processor time and the most memory it took.

    The memory is that of the largest process, the time that of all.
    """
    program = (
        "import json, resource, sys\n"
        "from pathlib import Path\n"
        "from files.workbook import open_workbook\n"
        "from states.errors import BadLedger\n"
        "try:\n"
        "    said = f'{len(open_workbook(Path(sys.argv[1])).sheets)} sheets'\n"
        "except BadLedger as refused:\n"
        "    said = refused.sentence.text()\n"
        "mine, its = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))\n"
        # What `getrusage` says of a process's own memory includes that of the one that started it.
        "own = next(line for line in open('/proc/self/status') if line.startswith('VmHWM'))\n"
        "used = mine.ru_utime + mine.ru_stime + its.ru_utime + its.ru_stime\n"
        "print(json.dumps([said, used, 1024 * int(own.split()[1]), its.ru_maxrss * 1024]))\n"
    )
    command = [sys.executable, "-c", program, str(path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    assert not done.stderr
    said, used, own, its = json.loads(done.stdout)
    return said, used, max(own, its)


@pytest.mark.parametrize("kind", BOMBS)
def test_a_hostile_file_is_refused_soon_and_in_little_memory(tmp_path: Path, kind: str) -> None:
    make, words = BOMBS[kind]
    path = make(tmp_path / "台账.xlsx")
    said, seconds, memory = _asked(path)
    assert any(word in said for word in words.split("|")), said
    assert said.startswith("台账.xlsx")
    assert seconds < SECONDS
    assert memory < MEMORY


@pytest.mark.parametrize("name", ["09b-merge-20000.xlsx", "09-merge-whole-sheet.xlsx", "08b-style-30000-rows.xlsx"])
def test_large_areas_without_content_are_read_in_no_time(name: str) -> None:
    said, seconds, memory = _asked(FILES / name)
    assert said == "1 sheets"
    assert seconds < 2
    assert memory < 100 * 1024 * 1024


def test_as_many_rows_as_the_bound_allows_are_read_within_it(tmp_path: Path) -> None:
    said, seconds, memory = _asked(_many(tmp_path / "l.xlsx", 19_990))
    assert said == "1 sheets"
    assert seconds < SECONDS
    assert memory < MEMORY


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.xlsx", b"", "空文件"),
        ("a.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + random.Random(1).randbytes(4000), "加密"),
        ("a.xlsx", b"PK\x03\x04" + b"\x00" * 100, "损坏"),
        ("a.csv", bytes(range(256)) * 8, "不是可读的工作簿"),
        ("a.csv", b"\x81\x81,\xff\xff\n", "编码"),
        ("a.csv", "只有一列没有分隔".encode(), "不是可读的工作簿"),
        ("a.xlsx", b"%PDF-1.7", "不是可读的工作簿"),
        ("a.xls", b"<?xml version='1.0'?><Workbook/>", "XML"),
        ("a.docx", b"{\\rtf1}", "不是可读的工作簿"),
    ],
)
def test_what_is_no_workbook_is_refused_with_the_way_out(tmp_path: Path, name: str, content: bytes, words: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(BadLedger, match=words) as refused:
        open_workbook(path)
    assert name in refused.value.sentence.text("en")


@pytest.mark.parametrize("name", ["workbooks/ledger.xls", "workbooks/ledger.ods", "ledgers/01-base.xlsx"])
@pytest.mark.parametrize("seed", range(6))
def test_a_file_with_bytes_gone_wrong_is_read_or_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, name: str, seed: int
) -> None:
    """Readers written in Rust may panic on such files; nobody is told of that, and nothing is logged as unforeseen."""
    dice = random.Random(seed)
    content = bytearray((ROOT / "tests" / "data" / name).read_bytes())
    if seed % 2:
        content = content[: dice.randrange(600, len(content))]
    for _ in range(1 + seed):
        content[dice.randrange(len(content))] = dice.randrange(256)
    path = tmp_path / "l.xlsx"
    path.write_bytes(content)
    try:
        open_workbook(path)
    except BadLedger as refused:
        assert refused.sentence.text().startswith("l.xlsx")
    assert not caplog.records


def test_a_file_that_is_not_there_or_larger_than_can_be_is_refused_before_it_is_opened(tmp_path: Path) -> None:
    with pytest.raises(BadLedger, match="找不到"):
        open_workbook(tmp_path / "none.xlsx")
    with (tmp_path / "large.xlsx").open("wb") as file:
        file.truncate(20 * 1024 * 1024 + 1)
    with pytest.raises(BadLedger, match="20 MiB"):
        open_workbook(tmp_path / "large.xlsx")


def test_the_sentence_names_the_file_as_its_owner_calls_it(tmp_path: Path) -> None:
    (tmp_path / "0a1b2c").write_bytes(b"")
    with pytest.raises(BadLedger, match=r"^白石区报\.xlsx"):
        open_workbook(tmp_path / "0a1b2c", "白石区报.xlsx")


@pytest.mark.parametrize("name", ["ledger.xls", "ledger.et"])
def test_old_workbooks_and_those_of_wps_read_like_new_ones(name: str) -> None:
    ledger = read(ROOT / "tests" / "data" / "workbooks" / name)
    assert [(row.unit, row.term) for row in taken(ledger)] == [
        ("青禾县人民政府", "15wd"),
        ("青禾县人民政府", "2026-06-30"),
    ]
    assert "没有写年份" in asked(ledger)[5]
    assert "另存为" in ledger.sheets[0].reason.text()


def test_open_document_sheets_are_read() -> None:
    ledger = read(ROOT / "tests" / "data" / "workbooks" / "ledger.ods")
    assert [row.found_on.isoformat() for row in taken(ledger)] == ["2026-03-04"]
    assert set(asked(ledger)) == {4, 5}


def test_strict_workbooks_are_read(tmp_path: Path) -> None:
    names = {
        b"http://schemas.openxmlformats.org/spreadsheetml/2006/main": b"http://purl.oclc.org/ooxml/spreadsheetml/main",
        b"http://schemas.openxmlformats.org/officeDocument/2006/relationships": (
            b"http://purl.oclc.org/ooxml/officeDocument/relationships"
        ),
    }
    path = tmp_path / "strict.xlsx"
    with zipfile.ZipFile(BASE) as source, zipfile.ZipFile(path, "w") as target:
        for entry in source.infolist():
            content = source.read(entry)
            for name, strict in names.items():
                content = content.replace(name, strict)
            target.writestr(entry.filename, content)
    assert len(taken(read(path))) == 2


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gbk", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", "\t", ";"])
def test_csv_is_read_in_the_encodings_of_chinese_offices(tmp_path: Path, encoding: str, delimiter: str) -> None:
    head = ["检查方式", "发现日期", "被检查单位", "责任领导", "问题描述", "对应条款", "送达日期", "整改时限(工作日)"]
    row = ["专项督查", "2026-3-4", "青禾县人民政府", "县长", "问题", "art6-2a", "2026-3-9", "15"]
    path = tmp_path / "l.csv"
    path.write_text("\r\n".join(delimiter.join(line) for line in (head, row)), encoding, newline="")
    (found,) = taken(read(path))
    assert (found.unit, found.term) == ("青禾县人民政府", "15wd")


def test_cells_and_columns_are_named_as_people_name_them() -> None:
    assert [address(0, 0), address(9, 25), address(99, 26), address(0, 16383)] == ["A1", "Z10", "AA100", "XFD1"]


def test_the_reading_process_bounds_itself() -> None:
    """Whatever a reader of others does with a file: the process that runs it has a bound on memory and time."""
    program = (
        "from files.workbook_process import limit, MEMORY, SECONDS\n"
        "import resource\n"
        "limit()\n"
        "assert resource.getrlimit(resource.RLIMIT_AS) == (MEMORY, MEMORY)\n"
        "assert resource.getrlimit(resource.RLIMIT_CPU)[0] == SECONDS\n"
        "try:\n"
        "    bytearray(MEMORY)\n"
        "except MemoryError:\n"
        "    print('bounded')\n"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "bounded\n"
    assert resource.getrlimit(resource.RLIMIT_CPU)[0] == resource.RLIM_INFINITY


def test_a_workbook_knows_what_its_kind_can_show() -> None:
    assert open_workbook(BASE).shows_formats
    assert not Workbook("a", "xls", (), ()).shows_formats
