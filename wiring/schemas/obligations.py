"""The JSON of obligations, for the command line and the HTTP interface alike; otherwise as in `wiring.schemas`."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from store.obligations import Obligation


class ReceiptDocument(TypedDict):
    """A receiver's signature: who, and on which day."""

    receiver: Annotated[str, Field(examples=["同级党委"])]
    on: Annotated[str, Field(examples=["2026-03-25"])]


class DoneOnceDocument(TypedDict):
    """One time that it was done: on which day, and what shows it."""

    on: Annotated[str, Field(examples=["2026-03-24"])]
    evidence: str
    file: Annotated[str | None, Field(description="the SHA-256 of a kept file")]


class ObligationDocument(TypedDict):
    """What one clause asks of one unit in one year. `due_on` is the last day, until 24:00; it never moves."""

    id: int
    unit: Annotated[str, Field(examples=["青禾县人民政府"])]
    clause: Annotated[str, Field(examples=["art6-4b"])]
    duty: Annotated[str, Field(examples=["art6-4b"], description="the entry of the catalogue that a finding names")]
    year: Annotated[int, Field(examples=[2026])]
    profile: Annotated[str, Field(examples=["2017"])]
    due_on: Annotated[str, Field(examples=["2026-03-31"])]
    day_in_rule: Annotated[bool, Field(description="whether the rule fixes the day, or the office has set it")]
    times: Annotated[int, Field(description="how often in the year")]
    done: list[DoneOnceDocument]
    receivers: list[str]
    received: Annotated[list[str], Field(description="who of the receivers has signed, whenever that was")]
    receipts: list[ReceiptDocument]
    by_reference: bool
    state: Annotated[str, Field(examples=["submitted"])]
    excused: Annotated[str | None, Field(description="why the unit was let off")]
    next_look: Annotated[str | None, Field(description="when time looks at it next")]
    clue: Annotated[int | None, Field(description="the clue that its miss has raised")]


class ObligationsDocument(TypedDict):
    """Obligations, by unit, day and clause."""

    obligations: list[ObligationDocument]


class GeneratedDocument(TypedDict):
    """What generating the obligations of a year did."""

    year: int
    new: int
    kept: int
    changed: int
    removed: int


def obligation_json(one: Obligation) -> ObligationDocument:
    """Return an obligation as JSON."""
    excused = [taken.note for taken in one.steps if taken.step == "excuse"]
    return {
        "id": one.id,
        "unit": one.unit,
        "clause": one.clause,
        "duty": one.duty,
        "year": one.year,
        "profile": one.profile,
        "due_on": one.due_on.isoformat(),
        "day_in_rule": one.day_in_rule,
        "times": one.times,
        "done": [
            {"on": taken.day.isoformat(), "evidence": taken.note, "file": taken.file}
            for taken in one.steps
            if taken.step == "submit"
        ],
        "receivers": list(one.receivers),
        "received": [who for who in one.receivers if who in one.received],
        "receipts": [{"receiver": who, "on": day.isoformat()} for who, day in one.received.items()],
        "by_reference": one.by_reference,
        "state": one.state.value,
        "excused": excused[-1] if excused else None,
        "next_look": one.next_at.astimezone(UTC).isoformat() if one.next_at is not None else None,
        "clue": one.clue_id,
    }
