"""The file of a head (法治档案) as a value: what one person did in one post, as it stood at the end of a day.

A case stands in the file of whoever held the post when its finding was registered, and stays there; what he was told
and signed, and the interviews that he attended, stand in the file of whoever held the post on that day. What was
tolerated is told without blame: no light, no rung of it counts.

Source: docs/domain.md §0.12, §3 (述法), §4.2 rows 27 and 33; ADR 0048.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from states.vocabulary import Act, Role, State

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from programme.case_course import Course, EffectiveAct
    from programme.rooms import Commended, DutyOfYear
    from states.case import Deadline
    from states.vocabulary import Light, Phase
    from store.tenures import Tenure

GROUNDLESS: Final = frozenset({State.UNFOUNDED, State.WITHDRAWN, State.MERGED})
"""Outcomes of findings that did not stand by themselves: named, and counted nowhere."""

TOLD_OF: Final = (
    Act.REGISTER_FINDING,
    Act.START_RANKING_INTERVIEW,
    Act.SERVE_ORDER,
    Act.SUBMIT_PLAN,
    Act.SUBMIT_REPORT,
    Act.VERIFY_PASS,
    Act.VERIFY_FAIL,
    Act.APPROVE_EXTENSION,
    Act.SUSPEND,
    Act.RESUME,
    Act.MARKED_YELLOW,
    Act.MARKED_RED,
    Act.ESCALATED,
    Act.PUBLISH_CRITICISM,
    Act.RECORD_HELP,
    Act.HOLD_INTERVIEW,
    Act.RECORD_ABSENCE,
    Act.ISSUE_MINUTES,
    Act.RECORD_ACCOUNTABILITY,
    Act.RECORD_NO_ACCOUNTABILITY,
    Act.DECIDE_REVIEW,
    Act.DECIDE_APPEAL,
    Act.DECIDE_TOLERANCE,
    Act.APPROVE_CLOSURE,
    Act.LOOK_BACK_PASS,
    Act.REOPEN,
    Act.LIST_CASE,
    Act.DELIST_CASE,
)
"""Which acts the course of a case in a file tells; proposals and opinions of the office are no part of it."""

PERSONAL_WORK: Final = (
    ("deploy", (Act.SUBMIT_PLAN,)),
    ("solve", (Act.SUBMIT_REPORT,)),
    ("coordinate", (Act.REQUEST_EXTENSION, Act.FILE_OBJECTION, Act.REQUEST_TOLERANCE, Act.REPORT_PROGRESS)),
    ("supervise", (Act.ACKNOWLEDGE, Act.HOLD_INTERVIEW)),
)
"""The four 亲自 (article 4), and which acts of a head are evidence of each: those that he signs or does in person."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledStep:
    """One act in the course of a case. `after_leaving`: the head had left the post by then."""

    on: date
    act: Act
    document_number: str
    after_leaving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledCase:
    """A case in the file, as it stood on the day. `rungs` are the rungs that were really carried out, by state."""

    case_id: int
    number: str
    duty: str
    by_reference: bool
    finding: str
    opened_on: date
    state: State
    phase: Phase
    light: Light
    is_open: bool
    due: Deadline | None
    steps: tuple[FiledStep, ...]
    entered: int
    missed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledTold:
    """What was sent to the post while he held it, and when the unit signed for it.

    `signed_on` is empty while nobody has; `wanted` says whether a signature is asked for; `days` are the working days
    from the sending (that day not counted) to the signature. `own` is false for a case of a time before his;
    `after_leaving` says that it was signed only when he had left the post.
    """

    case_id: int
    number: str
    act: Act
    sent_on: date
    wanted: bool
    signed_on: date | None
    days: int | None
    own: bool
    after_leaving: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledInterview:
    """An interview that was held, or missed without excuse or with one, while he held the post."""

    case_id: int
    number: str
    on: date
    attended: bool
    excused: bool
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledMatter:
    """A case that is named and not told: tolerated, groundless, or handed over with the post."""

    case_id: int
    number: str
    duty: str
    on: date
    state: State
    due: Deadline | None = None
    unsigned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAct:
    """One act that shows a head's own work."""

    on: date
    case_id: int
    number: str
    act: Act


@dataclass(frozen=True, slots=True, kw_only=True)
class Handover:
    """What passes from one holder to the next on the first day of the later one, as it stood on the eve."""

    on: date
    before: str
    after: str
    matters: tuple[FiledMatter, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dossier:
    """The file of one tenure as it stood at the end of `on`; each part newest last.

    `duties` and `commendations` are empty where no room keeps them (`programme.rooms`). `received` came with the post,
    `passed` went on with it.
    """

    tenure: Tenure
    on: date
    cases: tuple[FiledCase, ...]
    told: tuple[FiledTold, ...]
    interviews: tuple[FiledInterview, ...]
    helps: tuple[OwnAct, ...]
    tolerated: tuple[FiledMatter, ...]
    groundless: tuple[FiledMatter, ...]
    work: tuple[tuple[str, tuple[OwnAct, ...]], ...]
    received: Handover | None
    passed: Handover | None
    duties: tuple[DutyOfYear, ...] | None
    commendations: tuple[Commended, ...] | None

    @property
    def open_cases(self) -> tuple[FiledCase, ...]:
        """Return the cases that were not over."""
        return tuple(one for one in self.cases if one.is_open)

    @property
    def entered(self) -> int:
        """Return how many terms of rungs began in the cases while he held the post."""
        return sum(one.entered for one in self.cases)

    @property
    def missed(self) -> int:
        """Return how many of them went past their day."""
        return sum(one.missed for one in self.cases)

    @property
    def share(self) -> int | None:
        """Return the percentage of terms that did not go past their day, rounded down; None where none began."""
        return max(0, 100 * (self.entered - self.missed) // self.entered) if self.entered else None

    def happened(self, act: Act) -> int:
        """Return how often this was done in the cases of the file while he held the post."""
        return sum(step.act is act and not step.after_leaving for one in self.cases for step in one.steps)


def filed_case(course: Course, tenure: Tenure) -> FiledCase:
    """Return a case as the file of a tenure tells it."""
    case = course.case
    steps = tuple(
        FiledStep(
            on=one.on,
            act=one.act,
            document_number=str(one.data.get("document_number") or ""),
            after_leaving=tenure.ended_by(one.on),
        )
        for one in course.taken
        if one.act in TOLD_OF and not one.data.get("skipped") and not one.marks_office
    )
    in_time = [one for one in course.taken if not tenure.ended_by(one.on)]
    return FiledCase(
        case_id=case.id,
        number=case.number,
        duty=case.duty,
        by_reference=case.by_reference,
        finding=case.finding,
        opened_on=case.opened_on,
        state=case.state,
        phase=case.phase,
        light=course.light(),
        is_open=case.is_open,
        due=course.next_deadline() if case.is_open else None,
        steps=steps,
        entered=sum(one.enters_rung for one in in_time),
        missed=sum(one.misses_term for one in in_time),
    )


def matter(course: Course, on: date, *, unsigned: bool = False) -> FiledMatter:
    """Return a case as it is named where it is not told."""
    case = course.case
    return FiledMatter(
        case_id=case.id,
        number=case.number,
        duty=case.duty,
        on=on,
        state=case.state,
        due=course.next_deadline() if case.is_open else None,
        unsigned=unsigned,
    )


def interviews_of(courses: Sequence[Course], tenure: Tenure) -> tuple[FiledInterview, ...]:
    """Return the interviews of the post's cases on days of the tenure, in their order."""
    found = [
        FiledInterview(
            case_id=course.case.id,
            number=course.case.number,
            on=one.on,
            attended=one.act is Act.HOLD_INTERVIEW,
            excused=bool(one.data.get("excused")),
            own=tenure.covers(course.case.opened_on),
        )
        for course in courses
        for one in course.taken
        if one.act in (Act.HOLD_INTERVIEW, Act.RECORD_ABSENCE) and tenure.covers(one.on)
    ]
    return tuple(sorted(found, key=lambda one: (one.on, one.case_id)))


def evidence_of(
    courses: Sequence[Course], tenure: Tenure, acts: Sequence[Act], *, in_person: bool
) -> tuple[OwnAct, ...]:
    """Return these acts of the post's cases on days of the tenure; `in_person`: by his own hand."""
    found = [
        OwnAct(on=one.on, case_id=course.case.id, number=course.case.number, act=one.act)
        for course in courses
        for one in course.taken
        if one.act in acts and tenure.covers(one.on) and (not in_person or _in_person(one))
    ]
    return tuple(sorted(found, key=lambda one: (one.on, one.case_id)))


def _in_person(one: EffectiveAct) -> bool:
    """Say whether the head did it himself, or it bears his signature; an interview is attended in person."""
    return one.role is Role.HEAD or one.act is Act.HOLD_INTERVIEW or bool(one.data.get("signed_by"))
