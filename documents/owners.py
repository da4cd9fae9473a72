"""What a document belongs to, while it goes a step: a case with its history, or a commendation, which is no case.

Both are asked the same: who is addressed, whether the document may still go on, what its signature approves, what its
issue carries out, and where the step is told.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, Protocol

from documents.act_data import act_data
from documents.commending import give
from documents.kinds import find_kind
from states.command import Command
from states.commendation import CommendationAct, commendation_moved
from states.decision import allowed
from states.errors import BadData, Sentence
from states.lifecycle import default_role
from states.official_document import Step
from states.vocabulary import Act, Role, State
from store import cases, commendations, official_documents, organisation
from store import documents as numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from cases.unit_of_work import OpenCase
    from documents.papers import Papers
    from states.case import Actor
    from store.official_documents import KeptDocument, Mover


_WHICH_ACT: Final = Sentence(
    "“{kind}”可以办理不同的事项，请写明结果（outcome）：{acts}。",
    "“{kind}” can carry out different acts; say which as its outcome: {acts}.",
)


class DocumentOwner(Protocol):
    """What a document belongs to, opened to be changed in this transaction."""

    unit_kind: str

    def require_wording(self, kept: KeptDocument) -> None:
        """Refuse a document that tells of what its owner is not any more."""

    def approve(self, kept: KeptDocument, values: Mapping[str, Any], who: Actor, on: date, now: datetime) -> None:
        """Give the approval that the signature is, where one is still asked for."""

    def carry_out(
        self, kept: KeptDocument, values: Mapping[str, Any], file: str, who: Actor, on: date, now: datetime
    ) -> bool:
        """Do what the issue of the document does; say whether the rules have asked who may issue it."""

    def tell(self, kept: KeptDocument, step: Step, what: Mapping[str, Any], by: Mover) -> None:
        """Write the step into the history."""

    def take_number(self, number: str, kept: KeptDocument, now: datetime) -> None:
        """Let the number belong to this document."""

    def write(self, now: datetime) -> None:
        """Write what came of it."""


class CaseOwner:
    """A case: its history tells of its documents, and their issue enters an act."""

    def __init__(self, session: Session, desk: Desk, papers: Papers, case_id: int) -> None:
        """Open the case; nobody else changes it until the transaction is over."""
        self._session, self._desk, self._papers = session, desk, papers
        self._work: OpenCase = desk.unit_of_work.begin(session, cases.get(session, case_id, to_change=True))
        self.unit_kind = self._work.now.case.unit_kind

    def require_wording(self, kept: KeptDocument) -> None:
        """Refuse what was drafted before a part of the case was handed over."""
        self._papers.refuse_old_wording(self._session, kept, self._work.now.case)

    def approve(self, kept: KeptDocument, values: Mapping[str, Any], who: Actor, on: date, now: datetime) -> None:
        """Enter the act of the signature, if the lifecycle still asks for it."""
        approval = find_kind(kept.kind).approval
        if kept.replaces or approval not in set(Act):
            return
        act = Act(approval)
        data = act_data(act, kept, values)
        command = Command(act=act, actor=who, on=on, data=data, case_id=self._work.now.case.id)
        yes, _no = allowed(self._work.now.case, command, self._work.rules, (command.act,))
        if yes:
            self._desk.enter(self._session, self._work, command, now)

    def carry_out(
        self, kept: KeptDocument, values: Mapping[str, Any], file: str, who: Actor, on: date, now: datetime
    ) -> bool:
        """Enter the act with the document's number and file."""
        act = to_enter(kept, self._work.now.case.state)
        if act is None:
            return False
        fields = act_data(act, kept, values) | {"evidence": [file]}
        if find_kind(kept.kind).numbered:
            fields["document_number"] = kept.number
        command = Command(act=act, actor=who, on=on, data=fields, case_id=kept.case_id)
        self._desk.enter(self._session, self._work, command, now)
        return True

    def tell(self, kept: KeptDocument, step: Step, what: Mapping[str, Any], by: Mover) -> None:
        """Write the step into the history of the case."""
        names = ("number", "template_version", "file", "scan", "way", "reason")
        told = {name: what[name] for name in names if what.get(name)}
        if kept.replaces:
            told["replaces"] = kept.replaces
        data = {"document": kept.id, "kind": kept.kind, "step": step.value, "who": by.who, "role": by.role, **told}
        self._desk.unit_of_work.note(self._session, self._work, Act.DOCUMENT_MOVED, data, by.now)

    def take_number(self, number: str, kept: KeptDocument, now: datetime) -> None:
        """Let the number belong to the event that was written last."""
        kind = find_kind(kept.kind)
        act = kind.acts[0] if kind.acts else Act.DOCUMENT_MOVED.value
        numbers.note(self._session, number, kept.case_id, self._work.now.case.version, act, now)

    def write(self, now: datetime) -> None:
        """Write the case with its events, timers and messages."""
        self._desk.unit_of_work.write(self._session, [self._work], now)


class CommendationOwner:
    """A commendation: the log of rows tells of its documents, and the issue of its circular gives it."""

    def __init__(self, session: Session, desk: Desk, commendation_id: int) -> None:
        """Open the commendation; nobody else changes it until the transaction is over."""
        self._session, self._desk = session, desk
        self._found = commendations.get(session, commendation_id)
        unit = organisation.unit_named(session, self._found.unit)
        self.unit_kind = unit.kind if unit is not None else ""

    def require_wording(self, kept: KeptDocument) -> None:
        """Do nothing: no part of a commendation is ever handed over."""

    def approve(  # the protocol's own arguments
        self,
        kept: KeptDocument,
        values: Mapping[str, Any],  # noqa: ARG002
        who: Actor,
        on: date,  # noqa: ARG002
        now: datetime,  # noqa: ARG002
    ) -> None:
        """Refuse to sign what was decided already, or what this role does not decide."""
        if not kept.replaces:
            commendation_moved(self._found.state, CommendationAct.COMMEND, who.role)

    def carry_out(
        self,
        kept: KeptDocument,
        values: Mapping[str, Any],  # noqa: ARG002  # the protocol's own arguments
        file: str,  # noqa: ARG002
        who: Actor,  # noqa: ARG002
        on: date,
        now: datetime,
    ) -> bool:
        """Give the commendation, as decided by who signed; whoever issues it only sends it."""
        if kept.replaces:
            return False
        steps = official_documents.steps(self._session, kept.id)
        signed = next(taken for taken in reversed(steps) if taken.step is Step.SIGN)
        today = now.astimezone(self._desk.unit_of_work.zone).date()
        give(self._session, self._found, kept.number, on, signed.who, Role(signed.role), now, today)
        return False

    def tell(self, kept: KeptDocument, step: Step, what: Mapping[str, Any], by: Mover) -> None:
        """Do nothing: the log of rows says what stands in the document's row."""

    def take_number(self, number: str, kept: KeptDocument, now: datetime) -> None:
        """Let the number belong to the document."""
        numbers.note_beside(self._session, number, find_kind(kept.kind).acts[0], now)

    def write(self, now: datetime) -> None:
        """Do nothing: the rows are written already."""


def owner_of(session: Session, desk: Desk, papers: Papers, kept: KeptDocument) -> DocumentOwner:
    """Return what the document belongs to, opened to be changed."""
    if kept.commendation_id:
        return CommendationOwner(session, desk, kept.commendation_id)
    return CaseOwner(session, desk, papers, kept.case_id)


def act_of(kept: KeptDocument) -> Act | None:
    """Return the act of a case that the issue enters; None for paper that only records, and for a corrected version.

    Raises:
        BadData: the kind has several acts, and the document does not say which.
    """
    kind = find_kind(kept.kind)
    acts = [Act(act) for act in kind.acts if act in set(Act)]
    if kept.replaces or len(acts) <= 1:
        return acts[0] if acts and not kept.replaces else None
    said = str(kept.typed.get("outcome", ""))
    for act in acts:
        if act.value == said:
            return act
    outcomes = "、".join(act.value for act in acts)
    raise BadData(_WHICH_ACT.fill(kind=Sentence(kind.zh, kind.en), acts=outcomes))


def to_enter(kept: KeptDocument, state: State) -> Act | None:
    """Return the act that the issue enters now: the letter of a part that was handed over only goes after it."""
    act = act_of(kept)
    return None if act is Act.TRANSFER and state is State.TRANSFERRED else act


def issuer_of(kept: KeptDocument, state: State | None) -> Role:
    """Return the role that issues the document by default: that of its act, else the case handler."""
    act = to_enter(kept, state) if state is not None else None
    return default_role(act, state) if act is not None and state is not None else Role.HANDLER
