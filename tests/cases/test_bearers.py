"""Whoever registers a finding, by whatever door, cannot charge a unit with another's duty."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from cases.ledger_import import import_ledger
from cases.ledger_mapping import mapping_from
from states.clue import ClueSource
from states.command import Command
from states.duty import WrongBearer
from states.vocabulary import Act, Role
from store import cases, organisation
from tests.support.ledgers import DUTIES, GOOD, HEAD, changed, workbook
from tests.support.offices import UNIT, Bench, at, day

if TYPE_CHECKING:
    from pathlib import Path

COUNTY = "青禾县人民政府"


def _count(bench: Bench) -> int:
    with bench.office.database.reading() as session:
        return len(list(cases.of_units(session, [UNIT, COUNTY, "某局"])))


def test_a_finding_is_refused_and_nothing_is_written(sqlite_bench: Bench) -> None:
    with pytest.raises(WrongBearer, match="第六条第四项是政府主要负责人的职责"):
        sqlite_bench.open(unit=UNIT, duty="art6-4b")
    with pytest.raises(WrongBearer, match="第五条第一项"):
        sqlite_bench.open(unit=COUNTY, duty="art5-1a")
    assert _count(sqlite_bench) == 0
    sqlite_bench.open(unit=COUNTY, duty="art6-4b")
    assert _count(sqlite_bench) == 1


def test_what_the_office_says_of_a_unit_goes_before_its_name(sqlite_bench: Bench) -> None:
    with sqlite_bench.office.database.transaction() as session:
        organisation.ensure_unit(session, "临溪高新区", "government")
    sqlite_bench.open(unit="临溪高新区", duty="art6-4b")
    sqlite_bench.open(unit="临溪经开区", duty="art6-4b", unit_kind="government")
    with pytest.raises(WrongBearer):
        sqlite_bench.open(unit="临溪高新区", duty="art5-1a")


def test_a_duty_of_departments_is_taken_against_the_body_above_with_a_remark(sqlite_bench: Bench) -> None:
    first = Command(
        act=Act.REGISTER_FINDING,
        actor=sqlite_bench.actor(Role.INSPECTOR),
        on=day("01-28"),
        data={"unit": COUNTY, "post": "县长", "duty": "art7-1a", "inspection": "regular", "finding": "没有计划"},
    )
    done = sqlite_bench.desk.open(first, at("01-28"))
    assert ["所属部门" in remark.text() for remark in done.remarks] == [True]


def test_a_clue_may_name_what_it_suspects_but_is_adopted_only_with_a_fitting_duty(sqlite_bench: Bench) -> None:
    clues, handler = sqlite_bench.office.clues, sqlite_bench.actor(Role.HANDLER)
    raised = clues.raise_clue(ClueSource.TIP_OFF, UNIT, "未报告", day("04-01"), handler, at("04-01"), duty="art6-4b")
    with pytest.raises(WrongBearer):
        clues.adopt(raised.id, {"post": "局长"}, day("04-02"), handler, at("04-02"))
    done = clues.adopt(raised.id, {"post": "局长", "duty": "art7-4d"}, day("04-02"), handler, at("04-02"))
    assert done.case.duty == "art7-4d"


def test_a_row_of_a_ledger_is_refused_by_the_cell_of_its_duty(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, GOOD, changed({"对应职责条款": "第六条第四项"}))
    for dry_run in (True, False):
        report = import_ledger(sqlite_bench.desk, path, DUTIES, at("04-01"), user="u", dry_run=dry_run)
        assert [row.outcome for row in report.rows] == ["opened", "failed"]
        assert report.rows[1].reason.text().startswith("G4 第六条第四项是政府主要负责人的职责，“某局”是部门")


def test_a_duty_filled_in_for_a_whole_ledger_is_remarked_where_it_does_not_fit(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    place = HEAD.index("对应职责条款")
    without = [[cell for at_, cell in enumerate(row) if at_ != place] for row in (HEAD, GOOD)]
    path = workbook(tmp_path / "l.xlsx", *without)
    mapping = mapping_from({"defaults": {"duty": "art6-4"}})
    report = import_ledger(sqlite_bench.desk, path, DUTIES, at("04-01"), user="u", mapping=mapping)
    assert [row.outcome for row in report.rows] == ["opened"]
    assert "按统一设定填入的：第六条第四项是政府主要负责人的职责" in report.rows[0].reason.text()


def test_a_unit_whose_kind_nobody_knows_is_taken_and_it_is_said(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = workbook(tmp_path / "l.xlsx", HEAD, changed({"被检查单位": "某某集团公司", "对应职责条款": "art6-4b"}))
    report = import_ledger(sqlite_bench.desk, path, DUTIES, at("04-01"), user="u")
    assert [row.outcome for row in report.rows] == ["opened"]
    assert "不清楚“某某集团公司”" in report.rows[0].reason.text()


def test_what_is_handed_over_in_part_cites_what_its_parent_cites(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.open(unit="某某集团公司", duty="art6-4b")
    data = json.loads('{"receiver": "市纪委监委", "partial": true, "part": "线索", "rest": "其余"}')
    sqlite_bench.act(case_id, Act.TRANSFER, "01-29", role=Role.LEADER, **data)
    assert sqlite_bench.case(case_id + 1).state.value == "transferred"
