"""What pages show of cases, deadlines and events, and how forms become data."""

from __future__ import annotations

import re
from datetime import date
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from config.citations import cited
from states.case import Case
from states.errors import Sentence
from states.fields import FIELDS
from states.lifecycle import TABLE
from states.terms import Term, date_text, trace
from states.vocabulary import (
    DEADLINES,
    INSPECTIONS,
    NAMES,
    OUTCOMES,
    PERSONS_ACTS,
    SPINE,
    Act,
    Confidentiality,
    Role,
    State,
)
from store import outbox
from web.api import event_for
from web.page import Visit
from wiring import now

if TYPE_CHECKING:
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
            "counted": f"{date_text(line.started_on, visit.lang)} + {Term.parse(line.term).text(visit.lang)}",
            "trace": trace(line.started_on, Term.parse(line.term), calendars[line.calendar_hash]),
        }
        for line in case.deadlines
    ]


def left(visit: Visit, today: date, line: Deadline) -> str:
    """Return how many working days are left, or how many it is late; a right that has passed is only over."""
    days = visit.here.archive.calendar.working_days_between(today, line.due_on)
    if days >= 0:
        return f"{days} working day(s) left" if visit.lang == "en" else f"剩{days}个工作日"
    if line.party == "right":
        return "over" if visit.lang == "en" else "已过"
    return f"{-days} working day(s) late" if visit.lang == "en" else f"已逾期{-days}个工作日"


_DAY: Final = re.compile(r"\d{4}-\d\d-\d\d")
_TERM: Final = re.compile(r"\d{1,3}(?:wd|d|m)")
_OF_TIME: Final = {
    "days_before": ("提前的工作日", "working days before"),
    "deadline": ("期限", "deadline"),
    "due_on": ("到期日", "due on"),
    "skipped": ("已被后续事项取代，未发送", "overtaken and not sent"),
    "light": ("灯", "light"),
    "move": ("进入", "moves to"),
    "reason": ("原因", "reason"),
    "reason_en": ("原因（英文）", "reason"),
    "guard": ("未满足的条件", "guard"),
    "in_time": ("按期", "in time"),
    "unit_kind": ("单位类型", "kind of unit"),
    "moved": ("移动的期限", "moved deadlines"),
    "how": ("查阅方式", "how"),
    "to_be_countersigned": ("待会签", "waits for its second signature"),
    "signed_act": ("会签的事项", "the act that was signed"),
    "taken_on": ("生效日期", "takes effect on"),
    "times": ("第几次", "for the time of number"),
    "absent": ("缺少的材料", "papers that are missing"),
    "no_superior": ("本单位未登记上级单位，未抄送上级", "the unit has no superior on record, so no copy went there"),
}
"""What people call what time and the desk write into an event, beside the fields of acts."""
COMPUTED: Final = frozenset(
    {"starts", "stops", "cycle", "renamed", "paused", "key", "approvers", "late_seconds", "becomes", "party"}
)


def line_shown(
    recorded: Recorded, case: Case, visit: Visit, told: list[outbox.MessageStatus], *, files_apart: bool = False
) -> dict[str, Any]:
    """Return an event as this person reads it; with `files_apart` its evidence stands only under its own key."""
    shape = event_for(recorded, case, visit.person)
    event = recorded.event
    shown = [
        (label(event.act, key, visit.lang), readable(value, visit.lang))
        for key, value in shape["data"].items()
        if key not in COMPUTED and value not in (False, "", None) and not (files_apart and key == "evidence")
    ]
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


LONG_FIELDS: Final = frozenset(
    {"finding", "reason", "note", "what", "correction", "part", "criteria", "items", "views", "authorization_note"}
)
"""Fields that take sentences and are given room for them."""
CHOICES: Final = {
    "uphold": ("维持", "uphold"),
    "amend": ("变更", "amend"),
    "revoke": ("撤销", "revoke"),
    "granted": ("予以容错", "granted"),
    "refused": ("不予容错", "refused"),
    "run": ("自今日起算", "count from today"),
    "taken_over": ("认可既往办理", "take over what happened"),
    "ladder": ("按原期限处理", "let the ladder act"),
    "passed": ("通过", "passed"),
    "failed": ("不通过", "failed"),
    **INSPECTIONS,
    "party_committee": ("党委", "Party committee"),
    "government": ("政府", "government"),
    "department": ("部门", "department"),
    "township": ("乡镇（街道）", "township"),
    "village": ("村（社区）", "village"),
    "office": ("办公机构", "office"),
    **{mark.value: NAMES[mark] for mark in Confidentiality},
}
"""What people call the choices of fields."""
_WORDS: Final = {word.value: names for word, names in NAMES.items()} | CHOICES
_TOLD: Final = {"waiting": ("待发", "waiting"), "sent": ("已发", "sent"), "failed": ("未送达", "not delivered")}


def readable(value: Any, lang: str) -> str:  # noqa: ANN401  # data of an act
    """Return a value of an event as people read it."""
    if value is True:
        return "yes" if lang == "en" else "是"
    if isinstance(value, list):
        return "、".join(readable(item, lang) for item in value)
    if isinstance(value, dict):
        return " ".join(f"{key}={item}" for key, item in value.items())
    return _readable(value, lang) if isinstance(value, str) else str(value)


def _readable(value: str, lang: str) -> str:
    known = _WORDS.get(value) or DEADLINES.get(value)
    if known is not None:
        return Sentence(*known).text(lang)
    if _DAY.fullmatch(value):
        return date_text(date.fromisoformat(value), lang)
    if _TERM.fullmatch(value):
        return Term.parse(value).text(lang)
    return cited(value, lang) or value


_OF_ANY_ACT: Final = {key: field for fields in FIELDS.values() for key, field in fields.items()}


def label(act: Act, key: str, lang: str) -> str:
    """Return what people call a field of an act."""
    # A signature's event holds what the signed act said.
    field = FIELDS[act].get(key) or (_OF_ANY_ACT.get(key) if act is Act.COUNTERSIGN else None)
    names = (field.zh, field.en) if field is not None else _OF_TIME.get(key, (key, key))
    if key == "evidence":
        names = ("佐证材料", "evidence")
    # How a field is typed on the command line stands in brackets, or behind a comma in English.
    return Sentence(*names).text(lang).partition("（auto")[0].partition(" (auto")[0].partition(", as in")[0]


LONGEST_NAME: Final = 60
"""Of a file's name; a name of Chinese characters takes three bytes each, and file systems take 255."""
