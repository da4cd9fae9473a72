"""Official documents on their way: what each says, where it stands, and every step that it has gone."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, and_, func, or_, select, union_all
from sqlalchemy.orm import aliased

from states.case import SEES_TRANSFERRED
from states.errors import NotFound, Sentence
from states.official_document import UNSIGNED, Status, Step
from states.vocabulary import State
from store import usual_statements
from store.case_counts import COUNTED_TO, AtLeast, is_few
from store.case_filters import as_column
from store.schema.cases import CaseRow
from store.schema.documents import OfficialDocumentRow, OfficialDocumentStepRow
from store.schema.organisation import UnitRow
from store.schema.rankings import CommendationRow
from store.visibility import of_named_units, scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import date, datetime

    from sqlalchemy.orm import Session

    from store.visibility import Reader

_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NONE: Final = Sentence("没有编号为{id}的文书。", "There is no document {id}.")


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDocument:
    """A document as it is kept. `typed` is what people wrote into it; `content` all that it said when it was signed.

    `edited` and `scan` are hashes of kept files: the draft as somebody changed it in Word, and the stamped paper.
    `replaces` is the id of the document that this one corrects, or 0. What belongs to no case has the `case_id` 0, no
    `case_number`, and the id of its commendation.
    """

    id: int
    case_id: int
    case_number: str
    unit: str
    kind: str
    status: Status
    number: str
    template: str
    template_version: str
    typed: dict[str, Any]
    content: dict[str, Any]
    file: str
    drafted_by: str
    signed_on: date | None
    edited: str
    scan: str
    replaces: int
    changed_at: datetime
    commendation_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """One step that a document has gone. `typed`: what stood in its form afterwards, where that changed."""

    step: Step | None
    who: str
    role: str
    day: date
    noted_at: datetime
    note: str
    file: str
    typed: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentFilter:
    """Which documents are looked for; what is empty is not asked."""

    kinds: tuple[str, ...] = ()
    statuses: tuple[Status, ...] = ()
    unit: str = ""
    case_id: int = 0
    commendation_id: int = 0
    drafted_by: str = ""
    limit: int = 0
    skip: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BriefDocument:
    """What tells for whom a document waits; `case_id` is 0 where it belongs to no case."""

    id: int
    case_id: int
    kind: str
    status: Status
    changed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """What a document belongs to: a case, or a commendation; the id of the other is 0."""

    case_id: int = 0
    commendation_id: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Who takes a step, in which role, on which day, at which moment, with which words."""

    who: str
    role: str
    day: date
    now: datetime
    note: str = ""


def add(session: Session, owner: Owner, kind: str, draft: Mapping[str, Any], by: Mover) -> int:
    """Write a new draft down; return its id. `draft`: template, template_version, typed, file, perhaps replaces."""
    row = OfficialDocumentRow(
        case_id=owner.case_id or None,
        commendation_id=owner.commendation_id or None,
        kind=kind,
        status=Status.DRAFT.value,
        template=draft["template"],
        template_version=draft["template_version"],
        typed=_text(draft["typed"]),
        content="{}",
        drafted_by=by.who,
        replaces=draft.get("replaces"),
        changed_at=by.now,
    )
    session.add(row)
    session.flush()
    _note(session, row.id, "draft", by, draft)
    return row.id


def change(
    session: Session, kept: KeptDocument, step: Step, status: Status, changes: Mapping[str, Any], by: Mover
) -> None:
    """Let the document go a step, with these columns changed; the file among them is noted beside the step."""
    row = session.get_one(OfficialDocumentRow, kept.id)
    row.status, row.changed_at = status.value, by.now
    for name, value in changes.items():
        setattr(row, name, _text(value) if name in ("typed", "content") else value)
    session.flush()
    _note(session, kept.id, step.value, by, changes)


def _note(session: Session, document_id: int, step: str, by: Mover, changes: Mapping[str, Any]) -> None:
    last = select(func.max(OfficialDocumentStepRow.place)).where(OfficialDocumentStepRow.document_id == document_id)
    session.add(
        OfficialDocumentStepRow(
            document_id=document_id,
            place=(session.scalar(last) or 0) + 1,
            step=step,
            who=by.who,
            role=by.role,
            day=by.day,
            noted_at=by.now,
            note=by.note,
            file=changes.get("file") or changes.get("edited") or changes.get("scan"),
            typed=_text(changes["typed"]) if "typed" in changes else None,
        )
    )
    session.flush()


def _text(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def get(session: Session, id_: int, *, to_change: bool = False) -> KeptDocument:
    """Return the document; with `to_change`, nobody else changes it until the transaction is over.

    Raises:
        NotFound: there is none.
    """
    statement = _all().where(OfficialDocumentRow.id == id_)
    found = session.execute(statement.with_for_update(of=OfficialDocumentRow) if to_change else statement).first()
    if found is None:
        raise NotFound(_NONE.fill(id=id_))
    return _kept(*found)


_UNIT: Final = func.coalesce(UnitRow.name, CommendationRow.unit)
"""The unit of a document: that of its case, or the commended one."""


def _all() -> Select[OfficialDocumentRow, str | None, str]:
    """Return all documents, each with the number of its case, if it has one, and the name of the unit."""
    statement = select(OfficialDocumentRow, CaseRow.number, _UNIT)
    return (
        statement.outerjoin(CaseRow, CaseRow.id == OfficialDocumentRow.case_id)
        .outerjoin(UnitRow, UnitRow.id == CaseRow.unit_id)
        .outerjoin(CommendationRow, CommendationRow.id == OfficialDocumentRow.commendation_id)
    )


def _kept(row: OfficialDocumentRow, case_number: str | None, unit: str) -> KeptDocument:
    return KeptDocument(
        id=row.id,
        case_id=row.case_id or 0,
        commendation_id=row.commendation_id or 0,
        case_number=case_number or "",
        unit=unit,
        kind=row.kind,
        status=Status(row.status),
        number=row.number or "",
        template=row.template,
        template_version=row.template_version,
        typed=json.loads(row.typed),
        content=json.loads(row.content),
        file=row.file or "",
        drafted_by=row.drafted_by,
        signed_on=row.signed_on,
        edited=row.edited or "",
        scan=row.scan or "",
        replaces=row.replaces or 0,
        changed_at=row.changed_at,
    )


def listed(session: Session, *, owner: Owner | None = None, status: Status | None = None) -> list[KeptDocument]:
    """Return the documents, of one owner or in one status if that is asked, in the order in which they were drafted."""
    statement = _all()
    if owner is not None:
        statement = statement.where(_belongs_to(owner))
    if status is not None:
        statement = statement.where(OfficialDocumentRow.status == status.value)
    return [_kept(*row) for row in session.execute(statement.order_by(OfficialDocumentRow.id))]


def in_sight(session: Session, reader: Reader, wanted: DocumentFilter) -> list[KeptDocument]:
    """Return the documents of what this person sees, the latest change first; which of a case is for the asker.

    A case that was handed over is a stub, and its documents are not told of, but to who reads on in it.
    """
    few = is_few(session, reader)
    changed_at = as_column(OfficialDocumentRow.changed_at, leads=not few)
    statement = (
        _all()
        .where(*_conditions(reader, wanted), *_of_few(reader, few=few))
        .order_by(changed_at.desc(), OfficialDocumentRow.id.desc())
    )
    if wanted.limit:
        statement = statement.offset(wanted.skip).limit(wanted.limit)
    return [_kept(*row) for row in session.execute(statement)]


def brief(session: Session, reader: Reader, wanted: DocumentFilter) -> list[BriefDocument]:
    """Return what tells for whom these documents wait, the latest change first; as `in_sight`."""
    return [
        BriefDocument(id=id_, case_id=case_id or 0, kind=kind, status=Status(status), changed_at=changed_at)
        for id_, case_id, kind, status, changed_at in session.execute(_brief(reader, wanted))
    ]


@lru_cache(usual_statements.MOST)
def _brief(reader: Reader, wanted: DocumentFilter) -> Select[int, int | None, str, str, datetime]:
    columns = (OfficialDocumentRow.id, OfficialDocumentRow.case_id, OfficialDocumentRow.kind)
    return (
        _all()
        .with_only_columns(*columns, OfficialDocumentRow.status, OfficialDocumentRow.changed_at)
        .where(*_conditions(reader, wanted))
        .order_by(OfficialDocumentRow.changed_at.desc(), OfficialDocumentRow.id.desc())
        .limit(wanted.limit)
    )


def by_ids(session: Session, ids: Sequence[int]) -> dict[int, KeptDocument]:
    """Return these documents, which the asker was found to see, by their ids."""
    found = (_kept(*row) for row in session.execute(_all().where(OfficialDocumentRow.id.in_(ids)))) if ids else ()
    return {one.id: one for one in found}


def counts_in_sight(session: Session, reader: Reader, wanted: DocumentFilter) -> dict[Status, int]:
    """Return how many of these documents stand where; of more than `COUNTED_TO` it is only said that there are more."""
    found = {}
    own = _of_few(reader, few=is_few(session, reader))
    for status in wanted.statuses or Status:
        some = _all().where(*_conditions(reader, replace(wanted, statuses=(status,))), *own).limit(COUNTED_TO + 1)
        rows = some.with_only_columns(OfficialDocumentRow.id).subquery()
        n = int(session.scalar(select(func.count()).select_from(rows)) or 0)
        if n:
            found[status] = AtLeast(COUNTED_TO) if n > COUNTED_TO else n
    return found


def sees(session: Session, reader: Reader, id_: int, wanted: DocumentFilter) -> bool:
    """Say whether this document is among those that the person may see."""
    statement = _all().where(*_conditions(reader, wanted)).where(OfficialDocumentRow.id == id_)
    return session.execute(statement.with_only_columns(OfficialDocumentRow.id)).first() is not None


def _belongs_to(owner: Owner) -> ColumnElement[bool]:
    if owner.commendation_id:
        return OfficialDocumentRow.commendation_id == owner.commendation_id
    return OfficialDocumentRow.case_id == owner.case_id


def _of_few(reader: Reader, *, few: bool) -> list[ColumnElement[bool]]:
    """Return the condition that a document is one of those few of which this person sees the cases or commendations.

    It says nothing that `_conditions` does not say; but by it a database begins with the few, and looks through no
    documents of all others in the order of their changes.
    """
    if not few:
        return []
    of_case, of_praise = aliased(OfficialDocumentRow), aliased(OfficialDocumentRow)
    cases = select(of_case.id).join(CaseRow, CaseRow.id == of_case.case_id).where(scope(reader)).correlate(None)
    praise = (
        select(of_praise.id)
        .join(CommendationRow, CommendationRow.id == of_praise.commendation_id)
        .where(of_named_units(reader, CommendationRow.unit))
        .correlate(None)
    )
    return [OfficialDocumentRow.id.in_(union_all(cases, praise))]


def _conditions(reader: Reader, wanted: DocumentFilter) -> list[ColumnElement[bool]]:
    of_cases = and_(OfficialDocumentRow.case_id.is_not(None), scope(reader))
    if reader.role not in SEES_TRANSFERRED:
        of_cases = and_(of_cases, CaseRow.state != State.TRANSFERRED.value)
    of_praise = and_(OfficialDocumentRow.commendation_id.is_not(None), of_named_units(reader, CommendationRow.unit))
    found: list[ColumnElement[bool]] = [or_(of_cases, of_praise)]
    if wanted.kinds:
        found.append(OfficialDocumentRow.kind.in_(wanted.kinds))
    if wanted.statuses:
        # Nearly all documents were served: among those they are met in their order, without an index of the status.
        leads = len(wanted.statuses) == 1 or Status.SERVED not in wanted.statuses
        status = as_column(OfficialDocumentRow.status, leads=leads)
        found.append(status.in_([one.value for one in wanted.statuses]))
    if wanted.unit:
        found.append(_UNIT.contains(wanted.unit, autoescape=True))
    if wanted.case_id:
        found.append(OfficialDocumentRow.case_id == wanted.case_id)
    if wanted.commendation_id:
        found.append(OfficialDocumentRow.commendation_id == wanted.commendation_id)
    if wanted.drafted_by:
        found.append(OfficialDocumentRow.drafted_by == wanted.drafted_by)
    return found


def writers(session: Session, id_: int) -> frozenset[str]:
    """Return the user names of who drafted the document or changed what it says."""
    return writers_of(session, [id_])[id_]


def writers_of(session: Session, ids: Sequence[int]) -> dict[int, frozenset[str]]:
    """Return for each of these documents who drafted it or changed what it says."""
    wrote = ("draft", Step.CHANGE.value, Step.UPLOAD.value)
    statement = select(OfficialDocumentStepRow.document_id, OfficialDocumentStepRow.who).where(
        OfficialDocumentStepRow.document_id.in_(ids), OfficialDocumentStepRow.step.in_(wrote)
    )
    found: dict[int, set[str]] = {id_: set() for id_ in ids}
    for id_, who in session.execute(statement):
        found[id_].add(who)
    return {id_: frozenset(names) for id_, names in found.items()}


def steps(session: Session, id_: int) -> list[Taken]:
    """Return the steps of one document, in their order; the first, which made it, is none of the table's."""
    statement = select(OfficialDocumentStepRow).where(OfficialDocumentStepRow.document_id == id_)
    return [
        Taken(
            step=Step(row.step) if row.step in set(Step) else None,
            who=row.who,
            role=row.role,
            day=row.day,
            noted_at=row.noted_at,
            note=row.note,
            file=row.file or "",
            typed=json.loads(row.typed) if row.typed else None,
        )
        for row in session.scalars(statement.order_by(OfficialDocumentStepRow.place))
    ]


@dataclass(slots=True)
class ErasedTexts:
    """What was erased of documents: how many texts, and the Word files that may say it too, by who brought them."""

    texts: int = 0
    files: list[str] = field(default_factory=list)
    brought_by: set[str] = field(default_factory=set)


def erase_words(session: Session, words: Sequence[str], mark: str) -> ErasedTexts:
    """Put `mark` in the place of every text of a document in which one of these words stands.

    What is signed and not yet issued stays: its act is entered from it. A file that was signed or issued stays as well,
    because it is the office's record, named by its hash in the history.
    """
    erased = ErasedTexts()
    for row in session.scalars(select(OfficialDocumentRow).where(OfficialDocumentRow.status != Status.SIGNED.value)):
        _erase_in(session, row, lambda text: any(word in text for word in words), mark, erased)
    return erased


def erase_of_cases(session: Session, case_ids: Iterable[int], mark: str) -> ErasedTexts:
    """Put `mark` in the place of every text that was typed into documents of these cases and never issued."""
    statement = select(OfficialDocumentRow).where(
        OfficialDocumentRow.case_id.in_(list(case_ids)),
        OfficialDocumentRow.status.in_([*(one.value for one in UNSIGNED), Status.VOID.value]),
    )
    erased = ErasedTexts()
    for row in session.scalars(statement):
        _erase_in(session, row, bool, mark, erased)
    return erased


def _erase_in(  # of which document, what, what stands there then, and where it is noted
    session: Session, row: OfficialDocumentRow, hit: Callable[[str], bool], mark: str, whole: ErasedTexts
) -> None:
    erased = 0
    texts = [(row, "typed"), (row, "content")]
    of_it = select(OfficialDocumentStepRow).where(OfficialDocumentStepRow.document_id == row.id)
    steps_ = list(session.scalars(of_it))
    for owner, name in [*texts, *((step, "typed") for step in steps_ if step.typed)]:
        cleaned, n = _without(json.loads(getattr(owner, name)), hit, mark)
        if n:
            setattr(owner, name, _text(cleaned))
            erased += n
    for step in steps_:
        if step.note and step.note != mark and hit(step.note):
            step.note, erased = mark, erased + 1
    if erased and row.status not in (Status.ISSUED.value, Status.SERVED.value):
        # What was typed in Word may say it too; the form is what is left.
        row.edited = None
        for step in steps_:
            if step.step == Step.UPLOAD.value and step.file and step.file != row.file:
                whole.files.append(step.file)
                whole.brought_by.add(step.who)
                step.file = None
    whole.texts += erased
    session.flush()


def _without(value: Any, hit: Callable[[str], bool], mark: str) -> tuple[Any, int]:  # noqa: ANN401  # JSON
    """Return the value without the texts that are hit, and how many those were; a day is no text."""
    match value:
        case str() if value != mark and hit(value) and not _DAY.fullmatch(value):
            return mark, 1
        case list():
            parts = [_without(one, hit, mark) for one in value]
            return [part for part, _n in parts], sum(n for _part, n in parts)
        case dict():
            found = {name: _without(one, hit, mark) for name, one in value.items()}
            return {name: part for name, (part, _n) in found.items()}, sum(n for _part, n in found.values())
        case _:
            return value, 0
