"""Decisions: what one administrator asked for, granted or refused by another, carried out in one transaction."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Final

from accounts import person_changes, requests
from accounts.operators import DONE, THREE, WORDS, Operator, id_of, note, require
from accounts.requests import PendingRequest, RequestKind
from states.errors import BadData, NotPermitted, Sentence
from states.vocabulary import Role
from store import accounts, organisation, unit_posts

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from sqlalchemy.orm import Session

    from store.database import Database

    CarryOut = Callable[[Session, PendingRequest], str]

_ELSEWHERE: Final = Sentence("请在该申请自己的页面决定。", "Decide this request at its own page.")
_SAID: Final = {
    RequestKind.ACCOUNT: ("confirm", "refuse_account"),
    RequestKind.ROLE: ("grant_role", "refuse_role"),
    RequestKind.UNIT: ("grant_unit", "refuse_unit"),
    RequestKind.DISABLING: ("disable", "refuse_disable"),
    RequestKind.NEW_UNIT: ("add_unit", "refuse_add_unit"),
    RequestKind.PLACING: ("place_unit", "refuse_place_unit"),
    RequestKind.APPOINTMENT: ("appoint", "refuse_appoint"),
    RequestKind.MERGING: ("merge_unit", "refuse_merge_unit"),
    RequestKind.PERSON: ("grant_person", "refuse_person"),
    RequestKind.PEOPLE: ("import_people", "refuse_import_people"),
}
"""What the log says when a request of each kind is granted, and when it is refused."""

NOT_YOUR_OWN: Final = Sentence("不能办理自己的账号，请由另一名管理员办理。", "Not on your own account: ask another.")


def decide(database: Database, who: Operator, form: Mapping[str, str], at: datetime) -> Sentence:
    """Grant (`do` = `grant`) or refuse what another asked for, by the number `request` of what was looked at.

    Raises:
        NotPermitted: it is for another role to decide, or about one's own account.
        GuardRefused: who decides asked for it.
        Conflict: the request, or what it was made over, has changed since.
        BadData: the last administrator of a kind would go, or a unit would stand below itself.
    """
    grant = form.get("do", "") == "grant"
    with database.transaction() as session:
        return decide_in(session, who, id_of(form, "request"), at, grant=grant)


def decide_in(  # in whose transaction, who, which request, when, and how
    session: Session, who: Operator, request_id: int, at: datetime, *, grant: bool, carry_out: CarryOut | None = None
) -> Sentence:
    """Decide as `decide` does, in a transaction of the caller's; `carry_out` does what needs more than the request.

    Raises:
        As `decide`, and BadData: the request is decided at another page.
    """
    wanted = next((one for one in requests.waiting(session) if one.id == request_id), None)
    if wanted is not None:
        granted, refused = _SAID[wanted.kind]
        require(who, granted if grant else refused, (wanted.approver,))
        if who.username in (wanted.about, wanted.whom):
            raise NotPermitted(NOT_YOUR_OWN)
        if (wanted.kind is RequestKind.PEOPLE) is not (carry_out is not None):
            raise BadData(_ELSEWHERE)
    taken = requests.take(session, request_id, who.username, who.role or Role.SYSTEM, at, grant=grant)
    what = _SAID[taken.kind][0 if grant else 1]
    if not grant:
        detail = taken.to_text or str(taken.to or "")
    else:
        detail = carry_out(session, taken) if carry_out is not None else _carry_out(session, taken, at)
    note(session, who, what, taken.about, at, detail)
    return DONE.fill(what=Sentence(*WORDS[what]))


def _carry_out(session: Session, taken: PendingRequest, at: datetime) -> str:  # noqa: C901, PLR0911  # one way out for each kind
    """Do what was granted; return what the log says beside it."""
    match taken.kind:
        case RequestKind.ACCOUNT:
            accounts.confirm(session, taken.about)
            return accounts.role_of(session, taken.about).value
        case RequestKind.ROLE:
            require_another_administrator(session, accounts.account(session, taken.about))
            accounts.set_role(session, taken.about, Role(taken.to))
            return str(taken.to)
        case RequestKind.UNIT:
            accounts.set_unit(session, taken.about, int(taken.to))
            return taken.to_text
        case RequestKind.DISABLING:
            require_another_administrator(session, accounts.account(session, taken.about))
            accounts.disable(session, taken.about, at)
            requests.drop(session, taken.about, taken.asked_by, at)
            return ""
        case RequestKind.NEW_UNIT:
            organisation.add_unit(session, taken.about, taken.to["kind"], taken.to["parent"])
            return taken.to_text
        case RequestKind.PLACING:
            organisation.place_unit(session, organisation.unit_by_name(session, taken.about).id, taken.to)
            return taken.to_text
        case RequestKind.MERGING:
            organisation.merge_unit(session, organisation.unit_by_name(session, taken.about).id, int(taken.to))
            return taken.to_text
        case RequestKind.PEOPLE:
            raise BadData(_ELSEWHERE)
        case RequestKind.PERSON:
            return person_changes.granted(session, taken)
        case RequestKind.APPOINTMENT:
            person_id = accounts.person_id(session, accounts.person(session, taken.to["username"]).username)
            unit_posts.appoint(session, taken.to["post"], person_id, date.fromisoformat(taken.to["on"]))
            return taken.to_text


def require_another_administrator(session: Session, account: accounts.Account) -> None:
    """Refuse to let the last administrator of a kind go.

    Raises:
        BadData: nobody else in this role is left.
    """
    if account.person.role in THREE:
        accounts.require_another(session, account.person.role, account.person.username)
