"""The documents that a person may see, what each may do with one now, and what waits for whom.

Who sees a case sees its documents, with these limits: a draft is an internal opinion (docs/domain.md §2.7), so only
those who draw documents up read it; the unit reads what was issued to it; the discipline organ what was sent to it. A
document of before a part was handed over tells of that part: it is opened by those alone who read on in what was handed
over.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from documents.draft_desk import name_of, signer_for
from documents.drafting import read_typed
from documents.kinds import KINDS, DocumentKind, find_kind
from documents.owners import act_of
from documents.papers import CASE_FILE
from documents.sheet import SheetLine, opened, sheet_of
from documents.uploads import SCAN_TYPES, scan_ending
from documents.waiting import MOST, WaitingDocuments, waiting_for
from states.case import SEES_TRANSFERRED, Actor, is_sealed_for
from states.command import Command
from states.decision import allowed
from states.document_signing import (
    WRITERS,
    refuse,
    reviewer_of,
    why_not_returned,
    why_not_reviewed,
    why_not_signed,
    why_not_void,
    why_not_written,
)
from states.errors import NotFound, NotPermitted, Sentence
from states.official_document import TABLE, Status, Step
from states.vocabulary import Act, Role
from store import accounts, case_lists, cases, official_documents
from store.official_documents import DocumentFilter, KeptDocument, Owner, Taken

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import date

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from documents.issuing import Documents
    from states.case import Case
    from store.visibility import Reader

AFTER_ISSUE: Final = (Status.ISSUED, Status.SERVED)
TO_THE_UNIT: Final = frozenset(
    {
        "commendation",
        *("order", "receipt", "plan", "report", "urge", "criticism", "help", "interview_notice", "attendance"),
        *("minutes", "extension", "suspension", "review", "tolerance", "closure", "look_back", "correction"),
    }
)
"""Kinds of which the unit gets a copy."""
TO_DISCIPLINE: Final = frozenset({"transfer", "accountability_proposal"})
_NONE: Final = Sentence("没有编号为{id}的文书。", "There is no document {id}.")
_NO_SCAN: Final = Sentence("这份文书还没有存入扫描件。", "No scan was kept of this document yet.")
_KEPT_APART: Final = Sentence(
    "本文书形成以后，案件的一部分已经移送；文书由有权查阅移送内容的人员查阅。",
    "A part of the case was handed over after this document was made; only who reads on in that part opens it.",
)
_SEALED: Final = Sentence("案件已经移送，内容已封存。", "The case was handed over; its content is sealed.")
_SUBMIT_FIRST: Final = Sentence("还没有送审。", "It was not submitted yet.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one step changed in a field of the draft: before and after, as JSON holds it."""

    field: str
    before: Any
    after: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenDocument:
    """A document as a person looks at it.

    `values` are the fields as they would stand on paper, `missing` those that somebody must fill. `may` are the steps
    that this person may take now, `why_not` the reasons for those that he or she may not. `changes` are by the place of
    the step that made them, `names` those of the people by their user names. `lines` is empty where the words are kept
    apart (`closed` then says why).
    """

    kept: KeptDocument
    kind: DocumentKind
    signer: Role
    reviewer: Role | None
    missing: tuple[str, ...]
    values: Mapping[str, Any]
    steps: tuple[Taken, ...]
    names: Mapping[str, str]
    changes: Mapping[int, tuple[Change, ...]]
    may: frozenset[Step]
    why_not: Mapping[Step, Sentence]
    lines: tuple[SheetLine, ...]
    replaces: KeptDocument | None
    replaced_by: tuple[KeptDocument, ...]
    enters: Act | None
    closed: Sentence | None


class DocumentShelf:
    """Shows documents to whom they are for; changes nothing."""

    def __init__(self, desk: Desk, documents: Documents) -> None:
        """Look at the documents of this desk."""
        self._desk = desk
        self._work = desk.unit_of_work
        self._documents = documents

    def listed(self, reader: Reader, wanted: DocumentFilter | None = None) -> list[KeptDocument]:
        """Return the documents that this person may see, the latest change first."""
        asked = _for(reader, wanted or DocumentFilter(limit=MOST))
        if asked is None:
            return []
        with self._desk.database.reading() as session:
            return official_documents.in_sight(session, reader, asked)

    def counts(self, reader: Reader) -> dict[Status, int]:
        """Return how many documents that this person may see stand where."""
        asked = _for(reader, DocumentFilter())
        if asked is None:
            return {}
        with self._desk.database.reading() as session:
            return official_documents.counts_in_sight(session, reader, asked)

    def waiting(
        self, reader: Reader, who: Actor, *, steps: Collection[Step] = frozenset(Step), most: int = MOST
    ) -> WaitingDocuments:
        """Return what waits for this person: to review, to sign, to issue, or his or her own drafts that came back."""
        if who.role not in WRITERS:
            return WaitingDocuments((), 0)
        with self._desk.database.reading() as session:
            return waiting_for(session, reader, who, steps=steps, most=most)

    def require(self, reader: Reader, id_: int, *, kept_apart: bool = False) -> KeptDocument:
        """Return the document, if this person may open it; `kept_apart`: or may know that it is there.

        Raises:
            NotFound: there is none, as far as this person is concerned.
            NotPermitted: it is from before a part was handed over.
        """
        with self._desk.database.reading() as session:
            kept, case = self._seen(session, reader, id_)
            if not kept_apart:
                refuse(self._closed(session, kept, case, reader.role))
            return kept

    def require_open_case(self, reader: Reader, case_id: int) -> None:
        """Do nothing if this person may draw documents up in the case, whose content stands in them.

        Raises:
            NotFound: he or she does not see the case.
            NotPermitted: the case was handed over, and he or she does not read on in it.
        """
        with self._desk.database.reading() as session:
            case_lists.require_visible(session, reader, case_id)
            case = cases.get(session, case_id).case
        if is_sealed_for(case, reader.role):
            raise NotPermitted(_SEALED)

    def open(self, reader: Reader, who: Actor, id_: int, on: date) -> OpenDocument:
        """Return the document as this person looks at it on this day.

        Raises:
            NotFound: there is none, as far as this person is concerned.
        """
        with self._desk.database.reading() as session:
            kept, case = self._seen(session, reader, id_)
            kind, steps = find_kind(kept.kind), tuple(official_documents.steps(session, id_))
            wrote = official_documents.writers(session, id_)
            names = accounts.names_of(session, {taken.who for taken in steps}) if reader.role in WRITERS else {}
            closed = self._closed(session, kept, case, reader.role)
            unit_kind = case.unit_kind if case is not None else self._documents.papers.unit_kind(session, kept)
            words = self._words(session, kept, kind, on) if closed is None else ((), {}, ())
            signer = signer_for(kept.kind, unit_kind)
            may, why_not = _may(kept, signer, who, wrote)
            owner = Owner(case_id=kept.case_id, commendation_id=kept.commendation_id)
            others = official_documents.listed(session, owner=owner) if reader.role in WRITERS else []
        return OpenDocument(
            kept=kept,
            kind=kind,
            signer=signer,
            reviewer=reviewer_of(signer),
            missing=words[0],
            values=words[1],
            steps=steps if reader.role in WRITERS else (),
            names=names,
            changes=_changes(steps) if closed is None and reader.role in WRITERS else {},
            may=may if closed is None else may & {Step.VOID},
            why_not=why_not,
            lines=words[2],
            replaces=next((one for one in others if one.id == kept.replaces), None),
            replaced_by=tuple(one for one in others if one.replaces == kept.id and one.status is not Status.VOID),
            enters=self._enters(kept),
            closed=closed,
        )

    def kinds_now(self, reader: Reader, case_id: int, on: date) -> list[DocumentKind]:
        """Return the kinds that the case can have now: those of which the rules would allow an act to somebody.

        Raises:
            NotFound: this person does not see the case.
        """
        if reader.role not in WRITERS:
            return []
        with self._desk.database.reading() as session:
            case_lists.require_visible(session, reader, case_id)
            case = cases.get(session, case_id).case
            rules = self._work.rulebook.rules_of(session, case)
        if is_sealed_for(case, reader.role):
            return []
        wanted = tuple({Act(act) for kind in KINDS.values() for act in (*kind.acts, kind.approval) if act in set(Act)})
        can: set[Act] = set()
        for role in (Role.HANDLER, Role.INSPECTOR, Role.DIRECTOR, Role.LEADER):
            asker = Command(act=Act.ACKNOWLEDGE, actor=_anybody(role), on=on, data={}, case_id=case_id)
            can |= allowed(case, asker, rules, wanted)[0].keys()
        return [kind for kind in KINDS.values() if _can_be_had(kind, can, case)]

    def scan(self, reader: Reader, id_: int) -> tuple[str, str, bytes]:
        """Return the name, the media type and the bytes of the scan.

        Raises:
            NotFound: there is none, or the document is not for this person.
        """
        kept = self.require(reader, id_)
        if not kept.scan:
            raise NotFound(_NO_SCAN)
        data = self._documents.papers.unaltered(kept, kept.scan)
        ending = scan_ending(data)
        return f"{find_kind(kept.kind).zh}{kept.number}{ending}", SCAN_TYPES[ending][0], data

    # --- parts -------------------------------------------------------------------------------------------------------

    def _seen(self, session: Session, reader: Reader, id_: int) -> tuple[KeptDocument, Case | None]:
        asked = _for(reader, DocumentFilter())
        if asked is None or not official_documents.sees(session, reader, id_, asked):
            raise NotFound(_NONE.fill(id=id_))
        kept = official_documents.get(session, id_)
        return kept, cases.get(session, kept.case_id).case if kept.case_id else None

    def _closed(self, session: Session, kept: KeptDocument, case: Case | None, role: Role) -> Sentence | None:
        if case is None or role in SEES_TRANSFERRED or not self._documents.papers.is_old_wording(session, kept, case):
            return None
        return _KEPT_APART

    def _words(
        self, session: Session, kept: KeptDocument, kind: DocumentKind, on: date
    ) -> tuple[tuple[str, ...], Mapping[str, Any], tuple[SheetLine, ...]]:
        papers = self._documents.papers
        if kept.file:
            return (), read_typed(kind, kept.content), sheet_of(opened(papers.unaltered(kept)))
        made = papers.drafted(session, kept, on)
        if kept.edited:
            return made.missing, made.values, sheet_of(opened(papers.unaltered(kept, kept.edited)))
        return made.missing, made.values, sheet_of(made.as_shown())

    @staticmethod
    def _enters(kept: KeptDocument) -> Act | None:
        """Return the act that the issue enters, where the document already says which."""
        acts = find_kind(kept.kind).acts
        if len(acts) > 1 and kept.typed.get("outcome") not in acts:
            return None
        return act_of(kept)


def _for(reader: Reader, wanted: DocumentFilter) -> DocumentFilter | None:
    """Return what is asked for, within what this role reads; None if it reads no documents."""
    kinds: Collection[str] = ()
    statuses: Collection[Status] = ()
    if reader.role in (Role.LIAISON, Role.HEAD):
        kinds, statuses = TO_THE_UNIT, AFTER_ISSUE
    elif reader.role is Role.DISCIPLINE:
        kinds, statuses = TO_DISCIPLINE, AFTER_ISSUE
    elif reader.role is Role.AUDITOR:
        statuses = (Status.SIGNED, *AFTER_ISSUE, Status.VOID)
    elif reader.role not in WRITERS:
        return None
    both = {
        "kinds": _both(wanted.kinds, kinds),
        "statuses": _both(wanted.statuses, statuses),
    }
    if (kinds and not both["kinds"]) or (statuses and not both["statuses"]):
        return None
    return DocumentFilter(
        kinds=both["kinds"],
        statuses=both["statuses"],
        unit=wanted.unit,
        case_id=wanted.case_id,
        commendation_id=wanted.commendation_id,
        drafted_by=wanted.drafted_by,
        limit=wanted.limit,
        skip=wanted.skip,
    )


def _both(wanted: Collection[Any], limit: Collection[Any]) -> tuple[Any, ...]:
    """Return what is in both; either may be empty, which asks for everything."""
    if not wanted or not limit:
        return tuple(wanted or limit)
    return tuple(one for one in wanted if one in limit)


def _may(
    kept: KeptDocument, signer: Role, who: Actor, wrote: frozenset[str]
) -> tuple[frozenset[Step], dict[Step, Sentence]]:
    """Return the steps of the table that this person may take from here, and why not the others."""
    kind = name_of(kept.kind)
    reasons: dict[Step, Sentence | None] = {
        Step.SIGN: why_not_signed(kind, signer, who, wrote),
        Step.REVIEW: why_not_reviewed(kind, signer, who, wrote),
        Step.RETURN: why_not_returned(kind, signer, who, wrote),
        Step.VOID: why_not_void(who, kept.drafted_by) if who.role in WRITERS else why_not_written(who),
    }
    written = why_not_written(who)
    open_ = {step for step, source, _dest in TABLE if source is kept.status}
    if kept.status is Status.DRAFT and signer is not Role.HANDLER:
        reasons[Step.SIGN] = reasons[Step.SIGN] or _SUBMIT_FIRST
    if kept.kind == CASE_FILE:
        open_ -= {Step.UPLOAD}
    if signer is Role.HANDLER:
        open_ -= {Step.REVIEW}
    may = frozenset(step for step in open_ if reasons.get(step, written) is None)
    return may, {step: reason for step in open_ - may if (reason := reasons.get(step, written)) is not None}


def _changes(steps: tuple[Taken, ...]) -> dict[int, tuple[Change, ...]]:
    """Return what each step changed in the form, by the place of the step."""
    found: dict[int, tuple[Change, ...]] = {}
    before: Mapping[str, Any] = {}
    for place, taken in enumerate(steps):
        if taken.typed is None:
            continue
        if place:
            names = [name for name in {**before, **taken.typed} if before.get(name) != taken.typed.get(name)]
            found[place] = tuple(
                Change(field=name, before=before.get(name), after=taken.typed.get(name)) for name in names
            )
        before = taken.typed
    return found


def _can_be_had(kind: DocumentKind, can: Collection[Act], case: Case) -> bool:
    if kind.name == CASE_FILE:
        return True
    if kind.name == "attendance":
        return Act.HOLD_INTERVIEW in can or Act.SERVE_INTERVIEW_NOTICE in can
    if kind.name == "transfer" and is_sealed_for(case, None):
        return True  # the letter of a part that was handed over
    return any(act in can for act in (*kind.acts, kind.approval))


def _anybody(role: Role) -> Actor:
    return Actor(user="", role=role)


__all__ = ["Change", "DocumentShelf", "OpenDocument"]
