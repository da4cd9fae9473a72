"""Rows of which the log speaks, at their edges: said once, said again when they change, and said to be gone."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update

from states.commitments import opens
from states.sealing import canonical
from states.vocabulary import Act, Role
from store import accounts, events, office_events, organisation, outbox_messages, sealed_rows
from store.database import Database
from store.schema.accounts import PersonRow
from store.schema.events import LogHeadRow
from store.schema.organisation import UnitRow
from tests.support.days import at, day

if TYPE_CHECKING:
    from tests.support.databases import Databases
    from tests.support.offices import Bench

UNITS = sealed_rows.TABLES["units"]
PEOPLE = sealed_rows.TABLES["people"]


def _unit(bench: Bench, name: str, kind: str = "department") -> int:
    with bench.office.database.transaction() as session:
        return organisation.ensure_unit(session, name, kind).id


def _said(bench: Bench, sealed: sealed_rows.SealedTable, key: int) -> list[dict[str, Any] | None]:
    """Return all that the log has said of this row."""
    with bench.office.database.reading() as session:
        found = office_events.said_of(session, sealed.table.name)
        return [json.loads(data) for subject, data in found if subject == sealed.subject(key)]


# --- what is said ------------------------------------------------------------------------------------------------


def test_a_row_is_said_when_it_is_made_changed_or_taken_away_and_not_when_it_stays_the_same(
    sqlite_bench: Bench,
) -> None:
    database = sqlite_bench.office.database
    first, second = _unit(sqlite_bench, "第一局"), _unit(sqlite_bench, "第二局")
    made: dict[str, Any] = {"kind": "department", "name": "第一局", "parent_id": None}
    assert _said(sqlite_bench, UNITS, first) == [made]
    before = _length(sqlite_bench)
    with database.transaction() as session:
        session.execute(update(UnitRow).where(UnitRow.id == first).values(kind="department"))
    assert (_said(sqlite_bench, UNITS, first), _length(sqlite_bench)) == ([made], before)
    with database.transaction() as session:
        session.execute(update(UnitRow).where(UnitRow.id == first).values(kind="government"))
    assert _said(sqlite_bench, UNITS, first) == [made, made | {"kind": "government"}]
    assert len(_said(sqlite_bench, UNITS, second)) == 1
    with database.transaction() as session:
        session.execute(delete(UnitRow).where(UnitRow.id == first))
    assert _said(sqlite_bench, UNITS, first)[-1] is None
    with database.reading() as session:
        assert office_events.latest(session, [UNITS.subject(first)]) == {UNITS.subject(first): "null"}
        living = office_events.living(session, "units")
        assert UNITS.subject(second) in living
        assert UNITS.subject(first) not in living


def _length(bench: Bench) -> int:
    with bench.office.database.reading() as session:
        return office_events.count(session)


def test_a_change_of_all_rows_is_said_of_each(sqlite_bench: Bench) -> None:
    ids = [_unit(sqlite_bench, f"第{n}局") for n in range(3)]
    with sqlite_bench.office.database.transaction() as session:
        session.execute(update(UnitRow).values(kind="township"))
    assert [_said(sqlite_bench, UNITS, id_)[-1]["kind"] for id_ in ids] == ["township"] * 3  # type: ignore[index]


def test_a_row_that_came_and_went_in_one_transaction_was_never_there(sqlite_bench: Bench) -> None:
    before = _length(sqlite_bench)
    with sqlite_bench.office.database.transaction() as session:
        id_ = organisation.ensure_unit(session, "第一局", "department").id
        session.flush()
        session.execute(delete(UnitRow).where(UnitRow.id == id_))
    assert (_said(sqlite_bench, UNITS, id_), _length(sqlite_bench)) == ([], before)


def test_rows_that_nobody_could_name_are_not_written(sqlite_bench: Bench) -> None:
    with pytest.raises(TypeError, match="units"), sqlite_bench.office.database.transaction() as session:
        session.execute(insert(UnitRow).values(name="第一局", kind="department"))
    with sqlite_bench.office.database.reading() as session:
        assert session.scalars(select(UnitRow.name).where(UnitRow.name == "第一局")).all() == []


def test_an_unchanged_row_does_not_keep_a_changed_one_behind_it_from_being_said(sqlite_bench: Bench) -> None:
    first, second = _unit(sqlite_bench, "第一局"), _unit(sqlite_bench, "第二局")
    with sqlite_bench.office.database.transaction() as session:
        session.execute(update(UnitRow).where(UnitRow.id == first).values(kind="department"))
        session.execute(update(UnitRow).where(UnitRow.id == second).values(kind="government"))
    assert [len(_said(sqlite_bench, UNITS, key)) for key in (first, second)] == [1, 2]


STEPS = sealed_rows.TABLES["official_document_steps"]


def test_rows_with_a_key_of_two_columns_are_said_each_by_both_read_and_gone_through(sqlite_bench: Bench) -> None:
    documents, liu = sqlite_bench.office.documents, sqlite_bench.actor(Role.HANDLER, "liu")
    ids = [
        documents.draft(
            sqlite_bench.open("01-28", criteria="列入"), "order", {}, liu, day("02-05"), at("02-05")
        ).kept.id
        for _ in range(2)
    ]
    for id_ in ids:
        documents.change(id_, {"help_contact": "联系人"}, liu, day("02-06"), at("02-06"))
    keys: list[tuple[int | str, ...]] = [(id_, place) for id_ in ids for place in (1, 2)]
    subjects = [STEPS.subject(key) for key in keys]
    assert subjects == [f"official_document_steps/{id_}/{place}" for id_ in ids for place in (1, 2)]
    with sqlite_bench.office.database.reading() as session:
        assert [key for key, _data in office_events.said_of(session, STEPS.name)] == [
            subjects[0],
            subjects[2],
            subjects[1],
            subjects[3],
        ]
        wanted = [keys[0], keys[3], (ids[0], 3)]
        assert [STEPS.key_in(row) for row in sealed_rows.rows_of(session, STEPS, wanted)] == [keys[0], keys[3]]
        for batch in (1, 2, 3, 4, 5):
            parts = list(sealed_rows.batches(session, STEPS, batch=batch))
            assert [subject for part in parts for subject, _row, _salt in part] == subjects
            assert len(parts) == -(-4 // batch)
    with sqlite_bench.office.database.transaction() as session:
        assert sealed_rows.tell_of_all(session, STEPS, batch=3) == 4
        assert len(list(office_events.said_of(session, STEPS.name))) == 4


# --- salts -------------------------------------------------------------------------------------------------------


def _person(bench: Bench, username: str) -> int:
    unit = _unit(bench, "第一局")
    with bench.office.database.transaction() as session:
        return accounts.add_person(session, username, f"{username}某", Role.HEAD, unit).id


def _salts(bench: Bench, *keys: int) -> list[str | None]:
    with bench.office.database.reading() as session:
        subjects = [PEOPLE.subject(key) for key in keys]
        found = sealed_rows.salts_of(session, subjects)
        return [found.get(subject) for subject in subjects]


def test_what_is_personal_is_committed_with_a_salt_of_its_own_and_what_is_not_there_has_none(
    sqlite_bench: Bench,
) -> None:
    first, second = _person(sqlite_bench, "wang"), _person(sqlite_bench, "zhao")
    (said,) = _said(sqlite_bench, PEOPLE, first)
    assert said is not None
    (salt, other) = _salts(sqlite_bench, first, second)
    assert salt is not None
    assert salt != other
    assert opens(said["name"], salt, canonical(["name", "wang某"]))
    assert said["totp_secret"] is None
    assert (said["username"], said["role"]) == ("wang", "head")


def test_a_changed_row_gets_another_salt_and_an_unchanged_one_keeps_its_own(sqlite_bench: Bench) -> None:
    first, second = _person(sqlite_bench, "wang"), _person(sqlite_bench, "zhao")
    before = _salts(sqlite_bench, first, second)
    with sqlite_bench.office.database.transaction() as session:
        session.execute(update(PersonRow).where(PersonRow.id == first).values(name="王某"))
        session.execute(update(PersonRow).where(PersonRow.id == second).values(name="zhao某"))
    after = _salts(sqlite_bench, first, second)
    assert after[0] not in (None, before[0])
    assert after[1] == before[1]
    assert [len(_said(sqlite_bench, PEOPLE, key)) for key in (first, second)] == [2, 1]
    with sqlite_bench.office.database.reading() as session:
        assert sealed_rows.count_salts(session) == 2


def test_the_salt_of_a_row_that_is_taken_away_goes_with_it(sqlite_bench: Bench) -> None:
    with sqlite_bench.office.database.reading() as session:
        assert sealed_rows.count_salts(session) == 0
    first, second = _person(sqlite_bench, "wang"), _person(sqlite_bench, "zhao")
    with sqlite_bench.office.database.transaction() as session:
        session.execute(delete(PersonRow).where(PersonRow.id == first))
    gone, kept = _salts(sqlite_bench, first, second)
    assert (gone, kept is not None, _said(sqlite_bench, PEOPLE, first)[-1]) == (None, True, None)
    with sqlite_bench.office.database.reading() as session:
        assert sealed_rows.count_salts(session) == 1


# --- many rows ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 2, 3])
def test_however_many_rows_are_read_at_once_they_are_the_same(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    ids = [_person(sqlite_bench, name) for name in ("wang", "zhao", "liu")]
    subjects = [PEOPLE.subject(id_) for id_ in ids]
    with sqlite_bench.office.database.reading() as session:
        latest, salts = office_events.latest(session, subjects), sealed_rows.salts_of(session, subjects)
        rows = list(sealed_rows.rows_of(session, PEOPLE, ids))
        whole = [row for rows in sealed_rows.batches(session, PEOPLE) for row in rows]
        stored = list(office_events.stored(session))
    assert (len(latest), len(salts), [row["id"] for row in rows]) == (3, 3, ids)
    assert [(subject, salt) for subject, _, salt in whole] == [(subject, salts[subject]) for subject in subjects]
    with sqlite_bench.office.database.reading() as session:
        bare = [salt for rows in sealed_rows.batches(session, UNITS) for _subject, _row, salt in rows]
    assert set(bare) == {"0" * 32}, "a row without a salt has noughts in its place"
    monkeypatch.setattr(office_events, "_AT_ONCE", at_once)
    monkeypatch.setattr(sealed_rows, "_AT_ONCE", at_once)
    with sqlite_bench.office.database.reading() as session:
        assert office_events.latest(session, subjects) == latest
        assert sealed_rows.salts_of(session, subjects) == salts
        assert list(sealed_rows.rows_of(session, PEOPLE, ids)) == rows
        parts = list(sealed_rows.batches(session, PEOPLE, batch=at_once))
        assert [row for part in parts for row in part] == whole
        assert all(len(part) <= at_once for part in parts)
        assert list(office_events.stored(session, batch=at_once)) == stored
        assert list(office_events.stored(session, after=stored[0].id, batch=at_once)) == stored[1:]
    with sqlite_bench.office.database.transaction() as session:
        session.execute(update(PersonRow).values(name="某某"))
    assert [len(_said(sqlite_bench, PEOPLE, id_)) for id_ in ids] == [2, 2, 2]
    with sqlite_bench.office.database.reading() as session:
        assert sealed_rows.count_salts(session) == 3


def test_every_transaction_that_owes_messages_is_read_once_from_the_first_on(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    for n in range(3):
        sqlite_bench.ordered(unit=f"临溪市第{n}局", unit_kind="department")
    with sqlite_bench.office.database.reading() as session:
        known = list(office_events.owed(session))
        of_log = [json.loads(one.data) for one in office_events.stored(session) if one.kind == office_events.OWED]
    assert known == of_log
    assert len(known) >= 3
    monkeypatch.setattr(office_events, "_AT_ONCE", 1)
    with sqlite_bench.office.database.reading() as session:
        assert list(office_events.owed(session)) == known


def test_each_event_has_its_place_behind_those_of_cases_and_the_hash_of_its_canonical_form(
    sqlite_bench: Bench,
) -> None:
    sqlite_bench.ordered()
    _unit(sqlite_bench, "第一局")
    with sqlite_bench.office.database.reading() as session:
        stored = list(office_events.stored(session))
        assert [one.id for one in stored] == list(range(1, office_events.count(session) + 1))
        assert all(one.place == one.after_seq + one.id for one in stored)
        assert stored[-1].after_seq == events.size(session) == 2
    for one in stored:
        text = office_events.sealed_text(one.id, one.place, one.kind, one.subject, one.data)
        assert one.hash == sha256(text.encode()).hexdigest()


def test_the_canonical_form_names_its_hash_function_unless_it_is_sha_256() -> None:
    plain = office_events.sealed_text(1, 3, "row", "units/7", '{"name":"局"}')
    assert plain == '{"data":{"name":"局"},"id":1,"kind":"row","place":3,"subject":"units/7"}'
    assert office_events.sealed_text(1, 3, "row", "units/7", '{"name":"局"}', "sm3") == (
        '{"algorithm":"sm3",' + plain.removeprefix("{")
    )


def test_a_database_of_before_is_said_row_by_row_once(sqlite_bench: Bench) -> None:
    first = _unit(sqlite_bench, "第一局")
    before = _length(sqlite_bench)
    with sqlite_bench.office.database.transaction() as session:
        total = sealed_rows.baseline(session, batch=2)
    assert total >= 1
    assert _length(sqlite_bench) == before, "what the log has said already is not said again"
    assert len(_said(sqlite_bench, UNITS, first)) == 1


def test_the_messages_of_a_database_of_before_are_said_with_its_rows(sqlite_bench: Bench) -> None:
    sqlite_bench.ordered()
    with sqlite_bench.office.database.transaction() as session:
        known = [outbox_messages.as_owed(row) for rows in outbox_messages.messages(session) for row in rows]
        before = len(list(office_events.owed(session)))
        assert sealed_rows.baseline(session, batch=2) > len(known) > 2
    with sqlite_bench.office.database.reading() as session:
        said = list(office_events.owed(session))[before:]
    assert [len(group) for group in said[:-1]] == [2] * (len(said) - 1)
    assert [tuple(one) for group in said for one in group] == [tuple(one) for one in known]


# --- columns that came later, and words in the clear -------------------------------------------------------------


def test_a_column_that_came_later_is_said_where_it_holds_something() -> None:
    units = sealed_rows.SealedTable(name="units", clear=("name",), later=("parent_id",))
    assert units.columns == ("name", "parent_id")
    assert units.data({"name": "局", "parent_id": None}, "", "sha256") == '{"name":"局"}'
    assert units.data({"name": "局", "parent_id": 0}, "", "sha256") == '{"name":"局","parent_id":0}'


@pytest.mark.parametrize("batch", [1, 2, 3, 4, 500])
def test_a_column_that_came_later_is_told_of_rows_that_the_log_knows_and_beside_what_it_said_of_them(
    sqlite_bench: Bench, batch: int
) -> None:
    ids = [_unit(sqlite_bench, f"第{n}局") for n in range(3)]
    empty = _unit(sqlite_bench, "第三局")
    with sqlite_bench.office.database.engine.begin() as connection:  # unsaid, as before the log spoke of the column
        unknown = {"id": 99, "name": "不知道的局", "kind": "government", "parent_id": empty}
        connection.execute(UNITS.table.insert(), [unknown])
        connection.execute(update(UNITS.table).where(UNITS.table.c.id.in_(ids)).values(parent_id=empty, kind="altered"))
    before = _length(sqlite_bench)
    with sqlite_bench.office.database.transaction() as session:
        assert sealed_rows.tell_of_later(session, "units", ("parent_id",), batch=batch) == 3
    assert _length(sqlite_bench) == before + 3
    for n, id_ in enumerate(ids):
        told = _said(sqlite_bench, UNITS, id_)[-1]
        assert told == {"kind": "department", "name": f"第{n}局", "parent_id": empty}
    assert (len(_said(sqlite_bench, UNITS, empty)), _said(sqlite_bench, UNITS, 99)) == (1, [])


def test_words_that_stand_in_the_clear_outside_cases_are_counted_and_signs_are_only_signs(sqlite_bench: Bench) -> None:
    _unit(sqlite_bench, "临溪市50%局a_b")
    _unit(sqlite_bench, "临溪市水利局")
    with sqlite_bench.office.database.reading() as session:
        counts = [office_events.events_with(session, words) for words in ([], ["没有"], ["水利"], ["水利", "50%"])]
        assert counts == [0, 0, 1, 2]
        assert [office_events.events_with(session, [word]) for word in ("a_b", "5_%", "a%b")] == [1, 0, 0]


# --- the history of cases ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("at_once", [1, 2, 1000])
def test_histories_of_several_cases_are_those_of_each(
    sqlite_bench: Bench, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    ids = [sqlite_bench.ordered(unit=f"临溪市第{n}局", unit_kind="department") for n in range(3)]
    sqlite_bench.act(ids[1], Act.SUBMIT_PLAN, "02-10")
    monkeypatch.setattr(events, "MOST_AT_ONCE", at_once)
    with sqlite_bench.office.database.reading() as session:
        each = [events.history(session, id_) for id_ in ids]
        assert list(events.histories(session, ids)) == each
        assert list(events.histories(session, ids[::-1])) == each[::-1]
        assert list(events.histories(session, [])) == []
        served = [recorded.event.case_id for recorded in events.acts_of(session, ids, [Act.SERVE_ORDER])]
        assert served == ids
        both = events.acts_of(session, ids, [Act.SUBMIT_PLAN, Act.SERVE_ORDER])
        assert len(both) == 4
        assert events.acts_of(session, ids[:1], [Act.SUBMIT_PLAN]) == []
        assert sorted(events.days_of(session, ids, [Act.SERVE_ORDER])) == [(id_, day("02-06")) for id_ in ids]
        days = events.days_of(session, ids, [Act.SUBMIT_PLAN, Act.REGISTER_FINDING])
        assert sorted(days) == sorted([*((id_, day("01-28")) for id_ in ids), (ids[1], day("02-10"))])
        for id_, known in zip(ids, each, strict=True):
            stored = events.stored_rows_of(session, id_)
            assert [(row[1], row[15]) for row in stored] == [(id_, recorded.hash) for recorded in known]


def test_the_history_has_one_head_and_its_length(sqlite_bench: Bench) -> None:
    with sqlite_bench.office.database.reading() as session:
        assert (events.heads(session), events.size(session)) == (1, 0)


def test_a_history_whose_head_was_lost_has_none(databases: Databases) -> None:
    url = databases.fresh("sqlite")
    database = Database(url)
    with database.transaction() as session:
        session.execute(delete(LogHeadRow))
        assert events.heads(session) == 0
    database.close()
    databases.drop(url)


def test_messages_that_the_very_first_event_owes_are_read_too(databases: Databases) -> None:
    url = databases.fresh("sqlite")
    database = Database(url)
    for owed in (["一"], ["二"]):
        with database.transaction() as session:
            office_events.append(session, [office_events.owing([owed])])
    with database.reading() as session:
        assert [one.id for one in office_events.stored(session)] == [1, 2]
        assert list(office_events.owed(session)) == [[["一"]], [["二"]]]
    database.close()
    databases.drop(url)


def test_a_database_of_before_of_which_nothing_was_said_is_said_whole(databases: Databases) -> None:
    url = databases.fresh("sqlite")
    database = Database(url)
    with database.transaction() as session:
        session.connection().execute(
            UNITS.table.insert(), [{"name": f"第{n}局", "kind": "department"} for n in range(5)]
        )
    with database.transaction() as session:
        assert office_events.count(session) == 0
        known = len(list(session.scalars(select(UnitRow.id))))
        assert sealed_rows.baseline(session, batch=2) >= known == 5
    with database.reading() as session:
        assert len(office_events.living(session, "units")) == 5
        assert sorted(json.loads(data)["name"] for _, data in office_events.said_of(session, "units")) == [
            f"第{n}局" for n in range(5)
        ]
    database.close()
    databases.drop(url)
