"""How obligations are said on pages: in a cell of the grid, above a column, in the list of what happened."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from states.errors import Sentence
from states.obligation import OBLIGATION_STATES, WAITING, ObligationState, ObligationStep, missing
from web.words import short

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, tzinfo

    from programme.obligation_year import OneOfYear, YearGrid
    from states.working_days import Calendar
    from store.obligations import Obligation

KINDS: Final = {
    ObligationState.OPEN: "wait",
    ObligationState.SUBMITTED: "warn",
    ObligationState.FULFILLED: "good",
    ObligationState.MISSED: "bad",
    ObligationState.EXCUSED: "sent",
}
"""The sign beside each state (`parts/signs.html`, `st`)."""
_UNTIL: Final = Sentence("{day}前", "until {day}")
_TIMES: Final = Sentence("每年{n}次", "{n} times a year")
_DONE_TIMES: Final = Sentence("{n}次", "{n} times")
_SHORT_TIMES: Final = Sentence("{n}次，差{short}次", "{n} times, {short} to go")
_LACKING: Final = Sentence("缺{n}份回执", "{n} receipts missing")
_MISSED: Final = Sentence("{day}未完成", "missed on {day}")
_SUMMARY: Final = Sentence(
    "共{all}项，已完成{done}项；还没到期{open}项，已报送未齐{part}项，没有按期完成{missed}项。",
    "{all} in all, {done} fulfilled; {open} open, {part} not complete, {missed} missed.",
)
_TODAY: Final = Sentence("今天24时到期", "due until the end of today")
_LEFT: Final = Sentence("剩{n}个工作日", "{n} working days left")
_PAST: Final = Sentence("期限已过", "the day has passed")
_STEPS: Final = {
    ObligationStep.SUBMIT: Sentence("登记完成或报送：{note}", "Entered: {note}"),
    ObligationStep.RECEIVE: Sentence("{receiver}签收", "{receiver} has signed"),
    ObligationStep.EXCUSE: Sentence("同意不办：{note}", "Excused: {note}"),
    ObligationStep.CLAIM: Sentence("提请更正“到期未完成”：{note}", "Asked to take the miss back: {note}"),
    ObligationStep.CORRECT: Sentence(
        "第二人确认更正，“到期未完成”撤回，线索随之了结", "A second person took the miss back, and its clue with it"
    ),
    ObligationStep.MISS: Sentence(
        "期限已过，{note}，提出线索；不立案、不通报", "The day has passed: {note}. A clue was raised, and nothing else"
    ),
}
_NO_NOTE: Final = Sentence("未写说明", "nothing said")
_LATE: Final = Sentence("（期限后）", " (after the day)")
_TOLD: Final = {
    "obligation_begun": Sentence("列出本年度职责，告知{posts}", "Listed; told: {posts}"),
    "obligation_reminder": Sentence("提醒{posts}", "Reminded: {posts}"),
    "obligation_due_today": Sentence("最后一个工作日，提醒{posts}", "Last working day, reminded: {posts}"),
    "delivery_failed": Sentence("有提醒没有送达，已告知{posts}", "A reminder was not delivered; told: {posts}"),
}


def head_words(title: Sentence, found: Sequence[Obligation], lang: str) -> dict[str, str]:
    """Return the name of a column, and its day or how often a year."""
    first = found[0]
    day = short(first.due_on, first.due_on, lang)
    what = _TIMES.fill(n=first.times) if first.times > 1 else _UNTIL.fill(day=day)
    return {"title": title.text(lang), "what": what.text(lang)}


def cell_words(one: Obligation, today: date, lang: str) -> dict[str, Any]:
    """Return what stands in a cell: the sign, the words, and which page they lead to."""
    day = short(one.due_on, today, lang)
    match one.state:
        case ObligationState.FULFILLED if one.times > 1:
            words = _DONE_TIMES.fill(n=len(one.done_on)).text(lang)
        case ObligationState.FULFILLED:
            words = short(max((*one.done_on, *one.received.values())), today, lang)
        case ObligationState.SUBMITTED if one.standing.in_time < one.times:
            done = one.standing.in_time
            words = _SHORT_TIMES.fill(n=done, short=one.times - done).text(lang)
        case ObligationState.SUBMITTED:
            words = _LACKING.fill(n=len(one.standing.lacking)).text(lang)
        case ObligationState.MISSED:
            words = _MISSED.fill(day=day).text(lang)
        case ObligationState.EXCUSED:
            words = Sentence(*OBLIGATION_STATES[one.state]).text(lang)
        case _:
            words = day
    return {"id": one.id, "kind": KINDS[one.state], "words": words, "excused": one.state is ObligationState.EXCUSED}


def summary(found: YearGrid, lang: str) -> str:
    """Return the one line that answers for the year."""
    n = found.numbers
    return _SUMMARY.fill(
        all=sum(n.values()),
        done=n.get(ObligationState.FULFILLED, 0),
        open=n.get(ObligationState.OPEN, 0),
        part=n.get(ObligationState.SUBMITTED, 0),
        missed=n.get(ObligationState.MISSED, 0),
    ).text(lang)


def left_words(one: Obligation, today: date, calendar: Calendar, lang: str) -> str:
    """Return how much time is left, or what was missing when it was over."""
    if one.state is ObligationState.MISSED:
        return missing(one.standing).text(lang) if not one.standing.is_whole else _PAST.text(lang)
    if one.state not in WAITING:
        return ""
    if today > one.due_on:
        return _PAST.text(lang)
    if today == one.due_on:
        return _TODAY.text(lang)
    return _LEFT.fill(n=calendar.working_days_between(today, one.due_on)).text(lang)


def steps_shown(found: OneOfYear, zone: tzinfo, lang: str) -> list[dict[str, Any]]:
    """Return what happened, the newest first: steps by the day on which they happened, messages by when they left."""
    one = found.obligation
    lines: list[dict[str, Any]] = []
    for step in one.steps:
        late = step.step in (ObligationStep.SUBMIT, ObligationStep.RECEIVE) and step.day > one.due_on
        words = _STEPS[step.step].fill(note=step.note or _NO_NOTE, receiver=step.receiver).text(lang)
        lines.append(
            {
                "on": step.day,
                "at": step.noted_at,
                "words": words + (_LATE.text(lang) if late else ""),
                "note": step.note if step.step is ObligationStep.RECEIVE else "",
                "file": step.file,
                "kind": "bad" if step.step is ObligationStep.MISS else "good",
            }
        )
    told: dict[tuple[str, Any], list[str]] = {}
    for notice, _unit, post, owed_at, _sent_at in found.told:
        told.setdefault((notice, owed_at), []).append(post)
    for (notice, owed_at), posts in told.items():
        on = owed_at.astimezone(zone).date()
        words = _TOLD[notice].fill(posts=Sentence("、".join(posts), ", ".join(posts))).text(lang)
        lines.append({"on": on, "at": owed_at, "words": words, "note": "", "file": None, "kind": "sys"})
    lines.sort(key=lambda line: (line["on"], line["at"]), reverse=True)
    return lines
