"""A ledger that comes in: what a person is asked first, what is remembered, and what becomes of each row."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from cases.ledger_fields import LedgerField
from cases.ledger_import import AlikeAnswer, AlikeChoice, ImportReport, import_ledger
from cases.ledger_mapping import mapping_from
from cases.ledger_survey import survey
from files.workbook import open_workbook
from states.errors import BadLedger
from states.vocabulary import Role, State
from store import organisation
from store.visibility import Reader
from tests.support.days import at
from tests.support.ledgers import DUTIES, GOOD, HEAD, changed, with_sheets, workbook

if TYPE_CHECKING:
    from pathlib import Path

    from cases.ledger_survey import LedgerSurvey
    from tests.support.offices import Bench

NOW: Final = at("11-20")
KNOWN, SHORT = "临溪市文化和旅游局", "临溪市文旅局"
FINDING: Final = "法治建设年度工作计划未经常委会会议研究，也没有印发"
GIVEN: Final = {"inspection": "special", "found_on": "2026-01-28", "duty": "art7-1a", "post": "主要负责人"}
"""What is given once for a ledger that has no column for it."""


def imported(bench: Bench, path: Path, **how: Any) -> ImportReport:
    return import_ledger(bench.desk, path, DUTIES, NOW, user="刘芳", **how)


def surveyed(path: Path, **mapping: Any) -> LedgerSurvey:
    return survey(open_workbook(path), DUTIES, mapping_from(mapping))


def first_event(bench: Bench, report: ImportReport, row: int = 0) -> dict[str, Any]:
    """Return what the finding of a row says in the history."""
    number = report.rows[row].number
    found = next(case for case in range(1, 50) if bench.case(case).number == number)
    return dict(bench.history(found)[0].event.data)


# --- what a person is asked --------------------------------------------------------------------------------------


def test_a_survey_counts_the_rows_and_shows_examples_of_rows_alone(tmp_path: Path) -> None:
    path = workbook(
        tmp_path / "1.xlsx", [*HEAD, "片区"], [*GOOD, "东片"], ["合计", *[None] * 8, "3项"], [*changed({}), "西片"]
    )
    found = surveyed(path)
    assert (found.rows, found.ready) == (2, 2)
    area = next(column for column in found.columns if column.heading == "片区")
    assert (area.examples, area.filled) == (("东片", "西片"), 2)
    assert [key for key, _ in found.questions] == ["column:片区"]
    assert {sheet.name: (sheet.rows, sheet.is_taken) for sheet in found.sheets} == {"Sheet": (5, True)}
    assert found.sheets[0].reason is not None
    assert "读取2行" in found.sheets[0].reason.text()


def test_a_survey_names_three_reasons_of_rows_that_are_not_ready_and_no_more(tmp_path: Path) -> None:
    wrong = [changed({"发现日期": f"2026-02-{day}"}) for day in (30, 31, 32, 33)]
    found = surveyed(workbook(tmp_path / "1.xlsx", HEAD, *wrong))
    assert (found.rows, found.ready, len(found.wrong)) == (4, 0, 3)


def test_a_survey_of_rows_that_cannot_be_counted_yet_asks_first_for_unit_and_finding(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", ["哪家", "啥毛病", "几天"], ["某局", "没有列入计划", 5])
    found = surveyed(path)
    assert (found.rows, found.ready, found.is_settled, found.problem is not None) == (0, 0, False, True)
    assert found.lacking[:2] == (LedgerField.UNIT, LedgerField.FINDING)
    assert [sheet.reason for sheet in found.sheets] == [None]
    said = surveyed(
        path, columns={"哪家": "unit", "啥毛病": "finding", "几天": "term"}, units={"几天": "wd"}, defaults=GIVEN
    )
    assert (said.rows, said.ready, said.is_settled) == (1, 1, True)


def test_only_bare_numbers_ask_for_their_unit_and_only_the_word_days_asks_which(tmp_path: Path) -> None:
    def asks(name: str, heading: str, *terms: object) -> list[str]:
        rows = [changed({HEAD[-1]: term}, n) for n, term in enumerate(terms, 2)]
        found = surveyed(workbook(tmp_path / f"{name}.xlsx", [*HEAD[:-1], heading], *rows))
        return [key for key, _ in found.questions]

    assert asks("1", "整改时限", 15) == ["column:整改时限"]
    assert asks("2", "整改时限(工作日)", 15) == []
    assert asks("3", "整改时限", "15个工作日") == []
    assert asks("4", "整改时限", "15天") == ["days"]
    days = surveyed(tmp_path / "4.xlsx").questions
    assert "“整改时限”里的“天”" in days[0][1].text()


def test_a_hidden_sheet_and_one_without_rows_are_not_offered(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = with_sheets(path, "空表", "旧表")
    for row in ([*HEAD, "片区"], [*changed({}, 7), "东片"]):
        book["旧表"].append(row)
    book["旧表"].sheet_state = "hidden"
    book.save(path)
    found = surveyed(path)
    assert [heading[0] for heading in found.headings] == ["Sheet"]
    assert {sheet.name: sheet.is_taken for sheet in found.sheets} == {"Sheet": True, "旧表": False}
    shown = surveyed(path, sheets={"旧表": True})
    assert [heading[0] for heading in shown.headings] == ["Sheet", "旧表"]


def test_a_sheet_that_lacks_the_finding_is_not_surveyed_beside_one_that_has_all(tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    book = with_sheets(path, "名册")
    book["名册"].append(["被检查单位", "责任领导", "联系电话", "片区"])
    book["名册"].append(["某局", "局长", "123", "东片"])
    book.save(path)
    found = surveyed(path)
    assert [heading[0] for heading in found.headings] == ["Sheet"]
    assert not [column for column in found.columns if column.heading == "片区"]


# --- remembered layouts ------------------------------------------------------------------------------------------


def test_what_a_person_says_now_goes_before_what_is_remembered_and_what_does_not_fit_is_not_remembered(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    room = sqlite_bench.office.ledger_layouts
    path = workbook(tmp_path / "1.xlsx", ["哪家", "啥毛病"], ["某局", "没有列入计划"])
    said = mapping_from({"columns": {"哪家": "unit", "啥毛病": "finding"}, "defaults": GIVEN})
    turned = mapping_from({"columns": {"哪家": "finding", "啥毛病": "unit"}, "defaults": GIVEN})
    with pytest.raises(BadLedger):
        room.remember(path, "", mapping_from({"columns": {"没有的列": "unit"}}), "表样", "刘芳", NOW)
    assert room.kept() == []
    room.remember(path, "", said, "表样", "刘芳", NOW)
    by_memory, remembered = room.look(path)
    assert remembered is not None
    assert {column.heading: column.field for column in by_memory.columns} == {
        "哪家": LedgerField.UNIT,
        "啥毛病": LedgerField.FINDING,
    }
    by_word, remembered = room.look(path, mapping=turned)
    assert remembered is not None
    assert {column.heading: column.field for column in by_word.columns} == {
        "哪家": LedgerField.FINDING,
        "啥毛病": LedgerField.UNIT,
    }


# --- what becomes of a row ---------------------------------------------------------------------------------------


def test_what_a_row_says_stands_in_the_finding(sqlite_bench: Bench, tmp_path: Path) -> None:
    head = [*HEAD, "联络员", "整改目标", "问题来源", "逐项清单"]
    items = "没有列入计划｜列入｜某局｜甲局、乙局｜10个工作日"
    path = workbook(tmp_path / "1.xlsx", head, [*GOOD, "联络科科长", "印发计划", "交办件", items])
    report = imported(sqlite_bench, path, new_units=True)
    said = first_event(sqlite_bench, report)
    assert (said["liaison"], said["term"], said["criteria"], said["source"]) == (
        "联络科科长",
        "15wd",
        "印发计划",
        "交办件",
    )
    assert said["items"] == [
        {"fact": "没有列入计划", "criterion": "列入", "lead": "某局", "co": ["甲局", "乙局"], "term": "10wd"}
    ]
    plain = workbook(tmp_path / "2.xlsx", HEAD, changed({}, 5))
    assert first_event(sqlite_bench, imported(sqlite_bench, plain, new_units=True))["source"] == "台账"


def test_whoever_says_that_all_unknown_units_are_new_opens_them_however_near_their_names_are(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    sqlite_bench.open(unit=KNOWN)
    path = workbook(tmp_path / "1.xlsx", HEAD, *(changed({"被检查单位": SHORT}, n) for n in (2, 3)))
    asked_first = imported(sqlite_bench, path)
    assert [row.outcome for row in asked_first.rows] == ["failed", "failed"]
    assert [(unit.name, unit.rows, unit.is_taken) for unit in asked_first.units] == [(SHORT, 2, False)]
    for dry_run in (True, False):
        report = imported(sqlite_bench, path, new_units=True, dry_run=dry_run)
        assert [row.outcome for row in report.rows] == ["opened", "opened"]
        assert [(unit.name, unit.rows, unit.is_taken) for unit in report.units] == [(SHORT, 2, True)]


def test_what_resembles_a_case_is_remarked_on_only_where_nobody_has_said_what_it_is(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    bench = sqlite_bench
    known = bench.case(bench.open("01-13", unit=KNOWN, finding=FINDING))
    path = workbook(tmp_path / "1.xlsx", HEAD, changed({"被检查单位": KNOWN, "问题描述": FINDING + "各部门"}, 9))
    unasked = imported(bench, path, dry_run=True)
    assert known.number in unasked.rows[0].reason.text()
    assert "请核对是否重复" in unasked.rows[0].reason.text()
    other = {unasked.rows[0].cell: AlikeAnswer(choice=AlikeChoice.OTHER, reason="是另一年度的计划")}
    answered = imported(bench, path, alike=other)
    assert answered.rows[0].outcome == "opened"
    assert "请核对是否重复" not in answered.rows[0].reason.text()
    said = first_event(bench, answered)
    assert "是另一年度的计划" in said["note"]
    assert "recurrence_of" not in said


def test_a_reason_that_was_given_for_another_answer_is_not_taken_for_one(sqlite_bench: Bench, tmp_path: Path) -> None:
    bench = sqlite_bench
    known = bench.case(bench.open("01-13", unit=KNOWN, finding=FINDING))
    path = workbook(tmp_path / "1.xlsx", HEAD, changed({"被检查单位": KNOWN, "问题描述": FINDING + "各部门"}, 9))
    cell = imported(bench, path, dry_run=True).rows[0].cell
    back = AlikeAnswer(choice=AlikeChoice.CAME_BACK, number=known.number, reason="整改后又出现")
    said = first_event(bench, imported(bench, path, alike={cell: back}))
    assert said["recurrence_of"] == known.number
    assert "另行登记的理由" not in said.get("note", "")


@pytest.mark.parametrize(("today", "outcome"), [("2026-02-05", "failed"), ("2026-02-06", "opened")])
def test_an_order_is_entered_from_its_day_of_service_on(
    sqlite_bench: Bench, tmp_path: Path, today: str, outcome: str
) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    report = import_ledger(sqlite_bench.desk, path, DUTIES, at(today), user="刘芳", served=True, new_units=True)
    assert [row.outcome for row in report.rows] == [outcome]


def test_a_row_without_a_day_of_service_is_opened_and_not_ordered(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD, changed({"整改通知送达日期": None}))
    report = imported(sqlite_bench, path, served=True, new_units=True)
    assert [sqlite_bench.case(n).state for n in (1, 2)] == [State.ORDERED, State.FOUND]
    assert [row.due_on for row in report.rows] == [date(2026, 3, 5), None]


def test_a_row_that_is_known_says_which_of_its_columns_differ(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = workbook(tmp_path / "1.xlsx", HEAD, GOOD)
    imported(sqlite_bench, path, new_units=True)
    again = imported(sqlite_bench, path).rows[0]
    assert (again.outcome, "对应" in again.reason.text()) == ("skipped", False)
    other = [*GOOD[:4], "某局副局长", *GOOD[5:-1], "20个工作日"]
    differs = imported(sqlite_bench, workbook(tmp_path / "2.xlsx", HEAD, other)).rows[0]
    assert differs.outcome == "skipped"
    assert "责任领导(职务)、整改时限" in differs.reason.text()


# --- who imports -------------------------------------------------------------------------------------------------


def test_who_watches_over_some_units_opens_cases_at_these_alone(sqlite_bench: Bench, tmp_path: Path) -> None:
    with sqlite_bench.office.database.transaction() as session:
        county = organisation.ensure_unit(session, "临溪县", "government").id
        for name, above in (("临溪县教育局", county), ("北川县水利局", None)):
            organisation.ensure_unit(session, name, "department", above)
    units = ("临溪县教育局", "北川县水利局", "没有登记的局")
    rows = [changed({"被检查单位": unit}, n) for n, unit in enumerate(units, 2)]
    path = workbook(tmp_path / "1.xlsx", HEAD, *rows)
    bounded = Reader("刘芳", Role.HANDLER, 0, county)
    own = imported(sqlite_bench, path, reader=bounded, new_units=True)
    assert [row.outcome for row in own.rows] == ["opened", "failed", "failed"]
    everywhere = imported(sqlite_bench, path, reader=Reader("刘芳", Role.HANDLER, 0), new_units=True)
    assert [row.outcome for row in everywhere.rows] == ["skipped", "opened", "opened"]
