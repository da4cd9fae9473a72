"""Everything that is kept of one person: appointments, addresses, deputies, and how messages reached him or her."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import and_, delete, or_, select

from states.errors import BadData, Sentence
from states.vocabulary import Act
from store import organisation
from store.outbox_messages import SENT
from store.schema.accounts import PersonRow
from store.schema.events import CaseEventRow
from store.schema.organisation import UnitRow
from store.schema.outbox import MessageHolderRow, OutboxRow
from store.schema.posts import AppointmentKindRow, AppointmentRow, ContactRow, DeputyRow, PostRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

_GONE: Final = Sentence("这项任职已不在，请重新打开页面。", "That appointment is not there; open the page again.")
_ENDS_FIRST: Final = Sentence("离任日期早于任职日期。", "The appointment would end before it begins.")
_FOLLOWED: Final = Sentence(
    "该职务自{day}起已有人担任，离任日期须早于这一天。",
    "Somebody holds the post from {day} on; the appointment must end before that day.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AppointmentHeld:
    """One appointment of a person, both days inclusive; `kind` is empty where the post is held in full."""

    id: int
    post_id: int
    unit: str
    post: str
    from_on: date
    until_on: date | None
    kind: str


def appointments_of(session: Session, person_id: int) -> list[AppointmentHeld]:
    """Return what the person holds, held and will hold, the latest first."""
    statement = (
        select(AppointmentRow, PostRow.name, UnitRow.name.label("unit"), AppointmentKindRow.kind)
        .join(PostRow, PostRow.id == AppointmentRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .outerjoin(AppointmentKindRow, AppointmentKindRow.appointment_id == AppointmentRow.id)
        .where(AppointmentRow.person_id == person_id)
        .order_by(AppointmentRow.from_on.desc(), AppointmentRow.id.desc())
    )
    return [
        AppointmentHeld(
            id=row.id,
            post_id=row.post_id,
            unit=unit,
            post=post,
            from_on=row.from_on,
            until_on=row.until_on,
            kind=kind or "",
        )
        for row, post, unit, kind in session.execute(statement)
    ]


def posts_held(session: Session, today: date) -> dict[str, list[tuple[int, str, str]]]:
    """Return the posts that are held today, each with its id, unit and name, by the user names of their holders."""
    statement = (
        select(PersonRow.username, PostRow.id, UnitRow.name.label("unit"), PostRow.name)
        .join(AppointmentRow, AppointmentRow.person_id == PersonRow.id)
        .join(PostRow, PostRow.id == AppointmentRow.post_id)
        .join(UnitRow, UnitRow.id == PostRow.unit_id)
        .where(
            AppointmentRow.from_on <= today,
            or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= today),
        )
        .order_by(AppointmentRow.from_on, AppointmentRow.id)
    )
    found: dict[str, list[tuple[int, str, str]]] = {}
    for username, post_id, unit, post in session.execute(statement):
        found.setdefault(username, []).append((post_id, unit, post))
    return found


def end_appointment(session: Session, person_id: int, appointment_id: int, until_on: date | None) -> bool:
    """Let an appointment of the person end on this day, inclusive, or last on; say whether that is new.

    Raises:
        BadData: it is not the person's, would end before it begins, or would last into a successor's time.
    """
    row = session.get(AppointmentRow, appointment_id)
    if row is None or row.person_id != person_id:
        raise BadData(_GONE)
    if row.until_on == until_on:
        return False
    if until_on is not None and until_on < row.from_on:
        raise BadData(_ENDS_FIRST)
    following = session.scalar(
        select(AppointmentRow.from_on)
        .where(
            AppointmentRow.post_id == row.post_id,
            AppointmentRow.id != row.id,
            AppointmentRow.from_on >= row.from_on,
        )
        .order_by(AppointmentRow.from_on)
        .limit(1)
    )
    if following is not None and (until_on is None or until_on >= following):
        raise BadData(_FOLLOWED.fill(day=following.isoformat()))
    row.until_on = until_on
    return True


def ways_of(session: Session, person_id: int) -> list[tuple[str, str]]:
    """Return how the person is reached, in the order in which it is tried."""
    statement = select(ContactRow).where(ContactRow.person_id == person_id).order_by(ContactRow.position, ContactRow.id)
    return [(row.kind, row.address) for row in session.scalars(statement)]


def set_ways(session: Session, person_id: int, ways: Sequence[tuple[str, str]]) -> bool:
    """Replace the ways to reach the person, in the order in which they are to be tried; say whether any changed."""
    wanted = list(dict.fromkeys(ways))
    if ways_of(session, person_id) == wanted:
        return False
    session.execute(delete(ContactRow).where(ContactRow.person_id == person_id))
    session.add_all(
        ContactRow(post_id=None, person_id=person_id, kind=kind, address=address, position=position)
        for position, (kind, address) in enumerate(wanted)
    )
    return True


def rename(session: Session, person_id: int, name: str) -> bool:
    """Give the person another name; say whether it is another one.

    Raises:
        BadData: it has characters that nobody sees.
    """
    organisation.require_plain(name)
    row = session.get_one(PersonRow, person_id)
    if row.name == name:
        return False
    row.name = name
    return True


def deputies_of(session: Session, person_id: int, today: date) -> list[tuple[str, str]]:
    """Return the user name and the name of who stands in for the person today."""
    statement = (
        select(PersonRow.username, PersonRow.name)
        .join(DeputyRow, DeputyRow.deputy_id == PersonRow.id)
        .where(
            DeputyRow.person_id == person_id,
            DeputyRow.from_on <= today,
            or_(DeputyRow.until_on.is_(None), DeputyRow.until_on >= today),
        )
        .order_by(DeputyRow.id)
    )
    return [(row.username, row.name) for row in session.execute(statement)]


def set_deputies(session: Session, person_id: int, deputy_ids: Iterable[int], today: date) -> None:
    """Let these people, and nobody else, stand in for the person from today on."""
    wanted = dict.fromkeys(deputy_ids)
    standing = session.scalars(
        select(DeputyRow).where(
            DeputyRow.person_id == person_id, or_(DeputyRow.until_on.is_(None), DeputyRow.until_on >= today)
        )
    )
    for row in list(standing):
        if row.deputy_id in wanted and row.from_on <= today and row.until_on is None:
            wanted.pop(row.deputy_id)
        else:
            row.until_on = today.fromordinal(today.toordinal() - 1)
    session.add_all(
        DeputyRow(person_id=person_id, deputy_id=deputy_id, from_on=today, until_on=None) for deputy_id in wanted
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageToPerson:
    """One message to a post of the person, without the case: when, which post, and what became of it.

    `state` is `waiting`, `sent` or `failed`, or `signed` once somebody of the unit has signed for it.
    """

    at: datetime
    post: str
    state: str


def messages_of(session: Session, person_id: int, today: date, *, limit: int = 20) -> list[MessageToPerson]:
    """Return the latest messages that reached the person, and those that did not reach the posts held today.

    What left is the person's who held the post then, as it was noted when it left, whoever holds the post by now.
    """
    noted = select(MessageHolderRow.outbox_id).where(MessageHolderRow.person_id == person_id)
    held = select(AppointmentRow.post_id).where(
        AppointmentRow.person_id == person_id,
        AppointmentRow.from_on <= today,
        or_(AppointmentRow.until_on.is_(None), AppointmentRow.until_on >= today),
    )
    statement = (
        select(OutboxRow, PostRow.name)
        .join(PostRow, PostRow.id == OutboxRow.post_id)
        .where(or_(OutboxRow.id.in_(noted), and_(OutboxRow.post_id.in_(held), OutboxRow.state != SENT)))
        .order_by(OutboxRow.id.desc())
        .limit(limit)
    )
    rows = [(row, post) for row, post in session.execute(statement)]
    signed = _signed_for(session, {row.case_id for row, _post in rows if row.case_id is not None})
    return [
        MessageToPerson(
            at=row.sent_at or row.created_at,
            post=post,
            state="signed" if row.state == SENT and (row.case_id, row.case_seq) in signed else row.state,
        )
        for row, post in rows
    ]


def _signed_for(session: Session, case_ids: set[int]) -> set[tuple[int | None, int]]:
    statement = select(CaseEventRow.case_id, CaseEventRow.data).where(
        CaseEventRow.case_id.in_(case_ids), CaseEventRow.act == Act.ACKNOWLEDGE.value
    )
    return {(case_id, int(json.loads(data).get("of", 0))) for case_id, data in session.execute(statement)}
