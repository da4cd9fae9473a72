"""The way of a document until its signature: drafted, changed, submitted, reviewed, returned.

Each step is one transaction. A draft is an internal opinion: the history of the case says nothing of it before somebody
has signed (docs/domain.md §2.7).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from documents import uploads
from documents.act_data import as_typed
from documents.drafting import draft
from documents.kinds import KINDS, BelongsTo, find_kind, level_of
from documents.owners import owner_of
from documents.papers import CASE_FILE
from states.commendation import CommendationAct, commendation_moved
from states.document_signing import refuse, why_not_returned, why_not_reviewed, why_not_written
from states.errors import BadData, Conflict, Sentence
from states.official_document import IN_HISTORY, UNSIGNED, Status, Step, moved
from states.vocabulary import Role
from store import cases, commendations, official_documents
from store.official_documents import KeptDocument, Mover, Owner, Taken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from documents.kinds import DocumentKind
    from documents.papers import Papers
    from documents.summary import CaseSummary
    from states.case import Actor

_WHY_RETURNED: Final = Sentence("退回须写明要改什么。", "Say what has to be changed.")
_WHY_CORRECTED: Final = Sentence("更正须写明理由。", "Say why the document is corrected.")
_NOT_ISSUED: Final = Sentence(
    "只有印发了的文书才用新的文本更正；没有印发的，可以退回修改或者作废。",
    "Only an issued document is corrected by a new version; one that was not is returned or made void.",
)
_BY_HAND: Final = Sentence(
    "案卷由系统汇编，不能上传。", "The case file is put together by the system; it is not uploaded."
)
_NOT_OF_CASES: Final = Sentence(
    "“{kind}”不属于案件，请从表扬起草。", "“{kind}” belongs to no case; draft it from its commendation."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class OnItsWay:
    """A document and what it lacks before it can be signed, by the English names of the fields."""

    kept: KeptDocument
    missing: tuple[str, ...]


def signer_for(kind_name: str, unit_kind: str) -> Role:
    """Return the role that signs a document of this kind to a unit of such a kind (docs/domain.md §4.3)."""
    return Role(find_kind(kind_name).signed_by(level_of(unit_kind)).value)


def name_of(kind_name: str) -> Sentence:
    """Return what people call the kind."""
    kind = find_kind(kind_name)
    return Sentence(kind.zh, kind.en)


def mover(who: Actor, on: date, now: datetime, note: str = "") -> Mover:
    """Return who takes a step, in the words of the store."""
    return Mover(who=who.user, role=who.role.value, day=on, now=now, note=note)


class DraftDesk:
    """Where official documents are drawn up and looked through, until one of them is signed."""

    def __init__(self, desk: Desk, papers: Papers) -> None:
        """Work at this desk, with these papers."""
        self._desk = desk
        self.papers = papers

    def show(self, id_: int, on: date) -> OnItsWay:
        """Return the document; what a draft lacks is looked up as of this day."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            if kept.status not in UNSIGNED:
                return OnItsWay(kept=kept, missing=())
            return OnItsWay(kept=kept, missing=self.papers.drafted(session, kept, on).missing)

    def listed(self) -> list[KeptDocument]:
        """Return all documents, in the order in which they were drafted."""
        with self._desk.database.reading() as session:
            return official_documents.listed(session)

    def steps(self, id_: int) -> list[Taken]:
        """Return the steps that a document has gone."""
        with self._desk.database.reading() as session:
            return official_documents.steps(session, id_)

    def signer_of(self, id_: int) -> Role:
        """Return the role that signs this document."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            return signer_for(kept.kind, self.papers.unit_kind(session, kept))

    def draft(  # who drafts which document for which case on which day
        self,
        case_id: int,
        kind_name: str,
        typed: Mapping[str, Any],
        who: Actor,
        on: date,
        now: datetime,
        *,
        once: bool = False,
    ) -> OnItsWay:
        """Draw a document up; what is missing can be typed later.

        `once`: where this person has a draft of the kind in the case that went nowhere yet, that one is given back, so
        that a form sent twice makes one draft.

        Raises:
            NotFound: there is no such kind or case.
            NotPermitted: somebody outside the office asks.
            BadData: what was typed is no field of the kind, or cannot be one.
            BadDocument: the template cannot be used.
        """
        kind = find_kind(kind_name)
        refuse(why_not_written(who))
        if kind.belongs_to is not BelongsTo.CASE:
            raise BadData(_NOT_OF_CASES.fill(kind=name_of(kind_name)))
        with self._desk.database.transaction() as session:
            cases.get(session, case_id, to_change=True)  # two of the same form come one after the other
            by, owner = mover(who, on, now), Owner(case_id=case_id)
            begun = self._begun(session, owner, kind, who) if once else None
            if begun is not None:
                return OnItsWay(kept=begun, missing=self.papers.drafted(session, begun, on).missing)
            return self._add(session, owner, kind, self.papers.summary(session, case_id), typed, by)

    def draft_commendation(
        self, commendation_id: int, typed: Mapping[str, Any], who: Actor, on: date, now: datetime
    ) -> OnItsWay:
        """Draw up the circular that gives a commendation; asked twice, the same person gets the first draft.

        Raises:
            NotFound: there is no such commendation.
            NoSuchAct: it was decided before.
            NotPermitted: somebody outside the office asks.
            BadData: what was typed is no field of the circular, or cannot be one.
        """
        refuse(why_not_written(who))
        (kind,) = (one for one in KINDS.values() if one.belongs_to is BelongsTo.COMMENDATION)
        with self._desk.database.transaction() as session:
            found = commendations.get(session, commendation_id)
            # Whoever drafts it, only what the leader may still give is drawn up.
            commendation_moved(found.state, CommendationAct.COMMEND, Role.LEADER)
            owner = Owner(commendation_id=commendation_id)
            begun = self._begun(session, owner, kind, who)
            if begun is not None:
                return OnItsWay(kept=begun, missing=self.papers.drafted(session, begun, on).missing)
            summary = self.papers.commended(session, commendation_id)
            return self._add(session, owner, kind, summary, typed, mover(who, on, now))

    def _add(  # whose document, of which kind, told by what and by whom
        self,
        session: Session,
        owner: Owner,
        kind: DocumentKind,
        summary: CaseSummary,
        typed: Mapping[str, Any],
        by: Mover,
    ) -> OnItsWay:
        made = draft(kind, summary, typed, self.papers.day(by.day), self.papers.templates)
        content = {
            "template": made.template.name,
            "template_version": made.template.version,
            "typed": as_typed(kind, typed),
            "file": made.hash,
        }
        id_ = official_documents.add(session, owner, kind.name, content, by)
        return OnItsWay(kept=official_documents.get(session, id_), missing=made.missing)

    def correct(self, id_: int, who: Actor, reason: str, on: date, now: datetime) -> OnItsWay:
        """Draw up the corrected version of an issued document, which stays as it is; asked twice, it gives the first.

        The new version takes a number of its own and enters no act: what the history should say differently is
        corrected there (`correct_event`).

        Raises:
            Conflict: the document was not issued, or a part of its case was handed over since.
            BadData: there is no reason.
        """
        refuse(why_not_written(who))
        if not reason.strip():
            raise BadData(_WHY_CORRECTED)
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            if kept.status not in (Status.ISSUED, Status.SERVED):
                raise Conflict(_NOT_ISSUED)
            self._require_wording(session, kept)
            owner = Owner(case_id=kept.case_id, commendation_id=kept.commendation_id)
            begun = self._begun(session, owner, find_kind(kept.kind), who, replaces=id_)
            if begun is None:
                content = {
                    "template": kept.template,
                    "template_version": self.papers.templates.find(kept.template).version,
                    "typed": kept.typed,
                    "file": kept.file,
                    "replaces": id_,
                }
                by = mover(who, on, now, reason.strip())
                begun = official_documents.get(session, official_documents.add(session, owner, kept.kind, content, by))
            return OnItsWay(kept=begun, missing=self.papers.drafted(session, begun, on).missing)

    def change(self, id_: int, typed: Mapping[str, Any], who: Actor, on: date, now: datetime) -> OnItsWay:
        """Type more into a draft, or something else; an empty value takes back what was typed.

        What says nothing new is no step. A Word file that was uploaded before is set aside: the form is the draft.

        Raises:
            NoSuchAct: it is no draft any more.
            BadData: what was typed is no field of the kind, or cannot be one.
        """
        refuse(why_not_written(who))
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.CHANGE)
            self._require_wording(session, kept)
            merged = {name: value for name, value in (kept.typed | as_typed(kind, typed)).items() if value}
            made = self.papers.drafted(session, kept, on, merged)
            if merged != kept.typed or kept.edited:
                changes = {"typed": merged, "template_version": made.template.version, "edited": None}
                official_documents.change(session, kept, Step.CHANGE, status, changes, mover(who, on, now))
            return OnItsWay(kept=official_documents.get(session, id_), missing=made.missing)

    def upload(self, id_: int, name: str, data: bytes, who: Actor, on: date, now: datetime) -> KeptDocument:
        """Take a Word file that was edited outside as the draft. The same file again is no step.

        Raises:
            NoSuchAct: it is no draft any more.
            BadDocument: the file may not be taken (`documents.uploads.examined_word`).
            BadData: it bears the mark of a state secret.
        """
        refuse(why_not_written(who))
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            status = moved(kept.status, Step.UPLOAD)
            if kept.kind == CASE_FILE:
                raise BadData(_BY_HAND)
            uploads.examined_word(data, name, find_kind(kept.kind))
            hash_ = self.papers.keep(session, uploads.plain_name(name), data, who, now)
            if hash_ != kept.edited:
                by = mover(who, on, now, uploads.plain_name(name))
                official_documents.change(session, kept, Step.UPLOAD, status, {"edited": hash_}, by)
            return official_documents.get(session, id_)

    def submit(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Hand a draft to whoever reviews and signs it."""
        refuse(why_not_written(who))
        return self._plain(id_, Step.SUBMIT, mover(who, on, now, note))

    def review(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Pass a submitted document on to who signs it.

        Raises:
            NotPermitted: somebody else reviews documents of this kind, or this person wrote it.
        """
        with self._desk.database.transaction() as session:
            kept, signer, wrote = self._asked(session, id_)
            moved(kept.status, Step.REVIEW)
            refuse(why_not_reviewed(name_of(kept.kind), signer, who, wrote))
            return self._moved(session, id_, Step.REVIEW, mover(who, on, now, note), {})

    def give_back(self, id_: int, who: Actor, on: date, now: datetime, note: str) -> KeptDocument:
        """Return a document to who drafted it, with what has to be changed.

        Raises:
            NotPermitted: this person neither reviews nor signs it.
            BadData: nothing is said of what has to be changed.
        """
        with self._desk.database.transaction() as session:
            kept, signer, wrote = self._asked(session, id_)
            moved(kept.status, Step.RETURN)
            refuse(why_not_returned(name_of(kept.kind), signer, who, wrote))
            if not note.strip():
                raise BadData(_WHY_RETURNED)
            return self._moved(session, id_, Step.RETURN, mover(who, on, now, note.strip()), {})

    def _plain(self, id_: int, step: Step, by: Mover, more: Mapping[str, Any] | None = None) -> KeptDocument:
        with self._desk.database.transaction() as session:
            return self._moved(session, id_, step, by, more or {})

    def _moved(  # which document goes which step, by whom, what the history and the row say of it
        self,
        session: Session,
        id_: int,
        step: Step,
        by: Mover,
        more: Mapping[str, Any],
        changes: Mapping[str, Any] | None = None,
    ) -> KeptDocument:
        """Take a step that changes nothing of what the document says."""
        kept = official_documents.get(session, id_, to_change=True)
        status = moved(kept.status, step)
        if step in IN_HISTORY and kept.status not in UNSIGNED:
            owner = owner_of(session, self._desk, self.papers, kept)
            owner.tell(kept, step, more, by)
            owner.write(by.now)
        official_documents.change(session, kept, step, status, changes or {}, by)
        return official_documents.get(session, id_)

    def _require_wording(self, session: Session, kept: KeptDocument) -> None:
        """Refuse what was drafted before a part of its case was handed over."""
        if kept.case_id:
            self.papers.refuse_old_wording(session, kept, cases.get(session, kept.case_id).case)

    @staticmethod
    def _begun(
        session: Session, owner: Owner, kind: DocumentKind, who: Actor, replaces: int = 0
    ) -> KeptDocument | None:
        """Return the draft of this kind that this person has there already, if it went nowhere yet."""
        drafts = official_documents.listed(session, owner=owner, status=Status.DRAFT)
        mine = [one for one in drafts if one.kind == kind.name and one.drafted_by == who.user]
        return next((one for one in mine if one.replaces == replaces), None)

    def _asked(self, session: Session, id_: int) -> tuple[KeptDocument, Role, frozenset[str]]:
        """Return the document, locked, the role that signs it, and who wrote it."""
        kept = official_documents.get(session, id_, to_change=True)
        signer = signer_for(kept.kind, self.papers.unit_kind(session, kept))
        return kept, signer, official_documents.writers(session, id_)


__all__ = ["DraftDesk", "OnItsWay", "mover", "name_of", "signer_for"]
