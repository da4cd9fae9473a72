"""What pages show of cases, deadlines and events, and how forms become data."""

from __future__ import annotations

from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from states.case import Case
from states.errors import Sentence
from states.lifecycle import TABLE
from states.terms import Term, trace
from states.vocabulary import DEADLINES, OUTCOMES, PERSONS_ACTS, SPINE, Act, Role, State
from store import outbox_messages
from web.api import event_for
from web.data_words import facts_of
from web.page import Visit
from web.words import near
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from states.case import Deadline
    from states.working_days import Calendar
    from store.events import Recorded


STATE_GROUPS: Final = {"open": SPINE, "outcomes": OUTCOMES}
FILTER_FIELDS: Final = ("q", "state", "light", "unit", "phase", "due_from", "due_before", "waiting", "report")
LONGEST_FILTER: Final = 200


def acts_of(role: Role) -> list[Act]:
    """Return the acts that this role may do to a case in some state."""
    mine = {row.act for row in TABLE if row.source is not None and role in row.roles}
    return [act for act in PERSONS_ACTS if act in mine]


@cache
def moves_of(role: Role, state: State) -> tuple[Act, ...]:
    """Return the acts of this role that lead out of this state, if nothing else stands against them."""
    rows = (row for row in TABLE if row.source is state and row.dest is not state and role in row.roles)
    return tuple(dict.fromkeys(row.act for row in rows if row.act in PERSONS_ACTS))


def deadlines_shown(visit: Visit, case: Case, calendars: dict[str, Calendar]) -> list[dict[str, Any]]:
    """Return the running deadlines of a case, each with its day-by-day count."""
    today = visit.here.today(now())
    return [
        {
            "label": DEADLINES[line.kind],
            "due_on": line.due_on,
            "provisional": line.provisional,
            "basis": line.basis,
            "left": left(visit, today, line),
            "counted": f"{near(line.started_on, today, visit.lang)} + {Term.parse(line.term).text(visit.lang)}",
            "trace": trace(line.started_on, Term.parse(line.term), calendars[line.calendar_hash]),
        }
        for line in case.deadlines
    ]


def left(visit: Visit, today: date, line: Deadline) -> str:
    """Return how many working days are left, or how many it is late; a right that has passed is only over."""
    days = visit.here.rulebook.calendar.working_days_between(today, line.due_on)
    if days == 0 and today > line.due_on and line.party != "right":
        return "past due" if visit.lang == "en" else "期限已过"
    if days > 0 or today <= line.due_on:
        return f"{days} working day(s) left" if visit.lang == "en" else f"剩{days}个工作日"
    if line.party == "right":
        return "over" if visit.lang == "en" else "已过"
    return f"{-days} working day(s) late" if visit.lang == "en" else f"已逾期{-days}个工作日"


def line_shown(  # which event of which case, for whom, who was told, and how files are called
    recorded: Recorded,
    case: Case,
    visit: Visit,
    told: list[outbox_messages.MessageStatus],
    *,
    files_apart: bool = False,
    names: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    """Return an event as this person reads it; with `files_apart` its evidence stands only under its own key.

    `names` are those of the files that it cites, by their hashes.
    """
    shape = event_for(recorded, case, visit.person)
    event = recorded.event
    data = {key: value for key, value in shape["data"].items() if not (files_apart and key == "evidence")}
    shown = facts_of(event.act, data, visit.lang, visit.here.today(now()), names or {})
    return {
        "seq": recorded.seq,
        "case_id": event.case_id,
        "case_seq": event.case_seq,
        "on": event.occurred_on,
        "act": event.act,
        "user": shape["actor"]["user"] or "—",
        "role": event.actor.role,
        "data": shown,
        "evidence": list(shape["data"].get("evidence", ())),
        "of": shape["data"].get("of") if event.act is Act.ACKNOWLEDGE else None,
        "signed_by": shape["data"].get("signed_by") or shape["actor"]["user"] or "—",
        "told": [
            {
                "unit": item.unit,
                "post": item.post,
                "state": Sentence(*_TOLD[item.state]).text(visit.lang),
                "at": _minute(visit, item.sent_at),
            }
            for item in told
            if item.case_seq == event.case_seq
        ],
    }


def _minute(visit: Visit, moment: datetime | None) -> str:
    return moment.astimezone(visit.here.settings.tz).strftime("%Y-%m-%d %H:%M") if moment is not None else ""


_TOLD: Final = {"waiting": ("待发", "waiting"), "sent": ("已发", "sent"), "failed": ("未送达", "not delivered")}


LONGEST_NAME: Final = 60
"""Of a file's name; a name of Chinese characters takes three bytes each, and file systems take 255."""
