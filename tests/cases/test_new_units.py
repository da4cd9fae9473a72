"""A name that nobody knows makes a unit only where a person has said that it is new (ADR 0050)."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select

from accounts import console
from cases.ledger_import import AlikeAnswer, AlikeChoice, import_ledger
from cases.ledger_mapping import mapping_from
from states.errors import BadData
from states.vocabulary import Role
from store import cases, named_units
from store.named_units import NameKind, UnknownUnit
from store.schema.organisation import UnitRow
from tests.support.ledgers import DUTIES, GOOD, HEAD, changed, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from cases.ledger_import import ImportReport
    from tests.support.offices import Bench

NOW = datetime.fromisoformat("2026-11-28T10:00+08:00")
KNOWN, SHORT = "临溪市文化和旅游局", "临溪市文旅局"


def names(bench: Bench) -> list[str]:
    with bench.office.database.reading() as session:
        return list(session.scalars(select(UnitRow.name).where(UnitRow.kind != "office").order_by(UnitRow.name)))


def imported(bench: Bench, path: Path, **how: Any) -> ImportReport:
    return import_ledger(bench.desk, path, DUTIES, NOW, user="u", **how)


def ledger_of(path: Path, *units: str) -> Path:
    first = 2 + sum(map(ord, path.stem))  # another file has other numbers
    return workbook(path, HEAD, *(changed({"被检查单位": unit}, n) for n, unit in enumerate(units, first)))


def keep_register(bench: Bench) -> None:
    with bench.office.database.transaction() as session:
        unit = session.scalars(select(UnitRow).where(UnitRow.name == KNOWN)).one()
        named_units.register(session, unit.id, unit.name)


def test_a_name_that_looks_like_a_known_unit_is_asked_about(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    bench.open(unit=KNOWN)
    with pytest.raises(UnknownUnit, match=KNOWN):
        bench.open(unit=SHORT)
    bench.open(unit="临溪市财政局")
    assert names(bench) == sorted([KNOWN, "临溪市财政局"])


def test_other_writings_and_aliases_mean_the_known_unit(bench: Bench) -> None:
    first = bench.case(bench.open(unit=KNOWN))
    assert bench.case(bench.open(unit=" 临溪市文化和 旅游局")).unit == KNOWN
    with bench.office.database.transaction() as session:
        unit = session.scalars(select(UnitRow).where(UnitRow.name == KNOWN)).one()
        assert named_units.note(session, unit.id, NameKind.ALIAS, SHORT)
        assert not named_units.note(session, unit.id, NameKind.ALIAS, SHORT)
    assert bench.case(bench.open(unit=SHORT)).unit == first.unit
    assert names(bench) == [KNOWN]


def test_the_first_ledger_brings_its_units_and_says_so(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = ledger_of(tmp_path / "a.xlsx", KNOWN, "临溪市财政局")
    report = imported(sqlite_bench, path)
    assert report.count("opened") == 2
    assert [(unit.name, unit.is_taken) for unit in report.units] == [(KNOWN, True), ("临溪市财政局", True)]
    again = imported(sqlite_bench, path)
    assert (again.count("skipped"), again.units) == (2, ())


def test_a_row_whose_unit_looks_like_a_known_one_waits_for_a_person(sqlite_bench: Bench, tmp_path: Path) -> None:
    sqlite_bench.open(unit=KNOWN)
    path = ledger_of(tmp_path / "a.xlsx", SHORT, "临溪市财政局")
    report = imported(sqlite_bench, path)
    assert [row.outcome for row in report.rows] == ["failed", "opened"]
    assert KNOWN in report.rows[0].reason.text()
    meant = imported(sqlite_bench, path, mapping=mapping_from({"unit_names": {SHORT: KNOWN}}))
    assert [row.outcome for row in meant.rows] == ["opened", "skipped"]
    assert names(sqlite_bench) == sorted([KNOWN, "临溪市财政局"])


def test_where_a_register_is_kept_every_unknown_unit_is_asked_about(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    bench.open(unit=KNOWN)
    keep_register(bench)
    path = ledger_of(tmp_path / "a.xlsx", "北山区统计局")
    assert [row.outcome for row in imported(bench, path).rows] == ["failed"]
    assert names(bench) == [KNOWN]
    said = imported(bench, path, mapping=mapping_from({"new_units": ["北山区统计局"]}))
    assert [row.outcome for row in said.rows] == ["opened"]
    other = ledger_of(tmp_path / "b.xlsx", "南岭区审计局")
    assert [row.outcome for row in imported(bench, other, new_units=True).rows] == ["opened"]


def test_two_new_names_of_one_file_that_look_alike_are_remarked_on(sqlite_bench: Bench, tmp_path: Path) -> None:
    report = imported(sqlite_bench, ledger_of(tmp_path / "a.xlsx", KNOWN, SHORT), dry_run=True)
    assert [said.text().count(KNOWN) for said in report.alike_units] == [1]


def test_a_row_that_resembles_a_known_case_waits_where_a_person_is_asked(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    finding = "法治建设年度工作计划未经常委会会议研究，也没有印发"
    known = bench.case(bench.open(unit=KNOWN, finding=finding))
    row = changed({"被检查单位": KNOWN, "问题描述": finding + "各部门"}, 9)
    path = workbook(tmp_path / "a.xlsx", HEAD, row, GOOD)
    cell = imported(bench, path, dry_run=True).rows[0].cell

    def outcome(choice: AlikeAnswer | None) -> list[str]:
        said = {cell: choice} if choice is not None else {}
        return [one.outcome for one in imported(bench, path, dry_run=True, alike=said, new_units=True).rows]

    assert outcome(None) == ["failed", "opened"]
    assert outcome(AlikeAnswer(choice=AlikeChoice.SAME, number=known.number)) == ["skipped", "opened"]
    came_back = AlikeAnswer(choice=AlikeChoice.CAME_BACK, number=known.number)
    assert outcome(came_back) == ["opened", "opened"]
    report = imported(bench, path, alike={cell: came_back}, new_units=True)
    with bench.office.database.reading() as session:
        case_id = cases.find(session, str(report.rows[0].number))
    assert bench.history(case_id)[0].event.data["recurrence_of"] == known.number


def test_a_head_belongs_to_a_unit(sqlite_bench: Bench) -> None:
    office = sqlite_bench.settings.office
    for role in (Role.HEAD, Role.LIAISON):
        with pytest.raises(BadData, match="请写明单位"):
            console.add(sqlite_bench.office.database, "li", "李", role, "", office, NOW)
