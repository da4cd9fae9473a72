"""Thirty invented units of all kinds, and which clauses bind each: written from the regulation's text, not computed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from store import organisation, unit_posts

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


class ObligatedUnit(NamedTuple):
    """A unit: name, kind, the unit above, and which group of the table below it belongs to."""

    name: str
    kind: str
    above: str
    group: str


CITY_PARTY, CITY = "中共清江市委", "清江市人民政府"
UNITS: Final = (
    ObligatedUnit(CITY_PARTY, "party_committee", "", "superior_party"),
    ObligatedUnit(CITY, "government", "", "government"),
    ObligatedUnit("东岭县委", "party_committee", CITY_PARTY, "superior_party"),
    ObligatedUnit("西坪县委", "party_committee", CITY_PARTY, "superior_party"),
    ObligatedUnit("南溪区委", "party_committee", CITY_PARTY, "party"),
    ObligatedUnit("景德镇市委", "party_committee", CITY_PARTY, "party"),
    ObligatedUnit("东岭县人民政府", "government", CITY, "government"),
    ObligatedUnit("西坪县人民政府", "government", CITY, "government"),
    ObligatedUnit("南溪区人民政府", "government", CITY, "government"),
    ObligatedUnit("乡城县人民政府", "government", CITY, "government"),
    ObligatedUnit("清江市财政局", "department", CITY, "department"),
    ObligatedUnit("清江市卫生健康委员会", "department", CITY, "department"),
    ObligatedUnit("东岭县教育局", "department", "东岭县人民政府", "department"),
    ObligatedUnit("东岭县水务局", "department", "东岭县人民政府", "department"),
    ObligatedUnit("西坪县司法局", "department", "西坪县人民政府", "department"),
    ObligatedUnit("没有上级的某局", "department", "", "department"),
    ObligatedUnit("清江市委组织部", "department", CITY_PARTY, "party_department"),
    ObligatedUnit("清江市委政法委员会", "department", CITY_PARTY, "party_department"),
    ObligatedUnit("南溪区委统战部", "department", "", "party_department"),
    ObligatedUnit("柏木镇党委", "party_committee", "东岭县委", "town_party"),
    ObligatedUnit("中共双河乡委员会", "party_committee", "西坪县委", "town_party"),
    ObligatedUnit("柏木镇人民政府", "government", "东岭县人民政府", "town_government"),
    ObligatedUnit("双河乡人民政府", "government", "西坪县人民政府", "town_government"),
    ObligatedUnit("望江街道办事处", "township", "南溪区人民政府", "township"),
    ObligatedUnit("望岭村", "village", "柏木镇党委", "village"),
    ObligatedUnit("临江社区", "village", "望江街道办事处", "village"),
    ObligatedUnit("柏木镇农业服务中心", "department", "柏木镇人民政府", "nobody"),
    ObligatedUnit("望江街道社区服务中心", "department", "望江街道办事处", "nobody"),
    ObligatedUnit("清江市财政局会计中心", "department", "清江市财政局", "nobody"),
    ObligatedUnit("东岭县教育局考试中心", "department", "东岭县教育局", "nobody"),
)

PARTY: Final = ("art5-1b", "art5-1c", "art5-1d", "art5-3b", "art5-5d", "art5-5e", "art5-6b", "art5-7d", "art5-7e")
"""Article 5: 党委主要负责人."""
GOVERNMENT: Final = ("art6-1c", "art6-4b", "art6-7c")
"""Article 6: 政府主要负责人."""
SUPERIOR: Final = ("art9-1a", "art9-2a", "art9-3a", "art9-4b")
"""Article 9: 上级党委."""
BOUND: Final = {
    "superior_party": (*PARTY, *SUPERIOR),
    "party": PARTY,
    "government": GOVERNMENT,
    # Article 7(1) binds all departments of county level and above, 7(4) those of governments alone (政府工作部门).
    "department": ("art7-1a", "art7-4d"),
    "party_department": ("art7-1a",),
    # Article 10, by reference.
    "town_party": PARTY,
    "town_government": GOVERNMENT,
    "township": (*PARTY, *GOVERNMENT),
    "village": (*PARTY, "art6-1c", "art6-7c"),  # 村（社区）没有同级人大和上一级政府可报
    # Article 2 names county level and above; article 10 names no offices of a town, and none below a department.
    "nobody": (),
}
"""Which clauses bind whom."""
BY_REFERENCE: Final = frozenset({"town_party", "town_government", "township", "village"})
NUMBERS: Final = {
    "art5-1b": 10,
    "art5-1c": 10,
    "art5-1d": 10,
    "art5-3b": 10,
    "art5-5d": 10,
    "art5-5e": 10,
    "art5-6b": 10,
    "art5-7d": 10,
    "art5-7e": 10,
    "art6-1c": 10,
    "art6-4b": 8,
    "art6-7c": 10,
    "art7-1a": 9,
    "art7-4d": 6,
    "art9-1a": 3,
    "art9-2a": 3,
    "art9-3a": 3,
    "art9-4b": 3,
}
"""How many obligations of each clause the thirty units have: counted by hand from the two tables above."""
IN_ALL: Final = 145


def found_them(session: Session) -> None:
    """Put the thirty units into the organisation, each with a head and a liaison, those above first."""
    ids: dict[str, int] = {}
    for unit in UNITS:
        parent = ids[unit.above] if unit.above else None
        ids[unit.name] = organisation.ensure_unit(session, unit.name, unit.kind, parent).id
        unit_posts.ensure_post(session, ids[unit.name], "主要负责人", "head")
        unit_posts.ensure_post(session, ids[unit.name], "联络员", "liaison")
