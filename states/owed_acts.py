"""What a rung still owes when a report, a suspension or an inquiry comes between, and what an act answers: pure.

A report may come at any moment of a rung. When it fails, the rung owes what it owed before: the circular, the
interview, its minutes, or the answer of the body to which accountability was proposed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.case import deadline_of_data
from states.errors import Sentence
from states.terms import Term, unused
from states.vocabulary import Act, Phase, State

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date

    from states.case import Case
    from states.command import Command, Rules


def phase_owed(case: Case, *, proposed: bool = True) -> Phase:
    """Return the phase in which the rung stands when no report of the unit is being verified.

    `proposed`: whether a proposal of accountability that nobody has answered counts.

    Source: docs/domain.md §4.7 (a rung entered by time owes its act).
    """
    if proposed and case.accountability_phase:
        return Phase(case.accountability_phase)
    if case.state is State.CRITICIZED and case.criticized_on is None:
        return Phase.TO_BE_PUBLISHED
    if case.state is State.INTERVIEWED and not case.refused_interview:
        if case.interviewed_on is None and case.deadline("interview") is not None:
            return Phase.TO_BE_HELD
        if case.interviewed_on is not None and case.minutes_on is None:
            return Phase.MINUTES
    return Phase.RECTIFYING


def with_stopped_clock(case: Case | None, command: Command, data: dict[str, Any], rules: Rules) -> dict[str, Any]:
    """Return the data of an event in which no clock of the unit starts while the case is suspended.

    What an act starts meanwhile is kept whole until the case is resumed, and what it ends is not given back.

    Source: docs/domain.md §4.2 row 12 (time stops and starts the clock again).
    """
    if case is None or case.suspended_on is None or command.act in _CLOCKS:
        return data
    begun = [line for line in data.get("starts", ()) if line["party"] == "unit"]
    over = {*data.get("stops", ()), *(line["kind"] for line in begun)}
    kept = [pair for pair in case.paused if pair[0] not in over and "*" not in over]
    if not begun and len(kept) == len(case.paused):
        return data
    paused = [list(pair) for pair in kept]
    for said in begun:
        line = deadline_of_data(said)
        left = unused(line.started_on, line.due_on, Term.parse(line.term), line.started_on, rules.calendar)
        paused.append([line.kind, str(left)])
    starts = [line for line in data.get("starts", ()) if line["party"] != "unit"]
    return {**data, "starts": starts, "becomes": {**data.get("becomes", {}), "paused": paused}}


_CLOCKS: Final = frozenset({Act.SUSPEND, Act.RESUME})


def day_answered(case: Case, act: Act) -> tuple[date, Sentence] | None:
    """Return the day of what this act answers or ends, and what that is; nothing if it answers nothing of the case.

    An answer of an earlier day is a slip of the pen, and would count terms from a day on which nothing was asked yet.
    """
    answers = _ANSWERS.get(act)
    if answers is None:
        return None
    since = answers[0](case)
    return (since, answers[1]) if since is not None else None


def _begun(kind: str) -> Callable[[Case], date | None]:
    def since(case: Case) -> date | None:
        line = case.deadline(kind)
        return line.started_on if line is not None else None

    return since


def _published(case: Case) -> date | None:
    return case.criticized_on if case.state is State.CRITICIZED else None


_REPORT: Final = Sentence("整改报告", "the report")
_EXTENSION: Final = Sentence("延期申请", "the request for an extension")
_NOTICE: Final = Sentence("约谈通知的送达", "the service of the interview notice")
_PROPOSAL: Final = Sentence("升级建议", "the proposal")
_ENTERED: Final = Sentence("所会签的事项", "the act that is signed")
_ANSWERS: Final[Mapping[Act, tuple[Callable[[Case], date | None], Sentence]]] = {
    Act.RESUME: (lambda case: case.suspended_on, Sentence("中止", "the suspension")),
    Act.VERIFY_PASS: (lambda case: case.report_on, _REPORT),
    Act.VERIFY_FAIL: (lambda case: case.report_on, _REPORT),
    Act.APPROVE_CLOSURE: (lambda case: case.verified_on, Sentence("核查通过", "the verification")),
    Act.APPROVE_EXTENSION: (_begun("extension_answer"), _EXTENSION),
    Act.REFUSE_EXTENSION: (_begun("extension_answer"), _EXTENSION),
    Act.FILE_OBJECTION: (_begun("objection"), Sentence("结论的送达", "the service of the conclusion")),
    Act.DECIDE_REVIEW: (_begun("review_decision"), Sentence("复核申请", "the objection")),
    Act.ACCEPT_TOLERANCE: (_begun("tolerance_acceptance"), Sentence("容错申请", "the request for tolerance")),
    Act.DECIDE_TOLERANCE: (_begun("tolerance_decision"), Sentence("容错申请", "the request for tolerance")),
    Act.FILE_APPEAL: (_begun("appeal"), Sentence("问责决定的送达", "the service of the decision")),
    Act.DECIDE_APPEAL: (_begun("appeal_decision"), Sentence("申诉", "the appeal")),
    Act.RECORD_HELP: (_published, Sentence("通报批评", "the criticism")),
    Act.RECORD_ABSENCE: (lambda case: case.notice_on, _NOTICE),
    Act.ISSUE_MINUTES: (lambda case: case.interviewed_on, Sentence("约谈", "the interview")),
    Act.APPROVE_ESCALATION: (lambda case: case.proposed_on, _PROPOSAL),
    Act.REJECT_ESCALATION: (lambda case: case.proposed_on, _PROPOSAL),
    Act.COUNTERSIGN: (lambda case: case.unsigned.taken_on if case.unsigned else None, _ENTERED),
    Act.REFUSE_COUNTERSIGN: (lambda case: case.unsigned.taken_on if case.unsigned else None, _ENTERED),
}
