"""What the page of a new finding asks before it registers anything: which unit is meant, and which case it may be.

Each question is asked once for what was typed; what was answered stands in the form that comes back.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final

from cases.duplicates import OpeningQuestions, questions_of
from states.command import Command
from states.errors import Sentence
from states.terms import parse_date
from states.vocabulary import Act, Role
from web.dependencies import actor_of, reader_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.duplicates import AlikeCase
    from web.page import Visit

NEW, JOIN, CAME_BACK, OTHER = "new", "join", "came_back", "other"
_REASON_NEEDED: Final = Sentence(
    "请说明为什么另行登记。", "Say why it is registered although it resembles a known case."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a person said: the unit, whether it is new, and what a finding that resembles a known case is."""

    unit: str
    is_new_unit: bool = False
    alike: str = ""
    """`join`, `came_back` or `other`, or nothing if nothing was asked."""
    number: str = ""
    """The number of the known case that it joins, or that came back."""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedOfFinding:
    """The questions that are still open, for the page; and the answers, if none is."""

    near: tuple[str, ...] = ()
    unit: str = ""
    asks_unit: bool = False
    alike: tuple[AlikeCase, ...] = ()
    wrong: Sentence | None = None
    answers: Answers | None = None

    @property
    def is_open(self) -> bool:
        """Whether something is to be answered before the finding is registered."""
        return self.answers is None


def asked_of(visit: Visit) -> AskedOfFinding:
    """Return what is still to be asked of the finding that was typed.

    Raises:
        BadTerm: its day cannot be read.
    """
    form = visit.form
    typed, meant = form.get("d.unit", "").strip(), form.get("meant", "")
    # A choice counts for the name it was asked about, and not for one that was typed afterwards.
    answered = bool(meant) and form.get("meant_of") == typed
    unit = meant if answered and meant != NEW else typed
    found = questions_of(
        visit.here.database,
        reader_of(visit.person),
        unit,
        form.get("d.finding", ""),
        form.get("d.duty", ""),
        parse_date(form.get("on", "")),
    )
    if not found.unit.known and not (answered and meant == NEW):
        return AskedOfFinding(near=found.unit.near, unit=found.unit.typed, asks_unit=True)
    answers = Answers(unit=found.unit.known or found.unit.typed, is_new_unit=not found.unit.known)
    return _alike(form, found, answers) if found.alike else AskedOfFinding(unit=answers.unit, answers=answers)


def _alike(form: Mapping[str, str], found: OpeningQuestions, answers: Answers) -> AskedOfFinding:
    what, _, number = form.get("alike", "").partition(":")
    open_ = AskedOfFinding(unit=answers.unit, alike=found.alike)
    known = {one.case.number for one in found.alike}
    if set(form.get("alike_of", "").split("、")) != known or what not in {JOIN, CAME_BACK, OTHER}:
        return open_
    if what != OTHER and number not in known:
        return open_
    reason = form.get("alike_reason", "").strip()
    if what == OTHER and not reason:
        return replace(open_, wrong=_REASON_NEEDED)
    settled = replace(answers, alike=what, number=number, reason=reason)
    return replace(open_, answers=settled)


def case_joined(asked: AskedOfFinding, visit: Visit) -> int | None:
    """Return the id of the known case that a person has only to be led to, because the finding is that case."""
    answers = asked.answers
    if answers is None or answers.alike != JOIN or visit.person.role is Role.DIRECTOR:
        return None
    return next(one.case.id for one in asked.alike if one.case.number == answers.number)


def opening(visit: Visit, data: dict[str, Any], answers: Answers) -> tuple[Command, list[Command]]:
    """Return the act that registers the finding as it was answered, and what a director joins at once."""
    on, actor = parse_date(visit.form.get("on", "")), actor_of(visit.person)
    data = data | {"unit": answers.unit}
    if answers.alike == CAME_BACK:
        data["recurrence_of"] = answers.number
    if answers.alike == OTHER:
        note = Sentence("另行登记的理由：{reason}", "Registered beside a like case: {reason}").fill(
            reason=answers.reason
        )
        data["note"] = "\n".join(part for part in (data.get("note", ""), note.text()) if part)
    first = Command(act=Act.REGISTER_FINDING, actor=actor, on=on, data=data)
    if answers.alike != JOIN:
        return first, []
    return first, [Command(act=Act.MERGE_INTO, actor=actor, on=on, data={"target": answers.number})]
