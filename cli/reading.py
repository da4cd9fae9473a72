"""Commands that read cases: showing, listing, what may be done, deadlines, reckoning."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cli.console import CaseArgument, Json, day_of, office, say
from states.errors import Sentence
from states.terms import Term, date_text, due, parse_date, trace
from states.vocabulary import DEADLINES, OVERLAYS, Light, State, name

if TYPE_CHECKING:
    from collections.abc import Mapping

    from cases.case_view import CaseWithPolicy
    from states.case import Case, Deadline
    from states.terms import TraceLine

_PROVISIONAL: Final = Sentence("（暂定）", " (provisional)")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.command()(allowed)
    app.command()(show)
    app.command("list")(list_)
    app.command("due")(due_)
    app.command()(term)


def allowed(
    case: CaseArgument,
    on: Annotated[str, typer.Option("--on", help="On which day; today if not given. 日期。")] = "",
    user: Annotated[str, typer.Option("--as", help="For whom: a user or a role; anybody if not given. 办理人。")] = "",
    as_json: Json = False,
) -> None:
    """Say what may be done now, and why not the rest. 当前可办理的事项。"""
    with office() as here:
        lang = here.settings.lang
        yes, no = here.console_desk.allowed(case, user, day_of(on, here))

        def document() -> dict[str, object]:
            from wiring.schemas.cases import fields_json, refused_json  # noqa: PLC0415  # the types take long to load

            return {
                "allowed": [act.value for act in yes],
                "refused": refused_json(no, lang),
                "roles": {act.value: role.value for act, role in yes.items()},
                "fields": fields_json(yes, lang),
            }

        lines = [f"+ {act.value:<24} {name(act).text(lang)}（{name(role).text(lang)}）" for act, role in yes.items()]
        lines += [f"- {act.value:<24} {reason.text(lang)}" for act, reason in no.items()]
        say(document, "\n".join(lines), as_json=as_json)


def show(
    case: CaseArgument,
    user: Annotated[str, typer.Option("--as", help="Who reads: a user or a role. 查看人。")] = "",
    as_json: Json = False,
) -> None:
    """Show one case; one that was transferred is a sealed stub for all but the leader and discipline. 查看案件。"""
    with office() as here:
        found = here.console.read(case, user)
        text = case_text(found.case, here.settings.lang)
        say(lambda: _case_document(found), text, as_json=as_json)


def _case_document(found: CaseWithPolicy) -> Mapping[str, object]:
    from wiring.schemas.cases import case_json  # noqa: PLC0415  # the types of JSON take long to load

    return case_json(found.case, found.policy_name)


def _duty_text(duty: str, lang: str) -> str:
    # Loaded where a case is shown: a list of cases needs no catalogue, and is there sooner without it.
    from config.citations import duty_words  # noqa: PLC0415  # as above
    from config.duties import duty_titles  # noqa: PLC0415  # as above

    return duty_words(duty, duty_titles(), lang)


def case_text(case: Case, lang: str) -> str:
    """Return a case as people read it."""
    zh = not lang.startswith("en")
    rows = [
        ("编号" if zh else "number", case.number),
        (
            "状态" if zh else "state",
            f"{name(case.state).text(lang)} · {name(case.phase).text(lang)} · {name(case.light).text(lang)}",
        ),
        ("单位" if zh else "unit", case.unit),
        ("责任领导" if zh else "post", case.post),
        ("条款" if zh else "duty", _duty_text(case.duty, lang)),
        ("立案" if zh else "opened", date_text(case.opened_on, lang)),
        ("问题" if zh else "finding", case.finding),
        ("密级标注" if zh else "confidentiality", name(case.confidentiality).text(lang)),
    ]
    if case.overlays:
        overlays = [Sentence(*OVERLAYS[word]).text(lang) for word in case.overlays]
        rows.append(("叠加" if zh else "overlays", "、".join(overlays)))
    lines = [f"{label}\t{value}" for label, value in rows]
    lines += [_deadline_text(deadline, lang) for deadline in case.deadlines]
    return "\n".join(lines)


def _deadline_text(deadline: Deadline, lang: str) -> str:
    label = Sentence(*DEADLINES[deadline.kind]).text(lang)
    marked = _PROVISIONAL.text(lang) if deadline.provisional else ""
    counted = Term.parse(deadline.term).text(lang)
    start = date_text(deadline.started_on, lang)
    if lang.startswith("en"):
        return f"due\t{label}: {date_text(deadline.due_on, lang)}{marked}; {counted} from {start}; {deadline.basis}"
    return f"期限\t{label}：{date_text(deadline.due_on, lang)}{marked}，自{start}起{counted}，{deadline.basis}"


def list_(
    state: Annotated[State | None, typer.Option(help="Only this state. 状态。")] = None,
    light: Annotated[Light | None, typer.Option(help="Only this light. 灯色。")] = None,
    unit: Annotated[str | None, typer.Option(help="Only this unit. 单位。")] = None,
    due_before: Annotated[str | None, typer.Option(help="Something is due before this day. 在此日之前到期。")] = None,
    as_json: Json = False,
) -> None:
    """List cases. 案件列表。"""
    with office() as here:
        lang = here.settings.lang
        before = parse_date(due_before) if due_before else None
        found = here.console.listed(state=state, light=light.value if light else None, unit=unit, due_before=before)
        lines = [
            f"{case.number}\t{name(case.state).text(lang)}\t{name(case.light).text(lang)}\t"
            f"{date_text(case.next_due_on, lang) if case.next_due_on else '—'}\t{case.unit}"
            for case in (item.case for item in found)
        ]
        say(lambda: {"cases": [*map(_case_document, found)]}, "\n".join(lines) or "—", as_json=as_json)


def due_(case: CaseArgument, as_json: Json = False) -> None:
    """Show the running deadlines, each with its day-by-day count. 在办期限及逐日推算。"""
    with office() as here:
        lang = here.settings.lang
        number, deadlines = here.console.deadlines(case)
        lines = []
        for counted in deadlines:
            lines += [_deadline_text(counted.deadline, lang), *trace_text(counted.trace, lang), ""]

        def document() -> dict[str, object]:
            from wiring.schemas.deadlines import counted_deadline_json  # noqa: PLC0415  # its types take long to load

            return {"number": number, "deadlines": [counted_deadline_json(counted, lang) for counted in deadlines]}

        say(document, "\n".join(lines) or "—", as_json=as_json)


def trace_text(steps: tuple[TraceLine, ...], lang: str) -> list[str]:
    """Return a count day by day, as people read it."""
    return [f"  {date_text(step.day, lang)}\t{step.note.text(lang)}" for step in steps]


def term(
    start: Annotated[str, typer.Argument(help="The day of service, not counted. 送达日期。")],
    term_: Annotated[str, typer.Argument(metavar="TERM", help="15wd, 30d, 1m, 2026-03-31. 期限。")],
    basis: Annotated[str, typer.Option(help="The legal basis, printed with the answer. 依据。")] = "",
    as_json: Json = False,
) -> None:
    """Reckon a deadline. 期限计算器。"""
    with office() as here:
        lang, calendar = here.settings.lang, here.rulebook.calendar
        length, first = Term.parse(term_), parse_date(start)
        reckoned = due(first, length, calendar, basis)
        steps = trace(first, length, calendar)

        def document() -> dict[str, object]:
            from wiring.schemas.deadlines import step_json  # noqa: PLC0415  # its types take long to load

            return {
                "due_on": reckoned.due_on.isoformat(),
                "provisional": reckoned.provisional,
                "started_on": first.isoformat(),
                "term": str(length),
                "basis": basis,
                "calendar_hash": calendar.hash,
                "trace": [step_json(step, lang) for step in steps],
            }

        head = Sentence("{start}起{term}，{due}届满{mark}", "{term} from {start}: {due}{mark}").fill(
            start=Sentence(date_text(first), date_text(first, "en")),
            term=Sentence(length.text(), length.text("en")),
            due=Sentence(date_text(reckoned.due_on), date_text(reckoned.due_on, "en")),
            mark=_PROVISIONAL if reckoned.provisional else "",
        )
        lines = [head.text(lang), *([basis] if basis else []), *trace_text(steps, lang)]
        say(document, "\n".join(lines), as_json=as_json)
