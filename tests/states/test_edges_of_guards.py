"""What all guards have in common: whole sentences in both languages, and which of them look at what an act says."""

from __future__ import annotations

from dataclasses import replace
from string import Formatter
from typing import TYPE_CHECKING, Any, Final

import pytest

from states.case import Actor, Unsigned, changed
from states.case_codec import dump, load
from states.command import Command, Facts, Situation
from states.errors import GuardRefused
from states.guards.condition import Guard, refusal
from states.guards.entries import countersigners
from states.guards.ladder import RANKING_REASONS
from states.lifecycle import TABLE
from states.vocabulary import OVERLAYS, Act, Role
from tests.support.days import day
from tests.support.lives import after, done, found, ordered
from tests.support.situations import DECREE, RULES, edges, situations

if TYPE_CHECKING:
    from collections.abc import Iterator

    from states.case import Case
    from states.rows import Row

UNSIGNED: Final = Unsigned(
    seq=2, act=Act.VERIFY_PASS, user="甲", role=Role.HANDLER, unit="", taken_on=day("02-09"), data={}
)
ASKED_WHEN_DONE: Final = {
    "authorization",
    "convenor",
    "criteria",
    "empty_report",
    "extension_cap",
    "items_failed",
    "items_passed",
    "listing_day",
    "merge_target",
    "no_event",
    "no_ground",
    "notice",
    "order_approval",
    "order_day",
    "other_countersignature",
    "plan_items",
    "report_evidence",
    "report_items",
    "rest",
    "same_mark",
    "second_person",
    "signature",
    "suspension_long",
    "tolerance_rectification",
    "verdict_items",
    "verifier_helped",
    "verifiers",
    "views",
}
"""What an act must say, or is looked at with what it says: the act is offered before it is said."""
GROUNDS_OF_THE_CASE: Final = {
    Act.APPROVE_CRITICISM,
    Act.PUBLISH_CRITICISM,
    Act.APPROVE_INTERVIEW,
    Act.SERVE_INTERVIEW_NOTICE,
    Act.HOLD_INTERVIEW,
}
"""Acts whose ground lies in the case alone, so that they are not offered without it."""


def _rows_of_guards() -> dict[int, tuple[Guard, list[Row]]]:
    found: dict[int, tuple[Guard, list[Row]]] = {}
    for row in TABLE:
        for guard in row.guards:
            found.setdefault(id(guard), (guard, []))[1].append(row)
    return found


def _asked(rows: list[Row], everything: list[tuple[Case, str]]) -> Iterator[Situation]:
    """Yield situations in which the act of these rows is asked for, each with no data."""
    for case, on in everything:
        by = DECREE if case.policy_hash == DECREE.policy.hash else RULES
        for row in {row.act: row for row in rows}.values():
            actor = Actor(user="甲", role=row.roles[0])
            command = Command(act=row.act, actor=actor, on=day(on), data={}, case_id=1)
            yield Situation(case=case, command=command, facts=Facts(ranking="twice"), rules=by)


def _places(text: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(text) if field}


def test_every_refusal_fills_all_the_places_of_its_sentence_in_both_languages() -> None:
    burdened = changed(ordered(RULES), {"proposal": "interviewed", "approvers": ("leader",), "unsigned": UNSIGNED})
    everything = [*list(situations().values())[::4], *list(edges().values())[::4], (burdened, "03-06")]
    for guard, rows in _rows_of_guards().values():
        if guard.particulars is None:
            continue
        assert _places(guard.zh) == _places(guard.en), guard.code
        told = 0
        for situation in _asked(rows, everything):
            if guard.code == "proposal_waits" and not situation.case.proposal:
                continue
            assert set(refusal(guard, situation).sentence.params) == _places(guard.zh), guard.code
            told += 1
        assert told, guard.code


def test_an_act_is_offered_before_it_says_what_it_must_and_hidden_where_the_case_gives_no_ground_for_it() -> None:
    guards = [(guard, {row.act for row in rows}) for guard, rows in _rows_of_guards().values()]
    assert {guard.code for guard, _ in guards if guard.asks_data} == ASKED_WHEN_DONE
    hidden = [acts for guard, acts in guards if guard.code in ASKED_WHEN_DONE and not guard.asks_data]
    assert set().union(*hidden) == GROUNDS_OF_THE_CASE


def test_who_signs_as_the_second_is_of_the_side_that_the_act_belongs_to() -> None:
    verifies, archives = {Role.INSPECTOR, Role.HANDLER}, {Role.ARCHIVIST, Role.DIRECTOR}
    signs = {act: {Role.DIRECTOR, Role.LEADER} for act in Act} | {
        Act.VERIFY_PASS: verifies,
        Act.VERIFY_FAIL: verifies,
        Act.LOOK_BACK_PASS: verifies,
        Act.RECORD_ACCOUNTABILITY: archives,
        Act.RECORD_NO_ACCOUNTABILITY: archives,
        Act.CORRECT_EVENT: {Role.DIRECTOR, Role.LEADER, Role.HANDLER},
    }
    assert {act: set(countersigners(act)) for act in Act} == signs


def test_whatever_keeps_a_ranking_from_an_interview_is_said_in_both_languages() -> None:
    assert set(RANKING_REASONS) == {"unapproved", "changed", "not_last", "twice", "enough"}
    assert len({why.text(lang) for why in RANKING_REASONS.values() for lang in ("zh-CN", "en")}) == 10


@pytest.mark.parametrize(
    ("first", "second", "passes", "fails"),
    [("passed", "passed", True, False), ("passed", "failed", False, True), ("failed", "failed", False, True)],
)
def test_the_whole_passes_when_every_problem_did_and_fails_when_one_did_not(
    first: str, second: str, passes: bool, fails: bool
) -> None:
    items: dict[str, Any] = {"items": [{"fact": "未列入计划"}, {"fact": "未报告"}], "criteria": "计划下发"}
    listed = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, **items)
    answers = [{"item": n, "answer": "已补", "no_evidence": "已当面报告"} for n in (1, 2)]
    case = after(listed, Act.SUBMIT_REPORT, "02-26", RULES, answers=answers)
    verdicts = [{"item": n, "verdict": verdict} for n, verdict in enumerate((first, second), 1)]
    for act, may, why in (
        (Act.VERIFY_PASS, passes, "不能认定核查通过"),
        (Act.VERIFY_FAIL, fails, "不能认定核查不通过"),
    ):
        if may:
            assert done(case, act, "02-27", RULES, verifiers=["甲", "乙"], verdicts=verdicts).act is act
        else:
            with pytest.raises(GuardRefused, match=why):
                done(case, act, "02-27", RULES, verifiers=["甲", "乙"], verdicts=verdicts)


STANDS_OVER: Final[dict[str, dict[str, Any]]] = {
    "suspended": {"suspended_on": day("02-10")},
    "extension_pending": {"extension": "5wd"},
    "under_review": {"review": "pending"},
    "under_appeal": {"appeal": "pending"},
    "listed": {"listed": True},
    "partly_transferred": {"partly_transferred": True},
    "tolerance_review": {"tolerance": "requested"},
    "provisional_deadline": {"deadlines": (replace(ordered(RULES).deadlines[0], provisional=True),)},
    "late_entry": {"late_entry": "pending"},
    "to_be_countersigned": {"unsigned": UNSIGNED},
}


def test_whatever_stands_over_a_state_is_seen_by_itself_in_its_order_and_has_a_name() -> None:
    case = ordered(RULES)
    assert case.overlays == ()
    for word, change in STANDS_OVER.items():
        assert changed(case, change).overlays == (word,)
    assert changed(case, {"tolerance": "accepted"}).overlays == ("tolerance_review",)
    everything = {field: value for change in STANDS_OVER.values() for field, value in change.items()}
    assert changed(case, everything).overlays == tuple(STANDS_OVER)
    assert list(OVERLAYS) == list(STANDS_OVER)
    assert all(zh and not zh.isascii() and en and en.isascii() for zh, en in OVERLAYS.values())


def test_a_case_that_was_kept_has_words_and_days_of_the_same_kinds_as_before() -> None:
    everything: dict[str, Any] = {field: value for change in STANDS_OVER.values() for field, value in change.items()}
    case = changed(
        ordered(RULES), everything | {"failed_on": day("03-09"), "fired": ("a",), "paused": (("plan", "3wd"),)}
    )
    kept = load(dump(case))
    assert kept == case
    for field, value in case.__dict__.items():
        assert type(getattr(kept, field)) is type(value), field
    assert kept.unsigned is not None
    assert (type(kept.unsigned.act), type(kept.unsigned.role)) == (Act, Role)
