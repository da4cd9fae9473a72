"""A period under another policy as programs read it, at the command line and through the HTTP interface alike."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated, NotRequired

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from programme.comparing import CourseDifference
    from programme.whatif import ComparedCase, WhatIfTotals


class DifferenceDocument(TypedDict):
    """One thing that is otherwise under the draft: `old` and `new` are days, or how many people were told."""

    what: Annotated[str, Field(examples=["due_day"])]
    of: Annotated[str, Field(examples=["rectification"])]
    old: Annotated[str | int | None, Field(examples=["2026-03-05"])]
    new: Annotated[str | int | None, Field(examples=["2026-03-12"])]
    sentence: str
    state: NotRequired[Annotated[str, Field(description="the rung on which the unit's term ran")]]
    term: NotRequired[Annotated[str, Field(examples=["20wd"], description="how the new due day is counted")]]
    started_on: NotRequired[Annotated[str, Field(examples=["2026-02-06"])]]
    reason: NotRequired[Annotated[str, Field(description="why an act would be refused")]]


class ComparedCaseDocument(TypedDict):
    """One case; `as_recorded`: by its own policies it comes out exactly as its history has it."""

    number: str
    unit: str
    as_recorded: bool
    differences: list[DifferenceDocument]


class BothDocument(TypedDict):
    """A figure as recorded and under the draft."""

    old: int
    new: int


class MovedDocument(TypedDict):
    """How many due days are later, and how many earlier."""

    later: int
    earlier: int


class WhatIfTotalsDocument(TypedDict):
    """What all cases come to; `figures` by their names."""

    cases: int
    changed: int
    not_as_recorded: int
    differences: int
    refused_acts: int
    due_days: MovedDocument
    figures: dict[str, BothDocument]


class WhatIfDocument(TypedDict):
    """A period under another policy; computed, and nothing is written."""

    cases: list[ComparedCaseDocument]
    totals: WhatIfTotalsDocument
    bounded: Annotated[bool, Field(description="more cases lived in the period than were tried")]


def difference_json(difference: CourseDifference, lang: str) -> DifferenceDocument:
    """Return a difference as programs read it; `sentence` is for people."""
    found: DifferenceDocument = {
        "what": difference.what,
        "of": difference.of,
        "old": _plain(difference.old),
        "new": _plain(difference.new),
        "sentence": difference.sentence().text(lang),
    }
    if difference.state:
        found["state"] = difference.state
    if difference.term:
        found["term"] = difference.term
    if difference.started_on is not None:
        found["started_on"] = difference.started_on.isoformat()
    if difference.reason is not None:
        found["reason"] = difference.reason.text(lang)
    return found


def _plain(value: date | int | None) -> str | int | None:
    return value.isoformat() if isinstance(value, date) else value


def compared_json(case: ComparedCase, lang: str) -> ComparedCaseDocument:
    """Return a case with its differences as programs read it."""
    return {
        "number": case.number,
        "unit": case.unit,
        "as_recorded": case.as_recorded,
        "differences": [difference_json(difference, lang) for difference in case.differences],
    }


def totals_json(totals: WhatIfTotals) -> WhatIfTotalsDocument:
    """Return the totals as programs read them."""
    return {
        "cases": totals.cases,
        "changed": totals.changed,
        "not_as_recorded": totals.not_as_recorded,
        "differences": totals.differences,
        "refused_acts": totals.refused,
        "due_days": {"later": totals.later, "earlier": totals.earlier},
        "figures": {word: {"old": old, "new": new} for word, old, new in totals.figures()},
    }
