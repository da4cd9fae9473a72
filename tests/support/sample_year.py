"""A sample office as it may stand at the end of November 2026: what screenshots and walks over all pages look at."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from accounts import login
from cases.ledger_import import import_ledger
from config.duties import duty_ids
from programme.on_site import Given, SentPhoto
from states.clue import ClueSource
from states.inspection import Answer
from states.vocabulary import Act, Role, State
from store import accounts, cases, organisation, unit_posts
from store.obligations import Asked
from tests.support.inspections import approved, list_of, planned
from tests.support.offices import at, day
from tests.support.photos import jpeg

if TYPE_CHECKING:
    from datetime import date

    from states.case import Case
    from tests.support.offices import Bench

LEDGER: Final = Path("examples/ledger.xlsx")
NEW: Final = "Duban-2026!"
COUNTY: Final = "青禾县人民政府"
PEOPLE: Final = {
    "liufang": ("刘芳", Role.HANDLER, ""),
    "chenli": ("陈立", Role.INSPECTOR, ""),
    "zhouming": ("周明", Role.DIRECTOR, ""),
    "leader": ("市委主要负责人", Role.LEADER, ""),
    "head": ("县长", Role.HEAD, COUNTY),
    "liaison": ("联络员", Role.LIAISON, COUNTY),
    "auditor": ("审计人员", Role.AUDITOR, ""),
    "archivist": ("档案管理员", Role.ARCHIVIST, ""),
    "admin": ("系统管理员", Role.ADMINISTRATOR, ""),
    "security": ("安全管理员", Role.SECURITY_ADMINISTRATOR, ""),
    "audit_admin": ("审计管理员", Role.AUDIT_ADMINISTRATOR, ""),
}
"""Every role that has pages, with the name that stands on them."""
LAST: Final = "11-27"


def employ(bench: Bench) -> None:
    """Let the people be there, each with a password of his or her own."""
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        for username, (name, role, unit) in PEOPLE.items():
            row = organisation.ensure_unit(session, unit or bench.settings.office)
            accounts.add_person(session, username, name, role, row.id)
    for username in PEOPLE:
        one_time = bench.give_password(username)
        login.change_password(bench.office.database, username, one_time, NEW, at("01-02"))


def live_through_the_year(bench: Bench) -> None:
    """Import the sample ledger, let the days pass until the end of November, and act in some of the cases."""
    import_ledger(bench.desk, LEDGER, duty_ids(), at(LAST), user="liufang", served=True)
    with bench.office.database.reading() as session:
        first = [item.case.id for item in cases.listed(session)]
    on = day("02-01")
    while on <= day(LAST):
        bench.sweep(on.isoformat())
        for case_id in first:
            _answer(bench, case_id, on.isoformat(), odd=case_id % 3)
        if on == day("11-02"):
            _register_some(bench)
            _inspect(bench)
        on += timedelta(days=1)
    _oblige(bench)
    _end_the_year(bench)
    bench.office.signing.checkpoint(at(LAST, 20))


def _oblige(bench: Bench) -> None:
    """Generate the obligations of the year; let some be handed in, one lack a receipt, and time miss those."""
    here, director = bench.office.obligations, bench.actor(Role.DIRECTOR)
    here.generate(2026, director, at("01-05"))
    for place, one in enumerate(here.listed(Asked(year=2026))):
        if place % 3:
            here.submit(one.id, day("03-10"), director, at("03-10"), note="印发件")
            for who in one.receivers[1:]:
                here.receive(one.id, who, day("03-12"), director, at("03-12"), note="回执")
    for on in ("03-26", "04-01", LAST):
        bench.office.obligation_sweeps.sweep(at(on, 9), at(on, 9))


def _end_the_year(bench: Bench) -> None:
    """Compute the ranking of the year, and let a clue and a drafted order wait for somebody."""
    today, officer = day(LAST), bench.actor(Role.HANDLER, "liufang")
    bench.office.rankings.compute(2026, today, bench.actor(Role.DIRECTOR, "zhouming"), at(LAST))
    bench.office.clues.raise_clue(
        ClueSource.TIP_OFF, COUNTY, "群众反映政务服务窗口不受理也不出具书面答复", today, officer, at(LAST)
    )
    found = next(one for one in _open_cases(bench) if one.state is State.FOUND)
    made = bench.office.documents.draft(found.id, "order", {"help_contact": "督查科科长"}, officer, today, at(LAST))
    bench.office.documents.submit(made.kept.id, officer, today, at(LAST))


def _open_cases(bench: Bench) -> list[Case]:
    with bench.office.database.reading() as session:
        return [item.case for item in cases.listed(session)]


def _answer(bench: Bench, case_id: int, on: str, *, odd: int) -> None:
    """Let every third unit report in time, every third only after it was criticized, and the others not at all."""
    case = bench.case(case_id)
    line = case.deadline("rectification")
    last = line is not None and (line.due_on - day(on)).days == 3
    when = {0: (State.ORDERED,), 1: (State.CRITICIZED,), 2: ()}[odd]
    if case.state in when and last and case.report_on is None:
        bench.act(
            case_id, Act.SUBMIT_REPORT, on, user="head", signed_by="主要负责人", note="整改事项已全部完成，佐证附后"
        )
    elif (
        case.state in when and case.report_on is not None and case.verified_on is None and _later(case.report_on, on, 6)
    ):
        bench.act(case_id, Act.VERIFY_PASS, on, user="chenli", verifiers=["陈立", "何静"])
    elif case.state in when and case.verified_on is not None and _later(case.verified_on, on, 2):
        bench.act(case_id, Act.APPROVE_CLOSURE, on, user="zhouming")
    elif case.state is State.CRITICIZED and odd == 2 and not case.helps and _later(case.entered_on, on, 10):
        bench.act(case_id, Act.RECORD_HELP, on, user="liufang", what="上门指导补报文件、建立台账", helpers=["何静"])


def _inspect(bench: Bench) -> None:
    """Approve an inspection that goes on at the end of the year, with one list begun, and an unannounced one."""
    county: dict[str, Any] = {"units": (COUNTY,), "from_on": day("11-02"), "until_on": day("12-31"), "team": ("刘芳",)}
    one = approved(bench, title="年度核查", duties=("art6-4b", "art6-1b"), **county)
    approved(bench, kind="unannounced", duties=("art6-2a",), kept_because="随机", **county)
    planned(bench, duties=("art6-6a",), kept_because="市委交办", **county)
    how = (day("11-03"), bench.actor(Role.INSPECTOR, "chenli"), at("11-03"))
    list_id = list_of(one, COUNTY)
    bench.office.on_site.answer(list_id, [Given(1, Answer.NO, "没有签收回执")], *how)
    bench.office.on_site.photo(list_id, SentPhoto(1, "回执.jpg", jpeg("2026:11:03 09:36:10")), *how)
    bench.office.inspection_plans.announce(one.id, day("11-03"), bench.actor(Role.HANDLER), at("11-03"))


def _later(before: date, on: str, days: int) -> bool:
    return day(on) - before == timedelta(days=days)


def _register_some(bench: Bench) -> None:
    """Register what was found in November, and let some of it go on."""
    bench.open(
        "11-24", unit="临溪市文化和旅游局", finding="年度工作计划未列入法治建设内容，未研究部署", severity="一般"
    )
    bench.open("11-26", unit="云台县交通运输局", finding="3名执法人员无执法证件上岗", confidentiality="work_secret")
    planned = _ordered_by_consent(bench, "11-02", "11-03", term="30wd", duty="art6-4")
    bench.act(planned, Act.SUBMIT_PLAN, "11-10", user="liaison", signed_by="县长", note="4项措施，逐项落实责任人")
    asked = bench.ordered("11-05", found="11-02", unit="临溪市水务局", term="20wd", duty="art7-3")
    bench.act(asked, Act.REQUEST_EXTENSION, "11-26", user="head", reason="汛后工程验收推迟", term="15wd")
    stopped = bench.ordered("11-04", found="11-02", unit="白石区教育局", term="20wd")
    bench.act(stopped, Act.SUSPEND, "11-20", user="zhouming", reason="机构调整，职责划转")
    reported = _ordered_by_consent(bench, "11-02", "11-04", term="15wd", criteria="2件判决履行完毕")
    bench.act(reported, Act.ACKNOWLEDGE, "11-05", user="liaison", of=2, signed_by="联络员")
    bench.act(reported, Act.SUBMIT_REPORT, "11-24", user="head", signed_by="县长", note="已全部整改")
    _ordered_by_consent(bench, "11-20", "11-25", term="15wd", finding="县政府常务会议全年未学法")


def _ordered_by_consent(bench: Bench, found: str, served: str, *, term: str, **data: str) -> int:
    """Register a finding in a county and serve its order, to which the Party committee has consented."""
    case_id = bench.open(found, unit=COUNTY, post="县长", **data)
    bench.act(case_id, Act.SERVE_ORDER, served, term=term, authorization_note="经市委同意")
    return case_id


def paths_of() -> dict[str, list[str]]:
    """Return every kind of page once, with somebody who may open it; nobody stands for who is not logged in."""
    closed, escalated, asked, reported = 1, 2, 19, 21
    return {
        "": ["/login", "/nowhere"],
        "liufang": [
            "/",
            "/cases",
            "/cases?state=open&light=red",
            "/cases?q=没有这样的单位",
            f"/cases/{closed}",
            f"/cases/{escalated}",
            f"/cases/{escalated}?print=1",
            f"/cases/{reported}",
            f"/cases/{reported}?act=transfer",
            f"/cases/{escalated}/replay?step=5",
            f"/cases/{escalated}/replay?step=6&since=2",
            "/board",
            "/new",
            "/ledger",
            "/deadlines",
            "/deadlines?month=2026-12&day=15",
            "/deadlines?year=2026",
            "/help",
            "/help/officers",
            "/help?q=延期",
            "/cases?q=补贴 公示&sort=-last",
            "/documents",
            "/documents/1",
            "/calculator",
            "/calculator?start=2026-09-16&term=15wd",
            "/statistics",
            "/forecast",
            "/units",
            "/units/2",
            "/obligations",
            "/obligations?year=2026&state=missed",
            "/obligations/1",
            "/plan",
            "/plan?year=2026",
            "/plan/new",
            "/plan/1",
            "/plan/3",
            "/onsite/1",
            "/onsite/2",
            "/dossier/7",
            "/report/2026Q4",
            "/report/2026-11",
            "/account",
            "/account/second-factor",
            "/password",
            "/cases/999",
            "/admin",
        ],
        "zhouming": [
            "/",
            f"/cases/{asked}",
            "/cases?waiting=mine",
            "/approvals",
            "/approvals?kind=extension",
            "/late",
            "/held",
            "/clues",
            "/clues/1",
            "/forecast/whatif",
            "/obligations",
            "/obligations/2",
            "/ranking",
            "/ranking/2026/1",
            "/commendations",
            "/documents",
            "/documents/2",
            "/admin/people",
        ],
        "leader": ["/", f"/cases/{escalated}", "/plan", "/plan/3", "/report/2026Q3"],
        "head": [
            "/mine",
            "/obligations",
            "/plan",
            "/plan/1",
            "/plan/2",
            f"/cases/{reported}",
            "/cases",
            "/deadlines",
            "/units/2",
            "/forecast",
            "/dossier",
            "/ranking",
            "/documents",
        ],
        "auditor": ["/", "/audit", "/audit?act=escalated"],
        "archivist": ["/"],
        "admin": [
            "/",
            "/admin",
            "/admin/people",
            "/setup",
            "/admin/users",
            "/admin/units",
            "/admin/posts/2",
            "/admin/policies?show=sichuan-2017&a=sichuan-2017&b=decree-733",
            "/admin/calendar",
        ],
        "security": ["/admin/users"],
        "audit_admin": ["/admin/log"],
    }
