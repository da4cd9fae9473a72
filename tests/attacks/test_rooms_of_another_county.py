"""What belongs to another county is neither told nor moved, in the rooms beside the cases, by whoever knows its number.

The attacker has an account of the supervising side in one county (CWE-639), and the numbers of what lies in another.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from states.vocabulary import Role
from store import accounts, organisation
from store.obligations import Asked
from store.visibility import reader_of
from tests.support.callers import Door
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.offices import Bench

CITY, OWN, FOREIGN = "安平市", "临溪县", "北川县"
WATER, SCHOOLS = "北川县水务局", "临溪县教育局"
COMPLAINT: Final = "采砂点已移交，扣分有误"
YEAR: Final = 2026


@pytest.fixture
def county(sqlite_bench: Bench) -> Iterator[Door]:
    """Give an office over two counties: director and leader of the one, and a director and a leader of all."""
    with sqlite_bench.office.database.transaction() as session:
        city = organisation.ensure_unit(session, CITY, "government").id
        own, foreign = (organisation.ensure_unit(session, name, "government", city).id for name in (OWN, FOREIGN))
        organisation.ensure_unit(session, "临溪县督察办", "office", own)
        organisation.ensure_unit(session, WATER, "department", foreign)
        organisation.ensure_unit(session, SCHOOLS, "department", own)
    door = Door(sqlite_bench)
    for name, role, unit in (
        ("cao", Role.DIRECTOR, "临溪县督察办"),
        ("li", Role.LEADER, OWN),
        ("chen", Role.HANDLER, "临溪县督察办"),
        ("zhou", Role.DIRECTOR, ""),
        ("lin", Role.LEADER, ""),
        ("water", Role.HEAD, WATER),
    ):
        door.person(name, role, unit)
    sqlite_bench.open("01-28", unit=WATER, unit_kind="department")
    yield door
    door.client.close()


def acted(door: Door, who: str, act: str, on: str, **more: Any) -> Any:
    return door.ask(who, "POST", f"/rankings/{YEAR}/acts", json={"act": act, "on": on, **more})


def announced(door: Door) -> int:
    """Compute and announce the ranking, and return the foreign unit's objection to it."""
    assert acted(door, "zhou", "compute_ranking", "2026-02-10").status_code == 200
    assert acted(door, "zhou", "announce_ranking", "2026-02-11").status_code == 200
    body = {"text": COMPLAINT, "on": "2026-02-12"}
    made = door.ask("water", "POST", f"/rankings/{YEAR}/objections", json=body)
    assert made.status_code == 201
    return int(made.json()["id"])


def test_the_objection_of_a_foreign_unit_is_neither_answered_nor_told(county: Door) -> None:
    objection = announced(county)
    body = {"text": "不采纳", "accepted": False, "on": "2026-02-13"}
    refused = county.ask("cao", "POST", f"/rankings/{YEAR}/objections/{objection}/answer", json=body)
    absent = county.ask("cao", "POST", f"/rankings/{YEAR}/objections/{objection + 99}/answer", json=body)
    told = absent.text.replace(str(objection + 99), str(objection))
    assert (refused.status_code, refused.text) == (absent.status_code, told)
    assert COMPLAINT not in refused.text
    (kept,) = county.ask("zhou", "GET", f"/rankings/{YEAR}/objections").json()["objections"]
    assert kept["answered_on"] is None


@pytest.mark.parametrize(
    ("who", "act", "more"),
    [
        ("chen", "compute_ranking", {}),
        ("cao", "announce_ranking", {}),
        ("cao", "withdraw_ranking", {"reason": "重算"}),
        ("li", "approve_ranking", {}),
        ("li", "withdraw_ranking", {"reason": "重算"}),
    ],
)
def test_who_sees_a_part_of_the_ranking_does_not_move_the_whole(
    county: Door, who: str, act: str, more: dict[str, str]
) -> None:
    assert acted(county, "zhou", "compute_ranking", "2026-02-10").status_code == 200
    if act == "approve_ranking":
        assert acted(county, "zhou", "announce_ranking", "2026-02-11").status_code == 200
    before = county.bench.office.rankings.show(YEAR).ranking
    refused = acted(county, who, act, "2026-03-10", **more)
    assert (refused.status_code, WATER in refused.text) == (409, False), refused.text
    assert county.bench.office.rankings.show(YEAR).ranking == before
    waiting = county.bench.office.rankings.waiting
    leader = county.bench.actor(Role.LEADER, who)
    with county.bench.office.database.reading() as session:
        reader = reader_of(accounts.person(session, who))
    assert waiting(leader, reader) == []


def test_the_last_of_another_county_is_not_called_by_its_name(county: Door) -> None:
    assert acted(county, "zhou", "compute_ranking", "2026-02-10").status_code == 200
    assert acted(county, "zhou", "announce_ranking", "2026-02-11").status_code == 200
    assert acted(county, "lin", "approve_ranking", "2026-03-10").status_code == 200
    body = {"unit": WATER, "post": f"{WATER}局长", "ranking": "临法治督〔2026〕30号"}
    refused = county.ask("li", "POST", "/rankings/interviews", json=body)
    assert refused.status_code in {404, 409}, refused.text
    assert county.ask("lin", "POST", "/rankings/interviews", json=body).status_code == 201


def test_what_a_foreign_unit_owes_is_not_generated(county: Door) -> None:
    year = now().year
    body = {"year": year, "unit": WATER}
    refused = county.ask("chen", "POST", "/obligations/generate", json=body)
    absent = county.ask("chen", "POST", "/obligations/generate", json={"year": year, "unit": "没有这个局"})
    assert refused.status_code == absent.status_code == 404
    assert refused.text.replace(WATER, "") == absent.text.replace("没有这个局", "")
    county.ask("chen", "POST", "/obligations/generate", json={"year": year})
    owed = county.bench.office.obligations.listed
    assert not owed(Asked(year=year, unit=WATER))
    assert owed(Asked(year=year, unit=SCHOOLS))
