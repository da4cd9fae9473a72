"""The keys of a policy file and their plain types; what is not here is refused by its name."""

from __future__ import annotations

from datetime import time  # noqa: TC003  # pydantic reads it at run time
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from states.policy import Mode, TermStart  # noqa: TC001  # pydantic reads them at run time
from states.vocabulary import Act, Light, Role, State  # noqa: TC001  # pydantic reads them at run time


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class _Sending(_Strict):
    from_: time = Field(alias="from")
    until: time
    fire_at: time
    give_up_after_hours: int = Field(ge=1, le=24 * 60)


class _Lateness(_Strict):
    grace: int = Field(ge=0, le=30)


class _Help(_Strict):
    records: int = Field(ge=0, le=20)


class _Verification(_Strict):
    verifiers: int = Field(ge=1, le=10)
    named: bool


class _Approval(_Strict):
    criticism: bool
    interview: bool
    interview_notice: int = Field(ge=0, le=30)
    suspension_by_director: int = Field(ge=0, le=365)
    remind_after: int = Field(default=10, ge=1, le=250)


class _Extension(_Strict):
    ask_before: int = Field(ge=0, le=30)
    cap: int = Field(ge=1, le=365)
    times: int = Field(ge=0, le=10)


class _Holds(_Strict):
    extension: bool
    review_holds_criticism: bool


class _Reminder(_Strict):
    days_before: int = Field(ge=0, le=250)
    light: Light | None = Field(default=None, strict=False)


class _OnMissed(_Strict):
    after: str
    move: State = Field(strict=False)
    mode: Mode = Field(strict=False)
    approvers: list[Annotated[Role, Field(strict=False)]] = Field(min_length=1)


class RungKeys(_Strict):
    """A table of `[rungs]`: its term, its reminders and lights, and what follows a missed term."""

    term: str
    basis: str = Field(min_length=1)
    reminders: list[_Reminder]
    yellow: int = Field(ge=1, le=250)
    red: int = Field(ge=1, le=250)
    on_missed: _OnMissed | None = None


class _Limit(_Strict):
    term: str
    basis: str = Field(min_length=1)


class PracticeKeys(_Strict):
    """`[practice]`: what offices do differently where the law leaves it open."""

    term_starts: TermStart = Field(strict=False)
    countersigned: list[Annotated[Act, Field(strict=False)]]
    order_needs_approval: bool
    notice_required: bool
    objection_to_minutes: bool
    marks_during_review: bool
    office_yellow: int = Field(ge=1, le=250)
    office_red: int = Field(ge=1, le=250)
    repeat_overdue: int = Field(ge=1, le=250)
    urge_cool_down: int = Field(ge=0, le=250)


class _Safety(_Strict):
    """What is not left to time alone; `[safety]` (docs/domain.md §4.7, ADR 0032)."""

    confirm_after_gap: str


class _Burden(_Strict):
    """How often one unit may be called on; `[burden]` (decree 733 art. 15, ADR 0045)."""

    contacts_per_month: int = Field(ge=1, le=100)


class PersonalKeys(_Strict):
    """`[personal]`: which fields are kept apart as personal data, and for how long."""

    fields: list[str]
    retention: str = ""


class PolicyFile(_Strict):
    """The whole file."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")
    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    sending: _Sending
    lateness: _Lateness
    help: _Help
    verification: _Verification
    approval: _Approval
    extension: _Extension
    holds: _Holds
    personal: PersonalKeys | None = None
    practice: PracticeKeys | None = None
    safety: _Safety | None = None
    burden: _Burden | None = None
    rungs: dict[str, RungKeys]
    limits: dict[str, _Limit]
    audience: dict[str, list[str]]
