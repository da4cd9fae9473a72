"""What becomes of running cases when the calendar or the policy changes, and what waits for a decision."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING

import pytest

from config.policy import find_policy, read_policy
from states.case import Actor, sealed_for
from states.errors import BadCalendar, BadData, Conflict, GuardRefused
from states.recount import How
from states.vocabulary import Act, Role, State
from store import proposals
from store import timers as timer_rows
from tests.support.offices import UNIT, ZONE, Bench, at, day
from tests.support.runs import FULL
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

NOTICE = """\
year 2027
2027-01-01 off 元旦
2027-01-03 work 元旦补班
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
MANY = 10_000 if FULL else 250
DIRECTOR = Actor(user="主任", role=Role.DIRECTOR)
LEADER = Actor(user="书记", role=Role.LEADER)


def notice(folder: Path, text: str = NOTICE) -> Path:
    path = folder / "2027.txt"
    path.write_text(text, "utf-8")
    return path


def _same_timers(bench: Bench, ids: Iterable[int]) -> None:
    with bench.office.database.reading() as session:
        for case_id in ids:
            must = {(t.key, t.kind, t.due_at) for t in bench.office.proofs.timers_of(session, bench.case(case_id))}
            assert timer_rows.of_case(session, case_id) == must


def test_a_new_notice_moves_a_provisional_term_and_makes_nobody_late(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    assert bench.due(case) == "2027-01-25"
    assert "provisional_deadline" in bench.case(case).overlays
    old = bench.office.rulebook.calendar.hash
    total = bench.office.calendar_change.import_calendar(notice(tmp_path), at("2026-12-28"))
    assert total.changed == 1
    assert bench.due(case) == "2027-01-22"
    assert "provisional_deadline" not in bench.case(case).overlays
    event = bench.history(case)[-1].event
    moved = {line["kind"]: line for line in event.data["moved"]}["rectification"]
    assert (moved["old_day"], moved["new_day"]) == ("2027-01-25", "2027-01-22")
    assert (moved["old_calendar"], moved["new_calendar"]) == (old, bench.office.rulebook.calendar.hash)
    assert {told.notice for told in bench.told(case) if told.case_seq == event.case_seq} == {"deadline_redated"}
    _same_timers(bench, [case])
    bench.pass_days("2026-12-28", "2027-01-22")
    assert not bench.days_of(case, Act.MARKED_YELLOW)
    assert bench.folded(case) == bench.case(case)
    replayed = bench.office.proofs.replay(case, at("2026-12-26", 12), now())
    assert replayed.case.deadline("rectification").due_on == day("2027-01-25")  # type: ignore[union-attr]
    assert bench.office.rounds.rebuild(at("2027-01-22")).differing == ()


def test_a_notice_that_is_withdrawn_is_kept_aside_and_its_year_is_reckoned_as_before(
    bench: Bench, tmp_path: Path
) -> None:
    case, change = bench.ordered("2026-12-25", found="2026-12-21", term="20wd"), bench.office.calendar_change
    old = bench.office.rulebook.calendar.hash
    with pytest.raises(BadCalendar, match="2027年"):
        change.withdraw_calendar(2027, at("2026-12-28"))
    change.import_calendar(notice(tmp_path), at("2026-12-28"))
    with pytest.raises(BadCalendar, match="2028年"):
        change.withdraw_calendar(2028, at("2026-12-29"))
    total = change.withdraw_calendar(2027, at("2026-12-29"))
    assert (total.changed, bench.due(case), bench.office.rulebook.calendar.hash) == (1, "2027-01-25", old)
    assert "provisional_deadline" in bench.case(case).overlays
    folder = bench.settings.home / "calendars"
    assert [path.name for path in folder.iterdir()] == ["withdrawn"]
    assert [path.read_bytes() for path in (folder / "withdrawn").iterdir()] == [notice(tmp_path).read_bytes()]
    with pytest.raises(BadCalendar):
        change.withdraw_calendar(2027, at("2026-12-29"))
    with Bench(bench.settings.database_url, bench.settings.home) as again:
        assert again.office.rulebook.calendar.hash == old
        assert again.office.calendar_change.redate(at("2026-12-30")).changed == 0


def test_counting_again_twice_changes_nothing(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    bench.office.calendar_change.import_calendar(notice(tmp_path), at("2026-12-28"))
    before = len(bench.history(case))
    total = bench.office.calendar_change.redate(at("2026-12-29"))
    assert (total.changed, total.moved) == (0, 0)
    assert len(bench.history(case)) == before


def test_a_notice_that_comes_too_late_never_makes_a_case_overdue(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    bench.office.calendar_change.import_calendar(notice(tmp_path), at("2027-01-25", 11))
    assert bench.due(case) == "2027-01-25"
    assert bench.history(case)[-1].event.data["moved"][0]["held"] is True
    bench.pass_days("2027-01-25", "2027-01-25")
    assert not bench.days_of(case, Act.MARKED_YELLOW)
    bench.pass_days("2027-01-26", "2027-01-26")
    assert bench.days_of(case, Act.MARKED_YELLOW) == ["2027-01-26"]


def test_the_sweep_applies_a_calendar_that_was_put_into_the_folder_and_adopted(bench: Bench) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    folder = bench.settings.home / "calendars"
    folder.mkdir(exist_ok=True)
    notice(folder)
    with Bench(bench.settings.database_url, bench.settings.home) as again:
        again.office.installation.prepare(now(), adopt=["calendar"])
        again.office.rounds.sweep(at("2026-12-28", 9), at("2026-12-28", 9))
        assert again.due(case) == "2027-01-22"
        _same_timers(again, [case])


def test_a_dry_run_lists_what_would_move_and_writes_nothing(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    quiet = bench.ordered("2026-12-01", found="2026-11-30", term="5wd")
    bench.office.rulebook.calendar = bench.office.calendar_change.preview_calendar(notice(tmp_path))
    previews = list(bench.office.calendar_change.what_would_move(at("2026-12-28")))
    assert case in {preview.case.id for preview in previews}
    assert quiet not in {preview.case.id for preview in previews if preview.case.deadline("objection") is None}
    assert all(preview.told for preview in previews)
    assert len(bench.history(case)) == 2
    assert not (bench.settings.home / "calendars").exists()


def test_an_extension_that_was_counted_from_a_provisional_day_moves_with_it(bench: Bench, tmp_path: Path) -> None:
    case = bench.ordered("2026-12-25", found="2026-12-21", term="20wd")
    bench.act(case, Act.REQUEST_EXTENSION, "2026-12-28", reason="汛期", term="5wd")
    bench.act(case, Act.APPROVE_EXTENSION, "2026-12-29")
    assert bench.due(case) == "2027-02-01"
    bench.office.calendar_change.import_calendar(notice(tmp_path), at("2026-12-30"))
    assert bench.due(case) == "2027-01-29"


def test_a_policy_changes_for_running_cases_only_when_a_second_person_approves(bench: Bench) -> None:
    case = bench.ordered("02-06")
    decree = find_policy("decree-733")
    to = read_policy(decree)
    moment = at("02-10")
    id_ = bench.office.policy_change.propose(to, decree.read_text("utf-8"), How.RECOMPUTE, DIRECTOR.user, moment)
    with pytest.raises(GuardRefused, match="第二人"):
        bench.office.policy_change.decide(id_, proposals.APPROVED, Actor(user="主任", role=Role.LEADER), "", moment)
    with pytest.raises(GuardRefused, match="leader"):
        bench.office.policy_change.decide(id_, proposals.APPROVED, Actor(user="乙", role=Role.DIRECTOR), "", moment)
    before = bench.case(case).policy_hash
    bench.office.policy_change.decide(id_, proposals.APPROVED, LEADER, "同意", moment)
    with pytest.raises(Conflict):
        bench.office.policy_change.decide(id_, proposals.APPROVED, LEADER, "同意", moment)
    event = bench.history(case)[-1].event
    assert (event.data["old_policy"], event.data["new_policy"]) == (before, to.hash)
    assert (event.data["proposed_by"], event.data["approved_by"]) == ("主任", "书记")
    assert bench.case(case).policy_hash == event.policy_hash == to.hash
    assert bench.due(case) == "03-05"
    _same_timers(bench, [case])
    bench.pass_days("02-11", "03-20")
    assert bench.days_of(case, Act.ESCALATION_PROPOSED) == ["03-06"]
    assert bench.state(case) is State.ORDERED
    assert bench.office.proofs.replay(case, at("02-09"), now()).case.policy_hash == before
    assert bench.office.proofs.verify().ok


def test_many_cases_are_counted_again_and_migrated_each_once_though_the_run_is_stopped(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    bench = sqlite_bench
    ids = [bench.ordered("2026-12-25", found="2026-12-21", term="20wd") for _ in range(MANY)]
    shown: list[tuple[int, int]] = []

    class Stopped(Exception):  # noqa: N818  # stands for Ctrl-C
        pass

    def stop_half_way(done: int, of: int) -> None:
        shown.append((done, of))
        if done * 2 >= of:
            raise Stopped

    with pytest.raises(Stopped):
        bench.office.calendar_change.import_calendar(notice(tmp_path), at("2026-12-28"), stop_half_way)
    assert {bench.due(case) for case in ids} == {"2027-01-25", "2027-01-22"} if MANY > 200 else True
    total = bench.office.calendar_change.redate(at("2026-12-28"))
    assert 0 < total.changed < MANY or MANY <= 200
    assert {bench.due(case) for case in ids} == {"2027-01-22"}
    decree = find_policy("decree-733")
    to, moment = read_policy(decree), at("2026-12-29")
    id_ = bench.office.policy_change.propose(to, decree.read_text("utf-8"), How.KEEP, DIRECTOR.user, moment)
    shown.clear()
    with pytest.raises(Stopped):
        bench.office.policy_change.decide(id_, proposals.APPROVED, LEADER, "", moment, stop_half_way)
    bench.office.policy_change.carry_out(moment)
    for case in ids:
        assert [act for _day, act in bench.acts(case)].count("deadline_redated") == 2
        assert bench.case(case).policy_hash == to.hash
    assert shown[-1][1] == MANY
    assert bench.office.rounds.rebuild(moment).differing == ()


def test_a_proposal_that_nobody_decides_is_reminded_and_never_carried_out(database_url: str, tmp_path: Path) -> None:
    with Bench(database_url, tmp_path, policy="decree-733") as bench:
        case = bench.ordered("02-06")
        bench.pass_days("03-05", "04-20")
        assert bench.state(case) is State.ORDERED
        assert bench.case(case).proposal == State.CRITICIZED
        assert bench.days_of(case, Act.OFFICE_OVERDUE) == ["03-20", "04-03", "04-20"]
        reminded = [told for told in bench.told(case) if told.notice == "proposal_waiting"]
        assert {told.post for told in reminded} == {"上级党委主要负责人"}
        bench.act(case, Act.REJECT_ESCALATION, "04-20", role=Role.LEADER, reason="已在整改")
        assert not [t for t in _timers(bench, case) if ".proposal." in t[0]]


def _timers(bench: Bench, case: int) -> set[tuple[str, str, datetime]]:
    with bench.office.database.reading() as session:
        return timer_rows.of_case(session, case)


def test_document_numbers_are_given_once_and_voids_are_kept(bench: Bench) -> None:
    first = bench.open("01-28")
    bench.act(first, Act.SERVE_ORDER, "02-06", document_number="临法治督﹝2026﹞3号")
    assert bench.history(first)[-1].event.data["document_number"] == "临法治督〔2026〕3号"
    second = bench.open("01-28", unit="临溪市教育局")
    with pytest.raises(BadData, match="已用于"):
        bench.act(second, Act.SERVE_ORDER, "02-06", document_number="临法治督〔2026〕3号")
    with bench.office.database.transaction() as session:
        void = bench.desk.numbering.next_document(session, day("02-06"))
    assert void == "临法治督〔2026〕4号"
    bench.act(second, Act.SERVE_ORDER, "02-06", document_number="auto")
    assert bench.history(second)[-1].event.data["document_number"] == "临法治督〔2026〕5号"
    third = bench.open("01-28", unit="临溪市卫生健康局")
    bench.act(third, Act.SERVE_ORDER, "02-06", document_number="云法〔2026〕3号")
    assert bench.state(third) is State.ORDERED


def test_a_part_that_is_transferred_becomes_a_sealed_case_of_its_own(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(
        case,
        Act.TRANSFER,
        "02-10",
        receiver="市纪委监委",
        partial=True,
        part="涉嫌截留罚没款的线索",
        rest="罚没款管理制度不健全",
    )
    parent = bench.office.proofs.replay(case, at("02-11"), now()).case
    assert parent.state is State.ORDERED
    assert "partly_transferred" in parent.overlays
    assert parent.finding == "罚没款管理制度不健全"
    event = bench.history(case)[-1].event
    assert "part" not in event.data
    child = bench.case(bench.office.console.find(event.data["child"]))
    assert bench.history(child.id)[0].event.data["finding"] == "涉嫌截留罚没款的线索"
    assert (child.state, child.unit) == (State.TRANSFERRED, UNIT)
    assert (sealed_for(child, Role.DIRECTOR).finding, sealed_for(child, Role.DISCIPLINE)) == ("", child)
    told = {told.post for told in bench.told(child.id)}
    assert told <= {"承办人", "督查机构负责人", "上级党委主要负责人", "纪检监察机关"}


def test_nothing_fires_for_a_case_while_a_hold_stands(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUSPEND, "02-13", reason="防汛")
    moment = datetime.combine(day("2026-09-01"), time(9), ZONE)
    before = len(bench.history(case))
    bench.sweeps.sweep(moment - timedelta(days=150), moment)
    timed = [item.event for item in bench.history(case)][before:]
    assert {event.data["deadline"] for event in timed} <= {"suspension_review"}
