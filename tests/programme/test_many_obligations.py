"""Many obligations: generated in time and once; a bounded run in every test, the whole in `make test-slow`."""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter
from typing import TYPE_CHECKING

import pytest

from config.obligations import read_rules
from programme.obligations import YearlyObligations
from states.obligation import Bearer, FixedDay
from states.vocabulary import Role
from store import organisation, unit_posts
from store.obligations import Asked
from tests.support.offices import ZONE, at

if TYPE_CHECKING:
    from config.obligations import YearlyRules
    from tests.support.offices import Bench


def twenty_clauses() -> YearlyRules:
    """Return rules with twenty clauses, all of them for departments, on twenty days."""
    rules = read_rules("2017")
    (plan,) = [one for one in rules.clauses if one.id == "art7-1a"]
    every = frozenset({Bearer.DEPARTMENT_HEAD})
    made = (replace(plan, id=f"test-{n}", bearers=every, due=FixedDay(3, n + 1)) for n in range(20))
    return replace(rules, clauses=tuple(made))


@pytest.mark.parametrize(
    ("units", "years", "seconds"), [(30, 2, 60), pytest.param(1000, 3, 60, marks=pytest.mark.slow)]
)
def test_units_by_twenty_clauses_by_years_are_generated_within_a_minute_and_never_doubled(
    sqlite_bench: Bench, units: int, years: int, seconds: int
) -> None:
    here = sqlite_bench.office
    with here.database.transaction() as session:
        unit_posts.ensure_office(session, sqlite_bench.settings.office)
        for nth in range(units):
            organisation.ensure_unit(session, f"第{nth}局")
    rules = twenty_clauses()
    many = YearlyObligations(here.database, here.rulebook, ZONE, lambda: rules)
    director = sqlite_bench.actor(Role.DIRECTOR)
    began = perf_counter()
    new = sum(many.generate(2026 + nth, director, at("01-02")).new for nth in range(years))
    assert perf_counter() - began < seconds
    assert new == units * 20 * years
    again = [many.generate(2026 + nth, director, at("01-02")) for nth in range(years)]
    assert [(done.new, done.kept, done.changed) for done in again] == [(0, units * 20, 0)] * years
    assert len(many.listed(Asked(year=2026))) == units * 20
    with here.database.reading() as session:
        assert sqlite_bench.verified(session).ok
