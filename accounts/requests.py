"""What an administrator asks for and another decides: each request with what it was made over.

A request never changes. Whoever wants something else makes a new one, and the old one gives way: so a decision, which
names the request by its number, is about exactly what was looked at. What the request was made over is kept in it too;
if that has changed meanwhile, nothing is granted (ADR 0014).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, Final

from states.errors import Conflict, GuardRefused, NotFound, Sentence
from states.vocabulary import Role
from store import accounts, organisation, proposals

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

_PREFIX: Final = "administration/"
_CHANGED: Final = Sentence(
    "该申请或其所依据的情况在您查看期间已有变动，没有办理。请重新查看后再决定。",
    "This request, or what it was made over, changed while you were looking; nothing was done. Look again, and decide.",
)
_SAME_PERSON: Final = Sentence(
    "须由第二人决定：您提出的申请不能由您本人批准。", "A second person must decide: you asked for this yourself."
)


class RequestKind(StrEnum):
    """What can be asked for. The value is how it is kept."""

    ACCOUNT = "account"
    ROLE = "role"
    UNIT = "unit"
    DISABLING = "disabling"
    NEW_UNIT = "new_unit"
    PLACING = "placing"
    APPOINTMENT = "appointment"
    MERGING = "merging"
    PEOPLE = "people"
    PERSON = "person"


OF_ACCOUNTS: Final = frozenset(
    {RequestKind.ACCOUNT, RequestKind.ROLE, RequestKind.UNIT, RequestKind.DISABLING, RequestKind.PERSON}
)
"""Which kinds are about an account; the others are about units and posts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingRequest:
    """A request that nobody has decided. `about` is a user name, a unit or a post; `approver` the role that decides."""

    id: int
    kind: RequestKind
    about: str
    to: Any
    """What is asked for: a role, the id of a unit, of a new unit its kind and the id above; of an account nothing."""
    to_text: str
    """The same for people to read, where it is not a role."""
    seen: Any
    """What it was made over."""
    asked_by: str
    asked_at: datetime
    approver: Role

    @property
    def whom(self) -> str:
        """The user name of who is to be appointed, of an appointment."""
        return str(self.to["username"]) if self.kind is RequestKind.APPOINTMENT else ""


def ask(  # noqa: PLR0913  # what, over what, by whom, who decides, when
    session: Session,
    kind: RequestKind,
    about: str,
    to: object,
    seen: object,
    who: str,
    approver: Role,
    at: datetime,
    *,
    to_text: str = "",
) -> int:
    """Write a request down; one of the same kind about the same gives way to it. Return its number."""
    for other in waiting(session):
        if (other.kind, other.about) == (kind, about):
            proposals.supersede(session, other.id, who, at)
    content = {"about": about, "to": to, "seen": seen, "to_text": to_text}
    return proposals.propose(session, f"{_PREFIX}{kind.value}", content, who, approver.value, at)


def waiting(session: Session) -> list[PendingRequest]:
    """Return what waits for a decision, the oldest first."""
    return [_waiting(one) for one in proposals.waiting(session, _KINDS)]


def drop(session: Session, about: str, who: str, at: datetime) -> None:
    """Let every request about an account or a unit give way."""
    for other in waiting(session):
        if other.about == about:
            proposals.supersede(session, other.id, who, at)


def take(session: Session, id_: int, who: str, role: Role, at: datetime, *, grant: bool) -> PendingRequest:
    """Decide a request, once, by another person than who asked; return it.

    Raises:
        Conflict: it gave way to a newer one, was decided, or what it was made over has changed.
        GuardRefused: who decides asked for it, or has not the role that decides.
    """
    try:
        outcome = proposals.APPROVED if grant else proposals.REJECTED
        found = _waiting(proposals.decide(session, id_, outcome, who, role.value, "", at, kinds=_KINDS))
    except (NotFound, Conflict) as error:
        raise Conflict(_CHANGED) from error
    if found.asked_by == who:
        raise GuardRefused(_SAME_PERSON)
    if grant and found.seen != state_of(session, found.kind, found.about):
        raise Conflict(_CHANGED)
    return found


def state_of(session: Session, kind: RequestKind, about: str) -> Any:  # noqa: ANN401  # JSON
    """Return what a request of this kind is made over, as it is now.

    Raises:
        NotFound: what it is about is not there (any more).
    """
    match kind:
        case RequestKind.NEW_UNIT:
            return {"exists": any(unit.name == about for unit in organisation.unit_tree(session))}
        case RequestKind.PLACING:
            return {"parent": organisation.unit_by_name(session, about).parent_id}
        case RequestKind.MERGING:
            return {"unit": organisation.unit_by_name(session, about).id}
        case RequestKind.APPOINTMENT | RequestKind.PEOPLE:
            return None
        case _:
            account = accounts.account(session, about)
            return {
                "role": account.person.role.value,
                "unit_id": account.person.unit_id or None,
                "confirmed": account.confirmed,
                "disabled": account.person.disabled,
            }


def _waiting(one: proposals.Proposal) -> PendingRequest:
    return PendingRequest(
        id=one.id,
        kind=RequestKind(one.kind.removeprefix(_PREFIX)),
        about=one.content["about"],
        to=one.content["to"],
        to_text=one.content.get("to_text", ""),
        seen=one.content["seen"],
        asked_by=one.proposed_by,
        asked_at=one.proposed_at,
        approver=Role(one.approver),
    )


_KINDS: Final = frozenset(f"{_PREFIX}{kind.value}" for kind in RequestKind)
