"""Commands that enter something: opening, acting, importing, sweeping, delivering."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from cases.ledger_import import import_ledger
from cli.console import CaseArgument, Json, On, actor_of, data_of, day_of, now, office, policy_name, say
from states.command import Command
from states.errors import BadData, Refused, Sentence
from states.terms import date_text
from states.vocabulary import PERSONS_ACTS, SYSTEM_ACTS, Act, name
from store import cases
from wiring.schemas import case_shape, event_shape, row_shape

_NO_ACT: Final = Sentence(
    "没有名为“{act}”的办理事项；可用的有：{known}。", "There is no act “{act}”; there are: {known}."
)
_ONLY_TIME: Final = Sentence(
    "“{act}”由系统按时办理，不能人工录入。", "“{act}” is done by time alone and cannot be entered."
)
_NO_DUTY: Final = Sentence(
    "职责条款“{duty}”不在职责目录（config/duties.yaml）中。",
    "The duty “{duty}” is not in the catalogue (config/duties.yaml).",
)
_BAD_TIME: Final = Sentence(
    "时间“{text}”不可识别，应为 2026-03-05T09:00+08:00。",
    "The time “{text}” cannot be read; write 2026-03-05T09:00+08:00.",
)
_FUTURE: Final = Sentence("--as-of 不能在将来（现在是{now}）。", "--as-of may not lie in the future (it is {now}).")


class Inspection(StrEnum):
    """The kinds of inspection."""

    REGULAR = "regular"
    SPECIAL = "special"
    UNANNOUNCED = "unannounced"


def time_of(text: str, zone: Any) -> datetime:  # noqa: ANN401  # a time zone
    """Return the instant that was given; without an offset it is the office's time, without a time the day's end.

    Raises:
        BadData: it cannot be read.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadData(_BAD_TIME.fill(text=text)) from error
    if len(text) <= len("2026-03-05"):
        moment = moment.replace(hour=23, minute=59, second=59, microsecond=999_999)
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command("import")(import_)
    app.command("open")(open_)
    app.command()(act)
    app.command()(sweep)
    app.command()(deliver)
    app.command()(evidence)


def import_(
    file: Annotated[Path, typer.Argument(help="The ledger, .xlsx. 整改台账。")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would happen. 只预览，不写入。")] = False,
    served: Annotated[
        bool, typer.Option("--served", help="Enter the orders too, from the ledger's dates. 同时登记送达。")
    ] = False,
    as_json: Json = False,
) -> None:
    """Open one case per ledger row. 导入台账，每行立一案。"""
    with office() as here:
        here.database.require_current()
        rows = import_ledger(
            here.desk, file, here.duties, now(), user="console/handler", served=served, dry_run=dry_run
        )
        lang = here.settings.lang
        counted = {word: sum(row.outcome == word for row in rows) for word in ("opened", "skipped", "failed")}
        document = {**counted, "dry_run": dry_run, "rows": [row_shape(row, lang) for row in rows]}
        lines = [f"{row.cell:>6}  {row.outcome:<8} {row.number or '—':<20} {row.reason.text(lang)}" for row in rows]
        total = Sentence(
            "立案{opened}，跳过{skipped}，失败{failed}。", "opened {opened}, skipped {skipped}, failed {failed}."
        )
        lines.append(total.fill(**counted).text(lang))
        say(document, "\n".join(lines), as_json=as_json)
    if counted["failed"] and not counted["opened"] and not counted["skipped"]:
        raise typer.Exit(1)


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
    data: Annotated[str, typer.Option(help="Further fields, as JSON. 其他数据项。")] = "",
    user: Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 录入人。")] = "",
    as_json: Json = False,
) -> None:
    """Register a finding; print the case number. 登记问题。"""
    with office() as here:
        here.database.require_current()
        if duty not in here.duties:
            raise BadData(_NO_DUTY.fill(duty=duty))
        fields = {"unit": unit, "post": post, "duty": duty, "inspection": inspection.value, "finding": finding}
        if confidentiality:
            fields["confidentiality"] = confidentiality
        actor = actor_of(here, user, Act.REGISTER_FINDING, None)
        command = Command(act=Act.REGISTER_FINDING, actor=actor, on=day_of(on, here), data=data_of(data) | fields)
        done = here.desk.open(command, now())
        shape = case_shape(done.case, here.archive.policy.name)
        say(
            {"event": event_shape(done.event, seq=None, prev_hash=None, hash_=done.hash), "case": shape},
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
    try:
        wanted = Act(event)
    except ValueError as error:
        raise Refused(_NO_ACT.fill(act=event, known="、".join(PERSONS_ACTS))) from error
    if wanted in SYSTEM_ACTS:
        raise Refused(_ONLY_TIME.fill(act=name(wanted)))
    with office() as here:
        here.database.require_current()
        with here.database.reading() as session:
            stored = cases.get(session, cases.find(session, case))
        actor = actor_of(here, user, wanted, stored.case.state)
        command = Command(act=wanted, actor=actor, on=day_of(on, here), data=data_of(data), case_id=stored.case.id)
        done = here.desk.do(command, now())
        lang = here.settings.lang
        shape = case_shape(done.case, policy_name(here, done.case))
        then = name(done.case.state).text(lang)
        text = f"{done.case.number}  {name(wanted).text(lang)}  {date_text(command.on, lang)} → {then}"
        say(
            {"event": event_shape(done.event, seq=None, prev_hash=None, hash_=done.hash), "case": shape},
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
        moment = time_of(as_of, here.settings.tz) if as_of else at
        if moment > at and not (as_of and len(as_of) <= len("2026-03-05") and moment.date() == here.today(at)):
            raise BadData(_FUTURE.fill(now=at.astimezone(here.settings.tz).isoformat(timespec="seconds")))
        tally = here.sweep(min(moment, at), at)
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
    file: Annotated[Path, typer.Argument(help="A file that proves something. 佐证材料文件。")], as_json: Json = False
) -> None:
    """Keep a file as evidence; print the SHA-256 that acts name. 存入佐证材料。"""
    with office() as here:
        here.database.require_current()
        hash_ = here.keep_evidence(file, now())
        say({"sha256": hash_, "name": file.name}, hash_, as_json=as_json)


def deliver(as_json: Json = False) -> None:
    """Send what is owed, one round. 发送一轮待发通知。"""
    with office() as here:
        here.database.require_current()
        tally = here.deliver(now())
        document = {"sent": tally.sent, "failed": tally.failed, "held": tally.held, "letters": tally.letters}
        text = Sentence("已发{sent}，未达{failed}，暂存{held}。", "sent {sent}, not delivered {failed}, held {held}.")
        say(document, text.fill(**document).text(here.settings.lang), as_json=as_json)
