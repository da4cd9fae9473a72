"""The file of a head in words: sections of lines, as its paper, its page in print and the command line tell it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from config.citations import duty_words
from config.duties import duty_titles
from states.errors import Sentence
from states.vocabulary import DEADLINES, Act, Light, name

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import date

    from programme.dossier import (
        Dossier,
        FiledCase,
        FiledInterview,
        FiledMatter,
        FiledStep,
        FiledTold,
        Handover,
        OwnAct,
    )

WORK: Final = {
    "deploy": ("亲自部署", "deployed in person"),
    "solve": ("亲自解决", "solved in person"),
    "coordinate": ("亲自协调", "coordinated in person"),
    "supervise": ("亲自督办", "supervised in person"),
}
"""What people call the four 亲自 (article 4)."""
UNKNOWN_HOLDER: Final = Sentence("任职人未登记", "holder not registered")
NO_EVIDENCE: Final = Sentence(
    "系统中没有记载，请本人补充材料。", "Nothing is on record here; the head adds the material."
)
_NO_BLAME: Final = Sentence("容错认定，不作负面评价", "tolerated; no negative assessment")
_NONE: Final = Sentence("没有。", "None.")
_AFTER: Final = Sentence("（离任后）", " (after he left)")
_FORMER: Final = Sentence("（前任期间的案件）", " (a case of a time before his)")
_ACTS: Final = {
    Act.SERVE_ORDER: Sentence("责令整改通知送达", "order to rectify served"),
    Act.ESCALATED: Sentence(
        "逾期未整改，进入下一层级，待办理", "overdue; the next rung was entered and is to be carried out"
    ),
    Act.HOLD_INTERVIEW: Sentence("约谈，本人到场", "interviewed, in person"),
    Act.RECORD_ABSENCE: Sentence("约谈未到场", "absent from the interview"),
}
"""Acts that read otherwise in a file than on a button."""


@dataclass(frozen=True, slots=True)
class Section:
    """One section of a file: its heading, and its lines, or one sentence where there are none."""

    heading: str
    lines: tuple[str, ...]


def day_text(on: date, lang: str) -> str:
    """Return a day as files write it: with its year and without its weekday."""
    return on.isoformat() if lang.startswith("en") else f"{on.year}年{on.month}月{on.day}日"


def span_text(found: Dossier, lang: str) -> str:
    """Return from when until when the tenure lasts, as it was known on the day of the file."""
    tenure = found.tenure
    english = lang.startswith("en")
    begin = day_text(tenure.from_on, lang) if tenure.from_on else ("the beginning" if english else "系统启用")
    over = tenure.until_on is not None and tenure.until_on < found.on
    end = day_text(tenure.until_on, lang) if over and tenure.until_on else ("today" if english else "今")
    return f"{begin} – {end}" if english else f"{begin}至{end}"


def holder_text(found: Dossier, lang: str) -> str:
    """Return who holds or held the post."""
    return found.tenure.holder or UNKNOWN_HOLDER.text(lang)


def duty_text(duty: str, lang: str) -> str:
    """Return a duty as people cite it."""
    return duty_words(duty, duty_titles(), lang) or duty


def step_text(step: FiledStep, lang: str) -> str:
    """Return one step of a case in words, behind its day."""
    return f"{day_text(step.on, lang)} {act_text(step, lang)}"


def act_text(step: FiledStep, lang: str) -> str:
    """Return what was done in one step of a case."""
    words = _ACTS.get(step.act, name(step.act)).text(lang)
    number = f"（{step.document_number}）" if step.document_number else ""
    after = _AFTER.text(lang) if step.after_leaving else ""
    return f"{words}{number}{after}"


def state_text(one: FiledCase, lang: str) -> str:
    """Return where a case stands, with the light of its deadline where one is lit, and its next day."""
    words = name(one.state).text(lang)
    if one.is_open:
        words += "，" + name(one.phase).text(lang) if not lang.startswith("en") else ", " + name(one.phase).text(lang)
        if one.light in (Light.YELLOW, Light.RED):
            words += " · " + name(one.light).text(lang)
    if one.due is not None:
        kind = Sentence(*DEADLINES[one.due.kind]).text(lang)
        words += f"；{kind} {day_text(one.due.due_on, lang)}"
    return words


def told_text(one: FiledTold, lang: str) -> str:
    """Return what was told and signed, with its days."""
    english = lang.startswith("en")
    head = f"{day_text(one.sent_on, lang)} {one.number} {name(one.act).text(lang)}"
    if one.signed_on is not None:
        days = f"signed {day_text(one.signed_on, lang)}, {one.days} working day(s)"
        signed = days if english else f"{day_text(one.signed_on, lang)}签收，用时{one.days}个工作日"
    elif one.wanted:
        signed = "not signed" if english else "未签收"
    else:
        signed = "no signature asked for" if english else "无需签收"
    after = _AFTER.text(lang) if one.after_leaving else ""
    return f"{head}：{signed}{after}{'' if one.own else _FORMER.text(lang)}"


def interview_text(one: FiledInterview, lang: str) -> str:
    """Return an interview in words."""
    absent = Sentence("未到场", "absent"), Sentence("请假未到场", "absent, excused")
    how = Sentence("本人到场", "in person") if one.attended else absent[one.excused]
    return f"{day_text(one.on, lang)} {one.number}：{how.text(lang)}{'' if one.own else _FORMER.text(lang)}"


def matter_text(one: FiledMatter, lang: str) -> str:
    """Return a case that passes on with the post, in words."""
    english = lang.startswith("en")
    words = f"{one.number}，{duty_text(one.duty, lang)}：{name(one.state).text(lang)}"
    if one.due is not None:
        words += f"；{Sentence(*DEADLINES[one.due.kind]).text(lang)} {day_text(one.due.due_on, lang)}"
    if one.unsigned:
        words += "; a notice is not signed for" if english else "；有告知事项未签收"
    return words


def evidence_text(one: OwnAct, lang: str) -> str:
    """Return one act of evidence in words."""
    return f"{day_text(one.on, lang)} {one.number}：{_ACTS.get(one.act, name(one.act)).text(lang)}"


def case_lines(one: FiledCase, lang: str) -> tuple[str, ...]:
    """Return a case of the file in lines: what it is, where it stands, and its course."""
    reference = ("（参照执行）" if not lang.startswith("en") else " (by reference)") if one.by_reference else ""
    head = f"{one.number}，{duty_text(one.duty, lang)}{reference}"
    return (
        f"{head}：{one.finding}",
        state_text(one, lang),
        *(step_text(step, lang) for step in one.steps),
    )


def handover_heading(found: Handover, lang: str, *, received: bool) -> str:
    """Return what a list of what passed on is called."""
    day = day_text(found.on, lang)
    if lang.startswith("en"):
        return f"Received on {day}" if received else f"Passed on, {day}"
    return f"{day}接任时承接的事项" if received else f"{day}离任时移交的事项"


def sections(found: Dossier, lang: str) -> Iterator[Section]:
    """Yield the sections of the whole file in their order; those of rooms that are not there are left out."""
    for heading, lines in _sections(found, lang):
        yield Section(heading, tuple(lines) or (_NONE.text(lang),))


def _sections(found: Dossier, lang: str) -> Iterator[tuple[str, list[str]]]:
    if found.duties is not None:
        lines = [f"{duty_text(one.duty, lang)}：{one.said}" for one in found.duties]
        yield Sentence("年度职责", "Recurring duties").text(lang), lines
    yield Sentence("案件", "Cases").text(lang), [line for one in found.cases for line in case_lines(one, lang)]
    yield Sentence("帮助指导", "Help").text(lang), [f"{day_text(one.on, lang)} {one.number}" for one in found.helps]
    yield (
        Sentence("容错认定", "Tolerance").text(lang),
        [f"{day_text(one.on, lang)} {one.number}：{_NO_BLAME.text(lang)}" for one in found.tolerated],
    )
    if found.commendations is not None:
        lines = [f"{day_text(one.on, lang)} {one.document_number} {one.said}" for one in found.commendations]
        yield Sentence("表扬", "Commendations").text(lang), lines
    yield Sentence("约谈", "Interviews").text(lang), [interview_text(one, lang) for one in found.interviews]
    yield Sentence("告知与签收", "Told and signed").text(lang), [told_text(one, lang) for one in found.told]
    if found.groundless:
        lines = [f"{day_text(one.on, lang)} {one.number}：{name(one.state).text(lang)}" for one in found.groundless]
        yield Sentence("查否、撤销、并案（不计入）", "Groundless, withdrawn, merged (not counted)").text(lang), lines
    for passed, received in ((found.received, True), (found.passed, False)):
        if passed is not None:
            heading = handover_heading(passed, lang, received=received)
            yield heading, [matter_text(one, lang) for one in passed.matters]


def figures_text(found: Dossier, lang: str) -> str:
    """Return the figures of the file in one sentence; what was tolerated is in none of them but its own."""
    values = {
        "cases": len(found.cases),
        "open": len(found.open_cases),
        "criticized": found.happened(Act.PUBLISH_CRITICISM),
        "interviews": sum(one.attended for one in found.interviews),
        "held": found.happened(Act.RECORD_ACCOUNTABILITY),
        "tolerated": len(found.tolerated),
        "entered": found.entered,
        "missed": found.missed,
        "share": Sentence("无", "none") if found.share is None else f"{found.share}%",
    }
    return (
        Sentence(
            "案件{cases}件，在办{open}件；通报批评{criticized}次，约谈{interviews}次，问责{held}次，容错认定{tolerated}件；"
            "整改环节{entered}个，逾期{missed}个，按期率{share}。",
            "{cases} case(s), {open} open; criticised {criticized}, interviewed {interviews}, held accountable {held} "
            "time(s), tolerated {tolerated}; {entered} term(s) of rectification, {missed} missed, kept: {share}.",
        )
        .fill(**values)
        .text(lang)
    )


def whole_text(found: Dossier, lang: str) -> str:
    """Return the whole file as text, as the command line prints it."""
    title = f"{found.tenure.title}：{holder_text(found, lang)}（{span_text(found, lang)}）"
    until = Sentence("截至{on}", "as of {on}").fill(on=day_text(found.on, lang)).text(lang)
    lines = [title, until, figures_text(found, lang)]
    for section in sections(found, lang):
        lines += ["", section.heading, *(f"  {line}" for line in section.lines)]
    return "\n".join(lines)
