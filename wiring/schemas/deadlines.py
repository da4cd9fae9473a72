"""The JSON of deadlines and of how they are counted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from cases.case_view import CountedDeadline
    from states.case import Deadline
    from states.terms import TraceLine


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


class DeadlinesDocument(TypedDict):
    """The running deadlines."""

    deadlines: list[TracedDocument]


class TermDocument(TypedDict):
    """A reckoned deadline."""

    due_on: Annotated[str, Field(examples=["2026-03-05"])]
    provisional: bool
    basis: str
    term: Annotated[str, Field(examples=["15wd"])]
    trace: list[StepDocument]


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


def step_json(step: TraceLine, lang: str) -> StepDocument:
    """Return one day of a count as programs read it."""
    return {
        "day": step.day.isoformat(),
        "counted": step.counted,
        "number": step.number,
        "kind": step.kind.value,
        "note": step.note.text(lang),
    }
