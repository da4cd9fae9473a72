"""What the best timer engines test, in our own words; docs/timer-scenarios.md says which line is which test."""

from __future__ import annotations

import threading
from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from states.command import Command
from states.errors import Conflict, Refused
from states.vocabulary import Act, Light, Phase, Role, State
from store import timers as timer_rows
from tests.support.offices import Bench, at, day
from wiring import now

if TYPE_CHECKING:
    from pathlib import Path


REPORT: dict[str, Any] = {"note": "已整改", "signed_by": "局长"}


def keys(bench: Bench, case: int) -> set[str]:
    with bench.office.database.reading() as session:
        return {key.split(".", 1)[1] for key, _kind, _due in timer_rows.of_case(session, case)}


def test_a_missed_term_moves_the_case_once_and_takes_the_old_timers_away(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "03-12")
    assert bench.state(case) is State.CRITICIZED
    assert bench.due(case) == "04-02"
    assert not [key for key in keys(bench, case) if "20260305" in key]
    assert bench.days_of(case, Act.ESCALATED) == ["03-12"]


def test_a_reminder_fires_and_the_case_stays_where_it_is(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "02-13")
    assert bench.days_of(case, Act.REMINDER_DUE) == ["02-13"]
    assert bench.state(case) is State.ORDERED


def test_what_was_done_in_time_leaves_no_timer_that_fires_later(bench: Bench) -> None:
    case = bench.ordered()
    bench.act(case, Act.SUBMIT_REPORT, "02-20")
    bench.act(case, Act.VERIFY_PASS, "02-24")
    assert keys(bench, case) == set()
    bench.pass_days("02-25", "05-30")
    assert bench.case(case).light is Light.GREEN


def test_a_timer_fires_at_nine_of_its_day_and_never_before(bench: Bench) -> None:
    case = bench.ordered()
    bench.sweep("02-13", 8, 59)
    assert bench.days_of(case, Act.REMINDER_DUE) == []
    assert bench.sweep("02-13", 9).fired == 1


def test_a_term_that_was_extended_has_its_timers_at_the_new_day_only(bench: Bench) -> None:
    case = bench.ordered()
    bench.act(case, Act.REQUEST_EXTENSION, "02-27", reason="征求意见", term="10wd")
    bench.act(case, Act.APPROVE_EXTENSION, "02-28")
    assert bench.due(case) == "03-19"
    bench.pass_days("02-28", "03-19")
    assert bench.days_of(case, Act.MARKED_YELLOW) == []
    assert bench.days_of(case, Act.REMINDER_DUE)[-1] == "03-19"


def test_an_unanswered_request_made_in_time_holds_the_escalation_back(bench: Bench) -> None:
    case = bench.ordered()
    bench.act(case, Act.REQUEST_EXTENSION, "02-27", reason="征求意见", term="10wd")
    bench.pass_days("02-28", "03-31")
    assert bench.state(case) is State.ORDERED
    bench.act(case, Act.REFUSE_EXTENSION, "03-31", reason="理由不足")
    bench.pass_days("04-01", "04-01")
    assert bench.state(case) is State.CRITICIZED


def test_a_suspended_case_fires_nothing_and_a_resumed_one_does(bench: Bench) -> None:
    case = bench.ordered()
    bench.act(case, Act.SUSPEND, "02-10", reason="防汛")
    assert [key for key in keys(bench, case) if key.startswith("rectification")] == []
    bench.act(case, Act.RESUME, "04-01")
    bench.pass_days("04-02", "05-15")
    assert bench.days_of(case, Act.MARKED_YELLOW)


def test_a_timer_of_a_case_that_has_ended_meanwhile_has_no_effect(bench: Bench) -> None:
    case = bench.ordered()
    with bench.office.database.transaction() as session:
        session.execute(text("UPDATE timers SET due_at = '2026-02-07 01:00:00.000000'"))
    bench.act(case, Act.SUBMIT_REPORT, "02-08")
    with bench.office.database.transaction() as session:
        session.execute(
            text("INSERT INTO timers (case_id, key, kind, due_at) VALUES (:c, 'stale', 'red', :d)"),
            {
                "c": case,
                "d": "2026-02-07 01:00:00.000000" if bench.office.database.is_sqlite else at("02-07").astimezone(UTC),
            },
        )
    assert bench.sweep("02-09").fired == 0
    assert "stale" not in keys(bench, case)
    assert bench.office.rounds.rebuild(at("02-09")).differing == ()


def test_a_case_whose_timers_one_sweep_holds_is_passed_over_whole_by_another(bench: Bench) -> None:
    if bench.office.database.is_sqlite:
        return  # it lets one writer in at a time
    one, other = bench.ordered(), bench.ordered()
    moment = at("03-12", 9)
    with bench.office.database.transaction() as first, bench.office.database.transaction() as second:
        held = {due.case_id for due in timer_rows.due(first, moment, 1)}
        free = {due.case_id for due in timer_rows.due(second, moment, 100)}
    assert held == {one}
    assert free == {other}


def test_two_sweeps_at_the_same_instant_fire_each_timer_once(bench: Bench) -> None:
    # Several timers of each case are due: batches of three part them between the sweeps, whose locks once crossed.
    cases = [bench.ordered() for _ in range(60)]
    gate = threading.Barrier(2)
    moment = at("03-12", 9)
    failures: list[Exception] = []

    def sweep() -> None:
        gate.wait()
        try:
            bench.sweeps.sweep(moment, moment, batch=3)
        except Conflict as error:
            failures.append(error)

    threads = [threading.Thread(target=sweep) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    bench.sweeps.sweep(moment, moment)
    for case in cases:
        assert bench.days_of(case, Act.ESCALATED) == ["03-12"]
        assert bench.folded(case) == bench.case(case)
    assert failures == []


def test_after_an_outage_everything_is_worked_off_in_order_and_reminders_overtaken_are_not_sent(bench: Bench) -> None:
    case = bench.ordered()
    tally = bench.sweep("03-20")
    assert tally.skipped == 4  # three reminders and the yellow light, overtaken by the red one
    assert [what for _day, what in bench.acts(case)][2:] == [
        "reminder_due",
        "reminder_due",
        "reminder_due",
        "marked_yellow",
        "marked_red",
        "escalated",
    ]
    assert {told.notice for told in bench.told(case) if told.case_seq > 2} == {"red", "escalated"}
    assert tally.late_max_seconds == 8 * 24 * 3600
    assert bench.history(case)[-1].event.data["late_seconds"] == 8 * 24 * 3600
    assert bench.due(case) == "04-13"  # the next term is whole: it begins on the day the case moved


def test_sweeping_again_fires_nothing_again(bench: Bench) -> None:
    case = bench.ordered()
    bench.sweep("03-12")
    before = bench.history(case)
    assert bench.sweep("03-12").fired == 0
    assert bench.history(case) == before


def test_many_due_at_once_are_worked_off_the_oldest_first_until_none_is_left(bench: Bench) -> None:
    late, later = bench.ordered("02-06"), bench.ordered("02-09", found="02-09")
    moment = at("03-20")
    bench.sweeps.sweep(moment, moment, batch=1)
    fired = [
        (r.seq, r.event.case_id) for case in (late, later) for r in bench.history(case) if r.event.act is Act.MARKED_RED
    ]
    assert [case for _seq, case in sorted(fired)] == [late, later]
    assert bench.sweep("03-20").fired == 0


def test_a_case_that_cannot_be_moved_is_set_aside_and_blocks_no_other(bench: Bench) -> None:
    bad, good = bench.ordered(), bench.ordered()
    with bench.office.database.transaction() as session:
        body = session.execute(text("SELECT body FROM cases WHERE id = :c"), {"c": bad}).scalar_one()
        session.execute(
            text("UPDATE cases SET policy_hash = policy_hash, body = :b WHERE id = :c"),
            {"c": bad, "b": body.replace('"policy_hash":"', '"policy_hash":"x')},
        )
    tally = bench.sweep("03-12")
    assert (tally.failed, bench.state(good)) == (1, State.CRITICIZED)
    with bench.office.database.transaction() as session:
        session.execute(text("UPDATE cases SET body = :b WHERE id = :c"), {"c": bad, "b": body})
    assert bench.sweep("03-12", 9, 1).fired == 0
    bench.sweep("03-12", 10)
    assert bench.state(bad) is State.CRITICIZED


def test_a_case_that_only_the_database_refuses_is_tried_alone_set_aside_and_tried_again(sqlite_bench: Bench) -> None:
    first, bad, last = (sqlite_bench.ordered() for _ in range(3))
    with sqlite_bench.office.database.transaction() as session:
        refuses = f"WHEN NEW.case_id = {bad} BEGIN SELECT RAISE(ABORT, 'somebody''s trigger'); END"
        session.execute(text(f"CREATE TRIGGER refuse BEFORE INSERT ON case_events {refuses}"))
    tally = sqlite_bench.sweep("03-12")
    assert (tally.failed, tally.by_act[Act.ESCALATED.value]) == (1, 2)
    states = [sqlite_bench.state(case) for case in (first, bad, last)]
    assert states == [State.CRITICIZED, State.ORDERED, State.CRITICIZED]
    with sqlite_bench.office.database.transaction() as session:
        session.execute(text("DROP TRIGGER refuse"))
    assert sqlite_bench.sweep("03-12", 9, 4).fired == 0
    sqlite_bench.sweep("03-12", 9, 5)
    assert sqlite_bench.state(bad) is State.CRITICIZED
    assert sqlite_bench.office.proofs.verify().ok


def test_an_escalation_waits_for_help_and_follows_as_soon_as_it_is_recorded(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "05-01")
    assert bench.state(case) is State.CRITICIZED
    blocked = [item.event for item in bench.history(case) if item.event.act is Act.ESCALATION_BLOCKED]
    assert [event.data["guard"] for event in blocked] == ["publication,help"]
    assert "帮助" in blocked[0].data["reason"]
    assert "escalation_blocked" in {told.notice for told in bench.told(case)}
    bench.act(case, Act.PUBLISH_CRITICISM, "05-06", role=Role.LEADER)
    bench.act(case, Act.RECORD_HELP, "05-06")
    bench.pass_days("05-06", "05-07")
    assert bench.state(case) is State.INTERVIEWED


def test_time_alone_ends_in_a_proposal_that_a_named_person_decides(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "03-16")
    bench.act(case, Act.PUBLISH_CRITICISM, "03-16", role=Role.LEADER)
    bench.act(case, Act.RECORD_HELP, "03-20")
    bench.pass_days("03-17", "04-15")
    assert bench.state(case) is State.INTERVIEWED
    bench.act(case, Act.APPROVE_INTERVIEW, "04-15", role=Role.LEADER)
    bench.act(case, Act.SERVE_INTERVIEW_NOTICE, "04-15")
    bench.act(case, Act.HOLD_INTERVIEW, "04-20", role=Role.DIRECTOR)
    bench.act(case, Act.ISSUE_MINUTES, "04-22")
    bench.pass_days("04-16", "07-31")
    found = bench.case(case)
    assert (found.state, found.proposal, found.approvers) == (State.INTERVIEWED, "held_accountable", ("leader",))
    with pytest.raises(Refused):
        bench.act(case, Act.APPROVE_ESCALATION, "07-31", role=Role.DIRECTOR)
    bench.act(case, Act.APPROVE_ESCALATION, "07-31", role=Role.LEADER)
    bench.act(case, Act.PROPOSE_ACCOUNTABILITY, "07-31")
    assert bench.case(case).phase is Phase.PROPOSED


def test_under_decree_733_time_never_changes_a_state(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path, policy="decree-733") as bench:
        case = bench.ordered()
        bench.pass_days("02-07", "09-30")
        assert bench.state(case) is State.ORDERED
        assert bench.case(case).proposal == "publicly_criticized"
        assert bench.days_of(case, Act.ESCALATED) == []


def test_a_case_keeps_the_policy_that_it_was_opened_under(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path) as bench:
        case = bench.ordered()
        opened_under = bench.case(case).policy_hash
    with Bench(database_url, tmp_path, policy="decree-733") as bench:
        bench.office.installation.prepare(now(), adopt=["policy"])
        bench.pass_days("03-05", "03-12")
        assert bench.state(case) is State.CRITICIZED
        assert bench.case(case).policy_hash == opened_under
        assert bench.case(bench.open("03-12")).policy_hash != opened_under


def test_two_people_who_decide_on_the_same_page_do_not_overwrite_each_other(bench: Bench) -> None:
    case = bench.ordered()
    seen = bench.case(case).version
    bench.act(case, Act.SUBMIT_PLAN, "02-10")
    command = Command(
        act=Act.SUBMIT_REPORT, actor=bench.actor(Role.HEAD), on=day("02-10"), data=REPORT, case_id=case, seen=seen
    )
    with pytest.raises(Conflict):
        bench.desk.do(command, at("02-10"))


def test_a_refused_act_changes_nothing(bench: Bench) -> None:
    case = bench.ordered()
    before = (bench.case(case), bench.history(case), keys(bench, case), bench.told(case))
    with pytest.raises(Refused):
        bench.act(case, Act.VERIFY_PASS, "02-10")
    assert (bench.case(case), bench.history(case), keys(bench, case), bench.told(case)) == before


def test_a_report_handed_in_in_time_but_entered_late_takes_the_light_back(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "03-06")
    assert bench.case(case).light is Light.YELLOW
    actor = bench.actor(Role.LIAISON)
    bench.desk.do(
        Command(act=Act.SUBMIT_REPORT, actor=actor, on=day("03-05"), data=REPORT, case_id=case), at("03-06", 15)
    )
    assert bench.case(case).light is Light.GREEN


def test_replay_shows_the_case_as_it_stood(bench: Bench) -> None:
    case = bench.ordered()
    bench.pass_days("02-07", "03-12")
    then = bench.office.proofs.replay(case, at("03-06", 8), now())
    assert (then.case.state, then.case.light, len(then.events)) == (State.ORDERED, Light.BLUE, 5)
    later = bench.office.proofs.replay(case, at("03-06", 9) + timedelta(seconds=1), now())
    assert later.case.light is Light.YELLOW
    assert not later.differs
