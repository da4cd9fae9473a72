"""The forecast as programs read it, at the command line and through the HTTP interface alike."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from typing_extensions import TypedDict

if TYPE_CHECKING:
    from programme.early_warning import Warned
    from programme.forecast import Forecast


class NeedDocument(TypedDict):
    """One summand of what is still needed, in working days, with its reason."""

    days: Annotated[int, Field(examples=[2])]
    sentence: str


class WarnedDocument(TypedDict):
    """A deadline that needs more working days than are left."""

    id: int
    number: str
    unit: str
    deadline: Annotated[str, Field(examples=["rectification"])]
    party: Annotated[str, Field(examples=["unit"])]
    due_on: Annotated[str, Field(examples=["2026-03-05"])]
    left: int
    needed: int
    sentence: str
    reasons: list[NeedDocument]


class ForecastDocument(TypedDict):
    """What will probably be missed; computed, and part of no score."""

    forecast: list[WarnedDocument]
    looked_at: int
    bounded: bool


def forecast_json(found: Forecast, lang: str) -> ForecastDocument:
    """Return the forecast as programs read it, with its sentences in one language."""
    return {
        "forecast": [_warned(one, lang) for one in found.warned],
        "looked_at": found.looked_at,
        "bounded": found.bounded,
    }


def _warned(one: Warned, lang: str) -> WarnedDocument:
    return {
        "id": one.case.id,
        "number": one.case.number,
        "unit": one.case.unit,
        "deadline": one.line.kind,
        "party": one.line.party,
        "due_on": one.line.due_on.isoformat(),
        "left": one.left,
        "needed": one.needed,
        "sentence": one.sentence().text(lang),
        "reasons": [{"days": reason.days, "sentence": reason.sentence.text(lang)} for reason in one.reasons],
    }
