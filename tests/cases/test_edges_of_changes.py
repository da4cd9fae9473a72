"""What would change before it does: another calendar, another policy; and who acts and asks at the console."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import pytest

from config.policy import find_policy, read_policy
from states.case import Actor
from states.clue import ClueSource
from states.errors import Conflict, NotFound
from states.recount import How
from states.vocabulary import Act, Role, State
from store import accounts, named_units, organisation, proposals
from store.named_units import UnknownUnit
from tests.support.days import UNIT, at, day

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.offices import Bench

LEADER: Final = Actor(user="书记", role=Role.LEADER)
OTHER: Final = "临溪市水利局"


# --- another policy ----------------------------------------------------------------------------------------------


def _proposed(bench: Bench, how: How = How.RECOMPUTE) -> int:
    decree = find_policy("decree-733")
    policy = read_policy(decree)
    return bench.office.policy_change.propose(policy, decree.read_text("utf-8"), how, "主任", at("02-10"))


def test_another_policy_would_change_the_open_cases_that_do_not_go_by_it_yet_and_no_other(sqlite_bench: Bench) -> None:
    bench, to = sqlite_bench, read_policy(find_policy("decree-733"))
    open_, over, there = bench.ordered(), bench.ordered(unit=OTHER), bench.ordered(unit="临溪市财政局")
    bench.act(over, Act.SUBMIT_REPORT, "02-09")
    bench.act(over, Act.VERIFY_PASS, "02-10", verifiers=["甲", "乙"])
    bench.act(over, Act.APPROVE_CLOSURE, "02-10")
    change = bench.office.calendar_change

    def concerned() -> list[int]:
        return [preview.case.id for preview in change.what_would_move(at("02-11"), to)]

    assert concerned() == [open_, there]
    id_ = _proposed(bench)
    assert bench.office.policy_change.look(id_).concerned == 2
    bench.office.policy_change.decide(id_, proposals.APPROVED, LEADER, "", at("02-11"))
    assert concerned() == []
    assert bench.case(over).policy_hash != to.hash
    later = bench.ordered("02-12", found="02-11", unit="临溪市教育局")
    assert concerned() == [later], "a case that was opened since goes by the policy in force"


def test_a_calendar_that_says_the_same_moves_nothing_and_a_policy_that_moves_nothing_is_shown_all_the_same(
    sqlite_bench: Bench,
) -> None:
    case = sqlite_bench.ordered()
    change = sqlite_bench.office.calendar_change
    assert list(change.what_would_move(at("02-10"))) == []
    (preview,) = change.what_would_move(at("02-10"), read_policy(find_policy("decree-733")))
    assert (preview.case.id, preview.moves) == (case, ())
    assert preview.told[0].startswith(UNIT)


def test_a_proposal_says_what_it_is_and_is_decided_as_it_was_seen(sqlite_bench: Bench) -> None:
    bench, change = sqlite_bench, sqlite_bench.office.policy_change
    bench.ordered()
    id_ = _proposed(bench, How.KEEP)
    seen = change.look(id_)
    assert (seen.to.name, seen.how, seen.proposal.content["name"]) == ("decree-733", How.KEEP, seen.to.name)
    assert (seen.now, seen.proposal.proposed_by) == (bench.office.rulebook.policy, "主任")
    with pytest.raises(Conflict):
        change.decide(id_, proposals.APPROVED, LEADER, "", at("02-11"), seen="别的")
    assert change.look(id_).seen == seen.seen
    assert change.decide(id_, "rejected", LEADER, "不必", at("02-11"), seen=seen.seen) is None
    with pytest.raises(NotFound):
        change.look(id_)


def test_a_decision_that_was_not_looked_at_before_is_taken_as_it_stands(sqlite_bench: Bench) -> None:
    case = sqlite_bench.ordered()
    done = sqlite_bench.office.policy_change.decide(
        _proposed(sqlite_bench), proposals.APPROVED, LEADER, "同意", at("02-11")
    )
    assert done is not None
    assert (done.looked_at, done.changed, done.moved) == (1, 1, 0)
    assert sqlite_bench.history(case)[-1].event.data["approved_by"] == "书记"


def test_a_term_that_a_policy_makes_shorter_or_longer_is_counted_as_moved_and_an_equal_one_is_not(
    sqlite_bench: Bench, tmp_path: Path
) -> None:
    shipped = find_policy("sichuan-2017").read_text("utf-8")
    bench, moved = sqlite_bench, []
    bench.ordered()
    for n, term in enumerate(("12wd", "18wd", "18wd")):
        text = shipped.replace(
            '[rungs.ordered_to_rectify]\nterm = "15wd"', f'[rungs.ordered_to_rectify]\nterm = "{term}"'
        )
        path = tmp_path / f"{n}.toml"
        path.write_text(f"{text}\n# {n}\n", "utf-8")
        id_ = bench.office.policy_change.propose(
            read_policy(path), path.read_text("utf-8"), How.RECOMPUTE, "主任", at("02-10")
        )
        done = bench.office.policy_change.decide(id_, proposals.APPROVED, LEADER, "", at("02-11"))
        assert done is not None
        moved.append((done.looked_at, done.moved, bench.due(1)))
    assert moved == [(1, 1, "03-02"), (1, 1, "03-10"), (1, 0, "03-10")]


# --- the console -------------------------------------------------------------------------------------------------


def test_only_a_role_of_the_unit_s_side_speaks_for_the_unit_that_is_named_and_a_person_for_his_own(
    sqlite_bench: Bench,
) -> None:
    console, office = sqlite_bench.office.console, sqlite_bench.settings.office
    with sqlite_bench.office.database.transaction() as session:
        unit = organisation.ensure_unit(session, UNIT, "department").id
        for username in ("an", "zhao"):
            accounts.add_person(session, username, "某", Role.HEAD, unit)
    for role in (Role.HEAD, Role.LIAISON):
        assert console.actor(role.value, Role.HANDLER, OTHER).unit == OTHER
        assert console.actor(role.value, Role.HANDLER).unit == office
    assert console.actor("director", Role.HANDLER, OTHER).unit == office
    for username in ("an", "zhao"):  # whose names come before and after the console's own
        assert console.actor(username, Role.HANDLER, OTHER).unit == UNIT


def test_the_console_says_what_somebody_may_do_and_without_a_name_what_anybody_may(sqlite_bench: Bench) -> None:
    number = sqlite_bench.case(sqlite_bench.ordered()).number
    allowed = sqlite_bench.office.console_desk.allowed
    handler = allowed(number, "handler", day("02-10"))
    assert Act.SUBMIT_PLAN not in handler.acts
    assert Act.SUBMIT_PLAN in handler.refused
    liaison = allowed(number, "liaison", day("02-10"))
    assert liaison.acts[Act.SUBMIT_PLAN] is Role.LIAISON
    anybody = allowed(number, "", day("02-10"))
    assert set(anybody.acts) >= {*handler.acts, *liaison.acts}
    assert not set(anybody.acts) & set(anybody.refused)


def test_the_console_reads_a_case_by_its_number_as_whoever_is_named_and_seals_it_for_nobody_in_particular(
    sqlite_bench: Bench,
) -> None:
    bench, console = sqlite_bench, sqlite_bench.office.console
    finding = "未列入年度计划"
    plain, handed = bench.ordered(finding=finding), bench.open(unit=OTHER, finding=finding)
    bench.act(handed, Act.TRANSFER, "02-02", receiver="市纪委监委")
    number = bench.case(handed).number
    assert (console.find(number), console.find(str(handed))) == (handed, handed)
    with pytest.raises(NotFound):
        console.find("临法治督案〔2026〕99号")
    read = {user: console.read(number, user).case.finding for user in ("", "handler", "leader", "discipline")}
    assert read == {"": "", "handler": "", "leader": finding, "discipline": finding}
    assert console.read(str(plain), "").case.finding == finding
    assert console.read(number, "").policy_name == console.policy_name(bench.case(plain)) == "sichuan-2017"
    assert [one.case.finding for one in console.listed()] == [finding, ""]
    assert [one.case.id for one in console.listed(state=State.TRANSFERRED)] == [handed]
    assert [one.case.id for one in console.listed(unit=UNIT, light="green")] == [plain]
    shown, counted = console.deadlines(str(plain))
    assert shown == bench.case(plain).number
    assert [one.deadline.kind for one in counted] == [line.kind for line in bench.case(plain).running]


def test_whoever_is_named_at_the_console_may_cite_what_was_brought_there(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    case = bench.ordered()
    with bench.office.database.transaction() as session:
        unit = organisation.unit_by_name(session, UNIT).id
        accounts.add_person(session, "wang", "王某", Role.LIAISON, unit)
    scan = bench.settings.home / "报告.txt"
    scan.write_text("报告", "utf-8")
    hash_ = bench.keep_evidence(scan, at("02-10"), "console")
    done, policy = bench.office.console_desk.do(
        bench.case(case).number, Act.SUBMIT_PLAN, "wang", day("02-11"), {"evidence": [hash_]}, at("02-11")
    )
    assert (done.event.actor.user, done.event.data["evidence"], policy) == ("wang", [hash_], "sichuan-2017")


# --- a name that nobody has said is new --------------------------------------------------------------------------


def test_no_door_opens_a_case_for_another_writing_of_a_unit_unless_somebody_says_that_it_is_new(
    sqlite_bench: Bench,
) -> None:
    bench = sqlite_bench
    bench.open(unit="临溪市文化和旅游局")
    data: dict[str, Any] = {
        "unit": "临溪市文旅局",
        "post": "局长",
        "duty": "art7-1a",
        "inspection": "special",
        "finding": "没有列入计划",
    }
    console, moment = bench.office.console_desk, at("02-10")
    with pytest.raises(UnknownUnit):
        console.open("", day("02-10"), data, moment)
    from_clue = bench.office.clues.raise_clue
    clue = from_clue(
        ClueSource.TIP_OFF, data["unit"], "举报", day("02-09"), bench.actor(Role.INSPECTOR), at("02-09")
    ).id
    with pytest.raises(UnknownUnit):
        bench.office.clues.adopt(clue, data, day("02-10"), bench.actor(Role.HANDLER), moment)
    done = console.open("", day("02-10"), data, moment, new_unit=True)
    assert (done.case.unit, done.case.state) == ("临溪市文旅局", State.FOUND)
    with bench.office.database.reading() as session:
        assert named_units.directory(session).meant("临溪市文旅局").known == "临溪市文旅局"
