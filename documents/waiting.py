"""The documents that wait for somebody: to be completed, reviewed, signed or issued."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from documents.draft_desk import name_of, signer_for
from documents.kinds import find_kind
from states.document_signing import reviewer_of, why_not_reviewed, why_not_signed
from states.official_document import Status, Step
from store import cases, official_documents
from store.case_counts import AtLeast
from store.official_documents import DocumentFilter, KeptDocument

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from sqlalchemy.orm import Session

    from states.case import Actor
    from store.official_documents import BriefDocument
    from store.visibility import Reader

MOST: Final = 500
"""So many documents are looked through, of a person's own and of those that somebody is to decide."""
_OWN: Final = {Status.DRAFT: Step.SUBMIT, Status.SIGNED: Step.ISSUE}
"""What who drafted a document does with it next."""
_DECIDED: Final = (Status.SUBMITTED, Status.REVIEWED)


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitingDocument:
    """A document that waits for somebody, and for which step."""

    kept: KeptDocument
    step: Step


@dataclass(frozen=True, slots=True)
class WaitingDocuments:
    """The documents that wait for somebody, the latest change first, and how many there are in all."""

    items: tuple[WaitingDocument, ...]
    total: int


def waiting_for(
    session: Session, reader: Reader, who: Actor, *, steps: Collection[Step], most: int
) -> WaitingDocuments:
    """Return the first `most` of the documents that wait for one of these steps of a writer of documents.

    Each is told by a few narrow columns, and only those that are shown are read whole.
    """
    found: list[tuple[BriefDocument, Step]] = []
    full = False
    own = tuple(status for status, step in _OWN.items() if step in steps)
    if own:
        mine = DocumentFilter(statuses=own, drafted_by=who.user, limit=MOST)
        some = official_documents.brief(session, reader, mine)
        full = len(some) == MOST
        found += [(one, _OWN[one.status]) for one in some]
    if Step.SIGN in steps or Step.REVIEW in steps:
        some = official_documents.brief(session, reader, DocumentFilter(statuses=_DECIDED, limit=MOST))
        full |= len(some) == MOST
        found += [(one, step) for one, step in _decided_by(session, who, some) if step in steps]
    found.sort(key=lambda waits: (waits[0].changed_at, waits[0].id), reverse=True)
    kept = official_documents.by_ids(session, [one.id for one, _step in found[:most]])
    items = tuple(WaitingDocument(kept=kept[one.id], step=step) for one, step in found[:most])
    return WaitingDocuments(items, AtLeast(len(found)) if full else len(found))


def _decided_by(session: Session, who: Actor, some: Sequence[BriefDocument]) -> list[tuple[BriefDocument, Step]]:
    """Return those of the documents that this person may review or sign, and which of both."""
    wrote = official_documents.writers_of(session, [one.id for one in some])
    by_level = {one.case_id for one in some if one.case_id and find_kind(one.kind).signers}
    kinds = cases.unit_kinds(session, by_level)
    found = [(one, _decision(one, kinds.get(one.case_id, ""), who, wrote[one.id])) for one in some]
    return [(one, step) for one, step in found if step is not None]


def _decision(one: BriefDocument, unit_kind: str, who: Actor, wrote: frozenset[str]) -> Step | None:
    signer, kind = signer_for(one.kind, unit_kind), name_of(one.kind)
    if why_not_signed(kind, signer, who, wrote) is None and (one.status is Status.REVIEWED or who.role is signer):
        return Step.SIGN
    if one.status is Status.SUBMITTED and who.role is reviewer_of(signer):
        return Step.REVIEW if why_not_reviewed(kind, signer, who, wrote) is None else None
    return None
