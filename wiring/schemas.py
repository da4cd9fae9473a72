"""The JSON of the HTTP interface and of `--json`, once: what it looks like, and how it is made of the domain's values.

FastAPI checks each answer of the interface against these types and describes them in OpenAPI; mypy checks that the
functions make them. Days are `2026-03-05` in the office's zone, moments ISO 8601 in UTC. Readers must expect that a
later release sends more than a type names today.
"""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

from states.errors import Sentence
from states.fields import FIELDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from audit.replay import Replay
    from cases.case_view import CountedDeadline
    from cases.desk import Done
    from cases.ledger_import import ImportReport, RowOutcome
    from cases.ledger_layouts import Remembered
    from states.case import Case, Deadline, Event, Item
    from states.terms import TraceLine
    from states.vocabulary import Act
    from store.events import Recorded
    from store.official_documents import KeptDocument, Taken
    from store.outbox_messages import MessageStatus


class PolicyDocument(TypedDict):
    """The policy that a case goes by."""

    name: Annotated[str, Field(examples=["sichuan-2017"])]
    hash: Annotated[str, Field(examples=["9f2c"])]


class DeadlineDocument(TypedDict):
    """A running deadline; `started_on` itself is not counted, `due_on` is the last day."""

    kind: Annotated[str, Field(examples=["rectification"])]
    due_on: Annotated[str, Field(examples=["2026-03-05"])]
    provisional: bool
    basis: str
    term: Annotated[str, Field(examples=["15wd"])]
    started_on: Annotated[str, Field(examples=["2026-02-06"])]
    party: Annotated[str, Field(examples=["unit"], description="whose deadline it is: `unit`, `office` or `right`")]


class StepDocument(TypedDict):
    """One day of a count, and why it counts or does not."""

    day: Annotated[str, Field(examples=["2026-02-09"])]
    counted: bool
    number: Annotated[int | None, Field(description="which counted day it is")]
    kind: str
    note: str


class TracedDocument(DeadlineDocument):
    """A running deadline with its day-by-day count."""

    trace: list[StepDocument]


class ItemDocument(TypedDict):
    """One problem of the list, what is to be done about it, and what became of it."""

    fact: str
    criterion: str
    lead: str
    co: list[str]
    term: str | None
    measure: str
    person: str
    plan_day: str | None
    answer: str
    no_evidence: str
    verdict: str | None


class CaseDocument(TypedDict):
    """A case as the caller may read it; of a sealed one the texts are empty."""

    id: Annotated[int, Field(examples=[17])]
    number: Annotated[str, Field(examples=["临法督〔2026〕17号"])]
    state: Annotated[str, Field(examples=["ordered_to_rectify"])]
    phase: Annotated[str, Field(examples=["planning"])]
    light: Annotated[str, Field(examples=["green"])]
    overlays: list[str]
    unit: Annotated[str, Field(examples=["临溪市文化和旅游局"])]
    post: Annotated[str, Field(examples=["局长"])]
    duty: Annotated[str, Field(examples=["art7-1a"])]
    inspection: Annotated[str, Field(examples=["regular"])]
    finding: Annotated[str, Field(examples=["年度工作计划未列入法治建设内容"])]
    opened_on: Annotated[str, Field(examples=["2026-01-28"])]
    deadlines: list[DeadlineDocument]
    version: Annotated[int, Field(ge=1, examples=[2])]
    items: Annotated[list[ItemDocument], Field(description="the list of problems; empty where there is none")]
    handler: Annotated[str | None, Field(description="the account that handles the case, if one was assigned")]
    unsigned: Annotated[str | None, Field(description="the act that waits for its second signature")]
    confidentiality: Annotated[
        str, Field(examples=["internal"], description="`public`, `internal` or `work_secret`, which few may see")
    ]
    policy: PolicyDocument
    proposal: Annotated[str | None, Field(description="the state that is proposed, while nobody has decided")]
    blocked: Annotated[str | None, Field(description="the condition that keeps an escalation back")]


class ActorDocument(TypedDict):
    """Who acted; without the name where the caller may not know it."""

    user: str
    role: str
    unit: str


class EventDocument(TypedDict):
    """An event, with the hash that seals it; `seq` is its place in the history of the office."""

    seq: int
    case_id: int
    case_seq: int
    act: Annotated[str, Field(examples=["serve_order"])]
    occurred_on: Annotated[str, Field(examples=["2026-02-06"])]
    recorded_at: str
    actor: ActorDocument
    data: dict[str, Any]
    from_state: str | None
    to_state: str
    policy_hash: str
    calendar_hash: str
    prev_hash: str
    hash: str


class RefusedDocument(TypedDict):
    """An act that is refused now, and the sentence why."""

    act: str
    reason: str


class FieldDocument(TypedDict):
    """A field that an act takes; `choices` are the values of one that has no others."""

    name: str
    kind: str
    required: bool
    label: str
    choices: list[str]


class MessageDocument(TypedDict):
    """A message that an event owed to a post, and whether it has left."""

    case_seq: int
    notice: str
    unit: str
    post: str
    due_on: str | None
    state: str
    created_at: str
    sent_at: str | None
    attempts: int
    reason: str | None


class OpenedDocument(CaseDocument):
    """The new case, its first event, and what could not be checked, as sentences."""

    event: EventDocument
    remarks: list[str]


class CasesDocument(TypedDict):
    """A page of the list; `next` is the cursor of the next page, if there is one."""

    cases: list[CaseDocument]
    next: str | None


class DoneDocument(TypedDict):
    """What an act came to."""

    event: EventDocument
    case: CaseDocument


class AllowedDocument(TypedDict):
    """What the caller may do now with the fields that it takes, and why not the rest."""

    allowed: list[str]
    refused: list[RefusedDocument]
    roles: dict[str, str]
    fields: dict[str, list[FieldDocument]]


class HistoryDocument(TypedDict):
    """Events in their order."""

    events: list[EventDocument]


class FeedDocument(HistoryDocument):
    """Events in the order of the history; go on from `next`."""

    next: int


class DeadlinesDocument(TypedDict):
    """The running deadlines."""

    deadlines: list[TracedDocument]


class ReplayDocument(TypedDict):
    """The case as it stood: its events, what was allowed and refused then, who had been told what.

    `row_differs` says that the stored row is not what the whole history makes.
    """

    case: CaseDocument
    events: list[EventDocument]
    allowed: list[str]
    refused: list[RefusedDocument]
    told: list[MessageDocument]
    row_differs: bool


class TermDocument(TypedDict):
    """A reckoned deadline."""

    due_on: Annotated[str, Field(examples=["2026-03-05"])]
    provisional: bool
    basis: str
    term: Annotated[str, Field(examples=["15wd"])]
    trace: list[StepDocument]


class CheckpointDocument(TypedDict):
    """A signed statement of how long the history was and what its root was."""

    size: int
    root: str
    note: str
    signed_at: str


class CheckpointsDocument(TypedDict):
    """The signed states of the history, and the keys that signed them."""

    checkpoints: list[CheckpointDocument]
    keys: list[str]


class VerdictDocument(TypedDict):
    """Whether the whole history holds, and if not, the first place where it does not."""

    ok: bool
    events: int
    first_wrong: str | None


class LiveDocument(TypedDict):
    """That the process answers."""

    live: bool


class ReadyDocument(TypedDict):
    """Whether requests can be served, and why not."""

    ready: bool
    database: bool
    migrated: bool
    reason: NotRequired[str]


class TimeKeptDocument(TypedDict):
    """Whether every deadline has its next step, and whether one was missed."""

    ok: bool
    open_deadlines: int
    waiting_timers: int
    missed: int
    held: int
    last_sweep_at: str | None
    messages: dict[str, int]
    messages_left_behind: int
    without_next_step: int
    sweep_stopped: bool
    stuck_runs: int


class ResemblingDocument(TypedDict):
    """A case that a row of a ledger resembles; the likeness is from 0 to 1."""

    number: str
    likeness: float
    open: bool


class LedgerRowDocument(TypedDict):
    """What became of a row of a ledger, with every reason and remark."""

    sheet: str
    row: int
    cell: str
    outcome: str
    number: str | None
    reason: str
    reasons: list[str]
    due_on: str | None
    resembles: list[ResemblingDocument]


class LedgerSheetDocument(TypedDict):
    """What became of a sheet; `layout` is the hash of its headings, by which a mapping can be kept."""

    name: str
    rows: int
    taken: int
    reason: str
    layout: str


class LedgerColumnDocument(TypedDict):
    """What a column was taken for; `field` is null for one that is not understood, `asks` what is to be decided."""

    sheet: str
    column: str
    header: str
    field: str | None
    asks: str | None


class LeftOutDocument(TypedDict):
    """Cells of which nothing was taken, and why."""

    cell: str
    text: str
    reason: str
    cells: int


class LedgerUnitDocument(TypedDict):
    """A unit that the office did not know: `new` (it comes in), or `unknown` (a person has to say first)."""

    name: str
    outcome: str
    near: list[str]
    rows: int


class LedgerMappingDocument(TypedDict):
    """A mapping that is kept for a layout; `mapping` is what `--map` reads."""

    id: int
    name: str
    layout: str
    kept_by: str
    kept_at: str
    mapping: dict[str, Any]


class LedgerImportDocument(TypedDict):
    """What an import did, or would do: the account of the file, and of each row."""

    opened: int
    skipped: int
    failed: int
    sheets: list[LedgerSheetDocument]
    columns: list[LedgerColumnDocument]
    cells: dict[str, int]
    left_out: list[LeftOutDocument]
    rows: list[LedgerRowDocument]
    units: list[LedgerUnitDocument]
    will: dict[str, int]
    remembered: LedgerMappingDocument | None


class DocumentStepDocument(TypedDict):
    """One step of an official document."""

    step: Annotated[str, Field(examples=["submit"])]
    who: str
    role: Annotated[str, Field(examples=["handler"])]
    on: Annotated[str, Field(examples=["2026-02-05"])]
    note: str | None


class OfficialDocumentDocument(TypedDict):
    """An official document; `file` and `scan` are the SHA-256 of what was issued and of the stamped paper."""

    id: Annotated[int, Field(examples=[12])]
    kind: Annotated[str, Field(examples=["order"])]
    case: Annotated[str | None, Field(examples=["临法督〔2026〕17号"])]
    case_id: Annotated[int | None, Field(examples=[17], description="none for what belongs to a commendation")]
    commendation_id: Annotated[int | None, Field(description="the commendation that its issue gives")]
    status: Annotated[str, Field(examples=["signed"], description="`draft`, `submitted`, `reviewed`, `signed`, …")]
    number: Annotated[str | None, Field(examples=["临法督〔2026〕3号"])]
    signed_on: Annotated[str | None, Field(examples=["2026-02-05"])]
    template_version: str
    file: str | None
    scan: str | None
    replaces: Annotated[int | None, Field(description="the document of which this is the corrected version")]


class DocumentsDocument(TypedDict):
    """Official documents, the latest change first."""

    documents: list[OfficialDocumentDocument]


class OpenDocumentDocument(OfficialDocumentDocument):
    """An official document with what it lacks, what it says, and what the caller may do with it."""

    signer: Annotated[str, Field(examples=["director"])]
    missing: Annotated[list[str], Field(examples=[["authorization_note"]])]
    content: Annotated[dict[str, Any], Field(description="what it says, by the names of its fields")]
    may: Annotated[list[str], Field(examples=[["review", "return", "sign"]])]
    steps: list[DocumentStepDocument]


def official_document_json(kept: KeptDocument) -> OfficialDocumentDocument:
    """Return an official document as programs read it."""
    return {
        "id": kept.id,
        "kind": kept.kind,
        "case": kept.case_number or None,
        "case_id": kept.case_id or None,
        "commendation_id": kept.commendation_id or None,
        "status": kept.status.value,
        "number": kept.number or None,
        "signed_on": kept.signed_on.isoformat() if kept.signed_on else None,
        "template_version": kept.template_version,
        "file": kept.file or None,
        "scan": kept.scan or None,
        "replaces": kept.replaces or None,
    }


def document_steps_json(steps: Iterable[Taken]) -> list[DocumentStepDocument]:
    """Return the steps of an official document as programs read them."""
    return [
        {
            "step": taken.step.value if taken.step else "draft",
            "who": taken.who,
            "role": taken.role,
            "on": taken.day.isoformat(),
            "note": taken.note or None,
        }
        for taken in steps
    ]


def case_json(case: Case, policy_name: str) -> CaseDocument:
    """Return a case as programs read it."""
    return {
        "id": case.id,
        "number": case.number,
        "state": case.state.value,
        "phase": case.phase.value,
        "light": case.light.value,
        "overlays": list(case.overlays),
        "unit": case.unit,
        "post": case.post,
        "duty": case.duty,
        "inspection": case.inspection,
        "finding": case.finding,
        "opened_on": case.opened_on.isoformat(),
        "deadlines": [deadline_json(deadline) for deadline in case.running],
        "version": case.version,
        "items": [item_json(item) for item in case.items],
        "handler": case.handler or None,
        "unsigned": case.unsigned.act.value if case.unsigned else None,
        "confidentiality": case.confidentiality.value,
        "policy": {"name": policy_name, "hash": case.policy_hash},
        "proposal": case.proposal or None,
        "blocked": case.blocked or None,
    }


def item_json(item: Item) -> ItemDocument:
    """Return one problem of the list as programs read it."""
    return {
        "fact": item.fact,
        "criterion": item.criterion,
        "lead": item.lead,
        "co": list(item.co),
        "term": item.term or None,
        "measure": item.measure,
        "person": item.person,
        "plan_day": item.plan_day or None,
        "answer": item.answer,
        "no_evidence": item.no_evidence,
        "verdict": item.verdict or None,
    }


def deadline_json(deadline: Deadline) -> DeadlineDocument:
    """Return a deadline as programs read it."""
    return {
        "kind": deadline.kind,
        "due_on": deadline.due_on.isoformat(),
        "provisional": deadline.provisional,
        "basis": deadline.basis,
        "term": deadline.term,
        "started_on": deadline.started_on.isoformat(),
        "party": deadline.party,
    }


def counted_deadline_json(counted: CountedDeadline, lang: str) -> TracedDocument:
    """Return a deadline with its count as programs read it."""
    return {**deadline_json(counted.deadline), "trace": [step_json(step, lang) for step in counted.trace]}


def event_json(event: Event, *, seq: int, prev_hash: str, hash_: str) -> EventDocument:
    """Return an event as programs read it."""
    return {
        "seq": seq,
        "case_id": event.case_id,
        "case_seq": event.case_seq,
        "act": event.act.value,
        "occurred_on": event.occurred_on.isoformat(),
        "recorded_at": event.recorded_at.astimezone(UTC).isoformat(),
        "actor": {"user": event.actor.user, "role": event.actor.role.value, "unit": event.actor.unit},
        "data": dict(event.data),
        "from_state": event.from_state.value if event.from_state is not None else None,
        "to_state": event.to_state.value,
        "policy_hash": event.policy_hash,
        "calendar_hash": event.calendar_hash,
        "prev_hash": prev_hash,
        "hash": hash_,
    }


def recorded_json(recorded: Recorded) -> EventDocument:
    """Return an event that was read back as programs read it."""
    return event_json(recorded.event, seq=recorded.seq, prev_hash=recorded.prev_hash, hash_=recorded.hash)


def done_json(done: Done) -> EventDocument:
    """Return the event of an act that was just entered as programs read it."""
    return event_json(done.event, seq=done.seq, prev_hash=done.prev_hash, hash_=done.hash)


def step_json(step: TraceLine, lang: str) -> StepDocument:
    """Return one day of a count as programs read it."""
    return {
        "day": step.day.isoformat(),
        "counted": step.counted,
        "number": step.number,
        "kind": step.kind.value,
        "note": step.note.text(lang),
    }


def refused_json(refused: Mapping[Act, Sentence], lang: str) -> list[RefusedDocument]:
    """Return the acts that are refused, each with its reason."""
    return [{"act": act.value, "reason": reason.text(lang)} for act, reason in refused.items()]


def fields_json(acts: Iterable[Act], lang: str) -> dict[str, list[FieldDocument]]:
    """Return the fields that these acts take, by act."""
    return {
        act.value: [
            {
                "name": field.name,
                "kind": field.kind.value,
                "required": field.required,
                "label": Sentence(field.zh, field.en).text(lang),
                "choices": list(field.choices),
            }
            for field in FIELDS[act].values()
        ]
        for act in acts
    }


def message_json(told: MessageStatus) -> MessageDocument:
    """Return one message as programs read it."""
    return {
        "case_seq": told.case_seq,
        "notice": told.notice,
        "unit": told.unit,
        "post": told.post,
        "due_on": told.due_on.isoformat() if told.due_on else None,
        "state": told.state,
        "created_at": told.created_at.isoformat(),
        "sent_at": told.sent_at.isoformat() if told.sent_at else None,
        "attempts": told.attempts,
        "reason": told.reason,
    }


def replay_json(found: Replay, policy_name: str, lang: str) -> ReplayDocument:
    """Return a replayed case as programs read it."""
    return {
        "case": case_json(found.case, policy_name),
        "events": [recorded_json(recorded) for recorded in found.events],
        "allowed": [act.value for act in found.allowed],
        "refused": refused_json(found.refused, lang),
        "told": [message_json(told) for told in found.told],
        "row_differs": found.differs,
    }


def ledger_row_json(row: RowOutcome, lang: str) -> LedgerRowDocument:
    """Return what became of a ledger row as programs read it."""
    return {
        "sheet": row.sheet,
        "row": row.row,
        "cell": row.cell,
        "outcome": row.outcome,
        "number": row.number,
        "reason": row.reason.text(lang),
        "reasons": [reason.text(lang) for reason in row.reasons],
        "due_on": row.due_on.isoformat() if row.due_on else None,
        "resembles": [{"number": one.number, "likeness": one.likeness, "open": one.is_open} for one in row.resembling],
    }


def import_json(report: ImportReport, lang: str) -> LedgerImportDocument:
    """Return what an import did, or would do, as programs read it: the account of the file, and of each row."""
    ledger = report.ledger
    return {
        "opened": report.count("opened"),
        "skipped": report.count("skipped"),
        "failed": report.count("failed"),
        "sheets": [
            {
                "name": sheet.name,
                "rows": sheet.rows,
                "taken": sheet.taken,
                "reason": sheet.reason.text(lang),
                "layout": sheet.layout,
            }
            for sheet in ledger.sheets
        ],
        "columns": [
            {
                "sheet": column.sheet,
                "column": column.column,
                "header": column.header,
                "field": column.field.value if column.field is not None else None,
                "asks": column.asks.text(lang) if column.asks is not None else None,
            }
            for column in ledger.columns
        ],
        "cells": {"filled": ledger.cells, "taken": ledger.cells_taken},
        "left_out": [
            {"cell": item.cell, "text": item.text, "reason": item.reason.text(lang), "cells": item.cells}
            for item in ledger.left_out
        ],
        "rows": [ledger_row_json(row, lang) for row in report.rows],
        "units": [
            {
                "name": unit.name,
                "outcome": "new" if unit.is_taken else "unknown",
                "near": list(unit.near),
                "rows": unit.rows,
            }
            for unit in report.units
        ],
        "will": report.will,
        "remembered": ledger_mapping_json(report.remembered) if report.remembered is not None else None,
    }


def ledger_mapping_json(remembered: Remembered) -> LedgerMappingDocument:
    """Return a mapping that is kept for a layout, as programs read it."""
    kept = remembered.kept
    return {
        "id": kept.id,
        "name": kept.name,
        "layout": kept.layout,
        "kept_by": kept.kept_by,
        "kept_at": kept.kept_at.isoformat(),
        "mapping": remembered.mapping.to_json(),
    }
