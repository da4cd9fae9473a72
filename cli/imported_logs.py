"""Commands of the histories of other systems, for reading only."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from cli.console import Json, now, office, say
from states.errors import BadData, Sentence
from states.terms import Term

archive = typer.Typer(no_args_is_help=True, help="Histories of other systems, for reading only. 外来历史。")

Log = Annotated[int, typer.Argument(metavar="LOG", help="Which, as `duban archive list` says. 编号。")]

_IMPORTED: Final = Sentence(
    "已导入为第{log}号历史：{traces}案，{events}条事件，略过{odd}处。",
    "Imported as history {log}: {traces} cases, {events} events, {odd} passed over.",
)
_NO_ZONE: Final = Sentence("没有时区“{zone}”。", "There is no time zone “{zone}”.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    archive.command("import")(archive_import)
    archive.command("list")(archive_list)
    archive.command("show")(archive_show)
    archive.command("gaps")(archive_gaps)
    app.add_typer(archive, name="archive")


def archive_import(
    file: Annotated[Path, typer.Argument(help="An XES file, plain or .gz. XES 文件。")], as_json: Json = False
) -> None:
    """Take a history of another system in, for reading only. 导入外来历史。"""
    with office() as here:
        found = here.archive.take_in(file, now())
        report = found.report()
        said = {"log": found.log_id, "traces": found.traces, "events": found.events}
        text = _IMPORTED.fill(**said, odd=found.odd.total()).text(here.settings.lang)
        say({**said, **report}, "\n".join([text, *found.examples]), as_json=as_json)


def archive_list(as_json: Json = False) -> None:
    """List the histories of other systems. 外来历史清单。"""
    with office() as here:
        rows = [
            {"log": line.id, "name": line.name, "traces": line.traces, "events": line.events, "sha256": line.sha256}
            for line in here.archive.logs()
        ]
        lines = [f"{row['log']}\t{row['name']}\t{row['traces']}\t{row['events']}" for row in rows]
        say({"logs": rows}, "\n".join(lines) or "—", as_json=as_json)


def archive_show(
    log: Log,
    case: Annotated[str, typer.Option("--case", help="One case, event by event. 个案。")] = "",
    as_json: Json = False,
) -> None:
    """Show how often what happened, or one case event by event. 统计或个案回放。"""
    with office() as here:
        if case:
            events = here.archive.course(log, case)
            lines = [f"{event['at']}\t{event['activity']}\t{event['resource']}" for event in events]
            say({"log": log, "case": case, "events": events}, "\n".join(lines) or "—", as_json=as_json)
            return
        found, counted = here.archive.activities(log)
        document = {"log": log, "name": found.name, "traces": found.traces, "events": found.events}
        lines = [f"{count}\t{activity}" for activity, count in counted.items()]
        say({**document, "activities": counted, "report": found.report}, "\n".join(lines) or "—", as_json=as_json)


def archive_gaps(
    log: Log,
    first: Annotated[str, typer.Argument(help="The earlier activity. 前一活动。")],
    then: Annotated[str, typer.Argument(help="The later activity. 后一活动。")],
    zone: Annotated[str, typer.Option(help="In whose calendar days. 时区。")] = "",
    term: Annotated[str, typer.Option(help="Count also who kept exactly this term, such as 60d. 期限。")] = "",
    as_json: Json = False,
) -> None:
    """Say how many calendar days lie between two activities, and in how many cases. 两活动间隔天数。"""
    with office() as here:
        try:
            wanted = ZoneInfo(zone) if zone else here.settings.tz
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise BadData(_NO_ZONE.fill(zone=zone)) from error
        found = here.archive.gaps(log, first, then, wanted, Term.parse(term) if term else None)
        days = {str(day): found.days[day] for day in sorted(found.days)}
        lines = [f"{day}\t{count}" for day, count in days.items()]
        document: dict[str, Any] = {"log": log, "cases": found.days.total(), "days": days}
        if term:
            document |= {"term": term, "derived": found.kept}
            lines.append(f"{term}\t{found.kept} / {found.both}")
        say(document, "\n".join(lines) or "—", as_json=as_json)
