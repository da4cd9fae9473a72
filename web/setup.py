"""The pages of the first day: office, administrators, channels, people, ledger, calendar; each can be left.

Whoever has the one-time code of the first start may do all of it; it opens a session of its own. Afterwards the system
administrator finds here what is done and where the rest is: with two people for what takes two (ADR 0034, 0050).
"""

from __future__ import annotations

import secrets
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from accounts import first_day
from accounts.first_day import ADMINISTRATORS, NewLogin, SetupStep
from accounts.operators import CONSOLE, SYSTEM
from accounts.people_import import import_people
from accounts.people_workbook import read_people, template
from cases import evidence as evidence_room
from cases.ledger_import import ImportReport, import_ledger
from cases.ledger_layouts import said_of
from config.chosen import keep_chosen, with_chosen
from config.duties import duty_ids
from notifications.addresses import KIND_WORDS
from notifications.channels import Channels, check_address, check_servers
from notifications.reasons import reason_words
from notifications.robots import ROBOTS
from notifications.servers import Message, Servers
from states.errors import BadData, Problem, Sentence
from states.vocabulary import Role
from store import evidence
from web.dependencies import SETUP_COOKIE as COOKIE
from web.dependencies import clean_query, status_of
from web.forms import plain_file_name
from web.ledger_mapping import MAPS, MappingAnswer, SentLedger, answer_to, kept_mapping, mapping_json, shown_mapping
from web.limits import login_pace
from web.page import Elsewhere, Here, Visit
from wiring import Office, now

if TYPE_CHECKING:
    from collections.abc import Callable

    from accounts.people_report import PeopleReport
    from cases.ledger_mapping import Mapping

STEPS: Final = {
    SetupStep.OFFICE: ("办公室", "Office"),
    SetupStep.ADMINISTRATORS: ("三员账号", "Three administrators"),
    SetupStep.CHANNELS: ("通知渠道与测试", "Channels and a test"),
    SetupStep.PEOPLE: ("单位与人员导入", "Units and people"),
    SetupStep.LEDGER: ("台账", "Ledger"),
    SetupStep.CALENDAR: ("工作日历", "Working days"),
}
WHERE: Final = {SetupStep.PEOPLE: "/admin/people", SetupStep.CALENDAR: "/admin/calendar"}
"""Where the system administrator goes on with a step after the first day."""
_ZONES: Final = {
    "Asia/Shanghai": Sentence("北京时间", "Beijing time"),
    "Asia/Urumqi": Sentence("新疆时间", "Xinjiang time"),
}
"""The zones that an office in China goes by; another one that is set already is offered by its own name."""
_OFFICE_ROLES: Final = frozenset({Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER})
_NO_FILE: Final = Sentence("请选择一份文件。", "Choose a file.")
_GONE: Final = Sentence(
    "找不到预览过的文件，请重新上传。", "The file that was looked at is not there; upload it again."
)
_SAVED: Final = Sentence("已保存。", "Saved.")
_TAKEN: Final = Sentence("测试消息已送达服务器：{to}", "The server took the test message: {to}")
_NOT_TAKEN: Final = Sentence("测试消息未能送出：{reason}", "The test message was not taken: {reason}")
_NO_ROBOT: Final = Sentence("请选择机器人的种类。", "Choose what kind of robot it is.")
_NO_GATEWAY: Final = Sentence("请先填写政务即时通讯网关。", "Fill in the gateway of the private messenger first.")
_TEST: Final = Sentence("督办测试：渠道已接通，请登录系统查看。", "Duban test: the channel works; log in to see more.")
_OPENED: Final = Sentence(
    "已立案{opened}件，跳过{skipped}行，有误{failed}行。", "{opened} opened, {skipped} skipped, {failed} wrong."
)
_ENTERED: Final = Sentence(
    "已写入：单位{units}个，职务{posts}个，人员{people}人。", "Entered: {units} units, {posts} posts, {people} people."
)
_NO_SUCH: Final = Sentence("没有这个操作。", "There is no such action.")

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


def has_code_session(database: Any, cookie: str) -> bool:  # noqa: ANN401  # the database of the office
    """Say whether a cookie is that of the set-up session."""
    return first_day.is_open(database, cookie, now())


def _is_at_setup(visit: Visit) -> bool:
    return has_code_session(visit.here.database, visit.request.cookies.get(COOKIE, ""))


@router.get("/setup")
def setup_page(visit: Here) -> Response:
    """Show the steps: to who has the code or its session, or to the system administrator."""
    if _is_at_setup(visit):
        return _page(visit)
    code = visit.asked("code")
    if code:
        login_pace(visit.request)
        try:
            first_day.require_code(visit.here.database, code, now())
        except Problem as problem:
            return _over(visit, problem)
        return _page(visit, code=code)
    _require_system(visit)
    return _page(visit)


def _over(visit: Visit, problem: Problem) -> Response:
    return visit.page("setup_over.html", status=status_of(problem), wrong=problem.sentence.text(visit.lang))


def _require_system(visit: Visit) -> None:
    if visit.me is None:
        raise Elsewhere("/login")
    if visit.me.must_change:
        raise Elsewhere("/password")
    if visit.me.role not in SYSTEM:
        raise Elsewhere("/")


@router.get("/setup/template.xlsx")
def setup_template(visit: Here) -> Response:
    """Send the empty workbook of units and people."""
    if not _is_at_setup(visit):
        _require_system(visit)
    named = {"Content-Disposition": 'attachment; filename="people.xlsx"'}
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return Response(template(), media_type=kind, headers=named)


@router.post("/setup", dependencies=[Depends(login_pace)])
def change_setup(visit: Here) -> Response:
    """Do one step, or leave it out. The code is used up by the first step that is sent with it."""
    code, token = visit.form.get("code", ""), ""
    if not _is_at_setup(visit):
        if not code:
            raise Elsewhere("/login")
        try:
            token = first_day.redeem(visit.here.database, code, now())
        except Problem as problem:
            return _over(visit, problem)
    try:
        does = _DOES.get(visit.form.get("do", ""))
        if does is None:
            raise BadData(_NO_SUCH)
        answer = does(visit)
    except Problem as problem:
        said = problem.sentence.text(visit.lang)
        answer = _page(visit, step=visit.form.get("step", ""), wrong=said, status=status_of(problem))
    if token:
        secure = visit.request.url.scheme == "https"
        answer.set_cookie(COOKIE, token, httponly=True, samesite="strict", secure=secure, path="/setup")
    return answer


# --- the steps ------------------------------------------------------------------------------------------------------


def _office(visit: Visit) -> Response:
    changed = _chosen(visit, ("office", "series", "zone", "link"))
    first_day.mark(changed.here.database, SetupStep.OFFICE)
    return _page(changed, said=_SAVED.text(visit.lang))


def _chosen(visit: Visit, names: tuple[str, ...]) -> Visit:
    """Keep what was chosen, and go by it from now on: this process at once, the others when they begin again."""
    here, at = visit.here, now()
    settings = with_chosen(here.settings, {name: visit.form[name] for name in names if name in visit.form})
    keep_chosen(settings, here.settings)
    here.installation.reopen(settings, at)
    renewed = Office(settings)
    app = visit.request.app
    if app.state.office is here:
        app.state.office = renewed
        # Others may be at a page of the office of before; it is closed when the next one takes its place.
        retired, app.state.retired = getattr(app.state, "retired", None), here
        if retired is not None:
            retired.close()
    return replace(visit, here=renewed)


def _administrators(visit: Visit) -> Response:
    wanted = [
        (role, visit.form.get(f"username.{role}", "").strip(), visit.form.get(f"name.{role}", "").strip())
        for role in ADMINISTRATORS
    ]
    logins = first_day.make_administrators(visit.here.database, visit.here.settings.office, wanted, now())
    return _page(visit, logins=logins)


_MAIL: Final = ("smtp_host", "smtp_port", "smtp_user", "smtp_password", "smtp_tls", "smtp_from", "im_gateway")


def _mail_names(visit: Visit) -> tuple[str, ...]:
    """Return what of the mail server is to be taken over; a password that was left empty stays what it is."""
    return tuple(name for name in _MAIL if name != "smtp_password" or visit.form.get("smtp_password"))


def _test(visit: Visit) -> Response:
    """Send a test message by what was typed, before it is saved."""
    settings = with_chosen(visit.here.settings, {name: visit.form.get(name, "") for name in _mail_names(visit)})
    servers = Servers.of(settings)
    check_servers(servers)
    kind, to = (
        _robot(visit, servers) if visit.form["do"] == "test_robot" else ("mail", visit.form.get("to", "").strip())
    )
    check_address(kind, to)
    at = now()
    message = Message(
        message_id=f"setup-{secrets.token_hex(10)}", subject="督办测试 Duban test", body=_TEST.text(), created_at=at
    )
    outcome = Channels(servers).send(kind, to, message)
    if not outcome.ok:
        raise BadData(_NOT_TAKEN.fill(reason=reason_words(outcome.reason)))
    told = to if kind == "mail" else KIND_WORDS[kind]
    return _page(visit, step=SetupStep.CHANNELS, said=_TAKEN.fill(to=told).text(visit.lang))


def _robot(visit: Visit, servers: Servers) -> tuple[str, str]:
    """Return the make and the address of the robot that was typed: its key, and behind a bar what it signs with.

    Raises:
        BadData: it is none, or one of a private messenger whose gateway is not set.
    """
    kind, key = visit.form.get("robot", ""), visit.form.get("robot_key", "").strip()
    if kind not in ROBOTS:
        raise BadData(_NO_ROBOT)
    secret = visit.form.get("robot_secret", "").strip()
    address = f"{key}/{secret}" if secret else key
    check_address(kind, address)
    if not servers.base(kind):
        raise BadData(_NO_GATEWAY)
    return kind, address


def _channels(visit: Visit) -> Response:
    settings = with_chosen(visit.here.settings, {name: visit.form.get(name, "") for name in _mail_names(visit)})
    servers = Servers.of(settings)
    check_servers(servers)
    robot = _robot(visit, servers) if visit.form.get("robot_key", "").strip() else None
    changed = _chosen(visit, _mail_names(visit))
    if robot is not None:
        first_day.reach_office(changed.here.database, changed.here.settings.office, robot, now())
    first_day.mark(changed.here.database, SetupStep.CHANNELS)
    return _page(changed, said=_SAVED.text(visit.lang))


def _people(visit: Visit) -> Response:
    """Look at a workbook of people, or enter the one that was looked at."""
    place, name, hash_ = _file(visit)
    here, at = visit.here, now()
    today, is_sure = here.today(at), bool(visit.form.get("hash"))
    written = read_people(place, name)
    office = here.settings.office
    report = import_people(here.database, written, CONSOLE, here.channels, office, today, at, dry_run=not is_sure)
    if not is_sure:
        return _page(visit, step=SetupStep.PEOPLE, people=report, hash=hash_, file_name=name)
    first_day.mark(here.database, SetupStep.PEOPLE)
    logins = first_day.give_passwords(here.database, _OFFICE_ROLES, at)
    return _page(visit, said=_ENTERED.fill(**report.made).text(visit.lang), logins=logins)


def _ledger(visit: Visit) -> Response:
    """Look at a ledger, or import the one that was looked at; columns that nobody understands are mapped first."""
    place, name, hash_ = _file(visit)
    if not visit.form.get("hash"):
        survey, remembered = visit.here.ledger_layouts.look(place, name)
        if not survey.is_settled:
            return _columns(visit, MappingAnswer(survey=survey, remembered=remembered), hash_)
        return _rows(visit, SentLedger(place, name, hash_), None)
    report = _imported(visit, SentLedger(place, name, hash_), kept_mapping(visit), dry_run=False)
    first_day.mark(visit.here.database, SetupStep.LEDGER)
    counted = {outcome: report.count(outcome) for outcome in ("opened", "skipped", "failed")}
    return _page(visit, said=_OPENED.fill(**counted).text(visit.lang), opened=_numbers(report))


def _mapped(visit: Visit) -> Response:
    """Show the columns of a ledger, or go on to its rows with what was chosen for them."""
    place, name, hash_ = _file(visit)
    sent = SentLedger(place, name, hash_)
    answer = answer_to(visit, sent, CONSOLE.username)
    return _rows(visit, sent, answer.mapping) if answer.mapping is not None else _columns(visit, answer, hash_)


def _columns(visit: Visit, answer: MappingAnswer, hash_: str) -> Response:
    shown = shown_mapping(visit, answer.survey, answer.remembered)
    more: dict[str, Any] = {"wrong": answer.wrong, "status": answer.status} if answer.wrong else {}
    about: dict[str, Any] = {"hash": hash_, "file_name": answer.survey.name, "served": visit.form.get("served") == "1"}
    return _page(visit, step=SetupStep.LEDGER, map=shown, **about, **more)


def _rows(visit: Visit, sent: SentLedger, mapping: Mapping | None) -> Response:
    report = _imported(visit, sent, mapping, dry_run=True)
    read_by = said_of(report.remembered, visit.here.settings.tz).text(visit.lang) if report.remembered else ""
    about: dict[str, Any] = {"hash": sent.hash, "file_name": sent.name, "served": visit.form.get("served") == "1"}
    shown: dict[str, Any] = {"mapping": mapping_json(report.mapping), "read_by": read_by}
    return _page(visit, step=SetupStep.LEDGER, ledger=report, **about, **shown)


def _imported(visit: Visit, sent: SentLedger, mapping: Mapping | None, *, dry_run: bool) -> ImportReport:
    return import_ledger(
        visit.here.desk,
        sent.place,
        duty_ids(),
        now(),
        user="console/handler",
        served=visit.form.get("served") == "1",
        dry_run=dry_run,
        mapping=mapping,
        name=sent.name,
        new_units=visit.form.get("new_units") == "1",
    )


def _numbers(report: ImportReport) -> list[str]:
    return [row.number for row in report.rows if row.outcome == "opened" and row.number]


def _file(visit: Visit) -> tuple[Path, str, str]:
    """Return where the file is that came with the form, or that came before and is named by its hash; and its name."""
    here, hash_ = visit.here, visit.form.get("hash", "")
    name = visit.form.get("file_name", "")
    if hash_:
        place = evidence.place_of(here.settings.home, hash_)
        if not evidence_room.was_brought_by(here.database, CONSOLE.username, hash_) or not place.is_file():
            raise BadData(_GONE)
        return place, name, hash_
    files = visit.sent.files.get("file", [])
    if not files:
        raise BadData(_NO_FILE)
    name, content = files[0]
    with TemporaryDirectory() as folder:
        source = Path(folder) / "upload"
        source.write_bytes(content)
        hash_ = evidence_room.keep(here.database, here.settings.home, source, CONSOLE.username, now())
    return evidence.place_of(here.settings.home, hash_), name, hash_


def _calendar(visit: Visit) -> Response:
    files = visit.sent.files.get("file", [])
    if not files:
        raise BadData(_NO_FILE)
    name, content = files[0]
    with TemporaryDirectory() as folder:
        path = Path(folder) / plain_file_name(name)
        path.write_bytes(content)
        visit.here.calendar_change.import_calendar(path, now())
    first_day.mark(visit.here.database, SetupStep.CALENDAR)
    return _page(visit, said=_SAVED.text(visit.lang))


def _skip(visit: Visit) -> Response:
    if visit.form.get("step") not in set(SetupStep):
        raise BadData(_NO_SUCH)
    first_day.mark(visit.here.database, SetupStep(visit.form["step"]))
    return _page(visit)


def _finish(visit: Visit) -> Response:
    first_day.finish(visit.here.database, now())
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, path="/setup")
    return answer


_DOES: Final[dict[str, Callable[[Visit], Response]]] = {
    "office": _office,
    "administrators": _administrators,
    "test": _test,
    "test_robot": _test,
    "channels": _channels,
    "people": _people,
    "ledger": _ledger,
    **dict.fromkeys(MAPS, _mapped),
    "calendar": _calendar,
    "skip": _skip,
    "finish": _finish,
}


def _page(  # what the page shows beside the steps
    visit: Visit,
    *,
    step: str = "",
    code: str = "",
    logins: list[NewLogin] | None = None,
    people: PeopleReport | None = None,
    ledger: ImportReport | None = None,
    **more: Any,  # noqa: ANN401  # as `page`
) -> Response:
    here = visit.here
    done = first_day.steps_done(here.database)
    wanted = step or visit.asked("step")
    left = [one for one in SetupStep if one not in done]
    current = SetupStep(wanted) if wanted in set(SetupStep) else next(iter(left), None)
    settings = here.settings
    shown: dict[str, Any] = {
        "steps": [(one, Sentence(*STEPS[one]).text(visit.lang), one in done) for one in SetupStep],
        "current": current,
        "done": len(done),
        "code": code,
        "settings": {name: getattr(settings, name) for name in ("office", "series", "zone", "link", *_MAIL)},
        "given": visit.form,
        "zones": {settings.zone: settings.zone} | {key: words.text(visit.lang) for key, words in _ZONES.items()},
        "robots": [(kind, KIND_WORDS[kind].text(visit.lang)) for kind in ROBOTS],
        "three": ADMINISTRATORS,
        "logins": logins or [],
        "people": people,
        "ledger": ledger,
        "map": None,
        "mapping": "",
        "read_by": "",
        "hash": "",
        "file_name": "",
        "served": False,
        "opened": [],
        "years": sorted(here.rulebook.calendar.known_years)[-3:],
        "where": {} if visit.me is None else WHERE,
        "by_code": visit.me is None,
    }
    return visit.page("setup.html", **(shown | more))
