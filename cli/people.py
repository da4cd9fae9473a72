"""Commands for units and people from one workbook: `duban people`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from accounts.operators import CONSOLE
from accounts.people_import import import_people
from accounts.people_workbook import read_people, template
from cases.handover import case_named, handover, post_named, who_knew
from cli.console import CaseArgument, Json, On, day_of, now, office, say
from notifications.wording import NOTICES
from states.errors import BadData, Sentence
from states.vocabulary import name
from wiring.schemas.people import handover_json, knew_json, people_json

if TYPE_CHECKING:
    from accounts.people_report import PeopleReport

people = typer.Typer(no_args_is_help=True, help="Units, posts and people from one workbook. 单位与人员。")

_OUTCOMES: Final = {
    "new": Sentence("写入", "entered"),
    "known": Sentence("已有", "known"),
    "failed": Sentence("有误", "failed"),
}
_MADE: Final = Sentence(
    "新登记：单位{units}，职务{posts}，人员{people}，任职{appointments}，联系方式{ways}，代办{deputies}。",
    "New: {units} units, {posts} posts, {people} people, {appointments} appointments, {ways} ways to reach, "
    "{deputies} deputies.",
)
_ONLY_LOOKED: Final = Sentence("以上是预览，没有写入。", "This is a preview; nothing was written.")
_IGNORED: Final = Sentence("没有看懂的列和表：{names}。", "Not understood: {names}.")
_WRITTEN: Final = Sentence("模板已写入 {path}。", "The template stands in {path}.")
_RECORD: Final = Sentence("记入{name}", "in the record of {name}")
_UNSIGNED: Final = Sentence("未签收", "not signed for")
_DUTIES: Final = Sentence("未完成的年度职责{n}项", "{n} yearly duties not done")
_IS_THERE: Final = Sentence("{path} 已存在，请另取文件名。", "{path} is there already; choose another name.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(people, name="people")


@people.command("template")
def people_template(
    output: Annotated[Path, typer.Option("-o", "--output", help="A new file. 输出文件。")], as_json: Json = False
) -> None:
    """Write the empty workbook to be filled in. 写出模板。"""
    with office() as here:
        try:
            with output.open("xb") as file:
                file.write(template())
        except FileExistsError as error:
            raise BadData(_IS_THERE.fill(path=output)) from error
        say({"file": str(output)}, _WRITTEN.fill(path=output).text(here.settings.lang), as_json=as_json)


@people.command("import")
def people_import(
    file: Annotated[Path, typer.Argument(help="The workbook of units and people. 单位和人员登记表。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen. 只预览，不写入。")] = False,
    as_json: Json = False,
) -> None:
    """Enter units, posts, people and appointments; the same again changes nothing. 导入单位与人员。"""
    with office() as here:
        here.database.require_current()
        at = now()
        written = read_people(file)
        report = import_people(
            here.database,
            written,
            CONSOLE,
            here.channels,
            here.settings.office,
            here.today(at),
            at,
            dry_run=dry_run,
        )
        lang = here.settings.lang
        say({**people_json(report, lang), "dry_run": dry_run}, _text(report, lang, dry_run=dry_run), as_json=as_json)
    if report.count("failed") and report.count("failed") == len(report.rows):
        raise typer.Exit(1)


def _text(report: PeopleReport, lang: str, *, dry_run: bool) -> str:
    lines = [
        f"{row.sheet}!{row.row}  {_OUTCOMES[row.outcome].text(lang)}  {row.shown}  "
        + " ".join(reason.text(lang) for reason in row.reasons)
        for row in report.rows
        if row.outcome != "known" or row.reasons
    ]
    if report.ignored:
        lines.append(_IGNORED.fill(names="、".join(report.ignored)).text(lang))
    lines.append(_MADE.fill(**report.made).text(lang))
    return "\n".join([*lines, _ONLY_LOOKED.text(lang)] if dry_run else lines)


@people.command("knew")
def people_knew(case: CaseArgument, on: On = "", as_json: Json = False) -> None:
    """Say who was told of a case until the end of a day, as holder of which post. 谁在何时得知。"""
    with office() as here:
        lang, zone = here.settings.lang, here.settings.tz
        day = day_of(on, here)
        found = who_knew(here.database, case_named(here.database, case), day, zone)
        lines = [
            f"{one.sent_at.astimezone(zone):%Y-%m-%d %H:%M}  {one.unit} {one.post}  "
            f"{'、'.join(name for _username, name in one.holders) or '—'}  {Sentence(*NOTICES[one.notice]).text(lang)}"
            for one in found
        ]
        say({"on": day.isoformat(), "knew": knew_json(found)}, "\n".join(lines) or "—", as_json=as_json)


@people.command("handover")
def people_handover(
    unit: Annotated[str, typer.Argument(help="The unit. 单位。")],
    post: Annotated[str, typer.Argument(help="The post, by name or role such as head. 职务。")],
    on: On = "",
    as_json: Json = False,
) -> None:
    """List what whoever takes a post over finds in it. 职务交接清单。"""
    with office() as here:
        found = handover(here.database, post_named(here.database, unit, post), day_of(on, here), here.settings.tz)
        lang = here.settings.lang
        lines = [f"{found.unit} {found.post}"]
        lines += [
            f"{one.name}  {one.from_on.isoformat()} — {one.until_on.isoformat() if one.until_on else ''}"
            for one in found.holders
        ]
        lines += [
            f"{one.case.number}  {name(one.case.state).text(lang)}  {one.case.next_due_on or '—'}  "
            f"{_RECORD.fill(name=one.record.name if one.record else '—').text(lang)}  {one.case.finding[:40]}"
            for one in found.open_cases
        ]
        lines += [
            f"{_UNSIGNED.text(lang)}  {one.number}  {Sentence(*NOTICES[one.notice]).text(lang)}  "
            f"{'、'.join(called for _username, called in one.holders) or '—'}"
            for one in found.unsigned
        ]
        lines += [_DUTIES.fill(n=len(found.obligations)).text(lang)] if found.obligations else []
        say(handover_json(found), "\n".join(lines), as_json=as_json)
