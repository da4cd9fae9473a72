"""Commands that read the history: replaying, verifying, exporting."""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from audit.differences import differences
from audit.export_files import NOT_WRITTEN, write_history
from cases.ledger_export import write_ledger
from cli.console import CaseArgument, Json, now, office, say
from cli.reading import case_text
from notifications.wording import NOTICES
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from states.terms import date_text, parse_moment
from states.vocabulary import name
from wiring.schemas.histories import recorded_json
from wiring.schemas.replays import replay_json

if TYPE_CHECKING:
    from states.case import Event

_DIFFERS: Final = Sentence(
    "警告：数据库中的现状与事件不一致，以事件为准。",
    "Warning: the stored row is not what the events make; the events are right.",
)
_UNREADABLE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")


class What(StrEnum):
    """What can be exported."""

    LEDGER = "ledger"
    EVENTS = "events"
    XES = "xes"
    OCEL = "ocel"
    CSV = "csv"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(replay)
    app.command()(export)


def replay(
    case: CaseArgument,
    at: Annotated[str, typer.Option("--at", help="At which moment; now if not given. 时点。")] = "",
    known_at: Annotated[
        str, typer.Option("--known-at", help="By what was recorded up to then; all if not given. 截至何时已登记。")
    ] = "",
    since: Annotated[str, typer.Option("--since", help="Say what changed since this moment. 与此时点比较。")] = "",
    as_json: Json = False,
) -> None:
    """Rebuild the case from its events alone, or say what changed between two moments. 仅凭事件重建案件。"""
    with office() as here:
        lang = here.settings.lang
        case_id = here.console.find(case)
        known = parse_moment(known_at, here.settings.tz) if known_at else None
        moment = parse_moment(at, here.settings.tz) if at else None
        found = here.proofs.replay(case_id, moment, now(), known)
        document = replay_json(found, here.console.policy_name(found.case), lang)
        if since:
            earlier = here.proofs.replay(case_id, parse_moment(since, here.settings.tz), now())
            changed = differences(earlier.case, found.case, earlier.allowed, found.allowed)
            rows = [
                {"what": line.what.text(lang), "before": line.before.text(lang), "after": line.after.text(lang)}
                for line in changed
            ]
            new = found.events[len(earlier.events) :]
            compared = {
                **document,
                "since": since,
                "differences": rows,
                "events": [recorded_json(recorded) for recorded in new],
            }
            lines = [f"{row['what']}\t{row['before']} → {row['after']}" for row in rows]
            lines += ["", *(_event_text(recorded.event, lang) for recorded in new)]
            say(compared, "\n".join(lines), as_json=as_json)
            return
        lines = [case_text(found.case, lang), ""]
        if found.differs:
            lines.insert(0, _DIFFERS.text(lang))
        lines += [_event_text(recorded.event, lang) for recorded in found.events]
        lines.append("")
        lines += [
            f"{told.case_seq:>3}  {Sentence(*NOTICES[told.notice]).text(lang)} → {told.unit} {told.post}  {told.state}"
            for told in found.told
        ]
        lines += ["", "+ " + "、".join(name(act).text(lang) for act in found.allowed)]
        say(document, "\n".join(lines), as_json=as_json)


def _event_text(event: Event, lang: str) -> str:
    who = f"{name(event.actor.role).text(lang)} {event.actor.user}"
    day, what, then = date_text(event.occurred_on, lang), name(event.act).text(lang), name(event.to_state).text(lang)
    return f"{event.case_seq:>3}  {day}  {what} ({who}) → {then}"


def export(
    what: Annotated[What, typer.Argument(help="What: ledger .xlsx, events .jsonl, xes, ocel .json, csv. 导出内容。")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to. 文件。")],
    case: Annotated[str, typer.Option("--case", help="Only this case. 仅此案。")] = "",
    as_json: Json = False,
) -> None:
    """Write the ledger or the history to a file, and its SHA-256 beside it. 导出。"""
    with office() as here:
        here.database.require_current()
        if what is What.LEDGER:
            count = write_ledger(here.database, output, case, here.settings.lang)
        else:
            count = write_history(here.database, what.value, output, case, recorded_json)
        hash_ = _noted_hash(output)
        document = {"written": count, "file": str(output), "sha256": hash_}
        say(document, f"{output}: {count}  sha256 {hash_}", as_json=as_json)


def _noted_hash(output: Path) -> str:
    """Return the SHA-256 of the file that was written, and keep it beside the file."""
    try:
        hash_ = sha256(output.read_bytes()).hexdigest()
        output.with_name(f"{output.name}.sha256").write_text(f"{hash_}  {output.name}\n", "utf-8")
    except OSError as error:
        raise BadData(NOT_WRITTEN.fill(path=output, why=file_trouble(error))) from error
    return hash_
