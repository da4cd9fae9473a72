"""Commands for units and people from one workbook: `duban people`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from accounts.operators import CONSOLE
from accounts.people_import import PeopleReport, import_people
from accounts.people_workbook import read_people, template
from cli.console import Json, now, office, say
from states.errors import BadData, Sentence
from wiring.schemas import people_json

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
