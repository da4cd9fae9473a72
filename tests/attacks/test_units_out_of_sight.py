"""Who sees a part of the tree opens nothing for units outside it, and learns of none: at every door that takes a name.

The attacker has an account of one county's office. What is refused of a unit elsewhere is refused in the same words of
a unit that does not exist.
"""

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING, Final

import pytest
from sqlalchemy import func, select

from accounts.case_handlers import case_handlers
from states.clue import ClueSource
from states.errors import NotPermitted
from states.vocabulary import Act, Role
from store import accounts, named_units, organisation, saved_views
from store.schema.cases import CaseRow
from store.schema.clues import ClueRow
from store.schema.organisation import UnitRow
from store.visibility import reader_of
from tests.support.callers import FINDING, Door
from tests.support.ledgers import GOOD, HEAD, workbook
from tests.support.offices import day
from tests.support.visitors import Visitor
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from httpx2 import Response

    from store.visibility import Reader
    from tests.support.offices import Bench

CITY, OWN, FOREIGN = "安平市", "临溪县", "北川县"
WATER, SCHOOLS, NOWHERE = "北川县水务局", "临溪县教育局", "临溪县火星局"
OTHER_NAME: Final = "北川水务"
REFUSED: Final = "您可以查看的单位中没有“{}”，不能选用"
TRANSGRESSORS: Final = (("chen", Role.HANDLER), ("jin", Role.INSPECTOR), ("cao", Role.DIRECTOR))


class County:
    """An office over two counties, and people of the one."""

    def __init__(self, bench: Bench) -> None:
        self.bench, self.door = bench, Door(bench)
        with bench.office.database.transaction() as session:
            city = organisation.ensure_unit(session, CITY, "government").id
            own, foreign = (organisation.ensure_unit(session, name, "government", city).id for name in (OWN, FOREIGN))
            organisation.ensure_unit(session, "临溪县督察办", "office", own)
            water = organisation.ensure_unit(session, WATER, "department", foreign)
            named_units.note(session, water.id, named_units.NameKind.ALIAS, OTHER_NAME)
            organisation.ensure_unit(session, SCHOOLS, "department", own)
        for name, role in TRANSGRESSORS:
            self.door.person(name, role, "临溪县督察办")
        self.door.person("liu", Role.HANDLER)
        self.foreign = bench.open("01-28", unit=WATER)

    def counted(self) -> tuple[int, int, int]:
        """Return how many cases, clues and units there are."""
        with self.bench.office.database.reading() as session:
            tables = (CaseRow, ClueRow, UnitRow)
            cases, clues, units = (int(session.scalar(select(func.count()).select_from(t)) or 0) for t in tables)
        return cases, clues, units

    def reader(self, name: str) -> Reader:
        with self.bench.office.database.reading() as session:
            return reader_of(accounts.person(session, name))

    def registered(self, who: str, unit: str, **more: object) -> Response:
        body = FINDING | {"unit": unit, "post": "局长", "duty": "art7-1a"} | more
        answer: Response = self.door.ask(who, "POST", "/cases", json=body)
        return answer

    def uploaded(self, who: Visitor, path: Path, **more: str) -> Response:
        csrf = re.search(r'name="csrf" value="([^"]*)"', who.read("/ledger").text)
        assert csrf is not None
        fields = {"csrf": csrf[1], **more}
        return who.client.post("/ledger", data=fields, files={"file": (path.name, path.read_bytes())})


@pytest.fixture
def county(sqlite_bench: Bench) -> Iterator[County]:
    found = County(sqlite_bench)
    yield found
    found.door.client.close()


def test_no_case_is_opened_where_its_opener_would_not_see_it(county: County) -> None:
    before = county.counted()
    for who, _role in TRANSGRESSORS:
        for unit in (WATER, OTHER_NAME, FOREIGN, CITY, NOWHERE):
            answer = county.registered(who, unit, new_unit=True)
            assert (answer.status_code, who) == (409, who)
            assert answer.json()["detail"].startswith(REFUSED.format(unit))
    assert county.counted() == before


def test_one_is_opened_at_a_unit_of_the_own_county_and_by_who_sees_all(county: County) -> None:
    assert county.registered("chen", SCHOOLS).status_code == 201
    assert county.registered("chen", OWN, duty="art6-2a").status_code == 201
    assert county.registered("liu", WATER).status_code == 201
    assert county.registered("liu", NOWHERE, new_unit=True).status_code == 201


def test_a_name_that_is_like_one_elsewhere_does_not_bring_that_one_to_light(county: County) -> None:
    """“Did you mean …” names only units in sight."""
    answer = county.registered("chen", "北川县水利局")
    assert (answer.status_code, WATER in answer.text) == (409, False)
    near = county.registered("chen", "临溪县教育局（本级）")
    assert near.status_code in {201, 400, 409}
    assert WATER not in near.text


def test_the_page_of_a_finding_refuses_alike_and_tells_nothing_of_the_cases_there(county: County) -> None:
    chen = Visitor(county.bench, "chen")
    fields = {"d.post": "局长", "d.duty": "art7-1a", "d.inspection": "regular", "on": "2026-01-28"}
    fields |= {"d.finding": "年度工作计划未列入法治建设内容"}
    before = county.counted()
    told = {}
    for unit in (WATER, NOWHERE):
        for meant in ({}, {"meant": "new", "meant_of": unit}):
            answer = chen.send("/new", "/new", **(fields | meant | {"d.unit": unit}))
            assert answer.status_code >= 400
            assert REFUSED.format(unit) in unescape(answer.text)
            told[unit] = answer.status_code
            assert "临法治督案" not in answer.text
    assert told[WATER] == told[NOWHERE]
    assert county.counted() == before
    chen.client.close()


def test_a_ledger_opens_only_the_rows_of_units_in_sight_and_knows_of_no_case_elsewhere(
    county: County, tmp_path: Path
) -> None:
    chen = Visitor(county.bench, "chen")
    number = county.bench.case(county.foreign).number
    rows = []
    for n, unit in enumerate((WATER, OTHER_NAME, NOWHERE, SCHOOLS), start=1):
        row = [f"测法督案〔2026〕{n}号", *GOOD[1:]]
        row[HEAD.index("被检查单位")] = unit
        rows.append(row)
    same = [number, *GOOD[1:]]
    same[HEAD.index("被检查单位")], same[HEAD.index("问题描述")] = WATER, "年度工作计划未列入法治建设内容"
    path = workbook(tmp_path / "ledger.xlsx", HEAD, *rows, same)
    looked = county.uploaded(chen, path)
    text = unescape(looked.text)
    assert "可导入1行，跳过0行，有误4行" in text
    assert all(REFUSED.format(unit) in text for unit in (WATER, OTHER_NAME, NOWHERE))
    assert not re.search(rf'<option[^>]*value="{WATER}"', looked.text), "it is not offered"
    hash_ = re.search(r'name="hash" value="([0-9a-f]{64})"', looked.text)
    assert hash_ is not None
    chosen = {f"unit.{NOWHERE}": "new", f"unit.{WATER}": "new", "new_units": "1"}
    done = chen.send("/ledger", "/ledger", hash=hash_[1], name="ledger.xlsx", **chosen)
    assert "已立案1件，跳过0行，有误4行" in unescape(done.text)
    moved = chen.send("/ledger", "/ledger", hash=hash_[1], name="ledger.xlsx", **{f"unit.{NOWHERE}": WATER})
    assert "已立案0件" in unescape(moved.text)
    assert county.counted()[0] == 2
    chen.client.close()


def test_a_clue_is_neither_raised_elsewhere_nor_adopted_into_a_case_there(county: County) -> None:
    pool, on = county.bench.office.clues, day("2026-04-01")
    chen = Visitor(county.bench, "chen")
    before = county.counted()
    for unit in (WATER, NOWHERE):
        answer = chen.send("/clues", "/clues", source="tip_off", unit=unit, text="窗口不受理", on="2026-04-01")
        assert (answer.status_code, REFUSED.format(unit) in unescape(answer.text)) == (409, True)
    assert county.counted() == before
    actor, reader = county.bench.actor(Role.HANDLER, "chen"), county.reader("chen")
    own = pool.raise_clue(ClueSource.TIP_OFF, SCHOOLS, "窗口不受理", on, actor, now(), reader=reader)
    data = {"unit": WATER, "post": "局长", "duty": "art7-1a"}
    with pytest.raises(NotPermitted, match=REFUSED.format(WATER)):
        pool.adopt(own.id, data, on, actor, now(), reader=reader)
    assert pool.adopt(own.id, data | {"unit": SCHOOLS}, on, actor, now(), reader=reader).case.unit == SCHOOLS
    chen.client.close()


def test_who_sees_all_raises_a_clue_about_a_unit_that_nobody_knows_yet(county: County) -> None:
    actor = county.bench.actor(Role.HANDLER, "liu")
    pool, reader = county.bench.office.clues, county.reader("liu")
    raised = pool.raise_clue(ClueSource.TIP_OFF, NOWHERE, "x", day("2026-04-01"), actor, now(), reader=reader)
    assert raised.unit == NOWHERE


def test_the_act_in_bulk_reaches_no_case_elsewhere(county: County) -> None:
    chen, version = Visitor(county.bench, "chen"), county.bench.case(county.foreign).version
    fields = {"act": Act.ASSIGN.value, "case": f"{county.foreign}:{version}", "d.handler": "chen", "on": "2026-02-01"}
    for step in ("try", "confirm"):
        answer = chen.send("/cases/bulk", "/cases", step=step, **fields)
        assert answer.status_code >= 400, answer.status_code
    assert county.bench.case(county.foreign).version == version
    chen.client.close()


def test_a_county_assigns_to_its_own_people_and_to_those_who_look_over_all(county: County) -> None:
    county.door.person("bei", Role.HANDLER, "北川县督察办")
    with county.bench.office.database.transaction() as session:
        foreign = organisation.unit_by_name(session, FOREIGN).id
        organisation.place_unit(session, organisation.unit_by_name(session, "北川县督察办").id, foreign)
    offered = {}
    for who in ("cao", "liu"):
        with county.bench.office.database.reading() as session:
            by = accounts.person(session, who)
        offered[who] = [account for account, _called in case_handlers(county.bench.office.database, by)]
    assert offered == {"cao": ["cao", "chen", "liu"], "liu": ["bei", "cao", "chen", "liu"]}


def test_a_list_that_another_county_shares_is_not_offered_by_its_name(county: County) -> None:
    """The name of a list, and the words that it looks for, tell of cases that the reader may not see."""
    for name, role, unit in (("bei", Role.HANDLER, "北川县督察办"), ("jin2", Role.INSPECTOR, "临溪县督察办")):
        county.door.person(name, role, unit)
    with county.bench.office.database.transaction() as session:
        foreign = organisation.unit_by_name(session, FOREIGN).id
        organisation.place_unit(session, organisation.unit_by_name(session, "北川县督察办").id, foreign)
        for owner, said in (("bei", "北川采砂"), ("chen", "临溪老案"), ("liu", "全市重案")):
            reader = reader_of(accounts.person(session, owner))
            saved_views.keep(session, reader, said, f"q={said}", now(), shared=True)
    seen = {}
    for who in ("bei", "chen", "jin2", "liu"):
        with county.bench.office.database.reading() as session:
            seen[who] = {view.name for view in saved_views.open_to(session, reader_of(accounts.person(session, who)))}
    assert seen == {
        "bei": {"北川采砂"},
        "chen": {"临溪老案"},
        "jin2": {"临溪老案"},
        "liu": {"北川采砂", "临溪老案", "全市重案"},
    }
