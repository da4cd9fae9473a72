"""What a document is made of: the case as its papers tell it, the template, and the kept files, each by its SHA-256."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cases.event_visibility import without_sealed_part
from documents.case_file import FiledDocument, case_file
from documents.drafting import Draft, draft, rendered
from documents.kinds import KINDS, find_kind
from documents.known import DraftingDay
from documents.summary import Names, summary_of, summary_of_commendation
from documents.word_file import fingerprint
from states.errors import Conflict, Sentence
from states.official_document import Status
from states.vocabulary import NAMES, Act, State
from store import cases, commendations, evidence, official_documents, organisation, personal_data
from store import events as stored_events
from store.official_documents import Owner

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from documents.summary import CaseSummary
    from documents.templates import Templates
    from states.case import Actor, Case
    from store.official_documents import KeptDocument

CASE_FILE: Final = "case_file"
PAPER_OF_ACT: Final = {act: kind.zh for kind in KINDS.values() for act in kind.acts}
DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_ALTERED: Final = Sentence(
    "文书{number}的文件与印发时不一致（已被改动或丢失）。",
    "The file of the document {number} is not what was issued (altered or lost).",
)
_OLD_WORDS: Final = Sentence(
    "本文书起草以后，案件的一部分已经移送，文书里可能还有移送的内容；请作废，按现在的案情重新起草。",
    "A part of the case was handed over after this document was drafted, and it may still tell of that part; make it "
    "void and draft it again.",
)


class Papers:
    """Fills templates from cases, and keeps and reads the files."""

    def __init__(self, desk: Desk, home: Path, templates: Templates, duties: Mapping[str, tuple[str, str]]) -> None:
        """Work at this desk; keep files below `home`; `duties` are the titles of the duties by their ids."""
        self._desk = desk
        self._work = desk.unit_of_work
        self._home = home
        self.templates = templates
        self._duties = duties

    def unaltered(self, kept: KeptDocument, hash_: str = "") -> bytes:
        """Return the bytes of the file that was signed or issued, or of another kept file of this document.

        Raises:
            Conflict: the file has been altered or lost.
        """
        told = _ALTERED.fill(number=kept.number or f"#{kept.id}")
        wanted = hash_ or kept.file
        try:
            data = evidence.place_of(self._home, wanted).read_bytes()
        except OSError as error:
            raise Conflict(told) from error
        if fingerprint(data) != wanted:
            raise Conflict(told)
        return data

    def made(self, session: Session, kept: KeptDocument, values: Mapping[str, Any], on: date) -> bytes:
        """Return the file that says this; a case file holds the documents of its case too."""
        if kept.kind == CASE_FILE:
            return self.case_file(session, kept, on)
        return rendered(find_kind(kept.kind), self.templates.find(kept.template), values)

    def case_file(self, session: Session, kept: KeptDocument, on: date) -> bytes:
        """Return the file of the case: what was issued, in the order of its acts, and which acts have no document."""
        summary = self.summary(session, kept.case_id)
        of_case = Owner(case_id=kept.case_id)
        issued = [one for one in official_documents.listed(session, owner=of_case) if _is_issued(one)]
        case = cases.get(session, kept.case_id).case
        apart = {one.id for one in issued if self.is_old_wording(session, one, case)}
        found: list[tuple[date, KeptDocument | None, str, str]] = []
        for step in summary.steps:
            named = step.data.get("evidence", ())
            document = next((one for one in issued if one.file in named), None)
            if document is not None:
                found.append((step.day, document, "", ""))
                issued.remove(document)
            elif step.act in PAPER_OF_ACT:
                found.append((step.day, None, PAPER_OF_ACT[step.act], str(step.data.get("document_number", ""))))
        zone = self._work.zone
        found += [(one.changed_at.astimezone(zone).date(), one, "", "") for one in issued]
        filed = [
            FiledDocument(
                title=find_kind(document.kind).zh if document is not None else title,
                number=document.number if document is not None else number,
                day=day,
                data=self.unaltered(document) if document is not None and document.id not in apart else None,
                apart=document is not None and document.id in apart,
            )
            for day, document, title, number in sorted(found, key=lambda line: line[0])
        ]
        return case_file(summary, filed, kept.typed, self.day(on), self.templates)

    def keep(  # which document, which file, of which kind, brought by whom
        self, session: Session, name: str, data: bytes, who: Actor, now: datetime, media_type: str = DOCX
    ) -> str:
        """Keep a file under its SHA-256, on the disk before the database knows of it; return the hash."""
        with TemporaryDirectory() as folder:
            place = Path(folder) / "file"
            place.write_bytes(data)
            hash_, size = evidence.keep(self._home, place)
        evidence.note_evidence(session, hash_, name, size, media_type, who.user, now)
        return hash_

    def drafted(self, session: Session, kept: KeptDocument, on: date, typed: Mapping[str, Any] | None = None) -> Draft:
        """Return the draft as it would look on this day, with what was typed into it, or with this.

        The corrected version of a document tells of the act as it was entered then, under a number of its own.
        """
        kind = find_kind(kept.kind)
        of_praise = bool(kept.commendation_id)
        summary = self.commended(session, kept.commendation_id) if of_praise else self.summary(session, kept.case_id)
        entered = summary.last(*kind.acts) if kept.replaces else None
        words = kept.typed if typed is None else typed
        return draft(kind, summary, words, self.day(on), self.templates, entered=entered, anew=bool(kept.replaces))

    def day(self, on: date) -> DraftingDay:
        """Return the day as documents count from it."""
        return DraftingDay(on, self._work.rulebook.calendar)

    def is_old_wording(self, session: Session, kept: KeptDocument, case: Case) -> bool:
        """Say whether the document was drafted before a part of its case was handed over, and may tell of that part."""
        if not case.partly_transferred:
            return False
        history = stored_events.history(session, kept.case_id)
        handed_over = history[case.handed_over - 1].event.recorded_at if case.handed_over else None
        drafted_at = official_documents.steps(session, kept.id)[0].noted_at
        return handed_over is None or drafted_at <= handed_over

    def refuse_old_wording(self, session: Session, kept: KeptDocument, case: Case) -> None:
        """Do nothing if the document was drafted from the case as it is now.

        Raises:
            Conflict: a part was handed over since; what the document says of it would enter the history again.
        """
        if self.is_old_wording(session, kept, case):
            raise Conflict(_OLD_WORDS)

    def summary(self, session: Session, case_id: int) -> CaseSummary:
        """Return the case as its documents tell it, with the latest rules."""
        self._work.rulebook.refresh(session)
        stored = cases.get(session, case_id)
        case = personal_data.shown(session, stored.case)
        history = personal_data.shown_history(session, stored_events.history(session, case_id))
        names = self._names(
            duty_title=self._duties.get(case.duty, ("", ""))[0],
            superior=organisation.superior_of(session, stored.unit_id),
        )
        policy = self._work.rulebook.policy_of(session, case.policy_hash)
        # A part that was handed over stands in no document any more, whoever draws it up.
        events = [without_sealed_part(recorded.event, case) for recorded in history]
        return summary_of(case, events, names, policy)

    def commended(self, session: Session, commendation_id: int) -> CaseSummary:
        """Return a commendation as its circular tells it."""
        found = commendations.find(session, commendation_id)
        unit = organisation.unit_named(session, found.unit)
        names = self._names(superior=organisation.superior_of(session, unit.id) if unit is not None else "")
        return summary_of_commendation(found, unit.kind if unit is not None else "", names)

    def unit_kind(self, session: Session, kept: KeptDocument) -> str:
        """Return of which kind the unit is that the document is about; empty if it has another name since."""
        if not kept.commendation_id:
            return cases.get(session, kept.case_id).case.unit_kind
        unit = organisation.unit_named(session, kept.unit)
        return unit.kind if unit is not None else ""

    def _names(self, *, duty_title: str = "", superior: str = "") -> Names:
        return Names(
            office=self._work.office_name,
            duty_title=duty_title,
            superior=superior,
            series=self._desk.numbering.documents,
            acts={act.value: NAMES[act][0] for act in Act},
            states={state.value: NAMES[state][0] for state in State},
        )


def _is_issued(kept: KeptDocument) -> bool:
    return kept.status in (Status.ISSUED, Status.SERVED) and kept.kind != CASE_FILE
