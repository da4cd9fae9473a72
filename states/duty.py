"""Duties of the catalogue: how people cite them, whom they bind, and with which of them a unit can be charged.

A finding cites a duty whose bearer fits the unit and the post. Articles 1 to 4 say what the duties are for and how they
are to be done: they make a breach graver and are none themselves. Article 9 is what the superior Party committee does.

Source: docs/domain.md §1 (the column “bearer”), articles 2 and 10 of the Measures, ADR 0045.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.errors import BadData, Sentence

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEY: Final = re.compile(r"art(\d{1,2})(?:-(\d{1,2}))?([a-z]?)")
_DIGITS: Final = "零一二三四五六七八九"
_ARTICLE: Final = Sentence("第{n}条", "article {plain}")
_ITEM: Final = Sentence("第{n}条第{item}项", "article {plain}({item_plain})")
TEN: Final = 10


def numeral(n: int) -> str:
    """Return a number from 0 to 99 in Chinese numerals: 六, 十, 十二, 二十一."""
    tens, ones = divmod(n, TEN)
    if not tens:
        return _DIGITS[ones]
    return ("" if tens == 1 else _DIGITS[tens]) + "十" + (_DIGITS[ones] if ones else "")


def citation(key: str) -> Sentence | None:
    """Return the article and item that a duty's key stands for; None for a key of another catalogue."""
    found = _KEY.fullmatch(key)
    if found is None:
        return None
    article, item = int(found[1]), found[2]
    if item is None:
        return _ARTICLE.fill(n=numeral(article), plain=article)
    return _ITEM.fill(n=numeral(article), item=numeral(int(item)), plain=article, item_plain=item)


def article_and_item(key: str) -> tuple[int, int]:
    """Return the article and item of a duty's key, for putting duties in order; zeros for what it does not name."""
    found = _KEY.fullmatch(key)
    return (int(found[1]), int(found[2] or 0)) if found is not None else (0, 0)


# --- whom a duty binds ---------------------------------------------------------------------------------------------

BEARERS: Final[Mapping[str, tuple[str, str]]] = {
    "party_head": ("党委主要负责人", "the head of a Party committee"),
    "government_head": ("政府主要负责人", "the head of a government"),
    "department_head": ("部门主要负责人", "the head of a department"),
    "four_offices_five_departments": ("“四套班子”办公厅（室）和五部门", "the four offices and five departments"),
    "other_member": ("班子其他成员", "other members of the leadership"),
    "superior_party_committee": ("上级党委", "the superior Party committee"),
}
"""The bearers of the catalogue, and what people call them."""

_DEPARTMENT: Final = frozenset({"department_head", "four_offices_five_departments", "other_member"})
_BY_REFERENCE: Final = frozenset({"party_head", "government_head", "other_member"})
BEARERS_OF_KIND: Final[Mapping[str, frozenset[str]]] = {
    "party_committee": frozenset({"party_head", "other_member"}),
    "government": frozenset({"government_head", "other_member"}),
    "department": _DEPARTMENT,
    "office": _DEPARTMENT,
    "township": _BY_REFERENCE,
    "village": _BY_REFERENCE,
}
"""Who can be charged in a unit of each kind. Townships and villages bear both heads' duties by reference (art. 10)."""
_UNITS: Final[Mapping[str, tuple[str, str]]] = {
    "party_committee": ("党委", "a Party committee"),
    "government": ("政府", "a government"),
    "department": ("部门", "a department"),
    "office": ("督查机构", "the supervisory office"),
    "township": ("街道", "a subdistrict"),
    "village": ("村（社区）", "a village"),
}


@dataclass(frozen=True, slots=True)
class CatalogueDuty:
    """An entry of the catalogue: its key, its kind there, whom it binds, and whether Party departments are left out.

    An article that only heads its items binds whom its items bind.
    """

    key: str
    article: int
    kind: str
    bearers: frozenset[str]
    government_only: bool = False


_GROUNDS: Final = 4
"""Up to this article: grounds on which a breach is graver (docs/domain.md §1)."""
_POST_PARTS: Final = re.compile(r"[、,，;；/\s（）()]+")
_DEPUTY: Final = re.compile(
    r"副(?:书记|[省州市县区镇乡]长|局长|主任|部长|厅长|院长|检察长|秘书长|会长)$|班子成员$|党组成员$"
)
_HEAD: Final = re.compile(r"(?<!副)(?:书记|[省州市县区镇乡局厅部院]长|主任|主要负责人)$|主持")
_PARTY_DEPARTMENT: Final = re.compile(r"委(?:组织部|宣传部|统战部|统一战线工作部|政法委|办公室|编办|党校|巡察办)|纪委")

_GROUND: Final = Sentence(
    "{duty}说明职责的目的和原则，是从重情节的依据，不能作为单独的问题登记；请选择第五条至第八条的具体条款。",
    "{Duty} says what the duties are for: it is ground for aggravation, not a duty to be found against. Choose an item"
    " of articles 5 to 8.",
)
_MECHANISM: Final = Sentence(
    "{duty}是上级党委的督促问责机制，不是被检查单位的职责；请选择第五条至第八条的具体条款。",
    "{Duty} is what the superior Party committee does, no duty of the unit. Choose an item of articles 5 to 8.",
)
_NOT_A_DUTY: Final = Sentence(
    "{duty}没有规定职责，不能作为问题的依据；请选择第五条至第八条的具体条款。",
    "{Duty} lays no duty on anybody. Choose an item of articles 5 to 8.",
)
_OTHER_UNIT: Final = Sentence(
    "{duty}是{bearers}的职责，“{unit}”是{kind}，不能据此登记问题；请核对条款或者单位。",
    "{Duty} binds {bearers}; “{unit}” is {kind} and cannot be charged with it. Check the duty or the unit.",
)
_NO_PARTY_DEPARTMENT: Final = Sentence(
    "{duty}的这一款只适用于政府工作部门，“{unit}”是党委工作部门，不能据此登记问题；请核对条款或者单位。",
    "This clause of {duty} binds departments of governments only; “{unit}” is a department of a Party committee. Check"
    " the duty or the unit.",
)
_DEPUTY_POST: Final = Sentence(
    "{duty}是{bearers}的职责，“{post}”不是主要负责人；班子其他成员的职责见第八条。",
    "{Duty} binds {bearers}; “{post}” is not the head. What other members owe is in article 8.",
)
_HEAD_POST: Final = Sentence(
    "{duty}是班子其他成员的职责，“{post}”是主要负责人；主要负责人的职责见第五条至第七条。",
    "{Duty} binds other members of the leadership; “{post}” is the head. What the head owes is in articles 5 to 7.",
)
_BODY_ABOVE: Final = Sentence(
    "{duty}是{bearers}的职责，“{unit}”是{kind}：请核对是否应当登记到所属部门。",
    "{Duty} binds {bearers}, and “{unit}” is {kind}: check whether the finding belongs to one of its departments.",
)
KIND_UNKNOWN: Final = Sentence(
    "不清楚“{unit}”是党委、政府还是部门，没有核对{duty}是否由它承担；请在单位管理中写明单位类型。",
    "It is not known what kind of unit “{unit}” is, so it was not checked whether {duty} binds it; say its kind where"
    " units are kept.",
)


class WrongBearer(BadData):
    """A finding cites what is no duty, or a duty of somebody else."""


def require_bearer(duty: CatalogueDuty, unit: str, unit_kind: str, post: str) -> Sentence | None:
    """Do nothing if the duty can be charged to this post of this unit; `unit_kind` "" is a unit of unknown kind.

    Returns:
        What could not be checked, because nobody said what kind of unit it is, or is to be looked at: the body above
        may be named for what a department of its own has failed to do.

    Raises:
        WrongBearer: it is no duty of the unit's side, or the duty of a unit of another kind or of another post.
    """
    shown = citation(duty.key) or Sentence(duty.key, duty.key)
    english = shown.text("en")
    words = {"duty": shown, "Duty": english[:1].upper() + english[1:], "unit": unit, "post": post}
    if duty.kind != "duty" or duty.article <= _GROUNDS:
        sentence = _GROUND if duty.article <= _GROUNDS else _MECHANISM if duty.kind == "mechanism" else _NOT_A_DUTY
        raise WrongBearer(sentence.fill(**words))
    words["bearers"] = _named(duty.bearers)
    _require_post(duty, post, words)
    if unit_kind not in BEARERS_OF_KIND:
        return KIND_UNKNOWN.fill(**words)
    if unit_kind != "department" and duty.bearers & _DEPARTMENT and not duty.bearers & BEARERS_OF_KIND[unit_kind]:
        return _BODY_ABOVE.fill(**words, kind=Sentence(*_UNITS[unit_kind]))
    if not duty.bearers & BEARERS_OF_KIND[unit_kind]:
        raise WrongBearer(_OTHER_UNIT.fill(**words, kind=Sentence(*_UNITS[unit_kind])))
    if duty.government_only and _PARTY_DEPARTMENT.search(unit):
        raise WrongBearer(_NO_PARTY_DEPARTMENT.fill(**words))
    return None


def fits(duty: CatalogueDuty, unit: str, unit_kind: str) -> bool:
    """Say whether a unit of this kind can be charged with the duty, whoever is responsible there."""
    if duty.kind != "duty" or duty.article <= _GROUNDS:
        return False
    if unit_kind not in BEARERS_OF_KIND:
        return True
    party = duty.government_only and _PARTY_DEPARTMENT.search(unit) is not None
    return bool(duty.bearers & BEARERS_OF_KIND[unit_kind]) and not party


def _require_post(duty: CatalogueDuty, post: str, words: Mapping[str, object]) -> None:
    parts = [part for part in _POST_PARTS.split(post) if part]
    is_head = any(_HEAD.search(part) for part in parts)
    is_deputy = not is_head and any(_DEPUTY.search(part) for part in parts)
    if is_deputy and "other_member" not in duty.bearers:
        raise WrongBearer(_DEPUTY_POST.fill(**words))
    if is_head and duty.bearers == {"other_member"}:
        raise WrongBearer(_HEAD_POST.fill(**words))


def _named(bearers: frozenset[str]) -> Sentence:
    named = [BEARERS[bearer] for bearer in BEARERS if bearer in bearers]
    return Sentence("、".join(zh for zh, _ in named), " or ".join(en for _, en in named))
