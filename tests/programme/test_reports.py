"""Reports: every figure is what a count of the exported files gives, and its list holds exactly the cases it counts."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from io import BytesIO
from typing import TYPE_CHECKING, Any, Final

import pytest
from docx import Document

from audit.export_files import write_history
from cases.ledger_export import write_ledger
from programme.periods import Period, PeriodKind, before, parse_period, period_of
from programme.report import CELL, ENTERED_OF, FIGURES, ITEM, ITEM_BEFORE, MISSED_OF, OTHERS, share
from programme.report_text import Words, plain
from programme.reports import Reports, address_of, figure_named
from states.command import Command
from states.errors import BadData, NotFound, NotPermitted
from states.vocabulary import Act, Role
from store import accounts, admin_log, case_filters, case_lists, organisation, unit_posts
from store.visibility import reader_of
from tests.support.offices import Bench, at, day
from tests.support.report_recount import lights_of, lines_of, recounted
from wiring.sample import fill
from wiring.schemas.histories import recorded_json
from wiring.schemas.reports import report_json

if TYPE_CHECKING:
    from datetime import date, datetime
    from pathlib import Path

    from programme.report import Report
    from store.accounts import Person
    from wiring import Office

NOW: Final = at("11-28", 18)
WATER, CULTURE, TOWN = "临溪市水务局", "临溪市文化和旅游局", "双河镇人民政府"


def invented_office(bench: Bench) -> None:
    """Let three units have cases of every end and of two years, with terms missed on either side."""
    late = bench.ordered("02-06", found="01-28", unit=WATER)
    told = bench.ordered("03-19", found="03-11", unit=WATER, duty="art7-1b")
    bench.act(told, Act.SUBMIT_REPORT, "03-31")
    bench.pass_days("04-01", "04-17")
    bench.act(told, Act.VERIFY_PASS, "04-17", verifiers=["甲", "乙"])
    bench.act(told, Act.APPROVE_CLOSURE, "04-20")
    bench.act(late, Act.APPROVE_CRITICISM, "04-21", role=Role.LEADER)
    bench.act(late, Act.PUBLISH_CRITICISM, "04-22")
    bench.act(late, Act.RECORD_HELP, "05-06", helpers=["丙"], what="辅导")
    groundless = bench.open("04-23", unit=CULTURE, duty="art7-4a")
    bench.act(groundless, Act.DISMISS, "04-27", reason="查无此事")
    handed_over = bench.open("05-07", unit=CULTURE, duty="art7-4b")
    bench.act(handed_over, Act.TRANSFER, "05-11", role=Role.LEADER, receiver="市纪委监委", reason="涉嫌违纪")
    bench.open("06-30", unit=TOWN, duty="art6-2a")
    bench.open("07-01", unit=TOWN, duty="art6-2a")
    bench.pass_days("05-18", "07-20")


def report_of(office: Office, period: Period, now: datetime = NOW, until: date | None = None) -> Report:
    return office.reports.report(period, now, None, until=until)


def agrees(office: Office, folder: Path, periods: list[Period], now: datetime) -> int:
    """Compare every figure of these periods with the count of the exported files; return how many there were."""
    events = folder / "events.jsonl"
    write_history(office.database, "events", events, "", recorded_json)
    exported, compared = lines_of(events), 0
    for period in periods:
        report = report_of(office, period, now)
        counts = recounted(exported, period.first.isoformat(), report.until.isoformat())
        ours = {key: report.count(key) for key in FIGURES if key not in ("red", "yellow")}
        for key, figure in report.figures.items():
            kind, *rest = key.split(":")
            if kind in (ITEM, ITEM_BEFORE):
                ours[key] = figure.count
            elif kind in (ENTERED_OF, MISSED_OF) or (kind == CELL and int(rest[1]) != OTHERS):
                unit = report.unit_names[int(rest[-1])]
                ours[":".join((kind, *rest[:-1], unit))] = figure.count
        whole = {key: n for key, n in counts.items() if n and (not key.startswith("cell:") or key in ours)}
        assert {key: n for key, n in ours.items() if n} == whole, period.key
        others = [n for key, n in counts.items() if key.startswith("cell:")]
        drawn = [figure.count for key, figure in report.figures.items() if key.startswith("cell:")]
        assert sum(drawn) == sum(others), period.key
        compared += len(ours)
    return compared


def months_and_quarters(year: int, last: date) -> list[Period]:
    found = [Period(PeriodKind.MONTH, year, place) for place in range(1, 13)]
    found += [Period(PeriodKind.QUARTER, year, place) for place in range(1, 5)]
    return [period for period in found if period.first <= last]


def test_every_figure_equals_its_count_over_the_export(bench: Bench, tmp_path: Path) -> None:
    invented_office(bench)
    now = at("07-20", 18)
    assert agrees(bench.office, tmp_path, months_and_quarters(2026, day("07-20")), now) > 150
    report = report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 3), now)
    write_ledger(bench.office.database, tmp_path / "ledger.xlsx", "", "zh-CN")
    lights = lights_of(tmp_path / "ledger.xlsx")
    assert {"red": report.count("red"), "yellow": report.count("yellow")} == {
        "red": lights["red"],
        "yellow": lights["yellow"],
    }
    spring = report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 2), now)
    assert {key: spring.count(key) for key in ("opened", "closed", "ended", "criticized", "helped")} == {
        "opened": 3,
        "closed": 1,
        "ended": 2,
        "criticized": 1,
        "helped": 1,
    }
    assert spring.count("missed") > 0
    assert report.count("office_late") > 0


@pytest.mark.slow
def test_every_figure_of_the_sample_office_equals_its_count_over_the_export(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    office, now = sqlite_bench.office, NOW
    office.settings = replace(office.settings, home=tmp_path / "sample")
    fill(office, now)
    assert agrees(office, tmp_path, months_and_quarters(2026, now.date()), now) > 300
    write_ledger(office.database, tmp_path / "ledger.xlsx", "", "zh-CN")
    report, lights = report_of(office, Period(PeriodKind.QUARTER, 2026, 4), now), lights_of(tmp_path / "ledger.xlsx")
    assert [report.count("red"), report.count("yellow")] == [lights["red"], lights["yellow"]]


def test_the_list_behind_each_figure_holds_exactly_its_cases(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    invented_office(bench)
    director = person_of(bench, Role.DIRECTOR)
    report = bench.office.reports.report(Period(PeriodKind.QUARTER, 2026, 2), NOW, director)
    assert len(report.figures) > 15
    for key, figure in report.figures.items():
        ids = bench.office.reports.cases_behind(address_of(report, key), NOW, director)
        with bench.office.database.reading() as session:
            wanted = case_filters.Filter(ids=ids)
            listed = case_lists.listed(session, reader_of(director), wanted)
        assert {item.case.id for item in listed} == set(figure.case_ids)
        assert figure.count == len(figure.events) or figure.count == len(figure.case_ids)
    for address in ("", "2026Q2", "2026Q2.2026-06-30", "2026Q2.2026-07-01.opened", "2026Q9.2026-06-30.opened", "..."):
        with pytest.raises(NotFound):
            bench.office.reports.cases_behind(address, NOW, director)
    assert bench.office.reports.cases_behind("2026Q2.2026-06-30.nothing", NOW, director) == ()
    assert str(figure_named("2026Q2.2026-06-30.opened")) == "督查专报2026年第二季度：本期立案"


# --- the edges of periods ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026-02", "2026-02-01", "2026-02-28"),
        ("2028年2月", "2028-02-01", "2028-02-29"),
        ("2026Q1", "2026-01-01", "2026-03-31"),
        ("2026-q2", "2026-04-01", "2026-06-30"),
        ("2026年第四季度", "2026-10-01", "2026-12-31"),
        ("2026年3季度", "2026-07-01", "2026-09-30"),
    ],
)
def test_periods_are_read_as_people_write_them(text: str, first: str, last: str) -> None:
    found = parse_period(text)
    assert (found.first.isoformat(), found.last.isoformat()) == (first, last)
    assert parse_period(found.key) == found == parse_period(found.text("zh-CN"))
    assert period_of(found.kind, found.first) == found == period_of(found.kind, found.last)
    assert before(found).last == found.first - timedelta(days=1)


@pytest.mark.parametrize("text", ["", "2026", "2026-13", "2026-00", "2026Q5", "2026Q0", "1949Q1", "9999-01", "二季度"])
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadData):
        parse_period(text)


def test_a_month_is_no_quarter() -> None:
    with pytest.raises(BadData):
        parse_period("2026-05", PeriodKind.QUARTER)


def test_the_last_minute_of_a_quarter_belongs_to_it_in_the_zone_of_the_office(sqlite_bench: Bench) -> None:
    fields = {"unit": WATER, "post": "局长", "duty": "art7-1a", "inspection": "regular", "finding": "未列入"}
    for moment in (at("03-31", 23, 59), at("04-01", 0, 1), at("06-30", 23, 59), at("07-01", 0, 1)):
        command = Command(
            act=Act.REGISTER_FINDING,
            actor=sqlite_bench.actor(Role.INSPECTOR),
            on=moment.date(),
            data=fields | {"finding": f"未列入{moment:%m%d}"},
        )
        sqlite_bench.desk.open(command, moment)
    opened = {
        period.key: report_of(sqlite_bench.office, period).count("opened")
        for period in months_and_quarters(2026, day("11-28"))
    }
    assert {key: n for key, n in opened.items() if n} == {
        "2026-03": 1,
        "2026-04": 1,
        "2026-06": 1,
        "2026-07": 1,
        "2026Q1": 1,
        "2026Q2": 2,
        "2026Q3": 1,
    }


def test_a_report_of_a_period_that_is_over_does_not_know_what_came_later(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.ordered("06-24", found="06-16", unit=WATER)
    bench.act(case_id, Act.SUBMIT_REPORT, "06-30")
    then = report_json(report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 2), at("06-30", 23, 59)))
    bench.act(case_id, Act.VERIFY_PASS, "07-01", verifiers=["甲", "乙"])
    bench.act(case_id, Act.APPROVE_CLOSURE, "07-02")
    assert report_json(report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 2))) == then
    summer = report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 3))
    assert (summer.count("closed"), summer.count("open")) == (1, 0)


def test_an_act_that_two_sign_counts_on_the_day_of_the_second_signature(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.ordered("06-16", found="06-09", unit=WATER)
    bench.act(case_id, Act.SUBMIT_REPORT, "06-25")
    bench.act(case_id, Act.VERIFY_PASS, "06-26", verifiers=["甲", "乙"])
    bench.act(case_id, Act.APPROVE_CLOSURE, "06-30", signed=False)
    if bench.case(case_id).unsigned is not None:  # the policy says which acts two must sign
        bench.act(case_id, Act.COUNTERSIGN, "07-01", role=Role.DIRECTOR, user="second")
        by_quarter = [
            report_of(bench.office, Period(PeriodKind.QUARTER, 2026, place)).count("closed") for place in (2, 3)
        ]
        assert by_quarter == [0, 1]


def test_a_period_that_has_not_begun_and_a_day_outside_of_one_are_refused(sqlite_bench: Bench) -> None:
    quarter = Period(PeriodKind.QUARTER, 2026, 4)
    with pytest.raises(BadData):
        report_of(sqlite_bench.office, quarter, at("09-30", 23, 59))
    assert report_of(sqlite_bench.office, quarter, at("10-01", 0, 1)).until == day("10-01")
    for until in ("09-30", "11-29"):
        with pytest.raises(BadData):
            report_of(sqlite_bench.office, quarter, NOW, day(until))
    assert report_of(sqlite_bench.office, quarter, at("2027-01-05")).until == day("12-31")


def test_shares_are_of_what_began_or_was_missed() -> None:
    assert [share(0, 0), share(3, 1), share(1, 2), share(4, 4)] == [100, 66, 0, 0]


# --- who reads it, and how --------------------------------------------------------------------------------------------


def person_of(bench: Bench, role: Role, unit: str = "") -> Person:
    with bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, bench.settings.office)
        unit_id = organisation.ensure_unit(session, unit).id if unit else office
        accounts.add_person(session, f"r-{role.value}", role.value, role, unit_id)
        return accounts.person(session, f"r-{role.value}")


def test_reports_are_for_handlers_director_and_leader_over_what_they_see(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.open("05-07", unit=WATER)
    bench.open("05-08", unit=WATER, confidentiality="work_secret")
    period = Period(PeriodKind.MONTH, 2026, 5)
    seen = {
        role: bench.office.reports.report(period, NOW, person_of(bench, role)).count("opened")
        for role in (Role.HANDLER, Role.DIRECTOR, Role.LEADER)
    }
    assert seen == {Role.HANDLER: 1, Role.DIRECTOR: 2, Role.LEADER: 2}
    for role in (Role.HEAD, Role.LIAISON, Role.INSPECTOR, Role.AUDITOR, Role.ARCHIVIST, Role.ADMINISTRATOR):
        with pytest.raises(NotPermitted):
            bench.office.reports.report(period, NOW, person_of(bench, role))


def test_the_paper_says_what_the_page_says_and_leads_to_each_list(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    invented_office(bench)
    report = report_of(bench.office, Period(PeriodKind.QUARTER, 2026, 2))
    words = Words(report, "zh-CN", None)
    data = bench.office.report_paper(report)
    assert data == bench.office.report_paper(report)
    document = Document(BytesIO(data))
    said = "\n".join(paragraph.text for paragraph in document.paragraphs)
    for block in words.blocks():
        assert block.heading in said
        assert all(plain(text) in said for text in block.paragraphs)
    assert "排序" not in said
    assert f"本年立案{report.count('opened_year')}件" in said


def test_only_the_cases_in_which_something_happened_are_counted_again(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted: list[int] = []
    work_out = Reports._counted

    def noted(*given: Any) -> Any:
        counted.append(1)
        return work_out(*given)

    monkeypatch.setattr(Reports, "_counted", noted)
    bench, month = sqlite_bench, parse_period("2026-02")
    bench.ordered("02-06")
    director, handler = (person_of(bench, role) for role in (Role.DIRECTOR, Role.HANDLER))
    reports = bench.office.reports
    first = reports.report(month, at("03-02"), director)
    assert (reports.report(month, at("03-03"), director), len(counted)) == (first, 1)
    assert reports.report(month, at("03-02"), handler).count("entered") == 1
    assert len(counted) == 2
    bench.ordered("02-09")
    assert (first.count("entered"), reports.report(month, at("03-02"), director).count("entered")) == (1, 2)
    assert len(counted) == 2


# --- counted again ----------------------------------------------------------------------------------------------------


def in_words(report: Report) -> tuple[Any, ...]:
    """Return all that a report says, so that two of them can be compared."""
    figures = {key: (one.count, one.case_ids, one.events) for key, one in report.figures.items()}
    return (
        figures,
        list(figures),
        report.heat,
        report.red,
        report.late,
        report.recurring,
        report.units_late,
        report.until,
    )


def test_a_report_that_is_kept_says_what_one_says_that_is_counted_anew(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    invented_office(bench)
    handler = person_of(bench, Role.HANDLER)
    kept = bench.office.reports
    asked = [(parse_period(key), person) for key in ("2026Q2", "2026-07", "2026Q3") for person in (None, handler)]

    def compared(now: datetime) -> None:
        for period, person in asked:
            anew = Reports(bench.office.database, kept.zone, kept.rooms).report(period, now, person)
            assert in_words(kept.report(period, now, person)) == in_words(anew), (period.key, person)

    compared(at("07-20", 18))
    young = bench.open("07-20", unit=WATER, duty="art7-1b")
    compared(at("07-20", 19))
    bench.act(young, Act.SERVE_ORDER, "07-21")
    bench.act(
        young, Act.MARK_CONFIDENTIALITY, "07-21", role=Role.DIRECTOR, confidentiality="work_secret", reason="涉密"
    )
    compared(at("07-21", 18))
    other = bench.open("07-21", unit=CULTURE, duty="art7-4a")
    bench.act(other, Act.TRANSFER, "07-22", role=Role.LEADER, receiver="市纪委监委", reason="涉嫌违纪")
    compared(at("07-22", 18))
    bench.pass_days("07-23", "09-10")
    compared(at("09-10", 18))
    compared(at("10-08", 18))


def test_what_is_no_part_of_a_report_does_not_let_it_be_counted_anew(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    invented_office(bench)
    period, moment = parse_period("2026Q2"), at("07-20", 18)
    first = bench.office.reports.report(period, moment, None)
    with bench.office.database.transaction() as session:
        admin_log.note(session, "director", "director", "view_dossier", "某局", moment)
    assert bench.office.reports.report(period, moment, None) is first
    with bench.office.database.transaction() as session:
        organisation.ensure_unit(session, "临溪市新设局")
    assert bench.office.reports.report(period, moment, None) is not first
