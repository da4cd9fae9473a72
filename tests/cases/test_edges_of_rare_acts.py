"""What happens to an office now and then: numbers that are taken, rules that do not come into force, broken sweeps."""

from __future__ import annotations

import gc
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import text

from cases import sweep
from cases.case_figures import case_figures
from cases.deadline_dates import deadlines_between
from cases.evidence import CONSOLE, claim_at_console, was_brought_by
from cases.handover import case_named
from cases.unit_view import unit_view
from cases.waiting import Waits, waiting_for
from states.case import Actor
from states.clue import ClueSource
from states.command import NO_FACTS, Command, Situation
from states.effects.rights import extended
from states.errors import BadCalendar, BadData, NotFound, Problem, Sentence, Unavailable
from states.vocabulary import Act, Role, State
from store import accounts, unit_posts
from store import timers as stored_timers
from store.visibility import Reader
from tests.support.days import UNIT, at, day
from tests.support.lives import ordered, rules
from tests.support.offices import Bench
from wiring import Office

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.databases import Databases

ALL: Reader = Reader("主任", Role.DIRECTOR, 0)


def _notice(folder: Path, words: str) -> Path:
    path = folder / "2027.txt"
    path.write_text(words, "utf-8")
    return path


def test_a_notice_without_a_day_is_refused(sqlite_bench: Bench, tmp_path: Path) -> None:
    before = sqlite_bench.office.rulebook.calendar.hash
    with pytest.raises(BadCalendar):
        sqlite_bench.office.calendar_change.import_calendar(_notice(tmp_path, "# 没有放假\n"), at("02-06"))
    assert sqlite_bench.office.rulebook.calendar.hash == before


def test_a_notice_that_cannot_come_into_force_leaves_no_file_behind(sqlite_bench: Bench, tmp_path: Path) -> None:
    with sqlite_bench.office.database.transaction() as session:
        session.execute(text("ALTER TABLE installation RENAME TO away"))
    source = _notice(tmp_path, "2027-10-01 off 国庆节\n")
    before = set(sqlite_bench.settings.home.rglob("*"))
    with pytest.raises(Problem):
        sqlite_bench.office.calendar_change.import_calendar(source, at("02-06"))
    assert set(sqlite_bench.settings.home.rglob("*")) - before <= {sqlite_bench.settings.home / "calendars"}


def test_the_figures_of_an_office_are_those_of_its_cases(sqlite_bench: Bench) -> None:
    sqlite_bench.ordered()
    today = day("02-09")
    found = case_figures(sqlite_bench.office.database, ALL, today, day("01-01"), (30, 60), ahead=5)
    assert found.present[State.ORDERED] == 1
    assert sum(found.ages) == 1
    assert found.overdue == 0


def test_a_day_of_the_calendar_shows_its_deadlines_when_it_is_chosen(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    due = sqlite_bench.due(case)
    assert due is not None
    database, month = sqlite_bench.office.database, (day("03-01"), day("03-31"))
    plain = deadlines_between(database, ALL, month, 4, None, 10)
    chosen = deadlines_between(database, ALL, month, 4, day(due), 10)
    assert plain.counts == chosen.counts
    assert (list(plain.of_day), len(chosen.of_day)) == ([], plain.counts[day(due)])


def test_the_same_clue_of_the_same_form_is_raised_once(sqlite_bench: Bench) -> None:
    actor = Actor(user="wang", role=Role.INSPECTOR)

    def raised() -> int:
        said = (ClueSource.TIP_OFF, UNIT, "排污口直排", day("02-06"), actor, at("02-06"))
        return sqlite_bench.office.clues.raise_clue(*said, once=True, reader=ALL).id

    assert raised() == raised()


def test_whoever_sees_some_units_raises_clues_about_these(sqlite_bench: Bench) -> None:
    sqlite_bench.ordered()
    with sqlite_bench.office.database.reading() as session:
        unit_id = int(session.scalar(text("SELECT id FROM units WHERE name = :name"), {"name": UNIT}) or 0)
    within, outside = (Reader("wang", Role.INSPECTOR, unit_id, territory=place) for place in (unit_id, unit_id + 999))
    said: tuple[Any, ...] = ("排污口直排", day("02-06"), Actor(user="wang", role=Role.INSPECTOR), at("02-06"))
    assert sqlite_bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, *said, reader=within).unit == UNIT
    with pytest.raises(Exception, match=UNIT):
        sqlite_bench.office.clues.raise_clue(ClueSource.TIP_OFF, UNIT, *said, reader=outside)


def test_at_the_console_only_what_was_brought_there_and_no_case_holds_becomes_somebodys(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    def brought(name: str, by: str) -> str:
        path = tmp_path / name
        path.write_text(name, "utf-8")
        return sqlite_bench.keep_evidence(path, at("02-10"), by)

    ours, held, theirs = brought("甲", CONSOLE), brought("乙", CONSOLE), brought("丙", "liaison")
    sqlite_bench.act(sqlite_bench.ordered(), Act.SUBMIT_REPORT, "02-24", evidence=[held], user=f"{CONSOLE}/liaison")
    database = sqlite_bench.office.database
    claim_at_console(database, "zhou", [ours, held, theirs, "没有", 7], at("02-25"))
    assert [was_brought_by(database, "zhou", one) for one in (ours, held, theirs)] == [True, False, False]


def test_a_file_of_a_case_that_was_handed_over_since_is_nobodys_to_cite(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "照片.txt"
    path.write_text("照片", "utf-8")
    photo = sqlite_bench.keep_evidence(path, at("02-10"), "liaison")
    with sqlite_bench.office.database.transaction() as session:
        office = unit_posts.ensure_office(session, sqlite_bench.settings.office)
        accounts.add_person(session, "zhang", "张某", Role.HANDLER, office)
    first, second, third = (sqlite_bench.open(finding=f"问题{n}") for n in range(3))
    sqlite_bench.act(first, Act.SERVE_ORDER, "02-06", term="15wd")
    sqlite_bench.act(first, Act.SUBMIT_REPORT, "02-24", evidence=[photo], user="console/liaison")
    sqlite_bench.act(second, Act.SERVE_ORDER, "02-25", term="15wd", evidence=[photo], user="zhang")
    sqlite_bench.act(second, Act.TRANSFER, "02-26", receiver="市纪委监委")
    sqlite_bench.act(first, Act.TRANSFER, "02-26", receiver="市纪委监委")
    with pytest.raises(BadData):
        sqlite_bench.act(third, Act.SERVE_ORDER, "02-27", term="15wd", evidence=[photo], user="zhang")


@pytest.mark.parametrize("field", ["unit", "post", "finding"])
def test_a_finding_of_which_a_part_is_blank_is_refused_and_takes_no_number(sqlite_bench: Bench, field: str) -> None:
    first = sqlite_bench.case(sqlite_bench.open()).number
    actor = sqlite_bench.actor(Role.INSPECTOR)
    said = {
        "unit": UNIT,
        "post": "局长",
        "duty": "art7-1a",
        "inspection": "regular",
        "finding": "问题",
        field: " \u3000",
    }
    with pytest.raises(BadData):
        sqlite_bench.desk.open(Command(act=Act.REGISTER_FINDING, actor=actor, on=day("02-06"), data=said), at("02-06"))
    assert sqlite_bench.case(sqlite_bench.open()).number == first.replace("1号", "2号")


def test_an_extension_of_a_term_that_has_ended_meanwhile_moves_no_day() -> None:
    by = rules()
    case = ordered(by)
    command = Command(act=Act.APPROVE_EXTENSION, actor=Actor(user="主任", role=Role.DIRECTOR), on=day("02-09"), data={})
    ended = Situation(case=replace(case, deadlines=()), command=command, facts=NO_FACTS, rules=by)
    assert extended(ended) == {"stops": ["extension_answer"]}


def test_a_case_is_found_by_its_number_or_not_at_all(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    assert case_named(sqlite_bench.office.database, sqlite_bench.case(case).number) == case
    with pytest.raises(NotFound):
        case_named(sqlite_bench.office.database, "某〔2026〕9号")


def test_a_unit_that_is_none_has_no_view(sqlite_bench: Bench) -> None:
    with pytest.raises(NotFound):
        unit_view(sqlite_bench.office.database, ALL, 999, most_cases=1, most_told=1)


def test_a_number_that_somebody_gave_is_not_given_again(sqlite_bench: Bench) -> None:
    first = sqlite_bench.case(sqlite_bench.open()).number
    taken = first.replace("1号", "2号")
    sqlite_bench.open(number=taken)
    assert sqlite_bench.case(sqlite_bench.open()).number == first.replace("1号", "3号")
    desk = sqlite_bench.office.console_desk
    document = desk.next_document(day("02-06"))
    following = document.replace("1号", "2号")
    case = sqlite_bench.open()
    sqlite_bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", document_number=following)
    assert desk.next_document(day("02-06")) == document.replace("1号", "3号")


def test_a_series_that_was_lost_gives_no_number_a_second_time(sqlite_bench: Bench) -> None:
    desk = sqlite_bench.office.console_desk
    case = sqlite_bench.open()
    first, document = sqlite_bench.case(case).number, desk.next_document(day("02-06"))
    sqlite_bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", document_number=document)
    with sqlite_bench.office.database.transaction() as session:
        session.execute(text("UPDATE series SET last = 0 WHERE name LIKE '%/2026'"))
    assert sqlite_bench.case(sqlite_bench.open()).number == first.replace("1号", "2号")
    assert desk.next_document(day("02-06")) == document.replace("1号", "2号")


@pytest.mark.parametrize("number", ["7", "临法治督案7号"])
def test_a_number_that_is_not_written_as_one_is_refused(sqlite_bench: Bench, number: str) -> None:
    with pytest.raises(BadData, match="代字〔年份〕序号"):
        sqlite_bench.open(number=number)


def test_where_no_policy_was_approved_none_is_carried_out(sqlite_bench: Bench) -> None:
    assert sqlite_bench.office.policy_change.carry_out(at("02-06")) is None


def test_a_policy_that_this_process_has_not_met_is_read_from_the_database(sqlite_bench: Bench) -> None:
    case = sqlite_bench.case(sqlite_bench.ordered())
    other = Office(replace(sqlite_bench.settings, policy="decree-733"))
    try:
        assert other.case_queries.policy_name(case) == "sichuan-2017"
    finally:
        other.close()


def test_a_proposed_escalation_waits_since_it_was_proposed(databases: Databases, tmp_path: Path) -> None:
    leader = Actor(user="书记", role=Role.LEADER)
    with Bench(databases.fresh("sqlite"), tmp_path, policy="decree-733") as bench:
        case = bench.ordered("02-06")
        bench.pass_days("03-05", "03-20")
        found = waiting_for(bench.office.database, replace(ALL, role=Role.LEADER), leader, (Waits.ESCALATION,))
        assert [(one.case.id, one.since) for one in found.items] == [(case, bench.case(case).proposed_on)]


def test_a_sweep_tells_of_its_first_steps_and_leaves_the_collector_as_it_was(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sweep, "MOST_STEPS", 1)
    sqlite_bench.ordered()
    gc.disable()
    try:
        found = sqlite_bench.sweep("03-12")
        assert not gc.isenabled()
    finally:
        gc.enable()
    assert sum(found.by_act.values()) > len(found.steps) == 1
    sqlite_bench.sweep("03-13")
    assert gc.isenabled()


class _AwayError(Unavailable):
    """Stands for a database that does not answer any more."""


@pytest.mark.parametrize("error", [_AwayError(Sentence("没有应答", "away")), ValueError("broken")])
def test_a_sweep_that_cannot_ask_what_is_due_says_so(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    case = sqlite_bench.ordered()

    def broken(*_asked: object, **_more: object) -> None:
        raise error

    with monkeypatch.context() as patched:
        patched.setattr(stored_timers, "due", broken)
        with pytest.raises(type(error)):
            sqlite_bench.sweep("02-27")
    assert sqlite_bench.sweep("02-27").fired >= 1
    assert sqlite_bench.folded(case) == sqlite_bench.case(case)


def test_a_database_that_goes_away_while_cases_are_tried_one_by_one_ends_the_sweep(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = sqlite_bench.ordered()
    errors = [ValueError("what only the database sees"), _AwayError(Sentence("没有应答", "away"))]

    def write(*_asked: object, **_more: object) -> None:
        raise errors.pop(0)

    with monkeypatch.context() as patched:
        patched.setattr(sqlite_bench.office.desk.unit_of_work, "write", write)
        with pytest.raises(_AwayError):
            sqlite_bench.sweep("02-27")
    assert errors == []
    assert sqlite_bench.sweep("02-27").fired >= 1
    assert sqlite_bench.case(case) == sqlite_bench.folded(case)
