"""Commands that only read: showing, listing, reckoning, replaying, verifying, exporting."""

from __future__ import annotations

import json
from enum import StrEnum
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer
from openpyxl import Workbook

from audit.bundle import check_bundle
from audit.differences import differences
from audit.exports import histories, write_csv, write_ocel, write_xes
from cli.console import CaseArgument, Json, actor_of, day_of, office, policy_name, say
from cli.desk import time_of
from config.settings import read_settings
from notifications.wording import NOTICES
from states.case import Actor, sealed_for
from states.command import Command
from states.errors import BadData, Sentence
from states.fields import FIELDS
from states.terms import Term, date_text, due, parse_date, trace
from states.vocabulary import DEADLINES, Act, Light, Role, State, name
from store import cases, personal_data
from store import events as event_rows
from wiring.schemas import case_shape, deadline_shape, recorded_shape, refused_shape, replay_shape, trace_shape

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from states.case import Case, Deadline, Event
    from states.terms import TraceLine

_PROVISIONAL: Final = Sentence("（暂定）", " (provisional)")
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
    app.command()(allowed)
    app.command()(show)
    app.command("list")(list_)
    app.command("due")(due_)
    app.command()(term)
    app.command()(replay)
    app.command()(verify)
    app.command()(export)


def allowed(
    case: CaseArgument,
    on: Annotated[str, typer.Option("--on", help="On which day; today if not given. 日期。")] = "",
    user: Annotated[str, typer.Option("--as", help="For whom: a user or a role; anybody if not given. 办理人。")] = "",
    as_json: Json = False,
) -> None:
    """Say what may be done now, and why not the rest. 当前可办理的事项。"""
    with office() as here:
        lang = here.settings.lang
        with here.database.reading() as session:
            stored = cases.get(session, cases.find(session, case))
        anybody = Actor(user="", role=Role.SYSTEM)
        actor = actor_of(here, user, Act.ACKNOWLEDGE, stored.case.state) if user else anybody
        asker = Command(act=Act.ACKNOWLEDGE, actor=actor, on=day_of(on, here), data={})
        yes, no = here.desk.allowed(stored.case.id, asker)
        fields = {
            act.value: [
                {
                    "name": f.name,
                    "kind": f.kind.value,
                    "required": f.required,
                    "label": Sentence(f.zh, f.en).text(lang),
                    "choices": list(f.choices),
                }
                for f in FIELDS[act].values()
            ]
            for act in yes
        }
        document = {
            "allowed": [act.value for act in yes],
            "refused": refused_shape(no, lang),
            "roles": {act.value: role.value for act, role in yes.items()},
            "fields": fields,
        }
        lines = [f"+ {act.value:<24} {name(act).text(lang)}（{name(role).text(lang)}）" for act, role in yes.items()]
        lines += [f"- {act.value:<24} {reason.text(lang)}" for act, reason in no.items()]
        say(document, "\n".join(lines), as_json=as_json)


def show(
    case: CaseArgument,
    user: Annotated[str, typer.Option("--as", help="Who reads: a user or a role. 查看人。")] = "",
    as_json: Json = False,
) -> None:
    """Show one case; one that was transferred is a sealed stub for all but the leader and discipline. 查看案件。"""
    with office() as here:
        with here.database.reading() as session:
            stored = personal_data.shown_all(session, [cases.get(session, cases.find(session, case))])[0]
        reader = actor_of(here, user, Act.ACKNOWLEDGE, stored.case.state).role if user else None
        seen = sealed_for(stored.case, reader)
        say(case_shape(seen, policy_name(here, seen)), case_text(seen, here.settings.lang), as_json=as_json)


def case_text(case: Case, lang: str) -> str:
    """Return a case as people read it."""
    zh = not lang.startswith("en")
    rows = [
        ("编号" if zh else "number", case.number),
        (
            "状态" if zh else "state",
            f"{name(case.state).text(lang)} · {name(case.phase).text(lang)} · {name(case.light).text(lang)}",
        ),
        ("单位" if zh else "unit", case.unit),
        ("责任领导" if zh else "post", case.post),
        ("条款" if zh else "duty", case.duty),
        ("立案" if zh else "opened", date_text(case.opened_on, lang)),
        ("问题" if zh else "finding", case.finding),
        ("密级标注" if zh else "confidentiality", name(case.confidentiality).text(lang)),
    ]
    if case.overlays:
        rows.append(("叠加" if zh else "overlays", "、".join(case.overlays)))
    lines = [f"{label}\t{value}" for label, value in rows]
    lines += [_deadline_text(line, lang) for line in case.deadlines]
    return "\n".join(lines)


def _deadline_text(line: Deadline, lang: str) -> str:
    label = Sentence(*DEADLINES[line.kind]).text(lang)
    marked = _PROVISIONAL.text(lang) if line.provisional else ""
    counted = Term.parse(line.term).text(lang)
    start = date_text(line.started_on, lang)
    if lang.startswith("en"):
        return f"due\t{label}: {date_text(line.due_on, lang)}{marked}; {counted} from {start}; {line.basis}"
    return f"期限\t{label}：{date_text(line.due_on, lang)}{marked}，自{start}起{counted}，{line.basis}"


def list_(
    state: Annotated[State | None, typer.Option(help="Only this state. 状态。")] = None,
    light: Annotated[Light | None, typer.Option(help="Only this light. 灯色。")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit. 单位。")] = None,
    due_before: Annotated[str | None, typer.Option(help="Something is due before this day. 在此日之前到期。")] = None,
    as_json: Json = False,
) -> None:
    """List cases. 案件列表。"""
    with office() as here:
        lang = here.settings.lang
        before = parse_date(due_before) if due_before else None
        with here.database.reading() as session:
            listed = cases.listed(
                session, state=state, light=light.value if light else None, unit=unit, due_before=before
            )
            found = personal_data.shown_all(session, listed)
            names = {
                item.case.policy_hash: here.archive.policy_of(session, item.case.policy_hash).name for item in found
            }
        document = {"cases": [case_shape(sealed_for(item.case, None), names[item.case.policy_hash]) for item in found]}
        lines = [
            f"{case.number}\t{name(case.state).text(lang)}\t{name(case.light).text(lang)}\t"
            f"{date_text(case.next_due_on, lang) if case.next_due_on else '—'}\t{case.unit}"
            for case in (item.case for item in found)
        ]
        say(document, "\n".join(lines) or "—", as_json=as_json)


def due_(case: CaseArgument, as_json: Json = False) -> None:
    """Show the running deadlines, each with its day-by-day count. 在办期限及逐日推算。"""
    with office() as here:
        lang = here.settings.lang
        with here.database.reading() as session:
            stored = cases.get(session, cases.find(session, case))
            calendars = {
                line.calendar_hash: here.archive.calendar_of(session, line.calendar_hash)
                for line in stored.case.deadlines
            }
        shown = []
        lines = []
        for line in stored.case.deadlines:
            steps = trace(line.started_on, Term.parse(line.term), calendars[line.calendar_hash])
            shown.append({**deadline_shape(line), "trace": [trace_shape(step, lang) for step in steps]})
            lines += [_deadline_text(line, lang), *trace_text(steps, lang), ""]
        document = {"number": stored.case.number, "deadlines": shown}
        say(document, "\n".join(lines) or "—", as_json=as_json)


def trace_text(steps: tuple[TraceLine, ...], lang: str) -> list[str]:
    """Return a count day by day, as people read it."""
    return [f"  {date_text(step.day, lang)}\t{step.note.text(lang)}" for step in steps]


def term(
    start: Annotated[str, typer.Argument(help="The day of service, not counted. 送达日期。")],
    term_: Annotated[str, typer.Argument(metavar="TERM", help="15wd, 30d, 1m, 2026-03-31. 期限。")],
    basis: Annotated[str, typer.Option(help="The legal basis, printed with the answer. 依据。")] = "",
    as_json: Json = False,
) -> None:
    """Reckon a deadline. 期限计算器。"""
    with office() as here:
        lang, calendar = here.settings.lang, here.archive.calendar
        length, first = Term.parse(term_), parse_date(start)
        reckoned = due(first, length, calendar, basis)
        steps = trace(first, length, calendar)
        document = {
            "due_on": reckoned.due_on.isoformat(),
            "provisional": reckoned.provisional,
            "started_on": first.isoformat(),
            "term": str(length),
            "basis": basis,
            "calendar_hash": calendar.hash,
            "trace": [trace_shape(step, lang) for step in steps],
        }
        head = Sentence("{start}起{term}，{due}届满{mark}", "{term} from {start}: {due}{mark}").fill(
            start=Sentence(date_text(first), date_text(first, "en")),
            term=Sentence(length.text(), length.text("en")),
            due=Sentence(date_text(reckoned.due_on), date_text(reckoned.due_on, "en")),
            mark=_PROVISIONAL if reckoned.provisional else "",
        )
        lines = [head.text(lang), *([basis] if basis else []), *trace_text(steps, lang)]
        say(document, "\n".join(lines), as_json=as_json)


def replay(
    case: CaseArgument,
    at: Annotated[str, typer.Option("--at", help="At which moment; now if not given. 时点。")] = "",
    since: Annotated[str, typer.Option("--since", help="Say what changed since this moment. 与此时点比较。")] = "",
    as_json: Json = False,
) -> None:
    """Rebuild the case from its events alone, or say what changed between two moments. 仅凭事件重建案件。"""
    with office() as here:
        lang = here.settings.lang
        with here.database.reading() as session:
            case_id = cases.find(session, case)
        found = here.replay(case_id, time_of(at, here.settings.tz) if at else None)
        document = replay_shape(found, policy_name(here, found.case), lang)
        if since:
            earlier = here.replay(case_id, time_of(since, here.settings.tz))
            changed = differences(earlier.case, found.case, earlier.allowed, found.allowed)
            rows = [
                {"what": line.what.text(lang), "before": line.before.text(lang), "after": line.after.text(lang)}
                for line in changed
            ]
            new = found.events[len(earlier.events) :]
            document |= {"since": since, "differences": rows, "events": [recorded_shape(recorded) for recorded in new]}
            lines = [f"{row['what']}\t{row['before']} → {row['after']}" for row in rows]
            lines += ["", *(_event_text(recorded.event, lang) for recorded in new)]
            say(document, "\n".join(lines), as_json=as_json)
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


def verify(
    checkpoints: Annotated[
        list[Path] | None, typer.Option("--checkpoint", help="A checkpoint kept outside the office. 外存的检查点。")
    ] = None,
    keys: Annotated[
        list[str] | None, typer.Option("--key", help="A public key that is trusted, name+id+key. 可信公钥。")
    ] = None,
    bundle: Annotated[Path | None, typer.Option(help="Check this bundle instead, with no database. 案卷包。")] = None,
    as_json: Json = False,
) -> None:
    """Check the whole history against its hashes, its checkpoints and the current rows. 校验全部历史。"""
    if bundle is not None:
        found = check_bundle(bundle, keys or ())
        ok, events, wrong = found.ok, found.events, found.first_wrong
        lang = read_settings().lang
    else:
        with office() as here:
            here.database.require_current()
            verdict = here.verify([_text_of(path) for path in checkpoints or ()], keys or ())
            ok, events, wrong = verdict.ok, verdict.events, verdict.first_wrong
            lang = here.settings.lang
    good = Sentence("校验通过：{n}条事件。", "verified: {n} events.")
    bad = Sentence("校验不通过：{wrong}", "not verified: {wrong}")
    text = good.fill(n=events) if ok else bad.fill(wrong=wrong)
    say({"ok": ok, "events": events, "first_wrong": wrong}, text.text(lang), as_json=as_json)
    if not ok:
        raise typer.Exit(1)


def _text_of(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadData(_UNREADABLE.fill(path=path, why=error)) from error


def export(
    what: Annotated[What, typer.Argument(help="What: ledger .xlsx, events .jsonl, xes, ocel .json, csv. 导出内容。")],
    output: Annotated[Path, typer.Option("-o", "--output", help="Where to. 文件。")],
    case: Annotated[str, typer.Option("--case", help="Only this case. 仅此案。")] = "",
    as_json: Json = False,
) -> None:
    """Write the ledger or the history to a file, and its SHA-256 beside it. 导出。"""
    with office() as here:
        here.database.require_current()
        with here.database.reading() as session:
            case_id = cases.find(session, case) if case else None
            try:
                count = _exported(session, what, output, case_id, here.settings.lang)
                hash_ = sha256(output.read_bytes()).hexdigest()
                output.with_name(f"{output.name}.sha256").write_text(f"{hash_}  {output.name}\n", "utf-8")
            except OSError as error:
                bad = Sentence("无法写入 {path}：{why}。", "{path} cannot be written: {why}.")
                raise BadData(bad.fill(path=output, why=error.strerror)) from error
        document = {"written": count, "file": str(output), "sha256": hash_}
        say(document, f"{output}: {count}  sha256 {hash_}", as_json=as_json)


def _exported(session: Session, what: What, output: Path, case_id: int | None, lang: str) -> int:
    """Write the file; return how many cases or events it holds."""
    if what is What.LEDGER:
        listed = personal_data.shown_all(session, [cases.get(session, case_id)] if case_id else cases.listed(session))
        return _write_ledger(output, [sealed_for(item.case, None) for item in listed], lang)
    with output.open("w", encoding="utf-8", newline="\r\n" if what is What.CSV else "\n") as file:
        if what is What.EVENTS:
            count = 0
            for batch in [event_rows.history(session, case_id)] if case_id else event_rows.everything(session):
                for recorded in personal_data.shown_history(session, batch):
                    file.write(json.dumps(recorded_shape(recorded), ensure_ascii=False) + "\n")
                count += len(batch)
            return count
        write = {What.XES: write_xes, What.OCEL: write_ocel, What.CSV: write_csv}[what]
        return write(file, histories(session, case_id))


def _write_ledger(path: Path, listed: list[Case], lang: str) -> int:
    """Write the ledger as offices keep it; no cell is ever a formula."""
    book = Workbook()
    sheet = book.worksheets[0]
    sheet.title = "整改台账"
    heads = (
        "序号",
        "问题编号",
        "检查方式",
        "发现日期",
        "被检查单位",
        "责任领导(职务)",
        "问题描述",
        "对应职责条款",
        "问题性质",
        "整改目标(验收标准)",
        "状态",
        "灯色",
        "期限",
        "是否销号",
        "密级",
    )
    sheet.append(heads)
    for place, case in enumerate(listed, 1):
        line = case.deadline("rectification")
        values = (
            place,
            case.number,
            {"regular": "定期检查", "special": "专项督查", "unannounced": "实地暗访"}.get(case.inspection, ""),
            case.opened_on,
            case.unit,
            case.post,
            case.finding,
            case.duty,
            case.severity,
            case.criteria,
            name(case.state).text(lang),
            name(case.light).text(lang),
            line.due_on if line else None,
            "是" if case.state is State.CLOSED else "否",
            name(case.confidentiality).zh,
        )
        for column, value in enumerate(values, 1):
            cell = sheet.cell(place + 1, column, value)
            if isinstance(value, str):
                cell.data_type = "s"  # a text that begins with "=" stays a text
    book.save(path)
    return len(listed)
