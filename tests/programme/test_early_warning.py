"""What will probably be missed: by hand-written situations, and the day before and after each edge."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest

from config.forecast import forecast_table
from programme.early_warning import UnitHistory, Warned, warnings
from states.vocabulary import DEADLINES, Act, Role
from store import accounts, organisation, unit_posts
from tests.support.days import day
from tests.support.lives import CALENDAR, after, criticized_by_time, found, ordered, rules

if TYPE_CHECKING:
    from states.case import Case
    from store.accounts import Person
    from tests.support.offices import Bench

TABLE = forecast_table()
NOTHING = UnitHistory()


def on(case: Case, today: date, known: UnitHistory = NOTHING) -> dict[str, Warned]:
    return {one.line.kind: one for one in warnings(case, today, CALENDAR, TABLE, known)}


def planned() -> Case:
    """Return a case whose plan was accepted and whose term ends on 5 March."""
    by = rules()
    plan = after(ordered(by), Act.SUBMIT_PLAN, "02-10", by, note="两项措施", signed_by="局长")
    return after(plan, Act.ACCEPT_PLAN, "02-11", by)


def days_before(last: date, working_days: int) -> date:
    return CALENDAR.back(last, working_days)


def test_a_term_without_word_is_listed_when_it_needs_a_day_more_than_is_left() -> None:
    """Needed: 1 for the report, 1 for progress, 2 because nothing was heard for ten working days since 6 February."""
    case = planned()
    line = case.deadline("rectification")
    assert line is not None
    assert line.due_on == day("03-05")
    heard = UnitHistory(heard_on=None)
    assert on(case, days_before(line.due_on, 4), heard) == {}
    listed = on(case, days_before(line.due_on, 3), heard)["rectification"]
    assert (listed.needed, listed.left) == (4, 3)
    assert listed.sentence().text("zh-CN") == "整改：还需要4个工作日，只剩3个"


def test_who_reported_progress_needs_only_the_report() -> None:
    case, last = planned(), day("03-05")
    heard = UnitHistory(heard_on=day("03-02"))
    assert on(case, days_before(last, 1), heard) == {}
    today = on(case, last, heard)["rectification"]
    assert (today.needed, today.left) == (1, 0)
    assert today.sentence().text("zh-CN") == "整改：还需要1个工作日，今天到期"
    assert [reason.is_good for reason in today.reasons] == [True, False]


def test_ten_working_days_without_word_count_and_nine_do_not() -> None:
    case, last = planned(), day("03-05")
    today = days_before(last, 1)
    ten = days_before(today, TABLE.quiet_after)
    assert "rectification" in on(case, today, UnitHistory(heard_on=ten))
    assert on(case, today, UnitHistory(heard_on=CALENDAR.forward(ten, 1))) == {}


def test_what_is_past_its_day_is_late_and_no_forecast() -> None:
    case = planned()
    assert "rectification" in on(case, day("03-05"))
    assert on(case, day("03-06")) == {}


def test_a_plan_that_is_not_in_is_listed_by_itself_and_within_the_term() -> None:
    case = ordered(rules())
    plan = case.deadline("plan")
    assert plan is not None
    assert "plan" not in on(case, days_before(plan.due_on, 2))
    listed = on(case, days_before(plan.due_on, 1))
    assert (listed["plan"].needed, listed["plan"].left) == (2, 1)
    late = on(case, day("03-04"))
    assert late.keys() == {"rectification"}
    assert (
        late["rectification"].reasons[0].sentence.text("zh-CN") == "整改方案应于2026年2月27日（周五）前报送，还没有报。"
    )


def test_each_problem_without_progress_counts() -> None:
    by = rules()
    items = [{"fact": f"问题{n}", "criterion": "完成"} for n in range(1, 5)]
    case = after(found(by), Act.SERVE_ORDER, "02-06", by, term="15wd", items=items)
    measures = [{"item": n, "measure": "补报", "person": "张三", "day": "2026-03-01"} for n in range(1, 5)]
    case = after(case, Act.SUBMIT_PLAN, "02-24", by, measures=measures, signed_by="局长")
    case = after(case, Act.ACCEPT_PLAN, "02-25", by)
    heard = UnitHistory(heard_on=day("02-24"))
    today = days_before(day("03-05"), 4)
    assert on(case, today, heard)["rectification"].needed == 5
    moved = after(case, Act.REPORT_PROGRESS, "02-26", by, progress=[{"item": 1, "state": "已补报"}], signed_by="局长")
    assert on(moved, today, heard) == {}


@pytest.mark.parametrize(("entered", "missed", "more"), [(2, 2, 0), (3, 3, 5), (9, 2, 1), (10, 1, 0), (5, 0, 0)])
def test_the_units_own_past_counts_by_its_share(entered: int, missed: int, more: int) -> None:
    case = planned()
    known = UnitHistory(heard_on=day("03-02"), entered=entered, missed=missed)
    assert on(case, day("03-05"), known)["rectification"].needed == 1 + more


def test_an_extension_that_nobody_answered_is_said_and_counts_nothing() -> None:
    by = rules()
    case = after(planned(), Act.REQUEST_EXTENSION, "02-12", by, reason="汛期", term="10wd")
    listed = on(case, day("03-05"), UnitHistory(heard_on=day("03-02")))
    (said,) = [reason for reason in listed["rectification"].reasons if "延期" in reason.sentence.text("zh-CN")]
    assert (said.days, said.sentence.text("zh-CN")) == (
        0,
        "延期申请还没有答复；批准后可到2026年3月19日（周四），不再列在这里。",
    )
    granted = after(case, Act.APPROVE_EXTENSION, "02-24", by)
    assert on(granted, day("03-05"), UnitHistory(heard_on=day("03-02"))) == {}


def test_what_is_suspended_or_reported_is_not_listed() -> None:
    by = rules()
    stopped = after(planned(), Act.SUSPEND, "02-12", by, reason="防汛")
    assert "rectification" not in on(stopped, day("03-05"))
    reported = after(planned(), Act.SUBMIT_REPORT, "03-04", by)
    assert "rectification" not in on(reported, day("03-05"))


def test_the_office_has_its_own_deadlines_listed_and_rights_never_are() -> None:
    by = rules()
    case = found(by)
    last = case.deadline("decision")
    assert last is not None
    assert on(case, days_before(last.due_on, 3)) == {}
    assert on(case, days_before(last.due_on, 2))["decision"].line.party == "office"
    assert "objection" not in {kind for n in range(60) for kind in on(ordered(by), day("02-06") + timedelta(days=n))}
    assert "publication" in on(criticized_by_time(by), days_before(day("03-19"), 1))


def test_every_deadline_of_the_office_that_a_policy_knows_has_a_weight() -> None:
    assert set(TABLE.office) == set(DEADLINES) - {"plan", "rectification", "objection", "appeal"}


def person(bench: Bench, name: str, role: Role, unit: str = "") -> Person:
    with bench.office.database.transaction() as session:
        unit_posts.ensure_office(session, bench.settings.office)
        row = organisation.ensure_unit(session, unit or bench.settings.office)
        accounts.add_person(session, name, name, role, row.id)
        return accounts.person(session, name)


def test_the_unit_sees_its_own_and_none_of_the_office(bench: Bench) -> None:
    mine = bench.ordered("02-06", unit="云台县教育局")
    bench.ordered("02-06", unit="临溪市水务局")
    bench.open("02-09", unit="云台县教育局")
    head, director = person(bench, "head", Role.HEAD, "云台县教育局"), person(bench, "director", Role.DIRECTOR)
    forecasts = bench.office.forecasts
    seen = forecasts.forecast(day("02-26"), head)
    assert {(one.case.id, one.line.party) for one in seen.warned} == {(mine, "unit")}
    everything = forecasts.forecast(day("02-26"), director)
    assert {one.line.party for one in everything.warned} == {"unit", "office"}
    assert everything == forecasts.forecast(day("02-26"))
    assert forecasts.forecast(day("02-26"), director, most=1).bounded
