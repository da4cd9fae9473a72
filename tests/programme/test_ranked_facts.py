"""What of a case counts in a ranking: what took effect, on its day; a red light by its days."""

from __future__ import annotations

from typing import TYPE_CHECKING

from states.ranking import Measure, facts_of
from states.vocabulary import Act, Role
from tests.support.days import UNIT, day

if TYPE_CHECKING:
    from states.ranking import RankedFact
    from tests.support.offices import Bench


def facts(bench: Bench, case_id: int, last: str = "12-31", first: str = "01-01") -> list[RankedFact]:
    history = [(recorded.seq, recorded.event) for recorded in bench.history(case_id)]
    return facts_of(UNIT, "1号", history, day(first), day(last))


def counted(bench: Bench, case_id: int, measure: Measure, last: str = "12-31", first: str = "01-01") -> int:
    return sum(fact.times for fact in facts(bench, case_id, last, first) if fact.measure is measure)


def test_a_failed_verification_counts_once_it_is_signed_and_on_the_day_on_which_it_was_entered(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_REPORT, "02-24")
    bench.act(case, Act.VERIFY_FAIL, "02-26", signed=False, verifiers=["甲", "乙"], reason="没有整改")
    assert counted(bench, case, Measure.VERIFY_FAILED) == 0
    bench.act(case, Act.COUNTERSIGN, "02-27", user="second", role=Role.INSPECTOR)
    (fact,) = (fact for fact in facts(bench, case) if fact.measure is Measure.VERIFY_FAILED)
    assert fact.on == day("02-26")
    assert bench.history(case)[-1].seq == fact.events[0]


def test_a_verification_whose_second_signature_was_refused_takes_no_point(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_REPORT, "02-24")
    bench.act(case, Act.VERIFY_FAIL, "02-26", signed=False, verifiers=["甲", "乙"], reason="没有整改")
    bench.act(case, Act.REFUSE_COUNTERSIGN, "02-26", user="second", role=Role.INSPECTOR, reason="现场已整改")
    assert counted(bench, case, Measure.VERIFY_FAILED) == 0


def test_a_correction_gives_points_back_only_when_it_is_signed(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_REPORT, "02-24")
    failed = bench.act(case, Act.VERIFY_FAIL, "02-26", verifiers=["甲", "乙"], reason="没有整改").event.case_seq
    bench.act(
        case,
        Act.CORRECT_EVENT,
        "02-27",
        signed=False,
        of=failed,
        correction="录错案件，本案核查通过",
        reason="案号录错",
    )
    assert counted(bench, case, Measure.VERIFY_FAILED) == 1
    bench.act(case, Act.COUNTERSIGN, "02-27", user="second", role=Role.DIRECTOR)
    assert counted(bench, case, Measure.VERIFY_FAILED) == 0


def test_a_red_light_has_as_many_days_as_it_burned_within_the_period(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = bench.ordered("02-06")
    bench.pass_days("02-07", "03-20")
    (lit,) = bench.days_of(case, Act.MARKED_RED)
    (risen,) = bench.days_of(case, Act.ESCALATED)
    assert (lit, risen) == ("03-12", "03-12") or lit < risen
    burned = (day(risen) - day(lit)).days
    assert counted(bench, case, Measure.RED_DAYS) == burned
    assert counted(bench, case, Measure.RED_DAYS, lit) == min(burned, 1)  # on its first day
    assert counted(bench, case, Measure.RED_DAYS, "03-01") == 0  # before it was lit
    assert counted(bench, case, Measure.RED_DAYS, first="04-01") == 0  # after it went out


def test_a_finding_of_the_units_own_check_counts_as_such(sqlite_bench: Bench) -> None:
    own = sqlite_bench.open("02-02", source="自查自纠")
    other = sqlite_bench.open("02-02", source="群众反映")
    assert counted(sqlite_bench, own, Measure.SELF_REPORTED) == 1
    assert counted(sqlite_bench, other, Measure.SELF_REPORTED) == 0
