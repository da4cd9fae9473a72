"""Commands that enter something: opening, acting, importing, sweeping, delivering."""

from __future__ import annotations

from datetime import tzinfo
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer

from cases import evidence as evidence_room
from cases.ledger_import import ImportReport, import_ledger
from cases.ledger_layouts import said_of
from cases.ledger_mapping import read_mapping
from cli.console import CaseArgument, Json, On, data_of, day_of, now, office, say
from config.duties import duty_ids
from states.errors import BadData, Refused, Sentence
from states.evolve import UNSIGNED
from states.terms import date_text, parse_moment
from states.vocabulary import PERSONS_ACTS, SYSTEM_ACTS, Act, name
from wiring.schemas.cases import case_json, done_json
from wiring.schemas.ledgers import import_json

_NO_ACT: Final = Sentence(
    "没有名为“{act}”的办理事项；可用的有：{known}。", "There is no act “{act}”; there are: {known}."
)
_NOT_UNDERSTOOD: Final = Sentence("没有看懂的列：{columns}。", "Columns that are not understood: {columns}.")
_TOTAL: Final = Sentence(
    "立案{opened}，跳过{skipped}，失败{failed}。", "opened {opened}, skipped {skipped}, failed {failed}."
)
_WILL: Final = Sentence(
    "{running}件从今天起照常计算，{late_entry}件期限已过，作为历史逾期待核。",
    "{running} run from now on; the term of {late_entry} is over already, and they wait for a decision.",
)
_NEW_UNITS: Final = Sentence("新单位：{units}。", "New units: {units}.")
_ASK_UNIT: Final = Sentence(
    "未知单位“{unit}”（{rows}行未导入）。", "“{unit}” is no known unit; {rows} row(s) were left out."
)
_ASK_UNIT_NEAR: Final = Sentence(
    "未知单位“{unit}”（{rows}行未导入），相近的有：{near}。",
    "“{unit}” is no known unit; {rows} row(s) were left out; near it: {near}.",
)
_HOW_TO_SAY: Final = Sentence(
    "确是新单位的，加 --new-units 再次导入；是已有单位的，在 --map 文件的 unit_names 中写明。",
    "If they are new, import again with --new-units; if they are known, say so under unit_names in the --map file.",
)
_NOTHING_TO_REMEMBER: Final = Sentence(
    "--remember 要和 --map 一起使用。", "--remember keeps what --map says; give both."
)
_USER: Final = "console/handler"
_AWAITS_SIGNATURE: Final = Sentence("（待另一账号会签后生效）", "(takes effect once another account has signed it)")
_ONLY_TIME: Final = Sentence(
    "“{act}”由系统按时办理，不能人工录入。", "“{act}” is done by time alone and cannot be entered."
)
_NOT_OF_A_CASE: Final = Sentence(
    "“{act}”不是针对案件的事项，请用命令 {command} 办理。",
    "“{act}” is no act on a case; the command {command} does it.",
)
_ELSEWHERE: Final = {
    "raise_clue": "duban clue raise",
    "adopt_clue": "duban clue adopt",
    "dismiss_clue": "duban clue dismiss",
    "commend": "duban commendation",
}
"""The acts that are done beside cases, and the commands that do them."""
_NO_DUTY: Final = Sentence(
    "职责条款“{duty}”不在职责目录（config/duties.yaml）中。",
    "The duty “{duty}” is not in the catalogue (config/duties.yaml).",
)
_FUTURE: Final = Sentence("--as-of 不能在将来（现在是{now}）。", "--as-of may not lie in the future (it is {now}).")


class Inspection(StrEnum):
    """The kinds of inspection."""

    REGULAR = "regular"
    SPECIAL = "special"
    UNANNOUNCED = "unannounced"


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import")(import_)
    app.command("open")(open_)
    app.command()(act)
    app.command()(sweep)
    app.command()(deliver)
    app.command()(evidence)


def import_(
    file: Annotated[Path, typer.Argument(help="The ledger: .xlsx, .xls, .et, .ods or .csv. 整改台账。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen. 只预览，不写入。")] = False,
    served: Annotated[
        bool, typer.Option("--served", help="Enter the orders too, from the ledger's dates. 同时登记送达。")
    ] = False,
    map_: Annotated[
        Path | None, typer.Option("--map", help="Where columns go, and defaults: a JSON file. 对应列文件。")
    ] = None,
    remember: Annotated[
        str,
        typer.Option(
            "--remember", help="Keep the --map for this layout, under this name. 记住这种表格的对应关系，并起名。"
        ),
    ] = "",
    new_units: Annotated[
        bool, typer.Option("--new-units", help="Every unit that is not known is new. 未知单位都确认为新单位。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open one case per ledger row. 导入台账，每行立一案。"""
    with office() as here:
        here.database.require_current()
        mapping = read_mapping(map_) if map_ is not None else None
        if remember and mapping is None:
            raise BadData(_NOTHING_TO_REMEMBER)
        if remember and mapping is not None and not dry_run:
            here.ledger_layouts.remember(file, file.name, mapping, remember, _USER, now())
        report = import_ledger(
            here.desk,
            file,
            duty_ids(),
            now(),
            user=_USER,
            served=served,
            dry_run=dry_run,
            mapping=mapping,
            new_units=new_units,
        )
        lang = here.settings.lang
        document = {**import_json(report, lang), "dry_run": dry_run}
        say(document, "\n".join(_import_lines(report, lang, here.settings.tz)), as_json=as_json)
    if report.count("failed") and not report.count("opened") and not report.count("skipped"):
        raise typer.Exit(1)


def _import_lines(report: ImportReport, lang: str, zone: tzinfo) -> list[str]:
    """Return what became of a ledger for people: sheets, columns that were not understood, rows, and what will be."""
    ledger = report.ledger
    lines = [said_of(report.remembered, zone).text(lang)] if report.remembered is not None else []
    lines += [f"{sheet.name}  {sheet.reason.text(lang)}" for sheet in ledger.sheets]
    unknown = [f"{column.sheet}!{column.column} {column.header}" for column in ledger.columns if column.field is None]
    if unknown:
        lines.append(_NOT_UNDERSTOOD.fill(columns="、".join(unknown)).text(lang))
    outcomes = {
        "opened": Sentence("立案", "opened"),
        "skipped": Sentence("跳过", "skipped"),
        "failed": Sentence("有误", "failed"),
    }
    lines += [
        f"{row.cell:>6}  {outcomes[row.outcome].text(lang)}  {row.number or '—':<20} {row.reason.text(lang)}"
        for row in report.rows
    ]
    lines += [sentence.text(lang) for sentence in _units_said(report)]
    counted = {outcome: report.count(outcome) for outcome in outcomes}
    lines.append(_TOTAL.fill(**counted).text(lang))
    lines.append(_WILL.fill(**report.will).text(lang))
    return lines


def _units_said(report: ImportReport) -> list[Sentence]:
    """Return what to say of units that the office did not know."""
    new = "、".join(unit.name for unit in report.units if unit.is_taken)
    unknown = [unit for unit in report.units if not unit.is_taken]
    said = [_NEW_UNITS.fill(units=new)] if new else []
    said += report.alike_units
    for unit in unknown:
        near = "、".join(unit.near)
        said.append((_ASK_UNIT_NEAR if near else _ASK_UNIT).fill(unit=unit.name, rows=unit.rows, near=near))
    return [*said, _HOW_TO_SAY] if unknown else said


def open_(  # noqa: PLR0913, PLR0917  # the fields of a finding, each an option
    unit: Annotated[str, typer.Option(help="The unit. 被检查单位。")],
    post: Annotated[str, typer.Option(help="The responsible post. 责任领导（职务）。")],
    duty: Annotated[str, typer.Option(help="The duty, as in config/duties.yaml. 对应职责条款。")],
    inspection: Annotated[Inspection, typer.Option(help="The kind of inspection. 检查方式。")],
    finding: Annotated[str, typer.Option(help="What was found. 问题描述。")],
    confidentiality: Annotated[
        str,
        typer.Option(help="public, internal or work_secret; internal if not given. 密级标注：公开、内部、工作秘密。"),
    ] = "",
    on: On = "",
    new_unit: Annotated[
        bool,
        typer.Option("--new-unit", help="The unit is new, however near its name is to a known one. 确认为新单位。"),
    ] = False,
    data: Annotated[str, typer.Option(help="Further fields, as JSON. 其他数据项。")] = "",
    user: Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 录入人。")] = "",
    as_json: Json = False,
) -> None:
    """Register a finding; print the case number. 登记问题。"""
    with office() as here:
        here.database.require_current()
        if duty not in duty_ids():
            raise BadData(_NO_DUTY.fill(duty=duty))
        fields = {"unit": unit, "post": post, "duty": duty, "inspection": inspection.value, "finding": finding}
        if confidentiality:
            fields["confidentiality"] = confidentiality
        done = here.console_desk.open(user, day_of(on, here), data_of(data) | fields, now(), new_unit=new_unit)
        shape = case_json(done.case, here.rulebook.policy.name)
        remarks = [remark.text(here.settings.lang) for remark in done.remarks]
        unplanned = here.inspection_plans.missing(done.event.data, done.event.occurred_on)
        if unplanned is not None:
            remarks.append(unplanned.text(here.settings.lang))
        for remark in remarks:
            typer.echo(remark, err=True)
        say(
            {
                "event": done_json(done),
                "case": shape,
                "remarks": remarks,
            },
            done.case.number,
            as_json=as_json,
        )


def act(  # these names never change: duban act CASE EVENT [--on] [--data] [--as]
    case: CaseArgument,
    event: Annotated[str, typer.Argument(metavar="EVENT", help="The act, such as serve_order. 办理事项。")],
    on: On = "",
    data: Annotated[str, typer.Option(help="The fields of the act, as JSON. 数据项（JSON）。")] = "",
    user: Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 录入人。")] = "",
    as_json: Json = False,
) -> None:
    """Enter one act. 办理一个事项。"""
    if event in _ELSEWHERE:
        raise Refused(_NOT_OF_A_CASE.fill(act=event, command=_ELSEWHERE[event]))
    try:
        wanted = Act(event)
    except ValueError as error:
        raise Refused(_NO_ACT.fill(act=event, known="、".join(PERSONS_ACTS))) from error
    if wanted in SYSTEM_ACTS:
        raise Refused(_ONLY_TIME.fill(act=name(wanted)))
    with office() as here:
        here.database.require_current()
        if wanted is Act.START_RANKING_INTERVIEW:
            # It opens a case of its own, so what stands in the place of the case is the unit.
            given = {"unit": case} | data_of(data)
            done = here.console_desk.open_by_ranking(user, day_of(on, here), given, now())
            policy = here.rulebook.policy.name
        else:
            done, policy = here.console_desk.do(case, wanted, user, day_of(on, here), data_of(data), now())
        lang = here.settings.lang
        shape = case_json(done.case, policy)
        then = name(done.case.state).text(lang)
        text = f"{done.case.number}  {name(wanted).text(lang)}  {date_text(done.event.occurred_on, lang)} → {then}"
        if done.event.data.get(UNSIGNED):
            text += "  " + _AWAITS_SIGNATURE.text(lang)
        say(
            {"event": done_json(done), "case": shape},
            text,
            as_json=as_json,
        )


def sweep(
    as_of: Annotated[str, typer.Option("--as-of", help="A moment that has passed; now if not given. 截至时间。")] = "",
    as_json: Json = False,
) -> None:
    """Fire what is due, as the scheduled flow does. 执行一次到期扫描。"""
    with office() as here:
        here.database.require_current()
        at = now()
        moment = parse_moment(as_of, here.settings.tz) if as_of else at
        if moment > at and not (as_of and len(as_of) <= len("2026-03-05") and moment.date() == here.today(at)):
            raise BadData(_FUTURE.fill(now=at.astimezone(here.settings.tz).isoformat(timespec="seconds")))
        tally = here.rounds.sweep(min(moment, at), at, by_clock=not as_of)
        document = {
            "fired": tally.fired,
            "late_max_seconds": tally.late_max_seconds,
            "blocked": tally.blocked,
            "failed": tally.failed,
            "skipped": tally.skipped,
            "by_act": dict(tally.by_act),
        }
        text = Sentence(
            "触发{fired}项（最迟{late_max_seconds}秒），受阻{blocked}，失败{failed}，略过{skipped}。",
            "fired {fired} (at most {late_max_seconds} s late), blocked {blocked}, failed {failed}, skipped {skipped}.",
        )
        say(document, text.fill(**document).text(here.settings.lang), as_json=as_json)
    if tally.failed:
        raise typer.Exit(1)


def evidence(
    file: Annotated[Path, typer.Argument(help="A file that proves something. 佐证材料文件。")],
    user: Annotated[str, typer.Option("--as", help="Who brings it: a user; the console if not given. 提供人。")] = "",
    as_json: Json = False,
) -> None:
    """Keep a file as evidence; print the SHA-256 that acts name. 存入佐证材料。"""
    with office() as here:
        here.database.require_current()
        hash_ = evidence_room.keep(here.database, here.settings.home, file, user or evidence_room.CONSOLE, now())
        say({"sha256": hash_, "name": file.name}, hash_, as_json=as_json)


def deliver(as_json: Json = False) -> None:
    """Send what is owed, one round. 发送一轮待发通知。"""
    with office() as here:
        here.database.require_current()
        tally = here.rounds.deliver(now())
        document = {"sent": tally.sent, "failed": tally.failed, "held": tally.held, "letters": tally.letters}
        text = Sentence("已发{sent}，未达{failed}，暂存{held}。", "sent {sent}, not delivered {failed}, held {held}.")
        say(document, text.fill(**document).text(here.settings.lang), as_json=as_json)
