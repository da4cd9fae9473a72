"""Personal texts that were erased, that came back, that were altered or lost: what `verify` says; and when they go."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text

from cases import erasure
from config.policy import find_policy, read_policy
from states.case import Actor
from states.clue import ClueSource
from states.errors import BadData, NotPermitted
from states.recount import How
from states.vocabulary import Act, Role
from store import accounts, evidence, health, organisation, personal_data, proposals
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench

ARCHIVIST = Actor(user="guan", role=Role.ARCHIVIST)
SHIPPED = find_policy("sichuan-2017").read_text("utf-8")


def _named(bench: Bench, who: str) -> int:
    case = bench.ordered("02-06")
    bench.act(case, Act.SUBMIT_REPORT, "02-13", signed_by=who)
    return case


def _wrong(bench: Bench) -> str:
    verdict = bench.office.proofs.verify()
    return "" if verdict.ok else str(verdict.first_wrong)


def _personal(bench: Bench, statement: str, **values: object) -> None:
    with bench.office.database.transaction() as session:
        session.execute(text(statement), values)


def _erased(bench: Bench, who: str) -> list[tuple[object, ...]]:
    """Erase whoever bears this name; return the rows that held the name."""
    with bench.office.database.reading() as session:
        rows = [
            tuple(row) for row in session.execute(text("SELECT * FROM personal_data WHERE value = :who"), {"who": who})
        ]
    with bench.office.database.transaction() as session:
        accounts.add_person(session, "gone", who, Role.HEAD, organisation.ensure_unit(session, UNIT).id)
    erasure.erase_person(bench.office.desk, "gone", [], ARCHIVIST, "申请", at("02-27"))
    return rows


def test_what_was_erased_by_the_law_is_not_missed(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    assert _wrong(sqlite_bench) == ""
    assert len(_erased(sqlite_bench, "张三")) == 1
    assert _wrong(sqlite_bench) == ""


def test_what_is_lost_without_an_erasure_is_found(sqlite_bench: Bench) -> None:
    case = _named(sqlite_bench, "张三")
    _personal(sqlite_bench, "DELETE FROM personal_data WHERE value = :who", who="张三")
    assert "personal data are missing" in _wrong(sqlite_bench)
    assert str(case) in _wrong(sqlite_bench)


def test_what_was_altered_is_found(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    _personal(sqlite_bench, "UPDATE personal_data SET value = '李四' WHERE value = :who", who="张三")
    assert "not those that its events have committed" in _wrong(sqlite_bench)


def test_what_comes_back_after_an_erasure_is_found(sqlite_bench: Bench) -> None:
    _named(sqlite_bench, "张三")
    (row,) = _erased(sqlite_bench, "张三")
    places = ", ".join(f":c{place}" for place in range(len(row)))
    _personal(
        sqlite_bench,
        f"INSERT INTO personal_data VALUES ({places})",
        **{f"c{place}": value for place, value in enumerate(row)},
    )
    assert "keeps personal data that an event says are erased" in _wrong(sqlite_bench)


def test_what_no_event_ever_committed_is_found(sqlite_bench: Bench) -> None:
    case = _named(sqlite_bench, "张三")
    _personal(
        sqlite_bench,
        "UPDATE personal_data SET token = 'committed:sha256:' || :zeros WHERE value = '张三'",
        zeros="0" * 64,
    )
    assert "no event has committed" in _wrong(sqlite_bench)
    assert str(case) in _wrong(sqlite_bench)


@pytest.mark.parametrize("name", ["张三", "李四"])
def test_erasing_one_person_leaves_the_other(sqlite_bench: Bench, name: str) -> None:
    cases = {who: _named(sqlite_bench, who) for who in ("张三", "李四")}
    _erased(sqlite_bench, name)
    for who, case in cases.items():
        told = sqlite_bench.history(case)[2].event.data["signed_by"]
        assert (told == who) is (who != name)
    assert _wrong(sqlite_bench) == ""


# --- what is erased when, and what stays until it can go ---------------------------------------------------------


def _over(bench: Bench, who: str, on: str) -> int:
    """Let a case be closed on a day; return it."""
    case = _named(bench, who)
    _close(bench, case, on)
    return case


def _close(bench: Bench, case: int, on: str) -> None:
    bench.act(case, Act.VERIFY_PASS, on, verifiers=["甲", "乙"])
    bench.act(case, Act.APPROVE_CLOSURE, on)


@pytest.mark.parametrize(("today", "is_due"), [("2036-02-25", False), ("2036-02-26", False), ("2036-02-27", True)])
def test_personal_data_are_kept_to_the_end_of_the_last_day_of_their_term(
    sqlite_bench: Bench, today: str, is_due: bool
) -> None:
    case = _over(sqlite_bench, "张三", "02-26")
    sqlite_bench.ordered()  # is not over
    found = erasure.due_for_erasure(sqlite_bench.desk, at(today))
    assert [one.case_id for one in found] == ([case] if is_due else [])
    assert all((one.over_on, one.since) == (day("2026-02-26"), day("2036-02-26")) for one in found)


def test_a_case_whose_policy_keeps_everything_for_good_is_never_due_and_holds_up_no_other(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    bench, path = sqlite_bench, tmp_path / "for-good.toml"
    path.write_text("\n".join(line for line in SHIPPED.splitlines() if not line.startswith("retention")), "utf-8")
    for_good = _named(bench, "张三")
    change, leader = bench.office.policy_change, Actor(user="书记", role=Role.LEADER)
    id_ = change.propose(read_policy(path), path.read_text("utf-8"), How.KEEP, "主任", at("02-14"))
    change.decide(id_, proposals.APPROVED, leader, "", at("02-14"))
    _close(bench, for_good, "02-26")
    ten_years = _over(bench, "李四", "02-26")
    assert [one.case_id for one in erasure.due_for_erasure(bench.desk, at("2036-03-03"))] == [ten_years]


@pytest.mark.parametrize(("word", "is_taken"), [("", False), ("张", False), ("张三", True), ("张三丰", True)])
def test_a_word_of_one_letter_would_hit_others_and_is_refused(sqlite_bench: Bench, word: str, is_taken: bool) -> None:
    case = _named(sqlite_bench, "张三丰")
    with sqlite_bench.office.database.transaction() as session:
        accounts.add_person(session, "gone", "王五", Role.HEAD, organisation.ensure_unit(session, UNIT).id)
    if is_taken:
        erased = erasure.erase_person(sqlite_bench.desk, "gone", [word], ARCHIVIST, "申请", at("02-27"))
        assert (erased.texts, erased.cases) == (1, (sqlite_bench.case(case).number,))
    else:
        with pytest.raises(BadData, match="太短"):
            erasure.erase_person(sqlite_bench.desk, "gone", [word], ARCHIVIST, "申请", at("02-27"))
        assert sqlite_bench.history(case)[2].event.data["signed_by"] == "张三丰"


def test_what_goes_of_a_case_is_counted_with_the_clue_of_which_it_was_made(sqlite_bench: Bench) -> None:
    bench, handler = sqlite_bench, sqlite_bench.actor(Role.HANDLER)
    clue = bench.office.clues.raise_clue(
        ClueSource.TIP_OFF, UNIT, "王五反映的问题", day("01-28"), handler, at("01-28"), duty="art7-1a"
    )
    case = bench.office.clues.adopt(clue.id, {"post": f"{UNIT}局长"}, day("01-28"), handler, at("01-28")).case.id
    bench.act(case, Act.SERVE_ORDER, "02-06", term="15wd", authorization_note="经同意")
    bench.act(case, Act.SUBMIT_REPORT, "02-13", signed_by="张三")
    with bench.office.database.reading() as session:
        own = len(list(personal_data.of_case(session, case)))
    assert own
    erased = erasure.erase_cases(bench.desk, [case], ARCHIVIST, "期满", at("02-27"))
    assert (erased.texts, erased.cases) == (own + 1, (bench.case(case).number,))
    assert _wrong(bench) == ""


def test_only_the_archivist_erases_and_says_why(sqlite_bench: Bench) -> None:
    case = _named(sqlite_bench, "张三")
    for role in set(Role) - {Role.ARCHIVIST}:
        with pytest.raises(NotPermitted):
            erasure.erase_cases(sqlite_bench.desk, [case], Actor(user="某", role=role), "期满", at("02-27"))
    for reason in ("", "  "):
        with pytest.raises(BadData):
            erasure.erase_cases(sqlite_bench.desk, [case], ARCHIVIST, reason, at("02-27"))
    assert sqlite_bench.history(case)[2].event.data["signed_by"] == "张三"


def test_a_file_that_could_not_go_yet_is_not_forgotten_by_the_next_erasure(sqlite_bench: Bench) -> None:
    bench, home = sqlite_bench, sqlite_bench.settings.home
    scan = home / "草稿.txt"
    scan.write_text("草稿", "utf-8")
    hash_ = bench.keep_evidence(scan, at("02-10"), "wang")
    with bench.office.database.transaction() as session:
        evidence.forget(session, [hash_], ["wang"])
        health.beat(session, erasure.TASK, at("02-26"), f"{erasure.PENDING}:{hash_}")
    case = _over(bench, "张三", "02-26")
    erasure.erase_cases(bench.desk, [case], ARCHIVIST, "期满", at("02-27"))
    with bench.office.database.reading() as session:
        assert health.detail(session, erasure.TASK) == f"{erasure.PENDING}:{hash_}"
    assert evidence.place_of(home, hash_).exists()
    assert erasure.scrub(bench.desk, at("02-28"), home)
    assert not evidence.place_of(home, hash_).exists()
    assert not erasure.scrub(bench.desk, at("02-28"), home)
