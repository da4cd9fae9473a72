"""The JSON of cases: what they are, what was done, and what may be done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

from states.errors import Sentence
from states.fields import FIELDS
from wiring.schemas.deadlines import DeadlineDocument, deadline_json
from wiring.schemas.histories import EventDocument, event_json

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from cases.desk import Done
    from states.case import Case, Item
    from states.vocabulary import Act


class PolicyDocument(TypedDict):
    """The policy that a case goes by."""

    name: Annotated[str, Field(examples=["sichuan-2017"])]
    hash: Annotated[str, Field(examples=["9f2c"])]


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


def done_json(done: Done) -> EventDocument:
    """Return the event of an act that was just entered as programs read it."""
    return event_json(done.event, seq=done.seq, prev_hash=done.prev_hash, hash_=done.hash)


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
