"""Formulas are read strictly: what is misspelt, forbidden or out of bounds is refused with the place and the reason."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from config.ranking import DEFAULT, FOLDER, MOST_BYTES, OWN, formula_text, parse_formula
from states.errors import BadPolicy
from states.ranking import RankedFact, ranked

SHIPPED = (FOLDER / f"{DEFAULT}.toml").read_text("utf-8")
HERE = Path("ranking.toml")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("bottom = 1", "bottm = 1", "bottm"),
        ('measure = "marked_red"', 'measure = "log_ins"', "指尖"),
        ('measure = "marked_red"', 'measure = "reply_speed"', "指尖"),
        ('measure = "marked_red"', 'measure = "weather"', "weather"),
        ('measure = "marked_red"', 'measure = "marked_yellow"', "重复"),
        ('points = -2 },\n  { measure = "marked_red', 'points = -2.001 },\n  { measure = "marked_red', "两位"),
        ("least = 0\nmost = 40", "least = 41\nmost = 40", "不减"),
        ('kinds = ["township"]', 'kinds = ["department"]', "重复"),
        ('"12-31"', '"02-30"', "12-31"),
        ('objection = "5wd"', 'objection = "5d"', "工作日"),
        ("[[groups]]", "[[groups", "TOML"),
    ],
)
def test_a_formula_that_makes_no_sense_is_refused(old: str, new: str, said: str) -> None:
    assert old in SHIPPED
    if said == "TOML":
        with pytest.raises(BadPolicy):
            parse_formula(SHIPPED.replace(old, new, 1), HERE)
    else:
        with pytest.raises(BadPolicy, match=said):
            parse_formula(SHIPPED.replace(old, new, 1), HERE)


def test_comments_change_no_hash_and_a_point_does() -> None:
    shipped = parse_formula(SHIPPED, HERE)
    assert parse_formula(f"# 说明\n{SHIPPED}", HERE).hash == shipped.hash
    assert parse_formula(SHIPPED.replace("points = 0.5", "points = 0.50"), HERE).hash == shipped.hash
    assert parse_formula(SHIPPED.replace("points = 0.5", "points = 0.51"), HERE).hash != shipped.hash


def test_the_offices_own_formula_wins_and_one_that_is_too_large_is_refused(tmp_path: Path) -> None:
    assert formula_text(tmp_path)[0] == SHIPPED
    own = tmp_path / OWN
    own.write_text("# 本办公式\n", "utf-8")
    assert formula_text(tmp_path) == ("# 本办公式\n", own)
    own.write_bytes(b"#" * (MOST_BYTES + 1))
    with pytest.raises(BadPolicy, match="过大"):
        formula_text(tmp_path)


@pytest.mark.parametrize(("times", "expected"), [(7, "5.00"), (8, "0.00"), (9, "0.00")])
def test_a_part_falls_to_its_bound_and_no_further(times: int, expected: str) -> None:
    formula = parse_formula(SHIPPED, HERE)
    (part,) = (part for part in formula.parts if part.key == "rectification")
    red = next(rule.measure for rule in part.rules if rule.measure.value == "marked_red")
    first, last = formula.period(2026)
    facts = [RankedFact(unit="甲局", measure=red, on=last, about=f"{n}号", events=(n,)) for n in range(times)]
    (row,) = ranked(formula, {"甲局": "department"}, {"甲局": 1}, facts)
    of_part = sum(one.points for one in row.parts if one.rule.split(".")[0] == "rectification")
    assert of_part == Decimal(expected)
    assert (first.isoformat(), last.isoformat()) == ("2026-01-01", "2026-12-31")


def test_a_period_that_ends_in_autumn_begins_the_day_after_a_year_before() -> None:
    formula = parse_formula(SHIPPED.replace('"12-31"', '"11-15"'), HERE)
    assert [found.isoformat() for found in formula.period(2026)] == ["2025-11-16", "2026-11-15"]
