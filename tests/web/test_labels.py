"""Whatever stands in an event is called by a name that people know: no key, no hash and no JSON before a reader."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, Final

import pytest

from states.field_values import Field, Kind
from states.fields import FIELDS
from states.official_document import Step
from states.vocabulary import Act, State
from web.data_words import COMPUTED, facts_of, label

if TYPE_CHECKING:
    from tests.support.offices import Bench

TODAY: Final = date(2026, 3, 2)
HASH: Final = "ceb053dfdc9737cefc25128e0c04fe00bbb25a971fce3a763366888dd2e3dd08"
RAW: Final = re.compile(r"[a-z_]+=|[{}\[\]\"]|[a-z]+_[a-z]+|[0-9a-f]{64}|\d+(?:wd|d|m)\b")
"""A key with its value, JSON, a name of the program, a hash, or a term as programs write them."""
BY_KIND: Final[dict[Kind, Any]] = {
    Kind.TEXT: "已经整改",
    Kind.DATE: "2026-03-31",
    Kind.TERM: "15wd",
    Kind.FLAG: True,
    Kind.NUMBER: 2,
    Kind.TEXTS: ["甲", "乙"],
    Kind.DUTY: "art6-4b",
    Kind.ACCOUNT: "liufang",
}
WRITTEN_BY_TIME: Final = {
    "days_before": 3,
    "deadline": "rectification",
    "due_on": "2026-03-31",
    "light": "yellow",
    "move": State.CRITICIZED.value,
    "moved": [{"kind": "plan", "old_day": "2026-03-31", "new_day": "2026-04-01", "new_calendar": HASH, "held": False}],
    "signed_act": Act.VERIFY_PASS.value,
    "kind": "order",
    "step": Step.SIGN.value,
    "erased": [f"committed:v2:sha256:{HASH}"],
    "guard": "help_recorded",
    "becomes": {"light": "red"},
    "starts": [{"kind": "plan", "due_on": "2026-03-31"}],
    "unheard_of": {"by": "anybody"},
}
"""What the desk and time write beside the fields of acts, and something that nobody has given a name."""


def example(field: Field) -> Any:  # data of an act
    if field.name == "evidence":
        return [HASH, "0" * 64]
    if field.kind is Kind.CHOICE:
        return field.choices[0]
    if field.kind is Kind.RECORDS:
        return [{part.name: example(part) for part in field.parts}] * 2
    return BY_KIND[field.kind]


def test_a_reminder_that_repeats_says_of_what_it_is() -> None:
    for deadline, words in (("blocked", "受阻的升级"), ("proposal", "升级建议"), ("plan", "报送整改方案")):
        assert ("期限", words) in facts_of(Act.OFFICE_OVERDUE, {"deadline": deadline}, "zh-CN", TODAY)


@pytest.mark.parametrize("lang", ["zh-CN", "en"])
def test_no_act_shows_a_key_json_or_a_hash_of_what_was_entered(lang: str) -> None:
    for act, fields in FIELDS.items():
        data = {name: example(field) for name, field in fields.items()}
        for entered in (act, Act.COUNTERSIGN):
            told = facts_of(entered, data | WRITTEN_BY_TIME, lang, TODAY, {HASH: "照片.jpg"})
            assert [fact for fact in told if RAW.search(" ".join(fact)) or not all(fact)] == [], act
            assert len(told) >= len(data), act


def test_records_are_told_item_by_item_with_the_names_of_their_files() -> None:
    answers = [
        {"item": 1, "answer": "栏目已更新。", "evidence": [HASH]},
        {"item": 2, "answer": "已公开", "no_evidence": "网站可查"},
    ]
    verdicts = [{"item": 1, "verdict": "passed"}, {"item": 2, "verdict": "failed", "remark": "缺台账"}]
    measures = [{"item": 1, "measure": "建立台账", "person": "科长", "day": "2026-03-31"}]
    files = {HASH: "截图.png"}

    def told(act: Act, data: dict[str, Any], lang: str = "zh-CN") -> list[str]:
        return [value for _name, value in facts_of(act, data, lang, TODAY, files)]

    assert told(Act.SUBMIT_REPORT, {"answers": answers}) == [
        "第1项：栏目已更新，佐证材料：截图.png；第2项：已公开，没有佐证材料的理由：网站可查"
    ]
    assert told(Act.VERIFY_FAIL, {"verdicts": verdicts}) == ["第1项：通过；第2项：不通过，说明：缺台账"]
    assert told(Act.SUBMIT_PLAN, {"measures": measures}) == ["第1项：建立台账，责任人：科长，完成日期：3月31日（周二）"]
    assert told(Act.VERIFY_FAIL, {"verdicts": verdicts}, "en") == ["item 1: passed; item 2: failed, a remark: 缺台账"]


def test_every_datum_of_a_long_life_has_a_name(sqlite_bench: Bench) -> None:
    bench = sqlite_bench
    climbs, closed = bench.ordered("02-06"), bench.ordered("02-06")
    bench.act(closed, Act.SUBMIT_REPORT, "02-20")
    bench.act(closed, Act.VERIFY_PASS, "02-24", verifiers=["甲", "乙"])
    bench.act(closed, Act.APPROVE_CLOSURE, "02-26")
    bench.pass_days("02-07", "05-20")
    raw = {
        (recorded.event.act.value, key)
        for case_id in (climbs, closed)
        for recorded in bench.history(case_id)
        for key, value in recorded.event.data.items()
        if key not in COMPUTED and value not in (False, "", None) and not label(recorded.event.act, key, "zh-CN")
    }
    assert raw == set()
