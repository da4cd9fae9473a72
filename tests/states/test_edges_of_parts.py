"""Problems of a list from order to verdict, a part that is handed over, marks of secrets, and what is sealed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from states import commitments
from states.case import Item, Unsigned, changed, held_the_part, sealed_for
from states.case_codec import dump, load
from states.errors import BadData, GuardRefused
from states.evolve import evolve
from states.field_values import MOST_RECORDS, validated
from states.fields import FIELDS
from states.secrecy import refuse_secrets, secret_mark
from states.vocabulary import Act, Confidentiality, Role, State
from tests.support.days import day
from tests.support.lives import after, done, found, ordered, rules

if TYPE_CHECKING:
    from states.case import Case

RULES = rules()
ITEMS: list[dict[str, Any]] = [
    {"fact": "未列入年度计划", "criterion": "第七条", "lead": "办公室", "co": ["法规科", "执法队"]},
    {"fact": "未报告", "criterion": "第八条"},
]
MEASURES: list[dict[str, Any]] = [
    {"item": 1, "measure": "补列", "person": "张三", "day": "2026-02-20"},
    {"item": 2, "measure": "补报", "person": "李四", "day": "2026-02-24"},
]
ANSWERS: list[dict[str, Any]] = [
    {"item": 1, "answer": "已补列", "no_evidence": "会议已开，纪要未印"},
    {"item": 2, "answer": "已补报", "no_evidence": "已当面报告"},
]
VERDICTS: list[dict[str, Any]] = [
    {"item": 1, "verdict": "passed", "remark": "属实"},
    {"item": 2, "verdict": "passed", "remark": "属实"},
]


def _listed() -> Case:
    return after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="15wd", items=ITEMS, criteria="计划下发")


def _answered() -> Case:
    planned = after(_listed(), Act.SUBMIT_PLAN, "02-10", RULES, measures=MEASURES)
    return after(planned, Act.SUBMIT_REPORT, "02-26", RULES, answers=ANSWERS)


def _unsigned(data: dict[str, Any]) -> Unsigned:
    return Unsigned(seq=3, act=Act.VERIFY_PASS, user="甲", role=Role.HANDLER, unit="", taken_on=day("02-09"), data=data)


def _of_first(case: Case) -> Item:
    return case.items[0]


# --- the list of problems ----------------------------------------------------------------------------------------


def test_each_problem_keeps_what_was_said_of_it_from_the_order_to_the_verdict() -> None:
    case = _listed()
    assert case.criteria == "计划下发"
    first = Item(fact="未列入年度计划", criterion="第七条", lead="办公室", co=("法规科", "执法队"))
    assert (_of_first(case), len(case.items)) == (first, 2)
    case = after(case, Act.SUBMIT_PLAN, "02-10", RULES, measures=MEASURES)
    first = replace(first, measure="补列", person="张三", plan_day="2026-02-20")
    assert (_of_first(case), case.items[1].person, case.plan) == (first, "李四", "submitted")
    case = after(case, Act.REPORT_PROGRESS, "02-20", RULES, progress=[{"item": 2, "state": "已起草"}])
    assert (_of_first(case), case.items[1].progress) == (first, "已起草")
    case = after(case, Act.SUBMIT_REPORT, "02-26", RULES, answers=ANSWERS)
    first = replace(first, answer="已补列", no_evidence="会议已开，纪要未印")
    assert _of_first(case) == first
    judged = after(case, Act.VERIFY_PASS, "02-27", RULES, verifiers=["甲", "乙"], verdicts=VERDICTS)
    assert _of_first(judged) == replace(first, verdict="passed", remark="属实")
    assert load(dump(judged)) == judged


def test_a_report_names_each_file_once_whether_it_lies_beside_an_answer_or_beside_the_whole() -> None:
    first, second = "a" * 64, "b" * 64
    answers = [{"item": 1, "answer": "已补列", "evidence": [second, first]}, ANSWERS[1]]
    both = done(_listed(), Act.SUBMIT_REPORT, "02-26", RULES, evidence=[first], answers=answers)
    assert both.data["evidence"] == [first, second]
    of_answers = done(_listed(), Act.SUBMIT_REPORT, "02-26", RULES, answers=answers)
    assert of_answers.data["evidence"] == [second, first]
    assert "evidence" not in done(_listed(), Act.SUBMIT_REPORT, "02-26", RULES, answers=ANSWERS).data


def test_an_answer_after_a_failure_is_judged_anew() -> None:
    verdicts = [VERDICTS[0], {"item": 2, "verdict": "failed", "remark": "无报告"}]
    failed = after(_answered(), Act.VERIFY_FAIL, "02-27", RULES, verdicts=verdicts)
    assert [item.verdict for item in failed.items] == ["passed", "failed"]
    again = after(failed, Act.SUBMIT_REPORT, "03-02", RULES, answers=ANSWERS)
    assert [(item.verdict, item.remark) for item in again.items] == [("", ""), ("", "")]


@pytest.mark.parametrize(
    ("numbers", "which"),
    [([1], "2"), ([2], "1"), ([1, 2, 3], "3"), ([0, 1, 2], "0"), ([], "1、2")],
    ids=str,
)
def test_a_plan_says_something_of_every_problem_and_of_no_other(numbers: list[int], which: str) -> None:
    measures = [MEASURES[0] | {"item": number} for number in numbers]
    with pytest.raises((GuardRefused, BadData)) as refused:
        done(_listed(), Act.SUBMIT_PLAN, "02-10", RULES, measures=measures)
    assert which in str(refused.value)


@pytest.mark.parametrize(
    ("act", "field", "records", "missing"),
    [
        (Act.SUBMIT_PLAN, "measures", MEASURES, ["item", "measure", "person", "day"]),
        (Act.REPORT_PROGRESS, "progress", [{"item": 1, "state": "已起草"}], ["item", "state"]),
        (Act.SUBMIT_REPORT, "answers", ANSWERS, ["item", "answer"]),
        (Act.VERIFY_FAIL, "verdicts", VERDICTS, ["item", "verdict"]),
    ],
    ids=str,
)
def test_a_record_says_of_which_problem_it_is_and_what_it_is_there_for(
    act: Act, field: str, records: list[dict[str, Any]], missing: list[str]
) -> None:
    case = _answered() if act is Act.VERIFY_FAIL else _listed()
    for name in missing:
        given: dict[str, Any] = {
            field: [{key: value for key, value in record.items() if key != name} for record in records]
        }
        with pytest.raises(BadData, match=name):
            done(case, act, "02-27", RULES, **given)


@pytest.mark.parametrize("count", [1, 2, 3])
def test_of_each_list_exactly_its_problems_can_be_answered(count: int) -> None:
    items = [{"fact": f"问题{n}", "criterion": "第七条"} for n in range(count)]
    case = after(found(RULES), Act.SERVE_ORDER, "02-06", RULES, term="15wd", items=items)
    whole = [MEASURES[0] | {"item": number + 1} for number in range(count)]
    assert after(case, Act.SUBMIT_PLAN, "02-10", RULES, measures=whole).plan == "submitted"
    for wrong in (whole[:-1], [*whole, MEASURES[0] | {"item": count + 1}]):
        with pytest.raises((GuardRefused, BadData)):
            done(case, Act.SUBMIT_PLAN, "02-10", RULES, measures=wrong)


@pytest.mark.parametrize(
    ("first", "second", "whole", "which"),
    [
        ({"evidence": ["a" * 64]}, {"no_evidence": "已当面报告"}, {}, ""),
        ({"evidence": ["a" * 64], "no_evidence": "原件另送"}, {"evidence": ["b" * 64]}, {}, ""),
        ({}, {"no_evidence": "已当面报告"}, {}, "1"),
        ({"evidence": ["a" * 64]}, {}, {}, "2"),
        ({}, {}, {}, "1、2"),
        ({}, {}, {"evidence": ["a" * 64]}, ""),
        ({}, {}, {"no_evidence": "会议已开，纪要未印"}, ""),
    ],
    ids=str,
)
def test_every_answer_is_proved_or_says_why_not_or_the_report_does_for_all(
    first: dict[str, Any], second: dict[str, Any], whole: dict[str, Any], which: str
) -> None:
    answers = [{"item": 1, "answer": "已补列", **first}, {"item": 2, "answer": "已补报", **second}]
    if which:
        with pytest.raises(GuardRefused, match=which):
            done(_listed(), Act.SUBMIT_REPORT, "02-26", RULES, answers=answers, **whole)
    else:
        assert after(_listed(), Act.SUBMIT_REPORT, "02-26", RULES, answers=answers, **whole).report_on == day("02-26")


def test_records_are_a_list_that_a_person_can_still_read() -> None:
    def taken(value: object) -> Any:
        return validated(Act.SUBMIT_PLAN, FIELDS[Act.SUBMIT_PLAN], {"measures": value})["measures"]

    assert len(taken(MEASURES[:1] * MOST_RECORDS)) == MOST_RECORDS
    for wrong in (MEASURES[:1] * (MOST_RECORDS + 1), "补列", MEASURES[0], 5, [5]):
        with pytest.raises(BadData, match="measures"):
            taken(wrong)


def test_after_a_failed_verification_nothing_stands_as_verified_or_reported() -> None:
    verdicts = [VERDICTS[0], VERDICTS[1] | {"verdict": "failed"}]
    before = changed(_answered(), {"verified_on": day("02-20")})  # as an earlier release may have left it
    case = after(before, Act.VERIFY_FAIL, "02-27", RULES, verdicts=verdicts)
    assert (case.verified_on, case.report_on, case.failed_on) == (None, None, day("02-27"))


def test_a_record_of_a_problem_that_is_not_there_changes_nothing() -> None:
    event = done(_listed(), Act.SUBMIT_PLAN, "02-10", RULES, measures=MEASURES)
    for number in (0, 3):
        strange = event._replace(data={**event.data, "measures": [MEASURES[0] | {"item": number}]})
        assert evolve(_listed(), strange).items == _listed().items


def test_an_order_without_a_list_or_criteria_leaves_what_the_finding_said() -> None:
    before = changed(found(RULES), {"criteria": "第七条", "items": (Item(fact="旧"),)})
    case = after(before, Act.SERVE_ORDER, "02-06", RULES, term="15wd")
    assert (case.criteria, case.items) == ("第七条", (Item(fact="旧"),))


# --- a part that is handed over ----------------------------------------------------------------------------------

HANDED: dict[str, Any] = {"receiver": "市纪委监委", "partial": True, "part": "收受礼金", "rest": "制度不健全"}


def _handed() -> tuple[Case, Case]:
    """Return a case before and after a part of it was handed over."""
    before = _listed()
    return before, after(before, Act.TRANSFER, "02-11", RULES, **HANDED)


def test_what_stays_is_worded_anew_and_the_list_is_gone() -> None:
    before, now = _handed()
    assert (now.finding, now.items, now.criteria, now.partly_transferred) == ("制度不健全", (), "", True)
    assert (now.handed_over, now.version, now.state) == (before.version + 1, before.version + 1, State.ORDERED)
    assert now.target == ""
    whole = after(before, Act.TRANSFER, "02-11", RULES, receiver="市纪委监委")
    assert (whole.target, whole.partly_transferred, whole.state) == ("市纪委监委", False, State.TRANSFERRED)
    event = done(before, Act.TRANSFER, "02-11", RULES, **HANDED)
    old = event._replace(data={key: value for key, value in event.data.items() if key not in ("part", "rest")})
    kept = evolve(before, old)
    assert (kept.finding, kept.items, kept.handed_over, kept.partly_transferred) == (
        before.finding,
        before.items,
        0,
        True,
    )


def test_every_version_up_to_the_handing_over_may_speak_of_the_part_and_none_after_it() -> None:
    before, now = _handed()
    later = after(now, Act.SUBMIT_PLAN, "02-12", RULES)
    assert [held_the_part(version, later) for version in (1, 2, 3, 4)] == [True, True, True, False]
    unsaid = changed(later, {"handed_over": 0})
    assert [held_the_part(version, unsaid) for version in (1, 3, 4, 9)] == [True] * 4
    assert not held_the_part(1, before)
    assert not held_the_part(1, changed(before, {"handed_over": 3}))


@pytest.mark.parametrize("role", [Role.HEAD, Role.HANDLER, Role.DIRECTOR, None], ids=str)
def test_no_earlier_moment_shows_the_part_and_the_present_one_what_stays(role: Role | None) -> None:
    before, now = _handed()
    unsigned = _unsigned({"note": "收受礼金"})
    before = changed(before, {"unsigned": unsigned})
    past = sealed_for(before, role, today=now)
    assert (past.finding, past.items, past.criteria, past.unsigned) == ("制度不健全", (), "", None)
    assert (past.state, past.version, past.number) == (before.state, before.version, before.number)
    assert sealed_for(now, role, today=now) is now
    assert sealed_for(now, role) is now
    assert sealed_for(before, role, today=before) is before
    for reads_on in (Role.LEADER, Role.DISCIPLINE):
        assert sealed_for(before, reads_on, today=now) is before


def test_a_part_of_which_an_older_release_did_not_say_what_stays_is_hidden_up_to_the_handing_over() -> None:
    before, now = _handed()
    unsaid = changed(now, {"handed_over": 0, "items": before.items, "finding": before.finding})
    later = changed(unsaid, {"version": unsaid.version + 1, "finding": "另写"})
    assert sealed_for(before, Role.HEAD, today=later).finding == "另写"
    assert sealed_for(unsaid, Role.HEAD, today=later) is unsaid


# --- marks of state secrets --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        *(("绝密", "绝密"), ("本件属机密", "机密"), ("机 密★", "机密"), ("絕密", "絕密"), ("機密", "機密")),
        *(("秘密★", "秘密★"), ("秘密*5年", "秘密*"), ("（秘密）", "(秘密)"), ("[秘密]", "[秘密]"), ("秘密", "秘密")),
        *(("  秘 密  ", "秘密"), ("第一行\n秘密\n第三行", "秘密"), ("密级：秘密", "密级:秘密"), ("秘密级", "秘密级")),
        *(("绝\u200b密", "绝密"), ("绝·密", "绝密")),
        *(("工作秘密", ""), ("保守秘密", ""), ("商业机密", ""), ("企业机密", ""), ("机密性", ""), ("秘密进行", "")),
        *(("", ""), ("保密要求", "")),
    ],
)
def test_a_mark_of_a_state_secret_is_told_from_the_word(text: str, mark: str) -> None:
    assert secret_mark(text) == mark


@pytest.mark.parametrize(
    "value",
    ["绝密", ["文", "绝密"], ("绝密",), {"a": "文", "b": {"c": ["绝密"]}}, [{"fact": "绝密"}]],
    ids=str,
)
def test_a_mark_is_found_however_deep_it_stands(value: object) -> None:
    with pytest.raises(BadData, match="第三十一条"):
        refuse_secrets(value)


def test_what_bears_no_mark_is_let_through_and_of_a_refused_text_only_its_beginning_is_told() -> None:
    for value in ("工作秘密", 5, None, ["文", 5], {"a": ("文",), "绝密": 1}):
        refuse_secrets(value)
    for length, end in ((18, "”"), (19, "…”")):
        with pytest.raises(BadData) as refused:
            refuse_secrets("绝密" + "文" * length)
        assert f"“绝密{'文' * 18}{end}" in str(refused.value)


# --- what is committed -------------------------------------------------------------------------------------------

SALT = "7" * 32


def _token(value: str) -> str:
    return commitments.commitment("sha256", SALT, value)


def test_a_text_that_is_no_commitment_is_opened_by_nothing_and_a_salt_has_its_one_length() -> None:
    assert not commitments.opens("张三", SALT, "张三")
    assert not commitments.opens("committed:v2:sha256:" + "0" * 63, SALT, "张三")
    assert not commitments.opens(_token("张三"), SALT[:-2], "张三")
    for wrong in (SALT[:-1], SALT + "0", "g" * 32, ""):
        with pytest.raises(ValueError, match="32"):
            commitments.commitment("sha256", wrong, "张三")


def test_of_a_record_its_texts_about_somebody_are_committed_and_its_numbers_days_and_files_stay() -> None:
    kept = commitments.committed(
        {"answers": [ANSWERS[0] | {"evidence": ["a" * 64], "verdict": "passed", "remark": "", "state": "在办"}]},
        commitments.FIELDS_THAT_MAY_BE,
        lambda text: f"<{text}>",
    )
    assert kept["answers"] == [
        {
            "item": 1,
            "answer": "<已补列>",
            "no_evidence": "<会议已开，纪要未印>",
            "evidence": ["a" * 64],
            "verdict": "passed",
            "remark": "",
            "state": "<在办>",
        }
    ]
    (verdict,) = commitments.committed({"verdicts": VERDICTS[:1]}, {"verdicts"}, lambda text: f"<{text}>")["verdicts"]
    assert verdict == {"item": 1, "verdict": "passed", "remark": "<属实>"}
    fields = dict.fromkeys(("fact", "criterion", "measure", "person", "day"), "文")
    (item,) = commitments.committed({"items": [fields]}, {"items"}, lambda text: f"<{text}>")["items"]
    assert item == dict.fromkeys(("fact", "criterion", "measure", "person"), "<文>") | {"day": "文"}


def test_whatever_a_policy_may_call_personal_is_a_field_that_an_act_takes() -> None:
    prose = {"finding", "criteria", "note", "source", "what", "views", "correction", "part", "rest"}
    people = {"signed_by", "verifiers", "helpers", "interviewee", "convenor", "recorders", "help_contact"}
    records = {"items", "measures", "answers", "verdicts", "progress"}
    assert prose | people | records == commitments.FIELDS_THAT_MAY_BE


def test_every_text_of_a_problem_and_of_an_unsigned_act_is_found_and_put_back() -> None:
    texts = ("fact", "criterion", "measure", "person", "answer", "no_evidence", "remark", "progress")
    hashed: dict[str, Any] = {field: _token(field) for field in texts}
    plain: dict[str, Any] = {field: field for field in texts}
    item = Item(**hashed, lead="办公室", evidence=("a" * 64,))
    data = {
        "note": _token("note"),
        "verifiers": [_token("甲"), "乙"],
        "verdicts": [{"item": 1, "remark": _token("丙")}],
    }
    unsigned = _unsigned(data)
    case = changed(ordered(RULES), {"items": (item, Item(fact="明文")), "unsigned": unsigned})
    hidden = [*texts, "note", "甲", "丙"]
    assert sorted(commitments.tokens_of_case(case)) == sorted(_token(text) for text in hidden)
    assert commitments.tokens_of_case(changed(case, {"unsigned": None, "items": ()})) == ()
    told = commitments.shown_case(case, {_token(text): text for text in hidden})
    assert told.items == (replace(item, **plain), Item(fact="明文"))
    assert told.unsigned is not None
    assert told.unsigned.data == {"note": "note", "verifiers": ["甲", "乙"], "verdicts": [{"item": 1, "remark": "丙"}]}
    assert (told.unsigned.user, told.unsigned.taken_on) == ("甲", day("02-09"))
    assert commitments.shown_case(changed(case, {"unsigned": None}), {}).items[0].fact == "（已依法删除）"


# --- what waits for a person -------------------------------------------------------------------------------------


def test_what_waits_for_the_office_and_what_stands_over_the_case_are_told_in_a_fixed_order() -> None:
    case = ordered(RULES)
    assert (case.attention, case.overlays) == ((), ())
    unsigned = _unsigned({})
    everything = {
        "late_entry": "pending",
        "blocked": "help,clock_gap",
        "unsigned": unsigned,
        "extension": "5wd",
        "tolerance": "requested",
    }
    assert changed(case, everything).attention == (
        *("late_entry", "clock_gap", "blocked", "unsigned", "extension_pending", "tolerance_requested"),
    )
    for change, waits in (
        ({"late_entry": "ladder"}, ()),
        ({"blocked": "clock_gap_x"}, ("blocked",)),
        ({"tolerance": "accepted"}, ("tolerance_accepted",)),
        ({"tolerance": "refused"}, ()),
    ):
        assert changed(case, change).attention == waits
    over = changed(case, everything).overlays
    assert over == ("extension_pending", "tolerance_review", "late_entry", "to_be_countersigned")
    assert case.confidentiality is Confidentiality.INTERNAL
