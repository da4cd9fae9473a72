"""The calendar has every running deadline of every case on its day, within sight, whatever happens to the case."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete, update

from states.vocabulary import Act, Role
from store import cases, deadline_days, organisation
from store.schema.cases import CaseDeadlineRow
from store.visibility import Reader
from tests.support.offices import UNIT, Bench, at, day
from tests.support.visitors import Arrivals

if TYPE_CHECKING:
    from datetime import date

EVERYBODY = Reader("主任", Role.DIRECTOR, 0)
FIRST, LAST = day("01-01"), day("12-31")
OTHER_UNIT = "临溪市民政局"


def shown(
    bench: Bench, reader: Reader = EVERYBODY, first: date = FIRST, last: date = LAST
) -> list[tuple[date, str, int]]:
    with bench.office.database.reading() as session:
        found = deadline_days.between(session, reader, first, last, 500)
        counts = deadline_days.counts(session, reader, first, last)
    assert sum(counts.values()) == len(found)
    return [(one.on, one.kind, one.stored.case.id) for one in found]


def owed(bench: Bench, among: list[int]) -> list[tuple[date, str, int]]:
    lines = [(line, id_) for id_ in among for line in bench.case(id_).running if line.party != "right"]
    found = {(line.due_on, line.kind, id_) for line, id_ in lines}
    return sorted(found, key=lambda one: (one[0], one[2], one[1]))


def test_every_deadline_is_on_its_day_and_not_only_the_next(bench: Bench) -> None:
    two, reported = bench.ordered("02-06"), bench.ordered("02-06", unit=OTHER_UNIT)
    assert len(owed(bench, [two])) > 1
    assert shown(bench) == owed(bench, [two, reported])
    bench.act(reported, Act.SUBMIT_REPORT, "02-12")
    bench.act(two, Act.SUSPEND, "02-12", role=Role.DIRECTOR, reason="不可抗力")
    assert shown(bench) == owed(bench, [two, reported])
    bench.act(two, Act.RESUME, "02-26", role=Role.DIRECTOR)
    bench.pass_days("02-27", "03-20")
    assert shown(bench) == owed(bench, [two, reported])
    (on, *_rest), *_others = shown(bench)
    assert [one[0] for one in shown(bench, first=on, last=on)] == [one[0] for one in shown(bench) if one[0] == on]
    with bench.office.database.reading() as session:
        assert deadline_days.wrong(session) == 0
        unit = organisation.unit_by_name(session, OTHER_UNIT).id
        assert len(cases.listed(session)) == 2
    assert shown(bench, Reader("联络员", Role.LIAISON, unit)) == owed(bench, [reported])
    assert bench.office.proofs.verify().ok


def test_days_that_were_altered_are_noticed_and_at_night_written_anew(bench: Bench) -> None:
    case = bench.ordered("02-06")
    for spoil in (delete(CaseDeadlineRow), update(CaseDeadlineRow).values(due_on=day("12-01"))):
        with bench.office.database.transaction() as session:
            session.execute(spoil)
        assert "calendar" in str(bench.office.proofs.verify().first_wrong)
        assert any(line.startswith("calendar: ") for line in bench.office.rounds.rebuild(at("02-10")).differing)
        assert shown(bench) == owed(bench, [case])
        assert bench.office.rounds.rebuild(at("02-11")).differing == ()


def test_the_pages_of_a_month_and_of_a_year_have_them_all(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered("02-06", term="3m")
    days = owed(sqlite_bench, [case])
    with Arrivals(sqlite_bench) as arrivals:
        head = arrivals.come("head", Role.HEAD, UNIT)
        for on, _kind, _case in days:
            page = head.read(f"/deadlines?month={on:%Y-%m}&day={on.day}").text
            assert page.count(f'<a href="/cases/{case}"') >= 2
        year = head.read("/deadlines?year=2026").text
        assert all(
            f"/deadlines?month={on:%Y-%m}&amp;day={on.day}#chosen".removeprefix("/deadlines") in year for on, *_ in days
        )
        assert f"全年{len(days)}个期限" in year
        assert head.read("/deadlines?year=x").status_code == 422
