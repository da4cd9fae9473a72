"""What changed in a case between two moments, in the words in which people read a case."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from states.errors import Sentence
from states.terms import date_text
from states.vocabulary import DEADLINES, OVERLAYS, name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from states.case import Case
    from states.vocabulary import Act

_NOTHING = Sentence("—", "—")
_PROVISIONAL = Sentence("{day}（暂定）", "{day} (provisional)")
_SIGNED = Sentence("第{n}号", "event {n}")


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that is not as it was: what it is, how it was, how it is."""

    what: Sentence
    before: Sentence
    after: Sentence


def differences(
    before: Case, after: Case, may_before: Collection[Act] = (), may_after: Collection[Act] = ()
) -> list[Difference]:
    """Return what differs between the case at two moments, and which acts were allowed at only one of them."""
    found = [
        Difference(Sentence(*label), old, new)
        for label, old, new in (
            (("状态", "state"), name(before.state), name(after.state)),
            (("环节", "phase"), name(before.phase), name(after.phase)),
            (("灯色", "light"), name(before.light), name(after.light)),
            (("叠加", "overlays"), _overlays(before), _overlays(after)),
            (("延期次数", "extensions"), _number(before.extensions), _number(after.extensions)),
            (("帮助记录", "records of help"), _number(before.helps), _number(after.helps)),
            (("签收", "acknowledged"), _signed(before), _signed(after)),
            (("政策", "policy"), _text(before.policy_hash[:12]), _text(after.policy_hash[:12])),
        )
        if old != new
    ]
    kinds = dict.fromkeys([line.kind for line in (*before.deadlines, *after.deadlines)])
    for kind in kinds:
        old, new = _due(before, kind), _due(after, kind)
        if old != new:
            found.append(Difference(Sentence(*DEADLINES[kind]), old, new))
    lost, gained = (
        [act for act in may_before if act not in may_after],
        [act for act in may_after if act not in may_before],
    )
    if lost or gained:
        found.append(Difference(Sentence("可办理", "allowed"), _joined(map(name, lost)), _joined(map(name, gained))))
    return found


def _due(case: Case, kind: str) -> Sentence:
    line = case.deadline(kind)
    if line is None:
        return _NOTHING
    day = Sentence(date_text(line.due_on, "zh-CN"), date_text(line.due_on, "en"))
    return _PROVISIONAL.fill(day=day) if line.provisional else day


def _overlays(case: Case) -> Sentence:
    return _joined(Sentence(*OVERLAYS[word]) for word in case.overlays)


def _signed(case: Case) -> Sentence:
    return _joined(_SIGNED.fill(n=version) for version in case.acknowledged)


def _joined(parts: Iterable[Sentence]) -> Sentence:
    words = list(parts)
    zh, en = "、".join(word.text("zh-CN") for word in words), ", ".join(word.text("en") for word in words)
    return Sentence(zh or "—", en or "—")


def _number(count: int) -> Sentence:
    return _text(str(count))


def _text(word: str) -> Sentence:
    return Sentence(word, word)
