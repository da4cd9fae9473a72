"""Files that come back from outside: the Word file that somebody edited, and the scan of the signed and stamped paper.

An edited Word file stays the document: the signature writes its number and its date into it, at the places that the
template left for them, and the issue the day of printing. So it must still have these places.
"""

from __future__ import annotations

import re
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Final

from docx import Document
from docx.oxml.ns import qn
from docx.text.paragraph import Paragraph

from documents import standard
from documents.drafting import as_bytes
from documents.known import written
from documents.word_file import BadDocument, examine
from states.errors import Sentence
from states.secrecy import refuse_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date
    from pathlib import Path

    from docx.document import Document as DocumentType

    from documents.kinds import DocumentKind

LARGEST_SCAN: Final = 20 * 1024 * 1024
"""Bytes of a scan: some forty pages in grey at 200 dpi."""
MOST_PARAGRAPHS: Final = 5000
"""Of an edited Word file, those of tables too: some two hundred pages. Each look at the draft goes through them all."""
MOST_RUNS: Final = 50_000
"""Pieces of text with a format of their own, in all paragraphs; one paragraph of 300,000 took twenty seconds."""
SCAN_TYPES: Final = {
    ".pdf": ("application/pdf", b"%PDF-"),
    ".jpg": ("image/jpeg", b"\xff\xd8\xff"),
    ".jpeg": ("image/jpeg", b"\xff\xd8\xff"),
    ".png": ("image/png", b"\x89PNG\r\n\x1a\n"),
}
"""What a scan may be, each with the bytes that it begins with."""
_BLANK_NUMBER: Final = re.compile(r"(?<!\S)\S*〔\d{4}〕\s*号")
"""Begins behind a blank only, so that a paragraph of a million signs is gone through once (CWE-1333)."""
_PRINTED: Final = re.compile(r"\d{4}年\d{1,2}月\d{1,2}日(?=印发)")
_TO_FILL: Final = re.compile(r"〖待填：([^〗]{1,40})〗")

_NO_SCAN: Final = Sentence(
    "“{name}”不是PDF、JPG或PNG文件，或者内容与扩展名不符；请重新扫描后上传。",
    "“{name}” is no PDF, JPG or PNG, or not what its name says; scan it again.",
)
_TOO_MANY: Final = Sentence(
    "“{name}”超过{most}段，不像是公文；请删去多余的空行和附件后重新上传。",
    "“{name}” has more than {most} paragraphs; leave out empty lines and annexes, and upload it again.",
)
_TORN: Final = Sentence(
    "“{name}”的文字被格式切成了{most}段以上，不像是公文；请清除格式后重新上传。",
    "The text of “{name}” is cut by formats into more than {most} pieces; clear the formats, and upload it again.",
)
_NO_FILE: Final = Sentence("找不到文件“{name}”。", "There is no file “{name}”.")
_EMPTY: Final = Sentence("“{name}”是空文件，请重新选择。", "“{name}” is empty; choose another file.")
_LARGE_SCAN: Final = Sentence(
    "“{name}”有{size}兆字节，超过{most}兆字节的上限；请用较低的分辨率扫描。",
    "“{name}” has {size} MB; {most} MB is the limit. Scan it at a lower resolution.",
)
_NO_PLACE: Final = Sentence(
    "“{name}”里找不到留空的发文字号（如“〔2026〕　号”）；字号由系统在签发时填入，请保留这一处后重新上传。",
    "“{name}” has no place left for the number, such as “〔2026〕　号”; it is filled in at the signature. Keep it.",
)
_UNFILLED: Final = Sentence(
    "上传的Word里还有没有填写的内容：{fields}；请补充后重新上传。",
    "The uploaded Word file still has blanks: {fields}. Fill them and upload it again.",
)
_OTHER_DUE: Final = Sentence(
    "上传的Word里没有写明届满日期{due}（按{served}送达计算）；请作废后重新起草。",
    "The uploaded Word file does not name the due day {due} that service on {served} gives; make it void, draft again.",
)


def plain_name(name: str) -> str:
    """Return the last part of a file's name, without what cannot be printed, bounded."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable()).strip(". ")[-120:] or "—"


def examined_word(data: bytes, name: str, kind: DocumentKind) -> bytes:
    """Return an edited Word file, if it may stand for a draft of this kind.

    Raises:
        BadDocument: it is no `.docx`, too big, too long, broken, has macros, or lost the place of its number.
        BadData: it bears the mark of a state secret.
    """
    name = plain_name(name)
    examine(data, name)
    try:
        document = Document(BytesIO(data))
        many = sum(1 for _element in islice(document.element.body.iter(qn("w:p")), MOST_PARAGRAPHS + 1))
        is_whole = sum(1 for _run in islice(document.element.body.iter(qn("w:r")), MOST_RUNS + 1)) <= MOST_RUNS
        texts = [one.text for one in paragraphs(document)] if many <= MOST_PARAGRAPHS and is_whole else []
    except (KeyError, ValueError, AttributeError, OSError) as error:
        # python-docx says in many ways that a part which `examine` cannot know is missing.
        raise BadDocument(_NO_PLACE.fill(name=name)) from error
    if many > MOST_PARAGRAPHS:
        raise BadDocument(_TOO_MANY.fill(name=name, most=MOST_PARAGRAPHS))
    if not is_whole:
        raise BadDocument(_TORN.fill(name=name, most=MOST_RUNS))
    refuse_secrets("\n".join(texts))
    if kind.numbered and not any(_BLANK_NUMBER.search(text) for text in texts):
        raise BadDocument(_NO_PLACE.fill(name=name))
    return data


def examined_scan(data: bytes, name: str) -> str:
    """Return the media type of a scan, if it is one of those that may be kept.

    Raises:
        BadDocument: it is empty, too big, or no PDF, JPG or PNG.
    """
    name = plain_name(name)
    if not data:
        raise BadDocument(_EMPTY.fill(name=name))
    if len(data) > LARGEST_SCAN:
        raise BadDocument(_LARGE_SCAN.fill(name=name, size=-(-len(data) >> 20), most=LARGEST_SCAN >> 20))
    media_type, begins = SCAN_TYPES.get("." + name.lower().rpartition(".")[2], ("", b""))
    if not media_type or not data.startswith(begins):
        raise BadDocument(_NO_SCAN.fill(name=name))
    return media_type


def read_scan(path: Path) -> bytes:
    """Return the bytes of a scan, never more than may be kept and one.

    Raises:
        BadDocument: the file cannot be read, or is too big.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_SCAN + 1)
        size = path.stat().st_size
    except OSError as error:
        raise BadDocument(_NO_FILE.fill(name=path.name)) from error
    if len(data) > LARGEST_SCAN:
        raise BadDocument(_LARGE_SCAN.fill(name=path.name, size=-(-size >> 20), most=LARGEST_SCAN >> 20))
    return data


def scan_ending(data: bytes) -> str:
    """Return the ending of a scan's name by the bytes with which it begins."""
    return next((ending for ending, (_type, begins) in SCAN_TYPES.items() if data.startswith(begins)), "")


def refuse_blanks(data: bytes) -> None:
    """Do nothing if an edited file has no blank left that a draft shows.

    Raises:
        BadDocument: it has.
    """
    blanks = [name for text in texts_of(data) for name in _TO_FILL.findall(text)]
    if blanks:
        raise BadDocument(_UNFILLED.fill(fields="、".join(dict.fromkeys(blanks))))


def refuse_other_due_day(data: bytes, due_on: date, served: date) -> None:
    """Do nothing if an edited file names the due day that its act will have.

    Raises:
        BadDocument: it names another, or none; an act and its paper would then say two things.
    """
    if not any(written(due_on) in text for text in texts_of(data)):
        raise BadDocument(_OTHER_DUE.fill(due=written(due_on), served=written(served)))


def dated(data: bytes, *, number: str = "", signed_on: date | None = None, printed_on: date | None = None) -> bytes:
    """Return an edited file with its number, its date, or its day of printing at the places that are left for them."""
    document = Document(BytesIO(data))
    for paragraph in paragraphs(document):
        text = paragraph.text
        style = paragraph.style.name if paragraph.style is not None else ""
        if number and _BLANK_NUMBER.search(text):
            _write(paragraph, _BLANK_NUMBER.sub(lambda _found: number, text))
        elif signed_on is not None and style == standard.STYLE_DATE and text.strip():
            _write(paragraph, written(signed_on))
        elif printed_on is not None and _PRINTED.search(text):
            _write(paragraph, _PRINTED.sub(written(printed_on), text))
    return as_bytes(document)


def texts_of(data: bytes) -> list[str]:
    """Return the text of every paragraph of a Word file."""
    return [paragraph.text for paragraph in paragraphs(Document(BytesIO(data)))]


def paragraphs(document: DocumentType) -> Iterator[Paragraph]:
    """Yield every paragraph of the body, those of tables too, in their order."""
    for element in document.element.body.iter(qn("w:p")):
        yield Paragraph(element, document)


def _write(paragraph: Paragraph, text: str) -> None:
    """Put a text into the paragraph in the hand of its first run."""
    first, *others = paragraph.runs
    first.text = text
    for run in others:
        run.text = ""


__all__ = [
    "LARGEST_SCAN",
    "dated",
    "examined_scan",
    "examined_word",
    "paragraphs",
    "plain_name",
    "read_scan",
    "refuse_blanks",
    "refuse_other_due_day",
    "scan_ending",
    "texts_of",
]
