"""The history for other programs: XES (IEEE 1849), OCEL 2.0, NDJSON, CSV. All but OCEL in constant memory."""

from __future__ import annotations

import csv
import json
from typing import TYPE_CHECKING, Any, Final, TextIO
from xml.sax.saxutils import quoteattr

from states.vocabulary import name
from store import cases, personal_data
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from sqlalchemy.orm import Session

    from store.events import Recorded

XES_EXTENSIONS: Final = (
    ("Concept", "concept", "http://www.xes-standard.org/concept.xesext"),
    ("Time", "time", "http://www.xes-standard.org/time.xesext"),
    ("Lifecycle", "lifecycle", "http://www.xes-standard.org/lifecycle.xesext"),
    ("Organizational", "org", "http://www.xes-standard.org/org.xesext"),
)
FORMULA_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""With these a spreadsheet may take a text for a formula."""


def histories(session: Session, case_id: int | None) -> Iterator[list[Recorded]]:
    """Yield the events of each case, or of the one given."""
    if case_id is not None:
        yield personal_data.shown_history(session, event_rows.history(session, case_id))
        return
    for _row, history in cases.by_case(session):
        yield personal_data.shown_history(session, history)


def _extension(title: str, prefix: str, address: str) -> str:
    return f'<extension name="{title}" prefix="{prefix}" uri="{address}"/>\n'


def _string(key: str, value: str) -> str:
    return f"<string key={quoteattr(key)} value={quoteattr(_printable(value))}/>"


def _printable(value: str) -> str:
    """Return the text without the characters that XML 1.0 cannot hold."""
    return "".join(letter for letter in value if letter in "\t\n\r" or ord(letter) >= ord(" "))


def write_xes(file: TextIO, found: Iterable[list[Recorded]]) -> int:
    """Write the histories as XES 2.0 traces; return how many events."""
    file.write('<?xml version="1.0" encoding="UTF-8"?>\n<log xes.version="2.0" xes.features="nested-attributes">\n')
    file.writelines(_extension(*one) for one in XES_EXTENSIONS)
    file.write('<global scope="trace"><string key="concept:name" value=""/></global>\n')
    file.write(
        '<global scope="event"><string key="concept:name" value=""/>'
        '<date key="time:timestamp" value="1970-01-01T00:00:00.000+00:00"/></global>\n'
    )
    file.write('<classifier name="Act" keys="concept:name" scope="event"/>\n')
    file.write(_string("concept:name", "duban") + "\n")
    count = 0
    for history in found:
        first = history[0].event
        file.write("<trace>" + _string("concept:name", str(first.data["number"])))
        file.write(_string("duban:unit", str(first.data["unit"])) + "\n")
        for recorded in history:
            event = recorded.event
            moment = event.recorded_at.isoformat(timespec="milliseconds")
            file.write(
                "<event>"
                + _string("concept:name", event.act.value)
                + f'<date key="time:timestamp" value="{moment}"/>'
                + _string("lifecycle:transition", "complete")
                + _string("org:resource", event.actor.user)
                + _string("org:role", event.actor.role.value)
                + _string("duban:label", name(event.act).zh)
                + f'<date key="duban:occurred_on" value="{event.occurred_on.isoformat()}T00:00:00.000+08:00"/>'
                + _string("duban:to_state", event.to_state.value)
                + f'<int key="duban:seq" value="{recorded.seq}"/>'
                + _string("duban:hash", recorded.hash)
                + "</event>\n"
            )
            count += 1
        file.write("</trace>\n")
    file.write("</log>\n")
    return count


def write_ocel(file: TextIO, found: Iterable[list[Recorded]]) -> int:
    """Write cases, units, posts and documents as the objects of an OCEL 2.0 log, acts as its events."""
    objects: dict[str, dict[str, Any]] = {}
    events: list[dict[str, Any]] = []
    acts: dict[str, None] = {}

    def thing(kind: str, label: str) -> str:
        id_ = f"{kind}:{label}"
        objects.setdefault(id_, {"id": id_, "type": kind, "attributes": [], "relationships": []})
        return id_

    for history in found:
        first = history[0].event
        case = thing("case", str(first.data["number"]))
        unit, post = thing("unit", str(first.data["unit"])), thing("post", str(first.data["post"]))
        objects[case]["relationships"] = [
            {"objectId": unit, "qualifier": "inspected unit"},
            {"objectId": post, "qualifier": "responsible post"},
        ]
        for recorded in history:
            event = recorded.event
            acts[event.act.value] = None
            related = [{"objectId": case, "qualifier": "case"}]
            if event.data.get("document_number"):
                document = thing("document", str(event.data["document_number"]))
                related.append({"objectId": document, "qualifier": "document"})
            time = event.recorded_at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
            objects[case]["attributes"].append({"name": "state", "time": time, "value": event.to_state.value})
            events.append(
                {
                    "id": f"e{recorded.seq}",
                    "type": event.act.value,
                    "time": time,
                    "attributes": [
                        {"name": "occurred_on", "value": event.occurred_on.isoformat()},
                        {"name": "actor", "value": event.actor.user},
                        {"name": "role", "value": event.actor.role.value},
                    ],
                    "relationships": related,
                }
            )
    kinds = {"case": [{"name": "state", "type": "string"}], "unit": [], "post": [], "document": []}
    attributes = [{"name": key, "type": "string"} for key in ("occurred_on", "actor", "role")]
    document_ = {
        "objectTypes": [{"name": kind, "attributes": listed} for kind, listed in kinds.items()],
        "eventTypes": [{"name": act, "attributes": attributes} for act in acts],
        "objects": list(objects.values()),
        "events": events,
    }
    json.dump(document_, file, ensure_ascii=False)
    return len(events)


def safe_cell(value: object) -> object:
    """Return a value that no spreadsheet takes for a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA_STARTS) else value


def write_csv(file: TextIO, found: Iterable[list[Recorded]]) -> int:
    """Write one line per event; texts that look like formulas are marked as texts."""
    writer = csv.writer(file, lineterminator="\n")
    heads = (
        "seq",
        "number",
        "case_seq",
        "act",
        "occurred_on",
        "recorded_at",
        "user",
        "role",
        "to_state",
        "data",
        "hash",
    )
    writer.writerow(heads)
    count = 0
    for history in found:
        number = history[0].event.data["number"]
        for recorded in history:
            event = recorded.event
            row = (
                recorded.seq,
                number,
                event.case_seq,
                event.act.value,
                event.occurred_on.isoformat(),
                event.recorded_at.isoformat(),
                event.actor.user,
                event.actor.role.value,
                event.to_state.value,
                recorded.data,
                recorded.hash,
            )
            writer.writerow([safe_cell(value) for value in row])
            count += 1
    return count
