"""Reading histories of other systems (XES) leniently, with a clear account of what was passed over."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from files.markup import elements
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
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
MOST_IN_A_TRACE: Final = 200_000
"""Elements of one trace, which is held in memory until it is done."""
MOST_NAMES: Final = 1_000_000
"""Names of traces that are remembered, to tell when one comes twice."""
_NOT_THERE: Final = Sentence("读不出文件 {name}：{why}。", "The file {name} cannot be read: {why}.")
_NO_LOG: Final = Sentence(
    "{name} 不是 XES 文件：开头是 <{tag}>，应为 <log>。请从原系统导出为 XES。",
    "{name} is no XES file: it begins with <{tag}>, not <log>; export it as XES.",
)
_NO_TRACES: Final = Sentence(
    "{name} 里没有任何案例（trace），没有导入。", "There is no trace in {name}; nothing was imported."
)
_LONG_TRACE: Final = Sentence(
    "{name} 有一个案例超过{most}项，读不下去。", "A trace of {name} has more than {most} items."
)


@dataclass(slots=True)
class Imported:
    """What came in, and what was odd: by kind how often, with the first places of each."""

    log_id: int = 0
    traces: int = 0
    events: int = 0
    odd: Counter[str] = field(default_factory=Counter)
    examples: list[str] = field(default_factory=list)
    names: set[str] = field(default_factory=set, repr=False)

    def note(self, kind: str, where: str) -> None:
        """Count something odd."""
        self.odd[kind] += 1
        if len(self.examples) < MOST_EXAMPLES:
            self.examples.append(f"{kind}: {where}")

    def report(self) -> dict[str, Any]:
        """Return the account of the import."""
        return {"odd": dict(self.odd), "examples": self.examples}


def import_xes(session: Session, path: Path, at: datetime) -> Imported:
    """Read an XES file, plain or gzipped, into the archive of imported histories, in constant memory.

    Events without a name or a moment that can be read are passed over and accounted for; attributes are kept as they
    are. The transaction is the caller's: a file that breaks off leaves nothing.

    Raises:
        BadData: it is no XES file, is beyond a bound, or was imported before.
    """
    found = Imported()
    digest = sha256()
    try:
        with path.open("rb") as file:
            while piece := file.read(1 << 20):
                digest.update(piece)
    except OSError as error:
        raise BadData(_NOT_THERE.fill(name=path.name, why=file_trouble(error))) from error
    found.log_id = imported_logs.begin(session, path.name, digest.hexdigest(), at)
    rows: list[tuple[Any, ...]] = []
    for row in _events(path, found):
        rows.append(row)
        if len(rows) >= BATCH:
            imported_logs.add(session, rows)
            rows.clear()
    if rows:
        imported_logs.add(session, rows)
    if not found.traces:
        raise BadData(_NO_TRACES.fill(name=path.name))
    imported_logs.finish(session, found.log_id, found.traces, found.events, found.report())
    return found


def _events(path: Path, found: Imported) -> Iterator[tuple[Any, ...]]:
    """Yield the rows of the file, and forget each trace when it is done."""
    root: Element | None = None
    in_trace = 0
    for what, element in elements(path):
        if root is None:
            root = element
            if _tag(element) != "log":
                raise BadData(_NO_LOG.fill(name=path.name, tag=_tag(element)[:40]))
        if what == "start":
            in_trace += 1
            if in_trace > MOST_IN_A_TRACE:
                raise BadData(_LONG_TRACE.fill(name=path.name, most=MOST_IN_A_TRACE))
            continue
        if _tag(element) == "trace":
            yield from _trace(element, found)
        elif _tag(element) == "event" and not any(child is element for child in root):
            continue  # an event of a trace that goes on
        elif _tag(element) == "event":
            found.note("event outside a trace", _attributes(element).get("concept:name", ""))
        else:
            continue
        in_trace = 0
        root.clear()


def _tag(element: Element) -> str:
    return element.tag.rpartition("}")[2]


def _trace(element: Element, found: Imported) -> Iterator[tuple[Any, ...]]:
    found.traces += 1
    named = _attributes(element).get("concept:name", "")
    if not named:
        named = f"#{found.traces}"
        found.note("trace without a name", named)
    elif len(found.names) < MOST_NAMES:
        if named in found.names:
            found.note("two traces of one name", named)
        found.names.add(named)
    place = 0
    latest: datetime | None = None
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
            found.note("event without a moment that can be read", f"{named} {activity} {moment!r}"[:200])
            continue
        latest = _noted(read, latest, found, f"{named} {activity} {moment}"[:200])
        place += 1
        found.events += 1
        resource = data.pop("org:resource", "")
        data_text = json.dumps(data, ensure_ascii=False) if data else "{}"
        yield found.log_id, found.traces, place, named, activity, moment, resource, data_text


def _noted(moment: datetime, latest: datetime | None, found: Imported, where: str) -> datetime | None:
    """Note what is odd about a moment; return the latest moment so far of those that can be compared."""
    if moment.tzinfo is None:
        found.note("moment without an offset, taken as local time", where)
        return latest
    if latest is not None and moment < latest:
        found.note("events not in the order of time", where)
        return latest
    return moment


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
