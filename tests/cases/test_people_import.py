"""Units, posts, people and appointments from one workbook; the same again changes nothing."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from accounts.operators import CONSOLE
from accounts.people_import import import_people
from accounts.people_workbook import read_people, template
from states.errors import BadLedger
from store import organisation
from store.schema.accounts import PersonRow
from store.schema.organisation import UnitNameRow, UnitRow
from store.schema.posts import AppointmentKindRow, AppointmentRow, DeputyRow, PostRow
from tests.support.offices import Bench
from tests.support.people_workbooks import BUREAU, CITY, HEAD, PEOPLE_HEADS, people_workbook
from tests.support.runs import FULL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from accounts.people_report import PeopleReport
    from store.schema.base import Base
    from tests.support.databases import Databases

NOW = datetime.fromisoformat("2026-07-01T10:00+08:00")


def entered(bench: Bench, path: Path, *, dry_run: bool = False) -> PeopleReport:
    office = bench.office
    return import_people(
        office.database,
        read_people(path),
        CONSOLE,
        office.channels,
        bench.settings.office,
        NOW.date(),
        NOW,
        dry_run=dry_run,
    )


def said(report: PeopleReport) -> list[tuple[str, str]]:
    return [(row.outcome, "".join(reason.text() for reason in row.reasons)) for row in report.rows]


def count(bench: Bench, *tables: type[Base]) -> list[int]:
    with bench.office.database.reading() as session:
        return [int(session.scalar(select(func.count()).select_from(table)) or 0) for table in tables]


EVERYTHING = (UnitRow, PostRow, PersonRow, AppointmentRow, UnitNameRow, DeputyRow)


def test_a_workbook_enters_units_posts_and_people_once(bench: Bench, tmp_path: Path) -> None:
    people: list[dict[str, Any]] = [
        HEAD | {"任职日期": date(2026, 1, 5), "个人联系方式": "chenming@linxi.example", "代办人": "王芳"},
        {
            "单位": "市水务局",
            "职务": "联络员",
            "姓名": "王芳",
            "职务联系方式": "mail:swj@linxi.example；wecom:abcdefgh1",
        },
        {"单位": "临溪市人民政府", "职务": "市长"},
    ]
    path = people_workbook(tmp_path / "people.xlsx", [CITY, BUREAU], people)
    assert entered(bench, path, dry_run=True).made["people"] == 2
    assert count(bench, PersonRow) == [0]
    report = entered(bench, path)
    assert report.made == {"units": 2, "posts": 3, "people": 2, "appointments": 2, "ways": 2, "deputies": 1}
    before = count(bench, *EVERYTHING)
    again = entered(bench, path)
    assert not any(again.made.values())
    assert {row.outcome for row in again.rows} == {"known"}
    assert count(bench, *EVERYTHING) == before
    assert bench.office.proofs.verify().ok


def test_the_template_is_read_as_an_empty_workbook(sqlite_bench: Bench, tmp_path: Path) -> None:
    path = tmp_path / "template.xlsx"
    path.write_bytes(template())
    assert entered(sqlite_bench, path).rows == ()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"单位": "没有的局"}, "没有“没有的局”这个单位"),
        ({"职务": None}, "请填写职务"),
        ({"角色": "系统管理员"}, "没有“系统管理员”这种角色"),
        ({"任职方式": "借用"}, "没有“借用”这种任职方式"),
        ({"任职日期": "明年"}, "不是日期"),
        ({"任职日期": "2026-06-01", "离任日期": "2026-05-31"}, "早于任职日期"),
        ({"个人联系方式": "办公室@linxi.example"}, "作为邮箱不可用"),
        ({"用户名": "陈明"}, "用户名须以字母或数字开头"),
        ({"姓名": None}, "没有姓名"),
        ({"代办人": "谁"}, "找不到代办人"),
    ],
)
def test_what_is_wrong_with_a_row_is_told_by_its_cell(
    sqlite_bench: Bench, tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    path = people_workbook(tmp_path / "people.xlsx", [CITY, BUREAU], [HEAD | change])
    outcome, reasons = said(entered(sqlite_bench, path))[-1]
    assert (outcome, words in reasons) == ("failed", True), reasons


@pytest.mark.parametrize(
    ("unit", "words"),
    [
        ({"单位名称": "临溪市水局"}, "与已有的“临溪市水务局”相近"),
        ({"单位名称": "临溪市水利局", "代码": "LX-SW"}, "代码“LX-SW”属于“临溪市水务局”"),
        ({"单位名称": "临溪市人民政府", "上级单位": "临溪市水务局"}, "不能是本单位或其下级"),
        ({"单位名称": "北山镇", "单位类别": "公司"}, "没有“公司”这种单位类别"),
        ({"单位名称": "北山镇", "别名": "水务局"}, "名称“水务局”属于“临溪市水务局”"),
    ],
)
def test_a_unit_that_may_be_another_is_asked_about(
    sqlite_bench: Bench, tmp_path: Path, unit: dict[str, Any], words: str
) -> None:
    entered(sqlite_bench, people_workbook(tmp_path / "first.xlsx", [CITY, BUREAU], []))
    report = entered(sqlite_bench, people_workbook(tmp_path / "second.xlsx", [unit], []))
    assert words in said(report)[0][1]
    assert report.count("failed") == 1


def test_an_earlier_name_that_is_a_unit_makes_the_two_one(sqlite_bench: Bench, tmp_path: Path) -> None:
    old = sqlite_bench.case(sqlite_bench.open(unit="临溪市水利局"))
    entered(sqlite_bench, people_workbook(tmp_path / "p.xlsx", [CITY, BUREAU | {"曾用名": "临溪市水利局"}], []))
    new = sqlite_bench.case(sqlite_bench.open(unit="临溪市水利局", finding="另一个问题"))
    assert (old.unit, new.unit) == ("临溪市水利局", "临溪市水务局")
    with sqlite_bench.office.database.reading() as session:
        below = organisation.unit_by_name(session, "临溪市水利局").parent_id
        assert below == organisation.unit_by_name(session, "临溪市水务局").id


def test_a_new_holder_ends_the_old_one_the_day_before(sqlite_bench: Bench, tmp_path: Path) -> None:
    first = HEAD | {"任职日期": "2026-01-05"}
    second = HEAD | {"姓名": "李华", "用户名": "lihua", "任职日期": "2026-07-01", "任职方式": "代理"}
    entered(sqlite_bench, people_workbook(tmp_path / "a.xlsx", [CITY, BUREAU], [first]))
    entered(sqlite_bench, people_workbook(tmp_path / "b.xlsx", [], [second]))
    with sqlite_bench.office.database.reading() as session:
        held = list(session.execute(select(AppointmentRow.from_on, AppointmentRow.until_on)))
        kinds = list(session.scalars(select(AppointmentKindRow.kind)))
    assert [tuple(row) for row in held] == [
        (date(2026, 1, 5), date(2026, 6, 30)),
        (date(2026, 7, 1), None),
    ]
    assert kinds == ["acting"]
    third = HEAD | {"姓名": "赵一", "用户名": "zhaoyi", "任职日期": "2026-06-15"}
    clash = entered(sqlite_bench, people_workbook(tmp_path / "c.xlsx", [], [third]))
    assert "已由" in said(clash)[0][1]


def test_a_workbook_without_either_table_is_refused(tmp_path: Path) -> None:
    book = Workbook()
    book.worksheets[0].append(["随便什么"])
    book.save(tmp_path / "x.xlsx")
    with pytest.raises(BadLedger, match="模板"):
        read_people(tmp_path / "x.xlsx")


CELLS = st.one_of(
    st.none(), st.sampled_from(["临溪市水务局", "局长", "主要负责人", "2026-01-05", "x@y.cn"]), st.text(max_size=8)
)


@pytest.fixture(scope="module")
def hall(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """Give an office for previews, which leave nothing behind."""
    url = databases.fresh("sqlite")
    with Bench(url, tmp_path_factory.mktemp("hall")) as bench:
        yield bench
    databases.drop(url)


@given(rows=st.lists(st.lists(CELLS, min_size=11, max_size=11), max_size=6))
def test_whatever_stands_in_the_cells_each_row_gets_an_answer(
    hall: Bench, tmp_path_factory: pytest.TempPathFactory, rows: list[list[str | None]]
) -> None:
    def clean(value: str | None) -> str | None:
        return "".join(letter for letter in value if letter.isprintable()) if value else None

    people = [dict(zip(PEOPLE_HEADS, map(clean, row), strict=True)) for row in rows]
    path = people_workbook(tmp_path_factory.mktemp("people") / "p.xlsx", [CITY, BUREAU], people)
    report = entered(hall, path, dry_run=True)
    assert all(row.outcome != "failed" or row.reasons for row in report.rows)


def many(path: Path, people: int, units: int) -> Path:
    unit_rows = [CITY] + [
        {"单位名称": f"临溪市第{n}局", "上级单位": "临溪市人民政府", "代码": f"A{n}"} for n in range(1, units)
    ]
    people_rows = [
        HEAD | {"单位": f"临溪市第{n % (units - 1) + 1}局", "职务": f"职务{n}", "姓名": f"张{n}", "用户名": f"p{n}"}
        for n in range(people)
    ]
    return people_workbook(path, unit_rows, people_rows)


@pytest.mark.parametrize(("people", "units"), [(5_000, 1_000)] if FULL else [(200, 50)])
def test_many_people_are_imported_twice_without_doubles(
    sqlite_bench: Bench, tmp_path: Path, people: int, units: int
) -> None:
    path = many(tmp_path / "many.xlsx", people, units)
    report = entered(sqlite_bench, path)
    assert (report.made["people"], report.made["units"], report.count("failed")) == (people, units, 0)
    assert not any(entered(sqlite_bench, path).made.values())
