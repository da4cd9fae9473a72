"""What happens outside cases stands in the same log: who did it, what was sent, who holds which post."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import orjson
import pytest
from sqlalchemy import insert, text, update

from audit.replay import known, until
from states.commitments import commitment, opens
from states.errors import NotFound
from states.vocabulary import Act, Role
from store import accounts, admin_log, leaves, office_events, organisation, unit_posts
from store.database import Database
from store.schema.organisation import UnitRow
from tests.support.offices import ZONE, Bench, at

if TYPE_CHECKING:
    from collections.abc import Callable


NOW = at("03-01")


def _said(bench: Bench, table: str) -> list[tuple[str, object]]:
    with bench.office.database.reading() as session:
        return [(subject, orjson.loads(data)) for subject, data in office_events.said_of(session, table)]


def _add(bench: Bench, name: str, role: Role = Role.HEAD) -> int:
    with bench.office.database.transaction() as session:
        unit = organisation.ensure_unit(session, "第一局").id
        person = accounts.add_person(session, name, f"{name}某", role, unit)
        admin_log.note(session, "admin", "administrator", "add", name, at("02-01"))
        return person.id


def test_an_administrators_entry_is_a_leaf_of_the_signed_log(bench: Bench) -> None:
    bench.ordered()
    _add(bench, "wang")
    (_subject, entry) = _said(bench, "administration")[-1]
    assert entry == {
        "at": "2026-02-01T02:00:00.000000Z",
        "detail": "",
        "role": "administrator",
        "what": "add",
        "who": "admin",
        "whom": "wang",
    }
    made = bench.office.signing.checkpoint(at("02-07"))
    assert made is not None
    with bench.office.database.reading() as session:
        assert made.checkpoint.size == leaves.size(session)
    assert bench.office.proofs.verify().ok


def test_who_held_which_post_is_the_fold_of_the_log(bench: Bench) -> None:
    first, second = _add(bench, "wang"), _add(bench, "zhao")
    with bench.office.database.transaction() as session:
        post = unit_posts.ensure_post(session, organisation.ensure_unit(session, "第一局").id, "局长", "head").id
        unit_posts.appoint(session, post, first, date(2026, 1, 5))
    with bench.office.database.transaction() as session:
        unit_posts.appoint(session, post, second, date(2026, 3, 1))
    held = [(said["person_id"], said["until_on"]) for _subject, said in _said(bench, "appointments")]  # type: ignore[index]
    assert held == [(first, None), (first, "2026-02-28"), (second, None)]
    assert bench.office.proofs.verify().ok


def test_a_name_stands_in_the_log_as_a_commitment_whose_salt_goes_when_it_is_erased(bench: Bench) -> None:
    _add(bench, "wang")
    before = _said(bench, "people")
    assert "wang某" not in str(before)
    with bench.office.database.transaction() as session:
        accounts.forget(session, "wang", [], [], at("02-02"))
    after = _said(bench, "people")
    assert after[: len(before)] == before, "what was said stays"
    with bench.office.database.reading() as session:
        salts = session.scalars(text("SELECT salt FROM row_salts")).all()
    name = before[0][1]["name"]  # type: ignore[index]
    assert not any(opens(name, salt, '["name","wang某"]') for salt in salts)
    assert bench.office.proofs.verify().ok


def test_an_act_that_owes_messages_names_each_of_them(bench: Bench) -> None:
    case = bench.ordered()
    with bench.office.database.reading() as session:
        owed = [item for batch in office_events.owed(session) for item in batch]
    assert {(item[0], item[1], item[2]) for item in owed} == {(case, 1, "registered"), (case, 2, "order_served")}
    assert len(owed) == len(bench.told(case))


@pytest.mark.parametrize(
    "write",
    [
        lambda session: session.execute(update(UnitRow).where(UnitRow.name == "第一局").values(kind="village")),
        lambda session: organisation.place_unit(
            session, organisation.ensure_unit(session, "第一局").id, organisation.ensure_unit(session, "市政府").id
        ),
    ],
)
def test_whichever_way_a_row_is_written_the_log_hears_of_it(bench: Bench, write: Callable[..., object]) -> None:
    bench.ordered(unit="第一局")
    with bench.office.database.transaction() as session:
        write(session)
    verdict = bench.office.proofs.verify()
    assert verdict.ok, verdict.first_wrong


def test_a_way_of_writing_that_the_log_would_not_hear_of_is_refused(bench: Bench) -> None:
    with pytest.raises(TypeError, match="units"), bench.office.database.transaction() as session:
        session.execute(insert(UnitRow).values(name="第九局", kind="department"))


def test_what_was_rolled_back_is_said_of_nobody(bench: Bench) -> None:
    bench.ordered()
    before = len(_said(bench, "people"))

    def add_and_fail() -> None:
        with bench.office.database.transaction() as session:
            accounts.add_person(session, "li", "li", Role.HEAD, None)
            organisation.place_unit(session, 999_999, None)

    with pytest.raises(NotFound):
        add_and_fail()
    assert len(_said(bench, "people")) == before
    assert bench.office.proofs.verify().ok


def test_a_database_of_before_is_taken_into_the_log_as_it_is_and_its_checkpoints_still_hold(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cases.unit_of_work.commitment", _commitment_of_before)
        bench.ordered()
    _add(bench, "wang")
    bench.office.signing.checkpoint(at("02-06"))  # the key is there from now on
    _forget_the_log(bench)
    old = bench.office.signing.checkpoint(at("02-07"))
    assert old is not None
    assert old.checkpoint.size == 2, "before, only events of cases were leaves"
    with bench.office.database.reading() as session:
        assert ":v2:" not in str(session.scalars(text("SELECT token FROM personal_data")).all())
    assert not bench.office.proofs.verify().ok
    again = Database(bench.settings.database)
    again.migrate()
    again.close()
    verdict = bench.office.proofs.verify([old.note])
    assert verdict.ok, verdict.first_wrong
    bench.ordered(unit="第二局")
    assert bench.office.signing.checkpoint(at("02-08")) is not None
    assert bench.office.proofs.verify([old.note]).ok


def _commitment_of_before(algorithm: str, salt: str, value: str) -> str:
    from hashlib import new  # noqa: PLC0415  # only here

    return f"committed:{algorithm}:{new(algorithm, f'{salt}:{value}'.encode()).hexdigest()}"


def _forget_the_log(bench: Bench) -> None:
    """Leave the database as a release of before the one log would have written it."""
    with bench.office.database.engine.begin() as connection:
        triggers = connection.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")).all()
        for trigger in triggers:
            connection.execute(text(f"DROP TRIGGER {trigger.name}"))
        for statement in (
            "DELETE FROM checkpoints",
            "DELETE FROM office_events",
            "DELETE FROM row_salts",
            "UPDATE log_head SET others = 0",
        ):
            connection.execute(text(statement))
        for trigger in triggers:
            connection.execute(text(trigger.sql))


def test_a_salt_cannot_lend_its_letters_to_the_value_in_new_histories_or_old() -> None:
    salt, value = "ab" * 16, "张三未履职"
    for token in (commitment("sha256", salt, value), _commitment_of_before("sha256", salt, value)):
        assert opens(token, salt, value)
        for other_salt, other_value in (
            (salt[:-2], salt[-2:] + value),
            ("", f"{salt}:{value}"),
            (f"{salt}:张三", "未履职"),
            (salt.upper(), value),
        ):
            assert not opens(token, other_salt, other_value)
    assert not opens("committed:v2:md5:00", salt, value)


def test_an_old_commitment_could_be_split_elsewhere_if_salts_had_any_length() -> None:
    salt, value = "ab" * 16, "张三:未履职"
    token = _commitment_of_before("sha256", salt, value)
    assert _commitment_of_before("sha256", f"{salt}:张三", "未履职") == token, "the attack that is refused above"


# --- replay by what was known -----------------------------------------------------------------------------------------


def test_a_late_entry_is_there_by_all_that_is_known_now_and_not_by_what_was_known_then(bench: Bench) -> None:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_PLAN, "02-10")
    actor = bench.actor(Role.LIAISON)
    from states.command import Command  # noqa: PLC0415  # only here

    command = Command(act=Act.ACKNOWLEDGE, actor=actor, on=date(2026, 2, 9), data={}, case_id=case)
    bench.desk.do(command, at("02-20"))
    by_now = bench.office.proofs.replay(case, at("02-12", 23), NOW)
    assert [found.event.act for found in by_now.events][-1] is Act.ACKNOWLEDGE
    then = bench.office.proofs.replay(case, at("02-12", 23), NOW, at("02-12", 23))
    assert [found.event.act for found in then.events][-1] is Act.SUBMIT_PLAN
    on_the_day = bench.office.proofs.replay(case, None, NOW, at("02-20"))
    assert [found.event.act for found in on_the_day.events][-1] is Act.ACKNOWLEDGE
    day_before = bench.office.proofs.replay(case, None, NOW, at("02-19", 23, 59))
    assert [found.event.act for found in day_before.events][-1] is Act.SUBMIT_PLAN
    with pytest.raises(NotFound):
        bench.office.proofs.replay(case, None, NOW, at("01-01"))
    history = bench.history(case)
    assert len(known(history, at("02-12"))) == len(until(history, at("02-12"), ZONE)) - 1
