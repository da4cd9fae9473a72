"""The course of a case (经过) in sentences: who did what, what came of it, until which day. What time did is folded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.vocabulary import DEADLINES, SYSTEM_ACTS, Act, Role, name
from web.api import event_for
from web.data_words import facts_of
from web.words import near

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from cases.case_overview import CaseOverview
    from states.case import Case
    from store.events import Recorded
    from web.page import Visit
    from wiring.schemas.histories import EventDocument

RECENT: Final = 14
"""So many entries stand open; the older ones are folded."""
_GOOD: Final = frozenset({Act.VERIFY_PASS, Act.APPROVE_CLOSURE, Act.LOOK_BACK_PASS})
_BAD: Final = frozenset({Act.VERIFY_FAIL, Act.RETURN_PLAN, Act.REFUSE_EXTENSION, Act.REJECT_ESCALATION})
_ACCOUNTS: Final = ("who", "handler", "deputy")
"""Data that name somebody by the account; people read the name."""
_PROSE: Final = ("finding", "reason", "correction", "what", "note", "part")
"""Fields that are sentences themselves and stand behind the colon."""
_UNIT_SIDE: Final = (Role.LIAISON, Role.HEAD)
_SYSTEM: Final = Sentence("系统", "The system ")
_UNTIL: Final = Sentence("{kind}期限至{day}", "{kind} until {day}")
_SERIES: Final = Sentence("系统自动办理{n}项", "{n} steps by time alone")
_OLDER: Final = Sentence("更早的{n}项（{first}至{last}）", "{n} earlier ones ({first} to {last})")
_TOLD: Final = Sentence("告知{posts}", "told: {posts}")
_SIGNED: Final = Sentence("{who}{day}签收", "signed for by {who} on {day}")
_ROUND: Final = Sentence("{state}（第{n}次）", "{state} ({n})")
_FILE: Final = Sentence("一份材料", "a file")


@dataclass(frozen=True, slots=True)
class Line:
    """One event as a sentence: its parts, and what hangs on it."""

    seq: int
    on: date
    kind: str
    who: str
    act: str
    number: str
    facts: list[str]
    text: str
    effects: list[str]
    evidence: list[dict[str, str]]
    told: str
    signed: list[str]
    is_of_time: bool
    moved_to: str


def lines(visit: Visit, found: CaseOverview, today: date) -> list[Line]:
    """Return every event of the case as this person may read it, in order."""
    case, lang = found.case, visit.lang
    signed: dict[int, list[str]] = {}
    shapes = [event_for(recorded, case, visit.person) for recorded in found.history]
    for recorded, shape in zip(found.history, shapes, strict=True):
        of = shape["data"].get("of")
        if recorded.event.act is Act.ACKNOWLEDGE and of:
            who = shape["data"].get("signed_by") or actor_named(shape, case, found, lang)
            words = _SIGNED.fill(who=who, day=near(recorded.event.occurred_on, today, lang))
            signed.setdefault(of, []).append(words.text(lang))
    rounds: dict[str, int] = {}
    made = []
    for recorded, shape in zip(found.history, shapes, strict=True):
        event = recorded.event
        moved = ""
        if event.from_state is not event.to_state:
            state = event.to_state
            rounds[state] = rounds.get(state, 0) + 1
            moved = name(state).text(lang)
            if rounds[state] > 1:
                moved = _ROUND.fill(state=moved, n=rounds[state]).text(lang)
        made.append(_line(visit, found, recorded, shape, today, moved, signed.get(event.case_seq, [])))
    return made


def _line(  # the event, how it may be read, and what hangs on it
    visit: Visit,
    found: CaseOverview,
    recorded: Recorded,
    shape: EventDocument,
    today: date,
    moved: str,
    signed: list[str],
) -> Line:
    event, lang, data = recorded.event, visit.lang, shape["data"]
    prose = "；".join(str(data[key]).rstrip("。. ") for key in _PROSE if data.get(key))
    plain = {
        key: value
        for key, value in data.items()
        if key not in (*_PROSE, "evidence", "document_number", "of", "number", "unit", "post", "reason_en")
    }
    if event.act is Act.REGISTER_FINDING:
        # What the finding says of itself stands under the facts of the case.
        plain = {key: value for key, value in plain.items() if key == "source"}
    names = {hash_: file.name for hash_, file in found.files.items()}
    plain |= {key: found.names.get(plain[key], plain[key]) for key in _ACCOUNTS if isinstance(plain.get(key), str)}
    told = (_fact(event.act, key, value, today, lang, names) for key, value in plain.items())
    effects = [
        _UNTIL.fill(
            kind=Sentence(*DEADLINES.get(line["kind"], (line["kind"], line["kind"]))),
            day=near(date.fromisoformat(line["due_on"]), today, lang),
        ).text(lang)
        for line in data.get("starts", ())
        if line.get("party") != "right"
    ]
    posts = list(dict.fromkeys(item.post for item in found.told if item.case_seq == event.case_seq))
    files = [
        {
            "name": found.files[hash_].name if hash_ in found.files else _FILE.text(lang),
            "address": f"/cases/{event.case_id}/evidence/{hash_}",
        }
        for hash_ in data.get("evidence", ())
    ]
    return Line(
        seq=event.case_seq,
        on=event.occurred_on,
        kind=_kind(event.act, moved=bool(moved)),
        who=actor_named(shape, found.case, found, lang),
        act=name(event.act).text(lang),
        number=str(data.get("document_number") or ""),
        facts=[fact for fact in told if fact],
        text=prose,
        effects=effects,
        evidence=files,
        told=_TOLD.fill(posts="、".join(posts)).text(lang) if posts else "",
        signed=signed,
        is_of_time=event.act in SYSTEM_ACTS and not moved,
        moved_to=moved,
    )


def _fact(  # which act, field and value, for whom, and how files are called
    act: Act,
    key: str,
    value: Any,  # noqa: ANN401  # data of an act
    today: date,
    lang: str,
    names: Mapping[str, str],
) -> str:
    """Return one datum as a part of the sentence: its name without what is in brackets, and its value."""
    return "、".join(
        words.partition("（")[0] + ("" if value is True else f"{_colon(lang)}{shown}")
        for words, shown in facts_of(act, {key: value}, lang, today, names)
    )


def _colon(lang: str) -> str:
    return ": " if lang == "en" else "："


def _kind(act: Act, *, moved: bool) -> str:
    if act in _BAD:
        return "bad"
    if act in _GOOD:
        return "good"
    if moved:
        return "step"
    return "sys" if act in SYSTEM_ACTS else ""


def actor_named(shape: EventDocument, case: Case, found: CaseOverview, lang: str) -> str:
    """Return who acted as the reader may know it: the unit for its own people, a name or a role within the office."""
    actor = shape["actor"]
    role = Role(actor["role"])
    if role is Role.SYSTEM:
        return _SYSTEM.text(lang)
    if role in _UNIT_SIDE:
        return case.unit + (" " if lang == "en" else "")
    known = found.names.get(actor["user"], "") if actor["user"] else ""
    words = name(role).text(lang)
    return f"{words} {known} ".replace("  ", " ") if lang == "en" else f"{words}{known}"


def parts(made: Sequence[Line], today: date, lang: str) -> tuple[list[dict[str, Any]], dict[str, Any] | None]:
    """Return the course with the newest first, headed by state, and what is older than the recent part, if anything."""
    entries: list[dict[str, Any]] = []
    heading = ""
    for of_time, run in groupby(made, key=lambda line: line.is_of_time):
        several = list(run)
        if of_time and len(several) > 1:
            words = _SERIES.fill(n=len(several)).text(lang)
            acts = "、".join(dict.fromkeys(line.act for line in several))
            first, last = (near(line.on, today, lang) for line in (several[0], several[-1]))
            span = first if first == last else f"{first}—{last}"
            entries.append(
                {"folded": several[::-1], "title": f"{words}：{acts}（{span}）", "head": "", "state": heading}
            )
            continue
        for line in several:
            heading = line.moved_to or heading
            entries.append({"line": line, "folded": None, "head": "", "state": heading})
    newest = entries[::-1]
    recent, older = _headed(newest[:RECENT]), newest[RECENT:]
    if not older:
        return recent, None
    days = [line.on for entry in older for line in (entry["folded"] or [entry["line"]])]
    count = sum(len(entry["folded"] or [0]) for entry in older)
    title = _OLDER.fill(n=count, first=near(min(days), today, lang), last=near(max(days), today, lang)).text(lang)
    return recent, {"title": title, "parts": _headed(older)}


def _headed(entries: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the entries with the name of a state before the first of those that happened in it."""
    found: list[dict[str, Any]] = []
    before = None
    for entry in entries:
        if entry["state"] != before:
            found.append({"head": entry["state"], "folded": None})
            before = entry["state"]
        found.append(entry)
    return found
