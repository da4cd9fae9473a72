"""The way of a document: drafted, submitted, signed with its number, issued with its act, served, or made void.

Each step is one transaction: the document, the history of the case and, when it is issued, the act that the document
carries out are written together or not at all. A file is kept under its SHA-256 before the database knows of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from documents import uploads
from documents.draft_desk import DraftDesk, OnItsWay, mover, name_of, signer_for
from documents.drafting import as_content, due_anew, read_typed
from documents.kinds import find_kind
from documents.owners import issuer_of, owner_of
from documents.papers import CASE_FILE
from states.document_signing import (
    refuse,
    why_not_signed,
    why_not_void,
    why_not_written,
)
from states.errors import BadData, Conflict, Sentence
from states.official_document import Step, moved
from store import cases, official_documents
from store import documents as numbers

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from documents.kinds import DocumentKind
    from states.case import Actor
    from states.vocabulary import Role
    from store.official_documents import KeptDocument

WAYS: Final = {
    "system": ("系统内签收", "signed for in the system"),
    "courier": ("专人送达", "by courier"),
    "refused": ("拒收", "refused"),
}
"""How a document was served."""

_INCOMPLETE: Final = Sentence(
    "文书还缺{fields}，不能签发；请补充后再签。", "The document still lacks {fields}; complete it before it is signed."
)
_TEMPLATE_CHANGED: Final = Sentence(
    "签发以后模板“{name}”已更改，不能印发；请作废重新起草，或恢复原模板。",
    "The template “{name}” was changed after the signature; make the document void and draft it again.",
)
_WHY_VOID: Final = Sentence("作废须写明理由。", "Say why the document is made void.")
_BAD_WAY: Final = Sentence("送达方式应为：{ways}。", "The way of service is one of: {ways}.")
_CHANGED: Final = Sentence(
    "文书在您查看以后有了变动，请重新查看后再办理。",
    "The document has changed since you looked at it; look at it again.",
)


class Documents(DraftDesk):
    """Where official documents are drawn up and sent on their way."""

    # --- looking -------------------------------------------------------------------------------------------------

    def issuer_of(self, id_: int) -> Role:
        """Return the role that issues this document by default: that of its act, else the case handler."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            return issuer_of(kept, cases.get(session, kept.case_id).case.state if kept.case_id else None)

    def file(self, id_: int, on: date) -> tuple[str, bytes]:
        """Return the name and the bytes of the document: as it was issued, or as it would look on this day.

        Raises:
            Conflict: the file that was issued has been altered or lost.
        """
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            name = f"{find_kind(kept.kind).zh}{kept.number}.docx"
            if kept.file or kept.edited:
                return name, self.papers.unaltered(kept, kept.file or kept.edited)
            if kept.kind == CASE_FILE:
                return name, self.papers.case_file(session, kept, on)
            return name, self.papers.drafted(session, kept, on).data

    def altered(self) -> Sentence | None:
        """Return the first document whose issued file or scan is not what was kept, in the order of their drafting."""
        with self._desk.database.reading() as session:
            kept_ones = official_documents.listed(session)
        for kept in kept_ones:
            for hash_ in filter(None, (kept.file, kept.scan)):
                try:
                    self.papers.unaltered(kept, hash_)
                except Conflict as problem:
                    return problem.sentence
        return None

    # --- the steps -----------------------------------------------------------------------------------------------

    def sign(  # who signs what on which day, with which words, having seen how much of it
        self, id_: int, who: Actor, on: date, now: datetime, note: str = "", *, seen: int | None = None
    ) -> KeptDocument:
        """Sign the document: it takes its number, and what it says is fixed.

        `seen` is the number of steps that the person was looking at.

        Raises:
            NotPermitted: somebody else signs documents of this kind to such an addressee (docs/domain.md §4.3), or this
                person wrote it.
            BadData: something is still missing, or what it says may not be entered.
            Conflict: the document has changed since it was `seen`, or a part of its case was handed over.
        """
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.SIGN)
            if seen is not None and seen != len(official_documents.steps(session, id_)):
                raise Conflict(_CHANGED)
            owner = owner_of(session, self._desk, self.papers, kept)
            signer, wrote = signer_for(kept.kind, owner.unit_kind), official_documents.writers(session, id_)
            refuse(why_not_signed(name_of(kept.kind), signer, who, wrote))
            owner.require_wording(kept)
            made = self.papers.drafted(session, kept, on)
            if made.missing:
                names = {one.name: Sentence(one.zh, one.en) for one in kind.fields}
                raise BadData(_INCOMPLETE.fill(fields="、".join(names[name].zh for name in made.missing)))
            number = self._desk.numbering.next_document(session, on) if kind.numbered else kept.number
            values: dict[str, Any] = {**made.values, "signed_on": on}
            if number:
                values["number"] = number
            content = as_content(kind, values)
            read_typed(kind, content)
            data = self._signed_file(session, kept, values, on, number)
            owner.approve(kept, values, who, on, now)
            changes = {
                "number": number or None,
                "signed_on": on,
                "template_version": made.template.version,
                "content": content,
                "file": self.papers.keep(session, f"{kind.zh}{number}.docx", data, who, now),
            }
            owner.tell(kept, Step.SIGN, changes, mover(who, on, now, note))
            if number:
                owner.take_number(number, kept, now)
            owner.write(now)
            official_documents.change(session, kept, Step.SIGN, status, changes, mover(who, on, now, note))
            return official_documents.get(session, id_)

    def issue(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Issue the document: its act is entered with its number and its file, in the same transaction.

        Where the document counts from a day of service that nobody fixed, it counts from this day.

        Raises:
            Refused: the rules do not allow the act; nothing is issued.
            Conflict: the template has changed since the signature, or a part of the case was handed over.
            BadDocument: an uploaded Word file names another due day than its act will have.
        """
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.ISSUE)
            template = self.papers.templates.find(kept.template)
            if template.version != kept.template_version:
                raise Conflict(_TEMPLATE_CHANGED.fill(name=kept.template))
            owner = owner_of(session, self._desk, self.papers, kept)
            owner.require_wording(kept)
            values = read_typed(kind, kept.content) | self._dated(kind, kept, on)
            data = self._issued_file(session, kept, values, on)
            file = self.papers.keep(session, f"{kind.zh}{kept.number}.docx", data, who, now)
            if not owner.carry_out(kept, values, file, who, on, now):
                refuse(why_not_written(who))
            changes = {"file": file, "content": as_content(kind, values)}
            owner.tell(kept, Step.ISSUE, changes, mover(who, on, now, note))
            owner.write(now)
            official_documents.change(session, kept, Step.ISSUE, status, changes, mover(who, on, now, note))
            return official_documents.get(session, id_)

    def serve(self, id_: int, who: Actor, on: date, now: datetime, *, way: str, signed_by: str = "") -> KeptDocument:
        """Note that the document was served: how, on which day, and by whom it was signed for.

        Raises:
            NotPermitted: whoever is served, or only reads, does not write down that it was served.
            BadData: the way is none of the known ones.
        """
        refuse(why_not_written(who))
        if way not in WAYS:
            raise BadData(_BAD_WAY.fill(ways="、".join(f"{word}（{names[0]}）" for word, names in WAYS.items())))
        note = "：".join(part for part in (WAYS[way][0], signed_by) if part)
        return self._plain(id_, Step.SERVE, mover(who, on, now, note), {"way": way})

    def scan(self, id_: int, name: str, data: bytes, who: Actor, on: date, now: datetime) -> KeptDocument:
        """Keep the scan of the signed and stamped paper beside the document; the same file again is no step.

        Raises:
            NoSuchAct: it was not signed yet, or is void.
            BadDocument: the file is no PDF, JPG or PNG, or too big.
        """
        refuse(why_not_written(who))
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            moved(kept.status, Step.SCAN)
            media_type = uploads.examined_scan(data, name)
            hash_ = self.papers.keep(session, uploads.plain_name(name), data, who, now, media_type)
            if hash_ == kept.scan:
                return kept
            by = mover(who, on, now, uploads.plain_name(name))
            return self._moved(session, id_, Step.SCAN, by, {"scan": hash_}, {"scan": hash_})

    def void(self, id_: int, who: Actor, reason: str, on: date, now: datetime) -> KeptDocument:
        """Make a document void that was not issued; the number that it took stays as a gap, with the reason.

        Raises:
            NoSuchAct: it was issued already.
            NotPermitted: neither who drafted it asks, nor the director or the leader.
            BadData: there is no reason.
        """
        if not reason.strip():
            raise BadData(_WHY_VOID)
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            moved(kept.status, Step.VOID)
            refuse(why_not_void(who, kept.drafted_by))
            if kept.number:
                numbers.void_signed(session, kept.number, who.user, reason, now)
            return self._moved(session, id_, Step.VOID, mover(who, on, now, reason), {"reason": reason})

    # --- parts of a step -----------------------------------------------------------------------------------------

    def _signed_file(
        self, session: Session, kept: KeptDocument, values: Mapping[str, Any], on: date, number: str
    ) -> bytes:
        if not kept.edited:
            return self.papers.made(session, kept, values, on)
        data = self.papers.unaltered(kept, kept.edited)
        uploads.refuse_blanks(data)
        return uploads.dated(data, number=number, signed_on=on)

    def _issued_file(self, session: Session, kept: KeptDocument, values: Mapping[str, Any], on: date) -> bytes:
        if not kept.edited:
            return self.papers.made(session, kept, values, on)
        data = self.papers.unaltered(kept)
        if values.get("due_on") and values.get("service_on"):
            uploads.refuse_other_due_day(data, values["due_on"], values["service_on"])
        return uploads.dated(data, printed_on=on)

    def _dated(self, kind: DocumentKind, kept: KeptDocument, on: date) -> dict[str, Any]:
        """Return the days that the issue gives; a corrected version counts as the document that it replaces did."""
        given: dict[str, Any] = {"printed_on": on}
        names = {field.name for field in kind.fields}
        counts_anew = "service_on" not in kept.typed and kept.content.get("service_on") and not kept.replaces
        if "service_on" in names and counts_anew:
            given["service_on"] = on
            if "due_on" not in kept.typed:
                given |= due_anew(kept.content | given, self.papers.day(on))
        return {name: value for name, value in given.items() if name in names}


__all__ = ["WAYS", "Documents", "OnItsWay", "name_of", "signer_for"]
