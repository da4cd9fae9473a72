"""What-if: an office's past beside what another policy would have made of it; nothing is written."""

from __future__ import annotations

import gzip
import json
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from config.policy import find_policy, parse_policy
from programme.comparing import CourseDifference, WhatIfPeriod
from programme.whatif import LARGEST_DRAFT, ComparedCase, WhatIfTotals, draft_of
from states.case import Actor
from states.command import Command
from states.errors import BadData, BadPolicy
from states.recount import How
from states.terms import Term, due
from states.vocabulary import Act, Role, State
from store import proposals
from tests.support.drafts import longer, longer_text, text_of
from tests.support.offices import UNIT, Bench, at, day
from tests.support.runs import FULL
from tests.support.sample_year import LAST, employ, live_through_the_year
from wiring.whatif_schemas import compared_json

if TYPE_CHECKING:
    from states.policy import Policy

YEAR = WhatIfPeriod(date(2026, 1, 1), date(2026, 12, 31))
NOW = at("11-28")
"""Until then the lives of this file were lived."""


def compared(bench: Bench, draft: Policy, period: WhatIfPeriod = YEAR) -> list[ComparedCase]:
    return list(bench.office.whatif.cases(draft, period, NOW))


def same(bench: Bench, case_id: int) -> None:
    """Assert that the case comes out as recorded, and that the policy in force makes no difference."""
    found = {case.id: case for case in compared(bench, bench.office.rulebook.policy)}[case_id]
    assert [difference.sentence().text("en") for difference in found.differences] == []
    assert found.as_recorded
    assert found.old == found.new


def of(found: ComparedCase, what: str, word: str) -> list[tuple[object, object]]:
    return [(one.old, one.new) for one in found.differences if (one.what, one.of) == (what, word)]


def test_a_term_of_the_policy_moves_and_a_term_that_an_order_names_stands(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    by_policy = bench.open("01-28")
    bench.act(by_policy, Act.SERVE_ORDER, "02-06")
    bench.ordered("02-06", term="15wd")
    plain, named = compared(bench, longer(5))
    calendar = bench.office.rulebook.calendar
    assert of(plain, "due_day", "rectification") == [
        (due(day("02-06"), Term.parse("15wd"), calendar).due_on, due(day("02-06"), Term.parse("20wd"), calendar).due_on)
    ]
    assert of(named, "due_day", "rectification") == []
    assert of(named, "due_day", "plan") == [(date(2026, 2, 27), date(2026, 3, 5))]


def test_a_missed_term_reaches_the_rung_later_and_fewer_are_told(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.open("01-28")
    bench.act(case_id, Act.SERVE_ORDER, "02-06")
    bench.pass_days("02-06", "04-02")
    assert bench.days_of(case_id, Act.ESCALATED) == ["03-12"]
    (found,) = compared(bench, longer(5), WhatIfPeriod(date(2026, 1, 1), date(2026, 4, 2)))
    assert of(found, "rung", "publicly_criticized") == [(date(2026, 3, 12), date(2026, 3, 19))]
    totals = WhatIfTotals()
    totals.add(found)
    assert totals.old["red"] == totals.new["red"] + 1
    assert totals.old["messages"] > totals.new["messages"]


def test_what_lies_outside_of_the_period_is_not_counted(sqlite_bench: Bench) -> None:
    """The escalation of 12 March, which the draft moves to the 19th: the day before both, and each of them."""
    bench = sqlite_bench
    case_id = bench.open("01-28")
    bench.act(case_id, Act.SERVE_ORDER, "02-06")
    bench.pass_days("02-06", "04-02")

    def rungs(first: date, last: date) -> int:
        found = compared(bench, longer(5), WhatIfPeriod(first, last))
        return sum(len(of(case, "rung", "publicly_criticized")) for case in found)

    assert rungs(date(2026, 3, 1), date(2026, 3, 11)) == 0
    assert rungs(date(2026, 3, 1), date(2026, 3, 12)) == 1
    assert rungs(date(2026, 3, 13), date(2026, 3, 31)) == 1
    assert rungs(date(2026, 3, 20), date(2026, 4, 2)) == 0


def test_a_case_that_was_over_before_the_period_is_left_out(bench: Bench) -> None:
    over = bench.open("02-02")
    bench.act(over, Act.DISMISS, "02-03", reason="查否")
    later = bench.open("02-04")
    assert [case.id for case in compared(bench, longer(5), WhatIfPeriod(date(2026, 2, 3), date(2026, 2, 3)))] == [over]
    assert [case.id for case in compared(bench, longer(5), WhatIfPeriod(date(2026, 2, 4), date(2026, 2, 4)))] == [later]
    assert bench.office.whatif.number_of(YEAR, NOW) == 2


def test_suspended_extended_and_corrected_it_comes_out_as_recorded(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.ordered("03-02", found="02-24")
    bench.act(case_id, Act.SUSPEND, "03-06", reason="防汛")
    bench.pass_days("03-06", "04-10")
    bench.act(case_id, Act.RESUME, "04-10")
    bench.act(case_id, Act.REQUEST_EXTENSION, "04-13", reason="汛期", term="10wd")
    bench.act(case_id, Act.APPROVE_EXTENSION, "04-14")
    bench.act(case_id, Act.CORRECT_EVENT, "04-15", of=2, correction="日期", reason="笔误", confirmed_by="乙")
    bench.pass_days("04-15", "07-01")
    same(bench, case_id)


def test_entered_late_and_then_run_from_that_day_it_comes_out_as_recorded(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.open("05-06")
    inspector = Actor(user="director", role=Role.DIRECTOR)
    served = Command(act=Act.SERVE_ORDER, actor=inspector, on=day("05-07"), data={}, case_id=case_id)
    bench.desk.do(served, at("07-01"))
    assert "late_entry" in bench.case(case_id).overlays
    bench.pass_days("07-01", "07-03")
    bench.act(case_id, Act.DECIDE_LATE_ENTRY, "07-03", choice="run")
    bench.pass_days("07-04", "09-01")
    same(bench, case_id)
    found = compared(bench, longer(60))[0]
    assert "decide_late_entry" in {one.of for one in found.differences if one.what == "refused"}


def test_handed_over_in_part_and_reopened_after_its_closure_it_comes_out_as_recorded(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.ordered("03-02", found="02-24")
    bench.act(case_id, Act.TRANSFER, "03-04", receiver="市纪委监委", partial=True, rest="制度不健全", part="线索")
    bench.act(case_id, Act.SUBMIT_REPORT, "03-10")
    bench.act(case_id, Act.VERIFY_PASS, "03-11", verifiers=["甲", "乙"])
    bench.act(case_id, Act.APPROVE_CLOSURE, "03-12")
    bench.act(case_id, Act.REOPEN, "05-12", reason="反弹")
    bench.act(case_id, Act.SERVE_ORDER, "05-14")
    bench.pass_days("05-14", "08-14")
    same(bench, case_id)
    same(bench, case_id + 1)


def test_an_outage_and_an_escalation_held_by_the_clock_come_out_as_recorded(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case_id = bench.ordered("02-06")
    bench.pass_days("02-06", "02-13")
    bench.sweeps.sweep(at("03-20", 11), at("03-20", 11), clock_gap="2026-02-13 → 2026-03-20")
    assert bench.days_of(case_id, Act.ESCALATION_BLOCKED) == ["03-20"]
    bench.act(case_id, Act.RELEASE_ESCALATION, "03-23", role=Role.DIRECTOR)
    bench.pass_days("03-24", "05-01")
    assert bench.state(case_id) is State.CRITICIZED
    same(bench, case_id)


def test_an_outage_is_an_outage_under_the_draft_as_well(sqlite_bench: Bench) -> None:
    """Nobody looked between 2 and 20 March: what the draft would have had on the 11th comes on the 20th."""
    bench = sqlite_bench
    case_id = bench.open("01-28")
    bench.act(case_id, Act.SERVE_ORDER, "02-06")
    bench.pass_days("02-06", "03-02")
    bench.pass_days("03-20", "04-10")
    assert bench.days_of(case_id, Act.ESCALATED) == ["03-20"]
    shorter = parse_policy(longer_text(-1), find_policy("sichuan-2017"))
    (found,) = compared(bench, shorter)
    assert of(found, "due_day", "rectification")[0] == (date(2026, 3, 5), date(2026, 3, 4))
    assert of(found, "rung", "publicly_criticized") == []


def test_a_new_calendar_and_another_policy_in_the_period_come_out_as_recorded(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    bench = sqlite_bench
    plain, named = bench.open("10-28"), bench.ordered("11-02", found="10-28", term="45wd")
    bench.act(plain, Act.SERVE_ORDER, "11-02")
    notice = tmp_path / "2027.txt"
    notice.write_text("year 2027\n2027-01-01 off 元旦\n" + _NOTICE_OF_2027, "utf-8")
    bench.office.calendar_change.import_calendar(notice, at("11-04", 15))
    bench.pass_days("11-05", "11-10")
    change, moment = bench.office.policy_change, at("11-10", 15)
    proposed = change.propose(longer(5), longer_text(5), How.RECOMPUTE, "主任", moment)
    change.decide(proposed, proposals.APPROVED, Actor(user="书记", role=Role.LEADER), "同意", moment)
    bench.pass_days("11-11", "11-27")
    found = {case.id: case for case in compared(bench, longer(5))}
    assert all(case.as_recorded for case in found.values())
    assert of(found[plain], "due_day", "rectification")[0][1] == date(2026, 11, 30)
    assert not of(found[named], "due_day", "rectification")


_NOTICE_OF_2027 = """\
2027-02-05 off 春节
2027-02-06 off 春节
2027-02-07 off 春节
2027-02-08 off 春节
2027-04-05 off 清明节
2027-05-01 off 劳动节
2027-05-02 off 劳动节
2027-06-09 off 端午节
2027-09-15 off 中秋节
2027-10-01 off 国庆节
2027-10-02 off 国庆节
2027-10-03 off 国庆节
"""


def test_with_the_policy_in_force_the_year_of_the_sample_has_no_difference_and_the_file_is_as_it_was(
    sqlite_bench: Bench,
) -> None:
    """The whole year is lived in the full proof; else an office of three cases and eight weeks."""
    bench = sqlite_bench
    if FULL:
        employ(bench)
        live_through_the_year(bench)
    else:
        for served in ("02-06", "02-09", "02-10"):
            bench.act(bench.open("01-28"), Act.SERVE_ORDER, served)
        bench.pass_days("02-10", "04-08")
    before = _hashes(bench)
    totals = WhatIfTotals()
    for case in bench.office.whatif.cases(bench.office.rulebook.policy, YEAR, at(LAST, 20)):
        totals.add(case)
        assert case.differences == ()
    assert (totals.not_as_recorded, totals.changed) == (0, 0)
    assert totals.cases == (22 if FULL else 3)
    moved = 0
    calendar = bench.office.rulebook.calendar
    for case in bench.office.whatif.cases(longer(5), YEAR, at(LAST, 20)):
        for one in case.differences:
            if one.what == "due_day" and one.started_on is not None:
                assert one.new == due(one.started_on, Term.parse(one.term), calendar).due_on
                moved += 1
    assert moved >= 6
    for _case in bench.office.whatif.cases(longer(5), YEAR, at(LAST, 20)):
        break  # stopped half-way
    assert before
    assert _hashes(bench) == before


def _hashes(bench: Bench) -> tuple[str, ...]:
    """Return the hashes of the database's file and of what waits beside it to be taken into it."""
    file = Path(str(bench.settings.database_url).removeprefix("sqlite:///"))
    log = file.with_name(f"{file.name}-wal")
    return tuple(sha256(path.read_bytes()).hexdigest() for path in (file, log) if path.exists())


def test_a_history_of_an_old_release_says_so_and_the_draft_is_set_beside_what_its_policies_make_now(
    tmp_path: Path,
) -> None:
    """Releases before this one had no lights of the office; those must not look like the draft's making."""
    file = tmp_path / "duban.db"
    file.write_bytes(gzip.decompress(Path("tests/data/stored/duban-0015.db.gz").read_bytes()))
    with Bench(f"sqlite:///{file}", tmp_path) as bench:
        bench.office.database.migrate()
        own = {case.number: case for case in compared(bench, bench.office.rulebook.policy)}
    other = [case for case in own.values() if not case.as_recorded]
    assert len(own) > 40
    assert other
    assert any(case.as_recorded for case in own.values())
    late = [one for case in other for one in case.differences if one.of == "yellow:decision"]
    assert late == []


def test_a_period_that_makes_no_sense_is_refused_with_a_sentence(sqlite_bench: Bench) -> None:
    whatif, draft = sqlite_bench.office.whatif, longer(5)
    for period, why in (
        (WhatIfPeriod(date(2026, 3, 2), date(2026, 3, 1)), "晚于"),
        (WhatIfPeriod(date(2026, 11, 29), date(2026, 12, 1)), "将来"),
        (WhatIfPeriod(date(2020, 1, 1), date(2026, 1, 1)), "五年"),
    ):
        with pytest.raises(BadData, match=why):
            list(whatif.cases(draft, period, NOW))
    assert list(whatif.cases(draft, WhatIfPeriod(date(2026, 11, 28), date(2026, 11, 28)), NOW)) == []


def test_a_draft_is_read_strictly_and_bounded() -> None:
    assert draft_of(text_of().encode(), "draft.toml").hash == longer(0).hash
    assert draft_of(b"\xef\xbb\xbf" + text_of().encode(), "draft.toml").hash == longer(0).hash
    with pytest.raises(BadPolicy):
        draft_of(b"name = 1", "draft.toml")
    for beyond in (b"a = " + b"[" * 20_000, b"a = " + b"{a = " * 20_000, b"a = 1" + b"0" * 5_000):
        with pytest.raises(BadPolicy, match="嵌套"):
            draft_of(beyond, "draft.toml")
    with pytest.raises(BadData, match="UTF-8"):
        draft_of(b"\xff\xfe", "draft.toml")
    with pytest.raises(BadData, match="256"):
        draft_of(b"#" * (LARGEST_DRAFT + 1), "draft.toml")


def test_a_difference_is_told_to_programs_with_what_its_day_is_counted_from(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.act(bench.open("01-28"), Act.SERVE_ORDER, "02-06")
    (found,) = compared(bench, longer(5))
    document = json.loads(json.dumps(compared_json(found, "zh-CN")))
    rectification = next(one for one in document["differences"] if one["of"] == "rectification")
    assert document["number"] == bench.case(found.id).number
    assert rectification == {
        "what": "due_day",
        "of": "rectification",
        "old": "2026-03-05",
        "new": "2026-03-12",
        "state": "ordered_to_rectify",
        "term": "20wd",
        "started_on": "2026-02-06",
        "sentence": "整改期限：2026年3月5日（周四） → 2026年3月12日（周四）",
    }
    assert isinstance(found.differences[0], CourseDifference)
    assert found.unit == UNIT
