"""Who sees which case, written out; and lists at the edges of their filters, pages and counts."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

import pytest
from sqlalchemy import select, text

from states.errors import NotFound
from states.vocabulary import Act, Phase, Role, State
from store import case_counts, case_filters, case_lists, counters, events, organisation, visibility
from store.case_counts import AtLeast, total
from store.case_filters import Filter
from store.schema.cases import CaseRow
from store.visibility import Reader
from tests.support.costs import costs
from tests.support.days import day

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from tests.support.offices import Bench

COUNTY, BUREAU, SCHOOL, OTHER = "临溪县", "临溪县教育局", "临溪县第一小学", "北川县水利局"
TREE: Final = {COUNTY: "", BUREAU: COUNTY, SCHOOL: BUREAU, OTHER: ""}

# name of the case: unit, mark, who registered it
PLAIN, SECRET, CLUE, PROPOSED, ELSEWHERE, OWN = "plain", "secret", "clue", "proposed", "elsewhere", "own"


class Town:
    """A few cases in a small tree, and what each is."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.units: dict[str, int] = {"": 0}
        with bench.office.database.transaction() as session:
            for name, above in TREE.items():
                row = organisation.ensure_unit(session, name, "department", self.units[above] or None)
                session.flush()
                self.units[name] = row.id
        self.ids: dict[str, int] = {}
        self._open(PLAIN, BUREAU, found="01-05")
        self._open(SECRET, SCHOOL, found="01-06", confidentiality="work_secret")
        self._open(CLUE, BUREAU, found="01-07")
        bench.act(self.ids[CLUE], Act.TRANSFER, "01-20", receiver="市纪委监委")
        self._open(PROPOSED, OTHER, found="01-08")
        bench.act(self.ids[PROPOSED], Act.SERVE_ORDER, "01-12", term="15wd", authorization_note="经同意")
        bench.act(self.ids[PROPOSED], Act.PROPOSE_ACCOUNTABILITY, "01-13", grave=True)
        self._open(ELSEWHERE, OTHER, found="01-09", confidentiality="work_secret")
        self._open(OWN, OTHER, found="01-12")
        bench.act(self.ids[OWN], Act.SERVE_ORDER, "01-13", role=Role.HANDLER, user="甲", authorization_note="经同意")

    def _open(self, name: str, unit: str, found: str, **data: Any) -> None:
        self.ids[name] = self.bench.open(found, unit=unit, unit_kind="department", **data)

    def reader(self, role: Role, unit: str = "", territory: str = "", user: str = "某人") -> Reader:
        return Reader(user, role, self.units[unit], self.units[territory])

    def names(self, ids: list[int]) -> list[str]:
        known = {id_: name for name, id_ in self.ids.items()}
        return [known[id_] for id_ in ids]


@pytest.fixture(scope="module")
def town(sqlite_shared: Bench) -> Town:
    return Town(sqlite_shared)


ALL: Final = [PLAIN, SECRET, CLUE, PROPOSED, ELSEWHERE, OWN]
OPEN: Final = [PLAIN, CLUE, PROPOSED, OWN]
"""All that are no work secrets."""
SIGHT: Final[list[tuple[dict[str, Any], list[str]]]] = [
    ({"role": Role.DIRECTOR}, ALL),
    ({"role": Role.LEADER}, ALL),
    ({"role": Role.AUDITOR}, ALL),
    ({"role": Role.ARCHIVIST}, OPEN),
    ({"role": Role.INSPECTOR}, OPEN),
    ({"role": Role.HANDLER}, OPEN),
    # An inspector sees a work secret in which he or she took part: all were registered by “inspector”.
    ({"role": Role.INSPECTOR, "user": "inspector"}, ALL),
    ({"role": Role.DIRECTOR, "territory": COUNTY}, [PLAIN, SECRET, CLUE]),
    ({"role": Role.DIRECTOR, "territory": BUREAU}, [PLAIN, SECRET, CLUE]),
    ({"role": Role.DIRECTOR, "territory": SCHOOL}, [SECRET]),
    ({"role": Role.ARCHIVIST, "territory": COUNTY}, [PLAIN, CLUE]),
    ({"role": Role.HANDLER, "territory": COUNTY}, [PLAIN, CLUE]),
    ({"role": Role.HANDLER, "territory": COUNTY, "user": "甲"}, [PLAIN, CLUE, OWN]),
    ({"role": Role.DIRECTOR, "territory": COUNTY, "user": "甲"}, [PLAIN, SECRET, CLUE]),
    ({"role": Role.DISCIPLINE}, [CLUE, PROPOSED]),
    ({"role": Role.DISCIPLINE, "unit": BUREAU}, [CLUE, PROPOSED]),
    # The unit is not told of a clue that was handed over; a work secret of a unit below is not its own.
    ({"role": Role.HEAD, "unit": BUREAU}, [PLAIN]),
    ({"role": Role.LIAISON, "unit": COUNTY}, [PLAIN]),
    ({"role": Role.LIAISON, "unit": SCHOOL}, [SECRET]),
    ({"role": Role.HEAD, "unit": OTHER}, [PROPOSED, ELSEWHERE, OWN]),
    ({"role": Role.HEAD}, []),
    ({"role": Role.LIAISON}, []),
    ({"role": Role.ADMINISTRATOR}, []),
    ({"role": Role.SECURITY_ADMINISTRATOR}, []),
    ({"role": Role.AUDIT_ADMINISTRATOR}, []),
    ({"role": Role.SYSTEM}, []),
]


@pytest.mark.parametrize(
    "wanted",
    [Filter(state=State.ORDERED), Filter(light="red"), Filter(due_before=day("03-05")), Filter(due_from=day("03-05"))],
    ids=["state", "light", "due before", "due from"],
)
def test_a_filter_leads_to_the_few_cases_that_fit_unless_sight_is_to_lead(sqlite_bench: Bench, wanted: Filter) -> None:
    reader = Reader("某人", Role.DIRECTOR, 0)
    with sqlite_bench.office.database.reading() as session:
        for way, more in (("SEARCH", {}), ("SCAN", {"leads": False})):
            statement = select(CaseRow.id).where(*case_filters.fits(reader, wanted, **more))
            written = statement.compile(session.connection(), compile_kwargs={"literal_binds": True})
            plan = [row[3] for row in session.execute(text(f"EXPLAIN QUERY PLAN {written}"))]
            assert plan[0].startswith(way), plan


def test_a_list_by_due_day_asks_once_more_only_where_cases_without_one_have_room(sqlite_bench: Bench) -> None:
    for n in range(3):
        sqlite_bench.ordered(finding=f"问题{n}")

    def asked(wanted: Filter, limit: int) -> int:
        with costs(sqlite_bench) as found, sqlite_bench.office.database.reading() as session:
            case_lists.listed(session, Reader("某人", Role.DIRECTOR, 0), wanted, limit=limit, by_due=True)
        return found[0].statements

    full = asked(Filter(), 3)
    assert (asked(Filter(), 2), asked(Filter(), 4)) == (full, full + 1)
    assert asked(Filter(due_before=day("12-31")), 4) == full, "none without a due day is due before one"


@pytest.mark.parametrize("who", ["乙", "丙", "丁"])
def test_of_several_work_secrets_each_is_seen_by_those_who_had_a_part_in_that_one(
    sqlite_bench: Bench, who: str
) -> None:
    worked = {}
    for user, on in (("乙", "02-09"), ("丙", "02-10")):
        worked[user] = sqlite_bench.open("02-02", finding=f"{user}办理的问题", confidentiality="work_secret")
        note: dict[str, Any] = {"authorization_note": "经同意"}
        sqlite_bench.act(worked[user], Act.SERVE_ORDER, on, role=Role.HANDLER, user=user, **note)
    with sqlite_bench.office.database.reading() as session:
        seen = visibility.seen_among(session, Reader(who, Role.HANDLER, 0), worked.values())
    assert seen == {id_ for user, id_ in worked.items() if user == who}


@pytest.mark.parametrize(
    ("who", "seen"), SIGHT, ids=lambda value: "-".join(map(str, value.values())) if isinstance(value, dict) else ""
)
def test_lists_counts_and_the_feed_show_what_this_person_may_see_and_nothing_else(
    town: Town, who: dict[str, Any], seen: list[str]
) -> None:
    me = town.reader(**who)
    ids = [town.ids[name] for name in seen]
    states = {PLAIN: State.FOUND, SECRET: State.FOUND, CLUE: State.TRANSFERRED, PROPOSED: State.ORDERED}
    states |= {ELSEWHERE: State.FOUND, OWN: State.ORDERED}
    with town.bench.office.database.reading() as session:
        listed = [item.case.id for item in case_lists.listed(session, me, Filter())]
        assert town.names(listed) == seen
        assert sorted(_by_due(session, me)) == ids
        assert case_counts.counted(session, me, Filter()) == len(seen)
        in_state = Counter(states[name] for name in seen)
        assert case_counts.by_state(session, me) == {state: in_state[state] for state in State}
        assert [item.case.id for item in case_lists.some(session, me, list(town.ids.values()))] == ids
        assert {recorded.event.case_id for recorded in case_lists.events(session, me)} == set(ids)
        for name, id_ in town.ids.items():
            if name in seen:
                assert case_lists.case(session, me, id_).case.id == id_
            else:
                with pytest.raises(NotFound):
                    case_lists.case(session, me, id_)
        of_unit = [name for name in seen if name in (PLAIN, CLUE)]
        assert case_counts.counted(session, me, Filter(unit=BUREAU)) == len(of_unit)
        assert len(case_lists.listed(session, me, Filter(unit=BUREAU))) == len(of_unit)
        ordered = [name for name in seen if states[name] is State.ORDERED]
        assert case_counts.counted(session, me, Filter(state=State.ORDERED)) == len(ordered)
        assert counters.wrong(session) == 0


def _by_due(session: Session, me: Reader, **more: Any) -> list[int]:
    return [item.case.id for item in case_lists.listed(session, me, Filter(), by_due=True, **more)]


def test_a_work_secret_that_was_handed_over_is_seen_by_whoever_it_was_handed_to(sqlite_bench: Bench) -> None:
    case_id = sqlite_bench.open("01-06", unit=BUREAU, unit_kind="department", confidentiality="work_secret")
    with sqlite_bench.office.database.reading() as session:
        assert _by_due(session, Reader("纪委", Role.DISCIPLINE, 0)) == []
        with pytest.raises(NotFound):
            case_lists.require_visible(session, Reader("纪委", Role.DISCIPLINE, 0), case_id)
    sqlite_bench.act(case_id, Act.TRANSFER, "01-20", receiver="市纪委监委")
    with sqlite_bench.office.database.reading() as session:
        assert _by_due(session, Reader("纪委", Role.DISCIPLINE, 0)) == [case_id]
        case_lists.require_visible(session, Reader("纪委", Role.DISCIPLINE, 0), case_id)
        assert _by_due(session, Reader("档案", Role.ARCHIVIST, 0)) == []


def test_who_sees_everything_and_who_sees_all_of_the_office(town: Town) -> None:
    everything = {role for role in Role if visibility.is_everything(town.reader(role))}
    assert everything == {Role.INSPECTOR, Role.HANDLER, Role.DIRECTOR, Role.LEADER, Role.ARCHIVIST, Role.AUDITOR}
    assert not any(visibility.is_everything(town.reader(role, territory=COUNTY)) for role in Role)
    whole = {role for role in Role if visibility.sees_all_of_office(town.reader(role))}
    assert whole == {Role.DIRECTOR, Role.LEADER, Role.AUDITOR}
    assert not any(visibility.sees_all_of_office(town.reader(role, territory=COUNTY)) for role in Role)


def test_a_circle_in_the_tree_ends_where_it_began(town: Town) -> None:
    with town.bench.office.database.reading() as session:
        assert len(case_lists.listed(session, town.reader(Role.DIRECTOR, territory=COUNTY), Filter())) == 3


# --- filters, pages and counts -----------------------------------------------------------------------------------


def _found(town: Town, **wanted: Any) -> list[str]:
    """Return the cases that fit, by id and by due day, which must be the same ones; and their count."""
    me = town.reader(Role.DIRECTOR)
    with town.bench.office.database.reading() as session:
        listed = [item.case.id for item in case_lists.listed(session, me, Filter(**wanted))]
        by_due = [item.case.id for item in case_lists.listed(session, me, Filter(**wanted), by_due=True)]
        page = [item.case.id for item in case_lists.page_by_due(session, me, Filter(**wanted), skip=0, limit=50)]
        assert sorted(by_due) == listed == sorted(page) or wanted.get("text")
        assert case_counts.counted(session, me, Filter(**wanted)) == len(listed)
        small = town.reader(Role.DIRECTOR, territory=COUNTY)
        beside = [item.case.id for item in case_lists.listed(session, small, Filter(**wanted))]
        assert beside == [id_ for id_ in listed if id_ in {town.ids[name] for name in (PLAIN, SECRET, CLUE)}]
        assert case_counts.counted(session, small, Filter(**wanted)) == len(beside)
    return town.names(listed)


def test_every_filter_finds_what_fits(town: Town) -> None:
    assert _found(town, state=State.TRANSFERRED) == [CLUE]
    assert _found(town, states=(State.TRANSFERRED, State.ORDERED)) == [CLUE, PROPOSED, OWN]
    assert _found(town, state=State.FOUND, states=(State.FOUND, State.ORDERED)) == [PLAIN, SECRET, ELSEWHERE]
    assert _found(town, phases=(Phase.PROPOSED,)) == [PROPOSED]
    assert _found(town, phases=(Phase.PROPOSED, Phase.PLANNING)) == [PROPOSED, OWN]
    assert _found(town, light="green") == ALL
    assert _found(town, light="red") == []
    assert _found(town, unit=OTHER) == [PROPOSED, ELSEWHERE, OWN]
    assert _found(town, unit="没有这个单位") == []
    assert _found(town, ids=(town.ids[PLAIN], town.ids[OWN], 999)) == [PLAIN, OWN]
    assert _found(town, text="教育局") == [PLAIN, CLUE]
    assert _found(town, text="没有") == []
    assert _found(town, waiting=True) == []
    assert _found(town, approver=Role.LEADER) == []
    assert _found(town, running=True) == ALL  # of what was handed over the letter is still due
    assert _found(town, running=True, light="green", unit=BUREAU) == [PLAIN, CLUE]


def test_a_day_before_excludes_itself_and_a_day_from_includes_itself(town: Town) -> None:
    due = {name: town.bench.case(id_).next_due_on for name, id_ in town.ids.items()}
    first = due[PLAIN]
    assert first == day("01-19")
    assert (due[SECRET], due[ELSEWHERE], due[CLUE]) == (day("01-20"), day("01-23"), day("01-27"))
    assert _found(town, due_before=day("01-19")) == []
    assert _found(town, due_before=day("01-20")) == [PLAIN]
    assert _found(town, due_before=day("01-21")) == [PLAIN, SECRET]
    assert _found(town, due_from=day("01-19"), due_before=day("01-20")) == [PLAIN]
    assert _found(town, due_from=day("01-20"), due_before=day("01-21")) == [SECRET]
    assert _found(town, due_from=day("01-20"), due_before=day("01-20")) == []
    assert _found(town, due_before=day("01-21"), light="green") == [PLAIN, SECRET]
    assert _found(town, due_before=day("01-21"), unit=SCHOOL) == [SECRET]
    assert _found(town, due_before=day("01-21"), states=(State.FOUND,)) == [PLAIN, SECRET]
    me = town.reader(Role.DIRECTOR)
    with town.bench.office.database.reading() as session:
        between = case_lists.due_between(session, me, day("01-19"), day("01-20"), 10)
        assert town.names([item.case.id for item in between]) == [PLAIN, SECRET]
        assert len(case_lists.due_between(session, me, day("01-19"), day("01-20"), 1)) == 1
        assert case_lists.due_between(session, me, day("01-21"), day("01-22"), 10) == []
        late = case_counts.by_state(session, me, due_before=day("01-21"))
        assert {state: n for state, n in late.items() if n} == {State.FOUND: 2}
        unit = case_counts.by_state(session, town.reader(Role.HEAD, unit=BUREAU), due_before=day("01-21"))
        assert {state: n for state, n in unit.items() if n} == {State.FOUND: 1}
        part = case_counts.by_state(session, town.reader(Role.DISCIPLINE), due_before=day("01-27"))
        assert {state: n for state, n in part.items() if n} == {State.ORDERED: 1}
        letters = case_counts.by_state(session, town.reader(Role.DISCIPLINE))
        assert {state: n for state, n in letters.items() if n} == {State.ORDERED: 1, State.TRANSFERRED: 1}


@pytest.mark.parametrize("few", [0, 20_000], ids=["the filter leads", "looked through by unit"])
def test_pages_follow_each_other_by_due_day(town: Town, monkeypatch: pytest.MonkeyPatch, few: int) -> None:
    monkeypatch.setattr(case_counts, "FEW", few)
    me = town.reader(Role.DIRECTOR, territory=COUNTY)
    with town.bench.office.database.reading() as session:
        assert case_counts.is_few(session, me) is bool(few)
        assert town.names(_by_due(session, me)) == [PLAIN, SECRET, CLUE]
        assert town.names(_by_due(session, me, limit=2)) == [PLAIN, SECRET]
        assert town.names(_by_due(session, me, limit=3)) == [PLAIN, SECRET, CLUE]
        assert town.names(_by_due(session, me, after=town.ids[PLAIN])) == [SECRET, CLUE]
        listed = case_lists.listed(session, me, Filter(), after=town.ids[PLAIN], limit=1)
        assert town.names([item.case.id for item in listed]) == [SECRET]
        assert case_lists.listed(session, me, Filter(), after=town.ids[CLUE]) == []
        for skip, rest in ((0, [PLAIN, SECRET]), (1, [SECRET, CLUE]), (2, [CLUE]), (3, [])):
            page = case_lists.page_by_due(session, me, Filter(), skip=skip, limit=2)
            assert town.names([item.case.id for item in page]) == rest
        parts = case_lists.lists_by_due(
            session, me, [Filter(state=State.FOUND), Filter(state=State.ORDERED), Filter()], 2
        )
        assert [town.names([item.case.id for item in part]) for part in parts] == [[PLAIN, SECRET], [], [PLAIN, SECRET]]
        two = case_lists.listed(session, me, Filter(states=(State.TRANSFERRED, State.FOUND)), by_due=True, limit=3)
        assert town.names([item.case.id for item in two]) == [PLAIN, SECRET, CLUE]
        phases = case_lists.listed(session, me, Filter(phases=(Phase.DECIDING, Phase.DONE)), by_due=True)
        assert town.names([item.case.id for item in phases]) == [PLAIN, SECRET, CLUE]


def test_so_few_cases_are_looked_through_by_unit_as_the_bound_says(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    me = town.reader(Role.DIRECTOR, territory=COUNTY)  # three cases in sight
    with town.bench.office.database.reading() as session:
        for bound, few in ((2, False), (3, True), (4, True)):
            monkeypatch.setattr(case_counts, "FEW", bound)
            assert case_counts.is_few(session, me) is few
        assert not case_counts.is_few(session, town.reader(Role.DIRECTOR))
        assert case_counts.is_few(session, town.reader(Role.DIRECTOR), BUREAU)
        assert not case_counts.is_few(session, town.reader(Role.DISCIPLINE))


def test_a_count_that_no_tally_holds_ends_at_its_bound(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    me = town.reader(Role.DIRECTOR)
    with town.bench.office.database.reading() as session:
        for bound, told in ((1, "1+"), (2, "2"), (3, "2")):
            monkeypatch.setattr(case_counts, "COUNTED_TO", bound)
            assert f"{case_counts.counted(session, me, Filter(text='教育局'))}" == told


def test_a_count_that_was_not_carried_to_its_end_says_so_in_every_form() -> None:
    many = AtLeast(10_000)
    assert (str(many), repr(many), f"{many}", f"{many:d}") == ("10,000+",) * 4
    assert total([1, 2]) == 3
    assert not isinstance(total([1, 2]), AtLeast)
    assert f"{total([AtLeast(1_000), 2])}" == "1,002+"


@pytest.mark.parametrize("by_case", [0, 1_500], ids=["the history is walked", "looked up by case"])
def test_the_feed_goes_on_behind_a_place_and_stops_at_its_limit(
    town: Town, monkeypatch: pytest.MonkeyPatch, by_case: int
) -> None:
    monkeypatch.setattr(case_lists, "BY_CASE", by_case)
    with town.bench.office.database.reading() as session:
        for who in (
            town.reader(Role.DIRECTOR),
            town.reader(Role.DIRECTOR, territory=COUNTY),
            town.reader(Role.HANDLER),
        ):
            whole = [recorded.seq for recorded in case_lists.events(session, who)]
            assert whole == sorted(whole)
            assert [r.seq for r in case_lists.events(session, who, limit=2)] == whole[:2]
            assert [r.seq for r in case_lists.events(session, who, after=whole[0])] == whole[1:]
            assert case_lists.events(session, who, after=whole[-1]) == []
        me = town.reader(Role.DIRECTOR, territory=COUNTY)
        assert {r.event.case_id for r in case_lists.events(session, me)} == {
            town.ids[name] for name in (PLAIN, SECRET, CLUE)
        }


# --- the history -------------------------------------------------------------------------------------------------


def test_the_history_has_no_gaps_and_is_read_back_as_it_was_written(town: Town) -> None:
    with town.bench.office.database.reading() as session:
        whole = [recorded for batch in events.everything(session, batch=3) for recorded in batch]
        n = events.size(session)
        assert [recorded.seq for recorded in whole] == list(range(1, n + 1))
        behind = [recorded.seq for batch in events.everything(session, after=4, batch=2) for recorded in batch]
        assert behind == list(range(5, n + 1))
        stored = [row[0] for rows in events.stored_rows(session, after=2, batch=2) for row in rows]
        assert stored == list(range(3, n + 1))
        assert [row[15] for row in events.stored_rows_of(session, town.ids[OWN])] == [
            recorded.hash for recorded in events.history(session, town.ids[OWN])
        ]
        first, second = events.history(session, town.ids[OWN])
        assert (second.prev_hash, second.event.from_state, second.event.to_state) == (
            first.hash,
            State.FOUND,
            State.ORDERED,
        )
        assert (first.event.from_state, second.event.actor.user, second.event.actor.role) == (None, "甲", Role.HANDLER)
        assert second.event.occurred_on == day("01-13")
        limited = events.history_where(session, events.CASE_EVENTS.c.seq > 1, limit=2)
        assert [recorded.seq for recorded in limited] == [2, 3]


def test_words_that_stand_in_events_in_the_clear_are_counted(town: Town) -> None:
    with town.bench.office.database.reading() as session:
        assert events.events_with(session, []) == 0
        assert events.events_with(session, ["没有这个词"]) == 0
        assert events.events_with(session, [SCHOOL]) == 1
        assert events.events_with(session, [SCHOOL, "市纪委监委"]) == 2


def test_a_history_that_has_begun_keeps_its_hash_function(town: Town) -> None:
    with town.bench.office.database.transaction() as session:
        assert events.algorithm(session) == "sha256"
        assert events.choose_algorithm(session, "sm3") == "sha256"
