"""Random lives: whatever people and time do, the row is the fold of the events, the timers those of the case."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from states.case import Actor
from states.case_codec import dump, load
from states.command import Command
from states.errors import Refused
from states.fields import FIELDS
from states.lifecycle import default_role
from states.timers import why_no_timer
from states.vocabulary import PERSONS_ACTS, Act, Role
from store import cases, counters
from store import timers as timer_rows
from tests.support.offices import ZONE, Bench
from wiring import now

if TYPE_CHECKING:
    from states.case import Case

PLAUSIBLE = [
    act for act in PERSONS_ACTS if act not in (Act.REGISTER_FINDING, Act.START_RANKING_INTERVIEW, Act.MERGE_INTO)
]
DATA: dict[Act, dict[str, object]] = {
    Act.DISMISS: {"reason": "查否"},
    Act.WITHDRAW: {"reason": "重复"},
    Act.TRANSFER: {"receiver": "市纪委监委", "partial": True, "rest": "制度不健全"},
    Act.SERVE_ORDER: {"authorization_note": "经市委同意"},
    Act.SUBMIT_REPORT: {"note": "已整改", "signed_by": "局长"},
    Act.RECORD_ABSENCE: {"reason": "未到场"},
    Act.RECORD_INQUIRY: {"organ": "县纪委监委", "document_number": "县纪〔2026〕3号"},
    Act.RECORD_NO_ACCOUNTABILITY: {"organ": "县委", "document_number": "县委〔2026〕8号"},
    Act.ASSIGN: {"handler": "zhou"},
    Act.DECIDE_LATE_ENTRY: {"choice": "run"},
    Act.REFUSE_COUNTERSIGN: {"reason": "与事实不符"},
    Act.RETURN_PLAN: {"reason": "不具体"},
    Act.PROPOSE_ACCOUNTABILITY: {"grave": True},
    Act.RECORD_ACCOUNTABILITY: {"organ": "县委", "document_number": "1号", "confirmed_by": "乙"},
    Act.REQUEST_EXTENSION: {"reason": "汛期", "term": "10wd"},
    Act.REFUSE_EXTENSION: {"reason": "理由不足"},
    Act.SUSPEND: {"reason": "防汛"},
    Act.FILE_OBJECTION: {"reason": "事实有误"},
    Act.DECIDE_REVIEW: {"outcome": "uphold"},
    Act.REQUEST_TOLERANCE: {"reason": "改革试点"},
    Act.DECIDE_TOLERANCE: {"outcome": "refused"},
    Act.DECIDE_APPEAL: {"outcome": "uphold"},
    Act.REOPEN: {"reason": "反弹"},
    Act.LIST_CASE: {"reason": "久拖不决"},
    Act.REJECT_ESCALATION: {"reason": "已在整改"},
    Act.ACKNOWLEDGE: {"of": 1},
    Act.MARK_CONFIDENTIALITY: {"confidentiality": "work_secret", "reason": "涉及工作秘密"},
    Act.CORRECT_EVENT: {"of": 1, "correction": "日期", "reason": "笔误", "confirmed_by": "乙"},
}
steps = st.lists(st.tuples(st.sampled_from(PLAUSIBLE), st.integers(0, 12), st.booleans()), min_size=1, max_size=25)


def _live(bench: Bench, life: list[tuple[Act, int, bool]]) -> int:
    """Let a case live: after so many days, perhaps a sweep, then an act if the rules allow it."""
    on = date(2026, 1, 28)
    case_id = bench.open("01-28", number=None)
    bench.act(case_id, Act.SERVE_ORDER, "01-28", authorization_note="经市委同意")
    for act, days, swept in life:
        on += timedelta(days=days)
        moment = datetime.combine(on, time(9), ZONE)
        if swept:
            bench.sweeps.sweep(moment, moment)
        role = default_role(act, bench.case(case_id).state)
        data = {key: value for key, value in DATA.get(act, {}).items() if key in FIELDS[act]}
        command = Command(act=act, actor=Actor(user=f"u-{role}", role=role), on=on, data=data, case_id=case_id)
        try:
            bench.desk.do(command, moment)
        except Refused as refused:
            assert refused.sentence.text("zh-CN")
            assert "{" not in refused.sentence.text("zh-CN") + refused.sentence.text("en")
    return case_id


@given(life=steps)
def test_whatever_happens_the_row_is_the_fold_and_the_timers_are_those_of_the_case(
    sqlite_shared: Bench, life: list[tuple[Act, int, bool]]
) -> None:
    bench = sqlite_shared
    case_id = _live(bench, life)
    case = bench.case(case_id)
    assert bench.folded(case_id) == case
    assert load(dump(case)) == case
    with bench.office.database.reading() as session:
        rules = bench.desk.unit_of_work.rulebook.rules_of(session, case)
        must = {(timer.key, timer.kind, timer.due_at) for timer in bench.office.proofs.timers_of(session, case)}
        assert timer_rows.of_case(session, case_id) == must
        assert cases.get(session, case_id).head_hash == bench.history(case_id)[-1].hash
    assert why_no_timer(case, rules) != "unexplained"


@given(life=steps)
def test_whatever_happens_every_version_of_a_case_can_be_replayed(
    sqlite_shared: Bench, life: list[tuple[Act, int, bool]]
) -> None:
    bench = sqlite_shared
    case_id = _live(bench, life)
    history = bench.history(case_id)
    found = bench.office.proofs.replay(case_id, None, now())
    assert [recorded.event.case_seq for recorded in found.events] == list(range(1, len(history) + 1))
    assert not found.differs
    assert set(found.allowed) | set(found.refused) == set(PERSONS_ACTS)


def test_nothing_that_was_lived_fails_the_verification(sqlite_shared: Bench) -> None:
    """No false alarm over untouched histories: 120 in the bounded run, 20,000 in the full one."""
    sqlite_shared.office.signing.checkpoint(datetime.combine(date(2026, 11, 1), time(9), ZONE))
    verdict = sqlite_shared.office.proofs.verify()
    assert verdict.ok, verdict.first_wrong


def test_whatever_happened_the_tallies_are_what_a_count_of_all_cases_and_events_gives(sqlite_shared: Bench) -> None:
    """Over all that this process has lived through so far, and one life more."""
    _live(sqlite_shared, [(Act.SUBMIT_PLAN, 3, True), (Act.RECORD_HELP, 40, True), (Act.TRANSFER, 2, True)])
    with sqlite_shared.office.database.reading() as session:
        assert sum(cases.counts(session).values()) >= 1
        assert counters.wrong(session) == 0


def test_a_case_reads_back_as_it_was_written(sqlite_bench: Bench) -> None:
    case: Case = sqlite_bench.case(sqlite_bench.ordered())
    assert load(dump(case)) == case
    assert Role.SYSTEM not in case.took_part
