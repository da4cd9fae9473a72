"""What the commands share: the language, what is printed how, and who sits at the console."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from states.case import Actor
from states.errors import BadData, Sentence
from states.lifecycle import default_role
from states.terms import parse_date
from states.vocabulary import Role
from store import accounts
from wiring import now, office

if TYPE_CHECKING:
    from datetime import date

    from states.case import Case
    from states.vocabulary import Act, State
    from wiring import Office

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else. 只输出 JSON。")]
CaseArgument = Annotated[str, typer.Argument(metavar="CASE", help="Case number or id. 案件编号或 id。")]
On = Annotated[str, typer.Option("--on", help="The day on which it took effect; today if not given. 发生日期。")]

_BAD_JSON: Final = Sentence("--data 不是 JSON 对象：{why}。", "--data is not a JSON object: {why}.")


def say(document: dict[str, Any], text: str, *, as_json: bool) -> None:
    """Print the document for programs, or the text for people."""
    typer.echo(json.dumps(document, ensure_ascii=False, indent=2) if as_json else text)


def day_of(text: str, here: Office) -> date:
    """Return the day that was given, or today in the office's zone."""
    return parse_date(text) if text else here.today(now())


def data_of(text: str) -> dict[str, Any]:
    """Return the data that was given as JSON.

    Raises:
        BadData: it is not a JSON object.
    """
    try:
        data = json.loads(text or "{}")
    except json.JSONDecodeError as error:
        raise BadData(_BAD_JSON.fill(why=error.msg)) from error
    if not isinstance(data, dict):
        raise BadData(_BAD_JSON.fill(why=type(data).__name__))
    return data


def actor_of(here: Office, user: str, act: Act, state: State | None) -> Actor:
    """Return who acts: the user named, the holder of the role named, or the role that does this act by default.

    Who sits at the console of the machine has its whole database; the history therefore says `console` and the role
    in which the act was entered.

    Raises:
        NotFound: there is no such user.
    """
    roles = {role.value: role for role in Role if role is not Role.SYSTEM}
    if user in roles or not user:
        role = roles[user] if user else default_role(act, state)
        return Actor(user=f"console/{role.value}", role=role, unit=here.settings.office)
    with here.database.reading() as session:
        person = accounts.person(session, user)
    return Actor(user=person.username, role=person.role, unit=person.unit)


def policy_name(here: Office, case: Case) -> str:
    """Return the name of the policy that the case goes by."""
    with here.database.reading() as session:
        return here.archive.policy_of(session, case.policy_hash).name


__all__ = ["CaseArgument", "Json", "On", "actor_of", "data_of", "day_of", "now", "office", "policy_name", "say"]
