"""A workbook of people that is meant to harm: too many rows, names that are code, addresses that ask other machines."""

from __future__ import annotations

import socket
import zipfile
from datetime import datetime
from time import process_time
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from accounts.operators import CONSOLE
from accounts.people_import import MOST_UNITS, import_people
from accounts.people_workbook import read_people
from cases.ledger_import import import_ledger
from cases.ledger_units import MOST_COMPARED
from states.errors import BadLedger
from states.names import is_another_writing
from store.schema.accounts import PersonRow
from tests.support.ledgers import DUTIES, GOOD, workbook
from tests.support.ledgers import HEAD as LEDGER_HEAD
from tests.support.offices import at
from tests.support.people_workbooks import BUREAU, CITY, HEAD, people_workbook

if TYPE_CHECKING:
    from pathlib import Path

    from accounts.people_report import PeopleReport
    from tests.support.offices import Bench

NOW: Final = datetime.fromisoformat("2026-07-01T10:00+08:00")


def looked(bench: Bench, path: Path, *, dry_run: bool = True) -> PeopleReport:
    office, unit = bench.office, bench.settings.office
    written = read_people(path)
    return import_people(office.database, written, CONSOLE, office.channels, unit, NOW.date(), NOW, dry_run=dry_run)


def told(report: PeopleReport) -> list[tuple[str, str]]:
    return [(row.outcome, "".join(reason.text() for reason in row.reasons)) for row in report.rows]


def test_no_server_of_names_is_asked_while_people_are_entered(
    sqlite_bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thousand names that nobody answers for held the lock of the database for minutes."""
    asked, real = [], socket.getaddrinfo

    def noted(host: Any, *args: Any, **more: Any) -> Any:
        if not more.get("flags", 0) & socket.AI_NUMERICHOST and host != "localhost":
            asked.append(host)
        return real(host, *args, **more)

    monkeypatch.setattr(socket, "getaddrinfo", noted)
    ways = ["webhook:https://a.invalid/x", "apprise:json://b.invalid/x", "webhook:http://127.0.0.1:4286/api"]
    ways += ["webhook:http://localhost/x", "apprise:json://169.254.169.254/latest", "webhook:http://2130706433/"]
    people = [
        HEAD | {"用户名": f"u{n}", "姓名": f"人{n}", "职务": f"副局长{n}", "个人联系方式": way}
        for n, way in enumerate(ways)
    ]
    found = told(looked(sqlite_bench, people_workbook(tmp_path / "p.xlsx", [CITY, BUREAU], people)))[2:]
    assert [outcome for outcome, _said in found] == ["new", "new", "failed", "failed", "failed", "failed"]
    assert all("指向本机" in said for outcome, said in found if outcome == "failed")
    assert asked == []


def test_more_rows_than_one_import_takes_are_refused_in_one_sentence(sqlite_bench: Bench, tmp_path: Path) -> None:
    units = [{"单位名称": f"临溪市第{n}局"} for n in range(MOST_UNITS + 1)]
    with pytest.raises(BadLedger, match=f"单位表有{MOST_UNITS + 1}行"):
        looked(sqlite_bench, people_workbook(tmp_path / "units.xlsx", units, []))
    path = tmp_path / "rows.csv"
    path.write_text("单位,职务,姓名\n" + "某局,局长,甲\n" * 50_000, "utf-8")
    with pytest.raises(BadLedger, match="超过20000行"):
        read_people(path)


def test_a_workbook_that_unpacks_to_gigabytes_is_refused_before_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "bomb.xlsx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/worksheets/sheet1.xml", b"<c/>" * 60_000_000)
    with pytest.raises(BadLedger):
        read_people(path)


def test_nobody_becomes_an_administrator_or_another_person_by_a_row(sqlite_bench: Bench, tmp_path: Path) -> None:
    people = [
        HEAD,
        HEAD | {"姓名": "李四"},
        HEAD | {"用户名": "CHENMING", "姓名": "王五", "职务": "副局长"},
        *(
            HEAD | {"用户名": role, "姓名": role, "职务": role, "角色": role}
            for role in ("系统管理员", "administrator")
        ),
        *(HEAD | {"用户名": role, "姓名": role, "职务": role, "角色": role} for role in ("security", "system")),
        HEAD | {"角色": "督查机构负责人"},
    ]
    report = looked(sqlite_bench, people_workbook(tmp_path / "p.xlsx", [CITY, BUREAU], people), dry_run=False)
    outcomes = told(report)[2:]
    assert [outcome for outcome, _said in outcomes] == ["new", *["failed"] * 6, "known"]
    assert "“chenming”已属于陈明" in outcomes[1][1]
    assert "“CHENMING”已属于陈明" in outcomes[2][1]
    assert "角色没有更改" in outcomes[-1][1]
    with sqlite_bench.office.database.reading() as session:
        (person,) = session.scalars(select(PersonRow))
        assert (person.role, person.name, person.confirmed) == ("head", "陈明", True)


def test_a_name_that_is_a_formula_stays_a_text_of_which_nothing_is_computed(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    code = '=HYPERLINK("http://evil.invalid","x")'
    path = tmp_path / "people.csv"
    path.write_text(f'单位,职务,姓名\n临溪市水务局,局长,"{code.replace(chr(34), chr(34) * 2)}"\n', "utf-8")
    units = people_workbook(tmp_path / "units.xlsx", [CITY, BUREAU], [])
    looked(sqlite_bench, units, dry_run=False)
    looked(sqlite_bench, path, dry_run=False)
    with sqlite_bench.office.database.reading() as session:
        assert [person.name for person in session.scalars(select(PersonRow))] == [code]


def test_thousands_of_units_that_nobody_knows_are_compared_within_a_bound(sqlite_bench: Bench, tmp_path: Path) -> None:
    """A ledger of 20,000 rows, each with a unit of its own, took the hours of 200 million comparisons."""
    rows = []
    for n in range(MOST_COMPARED + 60):
        row = [f"测法督案〔2026〕{n + 1}号", *GOOD[1:]]
        row[LEDGER_HEAD.index("被检查单位")] = f"临溪{chr(0x5E00 + n)}{chr(0x7E00 + n)}局"
        row[LEDGER_HEAD.index("整改通知送达日期")] = "2026.12.1"  # so that nothing is opened, and only names are read
        rows.append(row)
    path = workbook(tmp_path / "l.xlsx", LEDGER_HEAD, *rows)
    began = process_time()
    report = import_ledger(sqlite_bench.desk, path, DUTIES, at("03-01"), user="u", dry_run=True, alike={})
    assert [unit.is_taken for unit in report.units] == [True] * MOST_COMPARED + [False] * 60
    assert process_time() - began < 20


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("临溪市文旅局", "临溪市文化和旅游局", True),
        ("临溪市文化和旅游局", "临溪市文旅局", True),
        ("临溪市第一小学", "临溪市第二小学", False),
        ("临溪县委", "临溪县纪委", False),
        ("局", "临溪市局", False),
        ("临溪市水务局", "临溪市水务厅", False),
    ],
)
def test_another_writing_is_known_whichever_name_comes_first(one: str, other: str, *, same: bool) -> None:
    assert is_another_writing(one, other) is same
