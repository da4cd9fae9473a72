"""The history as a file, in each of the formats that other programs read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from audit.exports import histories, write_csv, write_ocel, write_xes
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from store import cases, personal_data
from store import events as event_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from sqlalchemy.orm import Session

    from store.database import Database
    from store.events import Recorded

NOT_WRITTEN: Final = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")
_WRITERS: Final = {"xes": write_xes, "ocel": write_ocel, "csv": write_csv}


def write_history(  # which events, in which format, where to
    database: Database, kind: str, path: Path, which: str, document_of: Callable[[Recorded], Mapping[str, Any]]
) -> int:
    """Write the events of all cases, or of the one with this number or id; return how many events or cases.

    `kind` is `xes`, `ocel`, `csv`, or `events` for one JSON document a line, made by `document_of`.

    Raises:
        NotFound: there is no such case.
        BadData: the file cannot be written.
    """
    with database.reading() as session:
        case_id = cases.find(session, which) if which else None
        try:
            with path.open("w", encoding="utf-8", newline="\r\n" if kind == "csv" else "\n") as file:
                if kind == "events":
                    lines = (json.dumps(document_of(event), ensure_ascii=False) for event in _events(session, case_id))
                    return sum(file.write(f"{line}\n") > 0 for line in lines)
                return _WRITERS[kind](file, histories(session, case_id))
        except OSError as error:
            raise BadData(NOT_WRITTEN.fill(path=path, why=file_trouble(error))) from error


def _events(session: Session, case_id: int | None) -> Iterator[Recorded]:
    """Yield the events in the order of the history, as people read them."""
    batches = [event_rows.history(session, case_id)] if case_id else event_rows.everything(session)
    for batch in batches:
        yield from personal_data.shown_history(session, batch)
