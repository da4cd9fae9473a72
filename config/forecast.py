"""The one table by which deadlines are called probably missed: working days, read strictly from `forecast.toml`."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

from states.vocabulary import DEADLINES

FILE: Final = Path(__file__).parent / "forecast.toml"
Days = Annotated[int, Field(ge=0, le=60)]


class UnitNeeds(BaseModel):
    """What a unit still needs for its term, in working days; `item` for each problem, of `item_most` at most."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    plan: Days
    item: Days
    item_most: Days
    report: Days
    quiet: Days
    failed: Days


class ForecastTable(BaseModel):
    """All weights of the forecast, in working days, except `past_least`, a number of rungs.

    `look_ahead`: only what is due within so many working days is looked at. `quiet_after`: a unit of which nothing was
    heard for so long counts as quiet. `past_most` is added for a unit that missed every term before; others get their
    share of it, rounded down, if they entered at least `past_least` rungs. `office` gives each deadline of the office.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    look_ahead: Annotated[int, Field(ge=1, le=120)]
    quiet_after: Annotated[int, Field(ge=1, le=120)]
    past_most: Days
    past_least: Annotated[int, Field(ge=1)]
    unit: UnitNeeds
    office: dict[str, Days]


@lru_cache(maxsize=1)
def forecast_table() -> ForecastTable:
    """Return the table of the product.

    Raises:
        ValueError: the file says something else than the table has.
    """
    found = ForecastTable.model_validate(tomllib.loads(FILE.read_text("utf-8")))
    unknown = found.office.keys() - DEADLINES.keys()
    if unknown:
        raise ValueError(f"{FILE.name}: no such deadlines: {sorted(unknown)}")
    return found
