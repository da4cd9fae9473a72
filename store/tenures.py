"""Tenures (任期): who held which post from which day until which; for the files of heads.

Appointments are what the office says of them today, also of earlier days: an appointment that was entered late counts
from its own day, as an act that was entered late does.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from states.errors import NotFound, Sentence
from states.vocabulary import Act, Role, State
from store.ids import LARGEST_ID
from store.schema.accounts import PersonRow
from store.schema.cases import CaseRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.schema.outbox import OutboxRow
from store.schema.posts import AppointmentRow, PostRow

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy import ColumnElement
    from sqlalchemy.orm import Session

_ONE_DAY: Final = timedelta(days=1)
_SENT: Final = "sent"
_NO_FILE: Final = Sentence(
    "没有“{which}”的法治档案：请写职务（单位加职务名称，如青禾县人民政府县长，或职务编号）或任职人的用户名。",
    "There is no file of “{which}”: name a post (its unit and name, or its id) or the user name of who held one.",
)
_SEVERAL: Final = Sentence(
    "有几个职务都叫“{which}”，请连同单位一起写。", "Several posts are called “{which}”; name the unit too."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenure:
    """One person in one post, from the first day to the last, both inclusive; `until_on` is empty while it lasts.

    A time in which nobody is known to have held the post is a tenure with no person (`id` 0): what happened in it is
    kept there. `from_on` is empty where nobody is known to have held it before.
    """

    id: int
    post_id: int
    post: str
    unit_id: int
    unit: str
    username: str
    holder: str
    from_on: date | None
    until_on: date | None

    @property
    def title(self) -> str:
        """The post with its unit, which some ledgers write into the name of the post already."""
        return self.post if self.post.startswith(self.unit) else self.unit + self.post

    def covers(self, on: date) -> bool:
        """Say whether the day lies in the tenure."""
        return (self.from_on is None or self.from_on <= on) and (self.until_on is None or on <= self.until_on)

    def ended_by(self, on: date) -> bool:
        """Say whether it was over on this day."""
        return self.until_on is not None and self.until_on < on


def _appointments() -> Any:  # noqa: ANN401  # a statement of nine columns
    return (
        select(
            AppointmentRow.id,
            AppointmentRow.from_on,
            AppointmentRow.until_on,
            PostRow.id.label("post_id"),
            PostRow.name.label("post"),
            UnitRow.id.label("unit_id"),
            UnitRow.name.label("unit"),
            PersonRow.username,
            PersonRow.name.label("holder"),
        )
        .join(PostRow, PostRow.id == AppointmentRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .join(PersonRow, PersonRow.id == AppointmentRow.person_id)
        .order_by(AppointmentRow.from_on, AppointmentRow.id)
    )


def _tenure(row: Any) -> Tenure:  # noqa: ANN401  # a result row
    return Tenure(**row._mapping)  # noqa: SLF001  # SQLAlchemy's own word for the row as a mapping


def of_post(session: Session, post_id: int) -> list[Tenure]:
    """Return the tenures of the post in their order, with the times between them; whole time is covered.

    An appointment whose successor began before it ended counts until the day before the successor's; one that never
    began before its successor did is left out.

    Raises:
        NotFound: there is no such post.
    """
    found = session.execute(
        select(PostRow.id, PostRow.name, UnitRow.id.label("unit_id"), UnitRow.name.label("unit"))
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(PostRow.id == post_id)
    ).first()
    if found is None:
        raise NotFound(_NO_FILE.fill(which=post_id))
    known = [_tenure(row) for row in session.execute(_appointments().where(AppointmentRow.post_id == post_id))]
    vacant = {
        "id": 0,
        "post_id": found.id,
        "post": found.name,
        "unit_id": found.unit_id,
        "unit": found.unit,
        "username": "",
        "holder": "",
    }
    return covered(known, vacant)


def covered(known: Sequence[Tenure], vacant: dict[str, Any]) -> list[Tenure]:
    """Return these tenures, cut where the next one begins, and between them the times of nobody (`vacant`)."""
    tenures: list[Tenure] = []
    begin: date | None = None  # the first day that is not covered yet; none: since ever
    for place, one in enumerate(known):
        if one.from_on is None:
            continue  # an appointment has a first day
        following = known[place + 1].from_on if place + 1 < len(known) else None
        until = one.until_on
        if following is not None and (until is None or until >= following):
            until = following - _ONE_DAY
        if until is not None and until < one.from_on:
            continue
        if begin is None or begin < one.from_on:
            tenures.append(Tenure(**vacant, from_on=begin, until_on=one.from_on - _ONE_DAY))
        tenures.append(_cut(one, until))
        if until is None:
            return tenures
        begin = until + _ONE_DAY
    return [*tenures, Tenure(**vacant, from_on=begin, until_on=None)]


def _cut(one: Tenure, until: date | None) -> Tenure:
    return Tenure(
        id=one.id,
        post_id=one.post_id,
        post=one.post,
        unit_id=one.unit_id,
        unit=one.unit,
        username=one.username,
        holder=one.holder,
        from_on=one.from_on,
        until_on=until,
    )


def posts_of_person(session: Session, username: str) -> list[int]:
    """Return the posts that this person has ever held, the latest first."""
    statement = (
        select(AppointmentRow.post_id)
        .join(PersonRow, PersonRow.id == AppointmentRow.person_id)
        .where(PersonRow.username == username)
        .order_by(AppointmentRow.from_on.desc(), AppointmentRow.id.desc())
    )
    return list(dict.fromkeys(session.scalars(statement)))


def heads_of_unit(session: Session, unit_id: int) -> list[int]:
    """Return the posts of a unit's heads, by their ids."""
    statement = select(PostRow.id).where(PostRow.unit_id == unit_id, PostRow.role == Role.HEAD.value)
    return list(session.scalars(statement.order_by(PostRow.id)))


def find(session: Session, which: str) -> tuple[int, str]:
    """Return the post of this id, or name with or without its unit's; or 0 and the user name of who ever held one.

    Raises:
        NotFound: there is neither.
    """
    text = "".join(which.split())
    if text.isascii() and text.isdigit() and 0 < int(text[:12]) <= LARGEST_ID:
        conditions: tuple[ColumnElement[bool], ...] = (PostRow.id == int(text),)
    else:
        conditions = (PostRow.name == text,)
    statement = select(PostRow.id).join(UnitRow, UnitRow.id == PostRow.unit_id).order_by(PostRow.id).limit(2)
    # Posts of ledgers are called by their unit already: then the name alone is the whole name.
    for condition in (UnitRow.name + PostRow.name == text, *conditions):
        found = session.scalars(statement.where(condition)).all()
        if len(found) > 1:
            raise NotFound(_SEVERAL.fill(which=which))
        if found:
            return found[0], ""
    if posts_of_person(session, which):
        return 0, which
    raise NotFound(_NO_FILE.fill(which=which))


def no_file(which: object) -> NotFound:
    """Return the refusal of a file that is not there, or not for who asks: both are answered alike."""
    return NotFound(_NO_FILE.fill(which=which))


def cases_of_post(session: Session, post_id: int, *conditions: ColumnElement[bool]) -> list[int]:
    """Return the ids of the cases whose responsible head is this post, and that fit, in the order of their opening.

    A clue that was handed over stands in no file of a head: it is not told to the unit (docs/domain.md §4.2 row 6).
    """
    own = CaseRow.post_id == post_id, CaseRow.state != State.TRANSFERRED.value
    return list(session.scalars(select(CaseRow.id).where(*own, *conditions).order_by(CaseRow.opened_on, CaseRow.id)))


def has_cases(session: Session, tenure: Tenure, *conditions: ColumnElement[bool]) -> bool:
    """Say whether a finding that fits was registered against the post in this time."""
    own = [*conditions, CaseRow.post_id == tenure.post_id, CaseRow.state != State.TRANSFERRED.value]
    if tenure.from_on is not None:
        own.append(CaseRow.opened_on >= tenure.from_on)
    if tenure.until_on is not None:
        own.append(CaseRow.opened_on <= tenure.until_on)
    return session.scalar(select(CaseRow.id).where(*own).limit(1)) is not None


@dataclass(frozen=True, slots=True)
class SentToPost:
    """A message that left for a post, and the event of which it tells."""

    case_id: int
    case_seq: int
    notice: str
    act: Act
    sent_at: datetime


def sent_to_post(session: Session, post_id: int, *conditions: ColumnElement[bool]) -> list[SentToPost]:
    """Return what was sent to the post, in the order of the sending; of cases that fit and were not handed over."""
    statement = (
        select(CaseRow.id, OutboxRow.case_seq, OutboxRow.notice, CaseEventRow.act, OutboxRow.sent_at)
        .join(CaseRow, CaseRow.id == OutboxRow.case_id)
        .join(
            CaseEventRow,
            (CaseEventRow.case_id == OutboxRow.case_id) & (CaseEventRow.case_seq == OutboxRow.case_seq),
        )
        .where(
            OutboxRow.post_id == post_id,
            OutboxRow.state == _SENT,
            OutboxRow.sent_at.is_not(None),
            CaseRow.state != State.TRANSFERRED.value,
            *conditions,
        )
        .order_by(OutboxRow.sent_at, OutboxRow.id)
    )
    return [
        SentToPost(case_id, case_seq, notice, Act(act), sent_at)
        for case_id, case_seq, notice, act, sent_at in session.execute(statement)
        if sent_at is not None  # the condition leaves none
    ]
