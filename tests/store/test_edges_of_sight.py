"""What goes by sight beside lists: units, inspections, events, letters; and lists of cases without a due day."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select

from states.inspection import UNANNOUNCED, InspectionState
from states.vocabulary import Act, Phase, Role, State
from store import case_counts, case_lists, events, organisation, visibility
from store.case_filters import Filter
from store.schema.inspections import InspectionRow, InspectionVisitRow
from store.schema.organisation import UnitRow
from store.visibility import Reader
from tests.support.days import at, day

if TYPE_CHECKING:
    from tests.support.offices import Bench

COUNTY, BUREAU, SCHOOL, OTHER = "临溪县", "临溪县教育局", "临溪县第一小学", "北川县水利局"
EVERY: Final = {COUNTY, BUREAU, SCHOOL, OTHER}
UNDER_COUNTY: Final = {COUNTY, BUREAU, SCHOOL}


class Province:
    """Four units in a small tree, in which a bureau was founded before the county above it; and a case in each."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.units: dict[str, int] = {"": 0}
        with bench.office.database.transaction() as session:
            for name in (SCHOOL, BUREAU, OTHER, COUNTY):
                self.units[name] = organisation.ensure_unit(session, name, "department").id
            for name, above in ((SCHOOL, BUREAU), (BUREAU, COUNTY)):
                row = session.get_one(UnitRow, self.units[name])
                row.parent_id = self.units[above]
        self.cases = {
            SCHOOL: bench.open("01-06", unit=SCHOOL, unit_kind="department", confidentiality="work_secret"),
            BUREAU: bench.open("01-05", unit=BUREAU, unit_kind="department"),
            OTHER: bench.open("01-07", unit=OTHER, unit_kind="department"),
            COUNTY: bench.open("01-08", unit=COUNTY, unit_kind="department", confidentiality="work_secret"),
        }

    def reader(self, role: Role, unit: str = "", territory: str = "", user: str = "某人") -> Reader:
        return Reader(user, role, self.units[unit], self.units[territory])


@pytest.fixture(scope="module")
def province(sqlite_shared: Bench) -> Province:
    return Province(sqlite_shared)


OF_UNITS: Final[list[tuple[dict[str, Any], set[str]]]] = [
    ({"role": Role.DIRECTOR}, EVERY),
    ({"role": Role.ARCHIVIST}, EVERY),
    ({"role": Role.DIRECTOR, "territory": COUNTY}, UNDER_COUNTY),
    ({"role": Role.INSPECTOR, "territory": BUREAU}, {BUREAU, SCHOOL}),
    ({"role": Role.DIRECTOR, "territory": COUNTY, "unit": OTHER}, UNDER_COUNTY),
    ({"role": Role.HEAD, "unit": COUNTY}, UNDER_COUNTY),
    ({"role": Role.LIAISON, "unit": BUREAU}, {BUREAU, SCHOOL}),
    ({"role": Role.HEAD, "unit": SCHOOL}, {SCHOOL}),
    ({"role": Role.HEAD}, set()),
    ({"role": Role.LIAISON}, set()),
    ({"role": Role.DISCIPLINE}, set()),
    ({"role": Role.DISCIPLINE, "unit": COUNTY}, set()),
    ({"role": Role.ADMINISTRATOR, "unit": COUNTY}, set()),
    ({"role": Role.SECURITY_ADMINISTRATOR, "unit": COUNTY}, set()),
    ({"role": Role.AUDIT_ADMINISTRATOR, "unit": COUNTY}, set()),
    ({"role": Role.SYSTEM, "unit": COUNTY}, set()),
]


def _who(value: object) -> str:
    return "-".join(map(str, value.values())) if isinstance(value, dict) else ""


@pytest.mark.parametrize(("who", "seen"), OF_UNITS, ids=_who)
def test_what_belongs_to_units_is_seen_over_the_territory_or_from_the_own_unit_down(
    province: Province, who: dict[str, Any], seen: set[str]
) -> None:
    me = province.reader(**who)
    with province.bench.office.database.reading() as session:
        condition = visibility.of_units(me, UnitRow.id)
        assert set(session.scalars(select(UnitRow.name).where(condition, UnitRow.name.in_(EVERY)))) == seen
        by_name = visibility.of_named_units(me, UnitRow.name)
        assert set(session.scalars(select(UnitRow.name).where(by_name, UnitRow.name.in_(EVERY)))) == seen
        assert {name for name in EVERY if visibility.sees_unit(session, me, province.units[name])} == seen


def test_the_files_of_heads_are_read_by_those_who_handle_and_decide_cases_and_keep_them_and_reports_by_fewer() -> None:
    deciding = {Role.HANDLER, Role.DIRECTOR, Role.LEADER}
    assert {role for role in Role if role in visibility.READS_REPORTS} == deciding
    assert {role for role in Role if role in visibility.READS_FILES} == {*deciding, Role.ARCHIVIST}


@pytest.mark.parametrize(("who", "seen"), OF_UNITS, ids=_who)
def test_only_the_supervising_side_watches_over_units(province: Province, who: dict[str, Any], seen: set[str]) -> None:
    me = province.reader(**who)
    office = me.role in {Role.DIRECTOR, Role.ARCHIVIST, Role.INSPECTOR}
    with province.bench.office.database.reading() as session:
        watched = {name for name in EVERY if visibility.watches(session, me, province.units[name])}
        assert watched == (seen if office else set())


def test_the_names_of_units_are_those_of_the_territory_else_of_the_own_unit_and_all_have_no_list(
    province: Province,
) -> None:
    with province.bench.office.database.reading() as session:

        def names(**who: Any) -> set[str] | None:
            found = visibility.unit_names(province.reader(**who))
            return None if found is None else set(session.scalars(found))

        assert names(role=Role.DIRECTOR) is None
        assert names(role=Role.DIRECTOR, territory=BUREAU, unit=OTHER) == {BUREAU, SCHOOL}
        assert names(role=Role.HEAD, unit=BUREAU) == {BUREAU, SCHOOL}
        assert names(role=Role.HEAD) == set()


# --- cases -------------------------------------------------------------------------------------------------------


CASES: Final[list[tuple[dict[str, Any], set[str]]]] = [
    ({"role": Role.DIRECTOR}, EVERY),
    ({"role": Role.ARCHIVIST}, {BUREAU, OTHER}),
    ({"role": Role.DIRECTOR, "territory": COUNTY}, UNDER_COUNTY),
    ({"role": Role.ARCHIVIST, "territory": COUNTY}, {BUREAU}),
    # The own work secret is seen, that of a unit below is not, whichever unit was founded first.
    ({"role": Role.HEAD, "unit": COUNTY}, {COUNTY, BUREAU}),
    ({"role": Role.HEAD, "unit": BUREAU}, {BUREAU}),
    ({"role": Role.LIAISON, "unit": SCHOOL}, {SCHOOL}),
    ({"role": Role.DISCIPLINE, "unit": COUNTY}, set()),
    ({"role": Role.ADMINISTRATOR, "unit": COUNTY}, set()),
    ({"role": Role.SECURITY_ADMINISTRATOR, "unit": BUREAU}, set()),
    ({"role": Role.AUDIT_ADMINISTRATOR, "unit": BUREAU}, set()),
    ({"role": Role.SYSTEM, "unit": BUREAU}, set()),
]


@pytest.mark.parametrize(("who", "seen"), CASES, ids=_who)
def test_cases_their_count_and_their_events_are_seen_alike(
    province: Province, who: dict[str, Any], seen: set[str]
) -> None:
    me = province.reader(**who)
    ids = {province.cases[name] for name in seen}
    with province.bench.office.database.reading() as session:
        assert {item.case.id for item in case_lists.listed(session, me, Filter())} == ids
        assert case_counts.counted(session, me, Filter()) == len(ids)
        told = events.history_where(session, case_lists.seen_events(me), limit=100)
        assert {recorded.event.case_id for recorded in told} == ids
        assert visibility.seen_among(session, me, province.cases.values()) == ids
        assert visibility.seen_among(session, me, []) == set()
        assert sum(case_counts.by_state(session, me).values()) == len(ids)


def test_tallies_tell_how_many_cases_are_in_sight_of_all_units_and_of_one(province: Province) -> None:
    with province.bench.office.database.reading() as session:

        def in_sight(unit: str | None = None, **who: Any) -> int | None:
            return case_counts.cases_in_sight(session, province.reader(**who), unit)

        assert (in_sight(role=Role.DIRECTOR), in_sight(OTHER, role=Role.DIRECTOR)) == (4, 1)
        assert (in_sight(role=Role.ARCHIVIST), in_sight(COUNTY, role=Role.ARCHIVIST)) == (2, 0)
        below: dict[str, Any] = {"role": Role.DIRECTOR, "territory": COUNTY}
        assert (in_sight(**below), in_sight(SCHOOL, **below), in_sight(OTHER, **below)) == (3, 1, 0)
        assert in_sight("没有这个单位", role=Role.DIRECTOR) == 0
        assert in_sight(role=Role.DISCIPLINE) is None


def test_tallies_count_by_light_or_by_days_and_not_by_both(province: Province) -> None:
    me = province.reader(Role.DIRECTOR)
    first = min(province.bench.case(id_).next_due_on or day("12-31") for id_ in province.cases.values())
    next_day = first + timedelta(days=1)
    with province.bench.office.database.reading() as session:
        for wanted, n in (
            (Filter(light="green"), 4),
            (Filter(light="red"), 0),
            (Filter(due_before=first), 0),
            (Filter(due_before=next_day), 1),
            (Filter(due_from=first), 4),
            (Filter(due_from=next_day), 3),
            (Filter(due_before=next_day, light="green"), None),
            (Filter(due_from=first, light="green"), None),
            (Filter(running=True), None),
        ):
            assert case_counts.tally(session, me, wanted) == n, wanted


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_however_many_are_looked_at_at_once_the_same_are_seen(
    province: Province, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(visibility, "_AT_ONCE", at_once)
    me = province.reader(Role.DIRECTOR, territory=COUNTY)
    with province.bench.office.database.reading() as session:
        wanted = [*province.cases.values(), 999]
        assert visibility.seen_among(session, me, wanted) == {province.cases[name] for name in UNDER_COUNTY}


def test_the_discipline_organ_sees_what_was_handed_to_it_and_no_other_outcome(sqlite_bench: Bench) -> None:
    me = Reader("纪委", Role.DISCIPLINE, 0)
    handed = sqlite_bench.open("01-05", unit=BUREAU, unit_kind="department")
    unfounded = sqlite_bench.open("01-06", unit=SCHOOL, unit_kind="department")
    withdrawn = sqlite_bench.open("01-07", unit=OTHER, unit_kind="department")
    sqlite_bench.act(handed, Act.TRANSFER, "01-20", receiver="市纪委监委")
    sqlite_bench.act(unfounded, Act.DISMISS, "01-20", reason="查否")
    sqlite_bench.act(withdrawn, Act.WITHDRAW, "01-20", reason="重复")
    with sqlite_bench.office.database.reading() as session:
        assert [item.case.id for item in case_lists.listed(session, me, Filter())] == [handed]
        assert visibility.seen_among(session, me, [handed, unfounded, withdrawn]) == {handed}


# --- inspections -------------------------------------------------------------------------------------------------


def _inspections(bench: Bench, unit: int) -> dict[str, int]:
    """Write an inspection of every kind and state, each of one unit; return the visits by what they are."""
    found: dict[str, int] = {}
    with bench.office.database.transaction() as session:
        place = 0
        for kind in ("regular", UNANNOUNCED):
            for state in InspectionState:
                for announced in (None, day("03-20")):
                    place += 1
                    row = InspectionRow(
                        year=2026,
                        place=place,
                        kind=kind,
                        title="核查",
                        basis="计划",
                        state=state.value,
                        from_on=day("04-01"),
                        until_on=day("04-10"),
                        team="[]",
                        kept_because="",
                        planned_by="甲",
                        planned_at=at("01-10"),
                        announced_on=announced,
                    )
                    session.add(row)
                    session.flush()
                    visit = InspectionVisitRow(inspection_id=row.id, unit_id=unit)
                    session.add(visit)
                    session.flush()
                    found[f"{kind}, {state.value}, {'announced' if announced else 'not announced'}"] = visit.id
    return found


def test_a_unit_sees_an_inspection_once_it_was_announced_and_an_unannounced_one_when_it_is_done(
    sqlite_bench: Bench,
) -> None:
    province = Province(sqlite_bench)
    visits = _inspections(sqlite_bench, province.units[BUREAU])
    told = {f"regular, {state.value}, announced" for state in InspectionState if state is not InspectionState.WITHDRAWN}
    over = {f"{UNANNOUNCED}, done, announced", f"{UNANNOUNCED}, done, not announced"}
    expected: list[tuple[dict[str, Any], set[str]]] = [
        ({"role": Role.DIRECTOR}, set(visits)),
        ({"role": Role.INSPECTOR, "territory": COUNTY}, set(visits)),
        ({"role": Role.INSPECTOR, "territory": SCHOOL}, set()),
        ({"role": Role.HEAD, "unit": BUREAU}, told | over),
        ({"role": Role.LIAISON, "unit": COUNTY}, told | over),
        ({"role": Role.HEAD, "unit": SCHOOL}, set()),
        ({"role": Role.HEAD, "unit": OTHER}, set()),
        ({"role": Role.HEAD}, set()),
        ({"role": Role.DISCIPLINE, "unit": BUREAU}, set()),
        ({"role": Role.ADMINISTRATOR, "unit": BUREAU}, set()),
    ]
    statement = select(InspectionVisitRow.id).join(InspectionRow, InspectionRow.id == InspectionVisitRow.inspection_id)
    with sqlite_bench.office.database.reading() as session:
        for who, seen in expected:
            found = set(session.scalars(statement.where(visibility.seen_visits(province.reader(**who)))))
            assert found == {visits[name] for name in seen}, who


# --- days of a calendar ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 20_000], ids=["day by day", "looked through by unit"])
def test_the_first_cases_of_each_day_are_found_and_a_day_without_any_has_none(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    province = Province(sqlite_bench)
    more = [sqlite_bench.open("01-05", unit=BUREAU, unit_kind="department", finding=f"问题{n}") for n in range(2)]
    first = sqlite_bench.case(province.cases[BUREAU]).next_due_on
    elsewhere = sqlite_bench.case(province.cases[OTHER]).next_due_on
    assert first is not None
    assert elsewhere is not None
    days = [elsewhere, first, day("12-31")]
    monkeypatch.setattr(case_counts, "FEW", few)
    for me, seen in (
        (province.reader(Role.DIRECTOR, territory=COUNTY), []),
        (province.reader(Role.DIRECTOR), [province.cases[OTHER]]),
    ):
        with sqlite_bench.office.database.reading() as session:
            for limit in (1, 2, 3, 4):
                assert case_lists.first_of_days(session, me, days, limit) == {
                    first: [province.cases[BUREAU], *more][:limit],
                    elsewhere: seen,
                    day("12-31"): [],
                }


# --- lists of cases that have no due day -------------------------------------------------------------------------


@pytest.mark.parametrize("few", [0, 20_000], ids=["the filter leads", "looked through by unit"])
def test_cases_without_a_due_day_come_behind_those_with_one_and_never_when_a_day_is_asked_for(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, few: int
) -> None:
    ids = [sqlite_bench.open(f"01-0{n}", unit=f"临溪市第{n}局", unit_kind="department") for n in range(5, 9)]
    for id_ in ids[:2]:
        sqlite_bench.act(id_, Act.DISMISS, "01-20", reason="查否")
    over, running = ids[:2], ids[2:]
    monkeypatch.setattr(case_counts, "FEW", few)
    for me in (Reader("某", Role.DIRECTOR, 0), Reader("某", Role.ARCHIVIST, 0)):
        with sqlite_bench.office.database.reading() as session:

            def found(limit: int = 50, reader: Reader = me, **wanted: Any) -> list[int]:
                listed = case_lists.listed(session, reader, Filter(**wanted), by_due=True, limit=limit)
                return [item.case.id for item in listed]

            assert [found(limit) for limit in (1, 2, 3, 4, 5)] == [
                running[:1],
                running,
                [*running, over[0]],
                [*running, *over],
                [*running, *over],
            ]
            assert found(due_before=day("12-31")) == running
            assert found(due_from=day("01-01")) == running
            assert found(due_from=day("12-31")) == []
            assert found(states=(State.UNFOUNDED, State.FOUND)) == [*running, *over]
            assert found(3, phases=(Phase.DONE, Phase.DECIDING)) == [*running, over[0]]
            assert found(state=State.UNFOUNDED) == over
            assert case_counts.counted(session, me, Filter(due_before=day("12-31"))) == 2
            assert case_counts.counted(session, me, Filter()) == 4
