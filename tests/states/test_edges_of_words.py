"""Words, fields and sentences: complete in both languages, and refused to the letter."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from config.policy import find_policy, read_policy
from states.address_groups import group_of, tags_of, untagged
from states.errors import BadData, Sentence
from states.field_values import TEXT_LIMIT, Field, Kind, validated
from states.fields import FIELDS
from states.vocabulary import (
    CLUE_ACTS,
    DEADLINES,
    NAMES,
    OUTCOMES,
    PERSONS_ACTS,
    RUNGS,
    SILENT_ACTS,
    SPINE,
    SYSTEM_ACTS,
    Act,
    Confidentiality,
    Light,
    Phase,
    Role,
    State,
    is_clean,
    is_evidence,
    name,
)


@pytest.mark.parametrize("word", [*State, *Phase, *Light, *Confidentiality, *Role, *Act], ids=str)
def test_every_word_of_the_lifecycle_has_a_name_in_both_languages(word: Any) -> None:
    assert name(word) == Sentence(*NAMES[word])
    assert all(NAMES[word])
    assert not NAMES[word][0].isascii()
    assert NAMES[word][1].isascii()


@pytest.mark.parametrize("words", [State, Phase, Light, Confidentiality, Role, Act], ids=lambda words: words.__name__)
def test_no_two_words_of_a_kind_have_one_name(words: Any) -> None:
    told = [word for word in words if word is not Act.CLUE_RAISED]  # the old name of what is `office_overdue` now
    for place in (0, 1):
        assert len({NAMES[word][place] for word in told}) == len(told)


@pytest.mark.parametrize("policy", ["sichuan-2017", "decree-733"])
def test_every_deadline_that_a_policy_gives_has_a_name_in_both_languages(policy: str) -> None:
    # The term stands in the rung, and a listing names its own limit.
    kinds = (set(read_policy(find_policy(policy)).limits) | {"rectification", "listing"}) - {"plan_return"}
    assert kinds == set(DEADLINES)
    assert all(zh and en.isascii() for zh, en in DEADLINES.values())
    assert len({zh for zh, _en in DEADLINES.values()}) == len(DEADLINES)


def test_the_ladder_has_four_rungs_above_the_finding_and_six_outcomes_beside_it() -> None:
    assert SPINE == (State.FOUND, State.ORDERED, State.CRITICIZED, State.INTERVIEWED, State.HELD)
    assert SPINE[1:] == RUNGS
    assert set(OUTCOMES) | set(SPINE) == set(State)
    assert len(OUTCOMES) == 6


def test_what_time_does_alone_is_never_entered_by_a_person() -> None:
    assert frozenset(Act) - SYSTEM_ACTS - CLUE_ACTS == set(PERSONS_ACTS)
    assert {Act.REMINDER_DUE, Act.MARKED_YELLOW, Act.MARKED_RED, Act.ESCALATED, Act.ESCALATION_PROPOSED} <= SYSTEM_ACTS
    assert {Act.ESCALATION_BLOCKED, Act.DEADLINE_REDATED, Act.CASE_VIEWED, Act.PERSONAL_DATA_ERASED} <= SYSTEM_ACTS
    assert not {Act.ACKNOWLEDGE, Act.CORRECT_EVENT, Act.MARK_CONFIDENTIALITY, Act.REGISTER_FINDING} & SYSTEM_ACTS
    assert {Act.CASE_VIEWED, Act.PERSONAL_DATA_ERASED, Act.DOCUMENT_MOVED} == SILENT_ACTS


@pytest.mark.parametrize(
    ("text", "clean"),
    [("", True), ("多行\n文字\t\r\n", True), ("空格 ", True), ("\x1f", False), ("\x00", False), ("a\x7fb", True)],
)
def test_control_characters_are_not_kept(text: str, clean: bool) -> None:
    assert is_clean(text) is clean


@pytest.mark.parametrize(("letter", "clean"), [(0xD7FF, True), (0xD800, False), (0xDFFF, False), (0xE000, True)])
def test_half_a_pair_of_characters_is_not_kept(letter: int, clean: bool) -> None:
    assert is_clean(chr(letter)) is clean


@pytest.mark.parametrize(
    ("text", "named"),
    [("a" * 64, True), ("0" * 64, True), ("a" * 63, False), ("a" * 65, False), ("A" * 64, False), ("g" * 64, False)],
)
def test_evidence_is_named_by_its_hash(text: str, named: bool) -> None:
    assert is_evidence(text) is named


# --- fields ------------------------------------------------------------------------------------------------------


def given(act: Act, **data: Any) -> dict[str, Any]:
    return validated(act, FIELDS[act], data)


def refused(act: Act, **data: Any) -> Sentence:
    with pytest.raises(BadData) as problem:
        given(act, **data)
    return problem.value.sentence


def test_every_act_takes_a_document_number_evidence_and_a_note_and_what_is_its_own() -> None:
    for act in Act:
        assert list(FIELDS[act])[:3] == ["document_number", "evidence", "note"]
        assert all(key == field.name and field.zh and field.en.isascii() for key, field in FIELDS[act].items())
        assert all((field.kind is Kind.CHOICE) is bool(field.choices) for field in FIELDS[act].values())


@pytest.mark.parametrize(
    ("act", "needed"),
    [
        (Act.REGISTER_FINDING, {"unit", "post", "duty", "inspection", "finding"}),
        (Act.START_RANKING_INTERVIEW, {"unit", "post", "ranking"}),
        (Act.DISMISS, {"reason"}),
        (Act.WITHDRAW, {"reason"}),
        (Act.MERGE_INTO, {"target"}),
        (Act.TRANSFER, {"receiver"}),
        (Act.RETURN_PLAN, {"reason"}),
        (Act.RECORD_ACCOUNTABILITY, {"document_number", "organ"}),
        (Act.REQUEST_EXTENSION, {"reason"}),
        (Act.REFUSE_EXTENSION, {"reason"}),
        (Act.SUSPEND, {"reason"}),
        (Act.FILE_OBJECTION, {"reason"}),
        (Act.DECIDE_REVIEW, {"outcome"}),
        (Act.REQUEST_TOLERANCE, {"reason"}),
        (Act.DECIDE_TOLERANCE, {"outcome"}),
        (Act.DECIDE_APPEAL, {"outcome"}),
        (Act.REOPEN, {"reason"}),
        (Act.LIST_CASE, {"reason"}),
        (Act.REJECT_ESCALATION, {"reason"}),
        (Act.CORRECT_EVENT, {"of", "correction", "reason"}),
        (Act.MARK_CONFIDENTIALITY, {"confidentiality", "reason"}),
    ],
)
def test_what_an_act_cannot_do_without(act: Act, needed: set[str]) -> None:
    assert {field.name for field in FIELDS[act].values() if field.required} >= needed


def test_a_field_that_is_missing_is_named_with_an_example_of_its_kind() -> None:
    assert refused(Act.DISMISS).text() == '“查否”缺少必填项“理由”（reason）：请在数据中写明，例如 {"reason": "…"}。'
    assert refused(Act.DISMISS).text("en") == (
        "“dismiss as groundless” needs the field “the reason” (reason); add it to the data, for example "
        '{"reason": "…"}.'
    )
    assert '{"outcome": "uphold"}' in refused(Act.DECIDE_REVIEW).text()
    correction = {"correction": "x", "reason": "x", "confirmed_by": "乙"}
    assert '{"of": 1}' in refused(Act.CORRECT_EVENT, **correction).text()


@pytest.mark.parametrize(
    ("kind", "example"),
    [
        (Kind.TEXT, '"…"'),
        (Kind.DATE, '"2026-03-05"'),
        (Kind.TERM, '"15wd"'),
        (Kind.FLAG, "true"),
        (Kind.NUMBER, "1"),
        (Kind.TEXTS, '["…", "…"]'),
        (Kind.DUTY, '"art6-4b"'),
    ],
)
def test_every_kind_of_field_has_an_example(kind: Kind, example: str) -> None:
    needed = {"x": Field("x", kind, "某项", "something", required=True)}
    with pytest.raises(BadData) as problem:
        validated(Act.DISMISS, needed, {})
    assert problem.value.sentence.text().endswith(f'例如 {{"x": {example}}}。')
    with pytest.raises(BadData) as empty:
        validated(Act.DISMISS, {}, {"y": 1})
    assert empty.value.sentence.text().endswith("可用的有：—。")


def test_a_field_that_is_not_there_is_named_with_those_that_are() -> None:
    assert refused(Act.DISMISS, reasons="x").text() == (
        "“查否”没有名为 reasons 的数据项；可用的有：document_number、evidence、note、reason。"
    )
    assert "takes no field called reasons; it takes: document_number" in refused(Act.DISMISS, reasons="x").text("en")


@pytest.mark.parametrize("empty", [None, "", []])
def test_an_empty_field_is_left_out_and_those_after_it_are_read(empty: Any) -> None:
    assert given(Act.DISMISS, note=empty, reason=" 不成立 ") == {"reason": "不成立"}


@pytest.mark.parametrize(("length", "taken"), [(TEXT_LIMIT, True), (TEXT_LIMIT + 1, False)])
def test_a_text_may_have_eight_thousand_characters(length: int, taken: bool) -> None:
    assert TEXT_LIMIT == 8000
    if taken:
        assert given(Act.DISMISS, reason="字" * length) == {"reason": "字" * length}
    else:
        assert refused(Act.DISMISS, reason="字" * length).text() == "“查否”的“理由”（reason）过长：最多8000个字。"
        assert (
            refused(Act.SUBMIT_PLAN, evidence=["字" * length]).text("en").endswith("too long; 8000 characters at most.")
        )


def test_a_text_with_control_characters_is_refused() -> None:
    assert refused(Act.DISMISS, reason="a\x00").text() == (
        "“查否”的数据项“理由”（reason）含有不可见的控制字符，请重新输入。"
    )


@pytest.mark.parametrize(
    ("act", "field", "value", "kept"),
    [
        (Act.DISMISS, "reason", "x", "x"),
        (Act.HOLD_INTERVIEW, "notice_on", "2026年4月7日", "2026-04-07"),
        (Act.HOLD_INTERVIEW, "notice_on", date(2026, 4, 7), "2026-04-07"),
        (Act.SERVE_ORDER, "term", "15个工作日", "15wd"),
        (Act.VERIFY_FAIL, "false_report", True, True),
        (Act.VERIFY_FAIL, "false_report", False, False),
        (Act.ACKNOWLEDGE, "of", 0, 0),
        (Act.ACKNOWLEDGE, "of", 2**53 - 1, 2**53 - 1),
        (Act.MARK_CONFIDENTIALITY, "confidentiality", "public", "public"),
        (Act.VERIFY_PASS, "verifiers", "甲", ["甲"]),
        (Act.VERIFY_PASS, "verifiers", [" 甲 ", "乙"], ["甲", "乙"]),
    ],
)
def test_a_value_of_the_right_kind_is_kept_in_its_canonical_form(act: Act, field: str, value: Any, kept: Any) -> None:
    needed = {"reason": "x"} if FIELDS[act].get("reason") and field != "reason" else {}
    assert given(act, **(needed | {field: value}))[field] == kept


@pytest.mark.parametrize(
    ("act", "field", "value", "words"),
    [
        (Act.DISMISS, "reason", 5, "应为文字，收到的是 5。"),
        (Act.HOLD_INTERVIEW, "notice_on", "soon", "应为日期（如 2026-03-05），收到的是 'soon'。"),
        (Act.HOLD_INTERVIEW, "notice_on", 5, "应为日期（如 2026-03-05），收到的是 5。"),
        (Act.SERVE_ORDER, "term", "15", "应为期限（如 15wd、30d、1m），收到的是 '15'。"),
        (Act.SERVE_ORDER, "term", 15, "应为期限（如 15wd、30d、1m），收到的是 15。"),
        (Act.VERIFY_FAIL, "false_report", "yes", "应为true 或 false，收到的是 'yes'。"),
        (Act.VERIFY_FAIL, "false_report", 1, "应为true 或 false，收到的是 1。"),
        (Act.ACKNOWLEDGE, "of", True, "应为非负整数，收到的是 True。"),
        (Act.ACKNOWLEDGE, "of", -1, "应为非负整数，收到的是 -1。"),
        (Act.ACKNOWLEDGE, "of", 2**53, "应为非负整数，收到的是 9007199254740992。"),
        (Act.ACKNOWLEDGE, "of", "1", "应为非负整数，收到的是 '1'。"),
        (Act.DECIDE_REVIEW, "outcome", "maybe", "应为以下之一：uphold、amend、revoke，收到的是 'maybe'。"),
        (Act.VERIFY_PASS, "verifiers", 5, "应为文字列表，收到的是 5。"),
        (Act.VERIFY_PASS, "verifiers", ["甲", 5], "应为文字列表，收到的是 ['甲', 5]。"),
    ],
)
def test_a_value_of_the_wrong_kind_is_refused_with_what_it_should_be(
    act: Act, field: str, value: Any, words: str
) -> None:
    told = refused(act, **{field: value}).text()
    assert told.startswith(f"“{name(act).zh}”的“{FIELDS[act][field].zh}”（{field}）")
    assert told.endswith(words)


def test_a_wrong_value_is_told_in_sixty_characters() -> None:
    assert refused(Act.ACKNOWLEDGE, of="1" * 100).text().count("1") == 59


NAMED: set[str] = {
    *("unit", "post", "liaison", "number", "child", "target", "document_number", "inspection_plan", "signed_by"),
    *("confirmed_by", "help_contact", "interviewee", "convenor", "recorders", "receiver", "organ", "verifiers"),
    *("helpers", "circulated_to", "forms"),
}
"""Who, which paper and which place: names, in which every character is seen. All other texts are prose."""


def test_a_name_has_no_character_that_nobody_sees_and_prose_may() -> None:
    seen: set[str] = set()
    for act, field in ((one, field) for one in Act for field in FIELDS[one].values()):
        if field.kind not in (Kind.TEXT, Kind.TEXTS) or field.choices:
            continue
        value: Any = "甲\u200b乙" if field.kind is Kind.TEXT else ["甲\u200b乙"]
        try:
            validated(act, {field.name: field}, {field.name: value})
        except BadData:
            seen.add(field.name)
    assert seen == NAMED


def test_a_state_secret_is_refused_with_the_law_s_reason() -> None:
    told = refused(Act.MARK_CONFIDENTIALITY, confidentiality="机密", reason="x").text()
    assert "“机密”不能作为密级标注" in told
    assert "保密法第三十一条" in told


# --- sentences ---------------------------------------------------------------------------------------------------


def test_a_sentence_is_told_in_chinese_unless_english_is_wanted() -> None:
    told = Sentence("有{n}件", "{n} of them", {"n": 2})
    assert (told.text(), told.text("zh"), told.text("en"), told.text("en-GB"), str(told)) == (
        *("有2件", "有2件"),
        *("2 of them", "2 of them"),
        "有2件",
    )


def test_particulars_are_added_and_told_in_the_language_of_the_sentence() -> None:
    inner = Sentence("查否", "dismiss")
    told = Sentence("{a}与{b}", "{a} and {b}").fill(a=inner).fill(b=3)
    assert (told.text(), told.text("en")) == ("查否与3", "dismiss and 3")
    assert Sentence("大括号{}", "braces {}").text() == "大括号{}"
    assert hash(told) == hash(Sentence("{a}与{b}", "{a} and {b}"))


@pytest.mark.parametrize(
    ("address", "group", "tags", "plain"),
    [
        ("tag:值班", "值班", (), "tag:值班"),
        ("机关,值班,机关=ntfy://host/a", "", ("机关", "值班"), "ntfy://host/a"),
        ("ntfy://host/a=b", "", (), "ntfy://host/a=b"),
        ("mail@example.invalid", "", (), "mail@example.invalid"),
        ("tag:", "", (), "tag:"),
        ("", "", (), ""),
    ],
)
def test_an_address_is_in_groups_or_means_one_or_neither(
    address: str, group: str, tags: tuple[str, ...], plain: str
) -> None:
    assert (group_of(address), tags_of(address), untagged(address)) == (group, tags, plain)
