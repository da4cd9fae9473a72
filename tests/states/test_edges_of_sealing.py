"""What is sealed, letter by letter; what stands for personal texts; which deadlines a new calendar or policy moves."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, timezone
from hashlib import new, sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from states import commitments
from states.case import Actor, Case, Event, changed
from states.diagram import mermaid, permissions, transitions
from states.policy import Limit
from states.recount import How, migrated, redated, redating_data
from states.sealing import FIRST, canonical, digest, instant, named, seal, sealed_text
from states.terms import Term
from states.vocabulary import Act, Role, State
from states.working_days import Calendar, DayRule
from tests.support.days import day
from tests.support.lives import CALENDAR, after, found, ordered, rules

if TYPE_CHECKING:
    from states.policy import Policy

RULES = rules()
DOCS = Path(__file__).parents[2] / "docs"
EVENT = Event(
    case_id=7,
    case_seq=2,
    act=Act.SERVE_ORDER,
    occurred_on=date(2026, 2, 6),
    recorded_at=datetime(2026, 2, 6, 10, 30, 5, 7, tzinfo=timezone(timedelta(hours=8))),
    actor=Actor(user="甲", role=Role.HANDLER, unit='督"办'),
    data={"b": 1, "a": "文"},
    from_state=State.FOUND,
    to_state=State.ORDERED,
    policy_hash="p",
    calendar_hash="c",
)
TEXT = (
    '{"act":"serve_order","actor":{"role":"handler","unit":"督\\"办","user":"甲"},"calendar_hash":"c","case_id":7,'
    '"case_seq":2,"data":{"a":"文","b":1},"from_state":"found","occurred_on":"2026-02-06","policy_hash":"p",'
    '"prev_hash":"x","recorded_at":"2026-02-06T02:30:05.000007Z","to_state":"ordered_to_rectify"}'
)


def test_the_canonical_form_of_an_event_is_this_text() -> None:
    assert sealed_text(EVENT, canonical(EVENT.data), "x") == TEXT
    first = EVENT._replace(from_state=None)
    assert '"from_state":null,' in sealed_text(first, "{}", FIRST)


def test_the_canonical_form_has_its_keys_in_order_and_no_white_space() -> None:
    assert canonical({"b": [1, {"d": None, "c": True}], "a": "\n文"}) == '{"a":"\\n文","b":[1,{"c":true,"d":null}]}'


def test_the_hash_is_that_of_the_canonical_form_by_the_function_that_it_names() -> None:
    assert seal(EVENT, canonical(EVENT.data), "x") == sha256(TEXT.encode()).hexdigest()
    with_sm3 = TEXT.replace('},"calendar_hash"', '},"algorithm":"sm3","calendar_hash"')
    assert sealed_text(EVENT, canonical(EVENT.data), "x", "sm3") == with_sm3
    assert (named("sha256"), named("sm3")) == ("", ',"algorithm":"sm3"')
    assert digest("sha256")(b"x").hexdigest() == sha256(b"x").hexdigest()
    assert digest("sha512")(b"x").hexdigest() == new("sha512", b"x").hexdigest()
    assert FIRST == "0" * 64


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 2, 6, 1, tzinfo=UTC), "2026-02-06T01:00:00.000000Z"),
        (datetime(2026, 2, 6, 9, tzinfo=timezone(timedelta(hours=8))), "2026-02-06T01:00:00.000000Z"),
        (datetime(2026, 12, 31, 23, 59, 59, 999999, tzinfo=UTC), "2026-12-31T23:59:59.999999Z"),
    ],
)
def test_an_instant_is_written_in_utc_with_microseconds(moment: datetime, text: str) -> None:
    assert instant(moment) == text


# --- commitments -------------------------------------------------------------------------------------------------

SALT = "5" * 32
TOKEN = commitments.commitment("sha256", SALT, "张三")


def test_a_commitment_is_the_hash_of_salt_and_value_under_its_function_and_only_they_open_it() -> None:
    hashed = sha256(bytes.fromhex(SALT) + "张三".encode()).hexdigest()
    assert f"committed:v2:sha256:{hashed}" == TOKEN
    assert commitments.SALT_BYTES == 16
    assert commitments.opens(TOKEN, SALT, "张三")
    assert not commitments.opens(TOKEN, SALT, "李四")
    assert not commitments.opens(TOKEN, "6" * 32, "张三")
    before = f"committed:sha256:{sha256(f'{SALT}:张三'.encode()).hexdigest()}"
    assert commitments.opens(before, SALT, "张三")
    assert not commitments.opens(before, SALT[:-1], "张三")


@pytest.mark.parametrize(
    ("value", "is_one"),
    [
        (TOKEN, True),
        (TOKEN[:-1], False),
        (TOKEN + "0", False),
        ("committed:md5:" + "0" * 64, False),
        ("committed:sm3:" + "0" * 64, True),
        ("x" + TOKEN, False),
        (5, False),
        ([TOKEN], False),
    ],
)
def test_a_commitment_is_told_from_a_text_that_looks_like_one(value: object, is_one: bool) -> None:
    assert commitments.is_commitment(value) is is_one


def test_texts_of_personal_fields_are_committed_and_nothing_else() -> None:
    data = {"finding": "文", "helpers": ["甲", 5], "note": "", "of": 3, "reason": "理由"}
    kept = commitments.committed(data, {"finding", "helpers", "note", "of"}, lambda text: f"<{text}>")
    assert kept == {"finding": "<文>", "helpers": ["<甲>", 5], "note": "", "of": 3, "reason": "理由"}


def test_what_was_committed_is_put_back_and_what_was_erased_says_so() -> None:
    other = commitments.commitment("sha256", SALT, "李四")
    assert commitments.shown([TOKEN, "文", (other,)], {TOKEN: "张三"}) == ["张三", "文", ("（已依法删除）",)]
    assert commitments.shown(5, {}) == 5
    assert commitments.shown("文", {"文": "另"}) == "文"
    event = EVENT._replace(data={"finding": TOKEN, "of": 1})
    assert commitments.shown_event(event, {TOKEN: "张三"}).data == {"finding": "张三", "of": 1}
    assert commitments.shown_event(event, {TOKEN: "张三"}).case_id == 7


def test_the_commitments_of_a_case_are_those_of_its_finding_criteria_and_helpers() -> None:
    third = commitments.commitment("sha256", SALT, "王五")
    case = changed(found(RULES), {"finding": TOKEN, "criteria": third, "helpers": (TOKEN, "甲"), "post": third})
    assert commitments.tokens_of_case(case) == (TOKEN, third, TOKEN)
    told = commitments.shown_case(case, {TOKEN: "张三", third: "王五"})
    assert (told.finding, told.criteria, told.helpers, told.post) == ("张三", "王五", ("张三", "甲"), third)


def test_commitments_are_found_within_a_text_and_erasures_among_events() -> None:
    assert list(commitments.tokens_in(f'{{"a":"{TOKEN}","b":"{TOKEN}"}}')) == [TOKEN, TOKEN]
    assert list(commitments.tokens_in("文")) == []
    assert commitments.erased_in([EVENT, EVENT._replace(data={"erased": [TOKEN]})]) == {TOKEN}


# --- counting again ----------------------------------------------------------------------------------------------


def _with(**off: bool) -> Calendar:
    """Return the calendar with other days: `d0304=False` makes 4 March a day off."""
    days = {date(2026, int(key[1:3]), int(key[3:])): DayRule(works=works, name="调整") for key, works in off.items()}
    return Calendar(CALENDAR.exceptions | days, CALENDAR.known_years, "changed")


def _moves(case: Case, calendar: Calendar, on: str) -> dict[str, tuple[str, bool]]:
    return {m.new.kind: (f"{m.new.due_on:%m-%d}", m.held) for m in redated(case, calendar, day(on))}


def test_a_new_day_off_moves_what_is_counted_over_it_and_nothing_else() -> None:
    assert _moves(ordered(RULES), _with(d0304=False), "02-24") == {"rectification": ("03-06", False)}
    assert redated(ordered(RULES), CALENDAR, day("02-24")) == ()


@pytest.mark.parametrize(("on", "moved"), [("03-04", True), ("03-05", True)])
def test_a_deadline_still_runs_until_its_due_day(on: str, moved: bool) -> None:
    assert ("rectification" in _moves(ordered(RULES), _with(d0304=False), on)) is moved


@pytest.mark.parametrize(("on", "due_on", "held"), [("03-04", "03-04", False), ("03-05", "03-05", True)])
def test_nobody_is_late_because_of_a_notice_that_came_afterwards(on: str, due_on: str, held: bool) -> None:
    earlier = _with(d0301=True)  # a Sunday that is worked: the count ends one day earlier
    assert _moves(ordered(RULES), earlier, on).get("rectification", ("03-05", True)) == (due_on, held)


def test_a_notice_that_comes_after_the_day_gives_the_unit_its_day_off_and_the_office_none() -> None:
    assert _moves(ordered(RULES), _with(d0304=False), "03-06") == {"rectification": ("03-06", False)}
    assert _moves(ordered(RULES), _with(d0301=True), "03-06") == {}, "an earlier day is no gift"
    verifying = after(ordered(RULES), Act.SUBMIT_REPORT, "02-10", RULES)
    line = verifying.deadline("verification")
    assert line is not None
    assert (line.party, line.due_on) == ("office", day("03-09"))
    assert "verification" not in _moves(verifying, _with(d0304=False), "03-10")
    assert _moves(verifying, _with(d0304=False), "03-09")["verification"] == ("03-10", False)


def test_what_was_extended_is_counted_again_from_the_day_that_it_was_extended_from() -> None:
    (moved,) = redated(ordered(RULES), CALENDAR, day("02-24"), starts={"rectification": day("02-13")})
    assert (moved.new.started_on, moved.new.due_on) == (day("02-13"), day("03-12"))


def test_a_plan_is_never_due_after_a_term_that_was_counted_again() -> None:
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="10wd")
    moves = _moves(case, _with(d0224=False), "02-10")
    assert moves["plan"] == moves["rectification"] == ("02-28", False)


def test_a_plan_whose_count_would_end_after_a_fixed_term_ends_with_it() -> None:
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="2026-02-26", plan_term="9wd")
    (moved,) = redated(case, _with(d0225=False), day("02-10"))
    assert (moved.old.kind, moved.old.due_on, moved.new.due_on) == ("plan", day("02-26"), day("02-26"))


def test_what_was_sent_for_the_old_day_and_whose_new_day_has_come_counts_as_sent() -> None:
    case = changed(ordered(RULES), {"fired": ("2.rectification.20260305.T-10", "2.rectification.20260305.T-3", "x.y")})
    later = _with(d0304=False)
    moves = redated(case, later, day("02-28"))
    data = redating_data(case, moves, later, day("02-28"))
    (line,) = data["moved"]
    assert (line["kind"], line["old_day"], line["new_day"]) == ("rectification", "2026-03-05", "2026-03-06")
    assert (line["old_calendar"], line["new_calendar"]) == (CALENDAR.hash, later.hash)
    assert (line["was_provisional"], line["provisional"], line["held"]) == (False, False, False)
    assert [start["due_on"] for start in data["starts"]] == ["2026-03-06"]
    # Three working days before the new day is 2 March, still ahead: it is sent again. Ten before has come.
    assert data["renamed"] == [["2.rectification.20260305.T-10", "2.rectification.20260306.T-10"]]
    on_the_day = redating_data(case, moves, later, day("03-02"))["renamed"]
    assert [new for _old, new in on_the_day] == ["2.rectification.20260306.T-10", "2.rectification.20260306.T-3"]
    # A new day that is the old one sends nothing again and skips nothing.
    same = tuple(replace(moved, new=moved.old) for moved in moves)
    assert redating_data(case, same, later, day("03-02"))["renamed"] == []
    event = done_redating(case, data)
    assert event.fired == ("2.rectification.20260306.T-10", "2.rectification.20260305.T-3", "x.y")


def done_redating(case: Case, data: dict[str, Any]) -> Case:
    return after(case, Act.DEADLINE_REDATED, "03-02", RULES, **data)


def _policy(**terms: str) -> Policy:
    """Return the policy with other terms, by kind: `rectification` is that of the order."""
    rungs, limits = dict(RULES.policy.rungs), dict(RULES.policy.limits)
    for kind, term in terms.items():
        if kind == "rectification":
            rungs[State.ORDERED] = replace(rungs[State.ORDERED], term=Term.parse(term), basis="新")
        else:
            limits[kind] = Limit(term=Term.parse(term), basis="新")
    return replace(RULES.policy, hash="new", rungs=rungs, limits=limits)


def _migrated(case: Case, new_policy: Policy, on: str, how: How) -> dict[str, tuple[str, str, str]]:
    moves = migrated(case, RULES.policy, new_policy, CALENDAR, day(on), how)
    return {m.new.kind: (f"{m.new.started_on:%m-%d}", f"{m.new.due_on:%m-%d}", m.new.basis) for m in moves}


def test_another_policy_keeps_recounts_or_restarts_the_terms_that_the_old_one_gave() -> None:
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES)  # no term of its own: the policy's fifteen days
    longer = _policy(rectification="20wd")
    assert _migrated(case, longer, "02-24", How.KEEP) == {}
    assert _migrated(case, longer, "02-24", How.RECOMPUTE) == {"rectification": ("02-06", "03-12", "新")}
    assert _migrated(case, longer, "02-24", How.RESTART) == {"rectification": ("02-24", "03-23", "新")}
    assert _migrated(case, RULES.policy, "02-24", How.RESTART) == {}


def test_another_policy_leaves_a_term_that_an_order_names_and_a_day_that_has_passed() -> None:
    own = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="12wd")
    assert _migrated(own, _policy(rectification="20wd"), "02-24", How.RECOMPUTE) == {}
    # The deadlines that stand after it are counted all the same.
    assert set(_migrated(own, _policy(rectification="20wd", objection="40d"), "02-24", How.RECOMPUTE)) == {"objection"}
    policy_s = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES)
    assert _migrated(policy_s, _policy(rectification="20wd"), "03-05", How.RECOMPUTE) != {}
    assert _migrated(policy_s, _policy(rectification="20wd"), "03-06", How.RECOMPUTE) == {}


def test_another_policy_counts_limits_beside_the_ladder_too_and_those_after_a_missing_one() -> None:
    assert _migrated(found(RULES), _policy(decision="12wd"), "02-02", How.RECOMPUTE) == {
        "decision": ("01-28", "02-13", "新")
    }
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES)
    found_moves = _migrated(case, _policy(plan="12wd", objection="40d"), "02-24", How.RECOMPUTE)
    assert found_moves == {"plan": ("02-06", "03-02", "新"), "objection": ("02-06", "03-18", "新")}


def test_another_policy_lets_a_plan_be_due_with_the_term_at_the_latest_and_other_deadlines_after_it() -> None:
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES)  # due on 03-05
    for term, due_on in (("14wd", "03-04"), ("15wd", "03-05"), ("16wd", "03-05")):
        assert _migrated(case, _policy(plan=term), "02-24", How.RECOMPUTE) == {"plan": ("02-06", due_on, "新")}
    longer = _migrated(case, _policy(plan="30wd", rectification="20wd"), "02-24", How.RECOMPUTE)
    assert {kind: due_on for kind, (_, due_on, _) in longer.items()} == {"plan": "03-12", "rectification": "03-12"}
    objected = after(case, Act.FILE_OBJECTION, "02-24", RULES, reason="事实有误")
    moved = _migrated(objected, _policy(review_decision="40d"), "02-25", How.RECOMPUTE)
    assert moved == {"review_decision": ("02-24", "04-07", "新")}


def test_a_deadline_that_neither_policy_knows_is_left_alone() -> None:
    case = found(RULES)
    odd = tuple(replace(line, kind="unheard_of") for line in case.deadlines)
    both = changed(case, {"deadlines": (*odd, *case.deadlines)})
    assert set(_migrated(both, _policy(decision="12wd"), "02-02", How.RECOMPUTE)) == {"decision"}


def test_a_shorter_term_never_ends_before_today() -> None:
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES)
    (moved,) = migrated(case, RULES.policy, _policy(rectification="5wd"), CALENDAR, day("02-28"), How.RECOMPUTE)[-1:]
    assert (moved.new.due_on, moved.held) == (day("02-28"), True)  # a make-up Saturday, today
    on_sunday = migrated(case, RULES.policy, _policy(rectification="5wd"), CALENDAR, day("03-01"), How.RECOMPUTE)
    assert on_sunday[-1].new.due_on == day("03-02")


# --- what is drawn -----------------------------------------------------------------------------------------------


def test_the_documents_show_the_whole_machine_and_who_may_do_what() -> None:
    page = (DOCS / "lifecycle.md").read_text("utf-8")
    assert page.split("```mermaid\n")[1].split("\n```")[0] == mermaid()
    assert page[page.index("| act |") :] == transitions()
    page = (DOCS / "permissions.md").read_text("utf-8")
    assert page[page.index("| 事项 act |") :].startswith(permissions().rstrip())
    assert permissions().count("\n") > 40
