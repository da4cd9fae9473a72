"""The pages of the three administrators: one makes and asks, one decides, one reads what both did. None sees a case."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from fastapi import APIRouter, Depends
from fastapi.responses import RedirectResponse, Response

from accounts import administration
from accounts.operators import AUDIT, PEOPLE, SECURITY, SYSTEM, WORDS, Operator
from states.errors import Problem, Sentence
from states.vocabulary import Role, name
from web.dependencies import clean_query, status_of
from web.next_steps import next_steps
from web.page import ADMINISTRATORS, Here, Visit, only_for, open_to
from wiring import now

if TYPE_CHECKING:
    from collections.abc import Callable

_PAGE: Final = 100

router = APIRouter(include_in_schema=False, dependencies=[Depends(clean_query)])


@router.get("/admin", dependencies=[open_to(ADMINISTRATORS)])
def front(visit: Here) -> Response:
    """Go to the first page of this administrator."""
    return RedirectResponse("/admin/log" if visit.person.role in AUDIT else "/admin/users", 303)


def operator_of(visit: Visit) -> Operator:
    """Return the administrator at the page, as the room of accounts knows one."""
    return Operator(visit.person.username, visit.person.role)


def answered(
    visit: Visit, roles: tuple[Role, ...], does: Callable[[Visit], Sentence], again: Callable[..., Response]
) -> Response:
    """Do what a form asks, and show the page again with what came of it."""
    only_for(visit, roles)
    try:
        said = does(visit)
    except Problem as problem:
        return again(visit, status=status_of(problem), wrong=problem.sentence.text(visit.lang))
    return again(visit, said=said.text(visit.lang))


@router.get("/admin/users", dependencies=[open_to(PEOPLE)])
def users_page(visit: Here) -> Response:
    """Show the accounts, those that wait for a decision first."""
    return _users(visit)


def _users(visit: Visit, *, status: int = 200, said: str = "", wrong: str = "") -> Response:
    found = administration.everybody(visit.here.database, now())
    role, looked_for = visit.person.role, visit.asked("q").casefold()
    some = [one for one in found.accounts if looked_for in _says(one)]
    return visit.page(
        "admin_users.html",
        status=status,
        said=said,
        wrong=wrong,
        accounts=some,
        total=len(found.accounts),
        q=visit.asked("q"),
        units=found.units,
        held=found.live_tokens if role in SECURITY else (),
        is_system=role in SYSTEM,
        is_security=role in SECURITY,
        next_steps=next_steps(visit) if role in SYSTEM else [],
        nobody_confirms=not found.has_security,
        all_roles=[role for role in Role if role is not Role.SYSTEM],
    )


def _says(shown: administration.AccountShown) -> str:
    """Return what an account is looked for by: its name, its person, role and unit."""
    person = shown.account.person
    words = name(person.role)
    return "\n".join((person.username, person.name, person.unit or "", words.zh, words.en)).casefold()


@router.post("/admin/users")
def change_users(visit: Here) -> Response:
    """Do one thing to one account, or decide what another asked for."""

    def changed(visit: Visit) -> Sentence:
        do = visit.form.get("do", "")
        return administration.change_account(visit.here.database, operator_of(visit), do, visit.form, now())

    return answered(visit, PEOPLE, changed, _users)


@router.get("/admin/log", dependencies=[open_to(AUDIT)])
def log_page(visit: Here) -> Response:
    """Show who did what in administration, the latest first. There is nothing here to decide."""
    who = visit.asked("who")
    lines = administration.log(visit.here.database, before=visit.number("before"), who=who, limit=_PAGE)
    zone = visit.here.settings.tz
    shown = [(line, f"{line.at.astimezone(zone):%Y-%m-%d %H:%M:%S}") for line in lines]
    before = lines[-1].id if len(lines) == _PAGE else 0
    return visit.page("admin_log.html", lines=shown, who=who, before=before, words=WORDS)
