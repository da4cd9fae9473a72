"""Commands that erase personal data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from cases.erasure import due_for_erasure, erase_cases, erase_person
from cli.console import CaseArgument, Json, now, office, say
from states.errors import Sentence
from states.terms import date_text
from states.vocabulary import Role

if TYPE_CHECKING:
    from cases.erasure import Erased

erase = typer.Typer(no_args_is_help=True, help="Erase personal data; proofs keep their hold. 删除个人信息。")

Reason = Annotated[str, typer.Option("--reason", help="Why, or on what basis. 理由或依据。")]
As = Annotated[str, typer.Option("--as", help="Who erases: a user or a role. 办理人。")]

_ERASED: Final = Sentence("已删除{texts}处个人信息，涉及{cases}案。", "Erased {texts} text(s) in {cases} case(s).")
_CLEAR: Final = Sentence(
    "另有{n}条事件在未列为个人信息的数据项中含有这些文字，已封存，无法删除。",
    "{n} event(s) hold these words in fields that the policy had not called personal; they are sealed and stay.",
)
_NONE_DUE: Final = Sentence("没有保管期届满的案件。", "No case is past its retention.")


def add_to(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(erase, name="erase")


def _said(erased: Erased, lang: str, *, as_json: bool) -> None:
    text = _ERASED.fill(texts=erased.texts, cases=len(erased.cases)).text(lang)
    if erased.in_the_clear:
        text += "\n" + _CLEAR.fill(n=erased.in_the_clear).text(lang)
    document = {"texts": erased.texts, "cases": list(erased.cases), "in_the_clear": erased.in_the_clear}
    say(document, text, as_json=as_json)


@erase.command("person")
def person(
    username: Annotated[str, typer.Argument(help="The user name. 用户名。")],
    reason: Reason = "",
    also: Annotated[list[str] | None, typer.Option(help="A further word, such as a phone. 其他文字，如电话。")] = None,
    user: As = "archivist",
    as_json: Json = False,
) -> None:
    """Erase a person's name, addresses and every personal text that names him or her. 删除某人的个人信息。"""
    with office() as here:
        here.database.require_current()
        who = here.console.actor(user, Role.ARCHIVIST)
        _said(
            erase_person(here.desk, username, also or [], who, reason, now(), home=here.settings.home),
            here.settings.lang,
            as_json=as_json,
        )


@erase.command("case")
def case_(case: CaseArgument, reason: Reason = "", user: As = "archivist", as_json: Json = False) -> None:
    """Erase all personal data of a case. 删除一案的个人信息。"""
    with office() as here:
        here.database.require_current()
        who = here.console.actor(user, Role.ARCHIVIST)
        erased = erase_cases(here.desk, [here.console.find(case)], who, reason, now(), home=here.settings.home)
        _said(erased, here.settings.lang, as_json=as_json)


@erase.command("due")
def due_(
    apply: Annotated[bool, typer.Option("--apply", help="Erase them; else they are only listed. 执行删除。")] = False,
    reason: Reason = "",
    user: As = "archivist",
    as_json: Json = False,
) -> None:
    """List the cases past their retention, or erase their personal data. 保管期届满的案件。"""
    with office() as here:
        here.database.require_current()
        lang = here.settings.lang
        found = due_for_erasure(here.desk, now())
        if apply:
            who = here.console.actor(user, Role.ARCHIVIST)
            ids, home = [line.case_id for line in found], here.settings.home
            _said(erase_cases(here.desk, ids, who, reason, now(), home=home), lang, as_json=as_json)
            return
        rows = [
            {"number": line.number, "over_on": str(line.over_on), "retention_until": str(line.since)} for line in found
        ]
        lines = [f"{line.number}\t{date_text(line.over_on, lang)}\t{date_text(line.since, lang)}" for line in found]
        say({"cases": rows}, "\n".join(lines) or _NONE_DUE.text(lang), as_json=as_json)
