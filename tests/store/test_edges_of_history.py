"""The history at its edges: what it refuses to hold, what is found in it, and when its hash function may be chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import select, update

from states.vocabulary import Act
from store import events
from store.database import Database
from store.events import Sealed
from store.installation import RulesChanged
from store.schema.events import LogHeadRow
from tests.support.days import at

if TYPE_CHECKING:
    from pathlib import Path

    from sqlalchemy.orm import Session

    from tests.support.databases import Databases
    from tests.support.offices import Bench


def _others(session: Session) -> int:
    return session.scalars(select(LogHeadRow.others)).one()


@pytest.mark.parametrize("foreign", ["calendar_hash", "policy_hash"])
def test_an_event_of_rules_that_are_not_in_force_is_not_written(sqlite_bench: Bench, foreign: str) -> None:
    case_id = sqlite_bench.open("01-05")
    with sqlite_bench.office.database.reading() as session:
        (first,) = events.history(session, case_id)
        length = events.size(session)
    changed: dict[str, Any] = {foreign: "0" * 64}
    strange = first.event._replace(case_id=case_id + 1, **changed)
    sealed = Sealed(event=strange, data=first.data, prev_hash="0" * 64, hash="1" * 64)
    with pytest.raises(RulesChanged), sqlite_bench.office.database.transaction() as session:
        events.append(session, [sealed])
    with sqlite_bench.office.database.reading() as session:
        assert events.size(session) == length


def test_events_that_are_written_together_stand_one_behind_the_other_and_are_read_in_parts_of_any_size(
    sqlite_bench: Bench,
) -> None:
    case_id = sqlite_bench.open("01-05")
    with sqlite_bench.office.database.reading() as session:
        (first,) = events.history(session, case_id)
    together = [
        Sealed(event=first.event._replace(case_seq=n), data=first.data, prev_hash="0" * 64, hash=f"{n}" * 64)
        for n in range(2, 6)
    ]
    with sqlite_bench.office.database.transaction() as session:
        assert events.append(session, together) == 5
    whole = [(n, case_id, n) for n in range(1, 6)]
    with sqlite_bench.office.database.reading() as session:
        for batch in range(1, 7):
            parts = list(events.stored_rows(session, batch=batch))
            assert [tuple(row[:3]) for rows in parts for row in rows] == whole
            assert [len(rows) for rows in parts[:-1]] == [batch] * (len(parts) - 1)
            read = [recorded for rows in events.everything(session, batch=batch) for recorded in rows]
            assert [(one.seq, one.event.case_id, one.event.case_seq) for one in read] == whole


def test_every_event_that_names_evidence_is_found_once(sqlite_bench: Bench, tmp_path: Path) -> None:
    named = []
    for n, day in enumerate(("02-10", "02-11", "02-12")):
        kept = tmp_path / f"{n}.txt"
        kept.write_text(f"第{n}份", "utf-8")
        case_id = sqlite_bench.open("01-05", unit=f"临溪市第{n}局", unit_kind="department")
        evidence = sqlite_bench.keep_evidence(kept, at(day))
        sqlite_bench.act(case_id, Act.SERVE_ORDER, "01-12")
        sqlite_bench.act(case_id, Act.SUBMIT_REPORT, day, evidence=[evidence])
        named.append(case_id)
    with sqlite_bench.office.database.reading() as session:
        found = [recorded.event for recorded in events.with_evidence(session)]
    reported = [event for event in found if event.act is Act.SUBMIT_REPORT]
    assert [event.case_id for event in reported] == named
    assert len({(event.case_id, event.case_seq) for event in found}) == len(found)


def test_the_latest_act_of_each_case_is_the_one_of_its_version(sqlite_bench: Bench) -> None:
    served, found = sqlite_bench.open("01-05"), sqlite_bench.open("01-06", unit="临溪市水利局", unit_kind="department")
    sqlite_bench.act(served, Act.SERVE_ORDER, "01-12")
    with sqlite_bench.office.database.reading() as session:
        assert events.latest_acts(session, []) == {}
        assert events.latest_acts(session, [served, found]) == {
            served: Act.SERVE_ORDER,
            found: Act.REGISTER_FINDING,
        }
        assert events.latest_acts(session, [found]) == {found: Act.REGISTER_FINDING}


def test_signs_that_a_search_of_the_database_knows_are_only_signs(sqlite_bench: Bench) -> None:
    sqlite_bench.open("01-05", unit="临溪市50%局a_b", unit_kind="department")
    with sqlite_bench.office.database.reading() as session:
        assert [events.events_with(session, [word]) for word in ("50%", "a_b", "5_%", "a%b")] == [1, 1, 0, 0]


def test_a_hash_function_is_chosen_before_the_first_event_of_any_kind(databases: Databases) -> None:
    url = databases.fresh("sqlite")
    database = Database(url)
    with database.transaction() as session:
        assert _others(session) == 0
        assert events.choose_algorithm(session, "sm3") == "sm3"
        assert events.choose_algorithm(session, "sha256") == "sha256"
    with database.transaction() as session:
        session.execute(update(LogHeadRow).values(others=1))
        assert events.choose_algorithm(session, "sm3") == "sha256"
    database.close()
    databases.drop(url)
