"""The yearly ranking, computed by the program and by an independent one; and whom it lets the leader interview."""

from __future__ import annotations

import json
import tomllib
from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import pytest

from audit.export_files import write_history
from config.ranking import DEFAULT, FOLDER, OWN
from states.case import Actor
from states.command import Command
from states.errors import BadData, GuardRefused, NoSuchAct, NotFound, NotPermitted, Problem
from states.ranking import RankingState
from states.vocabulary import Act, Role, State
from store import organisation
from store.schema.rankings import RankingRow
from store.visibility import Reader
from tests.support.days import at, day
from tests.support.offices import Bench
from wiring.schemas.histories import recorded_json

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from store.rankings import Ranking
    from tests.support.databases import Databases

SHIPPED: Final = (FOLDER / f"{DEFAULT}.toml").read_text("utf-8")
LATE, FAILED, QUIET, TOLERATED, PROMPT = "临溪市甲局", "临溪市乙局", "临溪市丙局", "临溪市丁局", "临溪市戊局"
COUNTY: Final = "临溪县人民政府"


def lived(bench: Bench) -> dict[str, int]:
    """Let five departments and a county live through a spring; return their cases."""
    found = {name: bench.ordered("02-06", unit=name, unit_kind="department") for name in (LATE, FAILED, TOLERATED)}
    found[PROMPT] = bench.ordered("02-06", unit=PROMPT, unit_kind="department")
    with bench.office.database.transaction() as session:
        organisation.ensure_unit(session, QUIET, "department")
    found[COUNTY] = bench.open("02-06", unit=COUNTY, unit_kind="government")
    bench.act(found[FAILED], Act.SUBMIT_REPORT, "02-24")
    bench.act(found[FAILED], Act.VERIFY_FAIL, "02-26", verifiers=["甲", "乙"], reason="没有整改")
    bench.act(found[PROMPT], Act.SUBMIT_REPORT, "02-24")
    bench.act(found[PROMPT], Act.VERIFY_PASS, "02-26", verifiers=["甲", "乙"])
    bench.act(found[PROMPT], Act.APPROVE_CLOSURE, "02-27")
    bench.pass_days("02-07", "03-20")
    return found


@pytest.fixture(scope="module")
def spring(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Bench, dict[str, int]]]:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("spring")) as bench:
        yield bench, lived(bench)
    databases.drop(url)


def computed(bench: Bench, as_of: str = "03-31") -> Ranking:
    director = bench.actor(Role.DIRECTOR)
    return bench.office.rankings.compute(2026, day(as_of), director, at("04-30"))


def scores(found: Ranking) -> dict[str, Decimal]:
    return {row.unit: row.score for row in found.rows}


# --- an independent program --------------------------------------------------------------------------------------


def counted_in(events: list[dict[str, Any]], as_of: date) -> Iterator[str]:
    words = {"register_finding": "finding", "verify_fail": "verify_failed", "list_case": "listed"}
    words |= {"marked_yellow": "marked_yellow", "marked_red": "marked_red", "reopen": "reopened"}
    rungs = {"publicly_criticized": "criticized", "interviewed": "interviewed", "held_accountable": "held_accountable"}
    lit, unsigned = False, {}
    for event in events:
        if event["data"].get("to_be_countersigned"):
            unsigned[event["case_seq"]] = event
            continue
        entered = unsigned[event["data"]["of"]] if event["act"] == "countersign" else event
        act = entered["act"]
        counted = [words[act]] if act in words else []
        if event["to_state"] != event["from_state"] and act not in {"reopen", "start_ranking_interview"}:
            counted += [rungs[event["to_state"]]] if event["to_state"] in rungs else []
            counted += ["closed_in_time"] if event["to_state"] == "closed" and not lit else []
        if act in {"marked_yellow", "marked_red"} and event["data"].get("party") == "office":
            continue  # the office's own delay
        lit = lit or act in {"marked_yellow", "marked_red"}
        if "2026-01-01" <= entered["occurred_on"] <= as_of.isoformat():
            yield from counted


def recomputed(exported: Path, kinds: dict[str, str], as_of: date) -> dict[str, Decimal]:
    """Compute the scores again from the exported events alone, by the words of the formula."""
    formula = tomllib.loads(SHIPPED, parse_float=Decimal)
    by_case: dict[int, list[dict[str, Any]]] = defaultdict(list)
    for line in exported.read_text("utf-8").splitlines():
        event = json.loads(line)
        if event["occurred_on"] <= as_of.isoformat() and event["recorded_at"] < f"{as_of}T16:00":  # 24:00 in the zone
            by_case[event["case_id"]].append(event)
    happened: dict[str, Counter[str]] = defaultdict(Counter)
    for events in by_case.values():
        if events[-1]["to_state"] not in {"exempted", "unfounded", "withdrawn", "merged", "transferred"}:
            happened[events[0]["data"]["unit"]].update(counted_in(events, as_of))
    found = {}
    for unit, kind in kinds.items():
        if any(kind in group["kinds"] for group in formula["groups"]):
            whole = Decimal(0)
            for part in formula["parts"]:
                points = sum(Decimal(rule["points"]) * happened[unit][rule["measure"]] for rule in part["rules"])
                whole += min(max(part["full"] + points, Decimal(part["least"])), Decimal(part["most"]))
            found[unit] = whole.quantize(Decimal("0.01"))
    return found


def test_an_independent_program_comes_to_the_same_scores_to_the_cent(
    spring: tuple[Bench, dict[str, int]], tmp_path: Path
) -> None:
    bench, _ = spring
    exported = tmp_path / "events.jsonl"
    write_history(bench.office.database, "events", exported, "", recorded_json)
    with bench.office.database.reading() as session:
        kinds = {unit.name: unit.kind for unit in organisation.unit_tree(session)}
    for as_of in ("02-25", "02-26", "03-06", "03-31"):
        assert scores(computed(bench, as_of)) == recomputed(exported, kinds, day(as_of)), as_of


def test_every_score_is_the_sum_of_its_parts_and_each_counted_part_names_its_event(
    spring: tuple[Bench, dict[str, int]],
) -> None:
    bench, cases = spring
    found = computed(bench)
    for row in found.rows:
        assert sum(part.points for part in row.parts) == row.score
    late = next(row for row in found.rows if row.unit == LATE)
    acts = {recorded.seq: recorded.event.act for recorded in bench.history(cases[LATE])}
    assert {part.rule: acts[part.events[0]] for part in late.parts if part.events} == {
        "inspection.finding": Act.REGISTER_FINDING,
        "rectification.marked_yellow": Act.MARKED_YELLOW,
        "rectification.marked_red": Act.MARKED_RED,
        "minus.criticized": Act.ESCALATED,
    }


def test_a_failed_verification_counts_from_its_own_day_on(spring: tuple[Bench, dict[str, int]]) -> None:
    bench, _ = spring
    before, on_the_day = (scores(computed(bench, as_of))[FAILED] for as_of in ("02-25", "02-26"))
    assert before - on_the_day == Decimal(3)


def test_units_with_the_same_score_share_a_place_and_a_unit_without_a_case_is_never_among_the_last(
    spring: tuple[Bench, dict[str, int]],
) -> None:
    bench, _ = spring
    rows = {row.unit: row for row in computed(bench, "02-10").rows}
    places = {unit: rows[unit].place for unit in (QUIET, LATE, FAILED, TOLERATED, PROMPT)}
    assert places == {QUIET: 1, LATE: 2, FAILED: 2, TOLERATED: 2, PROMPT: 2}
    assert not rows[QUIET].is_last
    assert not rows[COUNTY].is_last  # alone in its group: nobody is better
    assert all(rows[unit].is_last for unit in (LATE, FAILED))  # a tie at the line: a person chooses, and only one


def test_a_case_that_was_tolerated_counts_nothing_and_changes_nobody_else(databases: Databases, tmp_path: Path) -> None:
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path) as bench:
        cases = lived(bench)
        before = scores(computed(bench))
        bench.act(cases[TOLERATED], Act.REQUEST_TOLERANCE, "03-23", reason="改革试点")
        bench.act(cases[TOLERATED], Act.ACCEPT_TOLERANCE, "03-24")
        bench.act(cases[TOLERATED], Act.SUBMIT_REPORT, "03-24")
        bench.act(cases[TOLERATED], Act.VERIFY_PASS, "03-25", verifiers=["甲", "乙"])
        views = ["市委组织部：同意", "市纪委监委机关：无不同意见"]
        bench.act(cases[TOLERATED], Act.DECIDE_TOLERANCE, "03-26", outcome="granted", views=views, reason="先行先试")
        assert bench.state(cases[TOLERATED]) is State.EXEMPTED
        after = scores(computed(bench))
        assert after.pop(TOLERATED) == Decimal(100)
        assert before.pop(TOLERATED) < Decimal(100)
        assert after == before
        assert scores(computed(bench, "03-25"))[TOLERATED] < Decimal(100)  # the day before it was granted
    databases.drop(url)


# --- approval, and the interview of the last ---------------------------------------------------------------------


def interview(bench: Bench, unit: str, on: str = "04-20") -> State:
    data = {"unit": unit, "post": f"{unit}局长", "ranking": "临法治督〔2026〕30号", "unit_kind": "department"}
    leader = Actor(user="leader", role=Role.LEADER)
    command = Command(act=Act.START_RANKING_INTERVIEW, actor=leader, on=day(on), data=data)
    return bench.desk.open(command, at(on)).case.state


def approved(bench: Bench, on: str = "04-09") -> Ranking:
    found = bench.office.rankings.announce(2026, day("04-01"), bench.actor(Role.DIRECTOR), at("04-01"))
    assert found.objections_until == day("04-09")  # five working days; 4 to 6 April are a holiday
    return bench.office.rankings.approve(2026, day(on), bench.actor(Role.LEADER), at("04-30"))


def test_only_an_approved_ranking_opens_an_interview_and_exactly_for_the_last(sqlite_bench: Bench) -> None:
    bench, rooms = sqlite_bench, sqlite_bench.office.rankings
    (sqlite_bench.settings.home / OWN).write_text(SHIPPED.replace("bottom = 1", "bottom = 2"), "utf-8")
    lived(bench)
    assert interview(bench, LATE, "03-31") is State.INTERVIEWED  # ranked outside: no ranking is kept here yet
    for unit in (LATE, FAILED):
        bench.open("03-23", unit=unit, unit_kind="department")
    found = computed(bench)
    last = [row.unit for row in found.rows if row.is_last]
    assert len(last) == 2
    with pytest.raises(GuardRefused, match="尚未批准"):
        interview(bench, last[0])
    with pytest.raises(NoSuchAct):  # nobody had a chance to object
        rooms.approve(2026, day("04-09"), bench.actor(Role.LEADER), at("04-30"))
    with pytest.raises(GuardRefused, match="异议期"):
        approved(bench, "04-09")
    with pytest.raises(NotPermitted):
        rooms.approve(2026, day("04-10"), bench.actor(Role.DIRECTOR), at("04-30"))
    rooms.approve(2026, day("04-10"), bench.actor(Role.LEADER), at("04-30"))
    with pytest.raises(GuardRefused, match="尚未批准"):
        interview(bench, last[0], "04-09")  # the day before it was approved
    with pytest.raises(GuardRefused, match="不在经批准排序的末位"):
        interview(bench, PROMPT)
    assert [interview(bench, unit) for unit in last] == [State.INTERVIEWED] * 2
    with pytest.raises(GuardRefused, match="已据此排序启动过"):
        interview(bench, last[0])
    rooms.withdraw(2026, "核对", day("04-21"), bench.actor(Role.LEADER), at("04-30"))
    computed(bench)
    rooms.announce(2026, day("04-01"), bench.actor(Role.DIRECTOR), at("04-30"))
    rooms.approve(2026, day("04-10"), bench.actor(Role.LEADER), at("04-30"))
    with pytest.raises(GuardRefused, match="已据此排序启动过"):  # approved anew, and still the same year
        interview(bench, last[0])
    with bench.office.database.transaction() as session:
        row = session.query(RankingRow).order_by(RankingRow.id.desc()).first()
        assert row is not None
        row.result = row.result.replace(PROMPT, QUIET)
    with pytest.raises(GuardRefused, match="被改动"):
        interview(bench, last[1])


def test_of_units_that_tie_for_the_last_place_only_as_many_are_called_as_the_formula_says(sqlite_bench: Bench) -> None:
    for name in (LATE, FAILED):
        sqlite_bench.open("02-02", unit=name, unit_kind="department")
    with sqlite_bench.office.database.transaction() as session:
        organisation.ensure_unit(session, QUIET, "department")
    assert {row.unit for row in computed(sqlite_bench).rows if row.is_last} == {LATE, FAILED}
    with pytest.raises(GuardRefused):
        approved(sqlite_bench)
    sqlite_bench.office.rankings.approve(2026, day("04-10"), sqlite_bench.actor(Role.LEADER), at("04-30"))
    assert interview(sqlite_bench, FAILED) is State.INTERVIEWED
    with pytest.raises(GuardRefused, match="已经启动完毕"):
        interview(sqlite_bench, LATE)


def test_a_ranking_that_comes_out_otherwise_takes_the_approval_away(sqlite_bench: Bench) -> None:
    bench, rooms = sqlite_bench, sqlite_bench.office.rankings
    lived(bench)
    first = computed(bench)
    assert computed(bench).id == first.id  # the same is not kept twice
    rooms.announce(2026, day("04-01"), bench.actor(Role.DIRECTOR), at("04-01"))
    rooms.approve(2026, day("04-10"), bench.actor(Role.LEADER), at("04-30"))
    assert computed(bench).state is RankingState.APPROVED
    last = next(row.unit for row in first.rows if row.is_last)
    assert computed(bench, "02-25").state is RankingState.COMPUTED
    with pytest.raises(GuardRefused, match="尚未批准"):
        interview(bench, last)


def test_a_unit_objects_within_the_window_and_an_unanswered_objection_holds_the_approval(sqlite_bench: Bench) -> None:
    bench, rooms = sqlite_bench, sqlite_bench.office.rankings
    lived(bench)
    computed(bench)
    liaison, director = Actor(user="a", role=Role.LIAISON, unit=LATE), bench.actor(Role.DIRECTOR)

    def objects(on: str, unit: str = LATE) -> int:
        return rooms.object_to(2026, unit, "报告已按期送达", day(on), liaison, at("04-30")).id

    with pytest.raises(GuardRefused, match="不在异议期"):
        objects("04-01")
    rooms.announce(2026, day("04-01"), director, at("04-01"))
    for wrong in ("03-31", "04-10"):
        with pytest.raises(Problem):
            objects(wrong)
    with pytest.raises(NotPermitted):
        objects("04-02", PROMPT)
    raised = [objects(on) for on in ("04-01", "04-09")]
    leader = bench.actor(Role.LEADER)
    with pytest.raises(GuardRefused, match="2件异议"):
        rooms.approve(2026, day("04-10"), leader, at("04-30"))
    for one in raised:
        with pytest.raises(NotPermitted):
            rooms.answer(2026, one, "不采纳", day("04-10"), liaison, at("04-30"), accepted=False)
        rooms.answer(2026, one, "回执日期不等于送达日期", day("04-10"), director, at("04-30"), accepted=False)
    with pytest.raises(GuardRefused):
        rooms.answer(2026, raised[0], "再答复", day("04-10"), director, at("04-30"), accepted=True)
    assert rooms.approve(2026, day("04-10"), leader, at("04-30")).state is RankingState.APPROVED


def test_a_unit_sees_its_own_score_first_and_the_parts_of_others_never(sqlite_bench: Bench) -> None:
    bench, rooms = sqlite_bench, sqlite_bench.office.rankings
    lived(bench)
    computed(bench)
    with bench.office.database.reading() as session:
        own = organisation.unit_by_name(session, LATE).id
    head = Reader("head", Role.HEAD, own)
    with pytest.raises(NotFound):
        rooms.show(2026, head)
    rooms.announce(2026, day("04-01"), bench.actor(Role.DIRECTOR), at("04-01"))
    assert [row.unit for row in rooms.show(2026, head).rows] == [LATE]
    rooms.approve(2026, day("04-10"), bench.actor(Role.LEADER), at("04-30"))
    seen = rooms.show(2026, head).rows
    assert len(seen) == 6
    assert [row.unit for row in seen if row.parts] == [LATE]
    assert [row.unit for row in rooms.show(2026, Reader("d", Role.DIRECTOR, 0, own)).rows] == [LATE]
    with pytest.raises(NotPermitted):
        rooms.show(2026, Reader("admin", Role.ADMINISTRATOR, 0))


def test_days_and_years_that_make_no_sense_are_refused_and_nothing_is_kept(sqlite_bench: Bench) -> None:
    rooms, director = sqlite_bench.office.rankings, sqlite_bench.actor(Role.DIRECTOR)
    today = at("04-30")
    for year, as_of in ((1999, "03-31"), (2101, "03-31"), (2026, "05-01"), (2026, "2025-12-31"), (2027, "03-31")):
        with pytest.raises(BadData):
            rooms.compute(year, day(as_of), director, today)
    with pytest.raises(NotPermitted):
        rooms.compute(2026, day("03-31"), sqlite_bench.actor(Role.HEAD), today)
    assert rooms.years() == []
    assert rooms.compute(2026, today.date(), director, today).as_of == today.date()
    assert rooms.compute(2026, today.date() - timedelta(days=1), director, today).year == 2026


def test_a_changed_row_of_a_ranking_is_found_by_verify(sqlite_bench: Bench) -> None:
    computed(sqlite_bench)
    assert sqlite_bench.office.proofs.verify().ok
    with sqlite_bench.office.database.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE rankings SET year = 2025")
    assert not sqlite_bench.office.proofs.verify().ok
