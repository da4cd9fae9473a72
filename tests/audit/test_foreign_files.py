"""Logs of other systems as they come: what each file is answered, and why that is right."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING, Final

import pytest

from audit.imported_logs import Imported, import_xes
from config.calendars import read_notice
from files.texts import read_json
from states.errors import BadCalendar, BadData
from store import imported_logs
from tests.support.ledgers import FILES
from tests.support.offices import at

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench

LOCAL: Final = "moment without an offset, taken as local time"
NO_MOMENT: Final = "event without a moment that can be read"
TABLE: Final[dict[str, tuple[int, int, dict[str, int], str]]] = {
    "x01-offset-missing.xes": (1, 2, {LOCAL: 2}, "whose clock it was is said, not guessed"),
    "x03-no-timestamp.xes": (1, 0, {NO_MOMENT: 1}, "an event without its moment is passed over, and counted"),
    "x06-gbk.xes": (1, 1, {}, "the encoding is what the file declares"),
    "x07-utf16.xes": (1, 1, {}, "the encoding is what the first bytes say"),
    "x09-events-out-of-trace.xes": (1, 1, {"event outside a trace": 1}, "an event of no case belongs to no case"),
    "x11-dotnet-ticks.xes": (
        1,
        6,
        {LOCAL: 3, NO_MOMENT: 4, "events not in the order of time": 1},
        "seven figures of a second are a moment; seconds since 1970 and 24:00 are none that XES knows",
    ),
    "x12-unordered.xes": (1, 2, {"events not in the order of time": 1}, "the order of the file is kept, and said"),
    "x13-dup-trace-names.xes": (2, 2, {"two traces of one name": 1}, "two cases of one name stay two"),
    "x14-nested-list.xes": (1, 1, {}, "lists in attributes are no events"),
    "x15-bom.xes": (1, 1, {}, "a mark before the text is no text"),
    "x17-name-in-extension.xes": (1, 0, {"event without a name": 1}, "only concept:name is the name of an event"),
}
REFUSED: Final = {
    "x04-corrupt-mid.xes.gz": ("改坏|损坏", "half a log is not taken as a whole one"),
    "x08-bomb.xes": ("实体声明", "entities unfold without end"),
    "x08b-bomb-after-comment.xes": ("实体声明", "wherever they are declared"),
    "x08c-bomb-utf16.xes": ("实体声明", "in whatever encoding"),
    "x08d-small-entity-after-comment.xes": ("实体声明", "however small"),
    "x10-truncated.xes": ("不完整", "half a log is not taken as a whole one"),
    "x16-mxml.xes": ("WorkflowLog", "another format, by its name"),
    "x18-ctrl.xes": ("第2行", "a character that XML does not have"),
    "x19-empty.xes": ("空文件", "nothing is no log"),
    "x20-lone-log.xes": ("没有任何案例", "a log without cases has nothing to import"),
}


def taken(bench: Bench, path: Path) -> Imported:
    with bench.office.database.transaction() as session:
        return import_xes(session, path, at("02-06"))


def test_the_table_speaks_of_every_log() -> None:
    assert {path.name for path in FILES.glob("x*.xes*")} == set(TABLE) | set(REFUSED)


@pytest.mark.parametrize("name", TABLE)
def test_each_log_is_taken_as_the_table_says(sqlite_bench: Bench, name: str) -> None:
    traces, events, odd, _why = TABLE[name]
    found = taken(sqlite_bench, FILES / name)
    assert (found.traces, found.events, dict(found.odd)) == (traces, events, odd)


@pytest.mark.parametrize("name", REFUSED)
def test_each_refused_log_is_refused_in_a_sentence_and_leaves_nothing(sqlite_bench: Bench, name: str) -> None:
    words, _why = REFUSED[name]
    with pytest.raises(BadData, match=words) as refused:
        taken(sqlite_bench, FILES / name)
    assert refused.value.sentence.text().startswith(name)
    assert name in refused.value.sentence.text("en")
    with sqlite_bench.office.database.reading() as session:
        assert not imported_logs.logs(session)


def _packed(path: Path, pieces: int, piece: bytes) -> Path:
    with gzip.open(path, "wb") as file:
        file.write(b'<log><trace><string key="concept:name" value="a"/>')
        for _ in range(pieces):
            file.write(piece)
    return path


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("spaces that unpack to 100 MiB", "过长|过大"),
        ("comments that unpack to 100 MiB", "过大"),
        ("a trace of a million events", "200000"),
        ("lists inside each other", "嵌套过深"),
        ("one attribute of 20 MiB", "过长"),
        ("an encoding that is none", "zlib"),
        ("an encoding that nobody knows", "x-none"),
        ("text that is not what it declares", "编码"),
    ],
)
def test_hostile_logs_are_refused_before_they_cost_anything(
    sqlite_bench: Bench, tmp_path: Path, kind: str, words: str
) -> None:
    path = tmp_path / "l.xes"
    match kind.split():
        case ["spaces", *_]:
            _packed(path, 100, b" " * (1 << 20))
        case ["comments", *_]:
            _packed(path, 100, b"<!-- -->" * (1 << 17))
        case ["a", "trace", *_]:
            _packed(path, 1_000, b"<event/>" * 1_000)
        case ["lists", *_]:
            path.write_text("<log><trace>" + "<list>" * 100_000, "utf-8")
        case ["one", *_]:
            path.write_text('<log><trace><string key="k" value="' + "A" * (20 << 20), "utf-8")
        case ["an", "encoding", "that", "is", *_]:
            path.write_text('<?xml version="1.0" encoding="zlib"?><log/>', "utf-8")
        case ["an", *_]:
            path.write_text('<?xml version="1.0" encoding="x-none"?><log/>', "utf-8")
        case _:
            path.write_bytes('<?xml version="1.0" encoding="UTF-8"?><log a="案"/>'.encode("gbk"))
    with pytest.raises(BadData, match=words):
        taken(sqlite_bench, path)


@pytest.mark.parametrize(
    "content",
    [b'{"a":' * 100_000, b'{"year": ' + b"9" * 5_000 + b"}", b"\xff\xfe{", b"{bad", b" " * (5 << 20), b'{"year": 1}'],
)
def test_a_calendar_that_cannot_be_read_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "2027.json"
    path.write_bytes(content)
    with pytest.raises(BadCalendar, match=r"2027\.json") as refused:
        read_notice(path)
    assert str(tmp_path) not in refused.value.sentence.text()


def test_a_mark_before_the_text_of_a_calendar_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "2027.json"
    path.write_bytes(b'\xef\xbb\xbf{"year": 2027, "days": []}')
    assert read_notice(path).days == {}
    assert read_json(path) == {"year": 2027, "days": []}
    with pytest.raises(BadData, match=r"none\.json"):
        read_json(tmp_path / "none.json")
