"""A finding cites only what its unit and post bear: every kind of unit, every article, the posts at the edge."""

from __future__ import annotations

import pytest

from config.duties import catalogue_duties, duty_ids
from states.duty import BEARERS, BEARERS_OF_KIND, WrongBearer, fits, require_bearer

UNITS = {
    "party_committee": "青禾县委",
    "government": "青禾县人民政府",
    "department": "青禾县教育局",
    "office": "临溪市委依法治市办",
    "township": "东门街道办事处",
    "village": "望岭村",
}
BORNE = {
    "party_committee": {5},
    "government": {6},
    "department": {7},
    "office": {7},
    "township": {5, 6},
    "village": {5, 6},
}
"""Written from the regulation: articles 5 to 7 by their first words, townships and villages by article 10."""


@pytest.mark.parametrize("kind", UNITS)
def test_a_unit_of_each_kind_bears_its_own_article_and_no_other(kind: str) -> None:
    for duty in catalogue_duties().values():
        if duty.article == 8:
            continue
        borne = duty.article in BORNE[kind]
        assert fits(duty, UNITS[kind], kind) is borne, duty.key
        if borne:
            assert require_bearer(duty, UNITS[kind], kind, "主要负责人") is None
        elif duty.article == 7:  # a department's duty that was charged to the body above it
            doubt = require_bearer(duty, UNITS[kind], kind, "主要负责人")
            assert doubt is not None
            assert "所属部门" in doubt.text()
        else:
            with pytest.raises(WrongBearer):
                require_bearer(duty, UNITS[kind], kind, "主要负责人")


@pytest.mark.parametrize("kind", UNITS)
def test_article_eight_binds_other_members_of_every_leadership_and_no_head(kind: str) -> None:
    eight = catalogue_duties()["art8"]
    assert require_bearer(eight, UNITS[kind], kind, "分管副职") is None
    with pytest.raises(WrongBearer, match="第五条至第七条"):
        require_bearer(eight, UNITS[kind], kind, "县委书记")


def test_the_report_of_a_government_cannot_be_charged_to_a_department() -> None:
    with pytest.raises(WrongBearer) as refused:
        require_bearer(catalogue_duties()["art6-4b"], "青禾县教育局", "department", "局长")
    assert refused.value.sentence.text() == (
        "第六条第四项是政府主要负责人的职责，“青禾县教育局”是部门，不能据此登记问题；请核对条款或者单位。"
    )
    assert refused.value.sentence.text("en").startswith("Article 6(4) binds the head of a government;")


@pytest.mark.parametrize(
    ("duty", "words"),
    [
        ("art1", "从重情节"),
        ("art4", "从重情节"),
        ("art9", "督促问责机制"),
        ("art9-4b", "督促问责机制"),
        ("art10", "没有规定职责"),
        ("art11", "没有规定职责"),
    ],
)
def test_what_is_no_duty_is_refused_for_whatever_unit(duty: str, words: str) -> None:
    for kind in (*UNITS, ""):
        with pytest.raises(WrongBearer, match=words):
            require_bearer(catalogue_duties()[duty], "某单位", kind, "主要负责人")


@pytest.mark.parametrize(
    ("post", "is_taken"),
    [
        ("局长", True),
        ("副局长", False),
        ("党组成员、副局长", False),
        ("党组书记、局长", True),
        ("县委副书记、县长", True),
        ("县委常委、副县长", False),
        ("副局长（主持工作）", True),
        ("办公室副主任", False),
        ("副部长", False),
        ("张某某", True),
    ],
)
def test_the_duty_of_a_head_is_not_charged_to_a_deputy(post: str, *, is_taken: bool) -> None:
    duty = catalogue_duties()["art7-1a"]
    if is_taken:
        assert require_bearer(duty, "青禾县教育局", "department", post) is None
    else:
        with pytest.raises(WrongBearer, match="第八条"):
            require_bearer(duty, "青禾县教育局", "department", post)


def test_the_yearly_report_of_departments_leaves_party_departments_out() -> None:
    report, plan = catalogue_duties()["art7-4d"], catalogue_duties()["art7-3a"]
    with pytest.raises(WrongBearer, match="只适用于政府工作部门"):
        require_bearer(report, "白石区委统战部", "department", "部长")
    assert require_bearer(plan, "白石区委统战部", "department", "部长") is None
    assert require_bearer(report, "白石区民政局", "department", "局长") is None


def test_a_unit_of_unknown_kind_is_not_refused_but_it_is_said() -> None:
    doubt = require_bearer(catalogue_duties()["art6-4b"], "某某集团公司", "", "董事长")
    assert doubt is not None
    assert "不清楚“某某集团公司”" in doubt.text()
    assert "第六条第四项" in doubt.text()


def test_every_entry_of_the_catalogue_is_known_and_every_bearer_has_a_name() -> None:
    assert set(catalogue_duties()) == duty_ids()
    borne = {name for duty in catalogue_duties().values() for name in duty.bearers if duty.kind == "duty"}
    assert borne <= set(BEARERS)
    assert borne == {name for kinds in BEARERS_OF_KIND.values() for name in kinds}
