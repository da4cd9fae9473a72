"""The way of a document: drafted, submitted, signed with its number, issued with its act, served, or made void.

Each step is one transaction: the document, the history of the case and, when it is issued, the act that the document
carries out are written together or not at all. A file is kept under its SHA-256 before the database knows of it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from cases.event_visibility import without_sealed_part
from documents.case_file import FiledDocument, case_file
from documents.drafting import Draft, as_content, draft, due_anew, read_typed, rendered
from documents.kinds import KINDS, DocumentKind, SigningRole, find_kind, level_of
from documents.known import OTHER_NAMES, DraftingDay
from documents.summary import Names, summary_of
from documents.word_file import fingerprint
from states.command import Command
from states.errors import BadData, BadTerm, Conflict, NotPermitted, Sentence
from states.fields import FIELDS, Kind
from states.lifecycle import allowed, default_role
from states.official_document import IN_HISTORY, Status, Step, moved
from states.terms import Term
from states.vocabulary import NAMES, Act, Role, State
from store import cases, evidence, official_documents, organisation, personal_data
from store import documents as numbers
from store import events as stored_events
from store.official_documents import KeptDocument, Mover, Taken

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy.orm import Session

    from cases.desk import Desk
    from cases.unit_of_work import OpenCase
    from documents.summary import CaseSummary
    from documents.templates import Templates
    from states.case import Actor, Case

CASE_FILE: Final = "case_file"
PAPER_OF_ACT: Final = {act: kind.zh for kind in KINDS.values() for act in kind.acts}
_DOCX: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
_RANK: Final = {Role.HANDLER: 1, Role.DIRECTOR: 2, Role.LEADER: 3}
_NEEDED: Final = {SigningRole.HANDLER: 1, SigningRole.DIRECTOR: 2, SigningRole.LEADER: 3, SigningRole.ARCHIVIST: 2}
_NAMED: Final = {of_act: of_document for of_document, of_act in OTHER_NAMES.items()}
VERDICT_CODES: Final = {"passed": "passed", "failed": "failed", "通过": "passed", "未通过": "failed"}
WAYS: Final = {
    "system": ("系统内签收", "signed for in the system"),
    "courier": ("专人送达", "by courier"),
    "refused": ("拒收", "refused"),
}
"""How a document was served."""

_INCOMPLETE: Final = Sentence(
    "文书还缺{fields}，不能签发；请补充后再签。", "The document still lacks {fields}; complete it before it is signed."
)
_NOT_SIGNER: Final = Sentence("“{kind}”须由{role}签发。", "“{kind}” must be signed by the {role}.")
_TEMPLATE_CHANGED: Final = Sentence(
    "签发以后模板“{name}”已更改，不能印发；请作废重新起草，或恢复原模板。",
    "The template “{name}” was changed after the signature; make the document void and draft it again.",
)
_WHICH_ACT: Final = Sentence(
    "“{kind}”可以办理不同的事项，请写明结果（outcome）：{acts}。",
    "“{kind}” can carry out different acts; say which as its outcome: {acts}.",
)
_ALTERED: Final = Sentence(
    "文书{number}的文件与印发时不一致（已被改动或丢失）。",
    "The file of the document {number} is not what was issued (altered or lost).",
)
_WHY_VOID: Final = Sentence("作废须写明理由。", "Say why the document is made void.")
_BAD_WAY: Final = Sentence("送达方式应为：{ways}。", "The way of service is one of: {ways}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class OnItsWay:
    """A document and what it lacks before it can be signed, by the English names of the fields."""

    kept: KeptDocument
    missing: tuple[str, ...]


class Documents:
    """Where official documents are drawn up and sent on their way."""

    def __init__(self, desk: Desk, home: Path, templates: Templates, duties: Mapping[str, tuple[str, str]]) -> None:
        """Work at this desk; keep files below `home`; `duties` are the titles of the duties by their ids."""
        self._desk = desk
        self._work = desk.unit_of_work
        self._home = home
        self._templates = templates
        self._duties = duties

    # --- looking -------------------------------------------------------------------------------------------------

    def show(self, id_: int, on: date) -> OnItsWay:
        """Return the document; what a draft lacks is looked up as of this day."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            if kept.status not in (Status.DRAFT, Status.SUBMITTED):
                return OnItsWay(kept=kept, missing=())
            return OnItsWay(kept=kept, missing=self._draft(session, kept, on).missing)

    def act_of(self, kept: KeptDocument) -> Act | None:
        """Return the act that its issue enters; None for paper that only records.

        Raises:
            BadData: the kind has several acts, and the document does not say which.
        """
        kind = find_kind(kept.kind)
        acts = [Act(act) for act in kind.acts if act in set(Act)]
        if len(acts) <= 1:
            return acts[0] if acts else None
        said = str(kept.typed.get("outcome", ""))
        for act in acts:
            if act.value == said:
                return act
        outcomes = "、".join(act.value for act in acts)
        raise BadData(_WHICH_ACT.fill(kind=Sentence(kind.zh, kind.en), acts=outcomes))

    def listed(self) -> list[KeptDocument]:
        """Return all documents, in the order in which they were drafted."""
        with self._desk.database.reading() as session:
            return official_documents.listed(session)

    def steps(self, id_: int) -> list[Taken]:
        """Return the steps that a document has gone."""
        with self._desk.database.reading() as session:
            return official_documents.steps(session, id_)

    def issuer_of(self, id_: int) -> Role:
        """Return the role that issues this document by default: that of its act, else the case handler."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            state = cases.get(session, kept.case_id).case.state
        act = self.act_of(kept)
        return default_role(act, state) if act is not None else Role.HANDLER

    def signer_of(self, id_: int) -> Role:
        """Return the role that signs this document."""
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            case = cases.get(session, kept.case_id).case
        return Role(find_kind(kept.kind).signed_by(level_of(case.unit_kind)).value)

    def file(self, id_: int, on: date) -> tuple[str, bytes]:
        """Return the name and the bytes of the document: as it was issued, or as it would look on this day.

        Raises:
            Conflict: the file that was issued has been altered or lost.
        """
        with self._desk.database.reading() as session:
            kept = official_documents.get(session, id_)
            name = f"{find_kind(kept.kind).zh}{kept.number}.docx"
            if kept.file:
                return name, self._unaltered(kept)
            if kept.kind == CASE_FILE:
                return name, self._case_file(session, kept, on).data
            return name, self._draft(session, kept, on).data

    def altered(self) -> Sentence | None:
        """Return the first issued document whose file is not what was issued, in the order of their drafting."""
        with self._desk.database.reading() as session:
            issued = [kept for kept in official_documents.listed(session) if kept.file]
        for kept in issued:
            try:
                self._unaltered(kept)
            except Conflict as problem:
                return problem.sentence
        return None

    def _unaltered(self, kept: KeptDocument) -> bytes:
        told = _ALTERED.fill(number=kept.number or f"#{kept.id}")
        try:
            data = evidence.place_of(self._home, kept.file).read_bytes()
        except OSError as error:
            raise Conflict(told) from error
        if fingerprint(data) != kept.file:
            raise Conflict(told)
        return data

    # --- the steps -----------------------------------------------------------------------------------------------

    def draft(  # who drafts which document for which case on which day
        self, case_id: int, kind_name: str, typed: Mapping[str, Any], who: Actor, on: date, now: datetime
    ) -> OnItsWay:
        """Draw a document up; what is missing can be typed later.

        Raises:
            NotFound: there is no such kind or case.
            BadData: what was typed is no field of the kind, or cannot be one.
            BadDocument: the template cannot be used.
        """
        kind = find_kind(kind_name)
        with self._desk.database.transaction() as session:
            made = draft(kind, self._summary(session, case_id), typed, self._day(on), self._templates)
            content = {
                "template": made.template,
                "template_version": made.template_version,
                "typed": _as_typed(kind, typed),
                "file": made.hash,
            }
            id_ = official_documents.add(session, case_id, kind.name, content, _mover(who, on, now))
            return OnItsWay(kept=official_documents.get(session, id_), missing=made.missing)

    def change(self, id_: int, typed: Mapping[str, Any], who: Actor, on: date, now: datetime) -> OnItsWay:
        """Type more into a draft, or something else; an empty value takes back what was typed.

        Raises:
            NoSuchAct: it is no draft any more.
            BadData: what was typed is no field of the kind, or cannot be one.
        """
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.CHANGE)
            merged = {name: value for name, value in (kept.typed | _as_typed(kind, typed)).items() if value}
            made = draft(kind, self._summary(session, kept.case_id), merged, self._day(on), self._templates)
            changes = {"typed": merged, "template_version": made.template_version}
            official_documents.change(session, kept, Step.CHANGE, status, changes, _mover(who, on, now))
            return OnItsWay(kept=official_documents.get(session, id_), missing=made.missing)

    def submit(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Hand a draft to whoever signs it."""
        return self._plain(id_, Step.SUBMIT, _mover(who, on, now, note))

    def give_back(self, id_: int, who: Actor, on: date, now: datetime, note: str) -> KeptDocument:
        """Return a document to who drafted it, with what has to be changed."""
        return self._plain(id_, Step.RETURN, _mover(who, on, now, note))

    def sign(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Sign the document: it takes its number, and what it says is fixed.

        Raises:
            NotPermitted: somebody else signs documents of this kind to such an addressee (docs/domain.md §4.3).
            BadData: something is still missing, or what it says may not be entered.
        """
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.SIGN)
            work = self._work.begin(session, cases.get(session, kept.case_id, to_change=True))
            self._check_signer(kind, work.now.case, who)
            made = self._draft(session, kept, on)
            if made.missing:
                names = {one.name: Sentence(one.zh, one.en) for one in kind.fields}
                raise BadData(_INCOMPLETE.fill(fields="、".join(names[name].zh for name in made.missing)))
            number = self._desk.numbering.next_document(session, on) if kind.numbered else kept.number
            values: dict[str, Any] = {**made.values, "signed_on": on}
            if number:
                values["number"] = number
            content = as_content(kind, values)
            read_typed(kind, content)
            data = self._made(session, kept, values, on)
            self._approve(session, work, kind, kept, values, who, on, now)
            changes = {
                "number": number or None,
                "signed_on": on,
                "template_version": made.template_version,
                "content": content,
                "file": self._keep(session, kind, number, data, who, now),
            }
            self._told(session, work, kept, Step.SIGN, changes, _mover(who, on, now, note))
            if number:
                act = kind.acts[0] if kind.acts else Act.DOCUMENT_MOVED.value
                numbers.note(session, number, kept.case_id, work.now.case.version, act, now)
            self._work.write(session, [work], now)
            official_documents.change(session, kept, Step.SIGN, status, changes, _mover(who, on, now, note))
            return official_documents.get(session, id_)

    def issue(self, id_: int, who: Actor, on: date, now: datetime, note: str = "") -> KeptDocument:
        """Issue the document: its act is entered with its number and its file, in the same transaction.

        Where the document counts from a day of service that nobody fixed, it counts from this day.

        Raises:
            Refused: the rules do not allow the act; nothing is issued.
            Conflict: the template has changed since the signature.
        """
        with self._desk.database.transaction() as session:
            kept = official_documents.get(session, id_, to_change=True)
            kind, status = find_kind(kept.kind), moved(kept.status, Step.ISSUE)
            template = self._templates.find(kept.template)
            if template.version != kept.template_version:
                raise Conflict(_TEMPLATE_CHANGED.fill(name=kept.template))
            values = read_typed(kind, kept.content) | self._dated(kind, kept, on)
            data = self._made(session, kept, values, on)
            file = self._keep(session, kind, kept.number, data, who, now)
            work = self._work.begin(session, cases.get(session, kept.case_id, to_change=True))
            act = self.act_of(kept)
            if act is not None:
                fields = _act_data(act, kept, values) | {"evidence": [file]}
                if kind.numbered:
                    fields["document_number"] = kept.number
                command = Command(act=act, actor=who, on=on, data=fields, case_id=kept.case_id)
                self._desk.enter(session, work, command, now)
            changes = {"file": file, "content": as_content(kind, values)}
            self._told(session, work, kept, Step.ISSUE, changes, _mover(who, on, now, note))
            self._work.write(session, [work], now)
            official_documents.change(session, kept, Step.ISSUE, status, changes, _mover(who, on, now, note))
            return official_documents.get(session, id_)

    def serve(self, id_: int, who: Actor, on: date, now: datetime, *, way: str, signed_by: str = "") -> KeptDocument:
        """Note that the document was served: how, on which day, and by whom it was signed for.

        Raises:
            BadData: the way is none of the known ones.
        """
        if way not in WAYS:
            raise BadData(_BAD_WAY.fill(ways="、".join(f"{word}（{names[0]}）" for word, names in WAYS.items())))
        note = "：".join(part for part in (WAYS[way][0], signed_by) if part)
        return self._plain(id_, Step.SERVE, _mover(who, on, now, note), {"way": way})

    def void(self, id_: int, who: Actor, reason: str, on: date, now: datetime) -> KeptDocument:
        """Make a document void that was not issued; the number that it took stays as a gap, with the reason.

        Raises:
            NoSuchAct: it was issued already.
            BadData: there is no reason.
        """
        if not reason.strip():
            raise BadData(_WHY_VOID)
        with self._desk.database.transaction() as session:
            number = official_documents.get(session, id_).number
            if number:
                numbers.void_signed(session, number, who.user, reason, now)
            return self._moved(session, id_, Step.VOID, _mover(who, on, now, reason), {"reason": reason})

    def _plain(self, id_: int, step: Step, by: Mover, more: Mapping[str, Any] | None = None) -> KeptDocument:
        with self._desk.database.transaction() as session:
            return self._moved(session, id_, step, by, more or {})

    def _moved(self, session: Session, id_: int, step: Step, by: Mover, more: Mapping[str, Any]) -> KeptDocument:
        """Take a step that changes nothing of what the document says."""
        kept = official_documents.get(session, id_, to_change=True)
        status = moved(kept.status, step)
        if step in IN_HISTORY and kept.status not in (Status.DRAFT, Status.SUBMITTED):
            work = self._work.begin(session, cases.get(session, kept.case_id, to_change=True))
            self._told(session, work, kept, step, more, by)
            self._work.write(session, [work], by.now)
        official_documents.change(session, kept, step, status, {}, by)
        return official_documents.get(session, id_)

    # --- parts of a step -----------------------------------------------------------------------------------------

    def _told(  # which step of which document, with what, by whom
        self, session: Session, work: OpenCase, kept: KeptDocument, step: Step, what: Mapping[str, Any], by: Mover
    ) -> None:
        """Write the step into the history of the case."""
        told = {name: what[name] for name in ("number", "template_version", "file", "way", "reason") if what.get(name)}
        data = {"document": kept.id, "kind": kept.kind, "step": step.value, "who": by.who, "role": by.role, **told}
        self._work.note(session, work, Act.DOCUMENT_MOVED, data, by.now)

    def _approve(  # whoever signs gives the approval that the lifecycle asks for, where it still asks
        self,
        session: Session,
        work: OpenCase,
        kind: DocumentKind,
        kept: KeptDocument,
        values: Mapping[str, Any],
        who: Actor,
        on: date,
        now: datetime,
    ) -> None:
        if kind.approval not in set(Act):
            return
        act = Act(kind.approval)
        data = _act_data(act, kept, values)
        command = Command(act=act, actor=who, on=on, data=data, case_id=work.now.case.id)
        yes, _no = allowed(work.now.case, command, work.rules, (command.act,))
        if yes:
            self._desk.enter(session, work, command, now)

    @staticmethod
    def _check_signer(kind: DocumentKind, case: Case, who: Actor) -> None:
        needed = kind.signed_by(level_of(case.unit_kind))
        as_archivist = needed is SigningRole.ARCHIVIST and who.role is Role.ARCHIVIST
        if not as_archivist and _RANK.get(who.role, 0) < _NEEDED[needed]:
            role = Sentence(*NAMES[Role(needed.value)])
            raise NotPermitted(_NOT_SIGNER.fill(kind=Sentence(kind.zh, kind.en), role=role))

    def _dated(self, kind: DocumentKind, kept: KeptDocument, on: date) -> dict[str, Any]:
        """Return the days that the issue gives."""
        given: dict[str, Any] = {"printed_on": on}
        names = {field.name for field in kind.fields}
        if "service_on" in names and "service_on" not in kept.typed and kept.content.get("service_on"):
            given["service_on"] = on
            if "due_on" not in kept.typed:
                given |= due_anew(kept.content | given, self._day(on))
        return {name: value for name, value in given.items() if name in names}

    def _made(self, session: Session, kept: KeptDocument, values: Mapping[str, Any], on: date) -> bytes:
        """Return the file that says this; a case file holds the documents of its case too."""
        if kept.kind == CASE_FILE:
            return self._case_file(session, kept, on).data
        return rendered(find_kind(kept.kind), self._templates.find(kept.template), values)

    def _case_file(self, session: Session, kept: KeptDocument, on: date) -> Draft:
        """Return the file of the case: what was issued, in the order of its acts, and which acts have no document."""
        summary = self._summary(session, kept.case_id)
        issued = [one for one in official_documents.listed(session, case_id=kept.case_id) if _is_issued(one)]
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
                data=self._unaltered(document) if document is not None else None,
            )
            for day, document, title, number in sorted(found, key=lambda line: line[0])
        ]
        return case_file(summary, filed, kept.typed, self._day(on), self._templates)

    def _keep(  # which document, by which name, brought by whom
        self, session: Session, kind: DocumentKind, number: str, data: bytes, who: Actor, now: datetime
    ) -> str:
        with TemporaryDirectory() as folder:
            name = f"{kind.zh}{number}.docx"
            place = Path(folder) / name
            place.write_bytes(data)
            hash_, size = evidence.keep(self._home, place)
        evidence.note_evidence(session, hash_, name, size, _DOCX, who.user, now)
        return hash_

    def _draft(self, session: Session, kept: KeptDocument, on: date) -> Draft:
        summary = self._summary(session, kept.case_id)
        return draft(find_kind(kept.kind), summary, kept.typed, self._day(on), self._templates)

    def _day(self, on: date) -> DraftingDay:
        return DraftingDay(on, self._work.archive.calendar)

    def _summary(self, session: Session, case_id: int) -> CaseSummary:
        self._work.archive.refresh(session)
        stored = cases.get(session, case_id)
        case = personal_data.shown(session, stored.case)
        history = personal_data.shown_history(session, stored_events.history(session, case_id))
        units = {unit.id: unit for unit in organisation.unit_tree(session)}
        above = units[stored.unit_id].parent_id if stored.unit_id in units else None
        names = Names(
            office=self._work.office_name,
            duty_title=self._duties.get(case.duty, ("", ""))[0],
            superior=units[above].name if above in units else "",
            series=self._desk.numbering.documents,
            acts={act.value: NAMES[act][0] for act in Act},
            states={state.value: NAMES[state][0] for state in State},
        )
        policy = self._work.archive.policy_of(session, case.policy_hash)
        # A part that was handed over stands in no document any more, whoever draws it up.
        events = [without_sealed_part(recorded.event, case) for recorded in history]
        return summary_of(case, events, names, policy)


def _is_issued(kept: KeptDocument) -> bool:
    return kept.status in (Status.ISSUED, Status.SERVED) and kept.kind != CASE_FILE


def _mover(who: Actor, on: date, now: datetime, note: str = "") -> Mover:
    return Mover(who=who.user, role=who.role.value, day=on, now=now, note=note)


def _as_typed(kind: DocumentKind, typed: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed under the fields' English names, as JSON can hold it, checked, outcomes as their codes."""
    by_name = {word: one.name for one in kind.fields for word in one.names}
    read = as_content(kind, read_typed(kind, typed))
    given = {by_name[name]: value for name, value in typed.items()}
    kept = {name: read.get(name, "") for name in given}
    return kept | ({"outcome": given["outcome"]} if given.get("outcome") else {})


def _item(row: Mapping[str, Any]) -> dict[str, Any]:
    """Return one problem of the list as an act takes it; a term that is no term is left to the paper."""
    item = {name: row[name] for name in ("fact", "criterion", "lead") if row.get(name)}
    with suppress(BadTerm):
        item |= {"term": str(Term.parse(row["term"]))} if row.get("term") else {}
    return item


def _by_item(act: Act, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the list of problems says of each item in the fields of the act: measures, answers or verdicts."""
    rows = [(int(row["place"]), row) for row in values.get("items", ())]
    if act is Act.SUBMIT_PLAN and all(row.get("measure") for _place, row in rows):
        return {
            "measures": [
                {
                    "item": place,
                    "measure": row["measure"],
                    "person": row.get("responsible", ""),
                    "day": row.get("by", ""),
                }
                for place, row in rows
            ]
        }
    if act is Act.SUBMIT_REPORT and all(row.get("answer") for _place, row in rows):
        return {"answers": [{"item": place, "answer": row["answer"]} for place, row in rows]}
    if act in (Act.VERIFY_PASS, Act.VERIFY_FAIL) and all(row.get("verdict") in VERDICT_CODES for _place, row in rows):
        return {"verdicts": [{"item": place, "verdict": VERDICT_CODES[row["verdict"]]} for place, row in rows]}
    return {}


def _act_data(act: Act, kept: KeptDocument, values: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the document says in the fields of its act."""
    data = _by_item(act, values)
    for name, field in FIELDS[act].items():
        value = kept.typed.get("outcome") if name == "outcome" else values.get(name, values.get(_NAMED.get(name, "")))
        # A term that runs since time entered the rung is not set again by the paper that tells of it.
        runs_already = name == "term" and name not in kept.typed and "service_on" not in values
        if value in (None, "", ()) or name == "document_number" or runs_already:
            continue
        match field.kind:
            case Kind.TERM:
                data[name] = str(Term.parse(str(value)))
            case Kind.DATE:
                data[name] = value.isoformat() if isinstance(value, date) else str(value)
            case Kind.TEXTS:
                data[name] = [str(one) for one in value]
            case Kind.RECORDS if name == "items":
                data[name] = [_item(row) for row in value]
            case Kind.TEXT:
                data[name] = str(value)
            case Kind.CHOICE if value in field.choices:
                data[name] = value
            case _:
                continue
    return data


__all__ = ["WAYS", "Documents", "OnItsWay"]
