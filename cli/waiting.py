"""Commands for what waits for a named person: late entries, and escalations held after a gap of the clock."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from cli.console import CaseArgument, Json, On, day_of, now, office, say
from states.command import Command
from states.errors import BadData, Sentence
from states.terms import date_text, parse_date
from states.vocabulary import Act, Role, name
from wiring.schemas.cases import case_json

if TYPE_CHECKING:
    from states.case import Case
    from wiring import Office

late = typer.Typer(no_args_is_help=True, help="What was entered late and waits for a decision. 补录待核。")
held = typer.Typer(no_args_is_help=True, help="Escalations held after a gap of the clock. 待放行的升级。")

As = Annotated[str, typer.Option("--as", help="Who decides: a user or a role. 办理人。")]
_NOTHING: Final = Sentence("没有待核的补录事项。", "Nothing that was entered late waits for a decision.")
_NOTHING_HELD: Final = Sentence("没有等待放行的升级。", "No escalation waits for a release.")
_CHOICES: Final = ("run", "taken_over", "ladder")
_CHOICE: Final = Sentence(
    "--choice 应为 run（自今日起算）、taken_over（认可既往办理）或 ladder（按原期限升级）。",
    "--choice is run (count from today), taken_over (take over what happened) or ladder (let the ladder act).",
)
_RELEASED: Final = Sentence("已放行{n}件。", "{n} released.")
_WHICH: Final = Sentence("请写明案件，或用 --all 放行全部。", "Name a case, or release all of them with --all.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    late.command("list")(late_list)
    late.command("decide")(late_decide)
    held.command("list")(held_list)
    held.command("release")(held_release)
    held.command("refuse")(held_refuse)
    app.add_typer(late, name="late")
    app.add_typer(held, name="held")


def late_list(as_json: Json = False) -> None:
    """List the cases that were entered late, with the days that would already be over. 补录待核清单。"""
    with office() as here:
        here.database.require_current()
        _say_cases(here, here.console.needing("late_entry"), _NOTHING, as_json=as_json)


def late_decide(
    case: CaseArgument,
    choice: Annotated[str, typer.Option("--choice", help="run, taken_over or ladder. 处理方式。")],
    term: Annotated[str, typer.Option("--term", help="The term from today, with run. 自今日起的期限。")] = "",
    report_on: Annotated[str, typer.Option("--report-on", help="The day of the report. 整改报告日期。")] = "",
    closed_on: Annotated[str, typer.Option("--closed-on", help="The day of the closure. 销号日期。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Decide what becomes of a case that was entered late. 决定补录事项。"""
    if choice not in _CHOICES:
        raise BadData(_CHOICE)
    days = {
        key: parse_date(value).isoformat()
        for key, value in (("report_on", report_on), ("closed_on", closed_on))
        if value
    }
    data: dict[str, Any] = {"choice": choice, **({"term": term} if term else {}), **days}
    with office() as here:
        here.database.require_current()
        done = here.desk.do(
            Command(
                act=Act.DECIDE_LATE_ENTRY,
                actor=here.console.actor(as_user, Role.DIRECTOR),
                on=day_of(on, here),
                data=data,
                case_id=here.console.find(case),
            ),
            now(),
        )
        lang = here.settings.lang
        document = case_json(done.case, here.console.policy_name(done.case))
        say({"case": document}, f"{done.case.number}: {_summary(done.case, lang)}", as_json=as_json)


def held_list(as_json: Json = False) -> None:
    """List the cases whose escalation waits because of the clock. 待放行清单。"""
    with office() as here:
        here.database.require_current()
        _say_cases(here, here.console.needing("clock_gap"), _NOTHING_HELD, as_json=as_json)


def held_release(
    case: Annotated[str, typer.Argument(help="The case; none with --all. 案件。")] = "",
    every: Annotated[bool, typer.Option("--all", help="Release all of them. 全部放行。")] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why. 理由。")] = "",
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Release one escalation, or all of them, each in its own history. 放行升级。"""
    if bool(case) == every:
        raise BadData(_WHICH)
    with office() as here:
        here.database.require_current()
        ids = [item.id for item in here.console.needing("clock_gap")] if every else [here.console.find(case)]
        actor, day = here.console.actor(as_user, Role.DIRECTOR), day_of(on, here)
        data = {"reason": reason} if reason else {}
        numbers = []
        for case_id in ids:
            command = Command(act=Act.RELEASE_ESCALATION, actor=actor, on=day, data=data, case_id=case_id)
            numbers.append(here.desk.do(command, now()).case.number)
        say({"released": numbers}, _RELEASED.fill(n=len(numbers)).text(here.settings.lang), as_json=as_json)


def held_refuse(
    case: CaseArgument,
    reason: Annotated[str, typer.Option("--reason", help="Why. 理由。")],
    on: On = "",
    as_user: As = "",
    as_json: Json = False,
) -> None:
    """Refuse a held escalation with a reason: the case stays on its rung. 不放行，案件留在原状态。"""
    with office() as here:
        here.database.require_current()
        command = Command(
            act=Act.REJECT_ESCALATION,
            actor=here.console.actor(as_user, Role.DIRECTOR),
            on=day_of(on, here),
            data={"reason": reason},
            case_id=here.console.find(case),
        )
        done = here.desk.do(command, now())
        lang = here.settings.lang
        document = case_json(done.case, here.console.policy_name(done.case))
        say({"case": document}, f"{done.case.number}: {_summary(done.case, lang)}", as_json=as_json)


def _say_cases(here: Office, found: list[Case], nothing: Sentence, *, as_json: bool) -> None:
    lang = here.settings.lang
    rows = [case_json(case, here.console.policy_name(case)) for case in found]
    lines = [f"{case.number}\t{case.unit}\t{_summary(case, lang)}" for case in found]
    say({"cases": rows}, "\n".join(lines) or nothing.text(lang), as_json=as_json)


def _summary(case: Case, lang: str) -> str:
    line = case.deadline("rectification") or case.deadline("decision")
    due = date_text(line.due_on, lang) if line else "—"
    return f"{name(case.state).text(lang)}\t{due}"
