"""Commands for the year's inspections: planned, approved, carried out at the units."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import Json, On, data_of, day_of, now, office, say
from programme.told import burden_document, inspection_document, list_document, outlook_document
from states.duty import citation
from states.errors import BadData, Sentence
from states.file_trouble import file_trouble
from states.inspection import ANSWERS, INSPECTION_STATES, Answer
from states.terms import date_text, parse_date
from states.vocabulary import INSPECTIONS, Role

if TYPE_CHECKING:
    from programme.on_site import OnSiteList
    from store.inspections import PlannedInspection
    from wiring import Office

inspection = typer.Typer(no_args_is_help=True, help="The year's inspections and their check lists. 年度督查计划。")

As = Annotated[str, typer.Option("--as", help="Who acts: a user or a role. 办理人。")]
Which = Annotated[str, typer.Argument(metavar="INSPECTION", help="Its id or number, such as 2026-专-02. 检查编号。")]
List_ = Annotated[int, typer.Argument(metavar="LIST", help="The on-site list, as `open` shows it. 现场检查清单编号。")]
Point_ = Annotated[int, typer.Argument(metavar="POINT", help="The place of the point on the list, from 1. 第几项。")]
Year = Annotated[int, typer.Option("--year", help="The year; this year if not given. 年度。")]

_PLANNED: Final = Sentence("已拟定{number}“{title}”，待批准。", "{number} “{title}” is planned and waits for approval.")
_DONE: Final = Sentence("{number}“{title}”：{state}。", "{number} “{title}”: {state}.")
_NONE: Final = Sentence("没有计划内的检查。", "No inspection is planned.")
_MEETS_NOTHING: Final = Sentence("没有重叠，也不超过上限。", "It overlaps with nothing and stays below the ceiling.")
_NO_SUCH: Final = Sentence("没有编号为{id}的检查。", "There is no inspection {id}.")
_NO_UNIT: Final = Sentence("{number}没有检查“{unit}”。", "{number} does not go to {unit}.")
_NAME_UNIT: Final = Sentence("这项检查有{n}个单位，请用 --unit 写明是哪一个。", "Name one of its {n} units by --unit.")
_LIST: Final = Sentence(
    "清单{id}：{unit}，{number}，还差{left}项。", "List {id}: {unit}, {number}, {left} points left."
)
_SIGNED: Final = Sentence("现场检查清单{id}已会签。", "The on-site list {id} was signed.")
_SENT_BACK: Final = Sentence("现场检查清单{id}已退回。", "The on-site list {id} was sent back.")
_HANDED_IN: Final = Sentence("清单{id}已报送。", "List {id} was handed in.")
_REGISTERED: Final = Sentence("第{place}项已登记为{number}。", "Point {place} is registered as {number}.")
_NO_FILE: Final = Sentence("读不出文件 {path}：{why}。", "The file {path} cannot be read: {why}.")
_OVER: Final = Sentence("{n} 超", "{n} over")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    for name, command in (
        ("plan", plan),
        ("list", list_),
        ("approve", approve),
        ("announce", announce),
        ("withdraw", withdraw),
        ("finish", finish),
        ("burden", burden),
        ("open", open_),
        ("answer", answer),
        ("photo", photo),
        ("register", register),
        ("submit", submit),
        ("sign", sign),
        ("return", send_back),
    ):
        inspection.command(name)(command)
    app.add_typer(inspection, name="inspection")


def plan(  # noqa: PLR0913, PLR0917  # what an inspection is, each an option
    kind: Annotated[str, typer.Option(help="regular, special or unannounced. 检查方式。")],
    title: Annotated[str, typer.Option(help="What it is called. 名称。")],
    basis: Annotated[str, typer.Option(help="By which decision. 依据。")],
    unit: Annotated[list[str], typer.Option(help="A unit; give it once for each. 被检查单位。")],
    duty: Annotated[list[str], typer.Option(help="A duty of the catalogue to check; once for each. 检查内容。")],
    from_on: Annotated[str, typer.Option("--from", help="Its first day. 开始日期。")],
    until_on: Annotated[str, typer.Option("--until", help="Its last day, inclusive. 结束日期。")],
    team: Annotated[list[str], typer.Option(help="Who goes; once for each. 检查组成员。")],
    keep: Annotated[str, typer.Option(help="Why it stays although it overlaps or burdens. 保留的理由。")] = "",
    questions: Annotated[str, typer.Option(help='Points in own words, as JSON: {"art6-4b": "…"}. 检查要点。')] = "",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what it would meet. 只看重叠和负担。")] = False,
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Plan an inspection; what it overlaps with is shown before. 拟一项检查。"""
    from programme.inspection_drafts import InspectionDraft  # noqa: PLC0415  # `duban --help` needs no plans

    draft = InspectionDraft(
        kind=kind,
        title=title,
        basis=basis,
        units=tuple(unit),
        duties=tuple(duty),
        from_on=parse_date(from_on),
        until_on=parse_date(until_on),
        team=tuple(team),
        questions={key: str(value) for key, value in data_of(questions).items()},
        kept_because=keep,
    )
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        actor = here.console.actor(as_user, Role.HANDLER)
        if dry_run:
            found = outlook_document(here.inspection_plans.look(draft, actor), lang)
            say(found, "\n".join(found["sentences"]) or _MEETS_NOTHING.text(lang), as_json=as_json)
            return
        planned = here.inspection_plans.plan(draft, actor, now())
        text = _PLANNED.fill(number=planned.number, title=planned.title).text(lang)
        say({"inspection": inspection_document(planned)}, text, as_json=as_json)


def list_(year: Year = 0, as_json: Json = False) -> None:
    """List the inspections of a year. 检查清单。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        wanted = year or here.today(now()).year
        found = here.inspection_plans.listed(wanted)
        lines = [_line(one, lang) for one in found]
        document = {"year": wanted, "inspections": [inspection_document(one) for one in found]}
        say(document, "\n".join(lines) or _NONE.text(lang), as_json=as_json)


def approve(
    which: Annotated[list[str] | None, typer.Argument(metavar="[INSPECTION]…", help="Which; all that wait.")] = None,
    year: Year = 0,
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Approve inspections, or all of the year that wait. 批准检查。"""
    with office() as here:
        here.database.require_current()
        actor, day = here.console.actor(as_user, Role.LEADER), day_of(on, here)
        if which:
            found = here.inspection_plans.approve([_id(here, one) for one in which], day, actor, now())
        else:
            found = here.inspection_plans.approve_year(year or day.year, day, actor, now())
        _say(found, here, as_json=as_json)


def announce(which: Which, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """Let the units see that they are inspected. 通知被检查单位。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        found = here.inspection_plans.announce(_id(here, which), day_of(on, here), actor, now())
        _say([found], here, as_json=as_json)


def withdraw(
    which: Which,
    reason: Annotated[str, typer.Option(help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Take an inspection out of the plan. 撤销检查。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.DIRECTOR)
        found = here.inspection_plans.withdraw(_id(here, which), reason, day_of(on, here), actor, now())
        _say([found], here, as_json=as_json)


def finish(which: Which, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """End an inspection whose lists were all handed in. 结束检查。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        found = here.inspection_plans.finish(_id(here, which), day_of(on, here), actor, now())
        _say([found], here, as_json=as_json)


def burden(year: Year = 0, as_json: Json = False) -> None:
    """Show how often each unit is called on in each month, against the ceiling. 督查负担。"""
    with office() as here:
        here.database.require_current()
        lang, wanted = here.settings.lang, year or here.today(now()).year
        most = here.rulebook.policy.contacts_per_month
        found = here.inspection_plans.burden(wanted)
        lines = [
            f"{one.unit}\t"
            + "\t".join(
                _OVER.fill(n=month.contacts).text(lang) if month.contacts > most else str(month.contacts)
                for month in one.months
            )
            for one in found
        ]
        document = {"year": wanted, "ceiling": most, "units": [burden_document(one, most) for one in found]}
        say(document, "\n".join(lines) or _NONE.text(lang), as_json=as_json)


def open_(
    which: Which,
    unit: Annotated[str, typer.Option(help="Which of its units. 被检查单位。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Begin at one unit: open its on-site list. 打开现场检查清单。"""
    with office() as here:
        here.database.require_current()
        found = here.inspection_plans.one(_id(here, which))
        at_unit = [visit for visit in found.visits if visit.unit == unit or not unit]
        if not at_unit:
            raise BadData(_NO_UNIT.fill(number=found.number, unit=unit))
        if len(at_unit) > 1:
            raise BadData(_NAME_UNIT.fill(n=len(at_unit)))
        actor = here.console.actor(as_user, Role.INSPECTOR)
        _say_list(here.on_site.open(at_unit[0].id, day_of(on, here), actor), here, as_json=as_json)


def answer(
    list_id: List_,
    point: Point_,
    answered: Annotated[Answer | None, typer.Option("--answer", help="yes, no or not_checked. 是、否、未查。")] = None,
    note: Annotated[str | None, typer.Option(help="What was seen. 看到了什么。")] = None,
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Answer one point of an on-site list; the same again changes nothing. 填写一项。"""
    from programme.on_site import Given  # noqa: PLC0415  # `duban --help` needs no lists

    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.INSPECTOR)
        given = [Given(point, answered, note)]
        _say_list(here.on_site.answer(list_id, given, day_of(on, here), actor, now()), here, as_json=as_json)


def photo(
    list_id: List_,
    point: Point_,
    file: Annotated[Path, typer.Argument(help="The photo. 照片。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Keep a photo to a point, with its hash and when it was taken. 存入现场照片。"""
    from programme.on_site import SentPhoto  # noqa: PLC0415  # `duban --help` needs no lists

    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.INSPECTOR)
        try:
            content = file.read_bytes()
        except OSError as error:
            raise BadData(_NO_FILE.fill(path=file, why=file_trouble(error))) from error
        sent = SentPhoto(point, file.name, content)
        here.on_site.photo(list_id, sent, day_of(on, here), actor, now())
        _say_list(here.on_site.read(list_id), here, as_json=as_json)


def register(
    list_id: List_,
    point: Point_,
    post: Annotated[str, typer.Option(help="The responsible post; the unit's head if not given. 责任领导。")] = "",
    data: Annotated[str, typer.Option(help="More of the finding, as JSON. 其他数据。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Make a finding of a “no”, with its photos; again gives the same case. 登记为问题。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.INSPECTOR)
        more = {"post": post, **data_of(data)}
        case = here.on_site.register(list_id, point, more, day_of(on, here), actor, now())
        text = _REGISTERED.fill(place=point, number=case.number).text(here.settings.lang)
        say({"number": case.number, "case_id": case.id}, text, as_json=as_json)


def submit(list_id: List_, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """Hand an on-site list in, when every point is answered. 报送检查记录。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.INSPECTOR)
        found = here.on_site.submit(list_id, day_of(on, here), actor)
        text = _HANDED_IN.fill(id=list_id).text(here.settings.lang)
        say({"list": list_document(found)}, text, as_json=as_json)


def sign(list_id: List_, on: On = "", as_user: As = "", as_json: Json = False) -> None:
    """Sign a list with a “no” as the second person, with another login. 会签检查记录。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        found = here.on_site.sign(list_id, day_of(on, here), actor)
        text = _SIGNED.fill(id=list_id).text(here.settings.lang)
        say({"list": list_document(found)}, text, as_json=as_json)


def send_back(
    list_id: List_,
    reason: Annotated[str, typer.Option(help="Why it is not signed. 退回的理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Open a list again that the second person does not sign. 退回检查记录。"""
    with office() as here:
        here.database.require_current()
        actor = here.console.actor(as_user, Role.HANDLER)
        found = here.on_site.send_back(list_id, reason, day_of(on, here), actor)
        text = _SENT_BACK.fill(id=list_id).text(here.settings.lang)
        say({"list": list_document(found)}, text, as_json=as_json)


def _id(here: Office, which: str) -> int:
    if which.isascii() and which.isdigit():
        return int(which)
    for one in here.inspection_plans.listed():
        if one.number == which:
            return one.id
    raise BadData(_NO_SUCH.fill(id=which))


def _line(one: PlannedInspection, lang: str) -> str:
    units = "、".join(visit.unit for visit in one.visits)
    parts: list[Any] = [
        one.number,
        Sentence(*INSPECTION_STATES[one.state]).text(lang),
        Sentence(*INSPECTIONS[one.kind]).text(lang),
        f"{date_text(one.from_on, lang)}–{date_text(one.until_on, lang)}",
        one.title,
        units,
    ]
    return "\t".join(map(str, parts))


def _say(found: list[PlannedInspection], here: Office, *, as_json: bool) -> None:
    lang = here.settings.lang
    lines = [
        _DONE.fill(number=one.number, title=one.title, state=Sentence(*INSPECTION_STATES[one.state])).text(lang)
        for one in found
    ]
    say({"inspections": [inspection_document(one) for one in found]}, "\n".join(lines), as_json=as_json)


def _say_list(found: OnSiteList, here: Office, *, as_json: bool) -> None:
    lang, visit = here.settings.lang, found.visit
    lines = [_LIST.fill(id=visit.id, unit=visit.unit, number=found.inspection.number, left=len(found.left)).text(lang)]
    for point in found.points:
        answered = point.answered.answer if point.answered is not None else None
        said = Sentence(*ANSWERS[answered]).text(lang) if answered is not None else "—"
        cited = citation(point.item.duty)
        lines.append(f"{point.item.place}\t{said}\t{point.item.question}\t{cited.text(lang) if cited else ''}")
    say({"list": list_document(found)}, "\n".join(lines), as_json=as_json)
