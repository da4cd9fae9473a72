"""Reading histories of other systems (XES) leniently, with a clear account of what was passed over."""

from __future__ import annotations

import gzip
import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import IO, TYPE_CHECKING, Any, Final, cast
from xml.etree.ElementTree import ParseError, iterparse

from states.errors import BadData, Sentence
from states.terms import due
from states.working_days import every_day
from store import imported_logs

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date, tzinfo
    from pathlib import Path
    from xml.etree.ElementTree import Element

    from sqlalchemy.orm import Session

    from states.terms import Term

BATCH: Final = 5_000
MOST_EXAMPLES: Final = 20
_NO_XES: Final = Sentence("{path} 不是可读的 XES 文件：{why}。", "{path} is not a readable XES file: {why}.")
_ENTITIES: Final = (b"<!DOCTYPE", b"<!ENTITY")


@dataclass(slots=True)
class Imported:
    """What came in, and what was odd: by kind how often, with the first places of each."""

    log_id: int = 0
    traces: int = 0
    events: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)

    def note(self, kind: str, where: str) -> None:
        """Count something odd."""
        self.odd[kind] += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {where}")

    def report(self) -> dict[str, Any]:
        """Return the account of the import."""
        return {"odd": dict(self.odd), "examples": self.examples}


def import_xes(session: Session, path: Path, at: datetime) -> Imported:
    """Read an XES file, plain or gzipped, into the archive of foreign histories, in constant memory.

    Events without a name or a moment that can be read are passed over and accounted for; attributes are kept as they
    are. The transaction is the caller's: a file that breaks off leaves nothing.

    Raises:
        BadData: it is no XES file, or was imported before.
    """
    found = Imported()
    try:
        with path.open("rb") as file:
            digest = sha256()
            while piece := file.read(1 << 20):
                digest.update(piece)
        found.log_id = imported_logs.begin(session, path.name, digest.hexdigest(), at)
        with path.open("rb") as file:
            zipped = file.read(2) == b"\x1f\x8b"
            file.seek(0)
            # Both are readers of bytes; their types have nothing else in common.
            with gzip.open(file) if zipped else file as plain:
                _read(session, cast("IO[bytes]", plain), found)
    except (OSError, EOFError, ParseError, ValueError) as error:
        raise BadData(_NO_XES.fill(path=path, why=error)) from error
    imported_logs.finish(session, found.log_id, found.traces, found.events, found.report())
    return found


def _read(session: Session, plain: IO[bytes], found: Imported) -> None:
    head = plain.read(1 << 16)
    plain.seek(0)
    if any(mark in head for mark in _ENTITIES):
        raise ValueError("it declares entities, which XES does not use")
    rows: list[tuple[Any, ...]] = []
    for row in _events(plain, found):
        rows.append(row)
        if len(rows) >= BATCH:
            imported_logs.add(session, rows)
            rows.clear()
    if rows:
        imported_logs.add(session, rows)


def _events(plain: IO[bytes], found: Imported) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the file, and forget each trace when it is done."""
    root: Element | None = None
    # Files that declare entities were refused above, and the parser knows no others.
    for what, element in iterparse(plain, events=("start", "end")):  # noqa: S314
        if root is None:
            root = element
            if _tag(element) != "log":
                raise ValueError(f"it begins with <{_tag(element)}>, not <log>")
        if what == "end" and _tag(element) == "trace":
            yield from _trace(element, found)
            root.clear()


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _trace(element: Element, found: Imported) -> Iterator[tuple[Any, ...]]:
    found.traces += 1
    named = _attributes(element).get("concept:name", "")
    if not named:
        named = f"#{found.traces}"
        found.note("trace without a name", named)
    place = 0
    for child in element:
        if _tag(child) != "event":
            continue
        data = _attributes(child)
        activity, moment = data.pop("concept:name", ""), data.pop("time:timestamp", "")
        if not activity:
            found.note("event without a name", named)
            continue
        read = _moment(moment)
        if read is None:
            found.note("event without a moment that can be read", f"{named} {activity} {moment!r}")
            continue
        if read.tzinfo is None:
            found.note("moment without an offset, taken as local time", f"{named} {activity} {moment}")
        place += 1
        found.events += 1
        resource = data.pop("org:resource", "")
        data_text = json.dumps(data, ensure_ascii=False) if data else "{}"
        yield found.log_id, found.traces, place, named, activity, moment, resource, data_text


def _attributes(element: Element) -> dict[str, str]:
    return {
        str(child.get("key")): str(child.get("value", ""))
        for child in element
        if child.get("key") is not None and _tag(child) not in ("event", "trace")
    }


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def gaps(session: Session, log_id: int, first: str, then: str, zone: tzinfo) -> Counter[int]:
    """Return how many local calendar days lie between two activities of a case, and in how many cases."""
    return Counter((end - start).days for start, end in _pairs(session, log_id, first, then, zone))


def derived(session: Session, log_id: int, first: str, then: str, zone: tzinfo, term: Term) -> tuple[int, int]:
    """Return in how many cases the second activity came on the last day of the term, and how many cases have both.

    Every day counts here: the law of the other system is not known to have rest days.
    """
    pairs = list(_pairs(session, log_id, first, then, zone))
    if not pairs:
        return 0, 0
    calendar = every_day(min(start for start, _ in pairs).year, max(end for _, end in pairs).year)
    return sum(due(start, term, calendar).due_on == end for start, end in pairs), len(pairs)


def _pairs(session: Session, log_id: int, first: str, then: str, zone: tzinfo) -> Iterator[tuple[date, date]]:
    """Yield the local days of two activities, for each case that has the second after the first."""
    began: dict[int, datetime] = {}
    for trace, activity, text in imported_logs.moments(session, log_id, (first, then)):
        moment = datetime.fromisoformat(text)
        # A moment that was written without an offset is taken as local time, as the account of the import says.
        moment = moment.astimezone(zone) if moment.tzinfo is not None else moment.replace(tzinfo=zone)
        if activity == first:
            began.setdefault(trace, moment)
        elif trace in began:
            yield began.pop(trace).date(), moment.date()
